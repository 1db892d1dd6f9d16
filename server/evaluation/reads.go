package evaluation

import (
	"slices"
)

// reads is what the rules read of a resource: a tree that follows the navigations. From it come the loader's Paths and the fingerprint.
type reads struct {
	entityType int64
	scalars    []string // sorted
	self       bool     // key and display name
	all        bool     // every scalar
	navs       []*readNav
	depth      int // navigations followed to get here
}

// readNav is one navigation followed from a resource.
type readNav struct {
	name    string
	prop    int64
	reverse bool
	to      *reads
}

func (u *reads) scalar(name string) {
	if i, found := slices.BinarySearch(u.scalars, name); !found {
		u.scalars = slices.Insert(u.scalars, i, name)
	}
}

// nav gives the node behind a navigation, new if it was not followed yet.
func (u *reads) nav(name string, n navigation) *reads {
	for _, have := range u.navs {
		if have.name == name {
			return have.to
		}
	}
	to := &reads{entityType: n.to, depth: u.depth + 1}
	u.navs = append(u.navs, &readNav{name: name, prop: n.prop, reverse: n.reverse, to: to})
	return to
}

// sort makes the order of the tree independent of the order of the rules.
func (u *reads) sort() {
	slices.SortFunc(u.navs, func(a, b *readNav) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	for _, n := range u.navs {
		n.to.sort()
	}
}
