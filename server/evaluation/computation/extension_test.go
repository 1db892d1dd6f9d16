package computation

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation/model"
)

// TestExtensions: the libraries of CEL work on values of the directory, and what they read is loaded and noticed when it changes.
func TestExtensions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`source.Phone.split("#")[0]`:                                                       "124",
		`source.Phone.split("#")[?1].orValue("")`:                                          "Chief",
		`source.Phone.split("#")[?7].orValue("none")`:                                      "none",
		`source.Phone.split("#", 2).join("/")`:                                             "124/Chief",
		`source.Phone.substring(0, source.Phone.indexOf("#"))`:                             "124",
		`source.Phone.replace("#", " ").lowerAscii().trim()`:                               "124 chief",
		`source.FirstName.charAt(0) + source.LastName.upperAscii()`:                        "ALEE",
		`source.LastName.reverse()`:                                                        "eeL",
		`"%s-%d".format([source.LastName, source.Floor])`:                                  "Lee-3",
		`string(math.greatest(source.Floor, 2)) + string(math.least(1, 2))`:                "31",
		`math.ceil(double(source.Floor) / 2.0) == 2.0 ? "two" : ""`:                        "two",
		`[3, 1, 2].sort()[0] == 1 ? "sorted" : ""`:                                         "sorted",
		`["a", "b", "a"].distinct().join("")`:                                              "ab",
		`sets.contains(["IT", "HR"], [source.Department.Name]) ? "in" : "out"`:             "in",
		`sets.intersects(source.Phone.split("#"), ["Chief"]) ? "chief" : ""`:               "chief",
		`source.?Department.?Name.orValue("-")`:                                            "IT",
		`source.?Department.?Parent.?Parent.?Name.orValue("-")`:                            "-",
		`source.?Department.?Parent.optMap(d, d.Name + "!").orValue("-")`:                  "HQ!",
		`source.Department.Parent.Children.sortBy(d, d.Name)[0].Name`:                      "IT",
		`source.Department.Parent.Children.map(d, d.Name).slice(0, 1).first().orValue("")`: "IT",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			hq := o.thing(department, "HQ", 0)
			it := o.thing(department, "IT", hq)
			o.res[hq].Links["Children"] = []int64{it}
			typ := o.accounts()
			o.typeRule(typ)
			o.scalar(typ, "Phone", "", expression)
			p := o.employ("Ann", "Lee", it)
			p.Resource.Links["Department"] = []int64{it}
			p.Resource.Scalars["Phone"], p.Resource.Scalars["Floor"] = "124#Chief", "3"
			o.evaluate(p)
			span := o.one(p).Expected.Properties["Phone"][0]
			require.Empty(t, span.Error)
			require.Equal(t, want, span.Value)
			before := p.Fingerprint
			for _, name := range []string{"Phone", "FirstName", "LastName", "Floor"} {
				p.Resource.Scalars[name] += "9"
			}
			o.res[hq].Scalars["Name"], o.res[it].Scalars["Name"] = "Head", "Computers"
			if strings.Contains(expression, "source.") && want != "-" {
				require.NotEqual(t, before, Evaluate(o.c, o.batch(p))[0].Fingerprint, "what it reads counts")
			}
		})
	}
}

func TestExtensionsAreCounted(t *testing.T) {
	t.Parallel()
	grow := `source.Phone`
	for range 12 {
		grow = `(` + grow + `).replace("a", "aaaaaaaaaaaaaaaaaaaa")`
	}
	for _, expression := range []string{
		grow,
		`lists.range(10000).map(a, lists.range(10000).map(b, a)).flatten().size() > 0 ? "x" : "y"`,
		`lists.range(10000).map(a, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").join("")`,
		`lists.range(10000).distinct().size() > 0 ? "x" : "y"`,
		`sets.contains(lists.range(10000), lists.range(10000)) ? "x" : "y"`,
		`lists.range(100000000).size() > 0 ? "x" : "y"`,
		`"%s".format(["aaaaaaaaaaaaaaaaaaaaaaaaa"]).split("").map(a, lists.range(10000)).size() > 0 ? "x" : "y"`,
	} {
		o := newOrganisation(t)
		typ := o.accounts()
		o.typeRule(typ)
		o.scalar(typ, "Phone", "", expression)
		o.compile()
		p := o.employ("Ann", "Lee", 0)
		p.Resource.Scalars["Phone"] = "aaaaaaaaaaaaaaaaaaaaaaaa"
		o.evaluate(p)
		require.NotEmpty(t, o.one(p).Expected.Properties["Phone"][0].Error, expression)
	}
	for _, expression := range []string{`source.?Phone`, `optional.none()`, `source.Phone.split("#")`} {
		o := newOrganisation(t)
		typ := o.accounts()
		o.scalar(typ, "Phone", "", expression)
		_, problems := model.Compile(o.m, o.shape, o.keys)
		require.NotEmpty(t, problems, expression)
	}
}
