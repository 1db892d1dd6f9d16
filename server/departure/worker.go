package departure

import (
	"cmp"
	"context"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/permit"
)

// perSweep is how many people one turn computes.
const perSweep = 100

// EndArgs asks to end what people have who were made to leave.
type EndArgs struct{}

// Kind names the job.
func (EndArgs) Kind() string { return "departure" }

// EndWorker does so at once. Running twice is harmless, and what it misses the sweep does.
type EndWorker struct {
	river.WorkerDefaults[EndArgs]
	Service *Service
}

// Work computes them, and publishes their orders.
func (w *EndWorker) Work(ctx context.Context, _ *river.Job[EndArgs]) error {
	return w.Service.Sweep(permit.With(ctx, permit.System("departure")))
}

// Sweep computes whoever was made to leave and is to be computed, whatever else waits and while a job is at work, and publishes their orders. What waited too
// long for a second person lapses. Any number of processes may do it at once.
func (s *Service) Sweep(ctx context.Context) error {
	failed := s.lapse(ctx)
	var people []int64
	if err := s.DB.NewRaw(`select d.person_id from departure d join dirty_owner x on x.owner_id = d.person_id where d.state = ? order by x.since desc, d.id desc limit ?`, Departed, perSweep).Scan(ctx, &people); err != nil {
		return cmp.Or(failed, fmt.Errorf("look who was made to leave: %w", db.Explain(err)))
	}
	for _, id := range people {
		if err := s.Assignments.ComputeNow(ctx, id); err != nil {
			s.Log.ErrorContext(ctx, "somebody who was made to leave is not computed", "person", id, "error", err)
			failed = cmp.Or(failed, fmt.Errorf("compute person %d: %w", id, err))
		}
	}
	_, err := s.Orders.GenerateDeparted(ctx)
	return cmp.Or(failed, err)
}

// lapse ends what waited too long for a second person.
func (s *Service) lapse(ctx context.Context) error {
	now := s.Clock.Now()
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var people []int64
		if err := tx.NewRaw(`update departure set state = ? where id in (select id from departure where state = ? and at <= ? order by id limit ? for update skip locked) returning person_id`,
			Lapsed, Waiting, now.Add(-patience), perSweep).Scan(ctx, &people); err != nil {
			return fmt.Errorf("end departures that nobody confirmed: %w", err)
		}
		for _, id := range people {
			if err := tell(ctx, tx, now, id, told{Action: Lapse, From: Waiting, To: Lapsed}); err != nil {
				return err
			}
		}
		return nil
	})
}
