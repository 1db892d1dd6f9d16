package job

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/event"
	"writ/server/machine"
)

// Kinds of the events that this room publishes.
const (
	EventChanged   = "job.changed"
	EventScheduled = "job.scheduled"
	EventLeftOut   = "job.left_out"
)

// JobInstanceState is where a run stands (spec 9.5).
type JobInstanceState string

const (
	Queued     JobInstanceState = "QUEUED"      // launched; the conductor starts it
	InProgress JobInstanceState = "IN_PROGRESS" // tasks run; the conductor moves it on when one ends
	Completed  JobInstanceState = "COMPLETED"   // final: all tasks fine, or skipped for lack of output
	Warning    JobInstanceState = "WARNING"     // final: all done, at least one continue-on-error task failed
	Errored    JobInstanceState = "ERRORED"     // final: a task failed, the following levels were not started
	Blocked    JobInstanceState = "BLOCKED"     // a threshold stopped a task; a person resumes or gives up
	Cancelled  JobInstanceState = "CANCELLED"   // final: stopped by a person, or given up
	Aborted    JobInstanceState = "ABORTED"     // final: the processes that ran a task were lost too often
)

// TaskInstanceState is where a task of a run stands (spec 9.5).
type TaskInstanceState string

const (
	TaskWaiting           TaskInstanceState = "WAITING"             // its turn has not come
	TaskInProgress        TaskInstanceState = "IN_PROGRESS"         // handed to a worker
	TaskCompleted         TaskInstanceState = "COMPLETED"           // final: produced output
	TaskCompletedNoOutput TaskInstanceState = "COMPLETED_NO_OUTPUT" // final: nothing to do; dependents are skipped
	TaskWarning           TaskInstanceState = "WARNING"             // final: failed or complained, and the run goes on
	TaskErrored           TaskInstanceState = "ERRORED"             // final: failed
	TaskBlocked           TaskInstanceState = "BLOCKED"             // stopped by a threshold before anything was written
	TaskSkipped           TaskInstanceState = "SKIPPED"             // final: a parent produced no output or did not end well
	TaskCancelled         TaskInstanceState = "CANCELLED"           // final: the run was stopped before its turn
	TaskAborted           TaskInstanceState = "ABORTED"             // final: lost with its process too often
)

// Action moves an instance or a task to another state.
type Action string

const (
	Start               Action = "START"
	Complete            Action = "COMPLETE"
	CompleteEmptyHanded Action = "COMPLETE_WITHOUT_OUTPUT"
	Warn                Action = "WARN"
	Fail                Action = "FAIL"
	Block               Action = "BLOCK"
	Resume              Action = "RESUME"
	Cancel              Action = "CANCEL"
	GiveUp              Action = "GIVE_UP"
	Abort               Action = "ABORT"
	Skip                Action = "SKIP"
	Restart             Action = "RESTART"
	HandOver            Action = "HAND_OVER"
)

// instanceMachine is the machine of a run. Actions that end it are taken by the conductor once no task runs any more.
var instanceMachine = machine.New(machine.Machine[JobInstanceState, Action]{
	Name: "job_instance", States: []JobInstanceState{Queued, InProgress, Completed, Warning, Errored, Blocked, Cancelled, Aborted}, Same: "=",
}, []machine.Transition[JobInstanceState, Action]{
	{Action: Start, From: []JobInstanceState{Queued}, To: InProgress, Actors: []string{"conductor"}, Why: "a worker has taken it up"},
	{Action: Complete, From: []JobInstanceState{InProgress}, To: Completed, Actors: []string{"conductor"}, Why: "all tasks ended well"},
	{Action: Warn, From: []JobInstanceState{InProgress}, To: Warning, Actors: []string{"conductor"}, Why: "all tasks ended, at least one with a warning"},
	{Action: Fail, From: []JobInstanceState{InProgress}, To: Errored, Actors: []string{"conductor"}, Why: "a task failed"},
	{Action: Block, From: []JobInstanceState{InProgress}, To: Blocked, Actors: []string{"conductor"}, Why: "a threshold stopped a task"},
	{Action: Resume, From: []JobInstanceState{Blocked}, To: InProgress, Actors: []string{"person"}, Why: "the blocked tasks run again, forced, then the rest"},
	{Action: Cancel, From: []JobInstanceState{Queued, InProgress}, To: Cancelled, Actors: []string{"person"}, Why: "stopped; running tasks have finished first"},
	{Action: GiveUp, From: []JobInstanceState{Blocked}, To: Cancelled, Actors: []string{"person"}, Why: "nobody will resume it, or a newer run took its place"},
	{Action: Abort, From: []JobInstanceState{InProgress}, To: Aborted, Actors: []string{"conductor"}, Why: "the processes that ran a task were lost too often"},
})

// taskMachine is the machine of a task.
var taskMachine = machine.New(machine.Machine[TaskInstanceState, Action]{
	Name: "task_instance", States: []TaskInstanceState{
		TaskWaiting, TaskInProgress, TaskCompleted, TaskCompletedNoOutput, TaskWarning, TaskErrored, TaskBlocked, TaskSkipped, TaskCancelled, TaskAborted,
	}, Same: "=",
}, []machine.Transition[TaskInstanceState, Action]{
	{Action: Start, From: []TaskInstanceState{TaskWaiting}, To: TaskInProgress, Actors: []string{"conductor"}, Why: "its level has come and its parents produced output"},
	{Action: Restart, From: []TaskInstanceState{TaskInProgress}, To: TaskInProgress, Actors: []string{"sweep"}, Why: "the process that ran it is silent"},
	{Action: HandOver, From: []TaskInstanceState{TaskInProgress}, To: TaskInProgress, Actors: []string{"worker"}, Why: "its process stops; another one starts it anew"},
	{Action: Complete, From: []TaskInstanceState{TaskInProgress}, To: TaskCompleted, Actors: []string{"worker"}, Why: "done"},
	{Action: CompleteEmptyHanded, From: []TaskInstanceState{TaskInProgress}, To: TaskCompletedNoOutput, Actors: []string{"worker"}, Why: "there was nothing to do"},
	{Action: Warn, From: []TaskInstanceState{TaskInProgress}, To: TaskWarning, Actors: []string{"worker"}, Why: "failed or complained, and the run may go on"},
	{Action: Fail, From: []TaskInstanceState{TaskInProgress}, To: TaskErrored, Actors: []string{"worker"}, Why: "failed"},
	{Action: Block, From: []TaskInstanceState{TaskInProgress}, To: TaskBlocked, Actors: []string{"worker"}, Why: "a threshold was exceeded"},
	{Action: Resume, From: []TaskInstanceState{TaskBlocked}, To: TaskWaiting, Actors: []string{"person"}, Why: "runs again with thresholds off"},
	{Action: Skip, From: []TaskInstanceState{TaskWaiting}, To: TaskSkipped, Actors: []string{"conductor"}, Why: "a parent produced no output or did not end well"},
	{Action: Cancel, From: []TaskInstanceState{TaskWaiting, TaskBlocked}, To: TaskCancelled, Actors: []string{"person"}, Why: "the run was stopped or given up"},
	{Action: Abort, From: []TaskInstanceState{TaskInProgress}, To: TaskAborted, Actors: []string{"sweep"}, Why: "started too often without an end"},
})

// IsFinal reports whether nothing can happen to the run any more.
func (s JobInstanceState) IsFinal() bool {
	return slices.Contains([]JobInstanceState{Completed, Warning, Errored, Cancelled, Aborted}, s)
}

// HasEnded reports whether the task is over, for this start at least (a blocked one may be resumed).
func (s TaskInstanceState) HasEnded() bool { return s != TaskWaiting && s != TaskInProgress }

// change is the Data of a job.changed event. The subject is always the job instance.
type change struct {
	From     JobInstanceState `json:"from,omitempty"`
	To       JobInstanceState `json:"to,omitempty"`
	Reason   string           `json:"reason,omitempty"` // what a person gave who resumed it
	Progress *float64         `json:"progress,omitempty"`
	Tasks    []taskChange     `json:"tasks,omitempty"`
}

type taskChange struct {
	ID       int64             `json:"id"`
	From     TaskInstanceState `json:"from,omitempty"`
	To       TaskInstanceState `json:"to,omitempty"`
	Progress *float64          `json:"progress,omitempty"`
}

func changeEvent(instanceID int64, data change) event.Event {
	return event.Event{Kind: EventChanged, SubjectType: "job_instance", SubjectID: instanceID, Data: data}
}

// applyInstances moves runs, and only those in a legal from-state: it gives the ones that moved. The caller holds their locks.
// THE ONLY PLACE WHERE A RUN CHANGES STATE.
func applyInstances(ctx context.Context, tx bun.Tx, now time.Time, action Action, ids ...int64) ([]*JobInstance, error) {
	return applyInstancesBecause(ctx, tx, now, action, "", ids...)
}

// applyInstancesBecause is applyInstances with the reason that a person gave, for the event.
func applyInstancesBecause(ctx context.Context, tx bun.Tx, now time.Time, action Action, reason string, ids ...int64) ([]*JobInstance, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	to := instanceMachine.To(action)
	q := tx.NewUpdate().Model((*JobInstance)(nil)).Set("state = ?", to)
	switch {
	case action == Start:
		q.Set("started_at = ?", now)
	case action == Resume:
		q.Set("is_repair = true, cancel_requested = false")
	case to.IsFinal():
		q.Set("ended_at = ?", now)
	}
	var moved []struct {
		JobInstance
		Was JobInstanceState
	}
	err := q.TableExpr("(SELECT id, state FROM job_instance WHERE id IN (?) FOR UPDATE) AS old", bun.List(ids)).
		Where("i.id = old.id AND old.state IN (?)", bun.List(instanceMachine.From(action))).
		Returning("i.*, old.state AS was").Scan(ctx, &moved)
	if err != nil {
		return nil, db.Explain(fmt.Errorf("%s job instances: %w", strings.ToLower(string(action)), err))
	}
	out := make([]*JobInstance, len(moved))
	events := make([]event.Event, len(moved))
	for i := range moved {
		out[i] = &moved[i].JobInstance
		events[i] = changeEvent(moved[i].ID, change{From: moved[i].Was, To: to, Reason: reason})
	}
	return out, event.Publish(ctx, tx, now, events...)
}

// applyTasks moves tasks in the same manner. THE ONLY PLACE WHERE A TASK CHANGES STATE.
func applyTasks(ctx context.Context, tx bun.Tx, now time.Time, action Action, ids ...int64) ([]*TaskInstance, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	to := taskMachine.To(action)
	q := tx.NewUpdate().Model((*TaskInstance)(nil)).Set("state = ?, lease_owner = NULL, lease_until = NULL", to)
	switch action {
	case Start:
		q.Set("fence = t.fence + 1, attempt = 1, started_at = ?, error = NULL, progress = 0, counters = '{}'", now)
	case HandOver:
		q.Set("fence = t.fence + 1, progress = 0, counters = '{}'")
	case Restart:
		q.Set("fence = t.fence + 1, attempt = t.attempt + 1, progress = 0, counters = '{}'")
	case Resume:
		q.Set("is_forced = true, ended_at = NULL")
	default:
		q.Set("ended_at = ?", now)
	}
	var moved []struct {
		TaskInstance
		Was TaskInstanceState
	}
	err := q.TableExpr("(SELECT id, state FROM task_instance WHERE id IN (?) FOR UPDATE) AS old", bun.List(ids)).
		Where("t.id = old.id AND old.state IN (?)", bun.List(taskMachine.From(action))).
		Returning("t.*, old.state AS was").Scan(ctx, &moved)
	if err != nil {
		return nil, db.Explain(fmt.Errorf("%s tasks: %w", strings.ToLower(string(action)), err))
	}
	out := make([]*TaskInstance, len(moved))
	changes := map[int64]*change{}
	for i := range moved {
		m := &moved[i]
		out[i] = &m.TaskInstance
		c := changes[m.JobInstanceID]
		if c == nil {
			c = &change{}
			changes[m.JobInstanceID] = c
		}
		c.Tasks = append(c.Tasks, taskChange{ID: m.ID, From: m.Was, To: to})
	}
	events := make([]event.Event, 0, len(changes))
	for id, c := range changes {
		events = append(events, changeEvent(id, *c))
	}
	return out, event.Publish(ctx, tx, now, events...)
}
