package synchronization

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/permit"
	"writ/server/queue"
)

const (
	// tokenTimeout bounds one question for a token.
	tokenTimeout = 10 * time.Second
	// askAgain is after what time a reading that was asked for and gave no sign of life is asked for again.
	askAgain = 30 * time.Second
	// gather is how long a read-back waits for further executions before it reads.
	gather = 250 * time.Millisecond
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

// watched is a connection whose time has come.
type watched struct {
	ID           int64
	ConnectorID  int64
	PollSeconds  int
	LastToken    *string
	PendingToken *string    // what a reading was asked for, or broke over
	RetryAt      *time.Time // not before then, unless the data changes once more
	Failures     int
	LastCheckAt  *time.Time
	IsErrored    bool
	BlockedSince *time.Time

	isSame bool // its token is the one of what was read last
}

// Poll is the heart-beat of the continuous mode; every worker process calls it about twice a second. It takes the connections whose time
// has come (each process others), asks for their tokens, and enqueues a reading of those that changed. Connections without tokens are
// read by time when poll_seconds is above 1. It does nothing while Paused.
func (s *Service) Poll(ctx context.Context) error {
	if paused, err := s.paused(ctx); err != nil || paused {
		return err
	}
	now := s.Clock.Now()
	var due []*watched
	err := s.DB.NewRaw(`
		with due as (
			select k.id
			from connection k
			join connector c on c.id = k.connector_id
			where c.mode = 'continuous' and not c.is_deactivated and c.last_synchronized_at is not null and k.deactivated <> 'EXPORT'
				and exists (select 1 from entity_mapping m where m.connection_id = k.id)
				and (k.polled_at is null or k.polled_at <= ?0::timestamptz - make_interval(secs => k.poll_seconds - 0.6) or k.polled_at > ?0::timestamptz + interval '1 minute')
				and (k.retry_at is null or k.retry_at <= ?0 or k.pending_token is not null)
			order by k.id
			for update of k skip locked)
		update connection k
		set polled_at = ?0
		from due
		where k.id = due.id
		returning k.id, k.connector_id, k.poll_seconds, k.last_token, k.pending_token, k.retry_at, k.failures, k.last_check_at, k.last_check_error is not null as is_errored,
			(select max(y.started_at) from delivery y where y.connector_id = k.connector_id and y.state = 'BLOCKED') as blocked_since`, now).Scan(ctx, &due)
	if err != nil {
		return fmt.Errorf("find connections to look at: %w", err)
	}
	var wait sync.WaitGroup
	failures := make([]error, len(due))
	for i, k := range due {
		wait.Go(func() { failures[i] = s.look(ctx, k) })
	}
	wait.Wait()
	return errors.Join(append(failures, s.noteSame(ctx, now, due), s.sweep(ctx, now))...)
}

// noteSame moves "last synchronized" of the connectors whose data is what was read last: to know that is as good as to read it again. Every
// connection that is mapped must say so, and no delivery may be blocked, since then the directory is not as the system is.
func (s *Service) noteSame(ctx context.Context, now time.Time, looked []*watched) error {
	var same []int64
	for _, k := range looked {
		if k.isSame {
			same = append(same, k.ConnectorID)
		}
	}
	if len(same) == 0 {
		return nil
	}
	_, err := s.DB.NewRaw(`update connector c set last_synchronized_at = x.at
		from (select k.connector_id, min(k.polled_at) as at
			from connection k
			where k.connector_id = any (?0) and k.deactivated <> 'EXPORT' and exists (select 1 from entity_mapping m where m.connection_id = k.id)
			group by k.connector_id
			having bool_and(k.last_token is not null and k.pending_token is null and k.failures = 0 and k.last_check_error is null)) x
		where c.id = x.connector_id and x.at >= c.last_synchronized_at + ?1::interval and x.at <= ?2
			and not exists (select from delivery y where y.connector_id = c.id and y.state = 'BLOCKED')`, array(same), noteEvery.String(), now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note that nothing is new: %w", err)
	}
	return nil
}

func (s *Service) paused(ctx context.Context) (bool, error) {
	if s.Paused == nil {
		return false, nil
	}
	return s.Paused(ctx, s.DB)
}

// look asks one connection for its token.
func (s *Service) look(ctx context.Context, k *watched) error {
	asked, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, watches, err := s.token(asked, k.ID)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now := s.Clock.Now()
	if err != nil {
		_, err := s.DB.NewRaw("update connection set last_check_at = ?, last_check_error = ?, failures = failures + 1, retry_at = ?, pending_token = null where id = ?",
			now, message(err), now.Add(pauseAfter(k.Failures+1)), k.ID).Exec(ctx)
		return err
	}
	if k.IsErrored || k.LastCheckAt == nil || now.Sub(*k.LastCheckAt) > time.Minute {
		if err := s.saveCheck(ctx, k.ID, nil); err != nil {
			return err
		}
	}
	if !watches {
		if k.PollSeconds <= 1 || k.BlockedSince != nil && now.Sub(*k.BlockedSince) < blockedPause {
			return nil
		}
		return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error { return s.EnqueueReadBack(ctx, tx, []int64{k.ConnectorID}) })
	}
	if k.isSame = k.LastToken != nil && *k.LastToken == token; k.isSame {
		return nil
	}
	if k.PendingToken != nil && *k.PendingToken == token && k.RetryAt != nil && k.RetryAt.After(now) {
		return nil // asked for, or broken as it is: its time will come
	}
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("update connection set pending_token = ?, retry_at = ? where id = ?", token, now.Add(askAgain), k.ID).Exec(ctx); err != nil {
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
	w, ok := conn.(fulfil.Watcher)
	if !ok {
		return "", false, nil
	}
	token, err = w.Token(ctx)
	return token, true, err
}

// EnqueueReadBack asks, in the caller's transaction, for connectors to be read because something was written to them: the next reading
// verifies it. Those that are not in continuous mode, or were never synchronized, are left to their jobs. Many requests become one
// reading.
func (s *Service) EnqueueReadBack(ctx context.Context, tx bun.IDB, connectorIDs []int64) error {
	var ids []int64
	err := tx.NewRaw(`insert into read_back_request (connector_id, at)
		select id, ? from connector where id = any (?) and mode = 'continuous' and not is_deactivated and last_synchronized_at is not null
		order by id returning connector_id`, s.Clock.Now(), array(connectorIDs)).Scan(ctx, &ids)
	if err != nil {
		return fmt.Errorf("ask for a read-back: %w", err)
	}
	for _, id := range ids {
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
		if paused, err := s.paused(ctx); err != nil || paused {
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
	if paused, err := s.paused(ctx); err != nil || paused { // a job may have begun while we waited
		return false, err
	}
	c, err := selectConnectorByID(ctx, s.DB, connectorID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !c.isContinuous() {
		_, err := s.DB.NewRaw("delete from read_back_request where connector_id = ?", connectorID).Exec(ctx)
		return false, err
	}
	asked, err := s.takeRequests(ctx, c)
	if err != nil {
		return false, err
	}
	if !asked {
		changed, err := s.changed(ctx, c)
		if err != nil || !changed {
			return false, err
		}
	}
	d, err := s.run(ctx, c, RunInput{Connector: c.Identifier, Mode: Complete, continuous: true})
	switch {
	case err == nil:
		return d != nil, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errs.Is(err, errs.Threshold):
		return false, nil
	case d != nil && d.State == Failed:
		return false, s.postpone(ctx, c, d.Counters.Tokens, asked)
	}
	if asked { // ours: the request must not get lost with it
		_ = s.postpone(ctx, c, nil, asked)
	}
	return false, err
}

// takeRequests removes the read-back requests of a connector before it is read: what is written from now on asks anew.
func (s *Service) takeRequests(ctx context.Context, c *Connector) (bool, error) {
	asked, err := s.DB.NewSelect().Table("read_back_request").Where("connector_id = ?", c.ID).Exists(ctx)
	if err != nil || !asked {
		return false, err
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-time.After(gather):
	}
	_, err = s.DB.NewRaw("delete from read_back_request where connector_id = ?", c.ID).Exec(ctx)
	return true, err
}

// changed reports whether a connection's token is another one than when it was last read.
func (s *Service) changed(ctx context.Context, c *Connector) (bool, error) {
	mapped := map[int64]bool{}
	var ids []int64
	if err := s.DB.NewRaw("select distinct connection_id from entity_mapping").Scan(ctx, &ids); err != nil {
		return false, err
	}
	for _, id := range ids {
		mapped[id] = true
	}
	for _, k := range c.readable() {
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
func (s *Service) postpone(ctx context.Context, c *Connector, tokens map[int64]string, asked bool) error {
	failures := 0
	for _, k := range c.Connections {
		failures = max(failures, k.Failures)
	}
	at := s.Clock.Now().Add(pauseAfter(failures + 1))
	ids, texts := []int64{}, []string{}
	for id, token := range tokens {
		ids, texts = append(ids, id), append(texts, token)
	}
	_, err := s.DB.NewRaw(`update connection k set failures = failures + 1, retry_at = ?0,
			pending_token = (select v.token from unnest(?2::bigint[], ?3::text[]) v (id, token) where v.id = k.id)
		where connector_id = ?1`, at, c.ID, array(ids), array(texts)).Exec(ctx)
	if err == nil && asked {
		_, err = s.DB.NewRaw("insert into read_back_request (connector_id, at) values (?, ?)", c.ID, at).Exec(ctx)
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
	list, err := selectConnectors(ctx, s.DB, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("c.mode = 'continuous' and not c.is_deactivated and c.last_synchronized_at is not null")
	})
	if err != nil {
		return false, err
	}
	for _, c := range list {
		c.Connections = slices.DeleteFunc(c.Connections, func(k *Connection) bool { return k.Failures > 0 && k.RetryAt != nil && k.RetryAt.After(now) })
		if changed, err := s.changed(ctx, c); err != nil || changed {
			return false, err
		}
	}
	return true, nil
}
