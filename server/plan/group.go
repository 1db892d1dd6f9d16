package plan

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/page"
)

// Grouping is what items have in common.
type Grouping string

// The groupings.
const (
	ByRole         Grouping = "ROLE"
	ByResourceType Grouping = "RESOURCE_TYPE"
	BySystem       Grouping = "SYSTEM"
	ByPerson       Grouping = "PERSON"
	ByDimension    Grouping = "DIMENSION"
)

// Group is what a plan would do to those who have something in common.
type Group struct {
	Key     string // identifier of the role, resource type or connector; id of the person or the value of the dimension; empty: none
	Name    string
	People  int
	Removed int
	Added   int
	Changed int
}

// GroupConnection is a page of groups.
type GroupConnection = page.Connection[*Group]

// Groups gives what a plan would do, in groups, those that lose most first. dimension: identifier, for DIMENSION. Needs what Items needs.
func (s *Service) Groups(ctx context.Context, id int64, by Grouping, dimension *string, args page.Args, filter *ItemFilter) (*GroupConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	may, _, err := s.visible(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.mustExist(ctx, id); err != nil {
		return nil, err
	}
	chosen, err := filter.condition(id)
	if err != nil {
		return nil, err
	}
	where := db.AllOf(chosen, may)
	key, name, beside := bun.SafeQuery("i.object"), bun.SafeQuery("max(i.object_name)"), bun.SafeQuery("")
	switch by {
	case ByRole:
		where = db.AllOf(where, bun.SafeQuery("i.kind = 'ROLE'"))
	case ByResourceType:
		where = db.AllOf(where, bun.SafeQuery("i.kind in ('ACCOUNT', 'LINE', 'DIFFERENCE', 'BLOCKED')"))
	case BySystem:
		where = db.AllOf(where, bun.SafeQuery("i.kind in ('ACCOUNT', 'LINE', 'DIFFERENCE', 'BLOCKED')"))
		key, name = bun.SafeQuery("i.system"), bun.SafeQuery("max(i.system_name)")
	case ByPerson:
		key, name = bun.SafeQuery("i.owner_id::text"), bun.SafeQuery("max(w.display_name)")
	case ByDimension:
		if strings.TrimSpace(text(dimension)) == "" {
			return nil, errs.Invalid("dimension", "Name the dimension to group by.")
		}
		key, name = bun.SafeQuery("coalesce(d.id::text, '')"), bun.SafeQuery("coalesce(max(d.display_name), '')")
		beside = bun.SafeQuery("join plan_owner o on o.plan_id = i.plan_id and o.owner_id = i.owner_id left join resource d on d.id = (o.dimensions ->> ?)::bigint", *dimension)
	default:
		return nil, errs.Invalid("by", "There is no grouping %s.", by)
	}
	from := bun.SafeQuery("plan_item i join resource w on w.id = i.owner_id ? where ?", beside, where)
	var total int
	if err := s.DB.NewRaw("select count(distinct ?) from ?", key, from).Scan(ctx, &total); err != nil {
		return nil, fmt.Errorf("count the groups of plan %d: %w", id, err)
	}
	var at cursor
	if _, err := args.Decode(&at); err != nil {
		return nil, err
	}
	var rows []*struct {
		Group
		N int
	}
	if err := s.DB.NewRaw(`select ? as key, ? as name, count(distinct i.owner_id) as people, count(*) filter (where i.effect = 0) as removed,
			count(*) filter (where i.effect = 1) as added, count(*) filter (where i.effect = 2) as changed
		from ? group by 1 order by removed desc, count(*) desc, key limit ? offset ?`, key, name, from, args.First+1, at.At).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the groups of plan %d: %w", id, err)
	}
	list := make([]*Group, len(rows))
	place := make(map[*Group]int, len(rows))
	for i, r := range rows {
		list[i], place[&r.Group] = &r.Group, at.At+i+1
	}
	return page.Make(list, args, total, func(g *Group) any { return cursor{At: place[g]} }), nil
}
