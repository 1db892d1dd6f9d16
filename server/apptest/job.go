package apptest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

// JobState is a state of a job instance or of a task instance.
type JobState string

// States that end, or stop, an instance.
const (
	Completed         JobState = "COMPLETED"
	CompletedNoOutput JobState = "COMPLETED_NO_OUTPUT"
	Warning           JobState = "WARNING"
	Errored           JobState = "ERRORED"
	Blocked           JobState = "BLOCKED"
	Skipped           JobState = "SKIPPED"
	Cancelled         JobState = "CANCELLED"
	Aborted           JobState = "ABORTED"
)

// stopped are the states of an instance that does not move by itself any more.
var stopped = []JobState{Completed, Warning, Errored, Blocked, Cancelled, Aborted}

// JobInstance is one run of a job.
type JobInstance struct {
	ID       string
	State    JobState
	Progress float64
	Tasks    []Task
}

// Task is one task of a run.
type Task struct {
	Identifier string
	State      JobState
	Level      int
	Counters   map[string]any
	Blocked    json.RawMessage
	Error      *string
	StartedAt  *time.Time
	EndedAt    *time.Time
	Log        []struct{ Level, Message string }
}

const jobFields = `id state progress tasks { identifier state level counters blocked { message limits { resourceType counter } } error startedAt endedAt log(first: 5) { level message } }`

// Task gives a task by its identifier.
func (i *JobInstance) Task(identifier string) Task {
	for _, t := range i.Tasks {
		if t.Identifier == identifier {
			return t
		}
	}
	return Task{}
}

// Count gives a counter of a task; 0 when it has none of that name.
func (t Task) Count(name string) int {
	n, _ := t.Counters[name].(float64)
	return int(n)
}

// String tells what became of the tasks.
func (i *JobInstance) String() string {
	text := fmt.Sprintf("job instance %s: %s", i.ID, i.State)
	for _, t := range i.Tasks {
		text += fmt.Sprintf("\n  %-22s %s", t.Identifier, t.State)
		if t.Error != nil {
			text += " " + *t.Error
		}
		if len(t.Blocked) > 0 && string(t.Blocked) != "null" {
			text += " " + string(t.Blocked)
		}
	}
	return text
}

// MustLaunch launches a job as the administrator.
func (h *House) MustLaunch(tb testing.TB, job string) string {
	tb.Helper()
	var out struct {
		RunJob struct{ JobInstance struct{ ID string } }
	}
	h.As(tb, "admin").MustDo(tb, `mutation($i: RunJobInput!) { runJob(input: $i) { jobInstance { id } } }`, Vars{"i": Vars{"job": job}}, &out)
	return out.RunJob.JobInstance.ID
}

// JobInstance reads a run.
func (c *Client) JobInstance(id string) (*JobInstance, error) {
	var out struct{ JobInstance *JobInstance }
	err := c.Do(`query($id: ID!) { jobInstance(id: $id) { `+jobFields+` } }`, Vars{"id": id}, &out)
	return out.JobInstance, err
}

// MustWaitJob waits until a run ended or is blocked, and fails unless it is in one of those states then.
func (h *House) MustWaitJob(tb testing.TB, id string, want ...JobState) *JobInstance {
	tb.Helper()
	var i *JobInstance
	c := h.As(tb, "admin")
	Eventually(tb, "end of the job", 3*Patience, func() (bool, error) {
		var err error
		i, err = c.JobInstance(id)
		return err == nil && i != nil && slices.Contains(stopped, i.State), err
	})
	if len(want) > 0 && !slices.Contains(want, i.State) {
		tb.Fatalf("got %s, want %s", i, want)
	}
	return i
}

// MustRunJob launches a job, waits for its end, and fails unless it ended in one of those states.
func (h *House) MustRunJob(tb testing.TB, job string, want ...JobState) *JobInstance {
	tb.Helper()
	return h.MustWaitJob(tb, h.MustLaunch(tb, job), want...)
}

// MustResume goes on after a block and waits for the end.
func (h *House) MustResume(tb testing.TB, id string, want ...JobState) *JobInstance {
	tb.Helper()
	var out struct {
		ResumeJobInstance struct{ JobInstance struct{ ID string } }
	}
	h.As(tb, "admin").MustDo(tb, `mutation($i: JobInstanceInput!) { resumeJobInstance(input: $i) { jobInstance { id } } }`, Vars{"i": Vars{"id": id}}, &out)
	return h.MustWaitJob(tb, out.ResumeJobInstance.JobInstance.ID, want...)
}

// MustCancel stops a run, or gives a blocked one up.
func (h *House) MustCancel(tb testing.TB, id string) {
	tb.Helper()
	h.As(tb, "admin").MustDo(tb, `mutation($i: JobInstanceInput!) { cancelJobInstance(input: $i) { jobInstance { id } } }`, Vars{"i": Vars{"id": id}}, nil)
}

// MustWaitQuiescent waits until nothing can move without time or input.
func (h *House) MustWaitQuiescent(tb testing.TB) {
	tb.Helper()
	c := h.As(tb, "admin")
	Eventually(tb, "quiescence", 2*Patience, func() (bool, error) {
		var out struct{ Quiescent bool }
		err := c.Do(`{ quiescent }`, nil, &out)
		return out.Quiescent, err
	})
}

// MustAdvanceClock moves the clock of all processes forward and waits until everything has looked at it.
func (h *House) MustAdvanceClock(tb testing.TB, by time.Duration) time.Time {
	tb.Helper()
	var out struct{ TestAdvanceClock time.Time }
	h.As(tb, "admin").MustDo(tb, `mutation($s: Int!) { testAdvanceClock(seconds: $s) }`, Vars{"s": int(by.Seconds())}, &out)
	h.MustWaitQuiescent(tb)
	return out.TestAdvanceClock
}
