package graph

import (
	"context"
	"time"

	"writ/graph/across"
	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/job"
	"writ/server/order"
	"writ/server/page"
	"writ/server/rolemodel"
	"writ/server/synchronization"
	"writ/server/system"
)

// loaders are those of one operation: keys asked for by its resolvers at about the same time become one call.
type loaders struct {
	Resource       *loader[int64, *directory.Resource]
	Ref            *loader[int64, *directory.ResourceRef]
	Links          *loader[instant, []*directory.ResourceLink]
	Count          *loader[int64, int]
	Contexts       *loader[int64, []*across.ResourceContext]
	Shape          *loader[whole, *directory.Shape]
	Model          *loader[whole, *assignment.Model]
	Person         *loader[string, *string]
	Names          *loader[whole, *across.Names]
	RulesOfRole    *loader[int64, []*rolemodel.RoleRule]
	RulesOfType    *loader[int64, []*rolemodel.ResourceTypeRule]
	Connector      *loader[int64, *system.Connector]
	Condition      *loader[int64, *synchronization.Condition]
	Route          *loader[int64, *across.Route]
	Deliveries     *loader[some, []*synchronization.Delivery]
	DeliveryOfTask *loader[int64, int64]
	Lines          *loader[int64, []*order.OrderLine]
	History        *loader[int64, []*order.OrderHistoryEntry]
	Attempts       *loader[int64, []*order.OrderAttempt]
	Job            *loader[int64, *job.Job]
	Steps          *loader[int64, []*job.JobStep]
	LastInstance   *loader[int64, *job.JobInstance]
	Tasks          *loader[int64, []*job.TaskInstance]
}

// whole is the key of what there is only one of.
type whole struct{}

// instant is a resource at a time; the zero time is now.
type instant struct {
	id int64
	at time.Time
}

// some is the first rows below an object.
type some struct {
	id    int64
	first int
}

type loadersKey struct{}

func (r *Resolver) withLoaders(ctx context.Context) context.Context {
	return context.WithValue(ctx, loadersKey{}, &loaders{
		Resource: newLoader(r.Directory.GetMany),
		Ref: newLoader(func(ctx context.Context, ids []int64) (map[int64]*directory.ResourceRef, error) {
			return across.Refs(ctx, r.Directory, ids)
		}),
		Links:    newLoader(r.links),
		Count:    newLoader(r.Directory.CountOf),
		Contexts: newLoader(r.Contexts.Of),
		Shape: newLoader(only(func(ctx context.Context) (*directory.Shape, error) {
			return r.Directory.Shapes.Load(ctx, r.Directory.DB)
		})),
		Model: newLoader(only(func(ctx context.Context) (*assignment.Model, error) {
			return r.Assignments.Model(ctx, r.Assignments.DB)
		})),
		Person: newLoader(r.Access.NamesOf),
		Names:  newLoader(only(r.Catalogue.Names)),
		RulesOfRole: newLoader(func(ctx context.Context, ids []int64) (map[int64][]*rolemodel.RoleRule, error) {
			return r.Catalogue.RulesOfRoles(ctx, ids)
		}),
		RulesOfType: newLoader(func(ctx context.Context, ids []int64) (map[int64][]*rolemodel.ResourceTypeRule, error) {
			return r.Catalogue.RulesOfTypes(ctx, ids)
		}),
		Connector:      newLoader(r.Routes.GetMany),
		Condition:      newLoader(r.Routes.Conditions),
		Route:          newLoader(r.Routes.ByConnection),
		Deliveries:     newLoader(r.deliveries),
		DeliveryOfTask: newLoader(r.Tasks.Deliveries),
		Lines:          newLoader(r.Orders.LinesOf),
		History:        newLoader(r.Orders.HistoryOf),
		Attempts:       newLoader(r.Orders.AttemptsOf),
		Job:            newLoader(one(r.Jobs.JobsByID, func(j *job.Job) int64 { return j.ID })),
		Steps:          newLoader(many(r.Jobs.Steps, func(s *job.JobStep) int64 { return s.JobID })),
		LastInstance:   newLoader(one(r.Jobs.LastInstances, func(i *job.JobInstance) int64 { return i.JobID })),
		Tasks:          newLoader(many(r.Jobs.Tasks, func(t *job.TaskInstance) int64 { return t.JobInstanceID })),
	})
}

// load gives the loaders of the operation. Resolvers only run inside one.
func load(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(*loaders) }

// links asks once per instant: in practice there is one in an operation.
func (r *Resolver) links(ctx context.Context, keys []instant) (map[instant][]*directory.ResourceLink, error) {
	found := map[instant][]*directory.ResourceLink{}
	for at, ids := range grouped(keys, func(k instant) (time.Time, int64) { return k.at, k.id }) {
		var asOf *time.Time
		if !at.IsZero() {
			asOf = &at
		}
		links, err := r.Directory.LinksOf(ctx, ids, asOf)
		if err != nil {
			return nil, err
		}
		for id, list := range links {
			found[instant{id, at}] = list
		}
	}
	return found, nil
}

// personOf is the display name of who has a user name; nil without one, or when the account is gone.
func personOf(ctx context.Context, username *string) (*string, error) {
	if username == nil {
		return nil, nil
	}
	return load(ctx).Person.Load(ctx, *username)
}

// deliveries asks once per number of rows: in practice there is one in an operation.
func (r *Resolver) deliveries(ctx context.Context, keys []some) (map[some][]*synchronization.Delivery, error) {
	found := map[some][]*synchronization.Delivery{}
	for first, ids := range grouped(keys, func(k some) (int, int64) { return k.first, k.id }) {
		lists, err := r.Routes.Deliveries(ctx, ids, first)
		if err != nil {
			return nil, err
		}
		for id, list := range lists {
			found[some{id, first}] = list
		}
	}
	return found, nil
}

// only makes a fetch of what there is only one of.
func only[V any](read func(context.Context) (V, error)) func(context.Context, []whole) (map[whole]V, error) {
	return func(ctx context.Context, _ []whole) (map[whole]V, error) {
		v, err := read(ctx)
		return map[whole]V{{}: v}, err
	}
}

// one indexes a list that has at most one row per key.
func one[V any](read func(context.Context, []int64) ([]V, error), key func(V) int64) func(context.Context, []int64) (map[int64]V, error) {
	return func(ctx context.Context, ids []int64) (map[int64]V, error) {
		list, err := read(ctx, ids)
		found := make(map[int64]V, len(list))
		for _, v := range list {
			found[key(v)] = v
		}
		return found, err
	}
}

// many indexes a list that has many rows per key, in its order.
func many[V any](read func(context.Context, []int64) ([]V, error), key func(V) int64) func(context.Context, []int64) (map[int64][]V, error) {
	return func(ctx context.Context, ids []int64) (map[int64][]V, error) {
		list, err := read(ctx, ids)
		found := make(map[int64][]V, len(ids))
		for _, v := range list {
			found[key(v)] = append(found[key(v)], v)
		}
		return found, err
	}
}

func grouped[K any, G comparable](keys []K, split func(K) (G, int64)) map[G][]int64 {
	groups := map[G][]int64{}
	for _, k := range keys {
		g, id := split(k)
		groups[g] = append(groups[g], id)
	}
	return groups
}

// firstOf is the key of the first rows below an object; the schema gives first its default.
func firstOf(id int64, first *int) some { return some{id, page.Of(first, nil).First} }
