package order

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/machine/machinetest"
)

var _ = flag.Bool("update", false, "write golden files")

// TestMatrix writes every action against every state: what it leads to, or that it is refused.
func TestMatrix(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s new   0   1   2   3   4   5   6   7   8   who\n", "")
	for _, row := range lineMachine.Rows() {
		fmt.Fprintf(&b, "%-24s", row.Action)
		for from := entering; from <= 8; from++ {
			if to, ok := row.Action.target(from); ok {
				fmt.Fprintf(&b, "%4d", to)
			} else {
				b.WriteString("   .")
			}
		}
		fmt.Fprintf(&b, "   %s [%s]\n", strings.Join(row.Actors, ", "), row.Spec)
	}
	machinetest.Golden(t, "testdata/matrix.golden", b.String())
}

func TestDrawingInDocEqualsTable(t *testing.T) {
	t.Parallel()
	machinetest.Doc(t, "States", lineMachine)
}

func TestTransitionsForPeople(t *testing.T) {
	t.Parallel()
	for _, row := range Transitions() {
		require.NotEmpty(t, row.To)
		require.NotEmpty(t, row.Actor)
		require.NotEmpty(t, row.Description)
	}
}

func TestDatabaseKnowsTheSameMoves(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	var rows []struct{ FromState, ToState State }
	require.NoError(t, b.NewRaw("select from_state, to_state from provisioning_transition order by 1, 2").Scan(t.Context(), &rows))
	var got [][2]State
	for _, r := range rows {
		got = append(got, [2]State{r.FromState, r.ToState})
	}
	require.Equal(t, lineMachine.Pairs(), got)
}

func TestRollUp(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	for mask := range 1 << 9 { // every set of states
		var set []State
		array := []int64{}
		for s := range 9 {
			if mask>>s&1 == 1 {
				set, array = append(set, State(s)), append(array, int64(s))
			}
		}
		var got State
		require.NoError(t, b.NewRaw("select order_roll_up(?::smallint[])", pgdialect.Array(array)).Scan(t.Context(), &got))
		require.Equal(t, RollUp(set), got, "states %v", set)
	}
	require.Equal(t, State(5), RollUp([]State{5, 1, 4, 6}))
	require.Equal(t, State(6), RollUp(nil))
	require.Equal(t, State(0), RollUp([]State{0}))
	require.Equal(t, State(6), RollUp([]State{0, 6}))
}

// TestDatabaseGuards: not even SQL by hand can make or record an illegal move.
func TestDatabaseGuards(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.plan(w.creation(0, 1))
	o := w.order(0)
	_, err := w.s.DB.ExecContext(t.Context(), "update order_line set state = 2 where order_id = ?", o.ID)
	require.NoError(t, err, "1 -> 2 is legal")
	_, err = w.s.DB.ExecContext(t.Context(), "update order_line set state = 7 where order_id = ?", o.ID)
	require.Error(t, err, "2 -> 7 is not")
	require.Equal(t, "order_line_legal_move", db.Constraint(err))
	_, err = w.s.DB.ExecContext(t.Context(), `insert into order_line_history (order_id, at, actor, action, from_state, to_state)
		values (?, now(), 'x', 'x', 2, 7)`, o.ID)
	require.Error(t, err)
	require.Equal(t, "order_line_history_legal", db.Constraint(err))
}
