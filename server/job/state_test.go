package job

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
)

var update = flag.Bool("update", false, "write the golden files")

var allInstanceStates = []JobInstanceState{Queued, InProgress, Completed, Warning, Errored, Blocked, Cancelled, Aborted}

var allTaskStates = []TaskInstanceState{
	TaskWaiting, TaskInProgress, TaskCompleted, TaskCompletedNoOutput, TaskWarning, TaskErrored, TaskBlocked, TaskSkipped, TaskCancelled, TaskAborted,
}

// TestStateMatrix tries every action in every state against the real tables; the golden file is the whole machine.
func TestStateMatrix(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	var out strings.Builder

	for _, tr := range instanceTransitions {
		for _, from := range allInstanceStates {
			var jobID, id int64
			require.NoError(t, b.NewRaw("insert into job (identifier, display_name) values (?, '') returning id", fmt.Sprintf("%s %s", from, tr.Action)).Scan(ctx, &jobID))
			var ended *time.Time
			if from.IsFinal() {
				ended = &now
			}
			require.NoError(t, b.NewRaw(`insert into job_instance (job_id, state, launched_by, created_at, ended_at) values (?, ?, 'x', ?, ?) returning id`,
				jobID, from, now, ended).Scan(ctx, &id))
			var moved []*JobInstance
			require.NoError(t, db.InTx(ctx, b, func(ctx2 context.Context, tx bun.Tx) (err error) {
				moved, err = applyInstances(ctx2, tx, now, tr.Action, id)
				return err
			}))
			var to JobInstanceState
			require.NoError(t, b.NewRaw("select state from job_instance where id = ?", id).Scan(ctx, &to))
			line(&out, "run", string(from), tr.Action, string(to), len(moved))
		}
	}
	var instance int64
	require.NoError(t, b.NewRaw(`with j as (insert into job (identifier, display_name) values ('tasks', '') returning id)
		insert into job_instance (job_id, state, launched_by, created_at) select id, 'IN_PROGRESS', 'x', ? from j returning id`, now).Scan(ctx, &instance))
	for _, tr := range taskTransitions {
		for _, from := range allTaskStates {
			row := &TaskInstance{JobInstanceID: instance, TaskType: "T", Options: []byte("{}"), Scope: fmt.Sprintf("%s %s", from, tr.Action), State: from, DependsOn: []string{}, Counters: map[string]int64{}}
			_, err := b.NewInsert().Model(row).Exec(ctx)
			require.NoError(t, err)
			var moved []*TaskInstance
			require.NoError(t, db.InTx(ctx, b, func(ctx2 context.Context, tx bun.Tx) (err error) {
				moved, err = applyTasks(ctx2, tx, now, tr.Action, row.ID)
				return err
			}))
			var to TaskInstanceState
			require.NoError(t, b.NewRaw("select state from task_instance where id = ?", row.ID).Scan(ctx, &to))
			line(&out, "task", string(from), tr.Action, string(to), len(moved))
		}
	}
	golden(t, "testdata/states.golden", out.String())
}

func line(b *strings.Builder, what, from string, action Action, to string, moved int) {
	if moved == 0 {
		to = "refused"
	}
	fmt.Fprintf(b, "%-4s %-20s %-24s %s\n", what, from, action, to)
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run go test -update and review the difference")
}

// TestDocShowsTheMachine keeps the drawing in doc.go equal to the tables.
func TestDocShowsTheMachine(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	want := ""
	for l := range strings.Lines(Draw()) {
		want += "//\t" + l
	}
	require.Contains(t, string(doc), want, "copy this into doc.go:\n"+want)
}

// TestOnlyStateWritesStates searches the sources: nobody else may write a state column.
func TestOnlyStateWritesStates(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_test.go") || !strings.HasSuffix(f.Name(), ".go") || f.Name() == "state.go" {
			continue
		}
		text, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		require.NotContains(t, string(text), `Set("state`, f.Name())
		require.NotRegexp(t, `(?i)update (job|task)_instance set`, string(text), f.Name())
	}
}
