package order

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
)

// condition is a piece of SQL over o (the order) and w (its owner).
type condition = schema.QueryWithArgs

var nobody = bun.SafeQuery("false")

func anyOf(list ...condition) condition { return join(" or ", "false", list) }

func allOf(list ...condition) condition { return join(" and ", "true", list) }

func join(word, empty string, list []condition) condition {
	if len(list) == 0 {
		return bun.SafeQuery(empty)
	}
	args := make([]any, len(list))
	for i, c := range list {
		args[i] = c
	}
	return bun.SafeQuery("("+strings.Repeat("?"+word, len(list)-1)+"?)", args...)
}

// OwnerScope gives a scope on orders as a scope on their owners: filters are written with or without "owner." in front, and a rule about a
// built-in object (AssignedResourceType) is about the orders of every entity type.
func OwnerScope(shape *directory.Shape, scope permit.Scope) permit.Scope {
	grants := slices.Clone(scope.Grants)
	for i, g := range grants {
		if shape.ByIdentifier[g.EntityType] == nil {
			grants[i].EntityType = ""
		}
		grants[i].Filters = slices.Clone(g.Filters)
		for k, f := range g.Filters {
			grants[i].Filters[k].Binding = strings.TrimPrefix(strings.TrimPrefix(f.Binding, "owner."), "Owner.")
		}
	}
	scope.Grants = grants
	return scope
}

// rowsOf is the condition that a scope opens, on orders of one source entity type.
func rowsOf(shape *directory.Shape, entityTypeID int64, scope permit.Scope) condition {
	if scope.All {
		return bun.SafeQuery("o.source_entity_type_id = ?", entityTypeID)
	}
	return bun.SafeQuery("(o.source_entity_type_id = ? and ?)", entityTypeID, directory.Rows(shape, entityTypeID, "w", OwnerScope(shape, scope)))
}

// perType is the condition that a permission with one path per source entity type opens; false: none at all.
func perType(ctx context.Context, shape *directory.Shape, permission string) (condition, bool) {
	if scope := permit.Find(ctx, permission); scope.All {
		return bun.SafeQuery("true"), true
	}
	var list []condition
	for _, t := range sortedTypes(shape) {
		if scope := permit.Find(ctx, permit.For(permission, t.Identifier)); scope.Allowed() {
			list = append(list, rowsOf(shape, t.ID, scope))
		}
	}
	return anyOf(list...), len(list) > 0
}

// plain is the condition that a permission without entity type opens.
func plain(ctx context.Context, shape *directory.Shape, permission string) (condition, bool) {
	scope := permit.Find(ctx, permission)
	if scope.All {
		return bun.SafeQuery("true"), true
	}
	if !scope.Allowed() {
		return nobody, false
	}
	var list []condition
	for _, t := range sortedTypes(shape) {
		list = append(list, rowsOf(shape, t.ID, scope))
	}
	return anyOf(list...), true
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
		_, err := permit.Require(ctx, permit.OrderQuery)
		return nobody, err
	}
	return anyOf(list...), nil
}

// need is perType that refuses.
func need(ctx context.Context, shape *directory.Shape, permission string) (condition, error) {
	c, ok := perType(ctx, shape, permission)
	if ok {
		return c, nil
	}
	if permit.From(ctx) == nil {
		return nobody, errs.New(errs.Unauthenticated, "Sign in first.")
	}
	return nobody, errs.New(errs.Forbidden, "You do not have the permission %s for any entity type. Ask an administrator to grant it to one of your profiles.", permission)
}
