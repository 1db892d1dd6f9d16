package mining

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// marseille is the example of role-model 8.5: 1,000 people, 40 in Marseille, 38 of them and nobody else hold App.
func marseille() (*Population, Role) {
	p := &Population{Dimensions: []Dimension{{Identifier: "Site"}}}
	app := Role{ID: 7}
	for i := range int64(1000) {
		site := int64(2)
		if i < 40 {
			site = 1
		}
		p.Places = append(p.Places, Place{Person: 100 + i, Values: []int64{site}})
		if i < 38 {
			app.Holders = append(app.Holders, 100+i)
		}
	}
	return p, app
}

func TestExample(t *testing.T) {
	t.Parallel()
	p, app := marseille()
	g := NewGround(p, 0)

	f := g.Mine(app, Limits{PrecisionMin: 99.5, FalsePositiveMax: 5})
	require.Equal(t, []Proposal{{Literals: []Literal{{0, 1, false}}, Matched: 40, Right: 38, New: 38}}, f.Proposals)
	require.InDelta(t, 99.8, f.Precision(), 1e-9)
	require.InDelta(t, 5.0, f.FalsePositive(), 1e-9)
	require.Equal(t, []int64{138, 139}, f.Given)
	require.Empty(t, f.Unexplained)

	f = g.Mine(app, Limits{PrecisionMin: 99.5, FalsePositiveMax: 1})
	require.Empty(t, f.Proposals)
	require.Equal(t, TooWrong, f.Refused)
	require.Len(t, f.Unexplained, 38)

	require.Len(t, g.Mine(app, Limits{PrecisionMin: 80, FalsePositiveMax: 20}).Proposals, 1)
}

func TestMine(t *testing.T) {
	t.Parallel()
	// Two sites and two titles; the tree: 1 is above 11 and 12, 2 above 21.
	tree := map[int64][]int64{11: {1}, 12: {1}, 21: {2}, 1: {}, 2: {}}
	dims := []Dimension{{Identifier: "Site", Ancestors: tree}, {Identifier: "Title"}}
	place := func(person, site, title int64) Place { return Place{person, []int64{site, title}} }
	people := []Place{place(1, 11, 5), place(2, 12, 5), place(3, 11, 6), place(4, 21, 5), place(5, 21, 6), place(6, 21, 6)}
	for name, c := range map[string]struct {
		places  []Place
		holders []int64
		limits  Limits
		want    [][]Literal
		refused Refusal
	}{
		"everybody":                  {people, []int64{1, 2, 3, 4, 5, 6}, Limits{}, [][]Literal{nil}, ""},
		"a branch of the tree":       {people, []int64{1, 2, 3}, Limits{}, [][]Literal{{{0, 1, true}}}, ""},
		"one leaf":                   {people, []int64{1, 3}, Limits{}, [][]Literal{{{0, 11, false}}}, ""},
		"two criteria":               {people, []int64{1, 2}, Limits{}, [][]Literal{{{0, 1, true}, {1, 5, false}}}, ""},
		"two rules":                  {people, []int64{1, 3, 4}, Limits{}, [][]Literal{{{0, 11, false}}, {{0, 21, false}, {1, 5, false}}}, ""},
		"nobody":                     {people, nil, Limits{}, nil, NoHolders},
		"holders without a place":    {people, []int64{99}, Limits{}, nil, NoHolders},
		"too few":                    {people, []int64{4}, Limits{LeastPeople: 2}, nil, TooWrong},
		"some wrong is allowed":      {people, []int64{1, 2}, Limits{FalsePositiveMax: 34, LeastPeople: 3}, [][]Literal{{{1, 5, false}}}, ""}, // before the branch
		"explains too few":           {people, []int64{1, 3, 5}, Limits{PrecisionMin: 90, LeastPeople: 2}, nil, TooImprecise},
		"rare values are no rule":    {people, []int64{2}, Limits{}, [][]Literal{{{0, 12, false}}}, ""},
		"two positions, one context": {append(people, place(7, 12, 6)), []int64{7}, Limits{}, [][]Literal{{{0, 12, false}, {1, 6, false}}}, ""},
		"criteria hold in one of two positions": {[]Place{place(1, 11, 5), place(1, 21, 6), place(2, 11, 6), place(3, 21, 5), place(4, 12, 5)}, []int64{1},
			Limits{}, [][]Literal{{{0, 11, false}, {1, 5, false}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := NewGround(&Population{Dimensions: dims, Places: c.places}, 0).Mine(Role{ID: 1, Holders: c.holders}, c.limits)
			var got [][]Literal
			for _, p := range f.Proposals {
				got = append(got, p.Literals)
			}
			require.Equal(t, c.want, got)
			require.Equal(t, c.refused, f.Refused)
		})
	}
	rare := NewGround(&Population{Dimensions: dims[:1], Places: []Place{{1, []int64{11}}, {2, []int64{12}}, {3, []int64{12}}, {4, []int64{12}}}}, 25)
	require.Equal(t, TooWrong, rare.Mine(Role{Holders: []int64{1}}, Limits{}).Refused, "one of four is an outlier of 25 %%")
}

// TestFindings: whatever the population, a finding says what its rules do. Each rule is as good as the limits ask, and the first covers as many holders
// as any acceptable conjunction could, found by trying all of them.
func TestFindings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPopulation(t)
		r := Role{ID: 1, Holders: rapid.SliceOfDistinct(rapid.Int64Range(1, 14), rapid.ID[int64]).Draw(t, "holders")}
		limits := Limits{PrecisionMin: rapid.Float64Range(0, 100).Draw(t, "precision"), FalsePositiveMax: rapid.Float64Range(0, 100).Draw(t, "false positive"),
			LeastPeople: rapid.IntRange(0, 3).Draw(t, "least")}
		g := NewGround(p, rapid.SampledFrom([]float64{0, 10, 40}).Draw(t, "outliers"))
		f := g.Mine(r, limits)

		matched := map[int64]bool{}
		for _, rule := range f.Proposals {
			of, right := map[int64]bool{}, 0
			for _, place := range p.Places {
				if holds(p, place, rule.Literals) {
					of[place.Person], matched[place.Person] = true, true
				}
			}
			for person := range of {
				if slices.Contains(r.Holders, person) {
					right++
				}
			}
			require.Equal(t, rule.Matched, len(of))
			require.Equal(t, rule.Right, right)
			require.LessOrEqual(t, rule.FalsePositive(), limits.FalsePositiveMax)
			require.GreaterOrEqual(t, rule.Matched, limits.LeastPeople)
			require.LessOrEqual(t, len(rule.Literals), mostLiterals)
		}
		var given, unexplained []int64
		seen := map[int64]bool{}
		for _, place := range p.Places {
			if seen[place.Person] {
				continue
			}
			seen[place.Person] = true
			switch has := slices.Contains(r.Holders, place.Person); {
			case matched[place.Person] && !has:
				given = append(given, place.Person)
			case has && !matched[place.Person]:
				unexplained = append(unexplained, place.Person)
			}
		}
		if f.Refused == TooImprecise || f.Refused == NoHolders {
			require.Empty(t, f.Proposals)
			return
		}
		require.ElementsMatch(t, given, f.Given)
		require.ElementsMatch(t, unexplained, f.Unexplained)
		require.Equal(t, len(given), f.Wrong)
		require.Equal(t, len(unexplained), f.Left)
		if len(f.Proposals) > 0 {
			require.GreaterOrEqual(t, f.Precision(), limits.PrecisionMin)
		}
		require.Equal(t, mostCovered(g, p, r, limits), firstCovered(g, r, limits))
	})
}

func drawPopulation(t *rapid.T) *Population {
	p := &Population{Dimensions: []Dimension{{Identifier: "A", Ancestors: map[int64][]int64{3: {2, 1}, 2: {1}, 4: {1}}}, {Identifier: "B"}, {Identifier: "C"}}}
	for person := range rapid.Int64Range(1, 12).Draw(t, "people") {
		for range rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "positions") {
			p.Places = append(p.Places, Place{Person: person + 1, Values: []int64{rapid.Int64Range(0, 4).Draw(t, "a"), rapid.Int64Range(0, 3).Draw(t, "b"),
				rapid.Int64Range(0, 2).Draw(t, "c")}})
		}
	}
	return p
}

func holds(p *Population, place Place, literals []Literal) bool {
	for _, l := range literals {
		value := place.Values[l.Dimension]
		if value != l.Value && !(l.Inherit && slices.Contains(p.Dimensions[l.Dimension].Ancestors[value], l.Value)) {
			return false
		}
	}
	return true
}

// mostCovered tries every conjunction there is.
func mostCovered(g *Ground, p *Population, r Role, limits Limits) (most int) {
	all := [][]Literal{nil}
	for d := range p.Dimensions {
		for _, so := range slices.Clone(all) {
			for _, l := range g.literals {
				if l.Dimension == d {
					all = append(all, append(slices.Clone(so), l.Literal))
				}
			}
		}
	}
	for _, literals := range all {
		matched, right := map[int64]bool{}, 0
		for _, place := range p.Places {
			if holds(p, place, literals) {
				matched[place.Person] = true
			}
		}
		for person := range matched {
			if slices.Contains(r.Holders, person) {
				right++
			}
		}
		if right > 0 && len(matched) >= limits.LeastPeople && share(len(matched)-right, len(matched)) <= limits.FalsePositiveMax {
			most = max(most, right)
		}
	}
	return most
}

// firstCovered is how many holders the first rule of a search covers, before rules are dropped.
func firstCovered(g *Ground, r Role, limits Limits) int {
	limits.PrecisionMin = 0
	if f := g.Mine(r, limits); len(f.Proposals) > 0 {
		return f.Proposals[0].New
	}
	return 0
}
