package system

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
)

// Looked is a connection whose time to be looked at has come, with what is remembered of it.
type Looked struct {
	ID           int64
	ConnectorID  int64
	PollSeconds  int
	LastToken    *string
	PendingToken *string    // what a reading was asked for, or broke over
	RetryAt      *time.Time // not before then, unless the data changes once more
	Failures     int
	LastCheckAt  *time.Time
	IsErrored    bool
}

// Due takes the mapped connections of moving connectors whose time has come, each process others.
func Due(ctx context.Context, db bun.IDB, now time.Time) ([]*Looked, error) {
	var due []*Looked
	err := db.NewRaw(`
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
		returning k.id, k.connector_id, k.poll_seconds, k.last_token, k.pending_token, k.retry_at, k.failures, k.last_check_at,
			k.last_check_error is not null as is_errored`, now).Scan(ctx, &due)
	if err != nil {
		return nil, fmt.Errorf("find connections to look at: %w", err)
	}
	return due, nil
}

// NoteSame moves "last synchronized" of connectors whose every mapped connection says that its data is what was read last, at most once in
// every. The caller leaves those out of which a reading is blocked, since then the directory is not as the system is.
func NoteSame(ctx context.Context, db bun.IDB, connectorIDs []int64, now time.Time, every time.Duration) error {
	_, err := db.NewRaw(`update connector c set last_synchronized_at = x.at
		from (select k.connector_id, min(k.polled_at) as at
			from connection k
			where k.connector_id = any (?0) and k.deactivated <> 'EXPORT' and exists (select 1 from entity_mapping m where m.connection_id = k.id)
			group by k.connector_id
			having bool_and(k.last_token is not null and k.pending_token is null and k.failures = 0 and k.last_check_error is null)) x
		where c.id = x.connector_id and x.at >= c.last_synchronized_at + ?1::interval and x.at <= ?2`, array(connectorIDs), every.String(), now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note that nothing is new: %w", err)
	}
	return nil
}

// LookFailed keeps that a connection could not be asked, and until when nobody asks it again.
func LookFailed(ctx context.Context, idb bun.IDB, connectionID int64, now, retryAt time.Time, why string) error {
	_, err := idb.NewRaw("update connection set last_check_at = ?, last_check_error = ?, failures = failures + 1, retry_at = ?, pending_token = null where id = ?",
		now, db.Clip(why, 4000), retryAt, connectionID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep that connection %d failed: %w", connectionID, err)
	}
	return nil
}

// AskedFor keeps for which data a reading was asked, and after what time it may be asked for again.
func AskedFor(ctx context.Context, db bun.IDB, connectionID int64, token string, retryAt time.Time) error {
	if _, err := db.NewRaw("update connection set pending_token = ?, retry_at = ? where id = ?", token, retryAt, connectionID).Exec(ctx); err != nil {
		return fmt.Errorf("keep what connection %d is read for: %w", connectionID, err)
	}
	return nil
}

// Postpone keeps that the reading of a connector broke. tokens tell over what, by connection: other data is read at once.
func Postpone(ctx context.Context, db bun.IDB, connectorID int64, tokens map[int64]string, retryAt time.Time) error {
	ids, texts := split(tokens)
	_, err := db.NewRaw(`update connection k set failures = failures + 1, retry_at = ?0,
			pending_token = (select v.token from unnest(?2::bigint[], ?3::text[]) v (id, token) where v.id = k.id)
		where connector_id = ?1`, retryAt, connectorID, ids, texts).Exec(ctx)
	if err != nil {
		return fmt.Errorf("postpone the reading of connector %d: %w", connectorID, err)
	}
	return nil
}

// Read keeps, in the caller's transaction, what the data of a connector's connections was when it was read, whatever became of it: it need not
// be read again.
func Read(ctx context.Context, tx bun.IDB, connectorID int64, tokens map[int64]string) error {
	ids, texts := split(tokens)
	_, err := tx.NewRaw(`update connection c set last_token = v.token
		from unnest(?::bigint[], ?::text[]) v (id, token) where c.id = v.id`, ids, texts).Exec(ctx)
	if err == nil {
		_, err = tx.NewRaw(`update connection set pending_token = null, retry_at = null, failures = 0
			where connector_id = ? and (pending_token is not null or retry_at is not null or failures <> 0)`, connectorID).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("remember what was read: %w", err)
	}
	return nil
}

// Synchronized keeps, in the caller's transaction, that the directory is as a connector's system was at that time.
func Synchronized(ctx context.Context, tx bun.IDB, connectorID int64, at time.Time) error {
	_, err := tx.NewRaw("update connector set last_synchronized_at = greatest(last_synchronized_at, ?) where id = ?", at, connectorID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep when connector %d was synchronized: %w", connectorID, err)
	}
	return nil
}

// lookAgain has a system read at once, whatever failed before it was switched off.
func lookAgain(ctx context.Context, tx bun.IDB, connectorID int64) error {
	if _, err := tx.NewRaw("update connection set retry_at = null, polled_at = null, failures = 0 where connector_id = ?", connectorID).Exec(ctx); err != nil {
		return fmt.Errorf("have a connector read again: %w", err)
	}
	return nil
}

func split(tokens map[int64]string) (ids, texts any) {
	keys, values := []int64{}, []string{}
	for id, token := range tokens {
		keys, values = append(keys, id), append(values, token)
	}
	return array(keys), array(values)
}
