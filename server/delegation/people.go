package delegation

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// manages is the condition on an account of those whose delegations the caller sees and makes (permit.DelegateManage). Accounts that belong to nobody in the
// directory are for those alone whose permission is about everything.
func (s *Service) manages(ctx context.Context, b bun.IDB, alias string) (db.Condition, error) {
	return s.over(ctx, b, alias, permit.DelegateManage, permit.Find(ctx, permit.Delegations).Everything())
}

// over is the condition on an account whose record one of the permissions opens, one per entity type; nobodys: also those without a record.
func (s *Service) over(ctx context.Context, b bun.IDB, alias string, permission func(entityType string) string, nobodys bool) (db.Condition, error) {
	none := bun.SafeQuery("false")
	shape, err := s.Shapes.Load(ctx, b)
	if err != nil {
		return none, fmt.Errorf("read the shape of the data: %w", err)
	}
	var list []db.Condition
	for _, id := range slices.Sorted(maps.Keys(shape.EntityTypes)) {
		t := shape.EntityTypes[id]
		if scope := permit.Find(ctx, permission(t.Identifier)); scope.On(t.Identifier).Allowed() {
			list = append(list, bun.SafeQuery("exists (select from resource r where r.id = ?.resource_id and r.entity_type_id = ? and ?)", bun.Ident(alias), id, directory.Rows(shape, id, "r", scope)))
		}
	}
	if nobodys {
		list = append(list, bun.SafeQuery("?.resource_id is null", bun.Ident(alias)))
	}
	return db.AnyOf(list...), nil
}

// mayDelegate reports whether the caller may let others act for him: by the permission for his own record, or, when he has none, for any entity type.
func (s *Service) mayDelegate(ctx context.Context, b bun.IDB) (bool, error) {
	me := permit.From(ctx)
	shape, err := s.Shapes.Load(ctx, b)
	if err != nil {
		return false, fmt.Errorf("read the shape of the data: %w", err)
	}
	if me.ResourceID == 0 {
		for _, t := range shape.EntityTypes {
			if permit.May(ctx, permit.DelegateSelf(t.Identifier)) {
				return true, nil
			}
		}
		return false, nil
	}
	own, err := s.over(ctx, b, "u", permit.DelegateSelf, false)
	if err != nil {
		return false, err
	}
	var may bool
	if err := b.NewRaw("select exists (select from local_user u where u.id = ? and ?)", me.UserID, own).Scan(ctx, &may); err != nil {
		return false, fmt.Errorf("look who may delegate: %w", db.Explain(err))
	}
	return may, nil
}

// mayName is the condition on an account that the caller may name: of a person whom he may read, or of nobody in the directory.
func (s *Service) mayName(ctx context.Context, b bun.IDB, alias string) (db.Condition, error) {
	shape, err := s.Shapes.Load(ctx, b)
	if err != nil {
		return bun.SafeQuery("false"), fmt.Errorf("read the shape of the data: %w", err)
	}
	return db.AnyOf(bun.SafeQuery("?.resource_id is null", bun.Ident(alias)),
		bun.SafeQuery("exists (select from resource r where r.id = ?.resource_id and ?)", bun.Ident(alias), directory.Readable(ctx, shape, "r"))), nil
}

// targets is how accounts are read that may be named.
var targets = page.Table[DelegationTarget]{
	From:   "local_user u",
	Joins:  []page.Join{{Alias: "p", SQL: "left join resource p on p.id = u.resource_id and p.valid_to = 'infinity'"}},
	Always: []string{"id", "name"},
	Fields: map[string][]string{"__typename": nil, "id": nil, "username": {"username"}, "name": nil, "person": {"person"}},
	Columns: []page.Column[DelegationTarget]{
		{Name: "id", SQL: "u.id", Read: func(t *DelegationTarget, r *db.Row) { t.ID = r.Int() }},
		{Name: "name", SQL: "coalesce(nullif(u.display_name, ''), u.username)", Read: func(t *DelegationTarget, r *db.Row) { t.Name = r.Text() }},
		{Name: "username", SQL: "u.username", Read: func(t *DelegationTarget, r *db.Row) { t.Username = r.Text() }},
		{Name: "person", SQL: "p.display_name", Read: func(t *DelegationTarget, r *db.Row) { t.Person = r.TextOrNil() }},
	},
}

var byName = page.Sorting[DelegationTarget]{Text: "coalesce(nullif(u.display_name, ''), u.username)", ID: "u.id",
	At: func(t *DelegationTarget) page.Position { return page.Position{Text: t.Name, ID: t.ID} }}

// DelegationTargetFilter narrows who may be named. AsDelegator: for whom others may be let act, by who manages that; else: who may act.
type DelegationTargetFilter struct {
	AsDelegator *bool
	Text        *string
}

// Targets gives a page of the accounts that the caller may name in a delegation, by name: those that can sign in. Needs the right to make one.
func (s *Service) Targets(ctx context.Context, a page.Args, f *DelegationTargetFilter, fields page.Fields, total bool) (*DelegationTargetConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	manages, err := s.manages(ctx, s.DB, "u")
	if err != nil {
		return nil, err
	}
	who := manages
	if f == nil || f.AsDelegator == nil || !*f.AsDelegator {
		may, err := s.mayDelegate(ctx, s.DB)
		if err != nil {
			return nil, err
		}
		named, err := s.mayName(ctx, s.DB, "u")
		if err != nil {
			return nil, err
		}
		isManager := s.isManager(ctx)
		who = db.AllOf(named, bun.SafeQuery("(? and u.id <> ? or ?)", may, permit.From(ctx).UserID, isManager))
	}
	where := db.AllOf(who, bun.SafeQuery("not u.is_disabled and not u.is_client and not has_left(u.id, ?) and (? or not u.is_demo)", s.Clock.Now(), s.Demo))
	if f != nil && f.Text != nil && *f.Text != "" {
		where = db.AllOf(where, directory.SearchNames("concat_ws(' ', u.display_name, u.email)", "u.username", *f.Text))
	}
	return targets.List(ctx, s.DB, a, fields, total, where, byName)
}

// isManager reports whether the caller manages delegations of anybody.
func (s *Service) isManager(ctx context.Context) bool {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return false
	}
	for _, t := range shape.EntityTypes {
		if permit.Find(ctx, permit.DelegateManage(t.Identifier)).On(t.Identifier).Allowed() {
			return true
		}
	}
	return permit.Find(ctx, permit.Delegations).Everything()
}
