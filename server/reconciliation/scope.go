package reconciliation

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
)

// condition is a piece of SQL over a resource type (of column typeOf), w (the owner) and x (the account).
type condition = db.Condition

var nobody, everything = bun.SafeQuery("false"), bun.SafeQuery("true")

// One by one, and many at once. The last two are one right under two names.
var (
	single = []string{permit.ReconciliateResources}
	mass   = []string{permit.MassReconciliateResources, permit.BulkReconciliateResources}
)

// need is the condition that permissions with one path per source entity type open, of one of several names: on the owners that the scope has, and
// the accounts that may be read. Forbidden when that is nothing at all.
func need(ctx context.Context, m *assignment.Model, typeOf string, permissions []string) (condition, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nobody, err
	}
	byPair := map[[2]int64][]int64{}
	var pairs [][2]int64
	for _, t := range m.Source.ResourceTypes {
		pair := [2]int64{t.SourceEntityTypeID, t.TargetEntityTypeID}
		if byPair[pair] == nil {
			pairs = append(pairs, pair)
		}
		byPair[pair] = append(byPair[pair], t.ID)
	}
	var list []condition
	whole := len(pairs) > 0
	for _, pair := range pairs {
		source, target := m.Shape.EntityTypes[pair[0]], m.Shape.EntityTypes[pair[1]]
		if source == nil || target == nil {
			continue
		}
		paths := make([]string, len(permissions))
		for i, p := range permissions {
			paths[i] = permit.For(p, source.Identifier)
		}
		scope, err := permit.RequireAny(ctx, paths...)
		if err != nil || !scope.OfOwners().On(source.Identifier).Allowed() {
			whole = false
			continue
		}
		read, err := directory.MayRead(ctx, target.Identifier)
		if err != nil {
			whole = false
			continue
		}
		owners, all := scope.OfOwners(), read.All(target.Identifier)
		parts := []condition{bun.SafeQuery(typeOf+" in (?)", bun.List(byPair[pair]))}
		if !owners.All(source.Identifier) {
			parts, whole = append(parts, directory.Rows(m.Shape, source.ID, "w", owners)), false
		}
		if !all {
			parts, whole = append(parts, directory.Rows(m.Shape, target.ID, "x", read)), false
		}
		list = append(list, db.AllOf(parts...))
	}
	switch {
	case whole:
		return everything, nil
	case len(pairs) == 0 && permit.Find(ctx, permissions[0]).Allowed():
		return nobody, nil // there is no resource type yet
	case len(list) == 0:
		return nobody, errs.New(errs.Forbidden, "You do not have the permission %s for any entity type whose accounts you may read. Ask an administrator to grant it to one of your profiles.", permissions[0])
	default:
		return db.AnyOf(list...), nil
	}
}

// courses are the permissions in the course of which owners and accounts are read here.
func courses(shape *directory.Shape) []string {
	var list []string
	for name := range shape.ByIdentifier {
		list = append(list, permit.For(permit.ReconciliateResources, name))
	}
	return list
}

// selectOwn gives those differences whose owner the caller himself is, by whichever of his accounts he is signed in, of resource types that do not let
// people decide on their own, or where a role of his is decided about with the value: as for orders (server/order/own.go), the database says who is who.
func selectOwn(ctx context.Context, b bun.IDB, gaps []int64) (map[int64]bool, error) {
	a := permit.From(ctx)
	if a == nil || a.System || len(gaps) == 0 {
		return nil, nil
	}
	var found []int64
	err := b.NewRaw(`select g.id from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id
		join resource_type t on t.id = g.resource_type_id and (not t.allow_own_decisions or g.found_roles <> '{}') where g.id = any (?) and is_same_person(?, a.owner_id)`,
		ids(gaps), a.Username).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("find one's own accounts: %w", err)
	}
	own := make(map[int64]bool, len(found))
	for _, id := range found {
		own[id] = true
	}
	return own, nil
}

// ids makes a bigint[] argument.
func ids(list []int64) any {
	if list == nil {
		list = []int64{}
	}
	return pgdialect.Array(list)
}
