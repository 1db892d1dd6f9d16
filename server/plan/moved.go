package plan

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/errs"
)

const (
	rounds   = 5                      // of looking again at who was touched meanwhile
	standing = 40                     // tries to have everybody stand still
	standFor = 500 * time.Millisecond // how long a try waits for those who write, and others for it: less than deadlock_timeout, so nobody else has to give way
	maxMarks = 1_000_000              // people to whom something may be happening while a plan is applied
)

// marks is what is known, at a moment, of people to whom something happens: for each a text that is another one as soon as more has happened.
type marks struct {
	event int64
	at    time.Time
	of    map[int64]string
}

// marks reads them: who waits for a computation, which resources changed, who was computed or had an order moved since. before: the
// marks to compare with; nil: these are the first.
func (s *Service) marks(ctx context.Context, before *marks) (*marks, error) {
	m := &marks{of: map[int64]string{}}
	if before != nil {
		m.event, m.at = before.event, before.at
	} else {
		m.at = s.Clock.Now().Add(-time.Minute) // a transaction that began before may end after
		if err := s.DB.NewRaw(`select coalesce(max(id), 0) from event`).Scan(ctx, &m.event); err != nil {
			return nil, fmt.Errorf("read the newest event: %w", err)
		}
	}
	var rows []struct {
		OwnerID int64
		Mark    string
	}
	if err := s.DB.NewRaw(`select owner_id, string_agg(mark, ' ' order by mark) as mark from (
			select owner_id, 'waits ' || seq as mark from dirty_owner
			union all select resource_id, 'changed ' || seq from changed_resource
			union all select owner_id, 'event ' || max(id) from event where id > ?0 and owner_id is not null group by owner_id
			union all select owner_id, 'computed ' || evaluated_at from owner_state where evaluated_at >= ?1
		) m group by owner_id order by owner_id limit ?2`, m.event, m.at, maxMarks+1).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("look who was touched: %w", err)
	}
	if len(rows) > maxMarks {
		return nil, errs.New(errs.Conflict, "More than %d people are being computed at this moment. Apply it when that is done.", maxMarks)
	}
	for _, r := range rows {
		m.of[r.OwnerID] = r.Mark
	}
	return m, nil
}

// since gives those to whom something happened between two moments.
func (m *marks) since(now *marks) (list []int64) {
	for id, mark := range now.of {
		if m.of[id] != mark {
			list = append(list, id)
		}
	}
	for id := range m.of {
		if _, still := now.of[id]; !still {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// stand looks at whoever was touched since some marks, until nobody was; from then on nothing happens to anybody until tx ends. That is for as long as
// a configuration takes to be written. Whoever writes people, readings, computations or orders writes to one of the tables that are locked: who is
// in the middle is waited for, and who comes later waits. The events are not locked: the role of a process may only add to them, which is no right to that. CONFLICT when that cannot be had.
func (s *Service) stand(ctx context.Context, tx bun.Tx, before *marks, look func(touched []int64) error) error {
	for try, looks := 0, 0; ; try++ {
		now, err := s.locked(ctx, tx, before)
		if err != nil {
			return err
		}
		if now != nil && len(before.since(now)) == 0 {
			return nil
		}
		if try == standing || looks == rounds {
			return errs.New(errs.Conflict, "People keep changing while they are looked at. Apply it when less goes on.")
		}
		if now == nil {
			continue
		}
		looks++
		if err := s.Assignments.Spread(ctx); err != nil { // it writes, so not under the locks
			return err
		}
		if now, err = s.marks(ctx, before); err != nil {
			return err
		}
		if err := look(before.since(now)); err != nil {
			return err
		}
		before = now
	}
}

// locked gives the marks under the locks, which stay if they are those before and are given back else; nil: they were not to be had.
func (s *Service) locked(ctx context.Context, tx bun.Tx, before *marks) (now *marks, err error) {
	if _, err := tx.ExecContext(ctx, `savepoint stand`); err != nil {
		return nil, err
	}
	if _, err = tx.NewRaw(`set local lock_timeout = ?`, standFor.Milliseconds()).Exec(ctx); err == nil {
		if _, err = tx.ExecContext(ctx, `lock table changed_resource, dirty_owner, owner_state, provisioning_order in share mode`); err == nil {
			now, err = s.marks(ctx, before)
		}
	}
	if db.IsLockTimeout(err) {
		now, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	if now == nil || len(before.since(now)) > 0 {
		_, err = tx.ExecContext(ctx, `rollback to savepoint stand`)
		return now, err
	}
	_, err = tx.ExecContext(ctx, `set local lock_timeout to default`)
	return now, err
}

func array(list []int64) any {
	if list == nil {
		list = []int64{}
	}
	return pgdialect.Array(list)
}
