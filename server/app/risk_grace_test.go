package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// mustGraceRisk is a company with a grace period of a day in which staff and lab may not come together; Ann has the role Staff, and both as they are carried out.
func mustGraceRisk(t testing.TB, policy string) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits("isProvisioningEnabled: true }", "isProvisioningEnabled: true, gracePeriod: 1440 }",
		"rules: [{}] }", "rules: [{}] }\n  - { identifier: Lab, displayName: Lab, entityType: Person }", "    navigationRules: [", "    navigationRules: [{ property: Groups, resource: lab, singleRole: Lab }, ")})
	s.byHand(`insert into grp values ('lab')`)
	s.people(ann)
	s.around()
	s.settled()
	s.rules(riskOf(policy))
	return s
}

// states lists Ann's roles with their workflow states.
func (s *small) states() []string {
	s.t.Helper()
	return s.list(s.DB, `select r.identifier || ' ' || a.workflow_state from assigned_role a join role r on r.id = a.role_id where a.valid_to = 'infinity' order by 1`)
}

// same checks that a complete computation finds nothing after an incremental one.
func (s *small) same() {
	s.t.Helper()
	incremental := s.stands()
	s.whole()
	require.Equal(s.t, incremental, s.stands(), "complete and incremental agree")
}

// TestGraceAndBlockingRisks: a role in its grace period counts as had (role-model 12.6), so that it keeps back what conflicts with it until it is gone, and is never
// kept back itself; what is kept back was never had, so that nothing of it is prolonged.
func TestGraceAndBlockingRisks(t *testing.T) {
	t.Parallel()
	t.Run("WhatIsProlongedKeepsBack", func(t *testing.T) {
		t.Parallel()
		s := mustGraceRisk(t, labBlocks)
		s.rules(staffNoRule)
		require.Equal(t, []string{"Staff 27"}, s.states())
		s.rules(labForAll)
		require.Equal(t, []string{"Lab 26", "Staff 27"}, s.states())
		require.Len(t, s.keptBack(), 1)
		require.Empty(t, s.open())
		s.same()
		s.later(25 * time.Hour)
		s.due()
		require.Equal(t, []string{"Lab 26"}, s.states(), "its account still has it")
		s.same()
		s.around()
		require.Equal(t, []string{"Lab 18"}, s.states())
		s.same()
		s.around()
		require.Equal(t, []string{"alee 7 Ann Lee A lab"}, s.accounts())
		require.Empty(t, s.keptBack())
		s.settled()
	})
	t.Run("TheOtherWayRound", func(t *testing.T) {
		t.Parallel()
		s := mustGraceRisk(t, labBlocks)
		s.rules(labForAll)
		require.Equal(t, []string{"Lab 26", "Staff 18"}, s.states())
		s.rules(labForNone)
		require.Equal(t, []string{"Staff 18"}, s.states(), "it was never had: nothing is prolonged")
		s.same()
		s.rules(labForAll)
		s.rules(staffNoRule)
		require.Equal(t, []string{"Lab 26", "Staff 27"}, s.states(), "what loses its rule later is prolonged, and keeps the other back still")
		s.same()
		s.rules(staffRule)
		require.Equal(t, []string{"Lab 26", "Staff 18"}, s.states(), "it goes on as it was, and is nothing new")
		s.same()
		require.Zero(t, s.number(`select count(*) from identified_risk`))
	})
	t.Run("BothProlonged", func(t *testing.T) {
		t.Parallel()
		s := mustGraceRisk(t, labWarns)
		s.rules(labForAll)
		s.around()
		require.Equal(t, []string{"Lab 18", "Staff 18"}, s.states())
		s.rules(riskOf(labBlocks))
		s.rules(staffNoRule)
		s.rules(labForNone)
		require.Equal(t, []string{"Lab 27", "Staff 27"}, s.states(), "what is had is prolonged whatever it conflicts with")
		s.same()
		require.EqualValues(t, 1, s.number(`select count(*) from identified_risk where closed_at is null`), "and counts for the risk")
		s.rules(labForAll)
		require.Equal(t, []string{"Lab 18", "Staff 27"}, s.states(), "what a rule gives again is nothing new")
		s.same()
		rita := s.account("rita", "/Custom")
		require.Nil(t, s.review(rita, "APPROVE", s.prolonged(rita)[0].ID)[0].Error)
		s.compute()
		require.Equal(t, []string{"Lab 18", "Staff 16"}, s.states())
		s.same()
	})
}

// TestIncrementalEqualsCompleteWithGraceAndRisks draws what becomes of the rules, the risk and the time.
func TestIncrementalEqualsCompleteWithGraceAndRisks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := mustGraceRisk(drawn{t, rt}, rapid.SampledFrom([]string{labWarns, labBlocks, labOverride}).Draw(rt, "policy"))
		for range rapid.IntRange(3, 8).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"lab", "no lab", "staff", "no staff", "risk", "half a day", "around", "leaver", "joiner"}).Draw(rt, "step") {
			case "lab":
				s.rules(labForAll)
			case "no lab":
				s.rules(labForNone)
			case "staff":
				s.rules(staffRule)
			case "no staff":
				s.rules(staffNoRule)
			case "risk":
				s.rules(riskOf(rapid.SampledFrom([]string{labWarns, labBlocks, labOverride, asks}).Draw(rt, "another")))
			case "half a day":
				s.later(12 * time.Hour)
				s.due()
			case "around":
				s.around()
			case "leaver":
				s.people()
				s.synchronize("HR")
			case "joiner":
				s.people(ann)
				s.synchronize("HR")
			}
			s.compute()
			s.compute() // what the first one made due
			s.same()
		}
	})
}
