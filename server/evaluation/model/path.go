package model

import (
	"slices"

	"writ/server/evaluation/formula"
)

// PathRole says from what a path starts.
type PathRole string

const (
	OwnerPath     PathRole = "owner"      // everything Evaluate reads from an owner
	SourceKeyPath PathRole = "source_key" // everything SourceKeys reads from an owner
	TargetPath    PathRole = "target"     // everything Evaluate reads from a linked or candidate target
	StoredPath    PathRole = "stored"     // everything that stored property expressions read from a resource
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

// Hops are the navigations that a tree follows.
func Hops(u *formula.Reads) []Hop {
	out := make([]Hop, 0, len(u.Navs))
	for _, n := range u.Navs {
		out = append(out, Hop{PropertyID: n.Prop, Name: n.Name, Reverse: n.Reverse, EntityTypeID: n.To.EntityType, Next: Hops(n.To)})
	}
	return out
}

// Paths tells the loader which navigations to follow, per entity type and role, sorted.
func (c *Compiled) Paths() []Path {
	var out []Path
	for id, s := range c.Sources {
		keys := s.keyReads
		if s.keysByRecord {
			keys = s.Reads // the record is chosen by the context rule, which may read anything
		}
		out = append(out, Path{EntityTypeID: id, Role: OwnerPath, Hops: Hops(s.Reads)}, Path{EntityTypeID: id, Role: SourceKeyPath, Hops: Hops(keys)})
	}
	for id, u := range c.Targets {
		out = append(out, Path{EntityTypeID: id, Role: TargetPath, Hops: Hops(u)})
	}
	for id, s := range c.Stored {
		out = append(out, Path{EntityTypeID: id, Role: StoredPath, Hops: Hops(s.Reads)})
	}
	for id, k := range c.keyed {
		out = append(out, Path{EntityTypeID: id, Role: TargetKeyPath, Hops: Hops(k.reads)})
	}
	slices.SortFunc(out, func(a, b Path) int {
		if a.EntityTypeID != b.EntityTypeID {
			return int(a.EntityTypeID - b.EntityTypeID)
		}
		if a.Role < b.Role {
			return -1
		}
		return 1
	})
	return out
}
