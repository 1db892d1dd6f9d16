package order

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
)

// TestExecuted: an answer names the targets by every key that they may have now, or says nothing of them.
func TestExecuted(t *testing.T) {
	t.Parallel()
	change := func(kind fulfil.ChangeType, key, renamed string) fulfil.Change {
		ch := fulfil.Change{Type: kind, TargetEntityType: "Account", KeyColumn: "uid", Key: key, Changes: map[string]*string{}}
		if renamed != "" {
			ch.Changes["uid"] = &renamed
		}
		return ch
	}
	nothing := Executed{ConnectorID: 7}
	told := func(effect string, keys ...string) Executed {
		return Executed{ConnectorID: 7, EntityType: "Account", Keys: keys, Effect: effect}
	}
	for name, c := range map[string]struct {
		change   fulfil.Change
		receipt  fulfil.Receipt
		isManual bool
		want     Executed
	}{
		"Added":           {change: change(fulfil.Added, "a", ""), receipt: fulfil.Receipt{CreatedKey: "b", Effect: "1:1,0,0"}, want: told("1:1,0,0", "b")},
		"AddedUnderNoKey": {change: change(fulfil.Added, "a", ""), receipt: fulfil.Receipt{Effect: "1:1,0,0"}, want: nothing},
		"Modified":        {change: change(fulfil.Modified, "a", ""), receipt: fulfil.Receipt{Effect: "1:0,1,0"}, want: told("1:0,1,0", "a")},
		"Renamed":         {change: change(fulfil.Modified, "a", "b"), receipt: fulfil.Receipt{Effect: "1:0,1,0"}, want: told("1:0,1,0", "a", "b")},
		"RenamedToItself": {change: change(fulfil.Modified, "a", "a"), receipt: fulfil.Receipt{}, want: told("", "a")},
		"Deleted":         {change: change(fulfil.Deleted, "a", ""), receipt: fulfil.Receipt{Effect: "1:0,0,1"}, want: told("1:0,0,1", "a")},
		"FoundDone":       {change: change(fulfil.Deleted, "a", ""), receipt: fulfil.Receipt{Outcome: fulfil.AlreadySo}, want: told("", "a")},
		"Manual":          {change: change(fulfil.Deleted, "a", ""), isManual: true, want: nothing},
		"NoText":          {change: change(fulfil.Added, "", ""), receipt: fulfil.Receipt{CreatedKey: "b\x00", Effect: "1:1,0,0"}, want: nothing},
		"NoKey":           {change: change(fulfil.Modified, "a", strings.Repeat("k", 5000)), receipt: fulfil.Receipt{Effect: "1:1,0,0"}, want: nothing},
		"LongEffect":      {change: change(fulfil.Modified, "a", ""), receipt: fulfil.Receipt{Effect: strings.Repeat("1", 5000)}, want: nothing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &errand{IsManual: c.isManual, ConnectorID: new(int64(7)), Change: c.change}
			require.Equal(t, c.want, answer{e, c.receipt}.executed())
		})
	}
}

// TestInDoubt: what may have been made and cannot be looked at is an error of a class of its own, which CLOCK does not send again.
func TestInDoubt(t *testing.T) {
	t.Parallel()
	e := &errand{Change: fulfil.Change{Type: fulfil.Added}}
	r, action := judge(answer{e, e.inDoubt("The answer was lost.", "Look.")})
	require.Equal(t, Refuse, action)
	require.True(t, r.Errored)
	require.False(t, r.IsOpen)
	require.EqualValues(t, ClassUnknown, r.Outcome)
	require.Equal(t, "Look.", r.Hint)

	for o, isInDoubt := range map[fulfil.Outcome]bool{fulfil.Done: true, fulfil.AlreadySo: true, fulfil.Unknown: true, fulfil.TicketOpened: true, fulfil.Refused: false, fulfil.Unreachable: false, fulfil.Conflict: false} {
		r, _ := judge(unstorable(answer{&errand{}, fulfil.Receipt{Outcome: o}}, errors.New("no")))
		require.True(t, r.Errored)
		require.Equal(t, isInDoubt, r.Outcome == string(ClassUnknown), "%s", o)
	}

	e = &errand{}
	require.Equal(t, fulfil.Unknown, e.notReadBack(errs.New(errs.Unavailable, "down")).Outcome)
	require.False(t, e.isInDoubt, "it is looked at again")
	e.notReadBack(errs.Invalid("program", "another key"))
	require.True(t, e.isInDoubt, "it would be answered in the same way for ever")
}
