package order

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/permit"
)

// clockBatch is how many orders one transaction of Tick looks at.
const clockBatch = 1000

// lookPause is how long an order is left alone after a look that moved nothing.
const lookPause = 30 * time.Second

// Tick does what time alone makes necessary (CLOCK, spec 1.4): due lines 0 -> 1 or 5, past ones -> 6, silent ones -> 3, automatic
// retries 3 -> 1. It works in batches of its own transactions and gives the number of lines moved. Generation runs it first, the sweep
// as soon as something is due. Running it twice is harmless.
func (s *Service) Tick(ctx context.Context) (int, error) {
	ctx = permit.With(ctx, permit.System("clock"))
	total := 0
	for {
		seen, moved := 0, 0
		err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			var err error
			seen, moved, err = s.tick(ctx, tx, s.Clock.Now())
			return err
		})
		if err != nil {
			return total, err
		}
		total += moved
		if seen < clockBatch {
			return total, nil
		}
	}
}

func (s *Service) tick(ctx context.Context, tx bun.Tx, now time.Time) (seen, moved int, err error) {
	var ids []int64
	err = tx.NewRaw(`select id from provisioning_order where closed_at is null and look_at <= ?
		order by id limit ? for update skip locked`, stamp(now), clockBatch).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return 0, 0, err
	}
	var due []struct {
		LineID  int64
		OrderID int64
		OwnerID *int64
		Action  Action
		Minutes int
		Ticket  bool
	}
	err = tx.NewRaw(`select * from (
		select l.id as line_id, l.order_id, o.owner_id, t.transmitted_state_validity_period as minutes, o.has_ticket and l.state = `+evaluation.SQLTransmitted+` as ticket,
			case
			when l.state in (`+evaluation.SQLNone+`, `+evaluation.SQLPending+`, `+evaluation.SQLTransmitted+`, `+evaluation.SQLErrored+`, `+evaluation.SQLAwaitingApproval+`) and l.action not in ('DELETE', 'REMOVE') and l.end_date <= ?0 and not (l.state = `+evaluation.SQLTransmitted+` and not o.is_manual)
				and not (l.id = any(o.sent_lines) and (o.called_at is not null or o.lease_owner is not null and o.lease_until > clock_timestamp())) then ?1
			when l.state = `+evaluation.SQLNone+` and l.wait_reason = 'not_due' and (l.start_date - make_interval(hours => t.fulfill_hours_ahead_of_time) <= ?0 or o.due_at <= ?0)
				then case when l.review_required and l.approved_value is null then ?2 else ?3 end
			when l.state = `+evaluation.SQLTransmitted+` and t.transmitted_state_validity_period > 0 and (o.lease_owner is null or o.lease_until <= clock_timestamp())
				and o.transmitted_at + make_interval(mins => t.transmitted_state_validity_period) <= ?0 then ?4
			when l.state = `+evaluation.SQLExecuted+` and t.transmitted_state_validity_period > 0
				and o.executed_at + make_interval(mins => t.transmitted_state_validity_period) <= ?0 then ?4
			when l.state = `+evaluation.SQLErrored+` and o.error_class is distinct from 'UNKNOWN' and o.error_count <= t.auto_retry_count
				and o.errored_at + make_interval(mins => t.auto_retry_delay_minutes) <= ?0 then ?5
			end as action
		from order_line l
		join provisioning_order o on o.id = l.order_id
		join resource_type t on t.id = o.resource_type_id
		where l.order_id = any(?6) and l.closed_at is null) x
		where action is not null order by line_id`,
		stamp(now), Expire, ReleaseForReview, Release, TimeOut, Retry, pgdialect.Array(ids)).Scan(ctx, &due)
	if err != nil {
		return 0, 0, fmt.Errorf("find what is due: %w", err)
	}
	steps := make([]step, 0, len(due))
	var timedOut, expiredTickets, retried, looked, expired []int64
	isMoved := map[int64]bool{}
	for _, d := range due {
		m := Move{LineID: d.LineID}
		switch d.Action {
		case TimeOut:
			m.ErrorClass, m.Error = string(ClassTimeout), fmt.Sprintf("No answer within %d minutes.", d.Minutes)
			m.Comment = m.Error
			timedOut = append(timedOut, d.OrderID)
		case Expire:
			if d.OwnerID != nil {
				expired = append(expired, *d.OwnerID)
			}
			if d.Ticket {
				expiredTickets = append(expiredTickets, d.OrderID)
			}
		case Retry:
			retried = append(retried, d.OrderID)
		}
		isMoved[d.OrderID] = true
		steps = append(steps, step{d.Action, m})
	}
	for _, id := range ids {
		if !isMoved[id] {
			looked = append(looked, id)
		}
	}
	if err := s.noteTimeouts(ctx, tx, now, timedOut, expiredTickets, retried, looked); err != nil {
		return 0, 0, err
	}
	done, err := apply(ctx, tx, now, steps)
	if err != nil {
		return 0, 0, err
	}
	// the computation of that instant may have been before: it left to the one who had the order whether it was carried out
	if err := s.markDirty(ctx, tx, "time of an order over", expired...); err != nil {
		return 0, 0, err
	}
	return len(ids), len(done.Moved), nil
}

// noteTimeouts writes what the clock's moves mean for the orders themselves.
func (s *Service) noteTimeouts(ctx context.Context, tx bun.Tx, now time.Time, timedOut, expiredTickets, retried, looked []int64) error {
	if len(timedOut) > 0 {
		// whoever was to call it is dead: its lease is over. called_at stays, a repeat has to look first
		if _, err := tx.NewRaw(`update provisioning_order o set lease_owner = null, lease_until = null, errored_at = ?0, error_class = ?1, error_count = o.error_count + 1,
				error_message = format('No answer within %s minutes.', t.transmitted_state_validity_period),
				error_hint = 'Check the managed system or the ticket, then send it again.'
			from resource_type t where t.id = o.resource_type_id and o.id = any(?2)`,
			stamp(now), string(ClassTimeout), pgdialect.Array(distinct(timedOut))).Exec(ctx); err != nil {
			return fmt.Errorf("note timeouts: %w", err)
		}
	}
	ended := distinct(append(expiredTickets, timedOut...))
	if err := noteSentKeys(ctx, tx, now, ended); err != nil {
		return err
	}
	if len(ended) > 0 {
		if _, err := tx.NewRaw(`update order_attempt set ended_at = ?, outcome = 'EXPIRED' where ended_at is null and order_id = any(?)`,
			stamp(now), pgdialect.Array(ended)).Exec(ctx); err != nil {
			return fmt.Errorf("end attempts: %w", err)
		}
	}
	if len(retried) > 0 {
		if _, err := tx.NewRaw(`update provisioning_order set tries = 0, not_before = null where id = any(?)`,
			pgdialect.Array(distinct(retried))).Exec(ctx); err != nil {
			return fmt.Errorf("note retries: %w", err)
		}
	}
	if len(looked) > 0 { // nothing to move although it seemed so, e.g. because it is being called just now
		return lookAgain(ctx, tx, inIDs("p.id", looked), now.Add(lookPause))
	}
	return nil
}

// NextLook gives the earliest instant at which Tick has something to do; nil: none.
func (s *Service) NextLook(ctx context.Context) (*time.Time, error) {
	var at *time.Time
	err := s.DB.NewRaw(`select min(look_at) from provisioning_order where closed_at is null and look_at is not null`).Scan(ctx, &at)
	if err != nil {
		return nil, fmt.Errorf("find the next due instant: %w", err)
	}
	return at, nil
}

// due reports whether a line with this start may be provisioned now.
func due(start *time.Time, hoursAhead int, now time.Time) bool {
	return start == nil || !start.Add(-time.Duration(hoursAhead)*time.Hour).After(now)
}
