package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/synchronization"
)

// TestAccountsWithoutOwner: what was there before anything was computed is Pre-existing, what appears afterwards is Non-conforming.
func TestAccountsWithoutOwner(t *testing.T) {
	t.Parallel()
	ctx, a, dir := mustDemo(t)
	add := func(card string) {
		edit(t, dir, "badge/Badge_Card.csv", func(rows [][]string) [][]string { return append(rows, []string{card, "", "Nobody", "BER", "Standard"}) })
		for _, connector := range []string{"HR", "Badge"} {
			_, err := a.Synchronization.Run(ctx, synchronization.RunInput{Connector: connector, Force: true})
			require.NoError(t, err)
		}
	}
	classify := func() {
		_, err := a.Assignments.ComputeCorrelationKeys(ctx, nil)
		require.NoError(t, err)
		_, err = a.Assignments.Run(ctx, assignment.Recompute{EntityTypes: []string{"Directory_User"}}, nil)
		require.NoError(t, err)
		_, err = a.Assignments.Classify(ctx, nil)
		require.NoError(t, err)
	}
	state := func(card string) (n int) {
		require.NoError(t, a.DB.NewRaw(`select a.workflow_state from assigned_resource_type a join resource r on r.id = a.resource_id
			where a.valid_to = 'infinity' and a.owner_id is null and r.key = ?`, card).Scan(ctx, &n))
		return n
	}
	add("OLD-1")
	classify()
	require.Equal(t, 3, state("OLD-1"))
	add("NEW-1")
	classify()
	require.Equal(t, 1, state("NEW-1"))
	require.Equal(t, 3, state("OLD-1"))
	report, err := a.Assignments.Classify(ctx, nil)
	require.NoError(t, err)
	require.Zero(t, report.Types+report.Gaps+report.Orders)
}
