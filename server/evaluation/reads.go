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

// PathRole says from what a path starts.
type PathRole string

const (
	OwnerPath     PathRole = "owner"      // everything Evaluate reads from an owner
	SourceKeyPath PathRole = "source_key" // everything SourceKeys reads from an owner
	TargetPath    PathRole = "target"     // everything Evaluate reads from a linked or candidate target
	TargetKeyPath PathRole = "target_key" // everything TargetKeys, or the classification, reads from a target or a pointed resource
)

// Path is the tree of navigations to follow from the resources of one entity type, so that a batch is loaded level by level with a fixed
// number of set queries.
type Path struct {
	EntityTypeID int64
	Role         PathRole
	Hops         []Hop
}

// Hop is one navigation: property PropertyID read forward, or backward when Reverse, giving resources of EntityTypeID. Name is the key
// under which Resource.Links has the ids.
type Hop struct {
	PropertyID   int64
	Name         string
	Reverse      bool
	EntityTypeID int64
	Next         []Hop
}

func (u *reads) hops() []Hop {
	out := make([]Hop, 0, len(u.navs))
	for _, n := range u.navs {
		out = append(out, Hop{PropertyID: n.prop, Name: n.name, Reverse: n.reverse, EntityTypeID: n.to.entityType, Next: n.to.hops()})
	}
	return out
}
