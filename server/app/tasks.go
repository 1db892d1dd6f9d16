package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/job"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/risk"
	"writ/server/synchronization"
)

// tasks is the list of task types a job may name (provisioning spec 9.3).
func (a *App) tasks() map[job.TaskType]job.TaskFunc {
	return map[job.TaskType]job.TaskFunc{
		job.TaskExport:                          a.taskExport,
		job.TaskPrepareSynchronization:          a.taskPrepare,
		job.TaskSynchronize:                     a.taskSynchronize,
		job.TaskSynchronizeConnector:            a.taskSynchronizeConnector,
		job.TaskComputeCorrelationKeys:          a.taskCorrelationKeys,
		job.TaskComputeRoleModel:                a.taskRoleModel,
		job.TaskGenerateProvisioningOrders:      a.taskGenerate,
		job.TaskFulfill:                         a.taskFulfil,
		job.TaskUpdateClassification:            a.taskClassification,
		job.TaskUpdateEntityPropertyExpressions: a.taskExpressions,
		job.TaskBuildRoleModel:                  a.taskNaming,
		job.TaskComputeRiskScores:               a.taskScores,
	}
}

func (a *App) runInput(t job.Task, r job.Reporter) (synchronization.RunInput, error) {
	var o job.SynchronizationOptions
	if err := t.Decode(&o); err != nil {
		return synchronization.RunInput{}, err
	}
	connector, mode, command := said(o.Connector), said(o.Mode), said(o.CommandColumn)
	if connector == "" {
		return synchronization.RunInput{}, errs.Invalid("options.connector", "The task %s needs the option connector.", t.Identifier)
	}
	return synchronization.RunInput{Connector: connector, Mode: synchronization.Mode(strings.ToUpper(mode)), CommandColumn: command,
		Force: o.ForceSynchronization || t.IsForced, TaskInstanceID: t.ID, Reporter: heard{r}}, nil
}

// said is an option that may be left out.
func said(option *string) string {
	if option == nil {
		return ""
	}
	return *option
}

// heard lets a room that knows nothing of jobs report to one.
type heard struct{ job.Reporter }

// Count adds to a counter of the task; a test ties the names of both rooms.
func (h heard) Count(counter synchronization.Counter, delta int) {
	h.Reporter.Count(job.TaskCounter(counter), delta)
}

// Logf adds a line to the task's log.
func (h heard) Logf(level, format string, args ...any) {
	h.Reporter.Logf(job.LogLevel(level), format, args...)
}

func (a *App) taskExport(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	in, err := a.runInput(t, r)
	if err != nil {
		return job.Result{}, err
	}
	d, err := a.Synchronization.Export(ctx, in)
	if err == nil && d != nil {
		r.Logf(job.LogInfo, "%d rows read from %s.", d.Counters.Read, in.Connector)
	}
	return job.Result{Output: d != nil}, err
}

func (a *App) taskPrepare(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	in, err := a.runInput(t, r)
	if err != nil {
		return job.Result{}, err
	}
	d, err := a.Synchronization.Prepare(ctx, in)
	if err == nil && d == nil { // a continuous reading that was under way when the job began took the place of ours: read again
		if d, err = a.Synchronization.Export(ctx, in); err == nil && d != nil {
			d, err = a.Synchronization.Prepare(ctx, in)
		}
	}
	return job.Result{Output: d != nil}, err
}

func (a *App) taskSynchronize(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	in, err := a.runInput(t, r)
	if err != nil {
		return job.Result{}, err
	}
	if t.IsForced {
		return a.resumeDelivery(ctx, t, r)
	}
	d, err := a.Synchronization.Synchronize(ctx, in)
	if err == nil && d == nil { // as above
		d, err = a.Synchronization.Run(ctx, in)
	}
	logApplied(r, d, err)
	return delivered(d, err)
}

func (a *App) taskSynchronizeConnector(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	in, err := a.runInput(t, r)
	if err != nil {
		return job.Result{}, err
	}
	if t.IsForced {
		return a.resumeDelivery(ctx, t, r)
	}
	d, err := a.Synchronization.Run(ctx, in)
	logApplied(r, d, err)
	return delivered(d, err)
}

// resumeDelivery is the validation run: the blocked delivery of this task is applied as it was looked at (spec 8.3.3).
func (a *App) resumeDelivery(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	ctx = permit.With(ctx, permit.System(permit.Name(ctx)))
	d, err := a.Synchronization.OfTask(ctx, t.ID)
	if err != nil {
		return job.Result{}, err
	}
	if d == nil {
		return job.Result{}, errs.Missing("The delivery of this task is gone. Launch the job again.")
	}
	return delivered(a.Synchronization.Resume(ctx, d.ID, heard{r}))
}

func logApplied(r job.Reporter, d *synchronization.Delivery, err error) {
	if err == nil && d != nil {
		r.Logf(job.LogInfo, "Applied: %d inserted, %d updated, %d deleted; links: %d added, %d removed.",
			d.Counters.Inserted, d.Counters.Updated, d.Counters.Deleted, d.Counters.LinksInserted, d.Counters.LinksDeleted)
	}
}

// blockedByDelivery and blockedByGeneration are the two shapes of TaskInstance.blocked: what exceeded which limit.
func blockedByDelivery(message string, deliveryID int64, exceeded []synchronization.Exceeded) map[string]any {
	return map[string]any{"message": message, "deliveryId": deliveryID, "exceeded": exceeded}
}

func blockedByGeneration(exceeded []order.Exceeded) map[string]any {
	return map[string]any{"message": "Threshold exceeded: nothing was generated.", "exceeded": exceeded}
}

// approvedGeneration is what a person saw exceeded who let this task go on; nil: it was not blocked, or whatever it does is wanted.
func approvedGeneration(t job.Task) ([]order.Exceeded, error) {
	var o job.OrderOptions
	if err := t.Decode(&o); err != nil {
		return nil, err
	}
	if !t.IsForced || o.ForceProvisioning || len(t.Blocked) == 0 {
		return nil, nil
	}
	var blocked struct{ Exceeded []order.Exceeded }
	if err := json.Unmarshal(t.Blocked, &blocked); err != nil {
		return nil, fmt.Errorf("read what was blocked: %w", err)
	}
	return blocked.Exceeded, nil
}

// delivered turns a delivery into the end of a task: blocked with what exceeded which limit, or done.
func delivered(d *synchronization.Delivery, err error) (job.Result, error) {
	if errs.Is(err, errs.Threshold) && d != nil {
		return job.Result{Blocked: blockedByDelivery(errs.As(err).Message, d.ID, d.Blocked)}, nil
	}
	return job.Result{Output: d != nil}, err
}

func (a *App) taskCorrelationKeys(ctx context.Context, _ job.Task, r job.Reporter) (job.Result, error) {
	n, err := a.Assignments.ComputeCorrelationKeys(ctx, r.Progress)
	r.Count(job.CountKeys, n)
	r.Logf(job.LogInfo, "%d correlation keys.", n)
	return job.Result{Output: n > 0}, err
}

func (a *App) taskRoleModel(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	var o job.RoleModelOptions
	if err := t.Decode(&o); err != nil {
		return job.Result{}, err
	}
	report, err := a.Assignments.Run(ctx, assignment.Recompute{EntityTypes: o.EntityTypes, Dirty: o.Dirty, Options: assignment.Options{
		BlockProvisioning: o.BlockProvisioning || o.BlockAllResourceTypeProvisioning, NoReview: o.NoProvisioningReview}}, r.Progress)
	r.Count(job.CountOwners, report.Owners)
	r.Count(job.CountUnchanged, report.Unchanged)
	r.Count(job.CountRoles, report.Roles)
	r.Count(job.CountAssignments, report.Types)
	r.Count(job.CountOrders, report.Orders)
	r.Count(job.CountGaps, report.Gaps)
	r.Count(job.CountFailed, report.Failed)
	r.Logf("INFO", "%d owners looked at, %d unchanged, %d orders touched.", report.Owners, report.Unchanged, report.Orders)
	if report.Indirect > 0 {
		r.Logf("INFO", "%d rights that people have through others came, went, or are had another way now.", report.Indirect)
	}
	return job.Result{Output: report.Owners > 0, Warning: report.Failed > 0}, err
}

func (a *App) taskGenerate(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	var o job.OrderOptions
	if err := t.Decode(&o); err != nil {
		return job.Result{}, err
	}
	approved, err := approvedGeneration(t)
	if err != nil {
		return job.Result{}, err
	}
	g, err := a.Orders.Generate(ctx, order.GenerateInput{Connector: said(o.Connector), ResourceTypes: o.ResourceTypes, Force: o.ForceProvisioning || t.IsForced,
		Approved: approved, JobInstanceID: t.JobInstanceID})
	if err != nil && !errs.Is(err, errs.Threshold) {
		return job.Result{}, err
	}
	if g == nil {
		return job.Result{}, err
	}
	for _, c := range g.Counts {
		r.Count(job.CountInsert, c.Insert)
		r.Count(job.CountUpdate, c.Update)
		r.Count(job.CountDelete, c.Delete)
	}
	if len(g.Blocked) > 0 {
		r.Logf("WARN", "Threshold exceeded: nothing was generated.")
		return job.Result{Blocked: blockedByGeneration(g.Blocked)}, nil
	}
	r.Count(job.CountGenerated, g.Generated)
	r.Logf(job.LogInfo, "%d orders generated.", g.Generated)
	for reason, n := range g.Held {
		r.Logf(job.LogInfo, "%d orders held: %s.", n, reason)
	}
	return job.Result{Output: g.Generated > 0}, nil
}

func (a *App) taskFulfil(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	var o job.OrderOptions
	if err := t.Decode(&o); err != nil {
		return job.Result{}, err
	}
	var common job.CommonOptions
	if err := t.Decode(&common); err != nil {
		return job.Result{}, err
	}
	res, err := a.Orders.Fulfil(ctx, order.FulfilInput{Connector: said(o.Connector), ResourceTypes: o.ResourceTypes, ContinueOnError: common.ContinueOnError},
		func(done, _, total int) { r.Progress(done, total) })
	r.Count(job.CountExecuted, res.Executed)
	r.Count(job.CountTickets, res.Tickets)
	r.Count(job.CountErrored, res.Errors)
	r.Logf(job.LogInfo, "%d orders executed, %d tickets opened, %d errors.", res.Executed, res.Tickets, res.Errors)
	if err == nil && res.Errors > 0 { // a warning with continueOnError, else the task failed (spec 2.5.5)
		err = errs.New(errs.Conflict, "%d orders ended in an error. Look at them on the review page, where they can be unblocked.", res.Errors)
	}
	return job.Result{Output: res.Executed+res.Tickets > 0}, err
}

func (a *App) taskClassification(ctx context.Context, _ job.Task, r job.Reporter) (job.Result, error) {
	report, err := a.Assignments.Classify(ctx, r.Progress)
	r.Count(job.CountTargets, report.Owners)
	r.Count(job.CountAssignments, report.Types)
	r.Count(job.CountFailed, report.Failed)
	return job.Result{Output: report.Types > 0, Warning: report.Failed > 0}, err
}

// taskNaming makes roles of entitlements as role mappings say. What could not be named is a warning, resource by resource.
func (a *App) taskNaming(ctx context.Context, _ job.Task, r job.Reporter) (job.Result, error) {
	report, err := a.Manifest.BuildRoleModel(ctx)
	r.Count(job.CountResources, report.Resources)
	r.Count(job.CountRoles, report.Roles)
	r.Count(job.CountRules, report.Rules)
	r.Count(job.CountCategories, report.Categories)
	for i, text := range report.Left {
		if i == mostLines {
			r.Logf(job.LogWarn, "And %d more.", len(report.Left)-i)
			break
		}
		r.Logf(job.LogWarn, "%s", text)
	}
	return job.Result{Output: report.Roles+report.Rules > 0, Warning: len(report.Left) > 0}, err
}

// taskScores computes how dangerous people are by the risks they have; in an incremental job only of those whose risks are others.
func (a *App) taskScores(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	report, err := a.Risks.ComputeScores(ctx, risk.ScoreOptions{Dirty: t.IsIncremental})
	r.Count(job.CountOwners, report.Owners)
	r.Logf(job.LogInfo, "%d people have a score; %d scores are others than before. %d risks of people and %d things kept back ended, as their risks are deleted.", report.Owners, report.Changed, report.Over, report.Freed)
	return job.Result{Output: report.Changed+report.Over+report.Freed > 0}, err
}

// mostLines is how many lines about single resources a task writes into its log.
const mostLines = 200

// taskExpressions derives again what follows from the metadata: display names, unique keys, links, hierarchies; and computes the stored property
// expressions.
func (a *App) taskExpressions(ctx context.Context, _ job.Task, r job.Reporter) (job.Result, error) {
	var counts directory.Counts
	err := db.InTx(ctx, a.DB, func(ctx context.Context, tx bun.Tx) error {
		shape, err := a.Shapes.Load(ctx, tx)
		if err != nil {
			return err
		}
		counts, err = directory.Refresh(ctx, tx, a.Clock.Now(), shape, a.Directory.Writes)
		return err
	})
	if err != nil {
		return job.Result{}, err
	}
	written, err := a.Assignments.UpdateExpressions(ctx, r.Progress)
	r.Count(job.CountUpdated, counts.Updated+written)
	return job.Result{Output: counts.Any() || written > 0}, err
}
