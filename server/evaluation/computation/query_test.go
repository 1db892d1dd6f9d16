package computation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/model"
)

// tables lays out what the model looks through.
func (o *organisation) tables() {
	read := model.Queried(o.m, o.shape)
	of, tooMany := map[int64][]int64{}, map[int64]bool{}
	for _, id := range slices.Sorted(maps.Keys(o.res)) {
		r := o.res[id]
		if read[r.EntityTypeID] != nil && !r.Gone {
			of[r.EntityTypeID] = append(of[r.EntityTypeID], id)
		}
	}
	for id, list := range of {
		if tooMany[id] = len(list) > formula.MaxQueried; tooMany[id] {
			of[id] = nil
		}
	}
	o.keys.Tables = nil
	if read != nil {
		o.keys.Tables = formula.NewTables(read, of, tooMany, o.res)
	}
}

// asking evaluates a scalar rule for Ann in IT, where departments are HQ with IT (below it LAB) and Finance.
func asking(t *testing.T, expression string) (evaluation.Span, []string) {
	t.Helper()
	o := newOrganisation(t)
	hq := o.thing(department, "HQ", 0)
	it := o.thing(department, "IT", hq)
	o.thing(department, "FIN", hq)
	lab := o.thing(department, "LAB", it)
	o.res[lab].Scalars["Name"] = "Laboratory"
	o.res[it].Links["Children"] = []int64{lab}
	o.res[o.thing(department, "OLD", it)].Gone = true
	typ := o.accounts()
	o.typeRule(typ)
	o.scalar(typ, "Phone", "", expression)
	o.tables()
	c, problems := model.Compile(o.m, o.shape, o.keys)
	o.c = c
	p := o.employ("Ann", "Lee", it)
	p.Resource.Links["Department"] = []int64{it}
	p.Resource.Scalars["Phone"] = "LAB"
	o.evaluate(p)
	var wrong []string
	for _, x := range problems {
		wrong = append(wrong, x.Message)
	}
	return o.one(p).Expected.Properties["Phone"][0], wrong
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ expression, want string }{
		"ByEqualText":       {`query("Department", it.Code == source.Phone)[0].Name`, "Laboratory"},
		"TurnedRound":       {`query("Department", source.Phone == it.Code)[0].Name`, "Laboratory"},
		"ByConstant":        {`query("Department", it.Code == "FIN")[0].Name`, "FIN"},
		"WholeResource":     {`query("Department", it.Code == source.Phone)[0]`, "LAB"},
		"ByNavigation":      {`query("Department", it.Parent == source.Department).map(d, d.Code).join(",")`, "LAB"},
		"TwoSteps":          {`query("Department", it.Parent.Parent.Code == "HQ").map(d, d.Code).join(",")`, "LAB"},
		"InOrderOfKeys":     {`query("Department", it.Parent.Code == "HQ").map(d, d.Code).join(",")`, "FIN,IT"},
		"NotWhoIsGone":      {`string(size(query("Department", true)))`, "4"},
		"And":               {`query("Department", it.Name != "IT" && it.Parent.Code == "HQ" && it.Code == it.Name).map(d, d.Code).join(",")`, "FIN"},
		"Or":                {`query("Department", it.Code == "HQ" || it.Code == "LAB").map(d, d.Code).join(",")`, "HQ,LAB"},
		"Nothing":           {`query("Department", it.Code == "none")[?0].?Name.orValue("none")`, "none"},
		"Optional":          {`query("Department", it.Code == "LAB")[?0].?Name.orValue("none")`, "Laboratory"},
		"Null":              {`query("Department", it.Parent == null).map(d, d.Code).join(",")`, "HQ"},
		"NullOnTheRight":    {`query("Department", it.Parent == source.Department.Parent.Parent).map(d, d.Code).join(",")`, "HQ"},
		"NamedCandidate":    {`query("Department", d, d.Code == source.Phone)[0].Name`, "Laboratory"},
		"Nested":            {`query("Department", d, query("Department", e, e.Parent == d).size() > 0).map(d, d.Code).join(",")`, "HQ,IT"},
		"Exists":            {`query("Department", it.Code == "LAB").exists(d, d.Parent == source.Department) ? "below" : "no"`, "below"},
		"DisplayName":       {`query("Department", it.InternalDisplayName == "FIN")[0].InternalDisplayName`, "FIN"},
		"Record":            {`query("Department", it == record.Department)[0].Code`, "IT"},
		"Reverse":           {`query("Department", it.Children.exists(c, c.Code == "LAB"))[0].Code`, "IT"},
		"ByAnotherProperty": {`query("Department", it.Code == it.Name && it.Parent.Code == "HQ").map(d, d.Code).join(",")`, "FIN,IT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problems := asking(t, c.expression)
			require.Empty(t, problems)
			require.Empty(t, got.Error)
			require.Equal(t, c.want, got.Value)
		})
	}
}

func TestQueryRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ expression, want string }{
		"UnknownType":     {`query("Nothing", true).size() > 0 ? "" : ""`, `query: "Nothing" is not an entity type`},
		"TypeNotQuoted":   {`query(source.Phone, true).size() > 0 ? "" : ""`, "needs the identifier of an entity type in quotes"},
		"UnknownProperty": {`query("Department", it.Nothing == "")[0].Name`, "undefined field 'Nothing'"},
		"NotATruth":       {`query("Department", it.Code)[0].Name`, "no matching overload"},
		"AList":           {`query("Department", true)`, "is not one value"},
		"NoName":          {`query("Department", 1, true)[0].Name`, "the name by which the filter speaks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problems := asking(t, c.expression)
			require.NotEmpty(t, got.Error, "state 7 for this value")
			require.Len(t, problems, 1)
			require.Contains(t, problems[0], c.want)
		})
	}
	got, problems := asking(t, `query("Department", it.Code == "none")[0].Name`)
	require.Empty(t, problems)
	require.Contains(t, got.Error, "index out of bounds", "only the value fails")
	got, _ = asking(t, `query("Department", a, query("Department", b, query("Department", c, query("Department", d, query("Department", e, query("Department", f, query("Department", g,
		query("Department", h, query("Department", i, a.Code != i.Code).size() > 0).size() > 0).size() > 0).size() > 0).size() > 0).size() > 0).size() > 0).size() > 0)[0].Code`)
	require.Contains(t, got.Error, "cost limit exceeded", "it is stopped")
}

// TestQueryOfMany: a table of the size that is allowed is looked through by key in few steps; a larger one is refused for the value that asks.
func TestQueryOfMany(t *testing.T) {
	t.Parallel()
	for _, n := range []int{formula.MaxQueried, formula.MaxQueried + 1} {
		o := newOrganisation(t)
		for i := range n {
			o.thing(department, fmt.Sprint("D", i), 0)
		}
		typ := o.accounts()
		o.typeRule(typ)
		o.scalar(typ, "Phone", "", `query("Department", it.Code == source.FirstName)[0].Name`)
		o.scalar(typ, "Login", "EmployeeId", "")
		o.tables()
		o.c, _ = model.Compile(o.m, o.shape, o.keys)
		p := o.employ("D77", "Lee", 0)
		o.evaluate(p)
		got := o.one(p).Expected.Properties
		require.Equal(t, p.Resource.Key, got["Login"][0].Value)
		if n > formula.MaxQueried {
			require.Contains(t, got["Phone"][0].Error, "at most 10000 resources")
		} else {
			require.Equal(t, "D77", got["Phone"][0].Value)
			require.Empty(t, got["Phone"][0].Error)
		}
	}
}

// TestQueryReadsOnlyWhatItIsFor: where keys are made nothing can be looked up.
func TestQueryElsewhere(t *testing.T) {
	t.Parallel()
	shape := newOrganisation(t).shape
	c := formula.NewCompiler(shape)
	text := `query("Department", it.Code == source.Phone)[0].Name`
	var refused error
	c.Value(formula.Scope{Source: person}, formula.SourceRoot, nil, &text, &formula.Trees{}, func(err error) { refused = err })
	require.ErrorContains(t, refused, "query can be used by scalar rules and property expressions only")
	_, err := formula.CompileArguments(shape, person, account, `{"a": query("Department", true)[0].Name}`)
	require.ErrorContains(t, err, "query")
}

// TestQueryIsTheFilter: whatever the shortcut by equal values leaves out, the filter alone would have left out as well.
func TestQueryIsTheFilter(t *testing.T) {
	t.Parallel()
	whole := t
	rapid.Check(t, func(t *rapid.T) {
		o := newOrganisation(whole)
		var list []int64
		for i := range rapid.IntRange(1, 6).Draw(t, "departments") {
			parent := int64(0)
			if len(list) > 0 && rapid.Bool().Draw(t, "below") {
				parent = rapid.SampledFrom(list).Draw(t, "parent")
			}
			id := o.thing(department, fmt.Sprint("D", i), parent)
			o.res[id].Scalars["Name"] = rapid.SampledFrom([]string{"", "a", "b", "D1"}).Draw(t, "name")
			o.res[id].Scalars["Code"] = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "code")
			list = append(list, id)
		}
		term := func() string {
			return rapid.SampledFrom([]string{`it.Name == source.Phone`, `source.Phone == it.Code`, `it.Parent == source.Department`, `it.Parent == null`, `it.Name == "a"`,
				`it.Code == it.Name`, `it.Parent.Name == source.Phone`, `it != source.Department`, `it.Name == source.Department.Name`, `it.Code != ""`}).Draw(t, "term")
		}
		filter := term()
		for range rapid.IntRange(0, 2).Draw(t, "more") {
			filter = fmt.Sprintf("(%s) %s %s", filter, rapid.SampledFrom([]string{"&&", "||"}).Draw(t, "operator"), term())
		}
		typ := o.accounts()
		o.typeRule(typ)
		of := func(query string) string { return query + `.map(d, d.Name + d.Code).join(",")` }
		o.scalar(typ, "Phone", "", of(`query("Department", `+filter+`)`))
		o.scalar(typ, "Login", "", of(`query("Department", true).filter(it, `+filter+`)`))
		o.tables()
		c, problems := model.Compile(o.m, o.shape, o.keys)
		require.Empty(t, problems)
		o.c = c
		p := o.employ("Ann", "Lee", 0)
		p.Resource.Scalars["Phone"] = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "phone")
		if rapid.Bool().Draw(t, "has a department") {
			p.Resource.Links["Department"] = []int64{rapid.SampledFrom(list).Draw(t, "department")}
		}
		o.evaluate(p)
		got := o.one(p).Expected.Properties
		require.Empty(t, got["Phone"][0].Error)
		require.Equal(t, got["Login"][0].Value, got["Phone"][0].Value, strings.TrimSpace(filter))
	})
}
