package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/bulk"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/reconciliation"
)

// rita may reconcile everything, and is nobody in the directory.
func (s *small) rita() context.Context {
	return permit.With(s.ctx, &permit.Actor{Username: "rita", Name: "Rita", Grants: []permit.Grant{{Path: "/", CanExecute: true}}})
}

// waiting lists what waits for a decision: kind, owner, property, values, state. Each is reached from a line of what its owner has.
func (s *small) waiting(postponed ...bool) []string {
	s.t.Helper()
	list := []string{}
	for _, i := range s.items(&reconciliation.ReconciliationFilter{Postponed: new(len(postponed) > 0)}) {
		owner := "-"
		if i.Owner != nil {
			owner = i.Owner.Key
		}
		if i.Owner != nil && !i.IsOwnerGone {
			view, err := s.Assignments.View(s.rita(), assignment.ViewInput{ResourceID: i.Owner.ID})
			require.NoError(s.t, err)
			require.True(s.t, slices.ContainsFunc(view.Entitlements, func(e *assignment.Entitlement) bool { return e.DifferenceID != nil && *e.DifferenceID == i.ID }), "%+v", i)
		}
		property := ""
		if i.Property != nil {
			property = *i.Property + " "
		}
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s%q %q %d", i.Kind(), owner, property, i.Current, i.Proposed, i.StateCode)))
	}
	return list
}

func (s *small) items(f *reconciliation.ReconciliationFilter) []*reconciliation.Item {
	s.t.Helper()
	c, err := s.Reconciliation.List(s.rita(), page.Args{First: 100}, f, nil, nil, true)
	require.NoError(s.t, err)
	require.Equal(s.t, len(c.Nodes()), c.TotalCount)
	return c.Nodes()
}

// decide decides about everything that waits, one by one.
func (s *small) decide(d reconciliation.Decision, owner ...int64) {
	s.t.Helper()
	in := reconciliation.DecideReconciliationInput{Decision: d, Comment: new("because")}
	if len(owner) > 0 {
		in.OwnerID = &owner[0]
	}
	for _, i := range s.items(&reconciliation.ReconciliationFilter{Postponed: new(d == reconciliation.TakeUpAgain)}) {
		in.Items = append(in.Items, reconciliation.ReconciliationItemInput{ID: i.ID, Version: &i.Version})
	}
	p, err := s.Reconciliation.Decide(s.rita(), in)
	require.NoError(s.t, err)
	for _, r := range p.Results {
		require.Nil(s.t, r.Error, "%+v", r.Error)
	}
}

func (s *small) byHand(sql string) {
	s.t.Helper()
	_, err := s.target.ExecContext(s.ctx, sql)
	require.NoError(s.t, err)
	s.synchronize("Target")
	s.compute()
	_, err = s.Assignments.Classify(s.ctx, nil)
	require.NoError(s.t, err)
}

// setups of the stories: an account that a rule gives, one that none does any more, one that nobody knows.
func edits(pairs ...string) *strings.Replacer { return strings.NewReplacer(pairs...) }

const ann = "P0,7,Ann,Lee,alee,A"

// TestDecisionsAboutValues is the table of role-model 13.2 and the rows of 12.7 about 1/3 and 16/24: a value that was changed by hand in a real
// system, each decision, and what the system has in the end. Afterwards a complete computation finds nothing to do.
func TestDecisionsAboutValues(t *testing.T) {
	t.Parallel()
	const (
		asComputed = "alee 7 Ann Lee A staff"
		byHand     = "alee 7 Nick A staff"
	)
	name := `update account set name = 'Nick'`
	for _, c := range []struct {
		about   string
		discard bool
		hand    string
		waits   string
		decide  reconciliation.Decision
		after   string // of what waits, right after the decision and the computation it asks for
		want    string // the account in the end
	}{
		{"use proposed value", false, name, `UNRECONCILED P0 Name "Nick" "Ann Lee" 1`, reconciliation.UseProposed, "", asComputed},
		{"keep current value", false, name, `UNRECONCILED P0 Name "Nick" "Ann Lee" 1`, reconciliation.KeepCurrent, "", byHand},
		{"keep current value, manual work is overwritten when the source changes", true, name, `UNRECONCILED P0 Name "Nick" "Ann Lee" 1`, reconciliation.KeepCurrent, "", byHand},
		{"a value that is not there", false, "", `MISSING P0 Name "" "Ann Lee" 1`, reconciliation.UseProposed, "", asComputed},
		{"a value that is not there stays away", false, "", `MISSING P0 Name "" "Ann Lee" 1`, reconciliation.KeepCurrent, "", "alee 7 A staff"},
		{"a group that nobody gives is taken away", false, `insert into account_group values ('alee', 'press')`, `UNRECONCILED P0 Groups "press" "" 1`, reconciliation.UseProposed, "", asComputed},
		{"a group that nobody gives stays", false, `insert into account_group values ('alee', 'press')`, `UNRECONCILED P0 Groups "press" "" 1`, reconciliation.KeepCurrent, "", "alee 7 Ann Lee A press+staff"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{edit: edits("    allowRemove: true", fmt.Sprintf("    allowRemove: true\n    discardManualAssignments: %v", c.discard))})
			if c.hand == "" { // an account that was there before
				s.byHand(`insert into account values ('alee', '7', null, 'A'); insert into account_group values ('alee', 'staff')`)
				s.people(ann)
				s.around()
			} else {
				s.people(ann)
				s.around()
				s.settled()
				s.byHand(c.hand)
			}
			require.Equal(t, []string{c.waits}, s.waiting())
			require.Empty(t, s.open(), "nothing is overwritten")
			s.decide(c.decide)
			s.compute()
			require.Empty(t, s.waiting())
			if c.decide == reconciliation.UseProposed {
				require.Len(t, s.open(), 1, "reviewed already: it goes at once")
			} else {
				require.Empty(t, s.open())
			}
			s.around()
			require.Equal(t, []string{c.want}, s.accounts())
			require.Empty(t, s.waiting())
			s.settled()
		})
	}
}

// TestPostponed: what was put off is not listed and stays as it is, whatever the source says, until it is taken up again.
func TestPostponed(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits("    allowRemove: true", "    allowRemove: true\n    discardManualAssignments: true")})
	s.people(ann)
	s.around()
	s.byHand(`update account set name = 'Nick'`)
	s.decide(reconciliation.Postpone)
	require.Empty(t, s.waiting())
	require.Equal(t, []string{`UNRECONCILED P0 Name "Nick" "Ann Lee" 1`}, s.waiting(true))
	s.people("P0,7,Ann,Ray,alee,A")
	s.around()
	require.Empty(t, s.open(), "frozen, although manual work is overwritten when the source changes")
	require.Equal(t, []string{`UNRECONCILED P0 Name "Nick" "Ann Ray" 1`}, s.waiting(true))
	s.settled()
	s.decide(reconciliation.TakeUpAgain)
	require.Len(t, s.waiting(), 1)
	s.decide(reconciliation.UseProposed)
	s.around()
	require.Equal(t, []string{"alee 7 Ann Ray A staff"}, s.accounts())
	s.settled()
}

// TestKeptValueIsQuestioned: the source changes under a kept value. It is a question (24), and no order; with the option to overwrite manual
// work, an order and no question. The question goes away with its cause.
func TestKeptValueIsQuestioned(t *testing.T) {
	t.Parallel()
	for _, discard := range []bool{false, true} {
		t.Run(fmt.Sprint(discard), func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{edit: edits("    allowRemove: true", fmt.Sprintf("    allowRemove: true\n    discardManualAssignments: %v", discard))})
			s.people(ann)
			s.around()
			s.byHand(`update account set name = 'Nick'`)
			s.decide(reconciliation.KeepCurrent)
			s.around()
			s.people("P0,7,Ann,Ray,alee,A")
			s.around()
			if discard {
				require.Equal(t, []string{"alee 7 Ann Ray A staff"}, s.accounts())
				require.Empty(t, s.waiting())
				s.settled()
				return
			}
			question := []string{`UNRECONCILED P0 Name "Nick" "Ann Ray" 24`}
			require.Equal(t, question, s.waiting())
			require.Empty(t, s.open())
			s.settled()
			s.people(ann)
			s.around()
			require.Empty(t, s.waiting(), "what was kept against holds again")
			s.people("P0,7,Ann,Ray,alee,A")
			s.around()
			require.Equal(t, question, s.waiting())
			s.decide(reconciliation.KeepCurrent)
			s.around()
			require.Empty(t, s.waiting(), "kept again, against the new one")
			s.people("P0,7,Ann,Fox,alee,A")
			s.around()
			s.decide(reconciliation.UseProposed)
			s.around()
			require.Equal(t, []string{"alee 7 Ann Fox A staff"}, s.accounts())
			s.settled()
			s.byHand(`update account set name = 'Nick'`)
			require.Equal(t, []string{`UNRECONCILED P0 Name "Nick" "Ann Fox" 1`}, s.waiting(), "its history is discarded: it is a value like others")
		})
	}
}

// recognised lets accounts of nobody be recognised as users.
const recognised = "    correlationRules:"

// TestDecisionsAboutAccounts is the table of role-model 13.3.
func TestDecisionsAboutAccounts(t *testing.T) {
	t.Parallel()
	const stranger = `insert into account values ('zoe', '99', 'Zoe', 'B')`
	for _, c := range []struct {
		about  string
		before func(s *small)
		waits  string
		decide reconciliation.Decision
		choose string // key of the chosen owner
		owned  []string
		want   []string // accounts in the end
	}{
		{"authorize, the owner is known", lost, `UNAUTHORIZED P0 "alee" "" 1`, reconciliation.Authorize, "", []string{"P0 alee"}, []string{"alee 7 Ann Lee A"}}, // the group was Writ's own work, and nothing gives it
		{"delete, although removal is not allowed", lost, `UNAUTHORIZED P0 "alee" "" 1`, reconciliation.DeleteAccount, "", nil, nil},
		{"nobody's: authorize without owner", hand(stranger), `ORPHAN - "zoe" "" 1`, reconciliation.AuthorizeWithoutOwner, "", []string{"- zoe"}, []string{"zoe 99 Zoe B"}},
		{"nobody's: delete", hand(stranger), `ORPHAN - "zoe" "" 1`, reconciliation.DeleteAccount, "", nil, nil},
		{"nobody's: choose an owner", hand(stranger), `ORPHAN - "zoe" "" 1`, reconciliation.Authorize, "P1", []string{"P1 zoe"}, []string{"zoe 99 Zoe B staff"}},
		{"the owner is gone: without owner", gone, `ORPHAN P0 "alee" "" 1`, reconciliation.AuthorizeWithoutOwner, "", []string{"- alee"}, []string{"alee 7 Ann Lee A staff"}},
		{"the owner is gone: another owner", gone, `ORPHAN P0 "alee" "" 1`, reconciliation.Authorize, "P1", []string{"P1 alee"}, []string{"alee 7 Ann Lee A staff"}},
		{"the owner is gone: delete", gone, `ORPHAN P0 "alee" "" 1`, reconciliation.DeleteAccount, "", nil, nil},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{edit: edits("    allowRemove: true", "    allowRemove: false",
				recognised, "    classificationRules: [{ expression: 'target.Emp != \"\"', confidence: 100 }]\n"+recognised)})
			c.before(s)
			require.Equal(t, []string{c.waits}, s.waiting())
			require.Empty(t, s.open())
			if c.choose != "" {
				s.decide(c.decide, s.number(`select id from resource where key = ?`, c.choose))
			} else {
				s.decide(c.decide)
			}
			if c.decide == reconciliation.DeleteAccount {
				s.compute()
				require.Len(t, s.open(), 1)
				require.Contains(t, s.open()[0], " 1 ", "reviewed already: pending, not blocked again")
			}
			s.around()
			_, err := s.Assignments.Classify(s.ctx, nil)
			require.NoError(t, err)
			bobs := func(row string) bool { return strings.Contains(row, "bray") }
			require.ElementsMatch(t, c.want, slices.DeleteFunc(s.accounts(), bobs))
			require.ElementsMatch(t, c.owned, slices.DeleteFunc(s.owned(), bobs))
			if c.choose == "" {
				require.Empty(t, s.waiting())
			} else {
				for _, w := range s.waiting() { // the values are compared then: foreign ones wait
					require.True(t, strings.HasPrefix(w, "UNRECONCILED P1 "), w)
				}
			}
			require.Empty(t, s.open())
			r, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
			require.NoError(t, err)
			require.Zero(t, r.Orders+r.Failed+r.Types+r.Gaps, "%+v", r)
		})
	}
}

// lost: somebody had an account by a rule, and no rule gives it any more.
func lost(s *small) {
	s.people(ann)
	s.around()
	file := filepath.Join(s.dir, "config", "all.yaml")
	text, err := os.ReadFile(file)
	require.NoError(s.t, err)
	without := strings.NewReplacer("    typeRules: [{}]\n", "", ", rules: [{}]", "").Replace(string(text))
	require.NoError(s.t, os.WriteFile(file, []byte(without), 0o600))
	m, err := manifest.ReadFiles(filepath.Dir(file))
	require.NoError(s.t, err)
	_, err = s.Manifest.Apply(s.ctx, m)
	require.NoError(s.t, err)
	s.around()
}

// gone: his account stays when somebody is not in the source any more.
func gone(s *small) {
	s.people(bob, ann)
	s.around()
	s.people(bob)
	s.around()
}

const bob = "P1,1,Bob,Ray,bray,B"

func hand(sql string) func(s *small) {
	return func(s *small) {
		s.people(bob)
		s.around()
		s.byHand(sql)
	}
}

// TestOneDecisionWins: twenty at once decide about the same difference, each otherwise. One is heard, the others are told who was faster; the
// system has what was decided.
func TestOneDecisionWins(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	s.people(ann)
	s.around()
	s.byHand(`update account set name = 'Nick'`)
	item := s.items(nil)[0]
	var mu sync.Mutex
	var won []reconciliation.Decision
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			d := []reconciliation.Decision{reconciliation.UseProposed, reconciliation.KeepCurrent}[i%2]
			p, err := s.Reconciliation.Decide(s.rita(), reconciliation.DecideReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: item.ID}}, Decision: d, Comment: new("mine")})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			if e := p.Results[0].Error; e == nil {
				won = append(won, d)
			} else if e.Code != string(errs.StaleItem) || !strings.HasPrefix(e.Message, "rita decided about this meanwhile") {
				t.Errorf("%+v", e)
			}
		})
	}
	wg.Wait()
	require.Len(t, won, 1)
	require.EqualValues(t, 1, s.number(`select count(*) from kept_value`))
	s.around()
	require.Equal(t, map[bool][]string{true: {"alee 7 Ann Lee A staff"}, false: {"alee 7 Nick A staff"}}[won[0] == reconciliation.UseProposed], s.accounts())
	s.settled()
}

// TestRefusedDecisions: who may not, about himself, on something else than was seen, what makes no sense.
func TestRefusedDecisions(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	s.people(ann)
	s.around()
	s.byHand(`update account set name = 'Nick'`)
	item := s.items(nil)[0]
	p0 := s.number(`select id from resource where key = 'P0'`)
	_, err := s.DB.ExecContext(s.ctx, `insert into local_user (username, display_name, password_hash, resource_id) values ('ann', 'Ann', '', ?)`, p0)
	require.NoError(t, err)
	all := []permit.Grant{{Path: "/", CanExecute: true}}
	as := func(name string, grants ...permit.Grant) context.Context {
		return permit.With(s.ctx, &permit.Actor{Username: name, Grants: grants})
	}
	grant := func(path string) permit.Grant { return permit.Grant{Path: path, CanExecute: true, EntityType: ""} }
	one := func(d reconciliation.Decision, more ...reconciliation.ReconciliationItemInput) reconciliation.DecideReconciliationInput {
		return reconciliation.DecideReconciliationInput{Items: append([]reconciliation.ReconciliationItemInput{{ID: item.ID}}, more...), Decision: d, Comment: new("x")}
	}
	stale, uncommented, chosen := one(reconciliation.KeepCurrent), one(reconciliation.KeepCurrent), one(reconciliation.KeepCurrent)
	stale.Items[0].Version, uncommented.Comment, chosen.OwnerID = new(item.Version-1), nil, &p0
	for name, c := range map[string]struct {
		ctx  context.Context
		in   reconciliation.DecideReconciliationInput
		want errs.Kind
	}{
		"about himself":        {as("ann", all...), one(reconciliation.KeepCurrent), errs.Forbidden},
		"no right":             {as("rita", grant("/Custom/Resources")), one(reconciliation.KeepCurrent), errs.Forbidden},
		"accounts are hidden":  {as("rita", grant("/Custom/ProvisioningPolicy")), one(reconciliation.KeepCurrent), errs.Forbidden},
		"other owners only":    {as("rita", permit.Grant{Path: "/Custom/ProvisioningPolicy", CanExecute: true, EntityType: "Person", Filters: []permit.Filter{{Binding: "Team", Value: "B"}}}, grant("/Custom/Resources")), one(reconciliation.KeepCurrent), errs.NotFound},
		"many at once":         {as("rita", grant("/Custom/ProvisioningPolicy/ReconciliateResources"), grant("/Custom/Resources")), one(reconciliation.KeepCurrent, reconciliation.ReconciliationItemInput{ID: 1 << 40}), errs.Forbidden},
		"seen before":          {as("rita", all...), stale, errs.StaleItem},
		"no comment":           {as("rita", all...), uncommented, errs.Validation},
		"an owner for a value": {as("rita", all...), chosen, errs.Validation},
		"a value":              {as("rita", all...), one(reconciliation.DeleteAccount), errs.InvalidTransition},
		"not postponed":        {as("rita", all...), one(reconciliation.TakeUpAgain), errs.InvalidTransition},
		"nobody":               {s.t.Context(), one(reconciliation.KeepCurrent), errs.Unauthenticated},
	} {
		p, err := s.Reconciliation.Decide(c.ctx, c.in)
		switch {
		case err != nil:
			require.True(t, errs.Is(err, c.want), "%s: %v", name, err)
		default:
			require.NotNil(t, p.Results[0].Error, name)
			require.Equal(t, string(c.want), p.Results[0].Error.Code, "%s: %s", name, p.Results[0].Error.Message)
		}
	}
	require.Len(t, s.waiting(), 1)
	s.people()
	s.around()
	item = s.items(nil)[0]
	require.Equal(t, reconciliation.Orphan, item.Kind())
	require.Equal(t, []reconciliation.Decision{reconciliation.AuthorizeWithoutOwner, reconciliation.DeleteAccount, reconciliation.Postpone}, item.Decisions())
}

// TestDecideByFilter: the server goes through everything that a filter finds, in portions; what is found later waits; the rights are those of now.
func TestDecideByFilter(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits("maximumUpdatedLines: 1,", "maximumUpdatedLines: 1000,", "maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,")})
	const many = 250
	var rows []string
	for i := range many {
		rows = append(rows, fmt.Sprintf("P%03d,%d,Ann,Lee,login%03d,A", i, i+1, i))
	}
	s.people(rows...)
	s.around()
	s.byHand(`update account set name = 'Nick' where login < 'login240'`)
	var rita int64
	require.NoError(t, s.DB.NewRaw(`insert into local_user (username, display_name, password_hash) values ('rita', 'Rita', '') returning id`).Scan(s.ctx, &rita))
	_, err := s.DB.ExecContext(s.ctx, `insert into profile (identifier, display_name) values ('R', 'R'); insert into access_rule (identifier, display_name, profile_id, entity_type) select 'r', 'r', id, '*' from profile;
		insert into access_entry (rule_id, permission, can_execute) select id, '/Custom', true from access_rule; insert into assigned_profile (user_id, profile_id) select ?, id from profile`, rita)
	require.NoError(t, err)
	actor, err := s.actor(s.ctx, rita)
	require.NoError(t, err)
	ctx := permit.With(s.ctx, actor)
	patterns, err := s.Reconciliation.Patterns(ctx, page.Args{First: 10}, nil)
	require.NoError(t, err)
	require.Len(t, patterns.Nodes(), 1)
	pattern := patterns.Nodes()[0]
	require.Equal(t, 240, pattern.Count)
	p, err := s.Reconciliation.Decide(ctx, reconciliation.DecideReconciliationInput{Filter: &reconciliation.ReconciliationFilter{Pattern: &pattern.ID}, Decision: reconciliation.UseProposed})
	require.NoError(t, err)
	id := *p.BulkChangeID
	stopped, stop := context.WithCancel(s.ctx)
	go func() { // killed in the middle
		for {
			if n := s.number(`select count(*) from kept_value`); n > 0 {
				stop()
				return
			}
		}
	}()
	_ = s.drainBulk(stopped, id)
	stop()
	_, err = s.DB.ExecContext(s.ctx, `update bulk_change set updated_at = now() - interval '1 hour' where ended_at is null`)
	require.NoError(t, err)
	require.NoError(t, s.Bulk.Sweep(s.ctx))
	require.NoError(t, s.drainBulk(s.ctx, id))
	run, err := s.Bulk.Get(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []any{bulk.Done, 240, 240, 0, 0}, []any{run.State, run.Total, run.Done, run.Skipped, run.Failed})
	require.NoError(t, s.drainBulk(s.ctx, id), "once more does nothing")
	require.EqualValues(t, 240, s.number(`select count(*) from kept_value where workflow_state = 18`), "each once")
	s.around()
	require.False(t, slices.ContainsFunc(s.accounts(), func(a string) bool { return strings.Contains(a, "Nick") }))
	s.settled()
	_, err = s.Reconciliation.Decide(ctx, reconciliation.DecideReconciliationInput{Filter: &reconciliation.ReconciliationFilter{}, Decision: reconciliation.UseProposed})
	require.True(t, errs.Is(err, errs.Validation), "there is nothing: %v", err)
}

// TestPoisonedDifference: of many differences that are decided together the database refuses some. Those fail with the reason, the others are decided.
func TestPoisonedDifference(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits("maximumUpdatedLines: 1,", "maximumUpdatedLines: 1000,", "maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,")})
	const many = 120
	var rows []string
	for i := range many {
		rows = append(rows, fmt.Sprintf("P%03d,%d,Ann,Lee,login%03d,A", i, i+1, i))
	}
	s.people(rows...)
	s.around()
	s.byHand(`update account set name = 'Nick ' || login`)
	_, err := s.DB.ExecContext(s.ctx, `alter table kept_value add constraint kept_value_is_stored check (kept_value not in ('Nick login007', 'Nick login064', 'Nick login119'))`)
	require.NoError(t, err)
	var rita int64
	require.NoError(t, s.DB.NewRaw(`insert into local_user (username, display_name, password_hash) values ('rita', 'Rita', '') returning id`).Scan(s.ctx, &rita))
	_, err = s.DB.ExecContext(s.ctx, `insert into profile (identifier, display_name) values ('R', 'R'); insert into access_rule (identifier, display_name, profile_id, entity_type) select 'r', 'r', id, '*' from profile;
		insert into access_entry (rule_id, permission, can_execute) select id, '/Custom', true from access_rule; insert into assigned_profile (user_id, profile_id) select ?, id from profile`, rita)
	require.NoError(t, err)
	actor, err := s.actor(s.ctx, rita)
	require.NoError(t, err)
	ctx := permit.With(s.ctx, actor)

	var named []reconciliation.ReconciliationItemInput // by name, from the screen
	require.NoError(t, s.DB.NewRaw(`select id from gap where current_value < 'Nick login010'`).Scan(s.ctx, &named))
	require.Len(t, named, 10)
	p, err := s.Reconciliation.Decide(ctx, reconciliation.DecideReconciliationInput{Items: named, Decision: reconciliation.UseProposed})
	require.NoError(t, err)
	failed := 0
	for _, r := range p.Results {
		if r.Error != nil {
			failed++
			require.Equal(t, "VALIDATION", r.Error.Code)
			require.Contains(t, r.Error.Message, "cannot store")
			require.Equal(t, "Nick login007", r.Item.Current)
		}
	}
	require.Equal(t, 1, failed)

	p, err = s.Reconciliation.Decide(ctx, reconciliation.DecideReconciliationInput{Filter: &reconciliation.ReconciliationFilter{}, Decision: reconciliation.UseProposed})
	require.NoError(t, err)
	require.NoError(t, s.drainBulk(s.ctx, *p.BulkChangeID))
	run, err := s.Bulk.Get(ctx, *p.BulkChangeID)
	require.NoError(t, err)
	require.Equal(t, []any{bulk.DoneWithErrors, many - 9 - 3, 3}, []any{run.State, run.Done, run.Failed})
	list, err := s.Bulk.Items(ctx, run.ID, page.Args{First: 10}, &bulk.BulkItemFilter{States: []bulk.BulkItemState{bulk.ItemFailed}}, nil, true)
	require.NoError(t, err)
	require.Len(t, list.Nodes(), 3)
	for _, f := range list.Nodes() {
		require.Contains(t, *f.Message, "is stored")
		require.NotContains(t, *f.Message, "Nick", "what it holds is nobody else's concern")
	}
	require.EqualValues(t, 3, s.number(`select count(*) from gap where closed_at is null`))
	require.EqualValues(t, many-3, s.number(`select count(*) from kept_value`), "each once")
}

func (s *small) drainBulk(ctx context.Context, id int64) error {
	return (&bulk.RunWorker{Service: s.Bulk}).Work(ctx, &river.Job[bulk.RunArgs]{Args: bulk.RunArgs{BulkChangeID: id}})
}
