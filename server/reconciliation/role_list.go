package reconciliation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Roles gives a page of the found roles that the caller may decide about. It needs ReconciliateRoles of the entity type. The number of statements does
// not grow with the page.
func (s *Service) Roles(ctx context.Context, args page.Args, filter *RoleReconciliationFilter, sort *ReconciliationSort, fields page.Fields, total bool) (*RoleItemConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := needRoles(ctx, m, singleRole)
	if err != nil {
		return nil, err
	}
	var at cursorKey
	more, err := args.Decode(&at)
	if err != nil {
		return nil, err
	}
	narrowed, err := filter.condition(ctx, m)
	if err != nil {
		return nil, err
	}
	where := db.AllOf(may, narrowed)
	var count page.Count
	if total {
		if count, err = page.CountRows(ctx, s.DB, bun.SafeQuery(roleItems.Tables(where)+" where ?", where)); err != nil {
			return nil, fmt.Errorf("count found roles: %w", db.Explain(err))
		}
	}
	order, after := "a.id", "a.id > ?"
	if sort != nil && *sort == Newest {
		order, after = "a.id desc", "a.id < ?"
	}
	if more {
		where = db.AllOf(where, bun.SafeQuery(after, at.ID))
	}
	rows, err := s.readRoles(ctx, m, where, order, args.First+1, fields)
	if err != nil {
		return nil, err
	}
	return page.MakeCounted(rows, args, count, func(i *RoleItem) any { return cursorKey{i.ID} }), nil
}

// readRoles reads found roles with what is asked of them.
func (s *Service) readRoles(ctx context.Context, m *assignment.Model, where condition, order string, limit int, fields page.Fields) ([]*RoleItem, error) {
	var further []string
	if fields.Has("isOwn") {
		further = []string{"owner_id"}
	}
	rows, err := roleItems.Read(ctx, s.DB, roleItems.For(fields, further...), where, order, limit)
	if err != nil {
		return nil, fmt.Errorf("select found roles: %w", db.Explain(err))
	}
	if fields.Has("isOwn") {
		owners := make([]int64, len(rows))
		for i, r := range rows {
			owners[i] = r.Owner.ID
		}
		own, err := ownAmong(ctx, s.DB, owners)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			r.IsOwn = own[r.Owner.ID]
		}
	}
	if fields.Has("automatic") {
		for _, r := range rows {
			r.automatic(m)
		}
	}
	if fields.Has("values") {
		if err := s.bringValues(ctx, m, rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// ownAmong gives those of these people that the caller himself is, by whichever of his accounts he is signed in.
func ownAmong(ctx context.Context, b bun.IDB, owners []int64) (map[int64]bool, error) {
	a := permit.From(ctx)
	if a == nil || a.System || len(owners) == 0 {
		return nil, nil
	}
	var found []int64
	if err := b.NewRaw(`select distinct id from unnest(?::bigint[]) o (id) where is_same_person(?, id)`, ids(owners), a.Username).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("find what is one's own: %w", err)
	}
	own := make(map[int64]bool, len(found))
	for _, id := range found {
		own[id] = true
	}
	return own, nil
}

// GetRole gives one found role, also one that is decided about; NotFound when there is none in the caller's scope, or a rule gives it by now.
func (s *Service) GetRole(ctx context.Context, id int64) (*RoleItem, error) {
	list, err := s.rolesByIDs(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.Missing("There is no found role %d, or it is not yours to decide about.", id).Of(id)
	}
	return list[0], nil
}

func (s *Service) rolesByIDs(ctx context.Context, list []int64) ([]*RoleItem, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := needRoles(ctx, m, singleRole)
	if err != nil {
		return nil, err
	}
	return s.readRoles(ctx, m, db.AllOf(foundRows, bun.SafeQuery("a.id = any (?)", ids(list)), may), "a.id", 0, nil)
}

// place is where a value is: a property of an owner's account of a type.
type place struct {
	owner, resourceType int64
	property            string
	value               int64
}

// bringValues says from which values roles were read, and which they would bring besides: three statements, whatever their number. Accounts that the
// caller may not read are not named.
func (s *Service) bringValues(ctx context.Context, m *assignment.Model, rows []*RoleItem) error {
	var owners, found []int64
	for _, r := range rows {
		if owners = append(owners, r.Owner.ID); r.StateCode == evaluation.WorkflowNone || r.StateCode == evaluation.NonConforming || r.StateCode == evaluation.PreExisting {
			found = append(found, r.RoleID)
		}
	}
	accounts := map[place]*directory.ResourceRef{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select a.owner_id, a.resource_type_id, x.id, x.key, x.display_name, e.identifier
		from assigned_resource_type a join resource x on x.id = a.resource_id and x.valid_to = 'infinity' join entity_type e on e.id = x.entity_type_id
		where a.owner_id = any (?) and a.valid_to = 'infinity' and ? order by a.id desc`, ids(owners), directory.Readable(ctx, m.Shape, "x")), func(r *db.Row) error {
		p := place{owner: r.Int(), resourceType: r.Int()}
		accounts[p] = &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		return nil
	}); err != nil {
		return fmt.Errorf("find the accounts of found roles: %w", err)
	}
	gaps := map[place]int64{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select a.owner_id, g.resource_type_id, g.property, g.value_id, g.id
		from assigned_resource_type a join gap g on g.assigned_resource_type_id = a.id and g.closed_at is null and g.property is not null
		where a.owner_id = any (?) and a.valid_to = 'infinity' and g.found_roles && ?::bigint[]`, ids(owners), ids(found)), func(r *db.Row) error {
		p := place{owner: r.Int(), resourceType: r.Int(), property: r.Text()}
		p.value = r.Int()
		gaps[p] = r.Int()
		return nil
	}); err != nil {
		return fmt.Errorf("find the differences of found roles: %w", err)
	}
	systems := map[int64][2]string{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select t.id, c.identifier, c.display_name from resource_type t join entity_type e on e.id = t.target_entity_type_id
		join connector c on c.id = e.connector_id`), func(r *db.Row) error {
		systems[r.Int()] = [2]string{r.Text(), r.Text()}
		return nil
	}); err != nil {
		return fmt.Errorf("name the systems of found roles: %w", err)
	}
	for _, r := range rows {
		r.Values = []*FoundValue{}
		for _, part := range []struct {
			rules []int64
			held  bool
		}{{r.foundBy, true}, {r.lacking, false}} {
			for _, id := range part.rules {
				v, ok := m.RuleValue(id)
				if !ok {
					continue
				}
				f := &FoundValue{ResourceType: v.Type.Identifier, ResourceTypeName: v.Type.DisplayName, Value: v.Label, IsHeld: part.held}
				if c, ok := systems[v.Type.ID]; ok {
					f.System, f.SystemName = &c[0], &c[1]
				}
				at := place{owner: r.Owner.ID, resourceType: v.Type.ID}
				f.Account = accounts[at]
				if v.Property != "" {
					f.Property, f.PropertyName = new(v.Property), new(v.PropertyName)
					at.property = v.Property
					if v.IsCollection {
						at.value = v.ID
					}
				}
				if id, open := gaps[at]; open && part.held && f.Account != nil {
					f.ItemID = &id
				}
				r.Values = append(r.Values, f)
			}
		}
	}
	return nil
}

// RolePattern is one role that was found for a number of people.
type RolePattern struct {
	ID          string // for the filter
	Role        string // identifier
	RoleName    string
	RoleKind    rolemodel.RoleKind
	Count       int // people for whom it was found
	PreExisting int // so many of them were there when they were computed first
	Complete    int // so many hold everything that the role brings
	Lacking     int // so many values keeping all of them would bring
	Holders     int // people who have the role by a rule or a decision; exact up to 10,000
	Values      []string
	OldestAt    time.Time
	NewestAt    time.Time

	roleID int64
}

// RoleReconciliationPatternConnection is a page of patterns.
type RoleReconciliationPatternConnection = page.Connection[*RolePattern]

type rolePatternCursor struct {
	Count int   `json:"n"`
	Role  int64 `json:"r"`
}

// RolePatterns sums up the found roles that the caller may decide about: one row per role, the most frequent first. One statement, whatever their number.
func (s *Service) RolePatterns(ctx context.Context, args page.Args, filter *RoleReconciliationFilter) (*RoleReconciliationPatternConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := needRoles(ctx, m, singleRole)
	if err != nil {
		return nil, err
	}
	var at rolePatternCursor
	more, err := args.Decode(&at)
	if err != nil {
		return nil, err
	}
	narrowed, err := filter.condition(ctx, m)
	if err != nil {
		return nil, err
	}
	where, after := db.AllOf(may, narrowed), everything
	if more {
		after = bun.SafeQuery("(-k.n, k.role) > (?, ?)", -at.Count, at.Role)
	}
	q := bun.SafeQuery(`with k as (
			select a.role_id as role, count(*)::int as n, (count(*) filter (where a.workflow_state = `+evaluation.SQLPreExisting+`))::int as old, (count(*) filter (where a.lacking = '{}'))::int as complete,
				sum(cardinality(a.lacking))::int as lacking, min(a.start_date) as oldest, max(a.start_date) as newest, min(a.id) as some
			from `+roleItems.Tables(where)+` where ? group by 1)
		select k.role, r.identifier, r.display_name, r.kind, k.n, k.old, k.complete, k.lacking, k.oldest, k.newest, a.found_by,
			(select count(*) from (select from assigned_role h where h.role_id = k.role and h.valid_to = 'infinity' and not h.is_denied
				and h.workflow_state in (`+evaluation.SQLApproved+`, `+evaluation.SQLCalculated+`, `+evaluation.SQLQuestioned+`, `+evaluation.SQLProlonged+`, `+evaluation.SQLApprovedRisk+`) limit ?) h)::int, (select count(*) from k)::int
		from k join role r on r.id = k.role join assigned_role a on a.id = k.some
		where ? order by k.n desc, k.role limit ?`, where, db.Fixed(page.Exact+1), after, db.Fixed(args.First+1))
	total := 0
	rows := []*RolePattern{}
	if err := db.Select(ctx, s.DB, q, func(r *db.Row) error {
		p := &RolePattern{roleID: r.Int(), Role: r.Text(), RoleName: r.Text(), RoleKind: rolemodel.RoleKind(r.Text()), Count: int(r.Int()), PreExisting: int(r.Int()),
			Complete: int(r.Int()), Lacking: int(r.Int()), OldestAt: r.Time(), NewestAt: r.Time(), Values: []string{}}
		for _, id := range r.Ints() {
			if v, ok := m.RuleValue(id); ok {
				p.Values = append(p.Values, v.Label)
			}
		}
		p.Holders, total = int(r.Int()), int(r.Int())
		p.ID = rolePatternKey{p.roleID}.id()
		rows = append(rows, p)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("sum found roles up: %w", db.Explain(err))
	}
	return page.Make(rows, args, total, func(p *RolePattern) any { return rolePatternCursor{p.Count, p.roleID} }), nil
}
