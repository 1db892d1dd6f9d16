// Package machinetest holds the tests that every machine owes (server/machine): its drawing in doc.go, its matrix for review, and the
// same moves in the database. That only state.go and apply.go write states is the house test's business.
//
// Neighbours: machine below; the state_test.go of every room with states uses it.
package machinetest

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/machine"
)

// updating reports whether the tests run with -update, which the package under test declares.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// Golden compares a text with a file; -update writes it.
func Golden(t *testing.T, file, got string) {
	t.Helper()
	if updating() {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run with -update, and review the difference like code")
}

// Doc keeps the drawing in the doc.go of the package under test equal to the table. It stands under the heading, which is a line
// "// # heading"; -update writes it.
func Doc[S cmp.Ordered, A ~string](t *testing.T, heading string, m *machine.Machine[S, A]) {
	t.Helper()
	raw, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(raw), "// # "+heading+"\n//\n")
	require.True(t, ok, "doc.go has no heading %q", heading)
	end := 0
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "//\t") {
			break
		}
		end += len(line)
	}
	var want strings.Builder
	for line := range strings.Lines(m.Draw()) {
		want.WriteString("//\t" + line)
	}
	if updating() && rest[:end] != want.String() {
		require.NoError(t, os.WriteFile("doc.go", []byte(head+"// # "+heading+"\n//\n"+want.String()+rest[end:]), 0o644))
		return
	}
	require.Equal(t, want.String(), rest[:end], "run with -update")
}

// Matrix keeps a golden file with every action against every state: what it leads to, or that it is refused.
func Matrix[S cmp.Ordered, A ~string](t *testing.T, file string, m *machine.Machine[S, A]) {
	t.Helper()
	var b strings.Builder
	for _, r := range m.Rows() {
		for _, from := range append([]S{m.Entering}, m.States...) {
			label := "(new)"
			if from != m.Entering {
				label = m.Label(from)
			}
			result := "refused"
			if to, ok := m.Target(r.Action, from); ok {
				result = m.Label(to)
			}
			fmt.Fprintf(&b, "%-24s %-24s %s\n", label, r.Action, result)
		}
	}
	Golden(t, file, b.String())
}

// Moves tries every action in every state with the function that moves, and compares with the table. try puts a fresh thing into the
// state (Entering: makes none), takes the action, and gives where it then is and whether it moved.
func Moves[S cmp.Ordered, A ~string](t *testing.T, m *machine.Machine[S, A], try func(action A, from S) (to S, moved bool)) {
	t.Helper()
	for _, r := range m.Rows() {
		for _, from := range append([]S{m.Entering}, m.States...) {
			if from == m.Entering && !slices.Contains(r.From, from) {
				continue // there is nothing that could be moved
			}
			want, allowed := m.Target(r.Action, from)
			got, moved := try(r.Action, from)
			require.Equal(t, allowed, moved, "%s from %v", r.Action, from)
			if allowed {
				require.Equal(t, want, got, "%s from %v", r.Action, from)
			} else if from != m.Entering {
				require.Equal(t, from, got, "%s from %v was refused and must change nothing", r.Action, from)
			}
		}
	}
}

// Database compares the pairs of the table with those that the database guards: legal_move under the machine's name.
func Database[S cmp.Ordered, A ~string](t *testing.T, db bun.IDB, m *machine.Machine[S, A]) {
	t.Helper()
	var got, want []string
	require.NoError(t, db.NewRaw(`select from_state || ' -> ' || to_state from legal_move where machine = ? order by 1`, m.Name).Scan(t.Context(), &got))
	for _, p := range m.Pairs() {
		if p[0] != p[1] {
			want = append(want, fmt.Sprintf("%v -> %v", p[0], p[1]))
		}
	}
	require.ElementsMatch(t, want, got, "a changed table of transitions needs a migration of legal_move")
}

// Guarded tries to move things of a table by SQL, past the table of transitions: only legal pairs may pass. insert makes a thing in a
// state and gives its id. final are columns that a constraint ties to the state, set along.
func Guarded[S cmp.Ordered, A ~string](t *testing.T, db bun.IDB, m *machine.Machine[S, A], table string, insert func(S) int64, along func(to S) string) {
	t.Helper()
	for _, from := range m.States {
		for _, to := range m.States {
			if from == to {
				continue
			}
			set := ""
			if along != nil {
				set = along(to)
			}
			_, err := db.NewRaw("update ? set state = ? "+set+" where id = ?", bun.Ident(table), to, insert(from)).Exec(t.Context())
			if slices.Contains(m.Pairs(), [2]S{from, to}) {
				require.NoError(t, err, "%v -> %v is legal", from, to)
			} else {
				require.ErrorContains(t, err, "illegal move", "%v -> %v", from, to)
			}
		}
	}
}
