package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Transition is one row of the table: an action moves a thing from any of From to To.
type Transition[S cmp.Ordered, A ~string] struct {
	Action A
	From   []S
	To     S        // Same of the machine: stays where it is
	Actors []string // who takes it
	Then   string   // what the move makes necessary, in the same transaction; empty: nothing
	Spec   string   // where a spec states it; empty: ours
	Why    string   // one sentence for people
}

// Machine is a table of transitions over the states S and the actions A. It is made once, by New, and never changes.
type Machine[S cmp.Ordered, A ~string] struct {
	Name     string // as legal_move in the database knows it
	States   []S    // all of them, in the order in which they are drawn
	Entering S      // from-state of what is not there yet
	Same     S      // to-state of an action that leaves the state as it is
	Label    func(S) string
	rows     []Transition[S, A]
	byAction map[A]int
}

// New makes the machine of a table. It panics on a table that cannot be meant, since that is a mistake in the source: an action that
// stands twice, a state that is not among the states.
func New[S cmp.Ordered, A ~string](m Machine[S, A], rows []Transition[S, A]) *Machine[S, A] {
	m.rows, m.byAction = rows, make(map[A]int, len(rows))
	if m.Label == nil {
		m.Label = func(s S) string { return fmt.Sprint(s) }
	}
	for i, r := range rows {
		if _, twice := m.byAction[r.Action]; twice {
			panic(fmt.Sprintf("machine %s: %s stands twice", m.Name, r.Action))
		}
		m.byAction[r.Action] = i
		for _, s := range append(slices.Clone(r.From), r.To) {
			if s != m.Entering && s != m.Same && !slices.Contains(m.States, s) {
				panic(fmt.Sprintf("machine %s: %s names the unknown state %v", m.Name, r.Action, s))
			}
		}
	}
	return &m
}

// Rows are the transitions as declared. Read only.
func (m *Machine[S, A]) Rows() []Transition[S, A] { return m.rows }

// Row is the transition of an action. It panics when there is none: a mistake in the source.
func (m *Machine[S, A]) Row(action A) Transition[S, A] {
	i, ok := m.byAction[action]
	if !ok {
		panic(fmt.Sprintf("machine %s: no transition for %s", m.Name, action))
	}
	return m.rows[i]
}

// Target gives the state that an action leads to from a state; false when the table does not allow it or does not know the action.
func (m *Machine[S, A]) Target(action A, from S) (S, bool) {
	i, ok := m.byAction[action]
	if !ok || !slices.Contains(m.rows[i].From, from) {
		var none S
		return none, false
	}
	if to := m.rows[i].To; to != m.Same {
		return to, true
	}
	return from, true
}

// From are the states that an action may begin in, without Entering: what an update of the database asks for.
func (m *Machine[S, A]) From(action A) []S {
	return slices.DeleteFunc(slices.Clone(m.Row(action).From), func(s S) bool { return s == m.Entering })
}

// To is the state that an action leads to, from wherever it may begin. It panics for an action that leaves the state as it is.
func (m *Machine[S, A]) To(action A) S {
	to := m.Row(action).To
	if to == m.Same {
		panic(fmt.Sprintf("machine %s: %s leads nowhere", m.Name, action))
	}
	return to
}

// Pairs are the moves that the table allows, each once, sorted, without those of what enters: what the database guards.
func (m *Machine[S, A]) Pairs() [][2]S {
	var pairs [][2]S
	for _, r := range m.rows {
		for _, from := range m.From(r.Action) {
			to, _ := m.Target(r.Action, from)
			pairs = append(pairs, [2]S{from, to})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]S) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return slices.Compact(pairs)
}

// Draw writes the machine as text: per state where its things go, and by what. The doc.go of the room shows it. Actions that leave a
// state as it is are not drawn.
func (m *Machine[S, A]) Draw() string {
	label := func(s S) string {
		if s == m.Entering {
			return "(new)"
		}
		return m.Label(s)
	}
	wide := len("(new)")
	for _, s := range m.States {
		wide = max(wide, len(label(s)))
	}
	var b strings.Builder
	for _, from := range append([]S{m.Entering}, m.States...) {
		name := label(from)
		for _, to := range m.States {
			var by []string
			for _, r := range m.rows {
				if next, ok := m.Target(r.Action, from); ok && next == to && next != from {
					by = append(by, strings.ToLower(string(r.Action)))
				}
			}
			if len(by) > 0 {
				fmt.Fprintf(&b, "%-*s -> %-*s  %s\n", wide, name, wide, label(to), strings.Join(by, ", "))
				name = ""
			}
		}
	}
	return b.String()
}
