package exec

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

// call is a change that somebody waits for.
type call struct {
	change   fulfil.Change
	ctx      context.Context
	since    time.Time
	batch    *batch // nil: not sent yet
	answered chan fulfil.Receipt
	once     sync.Once
}

// answer gives the receipt, the first one only. It reports whether it was the first.
func (c *call) answer(r fulfil.Receipt) (first bool) {
	c.once.Do(func() { first = true; c.answered <- r })
	return first
}

// batch is what one process is to do.
type batch struct {
	calls  []*call
	stop   context.CancelFunc
	around int  // how many still wait
	begun  bool // its process is about to start: who waits from now on is in doubt when no answer comes
}

// Apply hands a change to a process: at once when there is a place for one, else with all that come meanwhile to the next. Each answer counts as it comes.
func (c *Conn) Apply(ctx context.Context, ch fulfil.Change) fulfil.Receipt {
	if r := c.refuse(ctx, ch); r != nil {
		return *r
	}
	if ctx.Err() != nil {
		return fulfil.Receipt{Outcome: fulfil.Throttled, Message: "The change was not sent: its time was over before it began."}
	}
	one := &call{change: ch, ctx: ctx, since: time.Now(), answered: make(chan fulfil.Receipt, 1)}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "The connection is closed."}
	}
	c.queue = append(c.queue, one)
	if c.workers < c.set.Processes {
		c.workers++
		c.runs.Add(1)
		go c.work()
	}
	c.mu.Unlock()
	select {
	case r := <-one.answered:
		return r
	case <-ctx.Done():
	}
	// all callers of a stopping server end in the same moment, while the program is about to answer: no doubt for the sake of a second
	if c.isBegun(one) {
		wait := time.NewTimer(linger)
		defer wait.Stop()
		select {
		case r := <-one.answered:
			return r
		case <-wait.C:
		}
	}
	return c.abandon(one)
}

// linger is how long an answer is waited for when the time of a change is over: less than what calls get to end (fulfil.guard).
const linger = 1500 * time.Millisecond

func (c *Conn) isBegun(one *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return one.batch != nil && one.batch.begun
}

// begin gives the changes of a batch that go to the process that is about to start: not those whose time is over, or nearly, after the wait for a place.
func (c *Conn) begin(b *batch) []*call {
	c.mu.Lock()
	defer c.mu.Unlock()
	b.calls = slices.DeleteFunc(b.calls, func(one *call) bool {
		isLate := one.ctx.Err() != nil || c.isLate(one)
		if isLate {
			one.answer(c.tooLate())
			b.around--
		}
		return isLate
	})
	b.begun = true
	return b.calls
}

// abandon is the answer to a change whose time is over. A process for which nobody waits any more is ended.
func (c *Conn) abandon(one *call) fulfil.Receipt {
	c.mu.Lock()
	b := one.batch
	isOne := func(o *call) bool { return o == one }
	isSent := false
	switch {
	case b == nil:
		c.queue = slices.DeleteFunc(c.queue, isOne)
	case slices.ContainsFunc(b.calls, isOne):
		if isSent = b.begun; !isSent {
			b.calls = slices.DeleteFunc(b.calls, isOne)
		}
		if b.around--; b.around == 0 {
			b.stop()
		}
	}
	c.mu.Unlock()
	select {
	case r := <-one.answered:
		return r
	default:
	}
	if !isSent {
		return c.tooLate()
	}
	return fulfil.Receipt{Outcome: fulfil.Unknown, Message: fmt.Sprintf("The program %s did not answer in time.", c.program.name), Hint: lookHint}
}

func (c *Conn) tooLate() fulfil.Receipt {
	return fulfil.Receipt{Outcome: fulfil.Throttled, Message: fmt.Sprintf("The change was not handed to the program %s in time: it is busy with others.", c.program.name),
		Hint: "Set limit.callTimeout to more than twice timeout, or raise processes when the program can stand several at the same time."}
}

// lookHint is what to do about a change in doubt.
const lookHint = "Look in the managed system whether it was made."

// work starts processes until nothing waits.
func (c *Conn) work() {
	defer c.runs.Done()
	for {
		b, ctx := c.next()
		if b == nil {
			return
		}
		c.carryOut(ctx, b)
		b.stop()
	}
}

// isLate reports that a change waited so long that nobody would hear the answer of a process that takes all of its time: better not sent than in doubt.
func (c *Conn) isLate(one *call) bool {
	end, ok := one.ctx.Deadline()
	return ok && time.Since(one.since) > time.Second && time.Until(end) < c.set.Timeout
}

func (c *Conn) next() (*batch, context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = slices.DeleteFunc(c.queue, func(one *call) bool {
		isLate := c.isLate(one)
		if isLate {
			one.answer(c.tooLate())
		}
		return isLate
	})
	n := min(len(c.queue), c.set.Batch)
	if n == 0 || c.closed {
		c.workers--
		return nil, nil
	}
	b := &batch{calls: slices.Clone(c.queue[:n]), around: n}
	c.queue = slices.Delete(c.queue, 0, n)
	for _, one := range b.calls {
		one.batch = b
	}
	var ctx context.Context
	ctx, b.stop = context.WithCancel(context.Background())
	return b, ctx
}

// refuse looks at a change before anything is started: nil when the program can be asked to make it.
func (c *Conn) refuse(ctx context.Context, ch fulfil.Change) *fulfil.Receipt {
	no := func(format string, args ...any) *fulfil.Receipt {
		return &fulfil.Receipt{Outcome: fulfil.Refused, Message: fmt.Sprintf(format, args...)}
	}
	if where := unwritable(ch); where != "" {
		return no("The value of %s is not valid UTF-8, and cannot be handed to a program as it is.", clip(where))
	}
	d, t, err := c.tableOf(ctx, ch.Table)
	if errs.Is(err, errs.NotFound) {
		return no("%s", errs.As(err).Message)
	}
	if err != nil {
		return silence(err)
	}
	if !d.offers("apply") {
		return no("The program %s changes nothing: it does not offer apply.", c.program.name)
	}
	if t.Changes != nil && !slices.Contains(t.Changes, ch.Type) {
		return no("The program %s does not do this to the rows of table %s: it takes %v.", c.program.name, t.Name, t.Changes)
	}
	for _, column := range columnsOf(ch) {
		if !slices.Contains(t.Columns, column) {
			if d, err = c.describe(ctx, true); err != nil { // it may have learned of it
				return silence(err)
			}
			if t = d.table(ch.Table); t == nil || !slices.Contains(t.Columns, column) {
				return no("Table %s of the program %s has no column %s.", ch.Table, c.program.name, clip(column))
			}
		}
	}
	return nil
}

// silence is the answer when the program could not be asked what it is.
func silence(err error) *fulfil.Receipt {
	r := fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "Nothing was sent."}
	if known := errs.As(err); known != nil {
		r.Message = known.Message
	}
	return &r
}
