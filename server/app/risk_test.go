package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/page"
	"writ/server/risk"
)

// TestRisks computes the people of the demo with a risk that everybody has who is to get an account: an incremental computation finds the same as a complete one, what is
// the same is written nowhere, and a risk that is deleted is nobody's.
func TestRisks(t *testing.T) {
	t.Parallel()
	s := mustMined(t)
	read := func(total bool) *risk.IdentifiedRiskConnection {
		c, err := s.Risks.Identified(s.ctx, page.Args{First: 500}, &risk.IdentifiedRiskFilter{}, nil, total)
		require.NoError(t, err)
		return c
	}
	again := func(dirty bool) {
		_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Directory_User"}, Dirty: dirty, Options: assignment.Options{Force: !dirty}}, nil)
		require.NoError(t, err)
	}
	require.Empty(t, read(true).Nodes(), "the systems were not read yet")

	s.apply(`risks: [{ identifier: Both, displayName: Both, entityType: Directory_User, level: 7,
		rules: [{ items: [{ resourceType: Intranet_User, property: Login }, { resourceType: Intranet_User, property: JobTitle }] }] }]`)
	again(true)
	incremental := read(true)
	require.Greater(t, incremental.TotalCount, 400)
	first := incremental.Nodes()[0]
	require.Equal(t, "Both", first.Risk.Identifier)
	require.Equal(t, "Both-1", first.Rule)
	require.Len(t, first.Contributors, 2)
	require.True(t, first.Contributors[1].IsExpected)
	require.False(t, first.Contributors[1].Exists)
	require.Equal(t, "Job title", first.Contributors[1].PropertyDisplayName)
	require.Contains(t, first.Contributors[1].Reasons[0], "Computed")

	again(false)
	complete := read(true)
	require.Equal(t, incremental.TotalCount, complete.TotalCount)
	for i, x := range complete.Nodes() {
		require.Equal(t, incremental.Nodes()[i], x, "the same risk is written nowhere")
	}
	list, err := s.Risks.List(s.ctx, page.Args{First: 50}, &risk.RiskFilter{Identifiers: []string{"Both"}}, nil)
	require.NoError(t, err)
	require.Equal(t, complete.TotalCount, *list.Nodes()[0].People())

	told := func(kind string) int {
		n, err := s.DB.NewSelect().TableExpr("event").Where("kind = ?", kind).Count(s.ctx)
		require.NoError(t, err)
		return int(n)
	}
	require.Equal(t, complete.TotalCount, told(assignment.EventRiskIdentified))
	s.apply(`delete: { risks: [Both] }`)
	require.Empty(t, read(true).Nodes(), "at once nobody sees it")
	again(true)
	n, err := s.DB.NewSelect().TableExpr("identified_risk").Where("closed_at is null").Count(s.ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, complete.TotalCount, told(assignment.EventRiskOver))
}
