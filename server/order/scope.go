package order

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
)

// condition is a piece of SQL over o (the order) and w (its owner).
type condition = db.Condition

var nobody, everything = bun.SafeQuery("false"), bun.SafeQuery("true")

// rowsOf is the condition that a scope opens, on orders of one source entity type.
func rowsOf(shape *directory.Shape, entityTypeID int64, scope permit.Scope) condition {
	return bun.SafeQuery("(o.source_entity_type_id = ? and ?)", entityTypeID, directory.Rows(shape, entityTypeID, "w", scope.OfOwners()))
}

// perType is the condition that a permission with one path per source entity type opens; false: none at all.
func perType(ctx context.Context, shape *directory.Shape, permission string) (condition, bool) {
	if permit.Find(ctx, permission).OfOwners().Everything() {
		return bun.SafeQuery("true"), true
	}
	return ofTypes(shape, func(t *directory.EntityType) permit.Scope {
		return permit.Find(ctx, permit.For(permission, t.Identifier))
	})
}

// plain is the condition that a permission without entity type opens; false: none at all.
func plain(ctx context.Context, shape *directory.Shape, permission string) (condition, bool) {
	scope := permit.Find(ctx, permission)
	if scope.OfOwners().Everything() {
		return bun.SafeQuery("true"), true
	}
	return ofTypes(shape, func(*directory.EntityType) permit.Scope { return scope })
}

// ofTypes is the condition that opens, of the orders of each source entity type, those of a scope on them.
func ofTypes(shape *directory.Shape, scopeOn func(*directory.EntityType) permit.Scope) (condition, bool) {
	var list []condition
	for _, t := range sortedTypes(shape) {
		if scope := scopeOn(t); scope.OfOwners().On(t.Identifier).Allowed() {
			list = append(list, rowsOf(shape, t.ID, scope))
		}
	}
	return db.AnyOf(list...), len(list) > 0
}

func sortedTypes(shape *directory.Shape) []*directory.EntityType {
	list := make([]*directory.EntityType, 0, len(shape.EntityTypes))
	for _, t := range shape.EntityTypes {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *directory.EntityType) int { return int(a.ID - b.ID) })
	return list
}

// visible is what the caller may see of orders: all that OrderQuery opens, what waits for their review, and the
// manual orders of their entity types, also after they carried them out.
// Forbidden when that is nothing at all.
func visible(ctx context.Context, shape *directory.Shape) (condition, error) {
	query, ok := plain(ctx, shape, permit.OrderQuery)
	list := []condition{}
	if ok {
		list = append(list, query)
	}
	if c, may := perType(ctx, shape, permit.ReviewProvisioning); may {
		list, ok = append(list, bun.SafeQuery("(o.needs_review and ?)", c)), true
	}
	if c, may := perType(ctx, shape, permit.ManualProvisioning); may {
		list, ok = append(list, bun.SafeQuery("(o.is_manual and ?)", c)), true
	}
	if !ok {
		return nobody, forbidden(ctx, permit.OrderQuery)
	}
	return db.AnyOf(list...), nil
}

// need is perType that refuses.
func need(ctx context.Context, shape *directory.Shape, permission string) (condition, error) {
	if c, ok := perType(ctx, shape, permission); ok {
		return c, nil
	}
	return nobody, forbidden(ctx, permission)
}

// forbidden is the refusal of a permission that opens orders of no entity type.
func forbidden(ctx context.Context, permission string) error {
	if err := permit.SignedIn(ctx); err != nil {
		return err
	}
	return errs.New(errs.Forbidden, "You do not have the permission %s for any entity type. Ask an administrator to grant it to one of your profiles.", permission)
}
