package app

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/risk"
)

// dangers lists the risks that Ann has: whether a computation finds each, and who attached it.
func (s *small) dangers() []string {
	s.t.Helper()
	c, err := s.Risks.Identified(s.rita(), page.Args{First: 50}, &risk.IdentifiedRiskFilter{Owner: new(s.idOf("P0"))}, nil, nil, true)
	require.NoError(s.t, err)
	out := []string{}
	for _, x := range c.Nodes() {
		by := "nobody"
		if x.Attachment != nil {
			by = x.Attachment.By + ": " + x.Attachment.Reason
		}
		require.Equal(s.t, x.IsComputed(), len(x.Contributors) > 0)
		out = append(out, fmt.Sprintf("%s %v %s", x.Risk.Identifier, x.IsComputed(), by))
	}
	return out
}

func (s *small) attach(ctx context.Context, name string) (*risk.IdentifiedRisk, error) {
	s.t.Helper()
	p, err := s.Risks.AttachRisk(ctx, risk.AttachRiskInput{OwnerID: s.idOf("P0"), Risk: name, Reason: " seen it "})
	if err != nil {
		return nil, err
	}
	return p.IdentifiedRisk, nil
}

func (s *small) told(kind string) int64 {
	return s.number(`select count(*) from event where kind = ?`, kind)
}

// TestAttachRisk: what a person says stands until it is taken back, whatever a computation finds meanwhile, and counts in scores.
func TestAttachRisk(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, warns, warns, warns)
	s.factor("max")
	x, err := s.attach(s.rita(), "Mix")
	require.NoError(t, err)
	require.Equal(t, []string{"Mix false rita: seen it"}, s.dangers())
	_, err = s.attach(s.rita(), "Mix")
	require.True(t, errs.Is(err, errs.Conflict), err)
	s.scores(true)
	require.Equal(t, []string{"80 max Lab and staff"}, s.score(false))

	lab := risk.CheckRisksInput{Grant: []risk.RiskGrantInput{{Role: "Lab"}}}
	require.Len(t, s.check(s.rita(), lab).Risks, 1, "who attaches a risk first gets no way around it")
	s.compute1()
	require.Equal(t, []string{"Mix false rita: seen it"}, s.dangers(), "no computation takes it away")
	s.byManual("Lab", nil, nil)
	s.compute1()
	require.Equal(t, []string{"Mix true rita: seen it"}, s.dangers())
	require.EqualValues(t, 1, s.told(assignment.EventRiskIdentified))
	s.exec(`delete from assigned_role where origin = 'MANUAL'`)
	s.compute1()
	require.Equal(t, []string{"Mix false rita: seen it"}, s.dangers())
	require.EqualValues(t, 1, s.told(assignment.EventRiskOver))

	s.byManual("Lab", nil, nil)
	s.compute1()
	p, err := s.Risks.DetachRisk(s.rita(), risk.DetachRiskInput{ID: x.ID, Reason: "no"})
	require.NoError(t, err)
	require.Equal(t, x.ID, p.IdentifiedRisk.ID, "it is still computed")
	require.Equal(t, []string{"Mix true nobody"}, s.dangers())
	_, err = s.Risks.DetachRisk(s.rita(), risk.DetachRiskInput{ID: x.ID, Reason: "no"})
	require.True(t, errs.Is(err, errs.Conflict), err)
	s.exec(`delete from assigned_role where origin = 'MANUAL'`)
	s.compute1()
	require.Empty(t, s.dangers())

	x, err = s.attach(s.rita(), "News")
	require.NoError(t, err)
	p, err = s.Risks.DetachRisk(s.rita(), risk.DetachRiskInput{ID: x.ID, Reason: "no"})
	require.NoError(t, err)
	require.Nil(t, p.IdentifiedRisk)
	require.Empty(t, s.dangers())
	require.EqualValues(t, 2, s.told(assignment.EventRiskAttached))
	require.EqualValues(t, 2, s.told(assignment.EventRiskDetached))
	require.EqualValues(t, 1, s.number(`select count(*) from identified_risk where closed_at is not null and attached_reason = 'seen it'`), "the past stays")

	_, err = s.attach(s.rita(), "News")
	require.NoError(t, err)
	s.rules("delete: { risks: [News] }")
	s.scores(false)
	require.EqualValues(t, 0, s.number(`select count(*) from identified_risk where closed_at is null`), "a risk that is deleted is nobody's")
	_, err = s.attach(s.rita(), "Both")
	require.NoError(t, err)
	s.people()
	s.synchronize("HR")
	s.compute1()
	require.EqualValues(t, 0, s.number(`select count(*) from identified_risk where closed_at is null`), "nor is it of whoever is gone")
}

func TestAttachRiskRefused(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, warns, warns, warns)
	id := s.idOf("P0")
	of := func(self bool, paths ...string) context.Context {
		a := &permit.Actor{Username: "max", Name: "Max"}
		if self {
			a.ResourceID = id
		}
		for _, p := range paths {
			a.Grants = append(a.Grants, permit.Grant{Path: p, CanExecute: true})
		}
		return permit.With(s.ctx, a)
	}
	all := []string{permit.IdentifiedRiskQuery, permit.IdentifiedRiskUpdate, "/Custom/Resources"}
	for name, c := range map[string]struct {
		ctx  context.Context
		in   risk.AttachRiskInput
		want errs.Kind
	}{
		"OnlyMayLook":    {of(false, permit.IdentifiedRiskQuery, "/Custom/Resources"), risk.AttachRiskInput{OwnerID: id, Risk: "Mix", Reason: "x"}, errs.Forbidden},
		"MayNotLook":     {of(false, permit.IdentifiedRiskUpdate, "/Custom/Resources"), risk.AttachRiskInput{OwnerID: id, Risk: "Mix", Reason: "x"}, errs.Forbidden},
		"MayNotReadHim":  {of(false, all[:2]...), risk.AttachRiskInput{OwnerID: id, Risk: "Mix", Reason: "x"}, errs.NotFound},
		"NoReason":       {of(false, all...), risk.AttachRiskInput{OwnerID: id, Risk: "Mix", Reason: " \n"}, errs.Validation},
		"NoSuchRisk":     {of(false, all...), risk.AttachRiskInput{OwnerID: id, Risk: "mix", Reason: "x"}, errs.Validation},
		"NoSuchPerson":   {of(false, all...), risk.AttachRiskInput{OwnerID: 1 << 40, Risk: "Mix", Reason: "x"}, errs.NotFound},
		"NotAPerson":     {of(false, all...), risk.AttachRiskInput{OwnerID: s.number(`select id from resource where key = 'lab'`), Risk: "Mix", Reason: "x"}, errs.NotFound},
		"NotSignedIn":    {t.Context(), risk.AttachRiskInput{OwnerID: id, Risk: "Mix", Reason: "x"}, errs.Unauthenticated},
		"TooLongAReason": {of(false, all...), risk.AttachRiskInput{OwnerID: id, Risk: "Mix", Reason: string(make([]rune, 2001)) + "x"}, errs.Validation},
	} {
		_, err := s.Risks.AttachRisk(c.ctx, c.in)
		require.True(t, errs.Is(err, c.want), "%s: %v", name, err)
	}
	p, err := s.Risks.AttachRisk(of(true, all...), risk.AttachRiskInput{OwnerID: id, Risk: "Mix", Reason: "x"})
	require.NoError(t, err, "to say it of oneself harms nobody")
	_, err = s.Risks.DetachRisk(of(true, all...), risk.DetachRiskInput{ID: p.IdentifiedRisk.ID, Reason: "x"})
	require.True(t, errs.Is(err, errs.Forbidden), err)
	_, err = s.Risks.DetachRisk(of(false, all[:2]...), risk.DetachRiskInput{ID: p.IdentifiedRisk.ID, Reason: "x"})
	require.True(t, errs.Is(err, errs.NotFound), err)
	_, err = s.Risks.DetachRisk(of(false, all...), risk.DetachRiskInput{ID: p.IdentifiedRisk.ID + 1, Reason: "x"})
	require.True(t, errs.Is(err, errs.NotFound), err)
}

// TestAttachRiskAtOnce: of several who say the same at once one is heard, while a computation goes on.
func TestAttachRiskAtOnce(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, warns, warns, warns)
	s.byManual("Lab", nil, nil)
	id, results := s.idOf("P0"), make(chan error, 4)
	var all sync.WaitGroup
	for range cap(results) {
		all.Go(func() {
			_, err := s.Risks.AttachRisk(s.rita(), risk.AttachRiskInput{OwnerID: id, Risk: "Mix", Reason: "x"})
			results <- err
		})
	}
	all.Go(func() {
		_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
		require.NoError(t, err)
	})
	all.Wait()
	close(results)
	heard := 0
	for err := range results {
		if err == nil {
			heard++
			continue
		}
		require.True(t, errs.Is(err, errs.Conflict), err)
	}
	require.Equal(t, 1, heard)
	require.Equal(t, []string{"Mix true rita: x"}, s.dangers())
}

// TestAttachRiskDrawn: whatever happens in whatever order, Ann has what a computation finds and what was attached, once each.
func TestAttachRiskDrawn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := mustBasket(drawn{t, rt}, warns, warns, warns)
		holds, attached := false, map[string]int64{}
		for range rapid.IntRange(2, 8).Draw(rt, "steps") {
			name := rapid.SampledFrom([]string{"Mix", "News"}).Draw(rt, "risk")
			switch rapid.SampledFrom([]string{"attach", "detach", "give", "take", "dirty"}).Draw(rt, "step") {
			case "attach":
				x, err := s.attach(s.rita(), name)
				require.Equal(rt, attached[name] != 0, err != nil, err)
				if err == nil {
					attached[name] = x.ID
				}
			case "detach":
				if attached[name] != 0 {
					_, err := s.Risks.DetachRisk(s.rita(), risk.DetachRiskInput{ID: attached[name], Reason: "x"})
					require.NoError(rt, err)
					delete(attached, name)
				}
			case "give":
				if !holds {
					s.byManual("Lab", nil, nil)
					holds = true
				}
			case "take":
				s.exec(`delete from assigned_role where origin = 'MANUAL'`)
				holds = false
			case "dirty":
				_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Dirty: true}, nil)
				require.NoError(rt, err)
			}
		}
		s.compute1()
		want := []string{}
		for _, name := range []string{"Mix", "News"} {
			by := "nobody"
			if attached[name] != 0 {
				by = "rita: seen it"
			}
			if computed := holds && name == "Mix"; computed || attached[name] != 0 {
				want = append(want, fmt.Sprintf("%s %v %s", name, computed, by))
			}
		}
		require.ElementsMatch(rt, want, s.dangers())
	})
}

// TestRiskMatrix: who has both of a pair, and who has one and could ask for the other. It says the same as computations do.
func TestRiskMatrix(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, warns, warns, warns)
	matrix := func(ctx context.Context, f *risk.RiskFilter) []string {
		m, err := s.Risks.Matrix(ctx, f)
		require.NoError(t, err)
		require.True(t, m.IsWhole)
		out := []string{}
		for _, c := range m.Cells {
			both, could := "?", "?"
			if c.Both != nil {
				both, could = fmt.Sprint(*c.Both), fmt.Sprint(*c.Could)
			}
			out = append(out, fmt.Sprintf("%s+%s %s/%s %d %v", *m.Items[c.First].Resource, *m.Items[c.Second].Resource, both, could, c.Level(), m.Items[c.Second].Roles))
		}
		return out
	}
	require.ElementsMatch(t, []string{"lab+staff 0/1 80 [Staff]", "lab+bench 0/0 60 [Bench Crew]", "bench+press 0/0 60 [Press]", "press+press 0/0 20 [Press]"}, matrix(s.rita(), nil))
	s.byManual("Lab", nil, nil)
	s.byManual("Press", new(s.Clock.Now().Add(time.Hour)), nil)
	s.compute1()
	require.ElementsMatch(t, []string{"lab+staff 1/0 80 [Staff]", "lab+bench 0/1 60 [Bench Crew]", "bench+press 0/0 60 [Press]", "press+press 0/0 20 [Press]"}, matrix(s.rita(), nil))
	require.Equal(t, []string{"lab+staff 1/0 80 [Staff]"}, matrix(s.rita(), &risk.RiskFilter{MinimumLevel: new(70)}))

	pair := risk.RiskPairInput{First: risk.RiskEntitlementInput{ResourceType: "User", Property: "Groups", Resource: new("bench")}, Second: risk.RiskEntitlementInput{ResourceType: "User", Property: "Groups", Resource: new("lab")}}
	p, err := s.Risks.Pair(s.rita(), pair)
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, []int{p.BothCount, p.CouldCount})
	require.Equal(t, "P0", p.Could[0].Key)
	require.Equal(t, []string{"Bench", "Crew"}, p.First.Roles, "also by a composite role")
	pair.Second.Resource = new("staff")
	_, err = s.Risks.Pair(s.rita(), pair)
	require.True(t, errs.Is(err, errs.NotFound), err)

	of := func(paths ...string) context.Context {
		a := &permit.Actor{Username: "max", Name: "Max"}
		for _, path := range paths {
			a.Grants = append(a.Grants, permit.Grant{Path: path, CanExecute: true})
		}
		return permit.With(s.ctx, a)
	}
	require.Contains(t, matrix(of(permit.RoleModelQuery), nil), "lab+staff ?/? 80 [Staff]", "who may not know of people sees the model")
	require.Contains(t, matrix(of(permit.RoleModelQuery, permit.IdentifiedRiskQuery), nil), "lab+staff 0/0 80 [Staff]", "and nobody whom he may not read counts")
	_, err = s.Risks.Matrix(of(permit.IdentifiedRiskQuery), nil)
	require.True(t, errs.Is(err, errs.Forbidden), err)
	_, err = s.Risks.Pair(of(permit.RoleModelQuery), pair)
	require.True(t, errs.Is(err, errs.Forbidden), err)
}
