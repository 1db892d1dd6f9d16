package exposure

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

const (
	directory = int64(1) // resource types
	ledger    = int64(2)
	create    = int64(101) // groups
	approve   = int64(102)
	other     = int64(103)
)

var day = time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC)

func on(days int) *time.Time { t := day.AddDate(0, 0, days); return &t }

func item(value int64) model.RiskItem {
	return model.RiskItem{ResourceTypeID: directory, Property: "memberOf", IsNavigation: true, Value: value}
}

func risk(rules ...[]model.RiskItem) []*model.Risk {
	r := &model.Risk{Risk: &rolemodel.Risk{ID: 7, Identifier: "Payments"}}
	for n, items := range rules {
		r.Of = append(r.Of, model.RiskRule{Identifier: fmt.Sprintf("Payments-%d", n+1), Items: items})
	}
	return []*model.Risk{r}
}

// account is one with values that rules want.
func account(id, target int64, spans ...evaluation.Span) *evaluation.ExistingType {
	return &evaluation.ExistingType{ID: id, ResourceTypeID: directory, TargetID: target, IsExpected: true, Expected: evaluation.Expected{Properties: map[string][]evaluation.Span{"memberOf": spans}}}
}

func wants(value int64, from, to *time.Time, rules ...int64) evaluation.Span {
	return evaluation.Span{ID: value, From: from, To: to, Rules: rules}
}

func shows(id int64, values ...int64) map[int64]*evaluation.Resource {
	return map[int64]*evaluation.Resource{id: {ID: id, Links: map[string][]int64{"memberOf": values}, Scalars: map[string]string{}}}
}

// One case for each sentence of role-model 9.3.
func TestWhenARuleHolds(t *testing.T) {
	t.Parallel()
	both := risk([]model.RiskItem{item(create), item(approve)})
	removal := &evaluation.ExistingOrder{Kind: evaluation.Update, Lines: []*evaluation.ExistingLine{{Property: "memberOf", Action: evaluation.LineRemove, ValueID: create, State: evaluation.AwaitingApproval}}}
	going := account(1, 50, wants(approve, on(10), nil))
	going.Order = removal
	goingNow := account(1, 50, wants(approve, nil, nil))
	goingNow.Order = removal
	scalar := &evaluation.ExistingType{ID: 2, ResourceTypeID: ledger, TargetID: 60}
	limit := model.RiskItem{ResourceTypeID: ledger, Property: "limit"}
	gone := shows(50, create, approve)
	gone[50].Gone = true
	for name, x := range map[string]struct {
		risks     []*model.Risk
		rows      []*evaluation.ExistingType
		resources map[int64]*evaluation.Resource
		holds     bool
		from, to  *time.Time
		rule      string
		count     int
	}{
		"both are expected":                         {both, []*evaluation.ExistingType{account(1, 0, wants(create, nil, nil, 5), wants(approve, on(-3), on(9), 6))}, nil, true, on(-3), on(9), "Payments-1", 2},
		"both exist, whoever gave them":             {both, []*evaluation.ExistingType{account(1, 50)}, shows(50, create, approve), true, nil, nil, "Payments-1", 2},
		"one is expected, one exists":               {both, []*evaluation.ExistingType{account(1, 50, wants(create, on(-1), on(4)))}, shows(50, approve), true, on(-1), on(4), "Payments-1", 2},
		"in two accounts":                           {both, []*evaluation.ExistingType{account(1, 50), account(2, 51, wants(approve, nil, nil))}, shows(50, create), true, nil, nil, "Payments-1", 2},
		"one alone":                                 {both, []*evaluation.ExistingType{account(1, 50)}, shows(50, create, other), false, nil, nil, "", 0},
		"never at the same instant":                 {both, []*evaluation.ExistingType{account(1, 0, wants(create, nil, on(5)), wants(approve, on(5), nil))}, nil, false, nil, nil, "", 0},
		"what exists goes when it is not wanted":    {both, []*evaluation.ExistingType{account(1, 50, wants(create, nil, on(5)), wants(approve, on(5), nil))}, shows(50, create), false, nil, nil, "", 0},
		"what is on its way out is gone by then":    {both, []*evaluation.ExistingType{going}, shows(50, create), false, nil, nil, "", 0},
		"what is on its way out is there still":     {both, []*evaluation.ExistingType{goingNow}, shows(50, create), true, nil, nil, "Payments-1", 2},
		"in future":                                 {both, []*evaluation.ExistingType{account(1, 0, wants(create, on(3), on(8)), wants(approve, on(5), nil))}, nil, true, on(5), on(8), "Payments-1", 2},
		"in the past":                               {both, []*evaluation.ExistingType{account(1, 0, wants(create, on(-9), on(-4)), wants(approve, on(-8), on(-3)))}, nil, false, nil, nil, "", 0},
		"of an account that is gone":                {both, []*evaluation.ExistingType{account(1, 50)}, gone, false, nil, nil, "", 0},
		"what could not be computed":                {both, []*evaluation.ExistingType{account(1, 0, wants(create, nil, nil), evaluation.Span{ID: approve, Error: "x"})}, nil, false, nil, nil, "", 0},
		"any value":                                 {risk([]model.RiskItem{item(0)}), []*evaluation.ExistingType{account(1, 50)}, shows(50, other, create), true, nil, nil, "Payments-1", 2},
		"any value, none there":                     {risk([]model.RiskItem{item(0)}), []*evaluation.ExistingType{account(1, 50)}, shows(50), false, nil, nil, "", 0},
		"a resource that is not there":              {risk([]model.RiskItem{{ResourceTypeID: directory, Property: "memberOf", IsNavigation: true, Never: true}}), []*evaluation.ExistingType{account(1, 50)}, shows(50, other), false, nil, nil, "", 0},
		"a scalar that is filled":                   {risk([]model.RiskItem{limit}), []*evaluation.ExistingType{scalar}, map[int64]*evaluation.Resource{60: {ID: 60, Scalars: map[string]string{"limit": "9"}}}, true, nil, nil, "Payments-1", 1},
		"a scalar that is empty":                    {risk([]model.RiskItem{limit}), []*evaluation.ExistingType{scalar}, map[int64]*evaluation.Resource{60: {ID: 60, Scalars: map[string]string{"limit": ""}}}, false, nil, nil, "", 0},
		"the property of another resource type":     {risk([]model.RiskItem{{ResourceTypeID: ledger, Property: "memberOf", IsNavigation: true}}), []*evaluation.ExistingType{account(1, 50)}, shows(50, create), false, nil, nil, "", 0},
		"one of its rules is enough, and is named":  {risk([]model.RiskItem{item(create), item(other)}, []model.RiskItem{item(approve)}), []*evaluation.ExistingType{account(1, 50)}, shows(50, create, approve), true, nil, nil, "Payments-2", 1},
		"once, by the rule that holds now":          {risk([]model.RiskItem{item(create)}, []model.RiskItem{item(approve)}), []*evaluation.ExistingType{account(1, 0, wants(create, on(2), nil), wants(approve, nil, nil))}, nil, true, nil, nil, "Payments-2", 1},
		"once, by the first of those that hold now": {risk([]model.RiskItem{item(create)}, []model.RiskItem{item(approve)}), []*evaluation.ExistingType{account(1, 50)}, shows(50, create, approve), true, nil, nil, "Payments-1", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := interval.Instant(day)
			got := Of(x.risks, Holdings(x.risks, x.rows, x.resources, now), now)
			require.Equal(t, x.holds, len(got) == 1, "%+v", got)
			if !x.holds {
				return
			}
			require.Equal(t, x.rule, got[0].Rule)
			require.Equal(t, interval.StartOf(x.from), interval.StartOf(got[0].From), "from")
			require.Equal(t, interval.EndOf(x.to), interval.EndOf(got[0].To), "to")
			require.Len(t, got[0].Contributors, x.count)
		})
	}
}

// A contributor says what it stands on.
func TestContributorsSayWhatTheyStandOn(t *testing.T) {
	t.Parallel()
	r, now := risk([]model.RiskItem{item(create), item(approve)}), interval.Instant(day)
	got := Of(r, Holdings(r, []*evaluation.ExistingType{account(1, 50, wants(create, nil, on(3), 8), wants(create, on(3), nil, 5))}, shows(50, create, approve), now), now)
	require.Equal(t, []evaluation.Contributor{
		{Item: 0, ResourceTypeID: directory, TargetID: 50, Property: "memberOf", ValueID: create, Exists: true, Expected: true, Rules: []int64{5, 8}},
		{Item: 1, ResourceTypeID: directory, TargetID: 50, Property: "memberOf", ValueID: approve, Exists: true},
	}, got[0].Contributors)
}

// A tiny oracle: time is a handful of instants, and at each of them a rule holds when every item has a value there.
func TestExposuresAreThoseOfEveryInstant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		const span = 12
		now := rapid.Int64Range(0, span).Draw(rt, "now")
		values := []int64{create, approve, other}
		any3 := rapid.SampledFrom(append([]int64{0}, values...))
		var rules [][]model.RiskItem
		for range rapid.IntRange(1, 3).Draw(rt, "rules") {
			var items []model.RiskItem
			for range rapid.IntRange(1, 3).Draw(rt, "items") {
				items = append(items, item(any3.Draw(rt, "item")))
			}
			rules = append(rules, items)
		}
		var held []Holding
		for range rapid.IntRange(0, 5).Draw(rt, "held") {
			from := rapid.Int64Range(0, span).Draw(rt, "from")
			to := rapid.Int64Range(from, span).Draw(rt, "to")
			held = append(held, Holding{ResourceTypeID: directory, Property: "memberOf", ValueID: rapid.SampledFrom(values).Draw(rt, "value"), Over: interval.Of(interval.Interval{From: from, To: to})})
		}
		r := risk(rules...)
		holdsAt := func(rule model.RiskRule, at int64) bool {
			for _, i := range rule.Items {
				if !slices.ContainsFunc(held, func(h Holding) bool { _, in := h.Over.At(at); return in && (i.Value == 0 || i.Value == h.ValueID) }) {
					return false
				}
			}
			return true
		}
		first := int64(-1)
		for at := now; at <= span && first < 0; at++ {
			if slices.ContainsFunc(r[0].Of, func(rule model.RiskRule) bool { return holdsAt(rule, at) }) {
				first = at
			}
		}
		got := Of(r, held, now)
		require.Equal(rt, first >= 0, len(got) == 1)
		if first < 0 {
			return
		}
		n := slices.IndexFunc(r[0].Of, func(rule model.RiskRule) bool { return rule.Identifier == got[0].Rule })
		require.True(rt, holdsAt(r[0].Of[n], first), "the rule that is named holds first")
		require.LessOrEqual(rt, interval.StartOf(got[0].From), first)
		for i := range r[0].Of[n].Items {
			require.True(rt, slices.ContainsFunc(got[0].Contributors, func(c evaluation.Contributor) bool { return c.Item == i }), "every item has what makes it hold")
		}
		// taking away every contributor of one item makes the rule not hold then
		i := rapid.IntRange(0, len(r[0].Of[n].Items)-1).Draw(rt, "without")
		rest := slices.DeleteFunc(slices.Clone(held), func(h Holding) bool { return fits(r[0].Of[n].Items[i], &h) })
		require.False(rt, func() bool { over := together(r[0].Of[n], rest); return len(over) > 0 }())
	})
}
