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

// Transition is one line of a table of transitions.
type Transition[S ~string] struct {
	Action Action
	From   []S
	To     S
	Who    string
	Why    string
}

// instanceTransitions is the machine of a run. Actions that end it are taken by the conductor once no task runs any more.
var instanceTransitions = []Transition[JobInstanceState]{
	{Start, []JobInstanceState{Queued}, InProgress, "conductor", "a worker has taken it up"},
	{Complete, []JobInstanceState{InProgress}, Completed, "conductor", "all tasks ended well"},
	{Warn, []JobInstanceState{InProgress}, Warning, "conductor", "all tasks ended, at least one with a warning"},
	{Fail, []JobInstanceState{InProgress}, Errored, "conductor", "a task failed"},
	{Block, []JobInstanceState{InProgress}, Blocked, "conductor", "a threshold stopped a task"},
	{Resume, []JobInstanceState{Blocked}, InProgress, "person", "the blocked tasks run again, forced, then the rest"},
	{Cancel, []JobInstanceState{Queued, InProgress}, Cancelled, "person", "stopped; running tasks have finished first"},
	{GiveUp, []JobInstanceState{Blocked}, Cancelled, "person", "nobody will resume it, or a newer run took its place"},
	{Abort, []JobInstanceState{InProgress}, Aborted, "conductor", "the processes that ran a task were lost too often"},
}

// taskTransitions is the machine of a task.
var taskTransitions = []Transition[TaskInstanceState]{
	{Start, []TaskInstanceState{TaskWaiting}, TaskInProgress, "conductor", "its level has come and its parents produced output"},
	{Restart, []TaskInstanceState{TaskInProgress}, TaskInProgress, "sweep", "the process that ran it is silent"},
	{HandOver, []TaskInstanceState{TaskInProgress}, TaskInProgress, "worker", "its process stops; another one starts it anew"},
	{Complete, []TaskInstanceState{TaskInProgress}, TaskCompleted, "worker", "done"},
	{CompleteEmptyHanded, []TaskInstanceState{TaskInProgress}, TaskCompletedNoOutput, "worker", "there was nothing to do"},
	{Warn, []TaskInstanceState{TaskInProgress}, TaskWarning, "worker", "failed or complained, and the run may go on"},
	{Fail, []TaskInstanceState{TaskInProgress}, TaskErrored, "worker", "failed"},
	{Block, []TaskInstanceState{TaskInProgress}, TaskBlocked, "worker", "a threshold was exceeded"},
	{Resume, []TaskInstanceState{TaskBlocked}, TaskWaiting, "person", "runs again with thresholds off"},
	{Skip, []TaskInstanceState{TaskWaiting}, TaskSkipped, "conductor", "a parent produced no output or did not end well"},
	{Cancel, []TaskInstanceState{TaskWaiting, TaskBlocked}, TaskCancelled, "person", "the run was stopped or given up"},
	{Abort, []TaskInstanceState{TaskInProgress}, TaskAborted, "sweep", "started too often without an end"},
}

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

const changed = "job.changed"

func changeEvent(instanceID int64, data change) event.Event {
	return event.Event{Kind: changed, SubjectType: "job_instance", SubjectID: instanceID, Data: data}
}

func transition[S ~string](table []Transition[S], action Action) Transition[S] {
	i := slices.IndexFunc(table, func(t Transition[S]) bool { return t.Action == action })
	if i < 0 {
		panic(fmt.Sprintf("no transition for %s", action)) // a mistake in this package; the state test finds it
	}
	return table[i]
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
	t := transition(instanceTransitions, action)
	q := tx.NewUpdate().Model((*JobInstance)(nil)).Set("state = ?", t.To)
	switch {
	case action == Start:
		q.Set("started_at = ?", now)
	case action == Resume:
		q.Set("is_repair = true, cancel_requested = false")
	case t.To.IsFinal():
		q.Set("ended_at = ?", now)
	}
	var moved []struct {
		JobInstance
		Was JobInstanceState
	}
	err := q.TableExpr("(SELECT id, state FROM job_instance WHERE id IN (?) FOR UPDATE) AS old", bun.List(ids)).
		Where("i.id = old.id AND old.state IN (?)", bun.List(t.From)).
		Returning("i.*, old.state AS was").Scan(ctx, &moved)
	if err != nil {
		return nil, db.Explain(fmt.Errorf("%s job instances: %w", strings.ToLower(string(action)), err))
	}
	out := make([]*JobInstance, len(moved))
	events := make([]event.Event, len(moved))
	for i := range moved {
		out[i] = &moved[i].JobInstance
		events[i] = changeEvent(moved[i].ID, change{From: moved[i].Was, To: t.To, Reason: reason})
	}
	return out, event.Publish(ctx, tx, now, events...)
}

// applyTasks moves tasks in the same manner. THE ONLY PLACE WHERE A TASK CHANGES STATE.
func applyTasks(ctx context.Context, tx bun.Tx, now time.Time, action Action, ids ...int64) ([]*TaskInstance, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	t := transition(taskTransitions, action)
	q := tx.NewUpdate().Model((*TaskInstance)(nil)).Set("state = ?, lease_owner = NULL, lease_until = NULL", t.To)
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
		Where("t.id = old.id AND old.state IN (?)", bun.List(t.From)).
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
		c.Tasks = append(c.Tasks, taskChange{ID: m.ID, From: m.Was, To: t.To})
	}
	events := make([]event.Event, 0, len(changes))
	for id, c := range changes {
		events = append(events, changeEvent(id, *c))
	}
	return out, event.Publish(ctx, tx, now, events...)
}

// Draw writes the two machines as text, one line per transition; doc.go shows it.
func Draw() string {
	var b strings.Builder
	draw(&b, "run", instanceTransitions)
	draw(&b, "task", taskTransitions)
	return b.String()
}

func draw[S ~string](b *strings.Builder, title string, table []Transition[S]) {
	for _, t := range table {
		from := make([]string, len(t.From))
		for i, f := range t.From {
			from[i] = string(f)
		}
		fmt.Fprintf(b, "%-4s %-20s --%s (%s)--> %s\n", title, strings.Join(from, ", "), t.Action, t.Who, t.To)
	}
}
