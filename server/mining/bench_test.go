package mining

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkMine: 100,000 people with a department of a tree, a site, a title, a kind of contract; one role in twenty is given by no rule at all.
func BenchmarkMine(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	tree := map[int64][]int64{}
	for v := int64(2); v < 600; v++ {
		tree[v] = append([]int64{v / 5}, tree[v/5]...)
	}
	p := &Population{Dimensions: []Dimension{{Identifier: "Department", Ancestors: tree}, {Identifier: "Site"}, {Identifier: "Title"}, {Identifier: "Contract"}}}
	for i := range int64(100_000) {
		p.Places = append(p.Places, Place{i, []int64{1 + rng.Int64N(599), 1 + rng.Int64N(40), 1 + rng.Int64N(300), 1 + rng.Int64N(3)}})
	}
	g := NewGround(p, 1)
	var roles []Role
	for n := range 200 {
		r := Role{ID: int64(n)}
		department, title := 1+rng.Int64N(599), 1+rng.Int64N(300)
		for _, place := range p.Places {
			switch {
			case n%20 == 0:
				if rng.IntN(300) == 0 {
					r.Holders = append(r.Holders, place.Person)
				}
			case n%2 == 0 && place.Values[0] == department, n%2 == 1 && place.Values[2] == title && place.Values[0]%2 == 0:
				r.Holders = append(r.Holders, place.Person)
			}
		}
		roles = append(roles, r)
	}
	cut := 0
	for i := 0; b.Loop(); i++ {
		if f := g.Mine(roles[i%len(roles)], Limits{PrecisionMin: 99.5, FalsePositiveMax: 1, LeastPeople: 5}); f.Cut {
			cut++
		}
	}
	b.ReportMetric(float64(cut)/float64(b.N)*100, "%cut")
}
