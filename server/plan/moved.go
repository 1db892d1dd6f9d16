package plan

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/errs"
)

const (
	rounds   = 5         // of looking again at who was touched meanwhile
	maxMarks = 1_000_000 // people to whom something may be happening while a plan is applied
)

// marks is what is known, at a moment, of people to whom something happens: for each a text that is another one as soon as more has happened.
type marks struct {
	event int64
	at    time.Time
	of    map[int64]string
}

// marks reads them: who waits for a computation, who has to do with a changed resource, who was computed or had an order moved since. before: the
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
			union all select f.owner_id, 'read ' || f.resource_id || ' ' || c.seq from changed_resource c join evaluation_fact f on f.resource_id = c.resource_id
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

func array(list []int64) any {
	if list == nil {
		list = []int64{}
	}
	return pgdialect.Array(list)
}
