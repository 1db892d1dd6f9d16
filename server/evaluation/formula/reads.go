package formula

import (
	"slices"
)

// Reads is what the rules read of a resource: a tree that follows the navigations. From it come the loader's Paths and the fingerprint.
type Reads struct {
	EntityType int64
	Scalars    []string // sorted
	Self       bool     // key and display name
	All        bool     // every scalar
	Navs       []*Nav
	depth      int // navigations followed to get here
}

// Nav is one navigation followed from a resource.
type Nav struct {
	Name    string
	Prop    int64
	Reverse bool
	To      *Reads
}

// Scalar notes that a scalar is read.
func (u *Reads) Scalar(name string) {
	if i, found := slices.BinarySearch(u.Scalars, name); !found {
		u.Scalars = slices.Insert(u.Scalars, i, name)
	}
}

// Nav gives the node behind a navigation, new if it was not followed yet.
func (u *Reads) Nav(name string, n Navigation) *Reads {
	for _, have := range u.Navs {
		if have.Name == name {
			return have.To
		}
	}
	to := &Reads{EntityType: n.to, depth: u.depth + 1}
	u.Navs = append(u.Navs, &Nav{Name: name, Prop: n.prop, Reverse: n.reverse, To: to})
	return to
}

// Add notes what another tree of the same entity type reads, too.
func (u *Reads) Add(o *Reads) {
	u.Self, u.All = u.Self || o.Self, u.All || o.All
	for _, name := range o.Scalars {
		u.Scalar(name)
	}
	for _, n := range o.Navs {
		u.Nav(n.Name, Navigation{prop: n.Prop, reverse: n.Reverse, to: n.To.EntityType}).Add(n.To)
	}
}

// Sort makes the order of the tree independent of the order of the rules.
func (u *Reads) Sort() {
	slices.SortFunc(u.Navs, func(a, b *Nav) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	for _, n := range u.Navs {
		n.To.Sort()
	}
}
