package order

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/fulfil"
	"writ/server/permit"
	"writ/server/queue"
)

const (
	// claimBatch is how many orders one claim takes: few enough that a killed worker leaves little behind.
	claimBatch = 192
	// ticketBatch is how many tickets one transaction opens, and so how many one event ticket.opened names.
	ticketBatch = 2000
	// writeBatch is how many answers one transaction writes at most. Answers never wait for it to fill.
	writeBatch = 64
	// maxHops is how often a dispatch is passed on.
	maxHops = 4
)

// DispatchArgs is the River job that works off the due orders of one connection. It names the scope; the rows say what to do.
type DispatchArgs struct {
	ConnectionID int64 `json:"connectionId"`
	Job          bool  `json:"job"`            // asked for by a fulfil task: runs although a job is at work
	Hops         int   `json:"hops,omitempty"` // how often it was passed on
}

// Kind names the job.
func (DispatchArgs) Kind() string { return "order_dispatch" }

// DispatchWorker drains connections.
type DispatchWorker struct {
	river.WorkerDefaults[DispatchArgs]
	Service *Service
}

// Timeout is none: a drain lives as long as there is work. Its leases tell whether it is alive.
func (w *DispatchWorker) Timeout(*river.Job[DispatchArgs]) time.Duration { return -1 }

// Work drains the connection. While a job runs, the continuous chain leaves the work to the job's own tasks.
func (w *DispatchWorker) Work(ctx context.Context, job *river.Job[DispatchArgs]) error {
	if !job.Args.Job {
		if paused, err := w.Service.paused(ctx); err != nil || paused {
			return err
		}
	}
	if err := w.Service.passOn(ctx, job.Args); err != nil {
		return err
	}
	return w.Service.Drain(ctx, job.Args.ConnectionID)
}

// passOn calls for another process when there is more due than one claim takes: whoever is free takes the job, and passes it on in turn. A
// process that is at the connection already leaves it at that. So a heap of orders, or what a dead process left, is soon worked off by
// several.
func (s *Service) passOn(ctx context.Context, args DispatchArgs) error {
	if args.Hops >= maxHops {
		return nil
	}
	var due int
	err := s.DB.NewRaw(`select count(*) from (select from provisioning_order o where o.connection_id = ? and not o.is_manual
			and `+sqlDue+` and (o.lease_until is null or o.lease_until < clock_timestamp()) limit ?) x`,
		args.ConnectionID, claimBatch+1).Scan(ctx, &due)
	if err != nil {
		return fmt.Errorf("count due orders: %w", err)
	}
	if due <= claimBatch {
		return nil
	}
	args.Hops++
	return queue.Insert(ctx, s.DB, args, nil)
}

// Drain works off the due orders of a connection until there are none: any number of processes at the same time, each order by one.
func (s *Service) Drain(ctx context.Context, connectionID int64) error {
	ctx = permit.With(ctx, permit.System("fulfil"))
	return s.drains.run(connectionID, func() error {
		if err := s.openTickets(ctx, connectionID); err != nil {
			return err
		}
		return s.drainCalls(ctx, connectionID)
	})
}

// deliver sends claimed orders, and then what else is due; only those when they are a trial.
func (s *Service) deliver(ctx context.Context, connectionID int64, list []*errand, isTrial bool) error {
	target, err := s.open(ctx, connectionID)
	if err != nil {
		s.Log.WarnContext(ctx, "connection does not open", "connection", connectionID, "error", err)
		closed := closedConnector{err}
		target = &fulfil.Opened{Connector: closed, Applier: closed, Reader: closed}
	}
	defer func() { _ = target.Close() }() // it goes back to the pool
	d := &drain{Service: s, connectionID: connectionID, target: target, isTrial: isTrial, held: map[int64]time.Time{}}
	d.hold(list, time.Time{}) // looked at again before the first call
	return d.run(ctx, list)
}

func (s *Service) open(ctx context.Context, connectionID int64) (*fulfil.Opened, error) {
	c, _, err := s.Open(ctx, connectionID)
	return c, err
}

// drain is the work on the due orders of a connection, batch by batch. Three things go on at once: calls, the writing of answers, and
// while the end of a batch is being called, the claim of the next.
type drain struct {
	*Service
	connectionID int64
	target       *fulfil.Opened
	isTrial      bool // one batch, to see whether the system is there again
	answers      chan answer
	unwritten    sync.WaitGroup // answers on their way to the database

	mu     sync.Mutex
	held   map[int64]time.Time // orders whose lease is being renewed, and until when it lasts at least, in machine time
	row    int                 // failures to reach the system in a row
	failed error               // answers were not written
}

// answer is the outcome of one errand.
type answer struct {
	*errand
	fulfil.Receipt
}

// run sends batch after batch until nothing is due. It stops when the system could not be reached several times in a row, and gives back
// what was not called then: the sweep comes back when the first back-off is over.
func (d *drain) run(ctx context.Context, list []*errand) error {
	var beside sync.WaitGroup
	renewing, stop := context.WithCancel(ctx)
	beside.Go(func() { d.renewLeases(renewing) })
	defer func() { stop(); beside.Wait() }()

	d.answers = make(chan answer, writeBatch) // room to gather while a transaction runs: a fast system is then written in large groups
	var writer sync.WaitGroup
	writer.Go(func() { d.writeAnswers(ctx) })
	defer func() { close(d.answers); writer.Wait() }()

	for len(list) > 0 {
		next, err := d.send(ctx, list)
		d.outages.note(d.connectionID, d.isDown())
		if err != nil || d.isStopped(ctx) {
			d.unwritten.Wait()
			return errors.Join(err, d.giveBack(ctx, next), d.failure(), ctx.Err())
		}
		if len(next) == 0 { // what was answered last may be due again at once
			d.unwritten.Wait()
			if next, err = d.claimNext(ctx); err != nil {
				return errors.Join(err, d.failure())
			}
		}
		list = next
	}
	return d.failure()
}

// send calls the errands of a batch in their order: the groups of equal rank one after the other, inside a group Concurrency at a time. It
// gives the next batch.
func (d *drain) send(ctx context.Context, list []*errand) (next []*errand, err error) {
	var chunks [][]*errand
	together, list := swaps(list)
	for _, group := range together {
		if err != nil || d.isStopped(ctx) {
			err = errors.Join(err, d.giveBack(ctx, group))
			continue
		}
		rest, callErr := d.callTogether(ctx, group)
		err = errors.Join(callErr, d.giveBack(ctx, rest))
	}
	size := 8 * max(1, d.Concurrency)
	if d.target.IsBlind { // each would be a question to a person: no more than are called at the same time
		size = max(1, d.Concurrency)
	}
	for _, group := range ranked(list) {
		// one statement marks a chunk as called: what a crash leaves to be read back is at most that
		chunks = slices.AppendSeq(chunks, slices.Chunk(group, size))
	}
	var ahead sync.WaitGroup
	var aheadErr error
	for i, chunk := range chunks {
		if err != nil || d.isStopped(ctx) {
			err = errors.Join(err, d.giveBack(ctx, chunk))
			continue
		}
		called, markErr := d.mark(ctx, chunk)
		if err = markErr; err != nil {
			continue
		}
		if i == len(chunks)-1 {
			ahead.Go(func() { next, aheadErr = d.claimNext(ctx) })
		}
		err = d.giveBack(ctx, d.callAll(ctx, called))
	}
	ahead.Wait()
	return next, errors.Join(err, aheadErr)
}

func (d *drain) claimNext(ctx context.Context) ([]*errand, error) {
	if d.isTrial {
		return nil, nil
	}
	since := time.Now()
	list, err := d.claim(ctx, d.connectionID, claimBatch)
	d.hold(list, since)
	return list, err
}

// giveBack lets go of errands that are not called.
func (d *drain) giveBack(ctx context.Context, list []*errand) error {
	d.forget(list)
	return d.letGo(context.WithoutCancel(ctx), list)
}

// ranked groups errands that may go at the same time: updates, creations by dependency, deletions, as they were claimed.
func ranked(list []*errand) [][]*errand {
	var groups [][]*errand
	last := ""
	for _, e := range list {
		key := fmt.Sprint(e.Change.Type == fulfil.Deleted, e.Change.Type == fulfil.Added, e.Change.ResourceType)
		if key != last {
			groups = append(groups, nil)
			last = key
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], e)
	}
	return groups
}

// callAll calls Concurrency at a time, and stops when the system turns out to be down: it gives what was not called.
func (d *drain) callAll(ctx context.Context, list []*errand) (rest []*errand) {
	var calls sync.WaitGroup
	defer calls.Wait()
	slots := make(chan struct{}, max(1, d.Concurrency))
	for i, e := range list {
		slots <- struct{}{}
		if d.isStopped(ctx) {
			return list[i:]
		}
		calls.Go(func() {
			defer func() { <-slots }()
			r, mine := d.call(ctx, e)
			d.reached(e, r.Outcome)
			if mine {
				d.unwritten.Add(1)
				d.answers <- answer{e, r}
			}
		})
	}
	return nil
}

// call does one errand. false: the order was taken over by somebody else meanwhile.
func (d *drain) call(ctx context.Context, e *errand) (fulfil.Receipt, bool) {
	if e.IsTaken {
		return *e.refusal, true
	}
	unload, err := d.load(ctx, e)
	if err != nil {
		d.Log.ErrorContext(ctx, "read the files of an order", "order", e.ID, "error", err)
		return fulfil.Receipt{}, false // its lease ends, and somebody looks again
	}
	defer unload()
	if e.ReadBack {
		e.isAsked = d.target.Reader != nil
		r, again := d.readBack(ctx, e)
		if !again {
			return r, true
		}
		held, err := d.repeat(ctx, e)
		if err != nil {
			d.Log.ErrorContext(ctx, "begin a repeated attempt", "order", e.ID, "error", err)
		}
		if err != nil || !held {
			return fulfil.Receipt{}, false
		}
		if called, err := d.mark(ctx, []*errand{e}); err != nil || len(called) == 0 {
			return fulfil.Receipt{}, false
		}
	}
	switch {
	case e.refusal != nil:
		return *e.refusal, true
	case e.invalid != "":
		return fulfil.Receipt{Outcome: fulfil.Refused, Message: "A value cannot be written: " + e.invalid, Hint: "Correct the rule or the format of the mapping."}, true
	case e.nothingToWrite():
		return fulfil.Receipt{Outcome: fulfil.AlreadySo}, true
	case e.Change.Type != fulfil.Added && e.Change.Key == "":
		return fulfil.Receipt{Outcome: fulfil.NotFound, Message: "The key of the target is not known.", Hint: "Synchronize the system, then send it again."}, true
	}
	if d.target.Applier == nil {
		return fulfil.Receipt{Outcome: fulfil.Refused, Message: "This connection cannot write.", Hint: "Choose a connection whose package can fulfil."}, true
	}
	if !d.isOurs(ctx, e) {
		return fulfil.Receipt{}, false
	}
	e.isAsked = true
	r := d.target.Applier.Apply(ctx, e.Change)
	if r.CreatedKey == "" && e.Change.Type == fulfil.Added && r.Outcome.OK() {
		r.CreatedKey = e.Change.Key
	}
	return r, true
}

// reached counts failures in a row, so that an outage does not use up the time of every order.
func (d *drain) reached(e *errand, o fulfil.Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !e.isAsked || o == "": // refused without a call, or taken over: says nothing
	case isSilence(o):
		d.row++
	default:
		d.row = 0
	}
}

func (d *drain) isDown() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.row >= outage
}

// isStopped reports that no further order is to be called: the system is down, answers cannot be written, or ctx ended.
func (d *drain) isStopped(ctx context.Context) bool {
	return ctx.Err() != nil || d.isDown() || d.failure() != nil
}

func (d *drain) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// hold keeps the leases of errands, which were taken or prolonged after since.
func (d *drain) hold(list []*errand, since time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range list {
		d.held[e.ID] = since.Add(d.Lease)
	}
}

// mark is markCalled that remembers how long the leases last now.
func (d *drain) mark(ctx context.Context, list []*errand) ([]*errand, error) {
	since := time.Now()
	called, err := d.markCalled(ctx, list)
	d.hold(called, since)
	return called, err
}

// isOurs reports whether all errands are still this process's to send. One that stood still for longer than its lease (stopped, swapped out,
// a machine that slept) may have lost them without a sign, and asks before it sends anything.
func (d *drain) isOurs(ctx context.Context, list ...*errand) bool {
	now := time.Now()
	d.mu.Lock()
	fresh := !slices.ContainsFunc(list, func(e *errand) bool { return !now.Before(d.held[e.ID]) })
	d.mu.Unlock()
	if fresh {
		return true
	}
	called, err := d.mark(ctx, list)
	if err != nil {
		d.Log.WarnContext(ctx, "leases cannot be looked at; nothing is sent", "orders", len(list), "error", err)
	}
	return err == nil && len(called) == len(list)
}

func (d *drain) forget(list []*errand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range list {
		delete(d.held, e.ID)
	}
}

// renewLeases keeps the leases while calls take their time.
func (d *drain) renewLeases(ctx context.Context) {
	tick := time.NewTicker(max(d.Lease/3, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.mu.Lock()
		ids := make([]int64, 0, len(d.held))
		for id := range d.held {
			ids = append(ids, id)
		}
		d.mu.Unlock()
		if len(ids) == 0 {
			continue
		}
		since := time.Now()
		ours, err := d.renew(ctx, ids)
		if err != nil && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "leases were not renewed", "error", err)
		}
		d.mu.Lock()
		for _, id := range ours {
			if until, held := d.held[id]; held && until.Before(since.Add(d.Lease)) {
				d.held[id] = since.Add(d.Lease)
			}
		}
		d.mu.Unlock()
	}
}

// writeAnswers writes what came in, as it comes: whatever is there goes into one transaction. It goes on after the context ended, since the
// calls were made.
func (d *drain) writeAnswers(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for first := range d.answers {
		list := d.gather(first)
		if err := d.settle(ctx, list); err != nil {
			d.Log.ErrorContext(ctx, "answers were not written", "orders", len(list), "error", err)
			d.mu.Lock()
			d.failed = cmp.Or(d.failed, err)
			d.mu.Unlock()
		}
		for _, a := range list {
			d.forget([]*errand{a.errand})
		}
		d.unwritten.Add(-len(list))
	}
}

// gather adds what came in meanwhile.
func (d *drain) gather(first answer) []answer {
	list := []answer{first}
	for len(list) < writeBatch {
		select {
		case a, ok := <-d.answers:
			if !ok {
				return list
			}
			list = append(list, a)
		default:
			return list
		}
	}
	return list
}

// closedConnector stands for a connection that does not open: every order on it is unreachable.
type closedConnector struct{ err error }

func (c closedConnector) Check(context.Context) error { return c.err }
func (c closedConnector) Close() error                { return nil }

// Apply answers unreachable.
func (c closedConnector) Apply(context.Context, fulfil.Change) fulfil.Receipt {
	return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: c.err.Error(), Hint: "Check the connection."}
}

// Read fails.
func (c closedConnector) Read(context.Context, string, string, string) (fulfil.Row, bool, error) {
	return nil, false, c.err
}

var (
	_ fulfil.Applier = closedConnector{}
	_ fulfil.Reader  = closedConnector{}
)

// openTickets hands the due orders of a manual connection to people (P1): nothing outside is called. One event ticket.opened per source
// entity type and run names the orders.
func (s *Service) openTickets(ctx context.Context, connectionID int64) error {
	for apart := false; ; {
		n := 0
		err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			n, err = s.openSome(ctx, tx, connectionID, apart)
			return err
		})
		if err != nil && !apart && db.IsOfData(err) { // one ticket cannot be opened: the others are
			apart = true
			continue
		}
		if err != nil || n < ticketBatch {
			return err
		}
	}
}

// openSome opens the next due tickets, and says how many it took. apart: a ticket that cannot be stored is refused, and holds up no other.
func (s *Service) openSome(ctx context.Context, tx bun.Tx, connectionID int64, apart bool) (int, error) {
	var begin begin = s.begin
	if apart {
		begin = s.beginApart
	}
	list, err := s.claimIn(ctx, tx, connectionID, ticketBatch, true, begin)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	var refused []answer
	due := slices.DeleteFunc(slices.Clone(list), func(e *errand) bool {
		if e.refusal != nil {
			refused = append(refused, answer{e, *e.refusal})
		}
		return e.refusal != nil
	})
	now, opened := s.Clock.Now(), due
	open := func(tx bun.Tx, part []*errand) error { return openTogether(ctx, tx, now, part) }
	if !apart {
		err = open(tx, due)
	} else {
		opened = nil
		err = db.ApartIn(ctx, tx, due, func(tx bun.Tx, part []*errand) error {
			if err := open(tx, part); err != nil {
				return err
			}
			opened = append(opened, part...)
			return nil
		}, func(_ bun.Tx, e *errand, cause error) error {
			s.Log.ErrorContext(ctx, "ticket cannot be opened", "order", e.ID, "error", cause)
			refused = append(refused, answer{e, fulfil.Receipt{Outcome: fulfil.Refused, Message: "The ticket cannot be opened: " + cause.Error(),
				Hint: "Correct the rule or the data that gives this value, then send it again."}})
			return nil
		})
	}
	if err != nil {
		return 0, err
	}
	if err := s.settleIn(ctx, tx, refused); err != nil {
		return 0, err
	}
	return len(list), publishTickets(ctx, tx, now, opened)
}

// openTogether moves the lines of tickets on.
func openTogether(ctx context.Context, tx bun.Tx, now time.Time, list []*errand) error {
	var ids []int64
	var steps []step
	for _, e := range list {
		ids = append(ids, e.ID)
		for _, l := range e.Lines {
			steps = append(steps, step{Transmit, Move{LineID: l}})
		}
	}
	if _, err := tx.NewRaw(`update provisioning_order set transmitted_at = ?, lease_owner = null, lease_until = null, called_at = null, tries = 0
		where id = any(?)`, stamp(now), arrayOf(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("open tickets: %w", err)
	}
	_, err := apply(ctx, tx, now, steps)
	return err
}
