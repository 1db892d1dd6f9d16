package event

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
)

const (
	chunkSize  = 1000            // events placed in one transaction
	agendaSize = 200_000         // events that are found at once
	lease      = 3 * time.Second // the longest that events wait for another process when the appender dies
	renewAfter = time.Second
	frozen     = "5s" // a process that stops in the middle of its transaction holds the others up no longer
)

// Appender gives events their position. Every process has one; one of them at a time holds the lease and works. Its methods may be
// called at the same moment.
type Appender struct {
	db     *bun.DB
	holder string

	mu    sync.Mutex
	state *state    // nil: not read yet, or somebody else may have appended since
	taken time.Time // another process holds the lease until then, by the clock of this process
}

// state is what the holder of the lease knows of the table; it is read again whenever that may have changed.
type state struct {
	position int64 // of the head
	hash     []byte
	high     int64   // every event up to this id has its position, stands on the agenda, or lies in a hole
	agenda   []int64 // became visible together, by id; they come before whatever becomes visible later
	holes    holes
	checked  time.Time // when it was last looked who may own them
}

// NewAppender makes the appender of a process.
func NewAppender(db *bun.DB) *Appender { return &Appender{db: db, holder: uuid.NewString()} }

// Append gives every event that is committed by now, and has none yet, its position, in the order in which they became visible, ties by
// id, with the hash over the one before it. appended: there were some. It does nothing while another process holds the lease.
func (a *Appender) Append(ctx context.Context) (appended bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Now().Before(a.taken) {
		return false, nil
	}
	for {
		n, err := a.chunk(ctx)
		if err != nil {
			a.state = nil // the transaction may have been committed or not
			return appended, fmt.Errorf("give events their position: %w", err)
		}
		appended = appended || n > 0
		if a.state == nil || n == 0 {
			return appended, nil
		}
	}
}

// Release lets another process append at once.
func (a *Appender) Release(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	settled := int64(0)
	if a.state != nil {
		settled = a.state.settled()
	}
	a.state = nil
	_, err := a.db.NewRaw(`with released as (update event_appender set lease_until = '-infinity', settled = greatest(settled, ?) where holder = ? returning 1)
		select pg_notify(?, '') from released`, settled, a.holder, channel).Exec(ctx)
	return err
}

// wait is how long there is nothing to do here but to wait for a wake-up.
func (a *Appender) wait() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case time.Now().Before(a.taken):
		return time.Until(a.taken)
	case a.state != nil && len(a.state.holes) > 0:
		return holesEvery
	}
	return safetyPoll
}

// chunk places at most chunkSize events; 0: there are none, or the lease is another's.
func (a *Appender) chunk(ctx context.Context) (n int, err error) {
	var next *state
	err = db.InTx(ctx, a.db, func(ctx context.Context, tx bun.Tx) error {
		n, next = 0, nil
		s, err := a.enter(ctx, tx)
		if err != nil || s == nil {
			return err
		}
		if len(s.agenda) == 0 {
			if err := s.look(ctx, tx); err != nil {
				return err
			}
		}
		n, next = min(len(s.agenda), chunkSize), s
		if n == 0 {
			return nil
		}
		return s.place(ctx, tx, n)
	})
	if err == nil {
		a.state = next
	}
	return n, err
}

// enter takes or keeps the lease; nil: another process holds it. The row stays locked until the transaction ends, so that two who believe
// to hold it do not meet. The state is a copy: it counts when the transaction was committed.
func (a *Appender) enter(ctx context.Context, tx bun.Tx) (*state, error) {
	var row struct {
		Holder  string
		Left    float64 // seconds until the lease ends
		Settled int64
		Timeout string
		Hash    []byte // of the head, as far as this process has the lease
	}
	err := tx.NewRaw(`select holder, settled, coalesce(extract(epoch from nullif(lease_until, '-infinity') - clock_timestamp()), -1) as left,
		set_config('idle_in_transaction_session_timeout', ?, true) as timeout,
		(select hash from event_chain order by position desc limit 1) as hash from event_appender for update`, frozen).Scan(ctx, &row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errors.New("the row of event_appender is gone")
	}
	if err != nil {
		return nil, err
	}
	mine := row.Holder == a.holder
	if !mine && row.Left > 0 {
		a.taken = time.Now().Add(time.Duration(row.Left * float64(time.Second)))
		a.state = nil
		return nil, nil
	}
	var s *state
	if mine && a.state != nil && bytes.Equal(a.state.hash, row.Hash) { // else the database is an older state of itself: a replica that was behind
		s = a.state.clone()
	} else if s, err = load(ctx, tx, row.Settled); err != nil {
		return nil, err
	}
	if mine && row.Left > (lease-renewAfter).Seconds() {
		return s, nil
	}
	_, err = tx.NewRaw("update event_appender set holder = ?, lease_until = clock_timestamp() + make_interval(secs => ?), settled = ?",
		a.holder, lease.Seconds(), s.settled()).Exec(ctx)
	return s, err
}

// load reads the head, and what is missing below it: rolled back, or still on its way.
func load(ctx context.Context, tx bun.Tx, settled int64) (*state, error) {
	s := &state{high: settled}
	head, hash, err := head(ctx, tx)
	if err != nil {
		return nil, err
	}
	s.position, s.hash = head, hash
	if err := tx.NewRaw("select coalesce(max(event_id), 0) from event_chain where event_id > ?", settled).Scan(ctx, &s.high); err != nil {
		return nil, err
	}
	s.high = max(s.high, settled)
	err = tx.NewRaw(`select former + 1 as first, event_id - 1 as last from
		(select event_id, lag(event_id, 1, ?0::bigint) over (order by event_id) as former from event_chain where event_id > ?0) as c
		where event_id > former + 1 order by 1`, settled).Scan(ctx, &s.holes)
	return s, err
}

// head gives the newest position and its hash; 0 and nil without any.
func head(ctx context.Context, tx bun.IDB) (position int64, hash []byte, err error) {
	err = tx.NewRaw("select position, hash from event_chain order by position desc limit 1").Scan(ctx, &position, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	return position, hash, err
}

func (s *state) clone() *state {
	c := *s
	c.holes = s.holes.clone()
	return &c
}

// settled is the id up to which nothing is open.
func (s *state) settled() int64 {
	low := s.high
	if len(s.holes) > 0 {
		low = min(low, s.holes[0].First-1)
	}
	if len(s.agenda) > 0 {
		low = min(low, s.agenda[0]-1)
	}
	return low
}

// look puts everything that became visible since last time on the agenda. One statement, so one snapshot: of two events of which one was
// published after the other one's commit, the later is never seen alone.
func (s *state) look(ctx context.Context, tx bun.Tx) error {
	var ended map[int64]bool
	if len(s.holes) > 0 && time.Since(s.checked) >= holesEvery {
		var err error
		if ended, err = s.holes.check(ctx, tx); err != nil {
			return err
		}
		s.checked = time.Now()
	}
	firsts, lasts := s.holes.bounds()
	err := tx.NewRaw(`(select e.id from event e where e.id > ? order by e.id limit ?)
		union all (select e.id from unnest(?::bigint[], ?::bigint[]) as h (first, last) join event e on e.id between h.first and h.last)
		order by 1`, s.high, agendaSize, pgdialect.Array(firsts), pgdialect.Array(lasts)).Scan(ctx, &s.agenda)
	if err != nil {
		return err
	}
	s.holes = s.holes.without(s.agenda, ended)
	for _, id := range s.agenda {
		if id <= s.high {
			continue
		}
		if id > s.high+1 {
			s.holes = append(s.holes, hole{First: s.high + 1, Last: id - 1})
		}
		s.high = id
	}
	return nil
}

// link is one row of the chain.
type link struct {
	bun.BaseModel `bun:"table:event_chain"`

	Position int64
	EventID  int64
	Hash     []byte
}

// place gives the first n events of the agenda the next positions, and wakes readers.
func (s *state) place(ctx context.Context, tx bun.Tx, n int) error {
	var rows []struct {
		ID   int64
		Text string
	}
	if err := tx.NewRaw("select e.id, "+HashedText+" as text from event e where e.id in (?) order by e.id", bun.List(s.agenda[:n])).Scan(ctx, &rows); err != nil {
		return err
	}
	if len(rows) != n {
		return fmt.Errorf("%d of %d events vanished", n-len(rows), n)
	}
	links := make([]link, n)
	for i, r := range rows {
		s.position++
		s.hash = NextHash(s.hash, r.Text)
		links[i] = link{Position: s.position, EventID: r.ID, Hash: s.hash}
	}
	s.agenda = s.agenda[n:]
	_, err := tx.NewRaw("with placed as (?) select pg_notify(?, '')", tx.NewInsert().Model(&links), placedChannel).Exec(ctx)
	return err
}
