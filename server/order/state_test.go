package order

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/dbtest"
)

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run with -update after checking")
}

// TestMatrix writes every action against every state: what it leads to, or that it is refused.
func TestMatrix(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s new   0   1   2   3   4   5   6   7   8   who\n", "")
	for _, row := range transitions {
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
	golden(t, "testdata/matrix.golden", b.String())
}

// drawing lists per state where its lines go and by what.
func drawing() string {
	var b strings.Builder
	for from := entering; from <= 8; from++ {
		name := "(new)"
		if from != entering {
			name = fmt.Sprintf("%d %s", from, NameOf(from))
		}
		by := map[State][]string{}
		for _, row := range transitions {
			if to, ok := row.Action.target(from); ok && to != from {
				by[to] = append(by[to], string(row.Action))
			}
		}
		for to := State(0); to <= 8; to++ {
			if len(by[to]) == 0 {
				continue
			}
			fmt.Fprintf(&b, "//\t%-19s -> %d %-17s  %s\n", name, to, NameOf(to), strings.Join(by[to], ", "))
			name = ""
		}
	}
	return b.String()
}

func TestDrawingInDocEqualsTable(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(raw), "// # States\n//\n")
	require.True(t, ok)
	got, tail, ok := strings.Cut(rest, "//\n// Neighbours")
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile("doc.go", []byte(head+"// # States\n//\n"+drawing()+"//\n// Neighbours"+tail), 0o644))
		got = drawing()
	}
	require.Equal(t, drawing(), got, "run with -update")
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
	require.Equal(t, legalMoves(), got)
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

// TestOnlyApplyWritesStates searches the sources: a state column is written in two statements, and nowhere else in the server.
func TestOnlyApplyWritesStates(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_test.go") || !strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		raw, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		for _, line := range strings.Split(string(raw), "\n") {
			words := strings.Fields(line)
			i := slices.Index(words, "set")
			if i >= 0 && i+1 < len(words) && words[i+1] == "state" {
				t.Errorf("%s writes a state: %s", f.Name(), line)
			}
		}
	}
}
