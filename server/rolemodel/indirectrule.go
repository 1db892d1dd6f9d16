package rolemodel

import (
	"github.com/uptrace/bun"

	"writ/server/directory"
)

// IndirectRule says what accounts have through the things they are members of, and through the twins of those in another system (role-model 6).
// Properties are named: each belongs to another entity type.
type IndirectRule struct {
	bun.BaseModel                    `bun:"table:indirect_resource_rule,alias:irr"`
	ID                               int64 `bun:",pk,autoincrement"`
	Identifier                       string
	DisplayName                      string
	ResourceTypeID                   int64
	Property                         string // membership navigation, of the account and of what it points to
	Correspondence                   string // navigation from a permission to its twin; empty: none
	CorrespondenceMembershipProperty string
	Entitlement                      string // navigation from a twin to what it grants; empty: the twin itself counts
	Version                          int
}

// IndirectWay is what an indirect resource rule walks through; those that it does not ask for are nil.
type IndirectWay struct {
	Type        *ResourceType
	Of          *directory.Property // of the account
	Nests       *directory.Property // of what the account points to
	Twin        *directory.Property
	TwinNests   *directory.Property
	Grants      *directory.Property
	AtProblem   string // field of the rule that does not work; empty: all do
	WhatProblem string // what is wrong there, and what to do
}

// Way finds what a rule walks through.
func (m *Model) Way(shape *directory.Shape, x *IndirectRule) *IndirectWay {
	w := &IndirectWay{}
	for _, t := range m.ResourceTypes {
		if t.ID == x.ResourceTypeID {
			w.Type = t
		}
	}
	if w.Type == nil {
		return w.fails("resourceType", "The resource type does not exist.")
	}
	name := func(id int64) string {
		if t := shape.EntityTypes[id]; t != nil {
			return t.Identifier
		}
		return "the entity type"
	}
	navigation := func(of int64, identifier string) *directory.Property {
		if p := shape.Property(of, identifier); p != nil && p.IsNavigation() && p.TargetEntityTypeID != nil {
			return p
		}
		return nil
	}
	account := w.Type.TargetEntityTypeID
	if w.Of = navigation(account, x.Property); w.Of == nil {
		return w.fails("property", name(account)+" has no navigation "+quoted(x.Property)+". Name the one by which accounts of "+w.Type.Identifier+" are members of something.")
	}
	group := *w.Of.TargetEntityTypeID
	if w.Nests = navigation(group, x.Property); w.Nests == nil || *w.Nests.TargetEntityTypeID != group {
		return w.fails("property", name(group)+" has no navigation "+quoted(x.Property)+" to "+name(group)+", so nothing can be a member of another there. Give it one of the same name.")
	}
	if x.Correspondence == "" {
		return w
	}
	if w.Twin = navigation(group, x.Correspondence); w.Twin == nil {
		return w.fails("correspondence", name(group)+" has no navigation "+quoted(x.Correspondence)+". Name the one from a permission to its twin in the other system.")
	}
	other := *w.Twin.TargetEntityTypeID
	if w.TwinNests = navigation(other, x.CorrespondenceMembershipProperty); w.TwinNests == nil || *w.TwinNests.TargetEntityTypeID != other {
		return w.fails("correspondenceMembershipProperty", name(other)+" has no navigation "+quoted(x.CorrespondenceMembershipProperty)+" to "+name(other)+". Name the one by which twins are members of each other.")
	}
	if x.Entitlement == "" {
		return w
	}
	if w.Grants = navigation(other, x.Entitlement); w.Grants == nil {
		return w.fails("entitlement", name(other)+" has no navigation "+quoted(x.Entitlement)+". Name the one from a twin to what it grants.")
	}
	return w
}

func (w *IndirectWay) fails(at, what string) *IndirectWay {
	w.AtProblem, w.WhatProblem = at, what
	return w
}

func quoted(s string) string { return `"` + s + `"` }

// IndirectPlace is where a permission that somebody has through others can be told of: a navigation of a resource type.
type IndirectPlace struct {
	Type     *ResourceType
	Property *directory.Property
}

// Place finds the navigation by which owners of a resource type can have a resource of an entity type directly: that of this name before others, then
// the oldest resource type. None: nil, and such a permission is not told of (role-model 6.3, 4).
func (m *Model) Place(shape *directory.Shape, of *ResourceType, entityTypeID int64, named string) *IndirectPlace {
	var best *IndirectPlace
	for _, t := range m.ResourceTypes {
		if t.SourceEntityTypeID != of.SourceEntityTypeID {
			continue
		}
		for _, p := range shape.PropertiesOf[t.TargetEntityTypeID] {
			if p.IsNavigation() && p.TargetEntityTypeID != nil && *p.TargetEntityTypeID == entityTypeID &&
				(best == nil || p.Identifier == named && best.Property.Identifier != named) {
				best = &IndirectPlace{t, p}
			}
		}
	}
	return best
}

// indirectRules checks indirect resource rules (6.2).
func (v *validator) indirectRules() {
	seen := map[string]bool{}
	for _, x := range v.m.IndirectRules {
		v.identifier("indirect_resource_rule", x.Identifier, seen)
		if (x.Correspondence == "") != (x.CorrespondenceMembershipProperty == "") {
			v.fault("indirect_resource_rule", x.Identifier, "correspondenceMembershipProperty", "correspondence and correspondenceMembershipProperty go together. Name both, or neither.")
			continue
		}
		if x.Entitlement != "" && x.Correspondence == "" {
			v.fault("indirect_resource_rule", x.Identifier, "entitlement", "An entitlement is what a twin in another system grants. Name correspondence and correspondenceMembershipProperty, or leave it out.")
			continue
		}
		w := v.m.Way(v.shape, x)
		if w.AtProblem != "" {
			v.fault("indirect_resource_rule", x.Identifier, w.AtProblem, "%s", w.WhatProblem)
			continue
		}
		if w.Twin == nil {
			continue
		}
		far, named := *w.Twin.TargetEntityTypeID, x.CorrespondenceMembershipProperty
		if w.Grants != nil {
			far, named = *w.Grants.TargetEntityTypeID, x.Entitlement
		}
		if v.m.Place(v.shape, w.Type, far, named) == nil {
			t := v.shape.EntityTypes[far]
			v.warn("indirect_resource_rule", x.Identifier, "correspondence", "No resource type of these owners has a navigation to %s, so nothing in the other system is told of. Make a resource type whose accounts have one.", t.Identifier)
		}
	}
}
