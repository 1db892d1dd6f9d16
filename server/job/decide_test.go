package job

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// task reads "name level state <parent,parent".
func parse(t *testing.T, lines ...string) []*TaskInstance {
	t.Helper()
	var out []*TaskInstance
	for n, l := range lines {
		f := strings.Fields(l)
		row := &TaskInstance{ID: int64(n + 1), Position: n, Identifier: f[0], State: TaskInstanceState(f[2])}
		_, err := fmt.Sscan(f[1], &row.Level)
		require.NoError(t, err)
		if len(f) > 3 {
			row.DependsOn = strings.Split(strings.TrimPrefix(f[3], "<"), ",")
		}
		out = append(out, row)
	}
	return out
}

func TestDecide(t *testing.T) {
	t.Parallel()
	running := JobInstance{State: InProgress}
	stopping := JobInstance{State: InProgress, CancelRequested: true}
	for name, c := range map[string]struct {
		run   JobInstance
		tasks []string
		want  decision
	}{
		"BeginsAndStartsTheFirstLevelTogether": {JobInstance{State: Queued},
			[]string{"a 0 WAITING", "b 0 WAITING", "c 1 WAITING"}, decision{begin: true, start: []int64{1, 2}}},
		"NextLevelWaitsForTheWholeLevel":     {running, []string{"a 0 COMPLETED", "b 0 IN_PROGRESS", "c 1 WAITING"}, decision{}},
		"NextLevel":                          {running, []string{"a 0 COMPLETED", "b 0 COMPLETED_NO_OUTPUT", "c 1 WAITING"}, decision{start: []int64{3}}},
		"LevelsNeedNotBeDeclaredInOrder":     {running, []string{"c 5 WAITING", "a 2 WAITING"}, decision{start: []int64{2}}},
		"MinusOneIsOneByOne":                 {running, []string{"a -1 WAITING", "b -1 WAITING", "c 0 WAITING"}, decision{start: []int64{1}}},
		"MinusOneInOrderOfDeclaration":       {running, []string{"a -1 COMPLETED", "b -1 WAITING", "c -1 WAITING"}, decision{start: []int64{2}}},
		"ChildRunsAfterOutput":               {running, []string{"a 0 COMPLETED", "b 1 WAITING <a"}, decision{start: []int64{2}}},
		"ChildSkippedWithoutOutput":          {running, []string{"a 0 COMPLETED_NO_OUTPUT", "b 1 WAITING <a", "c 2 WAITING"}, decision{skip: []int64{2}, start: []int64{3}}},
		"ChildSkippedAfterWarning":           {running, []string{"a 0 WARNING", "b 1 WAITING <a", "c 1 WAITING"}, decision{skip: []int64{2}, start: []int64{3}}},
		"GrandchildSkippedToo":               {running, []string{"a 0 COMPLETED_NO_OUTPUT", "b 1 WAITING <a", "c 2 WAITING <b"}, decision{skip: []int64{2, 3}, instance: Complete}},
		"AllParentsMustHaveOutput":           {running, []string{"a 0 COMPLETED", "b 0 SKIPPED", "c 1 WAITING <a,b"}, decision{skip: []int64{3}, instance: Complete}},
		"ParentInTheSameLevelIsWaitedFor":    {running, []string{"b 0 WAITING <a", "a 0 WAITING"}, decision{start: []int64{2}}},
		"ParentOutsideTheRunDecidesNothing":  {running, []string{"b 1 WAITING <a"}, decision{start: []int64{1}}},
		"AllWell":                            {running, []string{"a 0 COMPLETED", "b 1 SKIPPED"}, decision{instance: Complete}},
		"AWarning":                           {running, []string{"a 0 WARNING", "b 1 COMPLETED"}, decision{instance: Warn}},
		"ErrorLetsTheOthersOfTheLevelFinish": {running, []string{"a 0 ERRORED", "b 0 IN_PROGRESS", "c 1 WAITING"}, decision{}},
		"ErrorStartsNothingMore":             {running, []string{"a 0 ERRORED", "b 0 COMPLETED", "c 1 WAITING"}, decision{instance: Fail}},
		"Block":                              {running, []string{"a 0 BLOCKED", "b 1 WAITING"}, decision{instance: Block}},
		"ErrorBeatsBlock":                    {running, []string{"a 0 BLOCKED", "b 0 ERRORED"}, decision{instance: Fail}},
		"LostBeatsError":                     {running, []string{"a 0 ERRORED", "b 0 ABORTED"}, decision{instance: Abort}},
		"StopLetsTheRunningTaskFinish":       {stopping, []string{"a 0 IN_PROGRESS", "b 1 WAITING"}, decision{}},
		"StopCancelsTheRest":                 {stopping, []string{"a 0 COMPLETED", "b 1 WAITING", "c 2 WAITING"}, decision{cancel: []int64{2, 3}, instance: Cancel}},
		"StopBeforeTheStart":                 {JobInstance{State: Queued, CancelRequested: true}, []string{"a 0 WAITING"}, decision{cancel: []int64{1}, instance: Cancel}},
		"BlockedRunStaysBlocked":             {JobInstance{State: Blocked}, []string{"a 0 BLOCKED", "b 1 WAITING"}, decision{}},
		"EndedRunStaysEnded":                 {JobInstance{State: Errored}, []string{"a 0 ERRORED", "b 1 WAITING"}, decision{}},
		"ResumedTaskAndThenTheRest":          {running, []string{"a 0 COMPLETED", "b 1 WAITING", "c 2 WAITING"}, decision{start: []int64{2}}},
		"NoTasks":                            {JobInstance{State: Queued}, nil, decision{begin: true, instance: Complete}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, decide(&c.run, parse(t, c.tasks...)))
		})
	}
}

// TestDecideAlwaysEnds plays random jobs with random outcomes: every run comes to rest, no level starts before the former has ended, and
// no task that depends on another runs without its output.
func TestDecideAlwaysEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(rt, "tasks")
		tasks := make([]*TaskInstance, n)
		for i := range tasks {
			tasks[i] = &TaskInstance{ID: int64(i + 1), Identifier: fmt.Sprint(i), Position: i, State: TaskWaiting, Level: rapid.IntRange(-1, 3).Draw(rt, "level")}
			for p := range i {
				if tasks[p].Level <= tasks[i].Level && rapid.IntRange(0, 3).Draw(rt, "depends") == 0 {
					tasks[i].DependsOn = append(tasks[i].DependsOn, fmt.Sprint(p))
				}
			}
		}
		ends := []TaskInstanceState{TaskCompleted, TaskCompleted, TaskCompleted, TaskCompletedNoOutput, TaskWarning, TaskErrored, TaskBlocked, TaskAborted}
		run := &JobInstance{State: Queued}
		for range 4*n + 4 {
			d := decide(run, tasks)
			if d.begin {
				run.State = InProgress
			}
			for _, id := range d.skip {
				require.Equal(rt, TaskWaiting, tasks[id-1].State)
				tasks[id-1].State = TaskSkipped
			}
			for _, id := range d.cancel {
				tasks[id-1].State = TaskCancelled
			}
			for _, id := range d.start {
				task := tasks[id-1]
				require.Equal(rt, TaskWaiting, task.State)
				for _, other := range tasks {
					if other.Level < task.Level {
						require.True(rt, other.State.HasEnded(), "%s started before %s had ended", task.Identifier, other.Identifier)
					}
					if slices.Contains(task.DependsOn, other.Identifier) {
						require.Equal(rt, TaskCompleted, other.State)
					}
				}
				task.State = TaskInProgress
			}
			if d.instance != "" {
				require.Contains(rt, instanceMachine.From(d.instance), run.State)
				for _, task := range tasks {
					require.NotEqual(rt, TaskInProgress, task.State, "the run rests while a task runs")
				}
				return
			}
			var going []*TaskInstance
			for _, task := range tasks {
				if task.State == TaskInProgress {
					going = append(going, task)
				}
			}
			require.NotEmpty(rt, going, "neither anything to do nor at rest")
			rapid.SampledFrom(going).Draw(rt, "ends").State = rapid.SampledFrom(ends).Draw(rt, "outcome")
			run.CancelRequested = run.CancelRequested || rapid.IntRange(0, 15).Draw(rt, "stop") == 0
		}
		require.Fail(rt, "the run never came to rest")
	})
}

func TestScope(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Fulfill", scopeOf("Fulfill", []byte(`{"continueOnError": true}`)), "how it works is no part of it")
	require.Equal(t, scopeOf("Export", []byte(`{"connections": ["b", "a"], "dirty": true}`)), scopeOf("Export", []byte(`{"connections": ["a", "b"]}`)))
	require.NotEqual(t, scopeOf("Export", []byte(`{"connection": "a"}`)), scopeOf("Export", []byte(`{"connection": "b"}`)))
	require.NotEqual(t, scopeOf("Export", []byte(`{"connection": "a"}`)), scopeOf("Prepare", []byte(`{"connection": "a"}`)))
}

func TestNextRun(t *testing.T) {
	t.Parallel()
	now := mustTime(t, "2026-03-28T22:30:15Z")
	for name, c := range map[string]struct{ expression, zone, want string }{
		"FiveFields":        {"0 2 * * *", "UTC", "2026-03-29T02:00:00Z"},
		"SecondsFirst":      {"30 30 22 * * *", "", "2026-03-28T22:30:30Z"},
		"Word":              {"@hourly", "UTC", "2026-03-28T23:00:00Z"},
		"TimeZone":          {"0 4 * * *", "Europe/Paris", "2026-03-29T02:00:00Z"},
		"SkippedBySummer":   {"30 2 * * *", "Europe/Paris", "2026-03-29T01:00:00Z"},
		"NeverAgain":        {"0 0 30 2 *", "UTC", ""},
		"OnceAYearLeapYear": {"0 0 29 2 *", "UTC", "2028-02-29T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := nextRun(c.expression, c.zone, now)
			require.NoError(t, err)
			if c.want == "" {
				require.Nil(t, got)
				return
			}
			require.Equal(t, c.want, got.Format("2006-01-02T15:04:05Z07:00"))
		})
	}
	for _, bad := range []string{"", "* * *", "61 * * * *", "every day"} {
		_, err := nextRun(bad, "UTC", now)
		require.Error(t, err, bad)
	}
	_, err := nextRun("* * * * *", "Mars/Olympus", now)
	require.Error(t, err)
}

func mustTime(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}
