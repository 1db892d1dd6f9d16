package manual_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/manual"
)

func TestApplyOpensATicket(t *testing.T) {
	t.Parallel()
	c, err := manual.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"ticketSynchroIsNotAvailable": "true"}})
	require.NoError(t, err)
	require.NoError(t, c.Check(t.Context()))
	for _, kind := range []fulfil.ChangeType{fulfil.Added, fulfil.Modified, fulfil.Deleted} {
		require.Equal(t, fulfil.Receipt{Outcome: fulfil.TicketOpened}, c.Applier.Apply(t.Context(), fulfil.Change{Type: kind}))
	}
	exports := c.Exporter != nil
	require.False(t, exports)
	capability := manual.Package{}.Capability()
	require.True(t, capability.IsManual)
	require.True(t, capability.CanFulfil)
	require.False(t, capability.CanExport)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]string{"ticketSynchroIsNotAvailable": "perhaps", "somethingElse": "x"} {
		_, err := manual.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{field: value}})
		require.True(t, errs.Is(err, errs.Validation), "got %v", err)
		require.Equal(t, field, errs.As(err).Field)
	}
}
