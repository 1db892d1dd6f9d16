package app

import (
	"fmt"
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
		c, err := s.Risks.Identified(s.ctx, page.Args{First: 500}, &risk.IdentifiedRiskFilter{}, nil, nil, total)
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

// TestIdentifiedByScore: those of the most dangerous people come first, of one person the newest; whoever has no score stands last; page by page nothing is there twice, and
// a score that was over does not count (role-model 9.6).
func TestIdentifiedByScore(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, warns, warns, warns)
	s.exec(`insert into resource (entity_type_id, key, display_name, valid_from, origin) select entity_type_id, 'X' || n, 'X' || n, now(), 'SYNC' from resource, generate_series(1, 5) n where key = 'P0' and valid_to = 'infinity'`)
	s.exec(`delete from identified_risk; delete from risk_score;
		insert into identified_risk (owner_id, risk_id, rule, detected_at) select w.id, k.id, 'r', now() from resource w, lateral (select id from risk order by id limit 2) k where w.key like 'X_' order by w.id, k.id;
		insert into risk_score (owner_id, entity_type_id, score, factor, risk_ids, names, levels, computed_at, closed_at)
			select w.id, w.entity_type_id, v.score, 1, '{1}', '{x}', array[v.score]::smallint[], now(), case v.over when true then now() end from resource w join (values ('X1', 9, false), ('X2', 100, false), ('X3', 50, false), ('X4', 99, true), ('X5', 50, false)) v (key, score, over) on v.key = w.key`)
	var got []string
	at := page.Args{First: 3}
	for {
		c, err := s.Risks.Identified(s.ctx, at, nil, new(risk.IdentifiedByScore), page.Fields{"owner", "score"}, true)
		require.NoError(t, err)
		require.Equal(t, 10, c.TotalCount)
		for _, x := range c.Nodes() {
			score := "-"
			if x.Score != nil {
				score = fmt.Sprint(*x.Score)
			}
			got = append(got, x.Owner.Key+" "+score)
		}
		if !c.PageInfo.HasNextPage {
			break
		}
		at.After = *c.PageInfo.EndCursor
	}
	require.Equal(t, []string{"X2 100", "X2 100", "X5 50", "X5 50", "X3 50", "X3 50", "X1 9", "X1 9", "X4 -", "X4 -"}, got)
	newest, err := s.Risks.Identified(s.ctx, page.Args{First: 2}, nil, new(risk.IdentifiedNewest), page.Fields{"owner"}, false)
	require.NoError(t, err)
	require.Equal(t, "X5", newest.Nodes()[0].Owner.Key)
}
