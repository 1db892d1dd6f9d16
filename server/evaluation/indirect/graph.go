package indirect

import (
	"cmp"
	"slices"
)

// Link says that one resource points to another.
type Link struct{ From, To int64 }

// Graph is a set of links, in two numbers for each. A nil one has none.
type Graph struct{ links []Link }

// NewGraph takes the links over.
func NewGraph(links []Link) *Graph {
	slices.SortFunc(links, func(a, b Link) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return &Graph{slices.Compact(links)}
}

// From gives the links of a resource, by what they point to.
func (g *Graph) From(id int64) []Link {
	if g == nil {
		return nil
	}
	begin, _ := slices.BinarySearchFunc(g.links, id, func(l Link, id int64) int { return cmp.Compare(l.From, id) })
	end := begin
	for end < len(g.links) && g.links[end].From == id {
		end++
	}
	return g.links[begin:end]
}
