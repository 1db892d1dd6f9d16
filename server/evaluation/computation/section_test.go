package computation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/interval"
	"writ/server/rolemodel"
)

// section adds a record section of people; change says what it is beside its name. Its properties end with a minus when their values do not
// reach beyond it, and begin with a minus when they are left out.
func (o *organisation) section(name, start, end string, properties string, change ...func(*rolemodel.RecordSection)) *rolemodel.RecordSection {
	s := &rolemodel.RecordSection{ID: o.id(), Identifier: name, SourceEntityTypeID: person, ResourceEntityTypeID: record,
		StartPropertyID: &o.shape.Property(record, start).ID, EndPropertyID: &o.shape.Property(record, end).ID}
	for _, p := range strings.Fields(properties) {
		one := rolemodel.SectionProperty{Property: strings.Trim(p, "-"), IsExcluded: strings.HasPrefix(p, "-"), ExtensionKind: "default"}
		if strings.HasSuffix(p, "-") {
			one.ExtensionKind = "none"
		}
		s.Properties = append(s.Properties, one)
	}
	for _, f := range change {
		f(s)
	}
	o.m.RecordSections = append(o.m.RecordSections, s)
	return s
}

func byKey(expression string) func(*rolemodel.RecordSection) {
	return func(s *rolemodel.RecordSection) { s.InstanceKeyExpression = &expression }
}

func ranked(expression string) func(*rolemodel.RecordSection) {
	return func(s *rolemodel.RecordSection) { s.SortKeyExpression = &expression }
}

func least(key string) func(*rolemodel.RecordSection) {
	return func(s *rolemodel.RecordSection) { s.ExtendedSortKey = &key }
}

func never(s *rolemodel.RecordSection)  { s.ExtensionKind = rolemodel.ExtensionNone }
func bounds(s *rolemodel.RecordSection) { s.IsDefaultBoundariesSection = true }
func kept(s *rolemodel.RecordSection)   { s.BoundaryKind = rolemodel.BoundaryKept }

// month is the first day of a month of the year of these tests; 13 is the next January, 0 no date.
func month(n int) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Date(2026, time.Month(n), 1, 0, 0, 0, 0, time.UTC)
}

// job is a record: contract and position with the months from and to which they last.
type job struct {
	contract     string
	hired, left  int
	number       string
	from, to     int
	dept, office string
	place, title string
	rank         string
}

func (o *organisation) job(p *evaluation.Owner, j job) *evaluation.Resource {
	dept, titled := int64(0), int64(0)
	if j.dept != "" {
		dept = o.keys.IDs[department][j.dept]
		if dept == 0 {
			dept = o.thing(department, j.dept, 0)
		}
	}
	if j.title != "" {
		titled = o.keys.IDs[title][j.title]
		if titled == 0 {
			titled = o.thing(title, j.title, 0)
		}
	}
	r := o.position(p, month(j.from), month(j.to), dept, titled)
	for name, v := range map[string]string{"Number": j.number, "Contract": j.contract, "Office": j.office, "Place": j.place, "Rank": j.rank} {
		if v != "" {
			r.Scalars[name] = v
		}
	}
	if j.hired != 0 {
		r.Scalars["Hired"] = directory.FormatTime(month(j.hired))
	}
	if j.left != 0 {
		r.Scalars["Left"] = directory.FormatTime(month(j.left))
	}
	return r
}

// of computes the contexts of a person.
func (o *organisation) of(p *evaluation.Owner) []expectation.Context {
	o.t.Helper()
	if o.c == nil {
		o.compile()
	}
	r, err := expectation.Of(o.c, o.batch(p), p, &expectation.Scratch{}, nil)
	require.NoError(o.t, err)
	return slices.Clone(r.Contexts[0])
}

// during writes the months of contexts with what they say, in the order of time: "1-2 dept:Sales office:London".
func (o *organisation) during(p *evaluation.Owner) []string {
	found := o.of(p)
	rank := map[*evaluation.Resource]int{}
	for i := range found {
		rank[found[i].Record] = i
	}
	slices.SortStableFunc(found, func(a, b expectation.Context) int { return cmp.Compare(a.Over.From, b.Over.From) })
	monthOf := func(at int64) string {
		if at == interval.Min || at == interval.Max {
			return ""
		}
		t := time.UnixMicro(at).UTC()
		return fmt.Sprint(int(t.Month()) + 12*(t.Year()-2026))
	}
	out := []string{}
	for _, c := range found {
		text := monthOf(c.Over.From) + "-" + monthOf(c.Over.To)
		for _, id := range c.Record.Links["Department"] {
			text += " " + o.res[id].Key
		}
		for _, id := range c.Record.Links["Title"] {
			text += " " + o.res[id].Key
		}
		for _, name := range []string{"Office", "Place", "Contract"} {
			if v := c.Record.Scalars[name]; v != "" {
				text += " " + v
			}
		}
		out = append(out, text)
	}
	return out
}

// The example of role-model 4.9, and what each property of a section changes in it.
func TestSections(t *testing.T) {
	t.Parallel()
	sales := job{hired: 1, left: 13, number: "1", from: 2, to: 5, dept: "Sales", office: "London"}
	support := job{hired: 1, left: 13, number: "2", from: 6, to: 13, dept: "Support", office: "London"}
	const fixed, open = "Department- Title- Office", "Department Title Office"
	for name, c := range map[string]struct {
		properties string
		position   []func(*rolemodel.RecordSection)
		contract   []func(*rolemodel.RecordSection)
		jobs       []job
		want       []string
	}{
		"Example":           {properties: fixed, jobs: []job{sales, support}, want: []string{"1-2 London", "2-5 Sales London", "5-6 London", "6-13 Support London"}},
		"AllExtendable":     {properties: open, jobs: []job{sales, support}, want: []string{"1-6 Sales London", "6-13 Support London"}},
		"NeverExtended":     {properties: open, position: fs(never), jobs: []job{sales, support}, want: []string{"1-2", "2-5 Sales London", "5-6", "6-13 Support London"}},
		"NoneExtendable":    {properties: "Department- Title- Office-", jobs: []job{sales, support}, want: []string{"1-2", "2-5 Sales London", "5-6", "6-13 Support London"}},
		"ByKey":             {properties: fixed, position: fs(byKey("Number")), jobs: []job{sales, support}, want: []string{"1-2 London", "2-5 Sales London", "5-6 London", "6-13 Support London"}},
		"NobodyHere":        {properties: fixed, jobs: nil, want: []string{}},
		"OnlyThePosition":   {properties: fixed, jobs: []job{{number: "1", from: 2, to: 5, dept: "Sales"}}, want: []string{"-2", "2-5 Sales", "5-"}},
		"StartAfterEnd":     {properties: fixed, jobs: []job{sales, {hired: 1, left: 13, number: "3", from: 9, to: 7, dept: "Lost"}}, want: []string{"1-2 London", "2-5 Sales London", "5-13 London"}},
		"ContractOver":      {properties: fixed, jobs: []job{{hired: 5, left: 3, from: 1, to: 13, dept: "Sales"}}, want: []string{}},
		"CutByTheContract":  {properties: fixed, jobs: []job{{hired: 3, left: 9, number: "1", from: 1, to: 13, dept: "Sales"}}, want: []string{"3-9 Sales"}},
		"MissingDates":      {properties: fixed, jobs: []job{{hired: 3, left: 9, number: "1", dept: "Sales"}, {hired: 2, left: 4, number: "2", from: 8, to: 9, dept: "Support"}}, want: []string{"2-4 Sales", "3-9 Sales", "8-9 Support"}},
		"KeptDates":         {properties: fixed, position: fs(kept, bounds), jobs: []job{{hired: 3, left: 9, number: "1", dept: "Sales"}}, want: []string{"-3 Sales", "3-9 Sales", "9- Sales"}},
		"BoundaryElsewhere": {properties: fixed, position: fs(bounds), jobs: []job{sales, support}, want: []string{"2-5 Sales London", "6-13 Support London"}},
		"AtTheSameTime": {properties: fixed, position: fs(byKey("Number")), jobs: []job{sales, {hired: 1, left: 13, number: "2", from: 4, to: 13, dept: "Support", office: "Rome"}},
			want: []string{"1-2 London", "2-5 Sales London", "4-13 Support Rome"}},
		"SameKeyLatestStart": {properties: fixed, position: fs(byKey("Number")), jobs: []job{{hired: 1, left: 13, number: "1", from: 1, to: 13, dept: "Sales"},
			{hired: 1, left: 13, number: "1", from: 6, to: 13, dept: "Support"}}, want: []string{"1-6 Sales", "6-13 Support"}},
		"SameKeySameStart": {properties: fixed, position: fs(byKey("Number")), jobs: []job{{hired: 1, left: 13, number: "1", from: 1, to: 13, dept: "Sales"},
			{hired: 1, left: 13, number: "1", from: 1, to: 13, dept: "Support"}}, want: []string{"1-13 Sales"}},
		"SameThingTwice": {properties: fixed, jobs: []job{sales, sales, support}, want: []string{"1-2 London", "2-5 Sales London", "5-6 London", "6-13 Support London"}},
		"WithoutKeyDistinct": {properties: fixed, jobs: []job{{hired: 1, left: 13, from: 1, to: 13, dept: "Sales"}, {hired: 1, left: 13, from: 1, to: 13, dept: "Support"}},
			want: []string{"1-13 Sales", "1-13 Support"}},
		"EmptyValueIsLent": {properties: fixed, jobs: []job{sales, {hired: 1, left: 13, number: "2", from: 5, to: 13, dept: "Support"}},
			want: []string{"1-2 London", "2-5 Sales London", "5-13 Support London"}},
		"HigherSortKeyLends": {properties: fixed, position: fs(ranked("Rank")), jobs: []job{{hired: 1, left: 13, number: "1", from: 1, to: 3, dept: "Sales", office: "London", rank: "1"},
			{hired: 1, left: 13, number: "2", from: 6, to: 9, dept: "Support", office: "Rome", rank: "2"}},
			want: []string{"1-3 Sales London", "3-6 Rome", "6-9 Support Rome", "9-13 Rome"}},
		"OnlyFromASortKeyOn": {properties: fixed, position: fs(ranked("Rank"), least("2")), jobs: []job{{hired: 1, left: 13, number: "1", from: 1, to: 3, dept: "Sales", office: "London", rank: "1"},
			{hired: 1, left: 13, number: "2", from: 6, to: 9, dept: "Support", office: "Rome", rank: "2"}, {hired: 1, left: 13, number: "3", from: 10, to: 11, office: "Oslo", rank: "10"}},
			want: []string{"1-3 Sales London", "3-6 Rome", "6-9 Support Rome", "9-10 Rome", "10-11 Oslo", "11-13 Rome"}},
		"NobodyLends": {properties: fixed, position: fs(ranked("Rank"), least("5")), jobs: []job{sales}, want: []string{"1-2", "2-5 Sales London", "5-13"}},
		"TwoContracts": {properties: fixed, contract: fs(byKey("Contract")), jobs: []job{{contract: "A", hired: 1, left: 4, number: "1", from: 1, to: 4, dept: "Sales"},
			{contract: "B", hired: 6, left: 9, number: "2", from: 6, to: 9, dept: "Support"}}, want: []string{"1-4 Sales A", "6-9 Support B"}},
		"ContractsAndPositionsApart": {properties: fixed, contract: fs(byKey("Contract")), position: fs(byKey("Number")), jobs: []job{
			{contract: "A", hired: 1, left: 13, number: "1", from: 1, to: 13, dept: "Sales"},
			{contract: "B", hired: 3, left: 13, number: "2", from: 5, to: 13, dept: "Support"}},
			want: []string{"1-13 Sales A", "3-13 Sales B", "5-13 Support A", "5-13 Support B"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			o.m.ContextRules[0].ExcludeExpression = ptr(`record.Place == "gone"`)
			o.typeRule(o.accounts())
			o.scalar(o.m.ResourceTypes[0], "Phone", "record.Contract", "")
			o.section("Contract", "Hired", "Left", "", c.contract...)
			o.section("Position", "Start", "End", c.properties, c.position...)
			p := o.hire("Ann", "Lee")
			for _, j := range c.jobs {
				o.job(p, j)
			}
			o.job(p, job{hired: 1, left: 13, from: 1, to: 13, dept: "Drafts", place: "gone"})
			got := o.during(p)
			require.ElementsMatch(t, c.want, got, "%q", got)
		})
	}
}

func fs(list ...func(*rolemodel.RecordSection)) []func(*rolemodel.RecordSection) { return list }

// said is what a context says on a day in the naive model: its values, and what ranks it.
type said struct {
	values string
	sort   []string
	since  []int64
	lowest []int64
}

// naive computes one day of role-model 4.6 from the records alone, without segments, instances or merging.
type naive struct {
	o        *organisation
	records  []*evaluation.Resource
	sections []*rolemodel.RecordSection
}

// told is one record in one section.
type told struct {
	from, to int64
	r        *evaluation.Resource
	key      string
	sort     string
}

func (n *naive) date(r *evaluation.Resource, id *int64) (int64, bool) {
	text := r.Scalars[n.o.shape.Properties[*id].Identifier]
	if text == "" {
		return 0, false
	}
	at, _, err := directory.ReadDate(text, time.UTC)
	require.NoError(n.o.t, err)
	return at.UnixMicro(), true
}

// owns lists the properties of a section; contract is the only one that none lists.
func (n *naive) owns(s *rolemodel.RecordSection) []string {
	if s.IsDefault() {
		return []string{"Contract"}
	}
	var out []string
	for _, p := range s.Properties {
		out = append(out, p.Property)
	}
	return out
}

func (n *naive) value(r *evaluation.Resource, property string) string {
	if q := n.o.shape.Property(record, property); q.IsNavigation() {
		return strings.Trim(fmt.Sprint(r.Links[property]), "[]")
	}
	return r.Scalars[property]
}

func (n *naive) tells(s *rolemodel.RecordSection) []told {
	outer := interval.Always
	if !s.IsDefault() {
		for _, other := range n.sections {
			if other.IsDefault() {
				for i, x := range n.tells(other) {
					if i == 0 {
						outer = interval.Interval{From: x.from, To: x.to}
					}
					outer = interval.Interval{From: min(outer.From, x.from), To: max(outer.To, x.to)}
				}
			}
		}
		if s.BoundaryKind == rolemodel.BoundaryKept {
			outer = interval.Always
		}
	}
	var out []told
	for _, r := range n.records {
		x := told{from: outer.From, to: outer.To, r: r}
		if at, ok := n.date(r, s.StartPropertyID); ok {
			x.from = at
		}
		if at, ok := n.date(r, s.EndPropertyID); ok {
			x.to = at
		}
		if x.from >= x.to {
			continue
		}
		if s.SortKeyExpression != nil {
			x.sort = r.Scalars[*s.SortKeyExpression]
		}
		if s.InstanceKeyExpression != nil {
			x.key = r.Scalars[*s.InstanceKeyExpression]
		} else {
			x.key = fmt.Sprint(x.from, x.to)
			for _, p := range n.owns(s) {
				x.key += "|" + n.value(r, p)
			}
		}
		out = append(out, x)
	}
	return out
}

func (n *naive) lends(s *rolemodel.RecordSection, all []told, from, to int64, property string) string {
	if s.ExtensionKind == rolemodel.ExtensionNone {
		return ""
	}
	for _, p := range s.Properties {
		if p.Property == property && p.ExtensionKind == "none" {
			return ""
		}
	}
	best, found := told{}, false
	before := func(x told) bool { return x.to <= from }
	for _, x := range all {
		if !before(x) && x.from < to || n.value(x.r, property) == "" || s.ExtendedSortKey != nil && x.sort < *s.ExtendedSortKey {
			continue
		}
		better := !found
		switch {
		case better:
		case x.sort != best.sort:
			better = x.sort > best.sort
		case before(x) != before(best):
			better = before(x)
		case before(x) && x.to != best.to:
			better = x.to > best.to
		case before(x) && x.from != best.from:
			better = x.from > best.from
		case !before(x) && x.from != best.from:
			better = x.from < best.from
		case !before(x) && x.to != best.to:
			better = x.to < best.to
		default:
			better = x.r.ID < best.r.ID
		}
		if better {
			best, found = x, true
		}
	}
	if !found {
		return ""
	}
	return n.value(best.r, property)
}

// on gives what the contexts of an instant say, the best ranked first.
func (n *naive) on(at int64) []string {
	here := false
	out := []said{{}}
	flagged := slices.ContainsFunc(n.sections, func(s *rolemodel.RecordSection) bool { return s.IsDefaultBoundariesSection })
	for _, s := range n.sections {
		all := n.tells(s)
		active := map[string]told{}
		since, lowest := map[string]int64{}, map[string]int64{}
		for _, x := range all {
			if v, ok := since[x.key]; !ok || x.from < v {
				since[x.key] = x.from
			}
			if v, ok := lowest[x.key]; !ok || x.r.ID < v {
				lowest[x.key] = x.r.ID
			}
			if x.from > at || x.to <= at {
				continue
			}
			if s.IsDefaultBoundariesSection || !flagged && s.IsDefault() {
				here = true
			}
			if y, ok := active[x.key]; !ok || x.from > y.from || x.from == y.from && x.r.ID < y.r.ID {
				active[x.key] = x
			}
		}
		var next []said
		say := func(from, to int64, r *evaluation.Resource, rank said) {
			text := ""
			for _, p := range n.owns(s) {
				v := ""
				if r != nil {
					v = n.value(r, p)
				}
				if v == "" {
					v = n.lends(s, all, from, to, p)
				}
				text += " " + p + "=" + v
			}
			for _, c := range out {
				next = append(next, said{c.values + text, append(slices.Clone(c.sort), rank.sort...), append(slices.Clone(c.since), rank.since...), append(slices.Clone(c.lowest), rank.lowest...)})
			}
		}
		for _, x := range active {
			say(x.from, x.to, x.r, said{sort: []string{x.sort}, since: []int64{since[x.key]}, lowest: []int64{lowest[x.key]}})
		}
		if len(active) == 0 {
			say(at, at+1, nil, said{sort: []string{""}, since: []int64{0}, lowest: []int64{0}})
		}
		out = next
	}
	if !here {
		return nil
	}
	slices.SortFunc(out, func(a, b said) int {
		return cmp.Or(-slices.Compare(a.sort, b.sort), slices.Compare(a.since, b.since), slices.Compare(a.lowest, b.lowest))
	})
	var texts []string
	for _, c := range out {
		texts = append(texts, c.values)
	}
	return texts
}

// Random records and sections against the naive model, day by day: the contexts, their rank, and what rules make of them.
func TestSectionsDayByDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := newOrganisation(t)
		for _, k := range []string{"Sales", "Support"} {
			o.thing(department, k, 0)
		}
		maybe := func(label string, f func(*rolemodel.RecordSection)) []func(*rolemodel.RecordSection) {
			if rapid.Bool().Draw(rt, label) {
				return fs(f)
			}
			return nil
		}
		extension := func() string { return rapid.SampledFrom([]string{"", "-"}).Draw(rt, "extension") }
		contract := maybe("contract by key", byKey("Contract"))
		contract = append(contract, maybe("contract never extended", never)...)
		position := maybe("position by key", byKey("Number"))
		position = append(position, maybe("position never extended", never)...)
		position = append(position, maybe("kept", kept)...)
		if rapid.Bool().Draw(rt, "sorted") {
			position = append(position, ranked("Rank"))
			position = append(position, maybe("least", least("2"))...)
		}
		position = append(position, maybe("position bounds", bounds)...)
		o.section("Contract", "Hired", "Left", "", contract...)
		o.section("Position", "Start", "End", "Department"+extension()+" Office"+extension(), position...)
		role := o.role(rolemodel.Single, "Seller")
		o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "Sales"}}})
		typ := o.accounts()
		o.typeRule(typ)
		o.scalar(typ, "Phone", "record.Office", "")
		o.scalar(typ, "DisplayName", "", `record.Contract + "/" + record.Office`)
		p := o.hire("Ann", "Lee")
		n := &naive{o: o, sections: o.m.RecordSections}
		for range rapid.IntRange(0, 4).Draw(rt, "records") {
			m := func(label string, least int) int { return rapid.IntRange(least, 13).Draw(rt, label) }
			j := job{contract: rapid.SampledFrom([]string{"A", "B"}).Draw(rt, "contract"), hired: m("hired", 0), left: m("left", 0), number: rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "number"),
				from: m("from", 0), to: m("to", 0), dept: rapid.SampledFrom([]string{"", "Sales", "Support"}).Draw(rt, "department"),
				office: rapid.SampledFrom([]string{"", "London", "Rome"}).Draw(rt, "office"), rank: rapid.SampledFrom([]string{"", "1", "2", "3"}).Draw(rt, "rank")}
			n.records = append(n.records, o.job(p, j))
		}
		o.now = month(rapid.IntRange(1, 13).Draw(rt, "now")).Add(time.Hour)
		found := o.of(p)
		shows := func(c expectation.Context) string {
			text := ""
			for _, s := range n.sections {
				for _, name := range n.owns(s) {
					text += " " + name + "=" + n.value(c.Record, name)
				}
			}
			return text
		}
		held := func(at int64) (yes bool) {
			for _, c := range found {
				yes = yes || c.Over.Has(at) && c.Dimensions["Department"] == o.keys.IDs[department]["Sales"]
			}
			return yes
		}
		o.evaluate(p)
		for m := 0; m <= 14; m++ {
			at := month(1).AddDate(0, m-1, 3).UnixMicro()
			var got []string
			for _, c := range found {
				if c.Over.Has(at) {
					got = append(got, shows(c))
				}
			}
			want := n.on(at)
			require.Equal(rt, want, got, "month %d", m)
			has := slices.ContainsFunc(p.Roles, func(x *evaluation.AssignedRole) bool {
				return interval.StartOf(x.Start) <= at && at < interval.EndOf(x.End)
			})
			if at > o.now.UnixMicro() {
				require.Equal(rt, held(at), has, "role in month %d", m)
			}
			if len(want) > 0 && at > o.now.UnixMicro() {
				office := strings.SplitN(want[0], "Office=", 2)[1]
				for _, s := range o.one(p).Expected.Properties["Phone"] {
					if s.Interval().Has(at) {
						require.Equal(rt, office, s.Value, "month %d: the best ranked decides: %q", m, want)
					}
				}
			}
		}
		for i, a := range found { // what goes on unchanged is one context
			for _, b := range found[i+1:] {
				if (a.Over.To == b.Over.From || b.Over.To == a.Over.From) && shows(a) == shows(b) && n.sections[0].InstanceKeyExpression != nil && n.sections[1].InstanceKeyExpression != nil &&
					n.sections[1].SortKeyExpression == nil {
					require.NotEqual(rt, keysOf(a), keysOf(b), "%s", shows(a))
				}
			}
		}
	})
}

func keysOf(c expectation.Context) (out []string) {
	for _, s := range c.Sections {
		out = append(out, s.Key)
	}
	return out
}
