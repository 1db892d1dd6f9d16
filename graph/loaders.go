package graph

import (
	"context"
	"strings"
	"time"

	"writ/graph/across"
	"writ/server/assignment"
	"writ/server/catalogue"
	"writ/server/directory"
	"writ/server/job"
	"writ/server/order"
	"writ/server/page"
	"writ/server/plan"
	"writ/server/rolemodel"
	"writ/server/synchronization"
	"writ/server/system"
	"writ/server/webhook"
)

// loaders are those of one operation: keys asked for by its resolvers at about the same time become one call.
type loaders struct {
	Resource          *loader[int64, *directory.Resource]
	File              *loader[string, *directory.ResourceFile]
	Ref               *loader[int64, *directory.ResourceRef]
	Owner             *loader[directory.Named, *directory.ResourceRef]
	Links             *loader[instant, []*directory.ResourceLink]
	Count             *loader[int64, int]
	Contexts          *loader[int64, []*across.ResourceContext]
	Shape             *loader[whole, *directory.Shape]
	Model             *loader[whole, *assignment.Model]
	Person            *loader[string, *string]
	Names             *loader[whole, *across.Names]
	RulesOfRole       *loader[int64, []*rolemodel.RoleRule]
	RulesOfType       *loader[int64, []*rolemodel.ResourceTypeRule]
	Holders           *loader[int64, *catalogue.RoleHolderCount]
	Connector         *loader[int64, *system.Connector]
	Condition         *loader[int64, *synchronization.Condition]
	Route             *loader[int64, *across.Route]
	Deliveries        *loader[rows, *synchronization.DeliveryConnection]
	WebhookDeliveries *loader[rows, *webhook.WebhookDeliveryConnection]
	DeliveryOfTask    *loader[int64, int64]
	Lines             *loader[int64, []*order.OrderLine]
	History           *loader[int64, []*order.OrderHistoryEntry]
	Attempts          *loader[int64, []*order.OrderAttempt]
	Job               *loader[int64, *job.Job]
	Steps             *loader[int64, []*job.JobStep]
	LastInstance      *loader[int64, *job.JobInstance]
	Tasks             *loader[int64, []*job.TaskInstance]
	PlanEdits         *loader[*plan.Plan, []*plan.Edit]
	PlanSummary       *loader[*plan.Plan, *plan.Summary]
	PlanMoved         *loader[*plan.Plan, []*plan.Moved]
	PlanOverlaps      *loader[*plan.Plan, []*plan.Overlap]
}

// whole is the key of what there is only one of.
type whole struct{}

// instant is a resource at a time; the zero time is now.
type instant struct {
	id int64
	at time.Time
}

// rows is a page of the rows below an object, with what is asked of them.
type rows struct {
	id     int64
	args   page.Args
	fields string // by their names, with a blank between them
	total  bool
}

func below(id int64, a page.Args, fields page.Fields, total bool) rows {
	return rows{id, a, strings.Join(fields, " "), total}
}

type loadersKey struct{}

func (r *Resolver) withLoaders(ctx context.Context) context.Context {
	return context.WithValue(ctx, loadersKey{}, &loaders{
		Resource: newLoader(r.Directory.GetMany),
		File:     newLoader(r.Directory.FilesOf),
		Ref: newLoader(func(ctx context.Context, ids []int64) (map[int64]*directory.ResourceRef, error) {
			return across.Refs(ctx, r.Directory, ids)
		}),
		Owner: newLoader(func(ctx context.Context, keys []directory.Named) (map[directory.Named]*directory.ResourceRef, error) {
			return across.Owners(ctx, r.Directory, keys)
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
		Holders:           newLoader(r.Holdings.Counts),
		Connector:         newLoader(r.Routes.GetMany),
		Condition:         newLoader(r.Routes.Conditions),
		Route:             newLoader(r.Routes.ByConnection),
		Deliveries:        newLoader(pages(r.Synchronization.Deliveries)),
		WebhookDeliveries: newLoader(pages(r.Webhooks.Deliveries)),
		DeliveryOfTask:    newLoader(r.Synchronization.OfTasks),
		Lines:             newLoader(r.Orders.LinesOf),
		History:           newLoader(r.Orders.HistoryOf),
		Attempts:          newLoader(r.Orders.AttemptsOf),
		Job:               newLoader(one(r.Jobs.JobsByID, func(j *job.Job) int64 { return j.ID })),
		Steps:             newLoader(many(r.Jobs.Steps, func(s *job.JobStep) int64 { return s.JobID })),
		LastInstance:      newLoader(one(r.Jobs.LastInstances, func(i *job.JobInstance) int64 { return i.JobID })),
		Tasks:             newLoader(many(r.Jobs.Tasks, func(t *job.TaskInstance) int64 { return t.JobInstanceID })),
		PlanEdits:         newLoader(r.Plans.Edits),
		PlanSummary:       newLoader(r.Plans.Summaries),
		PlanMoved:         newLoader(r.Plans.Moved),
		PlanOverlaps:      newLoader(r.Plans.Overlaps),
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

// pages reads pages of rows below objects, once per page and selection: in practice there is one in an operation.
func pages[V any](read func(context.Context, []int64, page.Args, page.Fields, bool) (map[int64]V, error)) func(context.Context, []rows) (map[rows]V, error) {
	return func(ctx context.Context, keys []rows) (map[rows]V, error) {
		found := make(map[rows]V, len(keys))
		for asked, ids := range grouped(keys, func(k rows) (rows, int64) { return below(0, k.args, page.Fields{k.fields}, k.total), k.id }) {
			lists, err := read(ctx, ids, asked.args, page.Fields(strings.Fields(asked.fields)), asked.total)
			if err != nil {
				return nil, err
			}
			for id, list := range lists {
				asked.id = id
				found[asked] = list
			}
		}
		return found, nil
	}
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
