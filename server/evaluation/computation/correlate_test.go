package computation

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/evaluation/difference"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// population is a person expected to have an account, and a fuzzy and a sure correlation rule.
func population(t *testing.T, change ...func(*rolemodel.ResourceType)) (o *organisation, p *evaluation.Owner, sure, fuzzy int64) {
	o = newOrganisation(t)
	typ := o.accounts(change...)
	o.typeRule(typ)
	o.scalar(typ, "Phone", "Phone", "")
	sure, fuzzy = o.correlation(typ, 100).ID, o.correlation(typ, 80).ID
	o.compile()
	return o, o.employ("Ann", "Lee", 0), sure, fuzzy
}

func TestCorrelatedIsLinkedAndLookedAt(t *testing.T) {
	t.Parallel()
	o, p, sure, fuzzy := population(t)
	p.Resource.Scalars["Phone"] = "100"
	a := o.account(p)
	a.Scalars["Phone"] = "old"
	p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: fuzzy, Owners: 1}, {TargetID: a.ID, RuleID: sure, Owners: 1}}
	o.evaluate(p)
	row := o.one(p)
	require.Equal(t, a.ID, row.TargetID)
	require.Equal(t, 100, row.Confidence)
	require.Nil(t, row.Order, "a first look never overwrites")
	require.Equal(t, []string{"Phone old -> 100 1"}, gaps(row))
}

func TestInitialRunFindsPreExisting(t *testing.T) {
	t.Parallel()
	o, p, sure, _ := population(t)
	o.initial = true
	a := o.account(p)
	a.Scalars["Phone"] = "old"
	p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: sure, Owners: 1}}
	o.evaluate(p)
	require.Equal(t, []string{"Phone old ->  3"}, gaps(o.one(p)))
}

func TestAmbiguousOwner(t *testing.T) {
	t.Parallel()
	o, p, sure, _ := population(t)
	a := o.account(p)
	p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: sure, Owners: 2}}
	o.evaluate(p)
	row := o.one(p)
	require.Zero(t, row.TargetID)
	require.Equal(t, []string{"ASSOCIATE  " + a.Key + " 5 ambiguous_owner"}, open(row))
	require.Equal(t, evaluation.Associate, row.Order.Kind)
	require.Equal(t, a.ID, row.Order.TargetID)
}

func TestSuggestionConfirmedAndDenied(t *testing.T) {
	t.Parallel()
	o, p, _, fuzzy := population(t)
	p.Resource.Scalars["Phone"] = "100"
	a := o.account(p)
	p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: fuzzy, Owners: 1}}
	o.noReview = true
	o.evaluate(p)
	row := o.one(p)
	require.Equal(t, 80, row.Confidence)
	require.Equal(t, []string{"ASSOCIATE  " + a.Key + " 5", "SET Phone 100 5"}, open(row), "no review never bypasses a guess")

	t.Run("Confirmed", func(t *testing.T) {
		q := *p
		o := *o
		copied := *row
		order := *row.Order
		order.Lines = nil
		for _, l := range row.Order.Lines {
			x := *l
			order.Lines = append(order.Lines, &x)
		}
		copied.Order = &order
		q.Types = []*evaluation.ExistingType{&copied}
		o.approve(&q)
		o.evaluate(&q)
		require.Equal(t, a.ID, q.Types[0].TargetID)
		require.Equal(t, []string{"SET Phone 100 1"}, open(q.Types[0]))
		require.Equal(t, evaluation.Update, q.Types[0].Order.Kind)
	})
	t.Run("Denied", func(t *testing.T) {
		p.Denied[a.ID] = true
		p.Types[0].Order = nil
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   5", "SET Phone 100 5"}, open(o.one(p)), "as if none had been found, reviewed")
	})
}

func TestUnexpectedAccount(t *testing.T) {
	t.Parallel()
	o, p, sure, fuzzy := population(t)
	o.m.Rules[0].Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
	it := o.thing(department, "IT", 0)
	o.compile()
	for name, rule := range map[string]int64{"Sure": sure, "Guess": fuzzy} {
		t.Run(name, func(t *testing.T) {
			p := o.hire("Bob", "Ray")
			r := o.position(p, at(-1), at(100), 0, 0)
			a := o.account(p)
			p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: rule, Owners: 1}}
			o.evaluate(p)
			row := o.one(p)
			require.Equal(t, evaluation.NonConforming, row.Workflow)
			require.False(t, row.IsExpected)
			require.Nil(t, row.Order)
			require.Equal(t, []string{" " + a.Key + " ->  1"}, gaps(row))
			// a rule now covers it
			r.Links["Department"] = []int64{it}
			o.evaluate(p)
			row = o.one(p)
			require.Empty(t, row.Gaps)
			require.Equal(t, evaluation.Calculated, row.Workflow)
			if name == "Sure" {
				require.Equal(t, a.ID, row.TargetID)
				require.Nil(t, row.Order)
			} else {
				require.Zero(t, row.TargetID, "a guess has to be confirmed before it is used")
				require.Equal(t, evaluation.Associate, row.Order.Kind)
			}
		})
	}
	_ = p
}

func TestMultipleResources(t *testing.T) {
	t.Parallel()
	o, p, sure, _ := population(t, func(t *rolemodel.ResourceType) { t.CorrelateMultipleResources = true })
	a, b := o.account(p), o.account(p)
	p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: sure, Owners: 1}, {TargetID: b.ID, RuleID: sure, Owners: 1}}
	o.evaluate(p)
	require.Len(t, p.Types, 2)
	require.ElementsMatch(t, []int64{a.ID, b.ID}, []int64{p.Types[0].TargetID, p.Types[1].TargetID})
	p.Resource.Gone = true
	o.evaluate(p)
	require.Len(t, p.Types, 2)
	for _, x := range p.Types {
		require.Equal(t, evaluation.NonConforming, x.Workflow, "without removeOrphans somebody has to look")
	}
}

func TestCreatedKeyIsAHint(t *testing.T) {
	t.Parallel()
	o, p, _, fuzzy := population(t, func(t *rolemodel.ResourceType) { t.SuggestAllCorrelations = true })
	o.evaluate(p)
	o.fulfil(p)
	a := o.account(p)
	o.one(p).CreatedKey = a.Key
	p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: fuzzy, Owners: 3}}
	o.now = at(1)
	o.synced[account] = o.now
	o.evaluate(p)
	require.Equal(t, a.ID, o.one(p).TargetID)
	require.Nil(t, o.one(p).Order)
}

func TestClassify(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	admin := o.accounts(func(t *rolemodel.ResourceType) { t.Identifier, t.RemoveOrphans = "Admins", true })
	o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.ClassificationRule, TargetExpression: ptr("target.Login != ''"), Confidence: 60})
	o.rule(admin, rolemodel.ResourceTypeRule{Kind: rolemodel.ClassificationRule, TargetExpression: ptr("target.Login.startsWith('adm-')"), Confidence: 100})
	o.compile()
	one := func(login string, existing *evaluation.ExistingType) evaluation.OrphanResult {
		r := &evaluation.Resource{ID: o.id(), EntityTypeID: account, Key: login, Scalars: map[string]string{"Login": login}}
		if existing != nil {
			existing.TargetID = r.ID
		}
		return difference.Classify(o.c, &evaluation.OrphanBatch{Now: day, Targets: []evaluation.Orphan{{Resource: r, Existing: existing}}, Resources: map[int64]*evaluation.Resource{r.ID: r}})[0]
	}
	d := one("ann", nil).Delta
	require.Equal(t, typ.ID, d.ResourceTypeID)
	require.Equal(t, 60, d.Confidence)
	require.Equal(t, evaluation.NonConforming, d.Workflow)
	require.Len(t, d.Gaps, 1)
	require.Nil(t, d.Order)

	d = one("adm-ann", nil).Delta
	require.Equal(t, admin.ID, d.ResourceTypeID)
	require.Equal(t, evaluation.Delete, d.Order.Kind, "removeOrphans")

	require.Nil(t, one("", nil).Delta, "nothing matches")
	require.Nil(t, one("adm-x", &evaluation.ExistingType{ID: 9, ResourceTypeID: typ.ID, Workflow: evaluation.NonConforming, IsFrozen: true, Confidence: 60,
		Gaps: []*evaluation.Gap{{ID: 1, Workflow: evaluation.NonConforming, Current: "adm-x"}}}).Delta, "frozen rows stay")
}

// A correlation rule that cannot be computed for somebody says so, and does not look like one with nothing to compare. Letters are the same
// however they are composed.
func TestKeysThatFail(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	rule := o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.CorrelationRule, SourceExpression: ptr(`source.LastName.split("#")[1]`), TargetBinding: ptr("Login"), Confidence: 100})
	o.compile()
	good, bad, nobody, composed := o.hire("Ann", "x#lee"), o.hire("Bob", "ray"), o.hire("Cid", ""), o.hire("Dan", "x#Mu\u0308ller")
	keys := func(x *evaluation.Owner) []evaluation.Key {
		return expectation.SourceKeys(o.c, o.now, x.Resource, o.res)
	}
	require.Equal(t, []evaluation.Key{{RuleID: rule.ID, Value: "lee"}}, keys(good))
	for _, x := range []*evaluation.Owner{bad, nobody} {
		require.Len(t, keys(x), 1)
		require.Empty(t, keys(x)[0].Value)
		require.Contains(t, keys(x)[0].Fault, "correlation rule "+rule.Identifier+" cannot be computed")
	}
	require.Equal(t, []evaluation.Key{{RuleID: rule.ID, Value: "Müller"}}, keys(composed))
	require.True(t, formula.Same(formula.CaseSensitive, "Mu\u0308ller", "Müller"))
	require.False(t, formula.Same(formula.CaseSensitive, "Muller", "Müller"))
}
