package job

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// ScheduleJobInput switches the schedule of a job on or off.
type ScheduleJobInput struct {
	Job     string // identifier
	Enabled bool
}

// ScheduleJobPayload gives the job with its next run.
type ScheduleJobPayload struct {
	Job *Job
}

// ScheduleJob switches the schedule of a job on or off. VALIDATION when it has none. Needs /Jobs/Job/Update.
func (s *Service) ScheduleJob(ctx context.Context, in ScheduleJobInput) (*ScheduleJobPayload, error) {
	if _, err := permit.Require(ctx, permit.JobUpdate); err != nil {
		return nil, err
	}
	p := &ScheduleJobPayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		j, err := getJob(ctx, tx, in.Job)
		if err != nil {
			return err
		}
		if j.Cron == nil {
			return errs.Invalid("input.job", "The job %s has no schedule.", j.DisplayName)
		}
		j.ScheduleEnabled, j.NextRunAt = in.Enabled, nil
		if in.Enabled {
			if j.NextRunAt, err = nextRun(*j.Cron, j.CronTimeZone, s.Clock.Now()); err != nil {
				return err
			}
		}
		p.Job = j
		if err := updateSchedule(ctx, tx, j); err != nil {
			return err
		}
		return event.Publish(ctx, tx, s.Clock.Now(), event.Event{
			Kind: EventScheduled, SubjectType: "job", SubjectID: j.ID, Data: map[string]any{"enabled": in.Enabled},
		})
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// launchDue launches jobs whose time has come, each once however late it is, and however many processes look. A job that is running is
// left out this time: that is logged, and an event.
func (s *Service) launchDue(ctx context.Context) error {
	ctx = permit.With(ctx, permit.System("clock"))
	for more := true; more; {
		err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			now := s.Clock.Now()
			j, err := nextDueJob(ctx, tx, now)
			if more = j != nil; err != nil || j == nil {
				return err
			}
			steps, err := selectSteps(ctx, tx, []int64{j.ID})
			if err != nil {
				return err
			}
			switch _, err := s.launch(ctx, tx, j, nil, tasksOf(steps, false)); {
			case errs.Is(err, errs.AlreadyRunning):
				s.Logger.WarnContext(ctx, "a scheduled run is left out: the job is running", "job", j.Identifier)
				if err := event.Publish(ctx, tx, now, event.Event{Kind: EventLeftOut, SubjectType: "job", SubjectID: j.ID}); err != nil {
					return err
				}
			case err != nil:
				return err
			}
			return s.plan(ctx, tx, j, now)
		})
		if err != nil {
			return fmt.Errorf("launch due jobs: %w", err)
		}
	}
	return nil
}

// planNext computes the next run of jobs that were configured since the last sweep.
func (s *Service) planNext(ctx context.Context) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		jobs, err := selectUnplanned(ctx, tx)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if err := s.plan(ctx, tx, j, s.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// plan writes the next run of a job. A schedule that cannot be read, or has no future, is switched off: the others must go on.
func (s *Service) plan(ctx context.Context, tx bun.Tx, j *Job, now time.Time) error {
	next, err := nextRun(*j.Cron, j.CronTimeZone, now)
	if err != nil {
		s.Logger.ErrorContext(ctx, "a schedule cannot be read and is switched off", "job", j.Identifier, "error", err)
	}
	j.NextRunAt, j.ScheduleEnabled = next, next != nil
	return updateSchedule(ctx, tx, j)
}
