package bulk

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/queue"
)

// RunArgs asks to carry a bulk change out, or to go on with it.
type RunArgs struct {
	BulkChangeID int64 `json:"bulk_change_id"`
}

// Kind is the name of the River job.
func (RunArgs) Kind() string { return "bulk_change" }

// Queue is River's queue for bulk changes, apart from the drains: they may take hours, and one account may have many.
const Queue = "bulk"

// InsertOpts: one lost attempt is no loss, the sweep asks again.
func (RunArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3, Queue: Queue} }

// RunWorker carries bulk changes out. Running twice is harmless.
type RunWorker struct {
	river.WorkerDefaults[RunArgs]
	Service *Service
}

// Timeout: none. A bulk change is as long as it is; it can be stopped.
func (w *RunWorker) Timeout(*river.Job[RunArgs]) time.Duration { return -1 }

// Work goes on where it stands.
func (w *RunWorker) Work(ctx context.Context, j *river.Job[RunArgs]) error {
	return w.Service.drain(ctx, j.Args.BulkChangeID)
}

// turn is how many items a bulk change does before it queues up again behind those that wait for a worker.
const turn = 50

// worst is the last of River's priorities.
const worst = 4

// queueUp asks for a worker. before is how many bulk changes of the same account are older and go on: the first of each account comes before the second
// of any, so that nobody waits for all that another one asked for.
func queueUp(ctx context.Context, idb bun.IDB, id int64, before int) error {
	return queue.Insert(ctx, idb, RunArgs{BulkChangeID: id}, &river.InsertOpts{MaxAttempts: 3, Queue: Queue, Priority: min(1+before, worst)})
}

// openBefore counts the bulk changes of an account that go on and are older than one.
func openBefore(ctx context.Context, idb bun.IDB, userID, id int64) (open int, err error) {
	if err := idb.NewRaw(`select count(*) from bulk_change where user_id = ? and ended_at is null and id < ?`, userID, id).Scan(ctx, &open); err != nil {
		return 0, fmt.Errorf("count bulk changes: %w", err)
	}
	return open, nil
}

// givesWay queues up again when others wait for a worker; false: nobody does, it may go on.
func (s *Service) givesWay(ctx context.Context, id int64) (bool, error) {
	var who []*int64
	if err := s.DB.NewRaw(`select user_id from bulk_change where id = ?0 and ended_at is null and exists (select from river_job where state = 'available' and queue = ?1 and (args ->> 'bulk_change_id')::bigint <> ?0)`,
		id, Queue).Scan(ctx, &who); err != nil || len(who) == 0 {
		return false, err
	}
	before := 0
	if who[0] != nil {
		var err error
		if before, err = openBefore(ctx, s.DB, *who[0], id); err != nil {
			return false, err
		}
	}
	return true, queueUp(ctx, s.DB, id, before)
}

// silence is how long a bulk change that nobody moves is left alone: its process may be gone.
const silence = 5 * time.Second

// Sweep asks again for bulk changes that nobody carries out: their process was killed, or failed. Those that wait for a worker are asked for already.
func (s *Service) Sweep(ctx context.Context) error {
	var open []int64
	if err := s.DB.NewRaw(`select id from bulk_change where ended_at is null and updated_at < clock_timestamp() - ?::interval
			and id <> all (select (args ->> 'bulk_change_id')::bigint from river_job where state = 'available' and queue = ?)
		order by id limit 100`, fmt.Sprintf("%d milliseconds", silence.Milliseconds()), Queue).Scan(ctx, &open); err != nil {
		return fmt.Errorf("look for bulk changes to go on with: %w", err)
	}
	for _, id := range open {
		if err := queue.Insert(ctx, s.DB, RunArgs{BulkChangeID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}
