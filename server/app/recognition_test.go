package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/bulk"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/order"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/reconciliation"
)

func (s *small) recognizedBy(ctx context.Context, f *reconciliation.RecognizedAccountFilter) []*reconciliation.RecognizedAccount {
	s.t.Helper()
	c, err := s.Reconciliation.RecognizedAccounts(ctx, page.Args{First: 100}, f, nil, true)
	require.NoError(s.t, err)
	require.Equal(s.t, len(c.Nodes()), c.TotalCount)
	return c.Nodes()
}

// recognized says of each account what it is taken for, the rules that say something about it now, and what would come of taking it back.
func (s *small) recognized() (list []string) {
	s.t.Helper()
	for _, a := range s.recognizedBy(s.rita(), nil) {
		who, frozen, refused := "-", "", ""
		if a.Owner != nil {
			who = a.Owner.Key
		}
		if a.IsFrozen {
			require.NotNil(s.t, a.FrozenBy, "somebody did")
			frozen = " frozen by " + *a.FrozenBy
		}
		var rules []string
		for _, r := range a.Rules {
			text := fmt.Sprintf("%s %d", r.ResourceType, r.Confidence)
			if r.Owner != nil {
				text += " " + r.Owner.Key
			}
			if r.IsShared {
				text += " shared"
			}
			if r.IsCurrent {
				text += "!"
			}
			require.NotEmpty(s.t, r.Rule)
			rules = append(rules, text)
		}
		if a.Forecast.Refusal != nil {
			refused = " refused"
		}
		list = append(list, fmt.Sprintf("%s %s %s%s (%s) -> %s%s", a.Account.Key, a.State, who, frozen, strings.Join(rules, ", "), a.Forecast.Outcome, refused))
		require.Equal(s.t, []string{a.Account.Key}, s.keysOf(&reconciliation.RecognizedAccountFilter{States: []reconciliation.RecognitionState{a.State}, AccountID: &a.ID}), "the filter says the same")
	}
	return list
}

func (s *small) keysOf(f *reconciliation.RecognizedAccountFilter) (list []string) {
	s.t.Helper()
	for _, a := range s.recognizedBy(s.rita(), f) {
		list = append(list, a.Account.Key)
	}
	return list
}

func (s *small) reset(ctx context.Context, keys ...string) []string {
	s.t.Helper()
	in := reconciliation.ResetRecognitionInput{Comment: new("look again")}
	for _, key := range keys {
		in.Accounts = append(in.Accounts, reconciliation.RecognizedAccountInput{ID: s.accountID(key)})
	}
	p, err := s.Reconciliation.ResetRecognition(ctx, in)
	require.NoError(s.t, err)
	refused := []string{}
	for _, r := range p.Results {
		if r.Error != nil {
			refused = append(refused, r.Error.Code)
		}
	}
	return refused
}

func (s *small) accountID(key string) int64 {
	s.t.Helper()
	return s.number(`select r.id from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = 'Account' and r.key = ?`, key)
}

const (
	classified = "    classificationRules: [{ expression: 'target.Emp != \"\"', confidence: 90 }]\n" + recognised
	zoe        = `insert into account values ('zoe', '99', 'Zoe', 'B')`
	fresh      = "P2,99,Zoe,Doe,zdoe,B"
)

// TestRecognition: which rule says whose an account is, and what, whether somebody decided about it, and what taking that back comes to (role-model 5.3
// to 5.5). What is foretold is what happens; afterwards a complete computation finds nothing to do.
func TestRecognition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about  string
		before func(s *small)
		was    string // of the account zoe
		after  string
		waits  []string
		owned  string // whose it is once everything went round
	}{
		{
			"a decision that it is nobody's: whoever came since gets it",
			func(s *small) {
				s.decide(reconciliation.AuthorizeWithoutOwner)
				s.people(bob, fresh)
				s.synchronize("HR")
				s.compute()
				require.Len(s.t, s.open(), 1, "a second account would be made")
			},
			"zoe NOBODYS - frozen by rita (User 100 P2, User 90!) -> OTHER_OWNER", "zoe OWNED P2 (User 100 P2!, User 90) -> STAYS refused", nil, "P2 zoe",
		},
		{
			"a decision that it is nobody's: nobody came",
			func(s *small) { s.decide(reconciliation.AuthorizeWithoutOwner) },
			"zoe NOBODYS - frozen by rita (User 90!) -> NOBODYS", "zoe NOBODYS - (User 90!) -> NOBODYS", []string{`ORPHAN - "zoe" "" 1`}, "- zoe",
		},
		{
			"an owner who was chosen, and whom no rule finds",
			func(s *small) {
				s.decide(reconciliation.Authorize, s.number(`select id from resource where key = 'P1'`))
				s.compute()
				s.send()
				s.synchronize("Target")
				s.compute()
			},
			"zoe OWNED P1 frozen by rita (User 90) -> NOBODYS", "zoe NOBODYS - (User 90!) -> NOBODYS", []string{`ORPHAN - "zoe" "" 1`}, "- zoe",
		},
		{
			"nothing says what it is any more",
			func(s *small) {
				s.decide(reconciliation.AuthorizeWithoutOwner)
				s.remodel("    classificationRules: [{ expression: 'target.Emp != \"\"', confidence: 90 }]\n", "")
			},
			"zoe NOBODYS - frozen by rita () -> UNRECOGNIZED", "zoe UNRECOGNIZED - () -> UNRECOGNIZED", nil, "",
		},
		{
			"two with the same key",
			func(s *small) {
				s.decide(reconciliation.AuthorizeWithoutOwner)
				s.people(bob, fresh, "P3,99,Zack,Doe,zack,B")
				s.around()
			},
			"zoe NOBODYS - frozen by rita (User 100 P2 shared, User 100 P3 shared, User 90!) -> AMBIGUOUS",
			"zoe AMBIGUOUS - (User 100 P2 shared, User 100 P3 shared, User 90!) -> AMBIGUOUS", []string{`ORPHAN - "zoe" "" 1`}, "- zoe",
		},
		{
			"found where it is, with a kept value",
			func(s *small) {
				s.decide(reconciliation.AuthorizeWithoutOwner)
				s.people(bob, fresh)
				s.synchronize("HR")
				require.Empty(s.t, s.reset(s.rita(), "zoe"))
				s.decide(reconciliation.KeepCurrent)
				s.around()
				require.Empty(s.t, s.waiting())
			},
			"zoe OWNED P2 (User 100 P2!, User 90) -> STAYS", "zoe OWNED P2 (User 100 P2!, User 90) -> STAYS", nil, "P2 zoe",
		},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{edit: edits(recognised, classified)})
			hand(zoe)(s)
			require.Contains(t, s.recognized(), "zoe NOBODYS - (User 90!) -> NOBODYS")
			require.Contains(t, s.recognized(), "bray OWNED P1 (User 100 P1!, User 90) -> STAYS")
			c.before(s)
			require.Contains(t, s.recognized(), c.was)
			require.Empty(t, s.reset(s.rita(), "zoe"))
			require.Contains(t, s.recognized(), c.after)
			require.ElementsMatch(t, c.waits, s.orphansOf(s.waiting()))
			s.around()
			if c.owned == "" {
				require.NotContains(t, strings.Join(s.owned(), "\n"), "zoe")
			} else {
				require.Contains(t, s.owned(), c.owned)
			}
			s.settled()
			_, err := s.Assignments.Classify(s.ctx, nil)
			require.NoError(t, err)
			s.settled()
			require.Equal(t, int64(1), s.number(`select count(*) from event where kind = 'account.recognition_reset' and actor = 'rita' and data->>'comment' = 'look again'
				and id = (select max(id) from event where kind = 'account.recognition_reset')`))
		})
	}
}

func (s *small) orphansOf(list []string) (out []string) {
	for _, x := range list {
		if strings.HasPrefix(x, "ORPHAN") {
			out = append(out, x)
		}
	}
	return out
}

// TestDeniedOwnerIsFoundAgain: somebody said that an account is not a person's; taking that back, the rule suggests it again.
func TestDeniedOwnerIsFoundAgain(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{confidence: "80"})
	s.byHand(`insert into account values ('old', '1', 'Bob Ray', 'B')`)
	s.people(bob)
	s.synchronize("HR")
	s.compute()
	require.Equal(t, []string{"ASSOCIATE P1 5  ASSOCIATE old, SET Login bray, ADD Groups staff"}, s.associations())
	require.Empty(t, s.reset(s.rita(), "old"))
	require.Len(t, s.associations(), 1, "the guess waits for a reviewer as before")
	s.reviewAll(order.DecideDecline)
	s.compute()
	require.NotContains(t, strings.Join(s.open(), "\n"), "ASSOCIATE")
	require.Empty(t, s.reset(s.rita(), "old"))
	require.NotEmpty(t, s.associations(), "the guess is made again")
	s.compute()
	require.NotEmpty(t, s.associations())
}

func (s *small) associations() (list []string) {
	for _, o := range s.open() {
		if strings.HasPrefix(o, "ASSOCIATE") {
			list = append(list, o)
		}
	}
	return list
}

// remodel changes the text of the configuration.
func (s *small) remodel(from, to string) {
	s.t.Helper()
	file := filepath.Join(s.dir, "config", "all.yaml")
	text, err := os.ReadFile(file)
	require.NoError(s.t, err)
	require.Contains(s.t, string(text), from)
	require.NoError(s.t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), from, to)), 0o600))
	m, err := manifest.ReadFiles(filepath.Dir(file))
	require.NoError(s.t, err)
	_, err = s.Manifest.Apply(s.ctx, m)
	require.NoError(s.t, err)
}

// TestRefusedReset: who may not, what is to go, what is under way, what changed meanwhile, what is one's own, what is not there.
func TestRefusedReset(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits(recognised, classified)})
	hand(zoe)(s)
	_, err := s.Reconciliation.ResetRecognition(permit.With(s.ctx, &permit.Actor{Username: "nobody"}), reconciliation.ResetRecognitionInput{Accounts: []reconciliation.RecognizedAccountInput{{ID: 1}}})
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	for _, in := range []reconciliation.ResetRecognitionInput{
		{}, {Filter: &reconciliation.RecognizedAccountFilter{}, Accounts: []reconciliation.RecognizedAccountInput{{ID: 1}}},
		{Accounts: []reconciliation.RecognizedAccountInput{{ID: 1}, {ID: 1}}}, {Accounts: []reconciliation.RecognizedAccountInput{{ID: 1}}, Comment: new(strings.Repeat("x", 2001))},
	} {
		_, err := s.Reconciliation.ResetRecognition(s.rita(), in)
		require.True(t, errs.Is(err, errs.Validation), "%v", err)
	}
	p, err := s.Reconciliation.ResetRecognition(s.rita(), reconciliation.ResetRecognitionInput{Accounts: []reconciliation.RecognizedAccountInput{
		{ID: s.accountID("zoe"), Version: new("(,1,16,t)")}, {ID: s.number(`select id from resource where key = 'P1'`)}, {ID: 1 << 40},
	}})
	require.NoError(t, err)
	require.Equal(t, "STALE_ITEM", p.Results[0].Error.Code)
	require.Equal(t, "NOT_FOUND", p.Results[1].Error.Code, "a person is no account")
	require.Equal(t, "NOT_FOUND", p.Results[2].Error.Code)
	s.decide(reconciliation.DeleteAccount)
	require.Equal(t, []string{"CONFLICT"}, s.reset(s.rita(), "zoe"), "its removal is under way")
	require.Contains(t, s.recognized(), "zoe NOBODYS - (User 90!) -> NOBODYS refused")
	_, err = s.Reconciliation.RecognizedAccounts(s.rita(), page.Args{First: 1}, &reconciliation.RecognizedAccountFilter{States: []reconciliation.RecognitionState{"WRONG"}}, nil, false)
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
}

// TestResetAtOnce: several take the recognition of the same accounts back at once, while their owners are computed. Each account has one owner in the
// end, and nothing is left to do.
func TestResetAtOnce(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits(recognised, classified)})
	hand(zoe)(s)
	s.decide(reconciliation.AuthorizeWithoutOwner)
	s.people(bob, fresh)
	s.synchronize("HR")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if i%4 == 3 {
				_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}}, nil)
				require.NoError(t, err)
				return
			}
			_, err := s.Reconciliation.ResetRecognition(s.rita(), reconciliation.ResetRecognitionInput{Accounts: []reconciliation.RecognizedAccountInput{{ID: s.accountID("zoe")}, {ID: s.accountID("bray")}}})
			require.True(t, err == nil || errs.Is(err, errs.Conflict), "%v", err)
		})
	}
	all.Wait()
	s.around()
	require.ElementsMatch(t, []string{"P1 bray", "P2 zoe"}, s.owned())
	s.settled()
}

// TestResetMany: a filter makes a bulk change, which goes on with the rights of who began it; what is decided again meanwhile is skipped.
func TestResetMany(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits(recognised, classified)})
	hand(zoe)(s)
	s.byHand(`insert into account values ('yan', '98', 'Yan', 'B'), ('xia', '97', 'Xia', 'B')`)
	s.decide(reconciliation.AuthorizeWithoutOwner)
	require.Len(t, s.keysOf(&reconciliation.RecognizedAccountFilter{Frozen: new(true)}), 3)
	ctx := s.account("carl", "/Custom")
	p, err := s.Reconciliation.ResetRecognition(ctx, reconciliation.ResetRecognitionInput{Filter: &reconciliation.RecognizedAccountFilter{Frozen: new(true)}})
	require.NoError(t, err)
	require.NotNil(t, p.BulkChangeID)
	require.Empty(t, s.reset(s.rita(), "xia"))
	require.NoError(t, s.drainBulk(s.ctx, *p.BulkChangeID))
	c, err := s.Bulk.Get(ctx, *p.BulkChangeID)
	require.NoError(t, err)
	require.Equal(t, []any{bulk.Done, 3, 2, 1, 0}, []any{c.State, c.Total, c.Done, c.Skipped, c.Failed}, "%+v", c)
	require.Empty(t, s.keysOf(&reconciliation.RecognizedAccountFilter{Frozen: new(true)}))
	items, err := s.Bulk.Items(ctx, c.ID, page.Args{First: 10}, nil, nil, false)
	require.NoError(t, err)
	for _, i := range items.Nodes() {
		if i.State == bulk.ItemDone {
			require.Equal(t, "User, nobody's, decided by hand", *i.Before)
			require.Equal(t, "User, nobody's", *i.After)
		}
	}
	_, err = s.Reconciliation.ResetRecognition(ctx, reconciliation.ResetRecognitionInput{Filter: &reconciliation.RecognizedAccountFilter{Frozen: new(true)}})
	require.True(t, errs.Is(err, errs.Validation), "nothing is left: %v", err)
}
