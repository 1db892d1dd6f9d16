package job

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// RunJobInput says what to launch. Job alone: all its steps. The other fields leave steps out (spec 9.6); all given ones must hold.
type RunJobInput struct {
	Job                string  // identifier
	FromStep           *string // identifier: start at this step
	ToStep             *string // identifier: end with this step
	Step               *string // identifier: this step alone
	TaskType           *TaskType
	IdentifierContains *string
	Force              bool // do not ask the thresholds; not for jobs that want a second person to do that
}

// JobInstanceInput names a run, and says why something is done to it.
type JobInstanceInput struct {
	Reason        *string // kept in the event and in the log of what was blocked; nil: none
	JobInstanceID int64
}

// RunJobPayload gives the run as it is after the verb.
type RunJobPayload struct {
	JobInstance *JobInstance
}

// RunJob launches a job. NOT_FOUND, FORBIDDEN (also for a job that people may not launch, or not with force), ALREADY_RUNNING, VALIDATION when no step is
// left. A blocked run of a job that is not incremental is given up: the new one decides again. Needs /Jobs/Job/Update.
func (s *Service) RunJob(ctx context.Context, in RunJobInput) (*RunJobPayload, error) {
	if _, err := permit.Require(ctx, permit.JobUpdate); err != nil {
		return nil, err
	}
	var i *JobInstance
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		j, err := getJob(ctx, tx, in.Job)
		if err != nil {
			return err
		}
		if j.UserStartDenied && !permit.From(ctx).System {
			return errs.New(errs.Forbidden, "The job %s is launched by its schedule only.", j.DisplayName).Of(j.Identifier)
		}
		steps, err := selectSteps(ctx, tx, []int64{j.ID})
		if err != nil {
			return err
		}
		if steps, err = chosen(steps, in); err != nil {
			return err
		}
		if in.Force && j.NeedsSecondPerson && !permit.From(ctx).System {
			return errs.New(errs.Forbidden, "The job %s wants a second person to go over a limit. Launch it without force, and let somebody else resume it.", j.DisplayName).Of(j.Identifier)
		}
		i, err = s.launch(ctx, tx, j, nil, tasksOf(steps, in.Force))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &RunJobPayload{JobInstance: i}, nil
}

// RelaunchJobInstance launches a job anew from where a run failed: what ended well is not done again. Steps that were changed since are taken
// as they are now. INVALID_TRANSITION unless the run is ERRORED or ABORTED; ALREADY_RUNNING. Needs /Jobs/Job/Update.
func (s *Service) RelaunchJobInstance(ctx context.Context, in JobInstanceInput) (*RunJobPayload, error) {
	return s.withInstance(ctx, in, func(ctx context.Context, tx bun.Tx, old *JobInstance) (*JobInstance, error) {
		if old.State != Errored && old.State != Aborted {
			return nil, refuse(old, "relaunched from the failed task")
		}
		jobs, err := selectJobsByID(ctx, tx, []int64{old.JobID})
		if err != nil {
			return nil, err
		}
		steps, err := selectSteps(ctx, tx, []int64{old.JobID})
		if err != nil {
			return nil, err
		}
		tasks, err := selectTasks(ctx, tx, []int64{old.ID})
		if err != nil {
			return nil, err
		}
		again := fromFailed(tasks, steps)
		for _, t := range again {
			t.IsForced = t.IsForced && !jobs[0].NeedsSecondPerson && !old.NeedsSecondPerson
		}
		return s.launch(ctx, tx, jobs[0], &old.ID, again)
	})
}

// ResumeJobInstance lets a blocked run go on: the blocked tasks run again with thresholds off, then those that had not been started.
// INVALID_TRANSITION unless it is BLOCKED; ALREADY_RUNNING when a newer run of the job is under way; FORBIDDEN to whoever launched it, by any of
// his accounts, when the job wants a second person, or did when it was launched. Needs /Jobs/Job/Update.
func (s *Service) ResumeJobInstance(ctx context.Context, in JobInstanceInput) (*RunJobPayload, error) {
	return s.withInstance(ctx, in, func(ctx context.Context, tx bun.Tx, i *JobInstance) (*JobInstance, error) {
		if i.State != Blocked {
			return nil, refuse(i, "resumed")
		}
		if err := needsOther(ctx, tx, i); err != nil {
			return nil, err
		}
		blocked, err := blockedTasks(ctx, tx, i.ID)
		if err != nil {
			return nil, err
		}
		if err := updateResumedBy(ctx, tx, i.ID, permit.Name(ctx)); err != nil {
			return nil, err
		}
		moved, err := applyInstancesBecause(ctx, tx, s.Clock.Now(), Resume, in.reason(), i.ID)
		if db.Constraint(err) == "job_instance_one_running" {
			return nil, errs.New(errs.AlreadyRunning, "A newer run of this job is under way. Resume this one when it has ended.").Of(i.ID).Because(err)
		}
		if err != nil {
			return nil, err
		}
		if err := s.logDecision(ctx, tx, blocked, "Resumed over the limit", in.reason()); err != nil {
			return nil, err
		}
		if _, err := applyTasks(ctx, tx, s.Clock.Now(), Resume, blocked...); err != nil {
			return nil, err
		}
		return moved[0], enqueueConduct(ctx, tx, i.ID)
	})
}

// needsOther refuses whoever launched a run of a job that wants a second person. The database says who is who, and refuses the same.
func needsOther(ctx context.Context, tx bun.Tx, i *JobInstance) error {
	jobs, err := selectJobsByID(ctx, tx, []int64{i.JobID})
	if err != nil || len(jobs) == 0 || !jobs[0].NeedsSecondPerson && !i.NeedsSecondPerson {
		return err
	}
	if same, err := areOnePerson(ctx, tx, permit.Name(ctx), i.LaunchedBy); err != nil || !same {
		return err
	}
	return errs.New(errs.Forbidden, "You launched this run. The job %s wants a second person to resume it over a limit.", jobs[0].DisplayName).Of(i.ID)
}

func blockedTasks(ctx context.Context, tx bun.Tx, instanceID int64) ([]int64, error) {
	tasks, err := selectTasks(ctx, tx, []int64{instanceID})
	if err != nil {
		return nil, err
	}
	var blocked []int64
	for _, t := range tasks {
		if t.State == TaskBlocked {
			blocked = append(blocked, t.ID)
		}
	}
	return blocked, nil
}

// logDecision says in the log of the blocked tasks who decided, and why.
func (s *Service) logDecision(ctx context.Context, tx bun.Tx, tasks []int64, what, reason string) error {
	message := what + " by " + permit.Name(ctx)
	if reason != "" {
		message += ": " + reason
	}
	var lines logLines
	for _, id := range tasks {
		lines = append(lines, &TaskLogLine{TaskInstanceID: id, At: s.Clock.Now(), Level: LogWarn, Message: message})
	}
	return lines.write(ctx, tx)
}

// CancelJobInstance stops a run: the running tasks finish first, the next are not started. A blocked run is given up, so that what was blocked
// is dropped. INVALID_TRANSITION when it has ended. Needs /Jobs/Job/Update.
func (s *Service) CancelJobInstance(ctx context.Context, in JobInstanceInput) (*RunJobPayload, error) {
	return s.withInstance(ctx, in, func(ctx context.Context, tx bun.Tx, i *JobInstance) (*JobInstance, error) {
		switch {
		case i.State.IsFinal():
			return nil, refuse(i, "stopped")
		case i.State == Blocked:
			blocked, err := blockedTasks(ctx, tx, i.ID)
			if err != nil {
				return nil, err
			}
			if err := s.logDecision(ctx, tx, blocked, "Given up", in.reason()); err != nil {
				return nil, err
			}
			if err := s.giveUp(ctx, tx, []int64{i.ID}); err != nil {
				return nil, err
			}
		default:
			if err := updateCancelRequested(ctx, tx, i.ID); err != nil {
				return nil, err
			}
			if err := s.advance(ctx, tx, i.ID); err != nil {
				return nil, err
			}
		}
		return getInstance(ctx, tx, i.ID)
	})
}

// maxReason is the longest reason in characters.
const maxReason = 4000

func (in JobInstanceInput) reason() string {
	if in.Reason == nil {
		return ""
	}
	return strings.TrimSpace(*in.Reason)
}

func refuse(i *JobInstance, what string) error {
	return errs.New(errs.InvalidTransition, "This run is %s and cannot be %s.", strings.ToLower(strings.ReplaceAll(string(i.State), "_", " ")), what).Of(i.ID)
}

// withInstance checks the permission and gives verb the run, locked.
func (s *Service) withInstance(ctx context.Context, in JobInstanceInput,
	verb func(ctx context.Context, tx bun.Tx, i *JobInstance) (*JobInstance, error),
) (*RunJobPayload, error) {
	if _, err := permit.Require(ctx, permit.JobUpdate); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(in.reason()) > maxReason {
		return nil, errs.Invalid("input.reason", "A reason has at most %d characters.", maxReason)
	}
	p := &RunJobPayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		i, err := lockInstance(ctx, tx, in.JobInstanceID)
		if err != nil {
			return err
		}
		if i == nil {
			return errs.Missing("There is no job instance %d.", in.JobInstanceID)
		}
		p.JobInstance, err = verb(ctx, tx, i)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// launch writes a run with its tasks and wakes the conductor. ALREADY_RUNNING leaves the transaction usable.
func (s *Service) launch(ctx context.Context, tx bun.Tx, j *Job, parent *int64, tasks []*TaskInstance) (*JobInstance, error) {
	now := s.Clock.Now()
	i := &JobInstance{JobID: j.ID, State: Queued, LaunchedBy: permit.Name(ctx), ParentID: parent, CreatedAt: now, NeedsSecondPerson: j.NeedsSecondPerson}
	ok, err := insertInstance(ctx, tx, i)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errs.New(errs.AlreadyRunning, "The job %s is running already.", j.DisplayName).Of(j.Identifier)
	}
	for _, t := range tasks {
		t.JobInstanceID = i.ID
	}
	if err := insertTasks(ctx, tx, tasks); err != nil {
		return nil, err
	}
	if !j.IsIncremental {
		if err := s.supersede(ctx, tx, i, nil); err != nil {
			return nil, err
		}
	}
	if err := event.Publish(ctx, tx, now, changeEvent(i.ID, change{To: Queued})); err != nil {
		return nil, err
	}
	return i, enqueueConduct(ctx, tx, i.ID)
}

// chosen gives the steps that the input wants.
func chosen(steps []*JobStep, in RunJobInput) ([]*JobStep, error) {
	from, to := 0, len(steps)-1
	for field, name := range map[string]*string{"input.fromStep": in.FromStep, "input.toStep": in.ToStep, "input.step": in.Step} {
		if name == nil {
			continue
		}
		n := slices.IndexFunc(steps, func(s *JobStep) bool { return s.Identifier == *name })
		if n < 0 {
			return nil, errs.Invalid(field, "The job %s has no step %q.", in.Job, *name)
		}
		switch field {
		case "input.fromStep":
			from = max(from, n)
		case "input.toStep":
			to = min(to, n)
		default:
			from, to = max(from, n), min(to, n)
		}
	}
	out := []*JobStep{}
	for n, step := range steps {
		if n >= from && n <= to && (in.TaskType == nil || step.TaskType == *in.TaskType) &&
			(in.IdentifierContains == nil || strings.Contains(strings.ToLower(step.Identifier), strings.ToLower(*in.IdentifierContains))) {
			out = append(out, step)
		}
	}
	if len(out) == 0 {
		return nil, errs.Invalid("input", "No step of the job %s is left to run.", in.Job)
	}
	return out, nil
}

func tasksOf(steps []*JobStep, forced bool) []*TaskInstance {
	tasks := make([]*TaskInstance, len(steps))
	for n, step := range steps {
		tasks[n] = taskOf(step)
		tasks[n].IsForced = forced
	}
	return tasks
}

func taskOf(step *JobStep) *TaskInstance {
	return &TaskInstance{
		StepID: &step.ID, Identifier: step.Identifier, DisplayName: step.DisplayName, TaskType: step.TaskType, Level: step.Level,
		Position: step.Position, Options: step.Options, DependsOn: step.DependsOn, Scope: scopeOf(step.TaskType, step.Options),
		State: TaskWaiting, Counters: map[string]int64{},
	}
}

// fromFailed copies the tasks of a failed run: those that ended well as they are, the others to be run, with their steps as they are now.
// What was skipped because of one that runs again gets its chance, too. That somebody let a run go on over a limit was about what he saw then: the
// limits are asked again.
func fromFailed(tasks []*TaskInstance, steps []*JobStep) []*TaskInstance {
	again := map[string]bool{}
	for _, t := range tasks {
		switch t.State {
		case TaskCompleted, TaskCompletedNoOutput, TaskWarning, TaskSkipped:
		default:
			again[t.Identifier] = true
		}
	}
	for more := true; more; {
		more = false
		for _, t := range tasks {
			if t.State == TaskSkipped && !again[t.Identifier] && slices.ContainsFunc(t.DependsOn, func(p string) bool { return again[p] }) {
				again[t.Identifier], more = true, true
			}
		}
	}
	out := make([]*TaskInstance, len(tasks))
	for n, t := range tasks {
		c := *t
		c.ID, c.LeaseOwner, c.LeaseUntil, c.Fence = 0, nil, nil, 0
		if again[t.Identifier] {
			c.IsForced = t.IsForced && len(t.Blocked) == 0 // launched so
			c.State, c.Progress, c.Counters, c.Attempt = TaskWaiting, 0, map[string]int64{}, 0
			c.Blocked, c.Error, c.StartedAt, c.EndedAt = json.RawMessage(nil), nil, nil, nil
			if at := slices.IndexFunc(steps, func(s *JobStep) bool { return s.Identifier == t.Identifier }); at >= 0 {
				now := taskOf(steps[at])
				c.TaskType, c.Options, c.Scope, c.DisplayName = now.TaskType, now.Options, now.Scope, now.DisplayName
			}
		}
		out[n] = &c
	}
	return out
}
