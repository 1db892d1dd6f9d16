package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/job"
	"writ/server/queue"
)

// TestLevels is Annex B 19: same-level tasks overlap, the next level waits; a dependent task is skipped when the parent has no output; a stop lets
// the running task finish.
func TestLevels(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "complete", Steps: []job.StepDefinition{
		step("export-a", "Export", 0), step("export-b", "Export", 0),
		step("prepare-a", "Prepare", 1, "export-a"), step("prepare-b", "Prepare", 1, "export-b"),
		step("sync-b", "Synchronize", 2, "prepare-b"), step("generate", "Generate", 3), step("fulfill", "Fulfill", 4),
	}})
	a, openA := gate(job.Result{Output: true}, nil)
	noOutput, openB := gate(job.Result{}, nil)
	generate, openGenerate := gate(job.Result{Output: true}, nil)
	b.stage.play("export-a", a)
	b.stage.play("export-b", noOutput)
	b.stage.play("generate", generate)

	i := b.run(t, "complete")
	require.Equal(t, job.Queued, i.State)
	require.Equal(t, "ann", i.LaunchedBy)
	require.Eventually(t, func() bool { return b.stage.saw("+export-a")() && b.stage.saw("+export-b")() }, soon, time.Millisecond, "they overlap")
	openA()
	require.Eventually(t, b.stage.saw("-export-a"), soon, time.Millisecond)
	require.Eventually(t, func() bool { return b.task(t, i.ID, "export-a").State == job.TaskCompleted }, soon, time.Millisecond)
	require.Len(t, b.stage.history(), 3, "the next level waits for the whole level")
	openB()
	require.Eventually(t, b.stage.saw("+generate"), soon, time.Millisecond)

	p, err := b.jobs.CancelJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
	require.NoError(t, err)
	require.Equal(t, job.InProgress, p.JobInstance.State, "the running task finishes first")
	require.True(t, p.JobInstance.CancelRequested)
	openGenerate()
	ended := b.until(t, i.ID, job.Cancelled)
	require.NotNil(t, ended.EndedAt)
	require.Equal(t, []string{
		"export-a COMPLETED", "export-b COMPLETED_NO_OUTPUT", "prepare-a COMPLETED", "prepare-b SKIPPED", "sync-b SKIPPED",
		"generate COMPLETED", "fulfill CANCELLED",
	}, b.states(t, i.ID))
	require.NotContains(t, b.stage.history(), "+fulfill")
}

func TestCompleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var ended []job.JobInstanceState
	b.jobs.Ended = func(_ context.Context, _ bun.Tx, i *job.JobInstance) error {
		ended = append(ended, i.State)
		return nil
	}
	b.save(t, job.JobDefinition{Identifier: "j", IsIncremental: true, Steps: []job.StepDefinition{
		{Identifier: "one", TaskType: "Export", Options: map[string]any{"n": 1}}, {Identifier: "two", TaskType: "Prepare"},
	}})
	var told job.Task
	b.stage.play("one", func(_ context.Context, task job.Task, r job.Reporter) (job.Result, error) {
		told = task
		r.Logf(job.LogInfo, "read %d rows of \x00\xff", 7)
		r.Count(job.CountRead, 3)
		r.Count(job.CountRead, 4)
		r.Progress(1, 2)
		return job.Result{Output: true}, nil
	})
	i := b.run(t, "j")
	running, err := b.jobs.Running(t.Context(), b.db)
	require.NoError(t, err)
	require.True(t, running)

	done := b.until(t, i.ID, job.Completed)
	require.InDelta(t, 1, done.Progress, 0)
	require.NotNil(t, done.StartedAt)
	require.NotNil(t, done.EndedAt)
	require.Equal(t, []job.JobInstanceState{job.Completed}, ended)
	require.Equal(t, []string{"+one", "-one", "+two", "-two"}, b.stage.history(), "level -1 is one by one")
	running, err = b.jobs.Running(t.Context(), b.db)
	require.NoError(t, err)
	require.False(t, running)

	one := b.task(t, i.ID, "one")
	require.Equal(t, map[string]int64{"read": 7}, one.Counters)
	require.InDelta(t, 1, one.Progress, 0)
	require.Equal(t, job.Task{
		ID: one.ID, JobInstanceID: i.ID, Job: "j", Identifier: "one", Type: "Export", Options: []byte(`{"n": 1}`), IsIncremental: true, LaunchedBy: "ann", Attempt: 1,
	}, told)
	var options struct{ N int }
	require.NoError(t, told.Decode(&options))
	require.Equal(t, 1, options.N)

	log, err := b.jobs.NewestLog(b.ctx, one.ID, nil, nil, nil, nil, nil)
	require.NoError(t, err)
	require.Len(t, log, 1)
	require.Equal(t, "read 7 rows of \uFFFD\uFFFD", log[0].Message)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	withOption := step("export-b", "Export", 0)
	withOption.Options["continueOnError"] = true
	b.save(t,
		job.JobDefinition{Identifier: "strict", Steps: []job.StepDefinition{step("export-a", "Export", 0), step("prepare", "Prepare", 1)}},
		job.JobDefinition{Identifier: "lenient", Steps: []job.StepDefinition{withOption, step("child", "Prepare", 1, "export-b"), step("generate", "Generate", 2)}},
		job.JobDefinition{Identifier: "panics", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}},
	)
	fail := func(context.Context, job.Task, job.Reporter) (job.Result, error) {
		return job.Result{}, errors.New("no such table\x00\xff")
	}
	b.stage.play("export-a", fail)
	b.stage.play("export-b", fail)
	b.stage.play("sync", func(context.Context, job.Task, job.Reporter) (job.Result, error) { panic("oops") })

	t.Run("FollowingLevelsAreNotStarted", func(t *testing.T) {
		i := b.run(t, "strict")
		b.until(t, i.ID, job.Errored)
		require.Equal(t, []string{"export-a ERRORED", "prepare WAITING"}, b.states(t, i.ID))
		failed := b.task(t, i.ID, "export-a")
		require.Equal(t, "no such table\uFFFD\uFFFD", *failed.Error, "what a system said is made a text that can be kept")
		log, err := b.jobs.NewestLog(b.ctx, failed.ID, nil, nil, []job.LogLevel{job.LogError}, nil, nil)
		require.NoError(t, err)
		require.Len(t, log, 1)
	})
	t.Run("ContinueOnErrorIsAWarning", func(t *testing.T) {
		i := b.run(t, "lenient")
		b.until(t, i.ID, job.Warning)
		require.Equal(t, []string{"export-b WARNING", "child SKIPPED", "generate COMPLETED"}, b.states(t, i.ID))
	})
	t.Run("PanicIsAnError", func(t *testing.T) {
		i := b.run(t, "panics")
		b.until(t, i.ID, job.Errored)
		require.Equal(t, "internal error: oops", *b.task(t, i.ID, "sync").Error)
	})
}

// TestConductTwiceIsHarmless: the conductor's River job may run any number of times.
func TestConductTwiceIsHarmless(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0), step("fulfill", "Fulfill", 1)}})
	i := b.run(t, "j")
	var many []river.InsertManyParams
	for range 20 {
		many = append(many, river.InsertManyParams{Args: job.ConductArgs{JobInstanceID: i.ID}}, river.InsertManyParams{Args: job.TaskArgs{TaskInstanceID: 1, Fence: 1}})
	}
	require.NoError(t, queue.InsertMany(t.Context(), b.db, many))
	b.until(t, i.ID, job.Completed)
	require.Equal(t, []string{"+sync", "-sync", "+fulfill", "-fulfill"}, b.stage.history())
}
