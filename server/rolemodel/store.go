package rolemodel

import (
	"context"
	"fmt"
	"reflect"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
)

// Load reads the whole model as db sees it, with the number of its newest version (0: nothing was ever saved). Everything is sorted by id.
func Load(ctx context.Context, db bun.IDB) (*Model, error) {
	m := &Model{}
	if err := db.NewRaw("select coalesce(max(version), 0) from model_version").Scan(ctx, &m.Version); err != nil {
		return nil, fmt.Errorf("read model version: %w", err)
	}
	for _, k := range kept {
		if err := db.NewSelect().Model(k.rows(m)).OrderExpr(k.order).Scan(ctx); err != nil {
			return nil, fmt.Errorf("read role model, %s: %w", k.table, err)
		}
	}
	return m, nil
}

// ListPolicies gives the policies by identifier.
func ListPolicies(ctx context.Context, db bun.IDB, args page.Args) (*page.Connection[*Policy], error) {
	return list(ctx, db, args, all, func(p *Policy) key { return key{p.Identifier, p.ID} })
}

// RoleFilter narrows ListRoles; zero fields do not.
type RoleFilter struct {
	Kind         RoleKind
	PolicyID     int64
	CategoryID   int64
	EntityTypeID int64
	Search       string // part of the identifier or the display name, any case
}

// ListRoles gives single and composite roles by identifier.
func ListRoles(ctx context.Context, db bun.IDB, args page.Args, f RoleFilter) (*page.Connection[*Role], error) {
	where := func(q *bun.SelectQuery) *bun.SelectQuery {
		if f.Kind != "" {
			q = q.Where("kind = ?", f.Kind)
		}
		for column, id := range map[string]int64{"policy_id": f.PolicyID, "category_id": f.CategoryID, "entity_type_id": f.EntityTypeID} {
			if id != 0 {
				q = q.Where("? = ?", bun.Ident(column), id)
			}
		}
		if f.Search != "" {
			q = q.Where("?", directory.SearchNames("display_name", "identifier", f.Search))
		}
		return q
	}
	return list(ctx, db, args, where, func(r *Role) key { return key{r.Identifier, r.ID} })
}

// ListResourceTypes gives the resource types by identifier.
func ListResourceTypes(ctx context.Context, db bun.IDB, args page.Args) (*page.Connection[*ResourceType], error) {
	return list(ctx, db, args, all, func(t *ResourceType) key { return key{t.Identifier, t.ID} })
}

// RoleRulesOf gives the rules that give the roles, for all of them in one statement, by role and id.
func RoleRulesOf(ctx context.Context, db bun.IDB, roleIDs []int64) (map[int64][]*RoleRule, error) {
	return grouped(ctx, db, "role_id", roleIDs, func(r *RoleRule) int64 { return r.RoleID })
}

// RulesOf gives the rules of resource types, for all of them in one statement, by type and id.
func RulesOf(ctx context.Context, db bun.IDB, resourceTypeIDs []int64) (map[int64][]*ResourceTypeRule, error) {
	return grouped(ctx, db, "resource_type_id", resourceTypeIDs, func(r *ResourceTypeRule) int64 { return r.ResourceTypeID })
}

// key is the cursor of every list here.
type key struct {
	Identifier string
	ID         int64
}

func all(q *bun.SelectQuery) *bun.SelectQuery { return q }

// list reads one page in two statements.
func list[T any](ctx context.Context, db bun.IDB, args page.Args, where func(*bun.SelectQuery) *bun.SelectQuery, of func(T) key) (*page.Connection[T], error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	var after key
	from, err := args.Decode(&after)
	if err != nil {
		return nil, err
	}
	var rows []T
	total, err := where(db.NewSelect().Model(&rows)).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count role model: %w", err)
	}
	q := where(db.NewSelect().Model(&rows)).OrderExpr("identifier, id").Limit(int64(args.First) + 1)
	if from {
		q = q.Where("(identifier, id) > (?, ?)", after.Identifier, after.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list role model: %w", err)
	}
	return page.Make(rows, args, int(total), func(t T) any { return of(t) }), nil
}

func grouped[T any](ctx context.Context, db bun.IDB, column string, ids []int64, of func(T) int64) (map[int64][]T, error) {
	out := make(map[int64][]T, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []T
	if err := db.NewSelect().Model(&rows).Where("? in (?)", bun.Ident(column), bun.List(ids)).OrderExpr("?, id", bun.Ident(column)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	for _, r := range rows {
		out[of(r)] = append(out[of(r)], r)
	}
	return out, nil
}

// GetMany finds objects of one kind by their ids; those that are not there are left out. One statement.
func GetMany[T any](ctx context.Context, db bun.IDB, ids []int64) (map[int64]*T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []*T
	if err := db.NewSelect().Model(&rows).Where("id in (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read role model: %w", err)
	}
	out := make(map[int64]*T, len(rows))
	table := tableOf[T](db)
	for _, r := range rows {
		out[table.PKs[0].Value(reflect.ValueOf(r).Elem()).Int()] = r
	}
	return out, nil
}

// Get finds one object by its id: `Get[Role](ctx, db, 7)`. NotFound if there is none.
func Get[T any](ctx context.Context, db bun.IDB, id int64) (*T, error) {
	var rows []*T
	if err := db.NewSelect().Model(&rows).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read role model: %w", err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no such object in the role model: %d.", id)
	}
	return rows[0], nil
}
