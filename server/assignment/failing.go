package assignment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/event"
)

// How long an owner waits whose computation failed: twice as long after each failure. A change of what it depends on ends the wait.
const (
	firstPause   = 5 * time.Second
	longestPause = 10 * time.Minute
)

// Failed is the data of the event assignment.failed: an owner that cannot be computed. It comes once until the owner can be computed again.
type Failed struct {
	Error string `json:"error"`
}

// noteFailures keeps owners dirty that could not be computed, with the reason, and lets them wait: whoever waits for the evaluation does
// not wait for them.
func (s *Service) noteFailures(ctx context.Context, tx bun.Tx, m *Model, b *evaluation.Batch, failed map[int64]error) error {
	if len(failed) == 0 {
		return nil
	}
	type row struct {
		Owner int64  `json:"owner_id"`
		Type  int64  `json:"entity_type_id"`
		Error string `json:"error"`
	}
	var rows []row
	for _, o := range b.Owners {
		if err := failed[o.Resource.ID]; err != nil {
			rows = append(rows, row{o.Resource.ID, o.Resource.EntityTypeID, db.Clip(err.Error(), 1000)})
		}
	}
	var noted []struct {
		OwnerID, EntityTypeID int64
		Failures              int
		Error                 string
	}
	now := s.Clock.Now()
	if err := tx.NewRaw(`insert into dirty_owner (owner_id, entity_type_id, reason, failures, error, not_before)
		select owner_id, entity_type_id, 'the computation failed', 1, error, ?0::timestamptz + make_interval(secs => ?1)
		from jsonb_to_recordset(?3::jsonb) r (owner_id bigint, entity_type_id bigint, error text) order by owner_id
		on conflict (owner_id) do update set failures = dirty_owner.failures + 1, error = excluded.error,
			not_before = ?0::timestamptz + make_interval(secs => least(?1 * 2 ^ least(dirty_owner.failures, 20), ?2))
		returning owner_id, entity_type_id, failures, error`,
		now, firstPause.Seconds(), longestPause.Seconds(), string(jsonb(rows))).Scan(ctx, &noted); err != nil {
		return fmt.Errorf("note failures: %w", err)
	}
	var events []event.Event
	for _, n := range noted {
		if n.Failures == 1 {
			events = append(events, event.Event{Kind: EventFailed, SubjectType: "resource", SubjectID: n.OwnerID, OwnerID: n.OwnerID,
				SourceEntityType: m.Shape.EntityTypes[n.EntityTypeID].Identifier, Data: Failed{n.Error}})
		}
	}
	return event.Publish(ctx, tx, now, events...)
}

// computeApart is computeLocked for owners of which some may be impossible to save: when the database refuses what one of them brings, the
// others are computed without it.
func (s *Service) computeApart(ctx context.Context, page []int64, initial bool, o Options) (Report, error) {
	var sum Report
	err := db.Apart(page, func(part []int64) error {
		r, err := s.computeLocked(ctx, part, initial, o)
		if err == nil {
			sum.add(r)
		}
		return err
	}, func(id int64, cause error) error {
		s.Log.ErrorContext(ctx, "owner not saved", "owner", id, "error", cause)
		sum.add(Report{Owners: 1, Failed: 1})
		return s.noteUnsaved(ctx, id, cause)
	})
	return sum, err
}

// noteUnsaved is noteFailures for one owner whose result the database refused.
func (s *Service) noteUnsaved(ctx context.Context, ownerID int64, cause error) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.Model(ctx, tx)
		if err != nil {
			return err
		}
		o := &evaluation.Owner{Resource: &evaluation.Resource{ID: ownerID}}
		if err := tx.NewRaw("select entity_type_id from resource where id = ?", ownerID).Scan(ctx, &o.Resource.EntityTypeID); err != nil {
			return err
		}
		return s.noteFailures(ctx, tx, m, &evaluation.Batch{Owners: []*evaluation.Owner{o}}, map[int64]error{ownerID: errors.New(refusal(cause))})
	})
}
