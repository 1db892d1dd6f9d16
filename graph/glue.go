package graph

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"writ/graph/across"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/manifest"
	"writ/server/order"
	"writ/server/page"
	"writ/server/synchronization"
	"writ/server/system"
)

// What lets resolvers be one line. Nothing here decides anything.

// orNull turns "not found" into null, for queries by id that promise it.
func orNull[T any](v *T, err error) (*T, error) {
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return v, err
}

// named reads something from the index of the role model.
func named[T any](ctx context.Context, read func(*across.Names) T) (T, error) {
	n, err := load(ctx).Names.Load(ctx, whole{})
	if err != nil {
		var none T
		return none, err
	}
	return read(n), nil
}

// ownedBy finds who answers for something; nil: nobody, or nobody who is there.
func ownedBy(ctx context.Context, entityTypeID *int64, key *string) (*directory.ResourceRef, error) {
	if entityTypeID == nil || key == nil {
		return nil, nil
	}
	return load(ctx).Owner.Load(ctx, directory.Named{EntityTypeID: *entityTypeID, Key: *key})
}

// valuesOf names values of dimensions, without those that the caller may not read.
func valuesOf(ctx context.Context, values map[string]int64) ([]*across.ContextDimension, error) {
	out := []*across.ContextDimension{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		r, err := load(ctx).Resource.Load(ctx, values[name])
		if err != nil {
			return nil, err
		}
		if r == nil || r.IsHidden {
			continue
		}
		ref, err := load(ctx).Ref.Load(ctx, values[name])
		if err != nil {
			return nil, err
		}
		out = append(out, &across.ContextDimension{Dimension: name, Value: ref})
	}
	return out, nil
}

// shaped reads something from the metadata of entity types.
func shaped[T any](ctx context.Context, read func(*directory.Shape) T) (T, error) {
	s, err := load(ctx).Shape.Load(ctx, whole{})
	if err != nil {
		var none T
		return none, err
	}
	return read(s), nil
}

// routed reads something of the route of a connection; the zero value without one.
func routed[T any](ctx context.Context, connectionID *int64, read func(*across.Route) T) (T, error) {
	var none T
	if connectionID == nil {
		return none, nil
	}
	route, err := load(ctx).Route.Load(ctx, *connectionID)
	if err != nil || route == nil {
		return none, err
	}
	return read(route), nil
}

// conditioned reads something of how a connector does; of one that is gone by now nobody knows.
func conditioned[T any](ctx context.Context, connectorID int64, read func(*synchronization.Condition) T) (T, error) {
	c, err := load(ctx).Condition.Load(ctx, connectorID)
	if err != nil || c == nil {
		return read(&synchronization.Condition{Health: system.NeverAsked}), err
	}
	return read(c), nil
}

// opened loads what belongs to a resource; nothing of one that is hidden.
func opened[K comparable, V any](ctx context.Context, r *directory.Resource, l *loader[K, V], key K) (V, error) {
	if r.IsHidden {
		var none V
		return none, nil
	}
	return l.Load(ctx, key)
}

// summed makes something from the contexts of a resource.
func summed[T any](ctx context.Context, r *directory.Resource, read func([]*across.ResourceContext) T) (T, error) {
	contexts, err := opened(ctx, r, load(ctx).Contexts, r.ID)
	return read(contexts), err
}

// brought gives what a list brought with its rows, else loads it.
func brought[T any](ctx context.Context, there []T, l *loader[int64, []T], id int64) ([]T, error) {
	if there != nil {
		return there, nil
	}
	return l.Load(ctx, id)
}

// identifier gives the identifier of an entity type; nil without one.
func identifier(s *directory.Shape, id *int64) *string {
	if t := s.EntityTypes[value(id)]; t != nil {
		return &t.Identifier
	}
	return nil
}

// settingsOf lists the settings of a connection by name.
func settingsOf(c *system.Connection) ([]*manifest.NamedValue, error) {
	plain, err := c.Plain()
	return manifest.Values(plain), err
}

func stateName(s *evaluation.State) *order.ProvisioningState {
	if s == nil {
		return nil
	}
	name := order.NameOf(*s)
	return &name
}

// value is what a pointer points to; zero without.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// optional is nil for zero.
func optional[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

func optionally[T comparable](v T, err error) (*T, error) { return optional(v), err }

func listInput(ctx context.Context, entityType string, first *int, after *string, filter *directory.ResourceFilter, orderBy *directory.ResourceSort, asOf *time.Time) directory.ListInput {
	fields, total := rowsOf(ctx)
	return directory.ListInput{EntityType: entityType, Page: page.Of(first, after), Filter: filter, OrderBy: value(orderBy), AsOf: asOf, Fields: fields, Uncounted: !total}
}

// atOf is a resource at the instant its list or its page was asked for: the argument asOf of a field above.
func atOf(ctx context.Context, id int64) instant {
	for f := graphql.GetFieldContext(ctx); f != nil; f = f.Parent {
		if at, ok := f.Args["asOf"].(*time.Time); ok && at != nil {
			return instant{id, *at}
		}
	}
	return instant{id: id}
}

// reasonsOf says in words what some rules do, by the model in force.
func reasonsOf(ctx context.Context, rules []int64) ([]string, error) {
	if len(rules) == 0 {
		return []string{}, nil
	}
	m, err := load(ctx).Model.Load(ctx, whole{})
	if err != nil {
		return nil, err
	}
	return m.TypeRuleReasons(rules), nil
}
