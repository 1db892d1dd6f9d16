package job_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/job"
	"writ/server/permit"
)

// exportOptions stand for what a task of type Export reads.
type exportOptions struct {
	Scope         string
	Connector     string
	ResourceTypes []string
	Dirty         bool
}

// Check refuses what fits the types and makes no sense.
func (o exportOptions) Check() error {
	if o.Dirty && o.Scope == "all" {
		return errs.Invalid("dirty", "all is never dirty.")
	}
	return nil
}

func TestSaveJobs(t *testing.T) {
	t.Parallel()
	b, _ := dbtest.MustOpenURL(t)
	svc := newService(b, clock.New(), newStage())
	save := func(d ...job.JobDefinition) error {
		return db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error { return svc.SaveJobs(ctx, tx, d) })
	}
	svc.Options = map[job.TaskType]any{"Export": exportOptions{}, "Prepare": nil}
	good := func() job.JobDefinition {
		return job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("a", "Export", 0), step("b", "Prepare", 1, "a")}}
	}
	options := func(name string, value any) func(*job.JobDefinition) {
		return func(d *job.JobDefinition) { d.Steps[0].Options = map[string]any{name: value} }
	}
	for name, c := range map[string]struct {
		spoil func(*job.JobDefinition)
		field string
	}{
		"NoIdentifier":    {func(d *job.JobDefinition) { d.Identifier = " " }, "jobs[0].identifier"},
		"NoSteps":         {func(d *job.JobDefinition) { d.Steps = nil }, "job/j.steps"},
		"UnknownTaskType": {func(d *job.JobDefinition) { d.Steps[1].TaskType = "Dance" }, "job/j.steps[1].type"},
		"TwiceTheStep":    {func(d *job.JobDefinition) { d.Steps[1].Identifier = "a" }, "job/j.steps[1].identifier"},
		"BadCron":         {func(d *job.JobDefinition) { d.Cron = "often" }, "job/j.cron"},
		"BadZone":         {func(d *job.JobDefinition) { d.CronTimeZone = "Mars/Olympus" }, "job/j.cronTimeZone"},
		"UnknownParent":   {func(d *job.JobDefinition) { d.Steps[0].DependsOn = []string{"z"} }, "job/j.steps[0].dependsOn[0]"},
		"ParentLater":     {func(d *job.JobDefinition) { d.Steps[0].DependsOn = []string{"b"} }, "job/j.steps[0].dependsOn[0]"},
		"BadLevel":        {func(d *job.JobDefinition) { *d.Steps[0].Level = -2 }, "job/j.steps[0].level"},
		"UnknownOption":   {options("colour", "red"), "job/j.steps[0].options.colour"},
		"WrongType":       {options("dirty", "yes"), "job/j.steps[0].options.dirty"},
		"WrongCommonType": {options("continueOnError", 3), "job/j.steps[0].options.continueOnError"},
		"ListIsNoText":    {options("resourceTypes", "A"), "job/j.steps[0].options.resourceTypes"},
		"MakesNoSense":    {func(d *job.JobDefinition) { d.Steps[0].Options = map[string]any{"scope": "all", "dirty": true} }, "job/j.steps[0].options"},
		"NoSuchConnector": {options("connector", "LDAP"), "job/j.steps[0].options.connector"},
		"NoSuchType":      {options("resourceTypes", []any{"A"}), "job/j.steps[0].options.resourceTypes"},
		"Circle": {func(d *job.JobDefinition) {
			*d.Steps[1].Level = 0
			d.Steps[0].DependsOn = []string{"b"}
		}, "job/j.steps[0].dependsOn[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			d := good()
			c.spoil(&d)
			err := save(d)
			require.True(t, errs.Is(err, errs.Validation), "%v", err)
			require.Equal(t, c.field, errs.As(err).Field)
		})
	}
	t.Run("ReplacesByIdentifier", func(t *testing.T) {
		other := good()
		other.Identifier = "other"
		require.NoError(t, save(good(), other))
		d := good()
		d.DisplayName, d.Steps = "Renamed", d.Steps[:1]
		ctx, q := db.CountQueries(t.Context())
		require.NoError(t, db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error { return svc.SaveJobs(ctx, tx, []job.JobDefinition{d}) }))
		require.LessOrEqual(t, q.N(), 3)
		all, err := svc.List(person(t.Context(), permit.JobQuery))
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, "Renamed", all[0].DisplayName)
		require.Equal(t, 2, all[0].Version)
		steps, err := svc.Steps(t.Context(), []int64{all[0].ID, all[1].ID})
		require.NoError(t, err)
		require.Len(t, steps, 3)
	})
	t.Run("LoadsWhatWasSaved", func(t *testing.T) {
		d := good()
		d.DisplayName, d.Cron, d.CronTimeZone, d.IsIncremental = "J", "0 2 * * *", "UTC", true
		on := true
		d.ScheduleEnabled = &on
		for n := range d.Steps {
			d.Steps[n].DisplayName = d.Steps[n].Identifier
		}
		d.Steps[0].DependsOn = []string{}
		require.NoError(t, save(d))
		loaded, err := job.Load(t.Context(), b)
		require.NoError(t, err)
		require.Equal(t, d, loaded[0])
	})
	t.Run("Delete", func(t *testing.T) {
		ctx := person(t.Context(), "/Jobs")
		p, err := svc.RunJob(ctx, job.RunJobInput{Job: "other"})
		require.NoError(t, err)
		drop := func() error {
			return db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error { return svc.DeleteJobs(ctx, tx, []string{"other", "never"}) })
		}
		require.True(t, errs.Is(drop(), errs.Conflict))
		cancelled, err := svc.CancelJobInstance(ctx, job.JobInstanceInput{JobInstanceID: p.JobInstance.ID})
		require.NoError(t, err)
		require.Equal(t, job.Cancelled, cancelled.JobInstance.State, "nothing runs, so it ends at once")
		require.NoError(t, drop())
		_, err = svc.Get(ctx, "other")
		require.True(t, errs.Is(err, errs.NotFound))
	})
}
