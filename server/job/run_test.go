package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/job"
	"writ/server/permit"
)

func TestRelaunchFromFailedTask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	steps := []job.StepDefinition{
		step("export", "Export", 0), step("quiet", "Export", 0), step("after-quiet", "Prepare", 1, "quiet"),
		step("sync", "Synchronize", 2), step("fulfill", "Fulfill", 3),
	}
	b.save(t, job.JobDefinition{Identifier: "j", Steps: steps})
	b.stage.play("quiet", func(context.Context, job.Task, job.Reporter) (job.Result, error) { return job.Result{}, nil })
	b.stage.play("sync", func(_ context.Context, task job.Task, _ job.Reporter) (job.Result, error) {
		var o struct{ Mended bool }
		if err := task.Decode(&o); err != nil || !o.Mended {
			return job.Result{}, errors.New("broken settings")
		}
		return job.Result{Output: true}, nil
	})
	first := b.run(t, "j")
	b.until(t, first.ID, job.Errored)

	steps[3].Options["mended"] = true
	b.save(t, job.JobDefinition{Identifier: "j", Steps: steps})
	p, err := b.jobs.RelaunchJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: first.ID})
	require.NoError(t, err)
	require.Equal(t, first.ID, *p.JobInstance.ParentID)
	b.until(t, p.JobInstance.ID, job.Completed)
	require.Equal(t, []string{"export COMPLETED", "quiet COMPLETED_NO_OUTPUT", "after-quiet SKIPPED", "sync COMPLETED", "fulfill COMPLETED"},
		b.states(t, p.JobInstance.ID))
	n := 0
	for _, entry := range b.stage.history() {
		if entry == "+export" {
			n++
		}
	}
	require.Equal(t, 1, n, "what ended well is not done again")
	b.until(t, first.ID, job.Errored)

	_, err = b.jobs.RelaunchJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: p.JobInstance.ID})
	require.True(t, errs.Is(err, errs.InvalidTransition), "%v", err)
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	// blocking generates only when forced.
	blocking := func(_ context.Context, task job.Task, _ job.Reporter) (job.Result, error) {
		if task.IsForced {
			return job.Result{Output: len(task.Blocked) > 0}, nil
		}
		return job.Result{Blocked: map[string]any{"counter": "deleted", "limit": 20, "value": 25}}, nil
	}
	start := func(t *testing.T, incremental bool) (*bundle, *job.JobInstance) {
		b := setup(t)
		b.save(t, job.JobDefinition{Identifier: "j", IsIncremental: incremental, Steps: []job.StepDefinition{
			step("sync", "Synchronize", 0), step("generate", "Generate", 1), step("fulfill", "Fulfill", 2, "generate"),
		}})
		b.stage.play("generate", blocking)
		i := b.run(t, "j")
		b.until(t, i.ID, job.Blocked)
		return b, i
	}
	t.Run("ResumeForcesItAndThenTheRest", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, false)
		require.Equal(t, []string{"sync COMPLETED", "generate BLOCKED", "fulfill WAITING"}, b.states(t, i.ID))
		require.JSONEq(t, `{"counter": "deleted", "limit": 20, "value": 25}`, string(b.task(t, i.ID, "generate").Blocked))
		running, err := b.jobs.Running(t.Context(), b.db)
		require.NoError(t, err)
		require.False(t, running, "a blocked run holds nobody up")

		p, err := b.jobs.ResumeJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
		require.NoError(t, err)
		require.Equal(t, i.ID, p.JobInstance.ID, "the same instance")
		done := b.until(t, i.ID, job.Completed)
		require.True(t, done.IsRepair)
		require.Equal(t, []string{"sync COMPLETED", "generate COMPLETED", "fulfill COMPLETED"}, b.states(t, i.ID))
		require.Equal(t, []string{"+sync", "-sync", "+generate", "-generate", "+generate", "-generate", "+fulfill", "-fulfill"}, b.stage.history())

		_, err = b.jobs.ResumeJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
		require.True(t, errs.Is(err, errs.InvalidTransition), "%v", err)
	})
	t.Run("ReasonAndSecondPerson", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, false)
		_, err := b.db.ExecContext(t.Context(), "update job set needs_second_person = true")
		require.NoError(t, err)
		in := job.JobInstanceInput{JobInstanceID: i.ID, Reason: new("the merger")}
		_, err = b.jobs.ResumeJobInstance(b.ctx, in)
		require.True(t, errs.Is(err, errs.Forbidden), "whoever launched it: %v", err)
		b.until(t, i.ID, job.Blocked)
		other := permit.With(t.Context(), permit.System("somebody else"))
		_, err = b.jobs.ResumeJobInstance(other, in)
		require.NoError(t, err)
		b.until(t, i.ID, job.Completed)
		var said, noted int
		require.NoError(t, b.db.NewRaw("select count(*) from task_log where message like 'Resumed over the limit by % somebody else: the merger' or message = 'Resumed over the limit by somebody else: the merger'").Scan(t.Context(), &said))
		require.NoError(t, b.db.NewRaw("select count(*) from event where kind = 'job.changed' and data ->> 'reason' = 'the merger'").Scan(t.Context(), &noted))
		require.Equal(t, []int{1, 1}, []int{said, noted})
		long := strings.Repeat("x", 4001)
		_, err = b.jobs.ResumeJobInstance(other, job.JobInstanceInput{JobInstanceID: i.ID, Reason: &long})
		require.True(t, errs.Is(err, errs.Validation), "%v", err)
	})
	t.Run("GiveUp", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, false)
		var dropped []string
		b.jobs.GivenUp = func(_ context.Context, _ bun.Tx, tasks []*job.TaskInstance) error {
			for _, task := range tasks {
				dropped = append(dropped, task.Identifier)
			}
			return nil
		}
		p, err := b.jobs.CancelJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
		require.NoError(t, err)
		require.Equal(t, job.Cancelled, p.JobInstance.State)
		require.Equal(t, []string{"generate"}, dropped)
		require.Equal(t, []string{"sync COMPLETED", "generate CANCELLED", "fulfill CANCELLED"}, b.states(t, i.ID))
	})
	t.Run("NewCompleteRunTakesItsPlace", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, false)
		b.stage.play("generate", nil)
		next := b.run(t, "j")
		b.until(t, next.ID, job.Completed)
		b.until(t, i.ID, job.Cancelled)
	})
	t.Run("IncrementalRunLeavesItUntilItBlocksAgain", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, true)
		hold, open := gate(job.Result{Blocked: "again"}, nil)
		b.stage.play("generate", hold)
		next := b.run(t, "j")
		require.Eventually(t, func() bool { return len(b.stage.history()) == 7 }, soon, time.Millisecond)
		b.until(t, i.ID, job.Blocked)
		_, err := b.jobs.ResumeJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
		require.True(t, errs.Is(err, errs.AlreadyRunning), "%v", err)
		open()
		b.until(t, next.ID, job.Blocked)
		b.until(t, i.ID, job.Cancelled)
	})
	t.Run("ThresholdErrorBlocksToo", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
		b.stage.play("sync", func(context.Context, job.Task, job.Reporter) (job.Result, error) {
			return job.Result{}, fmt.Errorf("apply: %w", errs.New(errs.Threshold, "25 rows would go, 20 may."))
		})
		i := b.run(t, "j")
		b.until(t, i.ID, job.Blocked)
		require.JSONEq(t, `{"message": "25 rows would go, 20 may."}`, string(b.task(t, i.ID, "sync").Blocked))
	})
}

func TestRunJobRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t,
		job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0), step("generate", "Generate", 1), step("fulfill", "Fulfill", 2)}},
		job.JobDefinition{Identifier: "nightly", UserStartDenied: true, Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}},
	)
	kind := func(ctx context.Context, in job.RunJobInput) errs.Kind {
		_, err := b.jobs.RunJob(ctx, in)
		require.Error(t, err)
		require.NotNil(t, errs.As(err), "%v", err)
		return errs.As(err).Kind
	}
	no := "nowhere"
	require.Equal(t, errs.Unauthenticated, kind(t.Context(), job.RunJobInput{Job: "j"}))
	require.Equal(t, errs.Forbidden, kind(person(t.Context(), permit.JobQuery), job.RunJobInput{Job: "j"}))
	require.Equal(t, errs.Forbidden, kind(b.ctx, job.RunJobInput{Job: "nightly"}))
	require.Equal(t, errs.NotFound, kind(b.ctx, job.RunJobInput{Job: no}))
	require.Equal(t, errs.Validation, kind(b.ctx, job.RunJobInput{Job: "j", FromStep: &no}))
	require.Equal(t, errs.Validation, kind(b.ctx, job.RunJobInput{Job: "j", TaskType: (*job.TaskType)(&no)}))
	_, err := b.jobs.CancelJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: 1})
	require.True(t, errs.Is(err, errs.NotFound))

	hold, open := gate(job.Result{Output: true}, nil)
	b.stage.play("generate", hold)
	from := "generate"
	p, err := b.jobs.RunJob(b.ctx, job.RunJobInput{Job: "j", FromStep: &from, Force: true})
	require.NoError(t, err)
	require.Equal(t, errs.AlreadyRunning, kind(b.ctx, job.RunJobInput{Job: "j"}))
	open()
	b.until(t, p.JobInstance.ID, job.Completed)
	require.Equal(t, []string{"+generate", "-generate", "+fulfill", "-fulfill"}, b.stage.history())
	require.True(t, b.task(t, p.JobInstance.ID, "fulfill").IsForced)
}

func TestRunJobTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	hold, open := gate(job.Result{Output: true}, nil)
	b.stage.play("sync", hold)
	results := make(chan error, 6)
	for range cap(results) {
		go func() {
			_, err := b.jobs.RunJob(b.ctx, job.RunJobInput{Job: "j"})
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		if err := <-results; err == nil {
			won++
		} else {
			require.True(t, errs.Is(err, errs.AlreadyRunning), "%v", err)
		}
	}
	require.Equal(t, 1, won)
	open()
}

// TestParts are the launch parameters of 9.6.
func TestParts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{
		step("hr-export", "Export", 0), step("ad-export", "Export", 0), step("hr-sync", "Synchronize", 1, "hr-export"),
		step("ad-sync", "Synchronize", 1, "ad-export"), step("generate", "Generate", 2), step("fulfil", "Fulfill", 3, "generate"),
	}})
	is := func(text string) *string { return &text }
	for name, c := range map[string]struct {
		in   job.RunJobInput
		want []string
	}{
		"Whole":        {job.RunJobInput{}, []string{"hr-export", "ad-export", "hr-sync", "ad-sync", "generate", "fulfil"}},
		"From":         {job.RunJobInput{FromStep: is("generate")}, []string{"generate", "fulfil"}},
		"To":           {job.RunJobInput{ToStep: is("ad-export")}, []string{"hr-export", "ad-export"}},
		"FromTo":       {job.RunJobInput{FromStep: is("hr-sync"), ToStep: is("generate")}, []string{"hr-sync", "ad-sync", "generate"}},
		"One":          {job.RunJobInput{Step: is("fulfil")}, []string{"fulfil"}}, // its parent is no part of the run, so it decides nothing
		"Type":         {job.RunJobInput{TaskType: new(job.TaskType("Synchronize"))}, []string{"hr-sync", "ad-sync"}},
		"Contains":     {job.RunJobInput{IdentifierContains: is("HR-")}, []string{"hr-export", "hr-sync"}},
		"TypeContains": {job.RunJobInput{IdentifierContains: is("ad"), TaskType: new(job.TaskType("Export"))}, []string{"ad-export"}},
	} {
		c.in.Job = "j"
		p, err := b.jobs.RunJob(b.ctx, c.in)
		require.NoError(t, err, name)
		b.until(t, p.JobInstance.ID, job.Completed)
		want := make([]string, len(c.want))
		for n, w := range c.want {
			want[n] = w + " COMPLETED"
		}
		require.Equal(t, want, b.states(t, p.JobInstance.ID), name)
	}
	_, err := b.jobs.RunJob(b.ctx, job.RunJobInput{Job: "j", FromStep: is("fulfil"), ToStep: is("generate")})
	require.True(t, errs.Is(err, errs.Validation), "nothing is left: %v", err)
}

// TestSecondPerson: whoever launched a run of a job that wants a second person does not let it go on over a limit by any way there is.
func TestSecondPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.db.ExecContext(t.Context(), `
		insert into entity_type (identifier, display_name) values ('Directory_User', 'Person');
		insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (1, 'E1', 'Ann', '{"Mail": "ann@x.test"}', now()), (1, 'E2', 'Bob', '{}', now());
		insert into local_user (username, display_name, password_hash, email, resource_id, resource_entity_type_id, resource_key) values
			('ann', 'Ann', '', '', 1, 1, 'E1'), ('ann.admin', 'Ann', '', '', 1, 1, 'E1'), ('ann.mail', 'Ann', '', 'Ann <ANN@x.test>', null, null, null),
			('bob', 'Bob', '', 'bob@x.test', 2, 1, 'E2'), ('nobody', 'Nobody', '', '', null, null, null), ('waiting', 'Waiting', '', '', null, 1, 'E1')`)
	require.NoError(t, err)
	definition := func(second bool) job.JobDefinition {
		return job.JobDefinition{Identifier: "j", NeedsSecondPerson: second, Steps: []job.StepDefinition{step("generate", "Generate", 0), step("fulfill", "Fulfill", 1)}}
	}
	value := 25
	b.stage.play("generate", func(_ context.Context, task job.Task, _ job.Reporter) (job.Result, error) {
		if task.IsForced {
			return job.Result{Output: true}, nil
		}
		return job.Result{Blocked: map[string]any{"value": value}}, nil
	})
	as := func(name string) context.Context {
		return permit.With(t.Context(), &permit.Actor{Username: name, Grants: []permit.Grant{{Path: permit.JobUpdate, CanExecute: true}}})
	}
	launch := func(t *testing.T, in job.RunJobInput) *job.JobInstance {
		p, err := b.jobs.RunJob(as("ann"), in)
		require.NoError(t, err)
		b.until(t, p.JobInstance.ID, job.Blocked)
		return p.JobInstance
	}
	refused := func(t *testing.T, id int64, who ...string) {
		for _, name := range who {
			_, err := b.jobs.ResumeJobInstance(as(name), job.JobInstanceInput{JobInstanceID: id})
			require.True(t, errs.Is(err, errs.Forbidden), "%s: %v", name, err)
		}
		_, err := b.db.NewRaw("update job_instance set state = 'IN_PROGRESS' where id = ?", id).Exec(t.Context())
		require.ErrorContains(t, err, "second person", "the database refuses the same")
		_, err = b.db.NewRaw("update job_instance set state = 'IN_PROGRESS', resumed_by = ? where id = ?", who[len(who)-1], id).Exec(t.Context())
		require.ErrorContains(t, err, "second person")
		b.until(t, id, job.Blocked)
	}
	b.save(t, definition(true))

	i := launch(t, job.RunJobInput{Job: "j"})
	refused(t, i.ID, "ann", "ANN", "ann.admin", "ann.mail", "waiting")
	b.save(t, definition(false)) // he may change the job, and that changes nothing about what he launched
	refused(t, i.ID, "ann", "ann.admin")
	_, err = b.jobs.ResumeJobInstance(as("bob"), job.JobInstanceInput{JobInstanceID: i.ID})
	require.NoError(t, err)
	b.until(t, i.ID, job.Completed)

	i = launch(t, job.RunJobInput{Job: "j"})
	b.save(t, definition(true)) // nor does it when the wish comes later
	refused(t, i.ID, "ann", "ann.mail")
	_, err = b.jobs.ResumeJobInstance(as("nobody"), job.JobInstanceInput{JobInstanceID: i.ID})
	require.NoError(t, err)
	b.until(t, i.ID, job.Completed)

	_, err = b.jobs.RunJob(as("ann"), job.RunJobInput{Job: "j", Force: true})
	require.True(t, errs.Is(err, errs.Forbidden), "a launch with force would be his own approval: %v", err)

	// What somebody else allowed once is not allowed for what comes after a failure.
	b.stage.play("fulfill", func(context.Context, job.Task, job.Reporter) (job.Result, error) {
		return job.Result{}, errors.New("away")
	})
	b.stage.play("generate", func(_ context.Context, task job.Task, _ job.Reporter) (job.Result, error) {
		if task.IsForced {
			return job.Result{}, errors.New("broke in the middle")
		}
		return job.Result{Blocked: map[string]any{"value": value}}, nil
	})
	i = launch(t, job.RunJobInput{Job: "j"})
	_, err = b.jobs.ResumeJobInstance(as("bob"), job.JobInstanceInput{JobInstanceID: i.ID})
	require.NoError(t, err)
	b.until(t, i.ID, job.Errored)
	value = 25_000
	p, err := b.jobs.RelaunchJobInstance(as("ann"), job.JobInstanceInput{JobInstanceID: i.ID})
	require.NoError(t, err)
	b.until(t, p.JobInstance.ID, job.Blocked)
	refused(t, p.JobInstance.ID, "ann", "ann.admin")
}
