package synchronization

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/queue"
	"writ/server/system"
)

const (
	// tokenTimeout bounds one question for a token.
	tokenTimeout = 10 * time.Second
	// askAgain is after what time a reading that was asked for and gave no sign of life is asked for again.
	askAgain = 30 * time.Second
	// gatherings of gatherEvery are how long a read-back waits for changes that are being sent before it reads.
	gatherings  = 10
	gatherEvery = 25 * time.Millisecond
	// sweepAfter is the age from which a read-back request is taken for forgotten.
	sweepAfter = 5 * time.Second
	// blockedPause is how long a connection without tokens is not read by time while a delivery of its connector is blocked.
	blockedPause = 15 * time.Minute
	// noteEvery is how often it is written down that a connector's data is still the same.
	noteEvery = 5 * time.Second
	// longestPause bounds the back-off after failures.
	longestPause = 30 * time.Second
)

// pauseAfter is the back-off after some failures in a row: one second, doubled each time.
func pauseAfter(failures int) time.Duration {
	return min(longestPause, time.Second<<min(max(0, failures-1), 10))
}

// Poll is the heart-beat of the continuous mode; every worker process calls it about twice a second. It takes the connections whose time
// has come (each process others), asks for their tokens, and enqueues a reading of those that changed. Connections without tokens are
// read by time when poll_seconds is above 1. It does nothing while Paused.
func (s *Service) Poll(ctx context.Context) error {
	if paused, err := s.Paused(ctx, s.DB); err != nil || paused {
		return err
	}
	now := s.Clock.Now()
	due, err := system.Due(ctx, s.DB, now)
	if err != nil {
		return err
	}
	blocked, err := s.blockedSince(ctx, due)
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	failures, same := make([]error, len(due)), make([]bool, len(due))
	for i, k := range due {
		wait.Go(func() { same[i], failures[i] = s.look(ctx, k, blocked[k.ConnectorID]) })
	}
	wait.Wait()
	var quiet []int64 // to know that data is what was read last is as good as to read it again
	for i, k := range due {
		if same[i] && blocked[k.ConnectorID].IsZero() {
			quiet = append(quiet, k.ConnectorID)
		}
	}
	if len(quiet) > 0 {
		failures = append(failures, system.NoteSame(ctx, s.DB, quiet, now, noteEvery))
	}
	return errors.Join(append(failures, s.sweep(ctx, now))...)
}

// blockedSince tells since when a reading of a connector waits for a person, of those where one does.
func (s *Service) blockedSince(ctx context.Context, due []*system.Looked) (map[int64]time.Time, error) {
	found := map[int64]time.Time{}
	if len(due) == 0 {
		return found, nil
	}
	ids := make([]int64, len(due))
	for i, k := range due {
		ids[i] = k.ConnectorID
	}
	var rows []struct {
		ConnectorID int64
		At          time.Time
	}
	err := s.DB.NewRaw("select connector_id, max(started_at) as at from delivery where connector_id = any (?) and state = 'BLOCKED' group by 1", array(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("look for blocked deliveries: %w", err)
	}
	for _, r := range rows {
		found[r.ConnectorID] = r.At
	}
	return found, nil
}

// look asks one connection for its token; same: its data is what was read last.
func (s *Service) look(ctx context.Context, k *system.Looked, blockedSince time.Time) (same bool, err error) {
	asked, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, watches, err := s.token(asked, k.ID)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	now := s.Clock.Now()
	if err != nil {
		return false, system.LookFailed(ctx, s.DB, k.ID, now, now.Add(pauseAfter(k.Failures+1)), errs.Text(err))
	}
	if k.IsErrored || k.LastCheckAt == nil || now.Sub(*k.LastCheckAt) > time.Minute {
		if err := system.SaveCheck(ctx, s.DB, k.ID, now, nil); err != nil {
			return false, err
		}
	}
	if !watches {
		if k.PollSeconds <= 1 || !blockedSince.IsZero() && now.Sub(blockedSince) < blockedPause {
			return false, nil
		}
		return false, db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			return s.EnqueueReadBack(ctx, tx, []Written{{ConnectorID: k.ConnectorID}})
		})
	}
	if k.LastToken != nil && *k.LastToken == token {
		return true, nil
	}
	if k.PendingToken != nil && *k.PendingToken == token && k.RetryAt != nil && k.RetryAt.After(now) {
		return false, nil // asked for, or broken as it is: its time will come
	}
	return false, db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := system.AskedFor(ctx, tx, k.ID, token, now.Add(askAgain)); err != nil {
			return err
		}
		return queue.Insert(ctx, tx, SynchronizeArgs{ConnectorID: k.ConnectorID}, nil)
	})
}

// token gives what a connection's data is now; watches is false for one that cannot tell.
func (s *Service) token(ctx context.Context, connectionID int64) (token string, watches bool, err error) {
	conn, _, err := s.Open(ctx, connectionID)
	if err != nil {
		return "", false, err
	}
	defer conn.Close()
	if conn.Watcher == nil {
		return "", false, nil
	}
	token, err = conn.Watcher.Token(ctx)
	return token, true, err
}

// Written is where something was written, and what.
type Written struct {
	ConnectorID int64
	EntityType  string   // of the target, by identifier; "": not known
	Keys        []string // of the target before and after, as the system has them; none: not known, a person wrote, or nobody
	Effect      string   // of the receipt; "": not known
}

// EnqueueReadBack asks, in the caller's transaction, for connectors to be read because something was written to them: the next reading
// verifies it. Those that are not in continuous mode, or were never synchronized, are left to their jobs. Many requests become one
// reading, of the targets that were written when that is all that happened (written.go).
func (s *Service) EnqueueReadBack(ctx context.Context, tx bun.IDB, list []Written) error {
	raw, err := json.Marshal(list)
	if err != nil {
		return err
	}
	var ids []int64
	err = tx.NewRaw(`insert into read_back_request (connector_id, at, entity_type_id, keys, effect)
		select c.id, ?, t.id, x."Keys", nullif(x."Effect", '')
		from json_to_recordset(?::json) as x ("ConnectorID" bigint, "EntityType" text, "Keys" text[], "Effect" text)
		join connector c on c.id = x."ConnectorID" and c.mode = 'continuous' and not c.is_deactivated and c.last_synchronized_at is not null
		left join entity_type t on t.identifier = x."EntityType"
		order by c.id returning connector_id`, s.Clock.Now(), string(raw)).Scan(ctx, &ids)
	if err != nil {
		return fmt.Errorf("ask for a read-back: %w", err)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if err := queue.Insert(ctx, tx, SynchronizeArgs{ConnectorID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}

// sweep enqueues again what was asked for and not done: its worker died, a job was running, or the system was away.
func (s *Service) sweep(ctx context.Context, now time.Time) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var ids []int64
		err := tx.NewRaw(`with old as (
				select id from read_back_request where at <= ? order by id for update skip locked),
			touched as (update read_back_request r set at = ? from old where r.id = old.id returning r.connector_id)
			select distinct connector_id from touched order by 1`, now.Add(-sweepAfter), now).Scan(ctx, &ids)
		if err != nil {
			return fmt.Errorf("find forgotten read-backs: %w", err)
		}
		for _, id := range ids {
			if err := queue.Insert(ctx, tx, SynchronizeArgs{ConnectorID: id}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// Drain reads a connector as long as there is a reason to: a token other than the last one, or a read-back request. When somebody else
// has the connector, that one sees our reason too, or the next Poll does. That the reading broke or was blocked is kept with the
// delivery and tried again later; an error here is one of ours.
func (s *Service) Drain(ctx context.Context, connectorID int64) error {
	if permit.From(ctx) == nil {
		ctx = permit.With(ctx, permit.System("synchronization"))
	}
	for {
		if paused, err := s.Paused(ctx, s.DB); err != nil || paused {
			return err
		}
		again, err := s.drainOnce(ctx, connectorID)
		if err != nil || !again {
			return err
		}
	}
}

func (s *Service) drainOnce(ctx context.Context, connectorID int64) (again bool, err error) {
	release, ok, err := s.lock(ctx, connectorID, false)
	if err != nil || !ok {
		return false, err
	}
	defer release()
	if paused, err := s.Paused(ctx, s.DB); err != nil || paused { // a job may have begun while we waited
		return false, err
	}
	c, err := system.FindByID(ctx, s.DB, connectorID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !c.IsContinuous() {
		_, err := s.DB.NewRaw("delete from read_back_request where connector_id = ?", connectorID).Exec(ctx)
		return false, err
	}
	asked, err := s.requests(ctx, c)
	if err != nil {
		return false, err
	}
	if len(asked) == 0 {
		changed, err := s.changed(ctx, c)
		if err != nil || !changed {
			return false, err
		}
	}
	if waited, err := s.gather(ctx, c); err != nil {
		return false, err
	} else if waited {
		if asked, err = s.requests(ctx, c); err != nil {
			return false, err
		}
	}
	d, err := s.run(ctx, c, RunInput{Connector: c.Identifier, Mode: Complete, continuous: true, asked: asked})
	switch {
	case err == nil:
		return d != nil, s.answered(ctx, c, asked)
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errs.Is(err, errs.Threshold):
		return false, s.answered(ctx, c, asked)
	case d != nil && d.State == Failed:
		return false, s.postpone(ctx, c, d.Counters.Tokens, asked)
	}
	// Ours: the requests stay, so that the sweep comes back to them, a little later each time when that can be written.
	_ = s.postpone(context.WithoutCancel(ctx), c, nil, asked)
	return false, err
}

// requests gives the read-back requests of a connector. They stay until the reading has ended: a process that dies, or loses the database,
// in the middle of it leaves them to the sweep. What is written while it is read asks anew.
func (s *Service) requests(ctx context.Context, c *system.Connector) (list []request, err error) {
	err = s.DB.NewRaw("select id, entity_type_id, keys, effect from read_back_request where connector_id = ? order by id", c.ID).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("look for read-back requests: %w", err)
	}
	return list, nil
}

// gather waits a little while changes are being sent to a connector: their answers ask for a reading too, and tell what to look at.
func (s *Service) gather(ctx context.Context, c *system.Connector) (waited bool, err error) {
	for range gatherings {
		under, err := s.underWay(ctx, c)
		if err != nil || !under {
			return waited, err
		}
		waited = true
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(gatherEvery):
		}
	}
	return waited, nil
}

// underWay reports whether a change is being sent to a connector's system. Of a heap of orders only the beginning is looked at: it is what is sent first.
func (s *Service) underWay(ctx context.Context, c *system.Connector) (under bool, err error) {
	ids := make([]int64, len(c.Connections))
	for i, k := range c.Connections {
		ids[i] = k.ID
	}
	err = s.DB.NewRaw(`select exists (select from (select p.called_at, p.lease_until from provisioning_order p
			where p.connection_id = any (?) and `+order.Due("p")+` order by p.connection_id, p.kind, p.resource_type_id, p.id limit 500) o
		where called_at is not null and lease_until > clock_timestamp())`, array(ids)).Scan(ctx, &under)
	if err != nil {
		return false, fmt.Errorf("look for changes that are being sent: %w", err)
	}
	return under, nil
}

// answered removes the requests that a reading answered.
func (s *Service) answered(ctx context.Context, c *system.Connector, list []request) error {
	ids := idsOf(list)
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.DB.NewRaw("delete from read_back_request where id = any (?)", array(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("note the reading of %s: %w", c.Identifier, err)
	}
	return nil
}

// changed reports whether a connection's token is another one than when it was last read.
func (s *Service) changed(ctx context.Context, c *system.Connector) (bool, error) {
	mapped := map[int64]bool{}
	var ids []int64
	if err := s.DB.NewRaw("select distinct connection_id from entity_mapping").Scan(ctx, &ids); err != nil {
		return false, err
	}
	for _, id := range ids {
		mapped[id] = true
	}
	for _, k := range c.Readable() {
		if !mapped[k.ID] {
			continue
		}
		asked, cancel := context.WithTimeout(ctx, tokenTimeout)
		token, watches, err := s.token(asked, k.ID)
		cancel()
		if err != nil { // Poll has seen or will see the same and says so
			return false, ctx.Err()
		}
		if watches && (k.LastToken == nil || *k.LastToken != token) {
			return true, nil
		}
	}
	return false, nil
}

// postpone lets Poll try a broken reading again, later each time. tokens tell what broke: other data is read at once.
func (s *Service) postpone(ctx context.Context, c *system.Connector, tokens map[int64]string, asked []request) error {
	failures := 0
	for _, k := range c.Connections {
		failures = max(failures, k.Failures)
	}
	at := s.Clock.Now().Add(pauseAfter(failures + 1))
	err := system.Postpone(ctx, s.DB, c.ID, tokens, at)
	if err == nil && len(asked) > 0 {
		_, err = s.DB.NewRaw("update read_back_request set at = ? where id = any (?)", at, array(idsOf(asked))).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("postpone the reading of %s: %w", c.Identifier, err)
	}
	return nil
}

// Quiescent reports whether nothing is left to read without time or input: no connector in continuous mode has news, and none has to be
// read back. A reading that broke waits for its next try, which is time. It asks every system now, so it is for test hooks.
func (s *Service) Quiescent(ctx context.Context) (bool, error) {
	now := s.Clock.Now()
	asked, err := s.DB.NewSelect().Table("read_back_request").Where("at <= ?", now).Exists(ctx)
	if err != nil || asked {
		return false, err
	}
	list, err := system.Moving(ctx, s.DB)
	if err != nil {
		return false, err
	}
	for _, c := range list {
		c.Connections = slices.DeleteFunc(c.Connections, func(k *system.Connection) bool { return k.Failures > 0 && k.RetryAt != nil && k.RetryAt.After(now) })
		if changed, err := s.changed(ctx, c); err != nil || changed {
			return false, err
		}
	}
	return true, nil
}
