package apptest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// Scenario 19: tasks of one level run together and the next level waits for all of them; a stop lets the running tasks finish.
func TestJobLevels(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	run := h.MustRunJob(t, "complete", apptest.Completed)
	ends, starts := map[int]time.Time{}, map[int]time.Time{}
	for _, task := range run.Tasks {
		if task.StartedAt == nil {
			continue
		}
		if at := starts[task.Level]; at.IsZero() || task.StartedAt.Before(at) {
			starts[task.Level] = *task.StartedAt
		}
		if task.EndedAt.After(ends[task.Level]) {
			ends[task.Level] = *task.EndedAt
		}
	}
	for level, began := range starts {
		for earlier, end := range ends {
			if earlier < level {
				require.False(t, began.Before(end), "level %d began before level %d ended", level, earlier)
			}
		}
	}
	spread := time.Duration(0)
	for _, task := range run.Tasks {
		if task.Level == 0 {
			spread = max(spread, task.StartedAt.Sub(starts[0]))
		}
	}
	require.Less(t, spread, 5*time.Second, "tasks of a level start together")

	id := h.MustLaunch(t, "complete")
	err := h.As(t, "admin").Do(`mutation($i: RunJobInput!) { runJob(input: $i) { jobInstance { id } } }`, apptest.Vars{"i": apptest.Vars{"job": "complete"}}, nil)
	require.Equal(t, "ALREADY_RUNNING", apptest.CodeOf(err))
	h.MustCancel(t, id)
	run = h.MustWaitJob(t, id, apptest.Cancelled)
	for _, task := range run.Tasks {
		require.NotEqual(t, apptest.Errored, task.State, task.Identifier)
		if task.StartedAt != nil {
			require.NotNil(t, task.EndedAt, "%s was running and may finish", task.Identifier)
			require.NotEqual(t, apptest.Aborted, task.State)
		}
	}
	require.Nil(t, run.Task("verify").StartedAt, "the next level is not started")
	h.MustRunJob(t, "complete", apptest.Completed)
}

// Scenario 17: the root of the permission tree cannot be given with execute; nothing of such a configuration is applied.
func TestRootPermission(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	h.MustWriteFile(t, "config/5-root.yaml", `profiles:
  - identifier: Almighty
    displayName: Almighty
    rules:
      - identifier: almighty-root
        entries: [{ permission: / }]
`)
	for _, command := range []string{"plan", "apply"} {
		out, err := h.Run(command, h.DemoFile("config"))
		require.Error(t, err, command)
		require.Contains(t, out, "/", command)
		require.Contains(t, strings.ToLower(out), "root", "%s says what is wrong: %s", command, out)
	}
	var n int
	require.NoError(t, h.DB.NewRaw(`select count(*) from profile where identifier = 'Almighty'`).Scan(t.Context(), &n))
	require.Zero(t, n, "nothing half-written")
	h.MustWriteFile(t, "config/5-root.yaml", strings.Replace(h.MustReadFile(t, "config/5-root.yaml"), "{ permission: / }", "{ permission: /, canExecute: false }", 1))
	h.MustRun(t, "apply", h.DemoFile("config"))
}
