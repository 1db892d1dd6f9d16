package app

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/risk"
)

const (
	scoresBy    = "contextRules: [{ identifier: People, displayName: People, sourceEntityType: Person, riskFactorType: FACTOR }]"
	deleteRisks = "delete: { risks: [Mix, News, Both] }"
)

func (s *small) factor(word string) { s.t.Helper(); s.rules(edits("FACTOR", word).Replace(scoresBy)) }

func (s *small) scores(dirty bool) risk.ScoreReport {
	s.t.Helper()
	r, err := s.Risks.ComputeScores(s.ctx, risk.ScoreOptions{Dirty: dirty})
	require.NoError(s.t, err)
	return r
}

// score lists Ann's scores, the newest first: the score with its parts.
func (s *small) score(past bool) []string {
	s.t.Helper()
	c, err := s.Risks.Scores(s.rita(), page.Args{First: 50}, &risk.RiskScoreFilter{Owner: new(s.idOf("P0")), WithPast: &past}, new(risk.ScoreNewer), nil, true)
	require.NoError(s.t, err)
	require.Equal(s.t, len(c.Nodes()), c.TotalCount)
	out := []string{}
	for _, x := range c.Nodes() {
		require.Equal(s.t, past && len(out) > 0, x.EndedAt != nil)
		var of []string
		sum := 0.0
		for _, p := range x.Parts {
			of = append(of, p.Name)
			sum += p.Adds
		}
		require.InDelta(s.t, x.Score, math.Floor(sum+0.5+1e-9), 0.001, "what the parts add is the score")
		out = append(out, string(rune('0'+x.Score/10))+string(rune('0'+x.Score%10))+" "+x.Factor+" "+strings.Join(of, "+"))
	}
	return out
}

// TestScores has the sentences of role-model 9.6 one after the other.
func TestScores(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, warns, warns, warns)
	s.byManual("Lab", nil, nil)
	s.byManual("Press", nil, nil)
	s.compute1()
	require.Equal(t, risk.ScoreReport{}, s.scores(false))
	require.Empty(t, s.score(true), "without a factor there is no score")

	s.factor("max")
	require.Empty(t, s.score(true), "until the task runs")
	require.Equal(t, risk.ScoreReport{Owners: 1, Changed: 1}, s.scores(false))
	require.Equal(t, []string{"80 max Lab and staff+Press"}, s.score(true))
	require.Equal(t, risk.ScoreReport{Owners: 1}, s.scores(false), "the same is written nowhere")
	require.EqualValues(t, 1, s.number(`select count(*) from event where kind = ?`, risk.EventScoreChanged))

	s.factor("average")
	require.Equal(t, risk.ScoreReport{Owners: 1}, s.scores(true), "whose risks are the same waits for a complete one")
	require.Equal(t, 1, s.scores(false).Changed)
	require.Equal(t, []string{"50 average Lab and staff+Press", "80 max Lab and staff+Press"}, s.score(true))

	s.rules(edits("level: 20", "level: 21").Replace(edits("ONE", warns, "TWO", warns, "THREE", warns).Replace(basketRisks)))
	require.Equal(t, 0, s.scores(true).Changed)
	require.Equal(t, 1, s.scores(false).Changed)
	require.Equal(t, "51 average Lab and staff+Press", s.score(true)[0], "50.5 is rounded half up")

	s.byManual("Crew", nil, nil)
	s.compute1()
	require.Equal(t, 1, s.scores(true).Changed, "another risk is found by an incremental one")
	require.Equal(t, []string{"54 average Lab and staff+Lab and bench+Press"}, s.score(false))

	s.rules("delete: { risks: [Mix] }")
	require.Equal(t, 1, s.scores(false).Changed)
	require.Equal(t, "41 average Lab and bench+Press", s.score(true)[0])
	require.Equal(t, "54 average Lab and staff+Lab and bench+Press", s.score(true)[1], "what it was keeps the name of a risk that is deleted")

	s.factor("none")
	require.Equal(t, 1, s.scores(false).Changed)
	require.Empty(t, s.score(false))
	kinds := s.list(s.DB, `select concat_ws(' ', data ->> 'before', '->', data ->> 'score') from event where kind = ? order by id`, risk.EventScoreChanged)
	require.Equal(t, []string{"-> 80", "80 -> 50", "50 -> 51", "51 -> 54", "54 -> 41", "41 ->"}, kinds)

	_, err := s.Risks.Scores(permit.With(s.ctx, &permit.Actor{Username: "x"}), page.Args{First: 5}, nil, nil, nil, true)
	require.Equal(t, errs.Forbidden, errs.As(err).Kind)
	other := permit.With(s.ctx, &permit.Actor{Username: "x", Grants: []permit.Grant{{Path: permit.IdentifiedRiskQuery, CanExecute: true, EntityType: "Person", Filters: []permit.Filter{{Binding: "Team", Value: "B"}}},
		{Path: "/Custom/Resources", CanExecute: true}}})
	c, err := s.Risks.Scores(other, page.Args{First: 5}, &risk.RiskScoreFilter{WithPast: new(true)}, nil, nil, true)
	require.NoError(t, err)
	require.Zero(t, c.TotalCount, "she is of another team")
}

// TestDeletedRisksEnd: what is found of a risk that is deleted ends with the next scores, with its events, though nobody is computed.
func TestDeletedRisksEnd(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, labBlocks, warns, warns)
	s.byManual("Press", nil, nil)
	s.compute1()
	s.rules(labForAll)
	require.Len(t, s.keptBack(), 1)
	s.factor("max")
	s.scores(false)
	require.Equal(t, []string{"20 max Press"}, s.score(false))
	m, err := manifest.Parse("rules.yaml", []byte(deleteRisks))
	require.NoError(t, err)
	_, err = s.Manifest.Apply(s.ctx, m)
	require.NoError(t, err)
	require.EqualValues(t, 2, s.number(`select (select count(*) from identified_risk where closed_at is null) + (select count(*) from risk_block where closed_at is null)`), "nobody is computed yet")
	report := s.scores(true)
	require.Equal(t, risk.ScoreReport{Changed: 1, Over: 1, Freed: 1}, report)
	require.Equal(t, []string{"risk.over", "risk.unblocked"}, s.list(s.DB, `select kind from event where kind in ('risk.over', 'risk.unblocked') order by 1`))
	require.Empty(t, s.score(false))
	require.Zero(t, s.number(`select (select count(*) from identified_risk where closed_at is null) + (select count(*) from risk_block where closed_at is null)`))
}

// TestOldRisksAreForgotten: what ended is dropped once its time is over, and what is so stays.
func TestOldRisksAreForgotten(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, labBlocks, warns, warns)
	s.factor("max")
	s.byManual("Press", nil, nil)
	s.compute1()
	s.rules(labForAll)
	s.scores(false)
	s.rules(riskOf(labWarns))
	s.scores(false)
	count := `select (select count(*) from identified_risk) || ' ' || (select count(*) from risk_block) || ' ' || (select count(*) from risk_score)`
	require.Equal(t, []string{"2 1 2"}, s.list(s.DB, count))
	forget := func() {
		require.NoError(t, s.Assignments.ForgetRisks(s.ctx, s.Clock.Now()))
		require.NoError(t, s.Risks.ForgetScores(s.ctx, s.Clock.Now()))
	}
	s.exec(`delete from assigned_role where origin = 'MANUAL'`)
	s.compute1()
	require.NoError(t, s.Assignments.ForgetRisks(s.ctx, s.Clock.Now().Add(-time.Hour)))
	require.Equal(t, []string{"2 1 2"}, s.list(s.DB, count))
	s.later(time.Minute)
	forget()
	require.Equal(t, []string{"1 0 1"}, s.list(s.DB, count))
}

// TestTwoComputationsOfScores: whoever comes second finds nothing to do.
func TestTwoComputationsOfScores(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, warns, warns, warns)
	s.byManual("Press", nil, nil)
	s.compute1()
	s.factor("max")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { _, _ = s.Risks.ComputeScores(s.ctx, risk.ScoreOptions{}) })
	}
	all.Wait()
	require.Equal(t, []string{"20 max Press"}, s.score(true))
}

// TestDirtyScoresAreComplete: while levels and factors stay, scores of those whose risks are others are those of everybody.
func TestDirtyScoresAreComplete(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := mustBasket(drawn{t, rt}, warns, labBlocks, asks)
		s.factor(rapid.SampledFrom([]string{"max", "average"}).Draw(rt, "factor"))
		here := true // a role is asked for whoever is there only
		for range rapid.IntRange(2, 5).Draw(rt, "steps") {
			switch step := rapid.SampledFrom([]string{"give", "take", "people"}).Draw(rt, "step"); {
			case step == "give" && here:
				s.byManual(rapid.SampledFrom([]string{"Lab", "Press", "Bench", "Crew"}).Draw(rt, "role"), nil, nil)
			case step == "take":
				s.exec(`delete from assigned_role where id in (select id from assigned_role where origin = 'MANUAL' order by id limit 1)`)
			case step == "people":
				who := rapid.SampledFrom([]string{ann, ""}).Draw(rt, "who")
				here = who != ""
				s.people(who)
				s.synchronize("HR")
			}
			_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
			require.NoError(s.t, err)
			s.scores(true)
			require.Zero(rt, s.scores(false).Changed)
		}
	})
}
