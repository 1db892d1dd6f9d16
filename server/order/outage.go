package order

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/queue"
	"writ/server/system"
)

const (
	// outage is how many answers in a row must fail before a system counts as away.
	outage = 3

	// firstPause and longestPause are how long an order waits after the first answer that was none, and at most: 2, 6, 18, 54, 162, 486 seconds,
	// then 15 minutes, for as long as the outage lasts. Only a no of the system makes an order Errored.
	firstPause   = 2 * time.Second
	longestPause = 15 * time.Minute

	// firstProbe and longestProbe are how often a system that is away is asked: soon when it just went, once a minute when it stays away.
	firstProbe   = 5 * time.Second
	longestProbe = time.Minute
)

// backOff is how long to wait after the n-th failed try (from 1).
func backOff(n int) time.Duration {
	d := firstPause
	for range n - 1 {
		if d *= 3; d >= longestPause {
			return longestPause
		}
	}
	return d
}

// probePause is how long a system that is away for so long is left alone.
func probePause(lasting time.Duration) time.Duration {
	return min(max(lasting/4, firstProbe), longestProbe)
}

// isSilence reports whether an outcome says nothing about the change, but that the system did not get to it.
func isSilence(o fulfil.Outcome) bool {
	return o == fulfil.Unreachable || o == fulfil.Throttled || o == fulfil.Unknown
}

// sqlSilent is the condition of orders whose last answer was none.
var sqlSilent = fmt.Sprintf("answer_outcome in ('%s', '%s', '%s')", fulfil.Unreachable, fulfil.Throttled, fulfil.Unknown)

// sqlPutOff is the condition of orders whose wait reason is the outage of their system.
var sqlPutOff = fmt.Sprintf(`o.wait_reason = 'none' and not o.is_manual and `+sqlDue+`
	and (o.not_before is not null or exists (select from outage x where x.connection_id = o.connection_id and x.failures >= %d))`, outage)

// noteOutages keeps what answers say about whether systems can be reached. The first real answer ends an outage: then every order that it put
// off goes at once. The caller holds the orders of the answers.
func (s *Service) noteOutages(ctx context.Context, tx bun.Tx, now time.Time, answers []answer) error {
	type word struct {
		failures int // since the last real answer
		isThere  bool
		last     answer
		pause    time.Duration
	}
	words := map[int64]*word{}
	var connections []int64
	for _, a := range answers {
		if !a.isAsked || a.ConnectionID == nil {
			continue
		}
		w := words[*a.ConnectionID]
		if w == nil {
			w = &word{}
			words[*a.ConnectionID], connections = w, append(connections, *a.ConnectionID)
		}
		if isSilence(a.Outcome) {
			w.failures++
			w.last, w.pause = a, max(w.pause, a.RetryAfter)
		} else {
			w.failures, w.isThere, w.pause = 0, true, 0
		}
	}
	for _, id := range distinct(connections) {
		w := words[id]
		if w.isThere {
			if err := s.endOutage(ctx, tx, now, id); err != nil {
				return err
			}
		}
		if w.failures > 0 {
			if err := addFailures(ctx, tx, now, id, w.failures, w.pause, w.last.Receipt); err != nil {
				return err
			}
		}
	}
	return nil
}

// addFailures counts answers that were none, and says when the system is asked again.
func addFailures(ctx context.Context, tx bun.IDB, now time.Time, connectionID int64, failures int, pause time.Duration, last fulfil.Receipt) error {
	_, err := tx.NewRaw(`insert into outage as x (connection_id, since, failures, next_at, outcome, message, hint, answered_at)
		values (?0, ?1, ?2, ?3, ?4, ?5, ?6, ?1)
		on conflict (connection_id) do update set failures = least(x.failures::bigint + excluded.failures, 1000000)::int, outcome = excluded.outcome,
			message = excluded.message, hint = excluded.hint, answered_at = excluded.answered_at,
			next_at = greatest(excluded.next_at, ?1 + least(greatest((?1 - x.since) / 4, make_interval(secs => ?7)), make_interval(secs => ?8)))`,
		connectionID, stamp(now), failures, stamp(now.Add(max(pause, firstProbe))), string(last.Outcome), db.Clip(last.Message, 1000), db.Clip(last.Hint, 1000),
		firstProbe.Seconds(), longestProbe.Seconds()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note an outage: %w", err)
	}
	return nil
}

// endOutage forgets the outage of a connection. When its system counted as away, what was put off is due now.
func (s *Service) endOutage(ctx context.Context, tx bun.Tx, now time.Time, connectionID int64) error {
	var failures []int
	if err := tx.NewRaw("delete from outage where connection_id = ? returning failures", connectionID).Scan(ctx, &failures); err != nil {
		return fmt.Errorf("end an outage: %w", err)
	}
	if len(failures) == 0 || failures[0] < outage {
		return nil
	}
	n, err := release(ctx, tx, now, []int64{connectionID})
	if err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "a system answers again", "connection", connectionID, "orders", n)
	return s.wakeContinuous(ctx, tx, connectionID)
}

// release makes the orders of connections due that an outage put off. n: how many.
func release(ctx context.Context, tx bun.Tx, now time.Time, connections []int64) (n int64, err error) {
	res, err := tx.NewRaw(`update provisioning_order set not_before = null where id in (select id from provisioning_order o
		where o.connection_id = any (?) and `+sqlDue+` and o.not_before > ? and `+sqlSilent+`
		order by id for update skip locked)`, pgdialect.Array(orEmpty(connections)), stamp(now)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("release what an outage put off: %w", err)
	}
	return res.RowsAffected()
}

// wakeContinuous asks for a drain of a connection whose connector is continuous; jobs look by themselves.
func (s *Service) wakeContinuous(ctx context.Context, tx bun.Tx, connectionID int64) error {
	var is bool
	err := tx.NewRaw("select exists (select from connection n join connector c on c.id = n.connector_id and c.mode = ? where n.id = ?)", continuous, connectionID).Scan(ctx, &is)
	if err != nil || !is {
		return err
	}
	return queue.Insert(ctx, tx, DispatchArgs{ConnectionID: connectionID}, nil)
}

// forgetOutages makes everybody try the connections again: all of a connector, or all there are (0).
func forgetOutages(ctx context.Context, tx bun.Tx, connectorID int64) error {
	_, err := tx.NewRaw("delete from outage where ?0 = 0 or connection_id in (select id from connection where connector_id = ?0)", connectorID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget outages: %w", err)
	}
	return nil
}

// hurry makes the systems of some connections be asked now, whatever was put off: somebody launched a job.
func (s *Service) hurry(ctx context.Context, tx bun.Tx, connections []int64) error {
	now := s.Clock.Now()
	if _, err := release(ctx, tx, now, connections); err != nil {
		return err
	}
	if _, err := tx.NewRaw("update outage set next_at = ?0 where connection_id = any (?1) and next_at > ?0", stamp(now), pgdialect.Array(orEmpty(connections))).Exec(ctx); err != nil {
		return fmt.Errorf("try systems again: %w", err)
	}
	return nil
}

// How a drain finds its connection.
const (
	isThere = iota // nothing speaks against it: send
	isAway         // it does not answer, and is not to be asked yet, or did not let us in just now
	onTrial        // it was away, and lets us in again: one order shows whether it takes any
)

// approach tells how a connection is. One that is away is asked for a way in, when the time has come, by one process.
func (s *Service) approach(ctx context.Context, connectionID int64) (int, error) {
	now := s.Clock.Now()
	var rows []struct {
		Since    time.Time
		Failures int
		NextAt   time.Time
	}
	if err := s.DB.NewRaw("select since, failures, next_at from outage where connection_id = ?", connectionID).Scan(ctx, &rows); err != nil {
		return isAway, fmt.Errorf("look for an outage: %w", err)
	}
	if len(rows) == 0 || rows[0].Failures < outage {
		s.outages.note(connectionID, false)
		return isThere, nil
	}
	s.outages.note(connectionID, true)
	var mine []int64
	err := s.DB.NewRaw("update outage set next_at = ? where connection_id = ? and next_at <= ? returning connection_id",
		stamp(now.Add(probePause(now.Sub(rows[0].Since)))), connectionID, stamp(now)).Scan(ctx, &mine)
	if err != nil {
		return isAway, fmt.Errorf("take a look at an outage: %w", err)
	}
	if len(mine) == 0 {
		return isAway, nil
	}
	target, err := s.open(ctx, connectionID)
	if err == nil {
		err = target.Check(ctx)
		_ = target.Close() // it goes back to the pool
	}
	if ctx.Err() != nil {
		return isAway, ctx.Err()
	}
	if saveErr := system.SaveCheck(ctx, s.DB, connectionID, now, err); saveErr != nil {
		return isAway, saveErr
	}
	if err == nil {
		return onTrial, nil
	}
	s.Log.WarnContext(ctx, "a system is still away", "connection", connectionID, "since", rows[0].Since, "error", err)
	return isAway, addFailures(ctx, s.DB, now, connectionID, 1, 0, fulfil.Receipt{Outcome: fulfil.Unreachable, Message: errs.Text(err), Hint: "Check the connection."})
}

// claimTrial takes the order that shows whether a system takes any again: one that was not tried, or the one that would be next.
func (s *Service) claimTrial(ctx context.Context, connectionID int64) ([]*errand, error) {
	list, err := s.claim(ctx, connectionID, 1)
	if err != nil || len(list) > 0 {
		return list, err
	}
	_, err = s.DB.NewRaw(`update provisioning_order set not_before = null where id = (select id from provisioning_order o
		where o.connection_id = ? and `+sqlDue+` and not o.is_manual and o.not_before > ?
			and (o.lease_until is null or o.lease_until < clock_timestamp())
		order by not_before, id limit 1 for update skip locked)`, connectionID, stamp(s.Clock.Now())).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("choose an order for a trial: %w", err)
	}
	return s.claim(ctx, connectionID, 1)
}

// drainCalls sends the orders of an automated connection.
func (s *Service) drainCalls(ctx context.Context, connectionID int64) error {
	for {
		way, err := s.approach(ctx, connectionID)
		if err != nil || way == isAway {
			return err
		}
		if way == isThere {
			list, err := s.claim(ctx, connectionID, claimBatch)
			if err != nil || len(list) == 0 {
				return err
			}
			return s.deliver(ctx, connectionID, list, false)
		}
		list, err := s.claimTrial(ctx, connectionID)
		if err != nil {
			return err
		}
		if len(list) == 0 { // nothing to try it with: what comes next does
			_, err := s.DB.NewRaw("delete from outage where connection_id = ?", connectionID).Exec(ctx)
			return err
		}
		if err := s.deliver(ctx, connectionID, list, true); err != nil {
			return err
		}
		if way, err = s.afterTrial(ctx, connectionID); err != nil || way == isAway {
			return err
		}
	}
}

// afterTrial tells what the trial showed.
func (s *Service) afterTrial(ctx context.Context, connectionID int64) (int, error) {
	var failures int
	err := s.DB.NewRaw("select coalesce((select failures from outage where connection_id = ?), 0)", connectionID).Scan(ctx, &failures)
	if err != nil {
		return isAway, fmt.Errorf("look what a trial showed: %w", err)
	}
	if failures >= outage {
		return isAway, nil
	}
	return isThere, nil
}
