package computation

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/rolemodel"
)

// positions is an organisation whose people have contracts with positions in them, several at a time.
func positions(t testing.TB, properties string, change ...func(*rolemodel.RecordSection)) (*organisation, *rolemodel.ResourceType) {
	o := newOrganisation(t)
	for _, k := range []string{"Sales", "Support"} {
		o.thing(department, k, 0)
	}
	o.section("Contract", "Hired", "Left", "", byKey("Contract"))
	o.section("Position", "Start", "End", properties, append(fs(byKey("Number"), ranked("Rank")), change...)...)
	return o, o.accounts()
}

// spans writes a timeline: "2-5 London".
func spans(list []evaluation.Span) []string {
	var out []string
	m := func(at *time.Time) string {
		if at == nil {
			return ""
		}
		return fmt.Sprint(int(at.Month()) + 12*(at.Year()-2026))
	}
	for _, s := range list {
		out = append(out, m(s.From)+"-"+m(s.To)+" "+s.Value+s.Error)
	}
	return out
}

// Role-model 12.15, scenario 20: the roles of both positions, and single values from the best ranked one at each instant.
func TestScenario20TwoPositions(t *testing.T) {
	t.Parallel()
	o, typ := positions(t, "Department Office Title")
	o.now = month(3).Add(time.Hour)
	sales, support, both := o.role(rolemodel.Single, "Seller"), o.role(rolemodel.Single, "Helper"), o.role(rolemodel.Single, "Staff")
	o.roleRule(rolemodel.RoleRule{RoleID: sales, Dimensions: rolemodel.Criteria{"Department": {Key: "Sales"}}})
	o.roleRule(rolemodel.RoleRule{RoleID: support, Dimensions: rolemodel.Criteria{"Department": {Key: "Support"}}})
	o.roleRule(rolemodel.RoleRule{RoleID: both})
	o.typeRule(typ)
	o.scalar(typ, "Phone", "record.Office", "")
	o.scalar(typ, "DisplayName", "LastName", "")
	p := o.hire("Ann", "Lee")
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "1", from: 1, to: 9, dept: "Sales", office: "London", rank: "1"})
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "2", from: 5, to: 13, dept: "Support", office: "Rome", rank: "2"})
	res := o.evaluate(p)
	require.Len(t, res.Contexts, 2)
	require.Equal(t, month(5), *res.Contexts[0].Start, "the higher sort key is the main one")
	held := map[int64]string{}
	for _, x := range p.Roles {
		held[x.RoleID] = spans([]evaluation.Span{{From: x.Start, To: x.End}})[0]
	}
	require.Equal(t, map[int64]string{sales: "1-9 ", support: "5-13 ", both: "1-13 "}, held)
	row := o.one(p)
	require.Equal(t, []string{"1-5 London", "5-13 Rome"}, spans(row.Expected.Properties["Phone"]))
	require.Equal(t, []string{"1-13 Lee"}, spans(row.Expected.Properties["DisplayName"]))
	require.Equal(t, month(1), *row.Start)
	require.Equal(t, month(13), *row.End)
	require.Equal(t, month(5), *p.NextAt, "the value changes by itself")
	o.now = month(5)
	o.evaluate(p)
	require.Equal(t, []string{"5-13 Rome"}, spans(o.one(p).Expected.Properties["Phone"]))
}

// Without a sort key the position that is there for longer stays the main one.
func TestMainContextStays(t *testing.T) {
	t.Parallel()
	o, typ := positions(t, "Department Office Title", func(s *rolemodel.RecordSection) { s.SortKeyExpression = nil })
	o.now = month(3).Add(time.Hour)
	o.typeRule(typ)
	o.scalar(typ, "Phone", "record.Office", "")
	p := o.hire("Ann", "Lee")
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "2", from: 4, to: 13, office: "Rome"})
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "1", from: 1, to: 6, office: "London"})
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "1", from: 6, to: 9, office: "Paris"}) // the same position, changed ahead of time
	o.evaluate(p)
	require.Equal(t, []string{"1-6 London", "6-9 Paris", "9-13 Rome"}, spans(o.one(p).Expected.Properties["Phone"]))
}

// Role-model 12.15, scenario 21: a gap between positions.
func TestScenario21Gap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change []func(*rolemodel.RecordSection)
		office []string
		role   []string
	}{
		"Extendable": {nil, []string{"1-6 London", "6-13 Rome"}, []string{"1-6 "}},
		"Not":        {fs(never), []string{"1-4 London", "4-6 ", "6-13 Rome"}, []string{"1-4 "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, typ := positions(t, "Department Office Title", c.change...)
			o.now = month(2)
			sales := o.role(rolemodel.Single, "Seller")
			o.roleRule(rolemodel.RoleRule{RoleID: sales, Dimensions: rolemodel.Criteria{"Department": {Key: "Sales"}}})
			o.typeRule(typ)
			o.scalar(typ, "Phone", "record.Office", "")
			p := o.hire("Ann", "Lee")
			o.job(p, job{contract: "A", hired: 1, left: 13, number: "1", from: 1, to: 4, dept: "Sales", office: "London"})
			o.job(p, job{contract: "A", hired: 1, left: 13, number: "2", from: 6, to: 13, dept: "Support", office: "Rome"})
			o.evaluate(p)
			require.Equal(t, c.office, spans(o.one(p).Expected.Properties["Phone"]))
			var got []string
			for _, x := range p.Roles {
				got = append(got, spans([]evaluation.Span{{From: x.Start, To: x.End}})...)
			}
			require.Equal(t, c.role, got)
		})
	}
}

// A rule that two positions in turn satisfy gives one assignment, and its offsets count from the beginning of all of it (role-model 2.9).
func TestTransferDoesNotStartAnew(t *testing.T) {
	t.Parallel()
	o, typ := positions(t, "Department Office Title")
	o.now = month(2)
	o.typeRule(typ)
	r := o.scalar(typ, "Phone", "", "Literal:newcomer")
	r.OffsetReference, r.OffsetBefore, r.OffsetAfter = rolemodel.OffsetBefore, 0, 60*24*60
	o.scalar(typ, "Enabled", "", "Literal:true")
	after := o.scalar(typ, "Enabled", "record.Office", "")
	after.OffsetReference, after.OffsetAfter = rolemodel.OffsetAfter, 30*24*60
	p := o.hire("Ann", "Lee")
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "1", from: 1, to: 6, dept: "Sales", office: "London"})
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "2", from: 6, to: 13, dept: "Support", office: "Rome"})
	o.evaluate(p)
	row := o.one(p)
	require.Len(t, row.Expected.Properties["Phone"], 1)
	require.Equal(t, month(1), *row.Expected.Properties["Phone"][0].From)
	require.Equal(t, []string{"1-13 true", "13-13 Rome"}, spans(row.Expected.Properties["Enabled"]), "after the end with the last position")
	require.Equal(t, month(13).AddDate(0, 0, 30), *row.End)
	o.now = month(7)
	o.evaluate(p)
	require.Empty(t, o.one(p).Expected.Properties["Phone"])
}

// Two employments with a time between: what follows from them ends and begins again, and each period keeps its row.
func TestTwoEmployments(t *testing.T) {
	t.Parallel()
	o, typ := positions(t, "Department Office Title")
	o.now = month(2)
	sales := o.role(rolemodel.Single, "Seller")
	o.roleRule(rolemodel.RoleRule{RoleID: sales, Dimensions: rolemodel.Criteria{"Department": {Key: "Sales"}}})
	o.typeRule(typ)
	o.scalar(typ, "Phone", "record.Office", "")
	o.correlation(typ, 100)
	o.compile()
	o.correlate()
	p := o.hire("Ann", "Lee")
	o.job(p, job{contract: "A", hired: 1, left: 4, number: "1", from: 1, to: 4, dept: "Sales", office: "London"})
	o.provision(p)
	require.NotZero(t, o.one(p).TargetID)
	first := p.Roles[0].ID
	o.job(p, job{contract: "B", hired: 6, left: 13, number: "2", from: 6, to: 13, dept: "Sales", office: "Rome"})
	o.evaluate(p)
	require.Len(t, p.Roles, 2)
	second := p.Roles[1].ID
	if p.Roles[0].ID != first {
		second = p.Roles[0].ID
	}
	o.now = month(4)
	o.provision(p)
	require.Len(t, p.Roles, 1)
	require.Equal(t, second, p.Roles[0].ID, "the row of the second employment stays, the first has ended")
	require.True(t, len(p.Types) == 0 || p.Types[0].TargetID == 0, "the account is gone with the first employment")
	o.now = month(6)
	o.provision(p)
	require.Equal(t, second, p.Roles[0].ID)
	require.NotZero(t, o.one(p).TargetID)
	require.Equal(t, "Rome", o.res[o.one(p).TargetID].Scalars["Phone"])
}

// Of rules for one single value those of the better ranked position decide; in a collection all add up.
func TestRulesOfTwoPositions(t *testing.T) {
	t.Parallel()
	o, typ := positions(t, "Department Office Title")
	o.now = month(2)
	o.typeRule(typ)
	o.thing(group, "G_SALES", 0)
	o.thing(group, "G_SUPPORT", 0)
	for _, k := range []string{"Sales", "Support"} { // by id the rule of Sales is stronger
		o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PropertyID: o.property("Home"), ValueKey: ptr(k), Dimensions: rolemodel.Criteria{"Department": {Key: k}}})
	}
	for k, g := range map[string]string{"Sales": "G_SALES", "Support": "G_SUPPORT"} {
		o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PropertyID: o.property("MemberOf"), ValueKey: ptr(g), Dimensions: rolemodel.Criteria{"Department": {Key: k}}})
	}
	p := o.hire("Ann", "Lee")
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "1", from: 1, to: 9, dept: "Sales", rank: "1"})
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "2", from: 5, to: 7, dept: "Support", rank: "2"})
	o.evaluate(p)
	require.Equal(t, []string{"1-5 Sales", "5-7 Support", "7-9 Sales", "9-13 Support"}, spans(o.one(p).Expected.Properties["Home"]), "the higher sort key lends, too")
	require.ElementsMatch(t, []string{"1-9 G_SALES", "5-7 G_SUPPORT", "9-13 G_SUPPORT"}, spans(o.one(p).Expected.Properties["MemberOf"]))
}

// A query rule looks up for every position that counts or will: a single value from the best ranked one, a collection from all.
func TestQueryRulesOfTwoPositions(t *testing.T) {
	t.Parallel()
	o, typ := positions(t, "Department Office Title")
	o.now = month(2)
	o.typeRule(typ)
	home := o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.QueryRule, PropertyID: o.property("Home"), SourceBinding: ptr("record.Office"), TargetBinding: ptr("Code"), Confidence: 100})
	groups := o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.QueryRule, PropertyID: o.property("MemberOf"), SourceBinding: ptr("record.Office"), TargetBinding: ptr("Cn"), Confidence: 100})
	london, rome := o.thing(department, "London", 0), o.thing(department, "Rome", 0)
	londoners, romans := o.thing(group, "London", 0), o.thing(group, "Rome", 0)
	p := o.hire("Ann", "Lee")
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "1", from: 1, to: 9, office: "London", rank: "1"})
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "2", from: 5, to: 7, office: "Rome", rank: "2"})
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "3", from: 1, to: 2, office: "Oslo", rank: "0"}) // past
	o.compile()
	for _, r := range []*rolemodel.ResourceTypeRule{home, groups} {
		var values []string
		for _, k := range expectation.SourceKeys(o.c, o.now, p.Resource, o.res) {
			if k.RuleID == r.ID {
				values = append(values, k.Value)
			}
		}
		require.ElementsMatch(t, []string{"London", "Rome"}, values)
	}
	p.Lookups = map[evaluation.Key][]int64{{RuleID: home.ID, Value: "London"}: {london}, {RuleID: home.ID, Value: "Rome"}: {rome},
		{RuleID: groups.ID, Value: "London"}: {londoners}, {RuleID: groups.ID, Value: "Rome"}: {romans}}
	o.evaluate(p)
	require.Equal(t, []string{"1-5 London", "5-7 Rome", "7-9 London", "9-13 Rome"}, spans(o.one(p).Expected.Properties["Home"]))
	require.ElementsMatch(t, []string{"1-9 London", "5-7 Rome", "9-13 Rome"}, spans(o.one(p).Expected.Properties["MemberOf"]))
}

// A value that fails for one position fails for its time only.
func TestFailingPosition(t *testing.T) {
	t.Parallel()
	o, typ := positions(t, "Department Office Title")
	o.now = month(2)
	o.typeRule(typ)
	o.scalar(typ, "Phone", "", `record.Office.split("#")[1]`)
	p := o.hire("Ann", "Lee")
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "1", from: 1, to: 6, office: "a#b"})
	o.job(p, job{contract: "A", hired: 1, left: 13, number: "2", from: 6, to: 13, office: "c"})
	o.evaluate(p)
	line := o.one(p).Expected.Properties["Phone"]
	require.Len(t, line, 2)
	require.Equal(t, "b", line[0].Value)
	require.Empty(t, line[0].Error)
	require.NotEmpty(t, line[1].Error)
}

// What differs between records of the same thing must not fill memory: the owner fails, and is told how to mend it.
func TestTooManyContexts(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.section("Contract", "Hired", "Left", "Contract", bounds)
	o.section("Position", "Start", "End", "Office Place")
	p := o.hire("Ann", "Lee")
	for i := range 60 {
		o.job(p, job{contract: fmt.Sprint(i), hired: 1, left: 13, from: 1, to: 13, office: fmt.Sprint(i)})
	}
	o.compile()
	res := Evaluate(o.c, o.batch(p))[0]
	require.ErrorContains(t, res.Err, "instanceKeyExpression")
}

// What rules read and a section leaves out is nothing; the key of a record is that of the record a context is named after.
func TestExcludedAndKeys(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	o.now = month(2)
	o.typeRule(typ)
	o.scalar(typ, "Phone", "record.Place", "")
	o.scalar(typ, "DisplayName", "record.Number", "")
	o.scalar(typ, "Enabled", "", "record.Start < today() ? 'old' : 'new'")
	o.section("Contract", "Hired", "Left", "-Place")
	o.section("Position", "Start", "End", "Office Department Title")
	p := o.hire("Ann", "Lee")
	o.job(p, job{hired: 1, left: 13, number: "1", from: 1, to: 6, office: "London", place: "here"})
	o.job(p, job{hired: 1, left: 13, number: "2", from: 6, to: 13, office: "Rome", place: "there"})
	o.evaluate(p)
	row := o.one(p)
	require.Equal(t, []string{"1-13 "}, spans(row.Expected.Properties["Phone"]))
	require.Equal(t, []string{"1-6 1", "6-13 2"}, spans(row.Expected.Properties["DisplayName"]))
	require.Equal(t, []string{"1-6 old", "6-13 new"}, spans(row.Expected.Properties["Enabled"]))
}
