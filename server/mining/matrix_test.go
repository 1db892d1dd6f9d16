package mining

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// gridFrom reads a grid as it is drawn: a line for each person, a letter for each role.
func gridFrom(lines ...string) *grid {
	g := &grid{columns: make([]map[int64]byte, len(lines[0]))}
	for i, line := range lines {
		person := int64(100 + i)
		g.people = append(g.people, person)
		for c := range line {
			if g.columns[c] == nil {
				g.columns[c] = map[int64]byte{}
			}
			if line[c] != cellNone {
				g.columns[c][person] = line[c]
			}
		}
	}
	return g
}

func (g *grid) drawn() (lines []string) {
	for i := range g.people {
		lines = append(lines, g.cells(i))
	}
	return lines
}

// TestBlocks: what is mixed comes out as blocks, with every cell where it belongs.
func TestBlocks(t *testing.T) {
	t.Parallel()
	g := gridFrom(
		"#.#.",
		".#.x",
		"#.o.",
		".#..",
		"#.#.",
	)
	g.arrange()
	require.Equal(t, []int{0, 2, 1, 3}, g.order)
	require.Equal(t, []string{
		"##..",
		"#o..",
		"##..",
		"..#x",
		"..#.",
	}, g.drawn())
	require.Equal(t, []int64{100, 102, 104, 101, 103}, g.people)
}

// TestArrangeLosesNothing: whatever stands in a grid, it is only put in another order.
func TestArrangeLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wide := rapid.IntRange(1, 70).Draw(t, "roles")
		lines := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune{'.', '.', '#', 'o', 'x'}), wide, wide, -1), 1, 70).Draw(t, "people")
		g := gridFrom(lines...)
		g.arrange()
		require.Len(t, g.order, wide)
		seen := map[int]bool{}
		for _, c := range g.order {
			require.False(t, seen[c])
			seen[c] = true
		}
		for i, person := range g.people {
			for at, c := range g.order {
				require.Equal(t, lines[person-100][c], g.cells(i)[at])
			}
		}
		// Equal rows stand together.
		drawn := g.drawn()
		for i := range drawn {
			drawn[i] = strings.Map(func(r rune) rune {
				if r == cellNone {
					return r
				}
				return cellExplained
			}, drawn[i])
		}
		require.Len(t, slices.Compact(slices.Clone(drawn)), len(slices.Compact(slices.Sorted(slices.Values(drawn)))))
	})
}

func TestPack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.Int64Range(1, 1<<62), rapid.ID[int64]).Draw(t, "ids")
		slices.Sort(ids)
		got := []int64{}
		require.NoError(t, unpack(pack(ids), func(id int64) { got = append(got, id) }))
		require.Equal(t, ids, got)
	})
	require.Error(t, unpack([]byte{0x80}, func(int64) {}))
}

// BenchmarkMatrix: 2,000 people of a department and 500 roles, and 100,000 people with 500.
func BenchmarkMatrix(b *testing.B) {
	for name, people := range map[string]int{"department": 2_000, "everybody": 100_000} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				g := &grid{columns: make([]map[int64]byte, 500)}
				for i := range people {
					g.people = append(g.people, int64(i))
				}
				for c := range g.columns {
					g.columns[c] = map[int64]byte{}
					for i := range people {
						if (i*7+c*13)%97 < 4 || i%25 == c%25 && i%3 != 0 {
							g.columns[c][int64(i)] = cellExplained
						}
					}
				}
				b.StartTimer()
				g.arrange()
			}
		})
	}
}
