package assignment

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
)

// OwnContext is a context of the last evaluation: what an owner is during a time (role-model 4.2).
type OwnContext struct {
	OwnerID            int64
	RecordID           *int64 // nil: the owner as such
	StartDate, EndDate *time.Time
	Rank               int                         // of those that count at the same time the lowest decides about single values
	Dimensions         map[string]int64            // identifier -> value, a resource
	Sections           []evaluation.ContextSection // what stands behind each record section
}

// ContextsOf gives the contexts of owners, of each the main one first, for loaders. The caller has checked the right to the owners.
func (s *Service) ContextsOf(ctx context.Context, owners []int64) ([]*OwnContext, error) {
	var found []*OwnContext
	err := db.Select(ctx, s.DB, bun.SafeQuery(`select owner_id, record_id, start_date, end_date, rank, dimensions, sections from context
		where owner_id = any (?) order by owner_id, rank, id`, ids(owners)), func(r *db.Row) error {
		c := &OwnContext{OwnerID: r.Int(), RecordID: r.IntOrNil(), StartDate: r.TimeOrNil(), EndDate: r.TimeOrNil(), Rank: int(r.Int())}
		r.JSON(&c.Dimensions)
		r.JSON(&c.Sections)
		found = append(found, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read contexts: %w", err)
	}
	return found, nil
}
