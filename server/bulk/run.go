package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// errElsewhere: another process has it in hand, or it has ended.
var errElsewhere = errors.New("another process carries the bulk change out")

const (
	telling = 250 * time.Millisecond // at most so often an event tells how far a bulk change came
	asking  = time.Second            // so often the rights of the account are read again
	// maxTries is how often an item is tried that fails inside: those behind it do not wait for ever.
	maxTries = 3
)

// fault is an item that failed inside: nobody refused it.
type fault struct {
	subject int64
	err     error
}

func (f *fault) Error() string { return fmt.Sprintf("item %d: %v", f.subject, f.err) }

func (f *fault) Unwrap() error { return f.err }

// giveUp notes that an item cannot be decided.
func (r *runner) giveUp(ctx context.Context, subject int64) error {
	return db.InTx(ctx, r.s.DB, func(ctx context.Context, tx bun.Tx) error {
		c, err := r.take(ctx, tx)
		if err != nil {
			return err
		}
		c.Failed++
		return r.note(ctx, tx, c, subject, outcome{state: ItemFailed, code: "INTERNAL", message: "Something went wrong inside Writ; the log of the server says what. Try again later, or decide by hand."})
	})
}

// drain carries a bulk change out until it ends. Each item is one transaction with what became of it: whoever is killed leaves nothing half done, and
// whoever goes on begins at the first item that is still to do. Two that do so at once do not meet: one of them stops. After a turn it lets others in.
func (s *Service) drain(ctx context.Context, id int64) error {
	r := &runner{s: s, id: id}
	for last, tries, done := int64(0), 0, 1; ; done++ {
		more, err := r.step(ctx)
		if errors.Is(err, errElsewhere) {
			return nil
		}
		if f := (*fault)(nil); errors.As(err, &f) && ctx.Err() == nil && !db.Unreachable(err) && !errs.Is(err, errs.Unavailable) {
			if f.subject != last {
				last, tries = f.subject, 0
			}
			if tries++; tries < maxTries {
				continue
			}
			s.Log.ErrorContext(ctx, "an item of a bulk change cannot be decided", "bulk change", id, "item", f.subject, "error", f.err)
			err = r.giveUp(ctx, f.subject)
			more = true
			if errors.Is(err, errElsewhere) {
				return nil
			}
		}
		if err != nil || !more {
			return err
		}
		if done%turn == 0 {
			if left, err := s.givesWay(ctx, id); err != nil || left {
				return err
			}
		}
	}
}

// runner is a bulk change in hand.
type runner struct {
	s     *Service
	id    int64
	actor *permit.Actor
	asked time.Time // when the actor was read
	told  time.Time // when an event told of it last
}

// step does the next item; false: there was none, and it is over.
func (r *runner) step(ctx context.Context) (more bool, err error) {
	tells := time.Since(r.told) >= telling
	err = db.InTx(ctx, r.s.DB, func(ctx context.Context, tx bun.Tx) error {
		more = false
		c, err := r.take(ctx, tx)
		if err != nil {
			return err
		}
		if err := r.rights(ctx, c); err != nil {
			return err
		}
		if r.actor == nil {
			c.Failure = "The account of " + c.Actor + " may not be used any more. Decide about the rest yourself."
			return r.s.end(ctx, tx, c, Cancelled)
		}
		acting := permit.With(ctx, r.actor)
		more, err = r.next(acting, tx, c)
		if err != nil || !more || !tells {
			return err
		}
		return event.Publish(acting, tx, r.s.Clock.Now(), changed(c))
	})
	if tells && err == nil {
		r.told = time.Now()
	}
	return more, err
}

// take locks the bulk change.
func (r *runner) take(ctx context.Context, tx bun.Tx) (*BulkChange, error) {
	var rows []int64
	if err := tx.NewRaw(`select id from bulk_change where id = ? and ended_at is null for update skip locked`, r.id).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("take a bulk change: %w", err)
	}
	if len(rows) == 0 {
		return nil, errElsewhere
	}
	return r.s.get(ctx, tx, r.id, bun.SafeQuery("true"))
}

// rights reads those that the account has now, once in a while.
func (r *runner) rights(ctx context.Context, c *BulkChange) (err error) {
	if c.UserID == nil {
		r.actor = nil
		return nil
	}
	if time.Since(r.asked) < asking {
		return nil
	}
	r.asked = time.Now()
	r.actor, err = r.s.Actor(ctx, *c.UserID)
	return err
}

func (r *runner) next(ctx context.Context, tx bun.Tx, c *BulkChange) (bool, error) {
	var rows []struct {
		SubjectID int64
		Seal      string
	}
	if err := tx.NewRaw(`select subject_id, seal from bulk_item where bulk_change_id = ? and state = 'TODO' order by subject_id limit 1`, c.ID).Scan(ctx, &rows); err != nil {
		return false, fmt.Errorf("find what a bulk change goes on with: %w", err)
	}
	if len(rows) == 0 {
		to := Done
		if c.Failed > 0 {
			to = DoneWithErrors
		}
		return false, r.s.end(ctx, tx, c, to)
	}
	item := rows[0]
	w, err := r.s.prepare(ctx, tx, c, Filters{})
	if e := errs.As(err); e != nil && (e.Kind == errs.Forbidden || e.Kind == errs.Validation) { // the right is lost meanwhile
		c.Failure = e.Message
		return false, r.s.end(ctx, tx, c, Cancelled)
	} else if err != nil {
		return false, err
	}
	before, after, refused, err := w.One(ctx, tx, item.SubjectID, item.Seal)
	if err != nil {
		return false, &fault{item.SubjectID, err}
	}
	o := outcome{state: ItemDone, before: before, after: after}
	if refused != nil {
		o.state, o.code, o.message = became(refused), string(refused.Kind), refused.Message
	}
	switch o.state {
	case ItemDone:
		c.Done++
	case ItemSkipped:
		c.Skipped++
	default:
		c.Failed++
	}
	return true, r.note(ctx, tx, c, item.SubjectID, o)
}

// outcome is what became of an item.
type outcome struct {
	state                        BulkItemState
	code, message, before, after string
}

// note keeps what became of an item, with the counters of its bulk change.
func (r *runner) note(ctx context.Context, tx bun.Tx, c *BulkChange, subject int64, o outcome) error {
	now := r.s.Clock.Now()
	if _, err := tx.NewRaw(`update bulk_item set state = ?, code = ?, message = ?, before_text = ?, after_text = ?, ended_at = ? where bulk_change_id = ? and subject_id = ?`,
		string(o.state), o.code, o.message, o.before, o.after, now.UTC(), c.ID, subject).Exec(ctx); err != nil {
		return fmt.Errorf("note what became of an item: %w", err)
	}
	c.State = Running
	_, err := tx.NewRaw(`update bulk_change set state = 'RUNNING', started_at = coalesce(started_at, ?), updated_at = clock_timestamp(), done = ?, skipped = ?, failed = ? where id = ?`,
		now.UTC(), c.Done, c.Skipped, c.Failed, c.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note how far a bulk change came: %w", err)
	}
	return nil
}

// became tells what an item is that was refused: one that is not any more what was frozen is skipped.
func became(e *errs.Error) BulkItemState {
	switch e.Kind {
	case errs.StaleItem, errs.InvalidTransition, errs.AlreadyDone, errs.NotFound:
		return ItemSkipped
	default:
		return ItemFailed
	}
}

// end ends a bulk change.
func (s *Service) end(ctx context.Context, tx bun.Tx, c *BulkChange, to BulkState) error {
	now := s.Clock.Now()
	c.State, c.EndedAt = to, &now
	if _, err := tx.NewRaw(`update bulk_change set state = ?, failure = ?, ended_at = ?, updated_at = clock_timestamp() where id = ?`, string(to), c.Failure, now.UTC(), c.ID).Exec(ctx); err != nil {
		return fmt.Errorf("end bulk change %d: %w", c.ID, err)
	}
	return event.Publish(ctx, tx, now, changed(c))
}
