package indirect_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation/indirect"
)

type links = []indirect.Link

func graph(l ...indirect.Link) *indirect.Graph { return indirect.NewGraph(l) }

func TestWalk(t *testing.T) {
	t.Parallel()
	const a, b, c, d = 1, 2, 3, 4
	for name, x := range map[string]struct {
		rule   indirect.Rule
		direct []int64
		want   []indirect.Reached
	}{
		"nothing":       {indirect.Rule{Nests: graph(indirect.Link{a, b})}, nil, []indirect.Reached{}},
		"one above":     {indirect.Rule{Nests: graph(indirect.Link{a, b})}, []int64{a}, []indirect.Reached{{b, indirect.Near, []int64{a, b}, 2}}},
		"itself":        {indirect.Rule{Nests: graph(indirect.Link{a, a})}, []int64{a}, []indirect.Reached{}},
		"circle":        {indirect.Rule{Nests: graph(links{{a, b}, {b, c}, {c, a}}...)}, []int64{a}, []indirect.Reached{{b, indirect.Near, []int64{a, b}, 2}, {c, indirect.Near, []int64{a, b, c}, 3}}},
		"direct wins":   {indirect.Rule{Nests: graph(links{{a, b}, {b, c}}...)}, []int64{a, b}, []indirect.Reached{{c, indirect.Near, []int64{b, c}, 2}}},
		"shortest":      {indirect.Rule{Nests: graph(links{{a, b}, {b, d}, {d, c}, {a, d}}...)}, []int64{a}, []indirect.Reached{{b, indirect.Near, []int64{a, b}, 2}, {d, indirect.Near, []int64{a, d}, 2}, {c, indirect.Near, []int64{a, d, c}, 3}}},
		"twin":          {indirect.Rule{Nests: graph(), Twins: graph(indirect.Link{a, 11}), TwinNests: graph(indirect.Link{11, 12})}, []int64{a}, []indirect.Reached{{11, indirect.Far, []int64{a, 11}, 2}, {12, indirect.Far, []int64{a, 11, 12}, 3}}},
		"twin of above": {indirect.Rule{Nests: graph(indirect.Link{a, b}), Twins: graph(indirect.Link{b, 12})}, []int64{a}, []indirect.Reached{{b, indirect.Near, []int64{a, b}, 2}, {12, indirect.Far, []int64{a, b, 12}, 3}}},
		"no way back": {indirect.Rule{Nests: graph(indirect.Link{a, b}, indirect.Link{c, d}), Twins: graph(indirect.Link{b, c}), TwinNests: graph()}, []int64{a},
			[]indirect.Reached{{b, indirect.Near, []int64{a, b}, 2}, {c, indirect.Far, []int64{a, b, c}, 3}}},
		"entitlement in the place of the twin": {indirect.Rule{Nests: graph(indirect.Link{a, b}), Twins: graph(indirect.Link{b, 12}), TwinNests: graph(indirect.Link{12, 13}), Grants: graph(indirect.Link{12, 21}, indirect.Link{13, 21}, indirect.Link{13, 22})}, []int64{a},
			[]indirect.Reached{{b, indirect.Near, []int64{a, b}, 2}, {21, indirect.Granted, []int64{a, b, 12, 21}, 4}, {22, indirect.Granted, []int64{a, b, 12, 13, 22}, 5}}},
		"twins in circles": {indirect.Rule{Nests: graph(), Twins: graph(indirect.Link{a, 11}), TwinNests: graph(indirect.Link{11, 12}, indirect.Link{12, 11})}, []int64{a},
			[]indirect.Reached{{11, indirect.Far, []int64{a, 11}, 2}, {12, indirect.Far, []int64{a, 11, 12}, 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w indirect.Walker
			w.Walk(&indirect.Rule{Nests: graph(links{{a, b}, {b, c}, {c, d}}...)}, []int64{a}) // what it walked before leaves nothing
			require.Equal(t, x.want, w.Walk(&x.rule, x.direct))
		})
	}
}

// A chain is walked in one go, and no way is kept longer than it is told.
func TestLongChain(t *testing.T) {
	t.Parallel()
	const n = 10_000
	chain := make(links, 0, n)
	for i := range int64(n) {
		chain = append(chain, indirect.Link{From: i, To: i + 1})
	}
	var w indirect.Walker
	got := w.Walk(&indirect.Rule{Nests: indirect.NewGraph(chain)}, []int64{0})
	require.Len(t, got, n)
	for i, r := range got {
		require.Equal(t, int64(i+1), r.ID)
		require.Equal(t, i+2, r.Steps)
		require.Len(t, r.Path, min(i+2, indirect.MostNamed))
		for k, id := range r.Path {
			want := int64(k)
			if k >= indirect.MostNamed/2 {
				want = int64(i+1) - int64(len(r.Path)-1-k)
			}
			require.Equal(t, want, id)
		}
	}
}

// Diamonds one upon the other have 2^n ways, and each thing is reached once. All is a hundred thousand nestings.
func TestDiamonds(t *testing.T) {
	t.Parallel()
	var l links
	for i := int64(0); i < 75_000; i += 3 {
		l = append(l, indirect.Link{i, i + 1}, indirect.Link{i, i + 2}, indirect.Link{i + 1, i + 3}, indirect.Link{i + 2, i + 3})
	}
	var w indirect.Walker
	require.Len(t, w.Walk(&indirect.Rule{Nests: indirect.NewGraph(l)}, []int64{0}), 75_000)
}

// What is reached is what one can go to step by step, whatever the graph; each way is one, and none is shorter.
func TestWalkIsReachability(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 6))
		size := 2 + random.Int64N(12)
		var l links
		for range random.IntN(30) {
			l = append(l, indirect.Link{From: random.Int64N(size), To: random.Int64N(size)})
		}
		var direct []int64
		for range random.IntN(4) {
			direct = append(direct, random.Int64N(size))
		}
		far := map[int64]int{} // by Bellman and Ford
		for _, id := range direct {
			far[id] = 1
		}
		for range size {
			for _, x := range l {
				if d, ok := far[x.From]; ok && (far[x.To] == 0 || far[x.To] > d+1) {
					far[x.To] = d + 1
				}
			}
		}
		for _, id := range direct {
			delete(far, id)
		}
		var w indirect.Walker
		got := w.Walk(&indirect.Rule{Nests: indirect.NewGraph(slices.Clone(l))}, direct)
		require.Len(t, got, len(far), "seed %d", seed)
		for _, r := range got {
			require.Equal(t, far[r.ID], r.Steps, "seed %d", seed)
			require.Len(t, r.Path, r.Steps)
			require.Contains(t, direct, r.Path[0])
			require.Equal(t, r.ID, r.Path[len(r.Path)-1])
			for i := 1; i < len(r.Path); i++ {
				require.Contains(t, l, indirect.Link{From: r.Path[i-1], To: r.Path[i]})
			}
		}
	}
}
