package computation

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// value evaluates one scalar rule for a person in IT below HQ.
func valueOf(t *testing.T, binding, expression string) (evaluation.Span, evaluation.Result, []rolemodel.Problem) {
	t.Helper()
	o := newOrganisation(t)
	hq := o.thing(department, "HQ", 0)
	it := o.thing(department, "IT", hq)
	typ := o.accounts()
	o.typeRule(typ)
	o.scalar(typ, "Phone", binding, expression)
	c, problems := model.Compile(o.m, o.shape, o.keys)
	o.c = c
	p := o.employ("Ann", "Lee", it)
	p.Resource.Links["Department"] = []int64{it}
	p.Resource.Scalars["Hired"] = "2020-02-29T00:00:00Z"
	p.Resource.Scalars["Floor"] = "3"
	o.res[p.Resource.Links["Records"][0]].Scalars["Office"] = "B2"
	res := o.evaluate(p)
	return o.one(p).Expected.Properties["Phone"][0], res, problems
}

func TestValues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ binding, expression, want string }{
		"Path":               {"Department.Parent.Name", "", "HQ"},
		"PathWithVariable":   {"source.Department.Name", "", "IT"},
		"PathWithEntityType": {"Person:Department.Name", "", "IT"},
		"PathToResource":     {"Department", "", "IT"},
		"NullOnTheWay":       {"Department.Parent.Parent.Name", "", ""},
		"Record":             {"record.Office", "", "B2"},
		"DisplayName":        {"Department.InternalDisplayName", "", "IT"},
		"StartOfAssignment":  {"assignment.startDate", "", at(-100).UTC().Format(time.RFC3339)},
		"EndOfAssignment":    {"assignment.endDate", "", ""},
		"PathAsExpression":   {"", "record.Department.Name", "IT"},
		"Literal":            {"", "Literal:a:b", "a:b"},
		"Concatenation":      {"", "source.FirstName + '.' + source.LastName", "Ann.Lee"},
		"Prefix":             {"", "Expr:ToUpper(source.LastName)", "LEE"},
		"Username":           {"", "BuildUsername(source.FirstName, source.LastName, '.', '', iteration)", "ann.lee"},
		"DeepNavigation":     {"", "source.Department.Parent.Name + '/' + source.Department.Name", "HQ/IT"},
		"NullSafe":           {"", "source.Department.Parent.Parent.Parent.Name == '' ? 'none' : 'some'", "none"},
		"NullFirst":          {"", "null == source.Department.Parent.Parent ? 'top' : 'below'", "top"},
		"BrokenChain":        {"", "(source.Floor > 1 ? source.Department.Parent.Parent : source.Department).Name + '!'", "!"},
		"NotNull":            {"", "source.Department.Parent != null ? 'below' : 'top'", "below"},
		"NullNavigation":     {"", "source.Department.Parent.Parent == null ? 'top' : 'below'", "top"},
		"Number":             {"", "source.Floor + 1", "4"},
		"MissingText":        {"", "source.Phone == '' ? 'no' : source.Phone", "no"},
		"Has":                {"", "has(source.Phone) ? 'yes' : 'no'", "no"},
		"Date":               {"", "source.Hired < timestamp('2021-01-01T00:00:00Z') ? 'old' : 'new'", "old"},
		"Collection":         {"", "source.Records.exists(r, r.Office == 'B2') ? 'in B2' : 'elsewhere'", "in B2"},
		"CollectionOfValues": {"", "source.Records.map(r, r.Department.Name)[0]", "IT"},
		"Assignment":         {"", "assignment.startDate < today() ? 'running' : 'later'", "running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, problems := valueOf(t, c.binding, c.expression)
			require.Empty(t, problems)
			require.Empty(t, s.Error)
			require.Equal(t, c.want, s.Value)
		})
	}
}

func TestFactsAreTracked(t *testing.T) {
	t.Parallel()
	for _, e := range []struct{ binding, expression string }{{"Department.Parent.Name", ""}, {"", "source.Department.Parent.Name + ''"}} {
		o := newOrganisation(t)
		hq := o.thing(department, "HQ", 0)
		it := o.thing(department, "IT", hq)
		typ := o.accounts()
		o.typeRule(typ)
		o.scalar(typ, "Phone", e.binding, e.expression)
		p := o.employ("Ann", "Lee", it)
		p.Resource.Links["Department"] = []int64{it}
		res := o.evaluate(p)
		require.Subset(t, res.Facts, []int64{hq, it}, "two steps away")
		o.res[hq].Scalars["Name"] = "Headquarters"
		res = Evaluate(o.c, o.batch(p))[0]
		require.False(t, res.Unchanged, "the fingerprint sees it too")
	}
}

func TestModelFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ binding, expression, message string }{
		"UnknownProperty":   {"Nothing", "", `Person has no property "Nothing"`},
		"UnknownStep":       {"FirstName.Code", "", "that leads to resources"},
		"ThroughCollection": {"Records.Office", "", "goes through a collection"},
		"Type":              {"", "source.Floor + source.LastName", "no matching overload"},
		"UnknownField":      {"", "source.Department.Nothing + ''", "undefined field"},
		"Syntax":            {"", "source.(", "Syntax error"},
		"CSharp":            {"", "C#:x:return x;", "not supported"},
		"FunctionArguments": {"Phone", "FormatLocalDate:UTC", "needs 2 arguments"},
		"FunctionAlone":     {"", "ToUpper", "needs a binding"},
		"NoTarget":          {"target.Login", "", "not available here"},
		"Nothing":           {"", "", "a binding or an expression is needed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, res, problems := valueOf(t, c.binding, c.expression)
			require.Len(t, problems, 1)
			require.Equal(t, rolemodel.SeverityError, problems[0].Severity)
			require.Contains(t, problems[0].Message, c.message)
			require.NotEmpty(t, s.Error, "whoever needs the value gets state 7")
			require.NoError(t, res.Err)
		})
	}
}

func TestExpressionThatFailsConcernsItsItemOnly(t *testing.T) {
	t.Parallel()
	s, res, problems := valueOf(t, "", "source.Records[7].Office")
	require.Empty(t, problems)
	require.Contains(t, s.Error, "index out of bounds")
	require.Equal(t, "new CREATE 1 item_error, new SET 7", outcome(res))
}

func TestExpressionIsLimited(t *testing.T) {
	t.Parallel()
	list := "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30]"
	s, _, problems := valueOf(t, "", list+".all(a, "+list+".all(b, "+list+".all(c, "+list+".all(d, a+b+c+d > 0)))) ? 'x' : 'y'")
	require.Empty(t, problems)
	require.Contains(t, s.Error, "cost")
}

// TestStoppedExpressionNamesItsValue: one value of a million letters in one person's data is told by owner, property, length and expression.
func TestStoppedExpressionNamesItsValue(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"source.Phone.lowerAscii().split('').join('-')", "source.Phone.matches('(a|b)+c') ? 'x' : 'y'", "source.Phone + source.Phone + source.Phone == 'x' ? source.Phone.replace('a', 'b') : ''"} {
		o := newOrganisation(t)
		typ := o.accounts()
		o.typeRule(typ)
		o.scalar(typ, "Phone", "", expression).Identifier = "phone-of-somebody"
		p, other := o.employ("Ann", "Lee", 0), o.employ("Bob", "Ray", 0)
		p.Resource.Scalars["Phone"], other.Resource.Scalars["Phone"] = strings.Repeat("a", 3<<20), "123"
		o.evaluate(p)
		o.evaluate(other)
		failed := o.one(p).Expected.Properties["Phone"][0].Error
		for _, part := range []string{"Phone of", p.Resource.Key, "3145728 characters", "source.Phone", "steps", "of the rule phone-of-somebody "} {
			require.Contains(t, failed, part)
		}
		require.Less(t, len(failed), 600)
		require.True(t, utf8.ValidString(failed))
		require.Empty(t, o.one(other).Expected.Properties["Phone"][0].Error)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	o.typeRule(typ)
	o.thing(group, "G", 0)
	o.member(typ, "G", 0)
	o.scalar(typ, "Phone", "Department.Parent.Name", "")
	o.scalar(typ, "Enabled", "", "source.Records.exists(r, r.Title.Code == 'X') ? 'a' : 'b'")
	o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.CorrelationRule, SourceBinding: ptr("EmployeeId"), TargetBinding: ptr("Home.Code"), Confidence: 100})
	o.compile()
	tree := map[string]string{}
	for _, p := range o.c.Paths() {
		tree[o.shape.EntityTypes[p.EntityTypeID].Identifier+" "+string(p.Role)] = draw(p.Hops)
	}
	require.Equal(t, map[string]string{
		"Person owner":       "Department(Parent()) <Records(Department() Title())",
		"Person source_key":  "",
		"Account target":     "MemberOf()",
		"Account target_key": "Home()",
	}, tree)
}

func draw(hops []model.Hop) string {
	s := ""
	for i, h := range hops {
		if i > 0 {
			s += " "
		}
		if h.Reverse {
			s += "<"
		}
		s += h.Name + "(" + draw(h.Next) + ")"
	}
	return s
}

func TestContextChoice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		records [][2]float64 // days; 999 = open
		want    int
	}{
		"NowBeforeFuture":   {[][2]float64{{10, 20}, {-5, 5}}, 1},
		"NowLatestStart":    {[][2]float64{{-20, 20}, {-5, 5}, {-10, 999}}, 1},
		"NextFuture":        {[][2]float64{{30, 40}, {10, 20}, {-20, -10}}, 1},
		"LastPast":          {[][2]float64{{-40, -30}, {-20, -10}}, 1},
		"StartAfterEnd":     {[][2]float64{{5, -5}, {-20, -10}}, 1},
		"SameStartLowestId": {[][2]float64{{-5, 5}, {-5, 9}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			p := o.hire("Ann", "Lee")
			var ids []int64
			for _, r := range c.records {
				end := time.Time{}
				if r[1] != 999 {
					end = at(r[1])
				}
				ids = append(ids, o.position(p, at(r[0]), end, 0, 0).ID)
			}
			res := o.evaluate(p)
			require.Len(t, res.Contexts, 1)
			require.Equal(t, ids[c.want], res.Contexts[0].RecordID)
		})
	}
}

func TestExcludedRecordsAndDayEnds(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.m.ContextRules[0].ExcludeExpression = ptr("record.Office == 'draft'")
	o.typeRule(o.accounts())
	p := o.employ("Ann", "Lee", 0)
	r := o.res[p.Resource.Links["Records"][0]]
	r.Scalars["Office"] = "draft"
	res := o.evaluate(p)
	require.Empty(t, res.Contexts)
	require.Empty(t, p.Types, "out of the role model")
	r.Scalars["Office"], r.Scalars["End"] = "", "2026-12-31"
	res = o.evaluate(p)
	require.Equal(t, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), *res.Contexts[0].End, "an end written as a day includes that day")
	r.Scalars["End"] = "soon"
	b := o.batch(p)
	require.ErrorContains(t, Evaluate(o.c, b)[0].Err, `"soon" is not a date`)
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	it := o.thing(department, "IT", 0)
	platform := o.thing(department, "Platform", it)
	hr := o.thing(department, "HR", 0)
	o.m.Policies[0].Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
	o.typeRule(o.accounts())
	in, out := o.employ("Ann", "Lee", platform), o.employ("Bob", "Ray", hr)
	o.evaluate(in)
	o.evaluate(out)
	require.Len(t, in.Types, 1, "a policy takes descendants")
	require.Empty(t, out.Types)
	o.m.Policies[0].IsProvisioningEnabled = false
	o.compile()
	o.evaluate(in)
	require.Empty(t, in.Types, "a disabled policy gives nothing")
}

func TestBuiltinFunctions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, args, want string }{
		{"ToUpper", "strasse é", "", "STRASSE É"},
		{"ToLower", "ÀB", "", "àb"},
		{"Trim", " a b ", "", "a b"},
		{"TrimStart", " a ", "", "a "},
		{"TrimEnd", " a ", "", " a"},
		{"RemoveDiacritics", "Müller Straße Šimić æ", "", "Mueller Strasse Shimic ae"},
		{"Simplify", "d'Ürsel-Łoś 3", "", "DUERSELLOS3"},
		{"ToTitle", "jean-PIERRE o'neil", "", "Jean-Pierre O'Neil"},
		{"ToFirstName", " MARY ann", "", "Mary Ann"},
		{"ToSoundex", "Robert", "", "R163"},
		{"ToSoundex", "Tymczak", "", "T522"},
		{"ToDoubleMetaphone", "Schmidt", "", "XMT"},
		{"ToDoubleMetaphone:2", "Schmidt", "", "SMT"},
		{"ToFormatedDN", "Lee, Ann+1", "", `Lee\, Ann\+1`},
		{"ParseLocalDate", "01/07/2026 12:30", "Europe/Paris|dd/MM/yyyy HH:mm", "2026-07-01T10:30:00Z"},
		{"ParseLocalDateThenAddMinutes", "2026-01-01", "UTC|yyyy-MM-dd|60", "2026-01-01T01:00:00Z"},
		{"ParseUniversalDate", "20260101", "yyyyMMdd", "2026-01-01"},
		{"FormatLocalDate", "2026-07-01T22:30:00Z", "Europe/Paris|dd.MM.yy HH:mm", "02.07.26 00:30"},
		{"FormatLocalDate", "", "Europe/Paris|dd.MM.yy", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			typ := o.accounts()
			o.typeRule(typ)
			text := c.name
			if c.args != "" {
				text += ":" + c.args
			}
			o.scalar(typ, "Phone", "Phone", text)
			p := o.employ("Ann", "Lee", 0)
			p.Resource.Scalars["Phone"] = c.in
			o.evaluate(p)
			require.Equal(t, c.want, o.one(p).Expected.Properties["Phone"][0].Value)
			require.Empty(t, o.one(p).Expected.Properties["Phone"][0].Error)
		})
	}
}

func TestArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	for text, want := range map[string]string{
		`{"a": order.HasChanged("Nope")}`: `HasChanged("Nope")`,
		`"Welcome"`:                       "map of texts",
		`{"a": source.Nope}`:              "Nope",
		`{"a": source.Department.Name}`:   "Department leads to other resources",
		`{"a": order.colour}`:             "colour",
		`{"a": `:                          "Syntax error",
	} {
		typ.ArgumentsExpression = &text
		_, problems := model.Compile(o.m, o.shape, o.keys)
		require.Len(t, problems, 1, text)
		require.Equal(t, rolemodel.SeverityError, problems[0].Severity)
		require.Equal(t, "resource_type", problems[0].Kind)
		require.Equal(t, "argumentsExpression", problems[0].Field)
		require.Contains(t, problems[0].Message, want)
	}
}
