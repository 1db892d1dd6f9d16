package job

import (
	"cmp"
	"slices"
)

// decision is what has to happen next to a run; zero = nothing, wait for a task to end.
type decision struct {
	begin    bool    // QUEUED -> IN_PROGRESS, before anything else
	start    []int64 // tasks, in the order in which they claim their scopes
	skip     []int64
	cancel   []int64
	instance Action // the run ends or blocks; "" = it goes on
}

// decide says what has to happen next: pure arithmetic on the rows (spec 9.2).
//
// Tasks of one level start together and the next level waits for all of them; level -1 is a level of its own per task. A task waits
// for its parents even inside a level, and is skipped unless all of them produced output. After an error, a block or a stop, what runs
// finishes and nothing more is started.
func decide(i *JobInstance, tasks []*TaskInstance) decision {
	var d decision
	switch i.State {
	case Queued:
		d.begin = !i.CancelRequested
	case InProgress:
	default:
		return d
	}
	state := make(map[int64]TaskInstanceState, len(tasks))
	byName := make(map[string]*TaskInstance, len(tasks))
	has := map[TaskInstanceState]bool{}
	for _, t := range tasks {
		state[t.ID], byName[t.Identifier] = t.State, t
		has[t.State] = true
	}
	if i.CancelRequested || has[TaskErrored] || has[TaskAborted] || has[TaskBlocked] {
		if !has[TaskInProgress] {
			d.stop(i, tasks, has)
		}
		return d
	}
	for _, stage := range stages(tasks) {
		d.enter(stage, state, byName)
		if slices.ContainsFunc(stage, func(t *TaskInstance) bool { return !state[t.ID].HasEnded() }) {
			return d
		}
	}
	d.instance = Complete
	if has[TaskWarning] {
		d.instance = Warn
	}
	return d
}

// stop ends a run whose tasks are all at rest.
func (d *decision) stop(i *JobInstance, tasks []*TaskInstance, has map[TaskInstanceState]bool) {
	switch {
	case i.CancelRequested:
		d.instance = Cancel
		for _, t := range tasks {
			if t.State == TaskWaiting || t.State == TaskBlocked {
				d.cancel = append(d.cancel, t.ID)
			}
		}
	case has[TaskAborted]:
		d.instance = Abort
	case has[TaskErrored]:
		d.instance = Fail
	default:
		d.instance = Block
	}
}

// enter starts and skips what can be in a stage, noting it in state; skipping one may decide another, so it goes round.
func (d *decision) enter(stage []*TaskInstance, state map[int64]TaskInstanceState, byName map[string]*TaskInstance) {
	for again := true; again; {
		again = false
		for _, t := range stage {
			if state[t.ID] != TaskWaiting {
				continue
			}
			switch wait, skip := parents(t, state, byName); {
			case skip:
				d.skip = append(d.skip, t.ID)
				state[t.ID], again = TaskSkipped, true
			case !wait:
				d.start = append(d.start, t.ID)
				state[t.ID] = TaskInProgress
			}
		}
	}
}

// parents tells what those of a task decide. A parent that is no part of this run (it was launched from a later step) decides nothing.
func parents(t *TaskInstance, state map[int64]TaskInstanceState, byName map[string]*TaskInstance) (wait, skip bool) {
	for _, name := range t.DependsOn {
		p := byName[name]
		switch {
		case p == nil:
		case !state[p.ID].HasEnded():
			wait = true
		case state[p.ID] != TaskCompleted:
			skip = true
		}
	}
	return wait, skip
}

// stages groups tasks by what starts together, in order.
func stages(tasks []*TaskInstance) [][]*TaskInstance {
	sorted := slices.SortedFunc(slices.Values(tasks), func(a, b *TaskInstance) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Position, b.Position))
	})
	var out [][]*TaskInstance
	for _, t := range sorted {
		if n := len(out); n > 0 && t.Level >= 0 && out[n-1][0].Level == t.Level {
			out[n-1] = append(out[n-1], t)
		} else {
			out = append(out, []*TaskInstance{t})
		}
	}
	return out
}
