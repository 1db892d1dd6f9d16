package machine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/machine"
)

type state string

type action string

var door = machine.New(machine.Machine[state, action]{Name: "door", States: []state{"OPEN", "SHUT", "LOCKED"}, Same: "="}, []machine.Transition[state, action]{
	{Action: "HANG", From: []state{""}, To: "OPEN"},
	{Action: "CLOSE", From: []state{"OPEN"}, To: "SHUT"},
	{Action: "SLAM", From: []state{"OPEN"}, To: "SHUT"},
	{Action: "LOCK", From: []state{"SHUT"}, To: "LOCKED"},
	{Action: "KNOCK", From: []state{"SHUT", "LOCKED"}, To: "="},
	{Action: "BREAK", From: []state{"SHUT", "LOCKED"}, To: "OPEN"},
})

func TestMachine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action action
		from   state
		to     state
		ok     bool
	}{
		{"HANG", "", "OPEN", true},
		{"HANG", "OPEN", "", false},
		{"CLOSE", "OPEN", "SHUT", true},
		{"KNOCK", "LOCKED", "LOCKED", true},
		{"KNOCK", "OPEN", "", false},
		{"PAINT", "OPEN", "", false},
	} {
		to, ok := door.Target(c.action, c.from)
		require.Equal(t, c.ok, ok, "%s from %s", c.action, c.from)
		require.Equal(t, c.to, to, "%s from %s", c.action, c.from)
	}
	require.Equal(t, []state{"SHUT", "LOCKED"}, door.From("BREAK"))
	require.Empty(t, door.From("HANG"), "what enters has no state before")
	require.Equal(t, state("OPEN"), door.To("BREAK"))
	require.Equal(t, [][2]state{{"LOCKED", "LOCKED"}, {"LOCKED", "OPEN"}, {"OPEN", "SHUT"}, {"SHUT", "LOCKED"}, {"SHUT", "OPEN"}, {"SHUT", "SHUT"}}, door.Pairs())
	require.Equal(t, `(new)  -> OPEN    hang
OPEN   -> SHUT    close, slam
SHUT   -> OPEN    break
       -> LOCKED  lock
LOCKED -> OPEN    break
`, door.Draw())
	require.Panics(t, func() { door.Row("PAINT") })
	require.Panics(t, func() { door.To("KNOCK") })
}

func TestMistakesInATable(t *testing.T) {
	t.Parallel()
	config := machine.Machine[state, action]{Name: "x", States: []state{"A", "B"}, Same: "="}
	require.PanicsWithValue(t, "machine x: GO stands twice", func() {
		machine.New(config, []machine.Transition[state, action]{{Action: "GO", From: []state{"A"}, To: "B"}, {Action: "GO", From: []state{"B"}, To: "A"}})
	})
	require.PanicsWithValue(t, "machine x: GO names the unknown state C", func() {
		machine.New(config, []machine.Transition[state, action]{{Action: "GO", From: []state{"A"}, To: "C"}})
	})
}
