package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/permit"
)

// Sweep is the safety net: it starts tasks again whose process has fallen silent, moves on runs nobody works on, and launches jobs whose time has
// come. Every process calls it every other second (queue.Every); any number at once do no harm.
func (s *Service) Sweep(ctx context.Context) error {
	ctx = permit.With(ctx, permit.System("job"))
	return errors.Join(s.restartLost(ctx), s.offerAgain(ctx), s.nudge(ctx), s.planNext(ctx), s.launchDue(ctx))
}

// offerAgain puts started tasks that nobody claimed back into the queue: a process may die between taking a job from the queue and claiming
// its task. The claim decides who runs it, so one offer too many is harmless.
func (s *Service) offerAgain(ctx context.Context) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		unclaimed, err := lockUnclaimed(ctx, tx)
		if err != nil {
			return err
		}
		return enqueueTasks(ctx, tx, unclaimed)
	})
}

func (s *Service) restartLost(ctx context.Context) error {
	lost, err := selectExpired(ctx, s.DB)
	if err != nil {
		return err
	}
	for _, e := range lost {
		err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			t, err := lockExpired(ctx, tx, e)
			if err != nil || t == nil { // another process was first, or it has ended after all
				return err
			}
			s.Logger.WarnContext(ctx, "the process that ran a task is silent", "task", t.Identifier, "jobInstance", t.JobInstanceID, "owner", *t.LeaseOwner)
			return s.restart(ctx, tx, t, "The process that ran this task is silent.")
		})
		if err != nil {
			return fmt.Errorf("restart task %d: %w", e.ID, err)
		}
	}
	return nil
}

func (s *Service) nudge(ctx context.Context) error {
	ids, err := selectStalled(ctx, s.DB)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.conduct(ctx, id); err != nil {
			return fmt.Errorf("conduct job instance %d: %w", id, err)
		}
	}
	return nil
}
