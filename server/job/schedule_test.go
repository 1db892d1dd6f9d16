package job_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/job"
	"writ/server/page"
)

func TestSchedule(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "hourly", Cron: "0 * * * *", UserStartDenied: true, Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	instances := func() []*job.JobInstance {
		c, err := b.jobs.Instances(b.ctx, page.Args{First: 10}, nil, nil, true)
		require.NoError(t, err)
		return c.Nodes()
	}
	sweep := func() {
		var all sync.WaitGroup
		for range 4 { // as many processes as you like
			all.Go(func() { _ = b.jobs.Sweep(t.Context()) })
		}
		all.Wait()
	}
	sweep()
	require.Empty(t, instances(), "not due")

	hold, open := gate(job.Result{Output: true}, nil)
	b.stage.play("sync", hold)
	b.clock.SetOffset(5 * time.Hour) // five times missed is launched once
	sweep()
	require.Len(t, instances(), 1)
	require.Equal(t, "clock", instances()[0].LaunchedBy)
	j, err := b.jobs.Get(b.ctx, "hourly")
	require.NoError(t, err)
	require.Equal(t, b.clock.Now().Truncate(time.Hour).Add(time.Hour), *j.NextRunAt)

	b.clock.SetOffset(7 * time.Hour)
	sweep()
	require.Len(t, instances(), 1, "a scheduled run that falls on a running one is left out")
	var leftOut int
	require.NoError(t, b.db.NewRaw("select count(*) from event where kind = 'job.left_out'").Scan(t.Context(), &leftOut))
	require.Equal(t, 1, leftOut)
	open()
	b.until(t, instances()[0].ID, job.Completed)

	p, err := b.jobs.ScheduleJob(b.ctx, job.ScheduleJobInput{Job: "hourly", Enabled: false})
	require.NoError(t, err)
	require.Nil(t, p.Job.NextRunAt)
	b.clock.SetOffset(9 * time.Hour)
	sweep()
	require.Len(t, instances(), 1, "switched off")

	b.save(t, job.JobDefinition{Identifier: "hourly", Cron: "30 * * * *", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	j, err = b.jobs.Get(b.ctx, "hourly")
	require.NoError(t, err)
	require.False(t, j.ScheduleEnabled, "saving again does not switch it on")
	_, err = b.jobs.ScheduleJob(b.ctx, job.ScheduleJobInput{Job: "hourly", Enabled: true})
	require.NoError(t, err)
	b.clock.SetOffset(11 * time.Hour)
	sweep()
	require.Len(t, instances(), 2)
	b.until(t, instances()[0].ID, job.Completed)
}

// TestScheduleWrittenByOthers: configuration may write the table itself; the sweep computes what is missing.
func TestScheduleWrittenByOthers(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	svc := newService(b, clock.New(), newStage())
	ctx := person(t.Context(), "/Jobs")
	exec := func(statement string) {
		_, err := b.ExecContext(ctx, statement)
		require.NoError(t, err)
		require.NoError(t, svc.Sweep(t.Context()))
	}
	next := func(identifier string) *time.Time {
		j, err := svc.Get(ctx, identifier)
		require.NoError(t, err)
		return j.NextRunAt
	}
	exec("insert into job (identifier, display_name, cron) values ('bad', '', 'often'), ('good', '', '0 2 * * *'), ('none', '', null)")
	require.Equal(t, 2, next("good").Hour())
	require.Nil(t, next("bad"))
	require.Nil(t, next("none"))
	exec("update job set cron = '0 3 * * *' where identifier = 'good'")
	require.Equal(t, 3, next("good").Hour())
	exec("update job set cron = null where identifier = 'good'")
	require.Nil(t, next("good"))
}
