package job

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/machine/machinetest"
)

var _ = flag.Bool("update", false, "write the golden files")

var someTime = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func TestDrawingsInDoc(t *testing.T) {
	t.Parallel()
	machinetest.Doc(t, "States of a run", instanceMachine)
	machinetest.Doc(t, "States of a task", taskMachine)
}

// TestRunMoves tries every action in every state of a run against the real table; the golden file is the whole machine.
func TestRunMoves(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/run_states.golden", instanceMachine)
	b := dbtest.MustOpen(t)
	machinetest.Database(t, b, instanceMachine)
	n := 0
	begin := func(from JobInstanceState) (id int64) {
		n++
		var ended *time.Time
		if from.IsFinal() {
			ended = &someTime
		}
		require.NoError(t, b.NewRaw(`with j as (insert into job (identifier, display_name) values (?, '') returning id)
			insert into job_instance (job_id, state, launched_by, created_at, ended_at) select id, ?, 'x', ?, ?::timestamptz from j returning id`,
			fmt.Sprint(n), from, someTime, ended).Scan(t.Context(), &id))
		return id
	}
	machinetest.Moves(t, instanceMachine, func(action Action, from JobInstanceState) (to JobInstanceState, moved bool) {
		id, rows := begin(from), 0
		require.NoError(t, db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
			list, err := applyInstances(ctx, tx, someTime, action, id)
			rows = len(list)
			return err
		}))
		require.NoError(t, b.NewRaw("select state from job_instance where id = ?", id).Scan(t.Context(), &to))
		return to, rows > 0
	})
	machinetest.Guarded(t, b, instanceMachine, "job_instance", begin, func(to JobInstanceState) string {
		if to.IsFinal() {
			return ", ended_at = now()"
		}
		return ", ended_at = null"
	})
}

// TestTaskMoves does the same with the tasks of a run.
func TestTaskMoves(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/task_states.golden", taskMachine)
	b := dbtest.MustOpen(t)
	machinetest.Database(t, b, taskMachine)
	var instance int64
	require.NoError(t, b.NewRaw(`with j as (insert into job (identifier, display_name) values ('tasks', '') returning id)
		insert into job_instance (job_id, state, launched_by, created_at) select id, 'IN_PROGRESS', 'x', ? from j returning id`, someTime).Scan(t.Context(), &instance))
	n := 0
	begin := func(from TaskInstanceState) int64 {
		n++
		row := &TaskInstance{JobInstanceID: instance, TaskType: "T", Options: []byte("{}"), Scope: fmt.Sprint(n), State: from, DependsOn: []string{}, Counters: map[string]int64{}}
		_, err := b.NewInsert().Model(row).Exec(t.Context())
		require.NoError(t, err)
		return row.ID
	}
	machinetest.Moves(t, taskMachine, func(action Action, from TaskInstanceState) (to TaskInstanceState, moved bool) {
		id, rows := begin(from), 0
		require.NoError(t, db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
			list, err := applyTasks(ctx, tx, someTime, action, id)
			rows = len(list)
			return err
		}))
		require.NoError(t, b.NewRaw("select state from task_instance where id = ?", id).Scan(t.Context(), &to))
		return to, rows > 0
	})
	machinetest.Guarded(t, b, taskMachine, "task_instance", begin, nil)
}
