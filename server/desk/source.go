package desk

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"writ/server/assignment"
	"writ/server/delegation"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/order"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/reconciliation"
	"writ/server/request"
	"writ/server/synchronization"
)

// listed is one page of a list that tasks are made of.
type listed struct {
	rows       []*Task
	more       bool
	total      int
	isEstimate bool
}

// source is one list that tasks are made of. It gives its rows as they came, the oldest first.
type source struct {
	name string // in cursors
	kind TaskKind
	late bool // its tasks are late: shown before all others
	list func(ctx context.Context, a page.Args, total bool) (listed, error)
}

// from makes tasks of a page of another list.
func from[T any](c *page.Connection[*T], kind TaskKind, task func(*T) *Task) listed {
	out := listed{more: c.PageInfo.HasNextPage, total: c.TotalCount, isEstimate: c.TotalCountIsEstimate}
	for _, e := range c.Edges {
		t := task(e.Node)
		t.Kind, t.cursor, t.ID = kind, e.Cursor, fmt.Sprintf("%s-%d", kind, t.SubjectID)
		out.rows = append(out.rows, t)
	}
	return out
}

// sources are the lists that a filter leaves.
func (s *Service) sources(f *TaskFilter) ([]source, error) {
	if f == nil {
		f = &TaskFilter{}
	}
	for _, k := range f.Kinds {
		if !slices.Contains(kinds, k) {
			return nil, errs.Invalid("filter.kinds", "There is no kind %s.", k)
		}
	}
	all := slices.Concat(s.ofRequests(f), s.ofOrders(f), s.ofReconciliation(f))
	return slices.DeleteFunc(all, func(x source) bool {
		return len(f.Kinds) > 0 && !slices.Contains(f.Kinds, x.kind) || f.Late != nil && *f.Late != x.late
	}), nil
}

var (
	itemFields      = page.Fields{"id", "requestNumber", "requesterName", "action", "objectName", "owner", "submittedAt", "steps", "decideFor"}
	prolongedFields = page.Fields{"id", "roleName", "owner", "since", "until"}
	roleFields      = page.Fields{"id", "roleName", "owner", "foundAt"}
	gapFields       = page.Fields{"id", "resourceTypeName", "owner", "target", "propertyName", "foundAt"}
	mendFields      = page.Fields{"id", "connector", "entityType", "place", "key", "since"}
)

func (s *Service) ofRequests(f *TaskFilter) []source {
	oldest := request.Oldest
	of := func(name string, kind TaskKind, late bool, filter request.RequestFilter, link string) source {
		filter.Text = f.Text
		return source{name: name, kind: kind, late: late, list: func(ctx context.Context, a page.Args, total bool) (listed, error) {
			c, err := s.Requests.Items(ctx, a, &filter, &oldest, itemFields, total)
			if err != nil {
				return listed{}, err
			}
			return from(c, kind, func(i *request.RequestItem) *Task {
				t := &Task{SubjectID: i.ID, Subject: i.ObjectName, Action: string(i.Action), Person: &i.Owner, RequesterName: &i.RequesterName, Since: i.SubmittedAt, IsLate: late, Number: &i.RequestNumber,
					Link: fmt.Sprintf(link, i.ID)}
				if len(i.DecideFor) > 0 && kind == Approval {
					t.ForPerson = &i.DecideFor[0].Name
				}
				for _, st := range i.Steps {
					if st.ClosedAt == nil && st.OpenedAt != nil || st.State == request.StepStuck {
						t.DueAt = st.DueAt
					}
				}
				return t
			}), nil
		}}
	}
	return []source{
		of("late", Approval, true, request.RequestFilter{ToDecideByMe: new(true), Late: new(true)}, "/approvals/%d"),
		of("approval", Approval, false, request.RequestFilter{ToDecideByMe: new(true), Late: new(false)}, "/approvals/%d"),
		of("answer", Answer, false, request.RequestFilter{ToAnswerByMe: new(true)}, "/requests/%d"),
		of("routing", Routing, false, request.RequestFilter{ToRouteByMe: new(true)}, "/approvals/%d?view=stuck"),
	}
}

func (s *Service) ofOrders(f *TaskFilter) []source {
	oldest := order.CreatedAsc
	task := func(path string) func(o *order.Order) *Task {
		return func(o *order.Order) *Task {
			t := &Task{SubjectID: o.ID, Subject: o.ResourceTypeDisplayName, Action: string(o.Kind), Since: o.CreatedAt, TakenBy: o.Assignee, Link: fmt.Sprintf("/%s/%d", path, o.ID)}
			if o.OwnerID != nil {
				t.Person = reference(o)
			}
			return t
		}
	}
	review := func(name string, kind TaskKind, path string, states ...order.ProvisioningState) source {
		return source{name: name, kind: kind, list: func(ctx context.Context, a page.Args, total bool) (listed, error) {
			c, err := s.Orders.ReviewQueue(ctx, a, &order.OrderFilter{States: states, Text: f.Text}, &oldest, order.Selection{Total: total})
			if err != nil {
				return listed{}, err
			}
			return from(c, kind, task(path)), nil
		}}
	}
	return []source{
		review("review", ProvisioningReview, "review", order.StateAwaitingApproval),
		review("errors", ErroredOrder, "errors", order.StateErrored, order.StateError),
		{name: "manual", kind: ManualOrder, list: func(ctx context.Context, a page.Args, total bool) (listed, error) {
			c, err := s.Orders.ManualOrders(ctx, a, &order.OrderFilter{Text: f.Text}, order.Selection{Total: total})
			if err != nil {
				return listed{}, err
			}
			return from(c, ManualOrder, task("manual")), nil
		}},
	}
}

func (s *Service) ofReconciliation(f *TaskFilter) []source {
	list := []source{
		{name: "prolonged", kind: ProlongedRole, list: func(ctx context.Context, a page.Args, total bool) (listed, error) {
			c, err := s.Reconciliation.Prolonged(ctx, a, &reconciliation.ProlongedFilter{Text: f.Text}, nil, prolongedFields, total)
			if err != nil {
				return listed{}, err
			}
			return from(c, ProlongedRole, func(i *reconciliation.ProlongedItem) *Task {
				return &Task{SubjectID: i.ID, Subject: i.RoleName, Person: &i.Owner, Since: i.Since, DueAt: i.Until, Link: fmt.Sprintf("/reconcile/prolonged/%d", i.ID)}
			}), nil
		}},
		{name: "roles", kind: RoleReconciliation, list: func(ctx context.Context, a page.Args, total bool) (listed, error) {
			c, err := s.Reconciliation.Roles(ctx, a, &reconciliation.RoleReconciliationFilter{States: []reconciliation.RoleState{reconciliation.RoleNonConforming, reconciliation.RolePreExisting}, Text: f.Text}, nil, roleFields, total)
			if err != nil {
				return listed{}, err
			}
			return from(c, RoleReconciliation, func(i *reconciliation.RoleItem) *Task {
				return &Task{SubjectID: i.ID, Subject: i.RoleName, Person: &i.Owner, Since: i.FoundAt, Link: fmt.Sprintf("/reconcile/roles/%d", i.ID)}
			}), nil
		}},
		{name: "resources", kind: ResourceReconciliation, list: func(ctx context.Context, a page.Args, total bool) (listed, error) {
			c, err := s.Reconciliation.List(ctx, a, &reconciliation.ReconciliationFilter{Text: f.Text}, nil, gapFields, total)
			if err != nil {
				return listed{}, err
			}
			return from(c, ResourceReconciliation, func(i *reconciliation.Item) *Task {
				t := &Task{SubjectID: i.ID, Subject: i.ResourceTypeName, Person: i.Owner, Since: i.FoundAt, Link: fmt.Sprintf("/reconcile/resources/%d", i.ID)}
				if i.PropertyName != nil {
					t.Subject += ": " + *i.PropertyName
				} else if i.Target != nil {
					t.Subject += ": " + i.Target.DisplayName
				}
				return t
			}), nil
		}},
	}
	if f.Text != nil && *f.Text != "" {
		return list // rows to mend are about no person yet, and their list has no search
	}
	return append(list, source{name: "mend", kind: RowToMend, list: func(ctx context.Context, a page.Args, total bool) (listed, error) {
		c, err := s.Readings.RowsToMend(ctx, nil, a, mendFields, total)
		if err != nil {
			return listed{}, err
		}
		return from(c, RowToMend, func(r *synchronization.RowToMend) *Task {
			t := &Task{SubjectID: r.ID, Subject: r.Place, Since: r.Since, Link: "/systems/" + url.PathEscape(r.Connector) + "/rows"}
			if r.Key != nil {
				t.Subject += ": " + *r.Key
			}
			return t
		}), nil
	}})
}

// moves are the events after which tasks of a kind may have come or gone.
var moves = map[string][]TaskKind{
	delegation.EventChanged: {Approval},
	request.EventChanged:    {Approval, Routing}, request.EventStepChanged: {Approval, Routing},
	order.EventChanged: {ProvisioningReview, ErroredOrder, ManualOrder}, order.EventTicketOpened: {ManualOrder},
	assignment.EventGapChanged: {ResourceReconciliation}, reconciliation.EventDecided: {ResourceReconciliation}, reconciliation.EventAdopted: {ResourceReconciliation}, reconciliation.EventReset: {ResourceReconciliation},
	assignment.EventRoleFound: {RoleReconciliation}, reconciliation.EventRole: {RoleReconciliation},
	assignment.EventProlonged: {ProlongedRole}, reconciliation.EventReviewed: {ProlongedRole},
	synchronization.EventEnded: {RowToMend},
}

// needs is what opens tasks of a kind, of one entity type at least.
var needs = map[TaskKind]string{
	Approval: permit.ReviewRoles, Routing: permit.Supervise, ProlongedRole: permit.ReviewRoles, ProvisioningReview: permit.ReviewProvisioning, ErroredOrder: permit.ReviewProvisioning,
	ManualOrder: permit.ManualProvisioning, RoleReconciliation: permit.ReconciliateRoles, ResourceReconciliation: permit.ReconciliateResources, RowToMend: permit.ConnectorQuery,
}

// MovedBy gives the kinds of the caller's tasks of which some may have come or gone by events of these kinds; in the order of the kinds.
func MovedBy(ctx context.Context, events []string) []TaskKind {
	list := []TaskKind{}
	for _, k := range kinds {
		if (opens(ctx, needs[k]) || k == Approval && (isAsked(ctx) || mayBeDeputy(ctx, events))) && slices.ContainsFunc(events, func(e string) bool { return slices.Contains(moves[e], k) }) {
			list = append(list, k)
		}
	}
	return list
}

// isAsked reports whether approvals may be asked of the caller by name.
func isAsked(ctx context.Context) bool {
	who := permit.From(ctx)
	return who != nil && who.IsAsked
}

// mayBeDeputy reports whether the caller may decide requests for somebody, or may have lost that just now.
func mayBeDeputy(ctx context.Context, events []string) bool {
	return slices.Contains(events, delegation.EventChanged) || len(permit.ActingFor(ctx, permit.DeputyApprovals)) > 0
}

// Moves reports whether an event may move tasks of anybody.
func Moves(event string) bool { return moves[event] != nil }

// opens reports whether the caller holds a permission, for one entity type at least.
func opens(ctx context.Context, permission string) bool {
	who := permit.From(ctx)
	return who != nil && (who.System || slices.ContainsFunc(who.Grants, func(g permit.Grant) bool {
		return g.CanExecute && (permit.Covers(g.Path, permission) || permit.Covers(permission, g.Path))
	}))
}

// reference names the owner of an order.
func reference(o *order.Order) *directory.ResourceRef {
	return &directory.ResourceRef{ID: *o.OwnerID, EntityType: o.SourceEntityType, Key: o.OwnerKey, DisplayName: o.OwnerDisplayName}
}
