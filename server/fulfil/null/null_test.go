package null_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/null"
)

func TestTakesEverythingAndKeepsNothing(t *testing.T) {
	t.Parallel()
	c, err := null.Package{}.Open(t.Context(), fulfil.Settings{})
	require.NoError(t, err)
	key := "plang"
	added := fulfil.Change{Type: fulfil.Added, KeyColumn: "login", Changes: map[string]*string{"login": &key}}
	require.Equal(t, fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: "plang"}, c.Applier.Apply(t.Context(), added))
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted}).Outcome)
	for row, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "account")) {
		t.Fatal("there must be no row", row, err)
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	c, err := null.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"latencyMs": "30"}})
	require.NoError(t, err)
	begin := time.Now()
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), fulfil.Change{}).Outcome)
	require.GreaterOrEqual(t, time.Since(begin), 30*time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, fulfil.Unreachable, c.Applier.Apply(ctx, fulfil.Change{}).Outcome)

	_, err = null.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"latencyMs": "soon"}})
	require.True(t, errs.Is(err, errs.Validation))
}

// TestConformance: what can be asked of a target that keeps nothing.
func TestConformance(t *testing.T) {
	t.Parallel()
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "account", KeyColumn: "login", Value: "name", ReadsOnly: true, // repeated changes are Done again: there is nothing to find
		Setup: func(t *testing.T) fulfiltest.Target {
			c, err := null.Package{}.Open(t.Context(), fulfil.Settings{})
			require.NoError(t, err)
			return fulfiltest.Target{Connector: c}
		},
	})
}
