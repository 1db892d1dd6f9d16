package across

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"writ/server/assignment"
	"writ/server/bulk"
	"writ/server/db"
	"writ/server/delegation"
	"writ/server/desk"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/job"
	"writ/server/mining"
	"writ/server/order"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/plan"
	"writ/server/reconciliation"
	"writ/server/redundancy"
	"writ/server/request"
	"writ/server/synchronization"
)

// Feed turns the event stream into subscriptions. Every change is filtered by the subscriber's rights at the moment of its delivery, and a
// subscription ends when its session does. Make it with NewFeed.
type Feed struct {
	Hub            *event.Hub
	Orders         *order.Service
	Jobs           *job.Service
	Assignments    *assignment.Service
	Reconciliation *reconciliation.Service
	Mining         *mining.Service
	Plans          *plan.Service
	Bulk           *bulk.Service
	Redundancy     *redundancy.Service
	Requests       *request.Service
	Delegations    *delegation.Service
	Readings       *synchronization.Service
	// Renew gives a context the rights of now; its error ends the subscription (auth.Service.Renew).
	Renew func(ctx context.Context) (context.Context, error)
	// Failed hears why a subscription ends before its time, just before it does. nil: nobody.
	Failed func(ctx context.Context, err error)
	// Lost is told that a subscription cannot go on in this process, though nothing is wrong with it: it ends the connection, without saying that the subscription
	// is over, so that the client comes again with its cursor. false: it cannot. nil: the subscription just ends.
	Lost func(ctx context.Context) bool

	counters shared
	orders   readings
}

// CheckEvery is how often the rights of a subscriber are looked at who hears of nothing; they may be two seconds old then.
const CheckEvery = 2500 * time.Millisecond

const (
	retryEvery = 300 * time.Millisecond // while the database is away
	gatherFor  = 2 * time.Millisecond   // changes that come together are read together
	gatherMax  = 200
)

// OrderChange is one change of an order.
type OrderChange struct {
	Cursor string
	At     time.Time
	Actor  string
	From   *order.ProvisioningState // nil: the order is new
	To     order.ProvisioningState
	Order  *order.Order // as it is now
}

// JobsChange says that a run changed.
type JobsChange struct {
	JobInstanceID int64
	State         job.JobInstanceState
}

// PermissionsChange says that something about an owner's entitlements changed.
type PermissionsChange struct {
	Cursor     string
	At         time.Time
	ResourceID int64
}

// OrderChanged gives every change of the orders the caller may see and that match the filter, whose states are those moved to; with after first what was missed since.
// sel is what to bring with each order. Refused like the list of orders.
func (f *Feed) OrderChanged(ctx context.Context, filter *order.OrderFilter, after *string, sel order.Selection) (<-chan *OrderChange, error) {
	may := func(ctx context.Context) error { // rights and filter
		_, err := f.Orders.List(ctx, page.Args{}, filter, nil, order.Selection{})
		return err
	}
	if err := may(ctx); err != nil {
		return nil, err
	}
	from, err := cursorOf(after)
	if err != nil {
		return nil, err
	}
	return follow(ctx, f, from, may, ofKind(order.EventChanged), func(ctx context.Context, rows []event.Row) ([]*OrderChange, error) {
		return f.orderChanges(ctx, rows, filter, sel)
	})
}

func (f *Feed) orderChanges(ctx context.Context, rows []event.Row, filter *order.OrderFilter, sel order.Selection) ([]*OrderChange, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.SubjectID
	}
	byID, err := f.orders.get(ctx, rows[len(rows)-1].Cursor, ids, sel, f.Orders.ByIDs)
	if err != nil {
		return nil, err
	}
	var changes []*OrderChange
	for _, r := range rows {
		o := byID[r.SubjectID]
		if o == nil {
			continue
		}
		var moved order.Changed
		if err := json.Unmarshal(r.Data, &moved); err != nil {
			return nil, err
		}
		then := *o
		then.Code = order.State(moved.To) // the order may have moved on: the filter is about this move
		if !filter.Match(&then) {
			continue
		}
		c := &OrderChange{Cursor: r.Cursor.String(), At: r.At, Actor: r.Actor, To: order.NameOf(order.State(moved.To)), Order: o}
		if moved.From != nil {
			name := order.NameOf(order.State(*moved.From))
			c.From = &name
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// JobProgress gives a run as it is now and after each change, until it has ended. Refused like the run itself.
func (f *Feed) JobProgress(ctx context.Context, id int64) (<-chan *job.JobInstance, error) {
	ctx, stop := context.WithCancel(ctx)
	in, err := f.Jobs.JobProgress(ctx, id)
	if err != nil {
		stop()
		return nil, err
	}
	out := make(chan *job.JobInstance)
	go func() {
		defer close(out)
		defer stop()
		tick := time.NewTicker(CheckEvery)
		defer tick.Stop()
		isOver := false
		for {
			var next *job.JobInstance
			select {
			case i, open := <-in:
				if !open {
					if !isOver {
						f.lost(ctx)
					}
					return
				}
				next, isOver = i, i.State.IsFinal()
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			err := Patiently(ctx, func() error {
				now, err := f.Renew(ctx)
				if err == nil {
					_, err = permit.RequireAny(now, permit.JobInstanceQuery, permit.JobQuery)
				}
				return err
			})
			if err != nil {
				f.failed(ctx, err)
				return
			}
			if next != nil && !send(ctx, out, next) {
				return
			}
		}
	}()
	return out, nil
}

// JobsChanged says which runs changed, once for several changes at the same moment. Refused like the list of runs.
func (f *Feed) JobsChanged(ctx context.Context) (<-chan *JobsChange, error) {
	may := func(ctx context.Context) error {
		_, err := permit.RequireAny(ctx, permit.JobInstanceQuery, permit.JobQuery)
		return err
	}
	if err := may(ctx); err != nil {
		return nil, err
	}
	return follow(ctx, f, nil, may, ofKind(job.EventChanged), func(ctx context.Context, rows []event.Row) ([]*JobsChange, error) {
		seen := map[int64]bool{}
		var changes []*JobsChange
		for _, r := range rows {
			if r.SubjectType != "job_instance" || seen[r.SubjectID] {
				continue
			}
			seen[r.SubjectID] = true
			i, err := f.Jobs.GetInstance(ctx, r.SubjectID)
			if errs.Is(err, errs.NotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			changes = append(changes, &JobsChange{JobInstanceID: i.ID, State: i.State})
		}
		return changes, nil
	})
}

// PermissionsChanged says that something about an owner's entitlements changed, once for several changes at the same moment. Refused
// like the view itself.
func (f *Feed) PermissionsChanged(ctx context.Context, resourceID int64) (<-chan *PermissionsChange, error) {
	may := func(ctx context.Context) error { return f.Assignments.MayView(ctx, resourceID) }
	if err := may(ctx); err != nil {
		return nil, err
	}
	about := func(r event.Row) bool {
		switch r.Kind {
		case order.EventChanged, assignment.EventChanged, directory.EventChanged, assignment.EventGapChanged, reconciliation.EventRole, reconciliation.EventReviewed:
			return r.OwnerID == resourceID || r.SubjectType == "resource" && r.SubjectID == resourceID
		}
		return false
	}
	return follow(ctx, f, nil, may, about, func(ctx context.Context, rows []event.Row) ([]*PermissionsChange, error) {
		if err := may(ctx); err != nil { // the scope of the same rights may be another one since
			return nil, err
		}
		last := rows[len(rows)-1]
		return []*PermissionsChange{{Cursor: last.Cursor.String(), At: last.At, ResourceID: resourceID}}, nil
	})
}

// ReconciliationChange says that what is to be reconciled changed.
type ReconciliationChange struct {
	Cursor string
	At     time.Time
}

// ReconciliationChanged says that differences, decisions or runs changed, once for several changes at the same moment. Refused like the list of
// differences; it does not say which, since it may be one that the subscriber may not see.
func (f *Feed) ReconciliationChanged(ctx context.Context, after *string) (<-chan *ReconciliationChange, error) {
	return told(ctx, f, after, f.Reconciliation.MayLook, func(last event.Row) *ReconciliationChange {
		return &ReconciliationChange{Cursor: last.Cursor.String(), At: last.At}
	}, assignment.EventGapChanged, reconciliation.EventDecided, reconciliation.EventAdopted, reconciliation.EventReset, bulk.EventChanged, reconciliation.EventRole, assignment.EventRoleFound, reconciliation.EventReviewed, assignment.EventProlonged)
}

// MiningRunsChange says that runs of mining changed.
type MiningRunsChange struct {
	Cursor string
	At     time.Time
}

// MiningChanged says that runs of mining changed, once for several changes at the same moment. Refused like their list.
func (f *Feed) MiningChanged(ctx context.Context, after *string) (<-chan *MiningRunsChange, error) {
	return told(ctx, f, after, f.Mining.MayLook, func(last event.Row) *MiningRunsChange {
		return &MiningRunsChange{Cursor: last.Cursor.String(), At: last.At}
	}, mining.EventChanged)
}

// PlansChange says that plans changed.
type PlansChange struct {
	Cursor string
	At     time.Time
}

// PlansChanged says that plans moved on, once for several changes at the same moment. Refused like their list.
func (f *Feed) PlansChanged(ctx context.Context, after *string) (<-chan *PlansChange, error) {
	return told(ctx, f, after, f.Plans.MayLook, func(last event.Row) *PlansChange {
		return &PlansChange{Cursor: last.Cursor.String(), At: last.At}
	}, plan.EventChanged)
}

// BulkChangesChange says that bulk changes changed.
type BulkChangesChange struct {
	Cursor string
	At     time.Time
}

// BulkChangesChanged says that bulk changes moved on, once for several changes at the same moment. Refused like their list; it does not say which, since
// it may be one that the subscriber may not see.
func (f *Feed) BulkChangesChanged(ctx context.Context, after *string) (<-chan *BulkChangesChange, error) {
	return told(ctx, f, after, f.Bulk.MayLook, func(last event.Row) *BulkChangesChange {
		return &BulkChangesChange{Cursor: last.Cursor.String(), At: last.At}
	}, bulk.EventChanged)
}

// RedundancyChange says that analyses of what is redundant changed.
type RedundancyChange struct {
	Cursor string
	At     time.Time
}

// RedundancyChanged says that analyses, or bulk changes, moved on, once for several changes at the same moment. Refused like the list of what is redundant.
func (f *Feed) RedundancyChanged(ctx context.Context, after *string) (<-chan *RedundancyChange, error) {
	return told(ctx, f, after, f.Redundancy.MayLook, func(last event.Row) *RedundancyChange {
		return &RedundancyChange{Cursor: last.Cursor.String(), At: last.At}
	}, redundancy.EventChanged, bulk.EventChanged)
}

// RequestsChange says that requests changed.
type RequestsChange struct {
	Cursor string
	At     time.Time
}

// RequestsChanged says that requests changed, once for several changes at the same moment. It does not say which, since it may be one that the subscriber
// may not see.
func (f *Feed) RequestsChanged(ctx context.Context, after *string) (<-chan *RequestsChange, error) {
	return told(ctx, f, after, f.Requests.MayLook, func(last event.Row) *RequestsChange {
		return &RequestsChange{Cursor: last.Cursor.String(), At: last.At}
	}, request.EventChanged, request.EventStepChanged)
}

// DelegationsChange says that delegations changed.
type DelegationsChange struct {
	Cursor string
	At     time.Time
}

// DelegationsChanged says that delegations changed, once for several changes at the same moment. It does not say which, since it may be one that the
// subscriber may not see.
func (f *Feed) DelegationsChanged(ctx context.Context, after *string) (<-chan *DelegationsChange, error) {
	return told(ctx, f, after, f.Delegations.MayLook, func(last event.Row) *DelegationsChange {
		return &DelegationsChange{Cursor: last.Cursor.String(), At: last.At}
	}, delegation.EventChanged)
}

// TasksChange says which kinds of tasks of the subscriber may have come or gone.
type TasksChange struct {
	Cursor string
	At     time.Time
	Kinds  []desk.TaskKind
}

// TasksChanged says that tasks of the subscriber may have come or gone, once for several changes at the same moment. It names kinds only, and of those only
// the ones for which he has a right.
func (f *Feed) TasksChanged(ctx context.Context, after *string) (<-chan *TasksChange, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	from, err := cursorOf(after)
	if err != nil {
		return nil, err
	}
	return follow(ctx, f, from, permit.SignedIn, func(r event.Row) bool { return desk.Moves(r.Kind) }, func(ctx context.Context, rows []event.Row) ([]*TasksChange, error) {
		happened := make([]string, len(rows))
		for i, r := range rows {
			happened[i] = r.Kind
		}
		last := rows[len(rows)-1]
		if kinds := desk.MovedBy(ctx, happened); len(kinds) > 0 {
			return []*TasksChange{{Cursor: last.Cursor.String(), At: last.At, Kinds: kinds}}, nil
		}
		return nil, nil
	})
}

// told says that something happened of some kinds, once for several events at the same moment, to whoever may look.
func told[T any](ctx context.Context, f *Feed, after *string, may func(ctx context.Context) error, say func(last event.Row) T, kinds ...string) (<-chan T, error) {
	if err := may(ctx); err != nil {
		return nil, err
	}
	from, err := cursorOf(after)
	if err != nil {
		return nil, err
	}
	about := func(r event.Row) bool { return slices.Contains(kinds, r.Kind) }
	return follow(ctx, f, from, may, about, func(_ context.Context, rows []event.Row) ([]T, error) {
		return []T{say(rows[len(rows)-1])}, nil
	})
}

type startedKey struct{}

// WithStarted has started called when a subscription has begun: whatever happens from then on comes. It is for those that say nothing at their begin.
func WithStarted(ctx context.Context, started func()) context.Context {
	return context.WithValue(ctx, startedKey{}, started)
}

// follow makes values from events, several at once when they come at once. It ends with ctx, with the hub, and with the first error of
// Renew, of may, which is asked again when the rights of the subscriber are others, or of values; a database that is away is waited for.
func follow[T any](ctx context.Context, f *Feed, after *event.Cursor, may func(ctx context.Context) error, filter func(event.Row) bool,
	values func(ctx context.Context, rows []event.Row) ([]T, error)) (<-chan T, error) {
	ctx, stop := context.WithCancel(ctx)
	in, err := f.Hub.Subscribe(ctx, after, filter)
	if err != nil {
		stop()
		return nil, err
	}
	if started, ok := ctx.Value(startedKey{}).(func()); ok {
		started()
	}
	out := make(chan T)
	go func() {
		defer close(out)
		defer stop()
		tick := time.NewTicker(CheckEvery)
		defer tick.Stop()
		actor := permit.From(ctx)
		for {
			rows, open := gather(ctx, in, tick.C)
			if !open && len(rows) == 0 {
				f.lost(ctx)
				return
			}
			var list []T
			err := Patiently(ctx, func() error {
				now, err := f.Renew(ctx)
				if err == nil && !sameRights(actor, permit.From(now)) {
					err = may(now)
				}
				if err != nil {
					return err
				}
				if actor = permit.From(now); len(rows) > 0 {
					list, err = values(now, rows)
				}
				return err
			})
			if err != nil {
				f.failed(ctx, err)
				return
			}
			for _, v := range list {
				if !send(ctx, out, v) {
					return
				}
			}
		}
	}()
	return out, nil
}

// Patiently does something again until the database is there, or ctx ends.
func Patiently(ctx context.Context, do func() error) error {
	for {
		err := do()
		if err == nil || !db.Unreachable(err) {
			return err
		}
		wait := time.NewTimer(retryEvery)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		}
	}
}

// gather waits for a row and takes those that follow at once; none when the tick came first. open: there may be more.
func gather(ctx context.Context, in <-chan event.Row, tick <-chan time.Time) (rows []event.Row, open bool) {
	select {
	case r, open := <-in:
		if !open {
			return nil, false
		}
		rows = append(rows, r)
	case <-tick:
		return nil, true
	case <-ctx.Done():
		return nil, false
	}
	enough := time.NewTimer(gatherFor)
	defer enough.Stop()
	for len(rows) < gatherMax {
		select {
		case r, open := <-in:
			if !open {
				return rows, false
			}
			rows = append(rows, r)
		case <-enough.C:
			return rows, true
		}
	}
	return rows, true
}

func send[T any](ctx context.Context, out chan<- T, v T) bool {
	select {
	case out <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

func (f *Feed) failed(ctx context.Context, err error) {
	if f.Failed != nil && ctx.Err() == nil {
		f.Failed(ctx, err)
	}
}

// sameRights compares what two actors may do.
func sameRights(a, b *permit.Actor) bool {
	return a == b || a != nil && b != nil && a.System == b.System && a.ResourceID == b.ResourceID && a.IsAsked == b.IsAsked && reflect.DeepEqual(a.Grants, b.Grants) && reflect.DeepEqual(a.Deputyships, b.Deputyships)
}

// lost waits for the end of a subscription whose events have ended before it did.
func (f *Feed) lost(ctx context.Context) {
	if f.Lost != nil && ctx.Err() == nil && f.Lost(ctx) {
		<-ctx.Done()
	}
}

func ofKind(kind string) func(event.Row) bool {
	return func(r event.Row) bool { return r.Kind == kind }
}

// cursorOf reads the cursor a client sent; nil: from now on.
func cursorOf(text *string) (*event.Cursor, error) {
	if text == nil || *text == "" {
		return nil, nil
	}
	c, err := event.Parse(*text)
	return &c, err
}
