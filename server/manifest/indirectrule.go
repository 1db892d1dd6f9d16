package manifest

import (
	"writ/server/page"
	"writ/server/rolemodel"
)

// IndirectResourceRule tells what people have through nesting, such as a group that is a member of a group, and through twins in another system (role-model 6). It gives nothing: no order comes of it, nobody reviews it. Complete computations find what it is about, those of a single person or of changes leave it as it is.
type IndirectResourceRule struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of the resource type at whose accounts the walk starts. One rule for each resource type and property.
	ResourceType string `yaml:"resourceType" ref:"resource_type"`
	// Identifier of the navigation that says what something is a member of: of the accounts, and by the same name of what they point to.
	Property string `yaml:"property"`
	// Identifier of the navigation from what accounts are members of to its twin in another system; only with correspondenceMembershipProperty. Empty: the walk stays in its system.
	Correspondence string `yaml:"correspondence,omitempty"`
	// Identifier of the navigation that says what a twin is a member of in its system; only with correspondence. There is no way back.
	CorrespondenceMembershipProperty string `yaml:"correspondenceMembershipProperty,omitempty"`
	// Identifier of the navigation from a twin to what it grants, which is told of in its place; only with correspondence. Empty: the twin itself is what one has.
	Entitlement string `yaml:"entitlement,omitempty"`
}

// The names of its API.
type (
	SaveIndirectResourceRuleInput               = SaveInput[IndirectResourceRule]
	IndirectResourceRuleConfigurationConnection = page.Connection[*IndirectResourceRule]
)

func indirectResourceRuleKind() kind {
	d := &declared[IndirectResourceRule]{
		facts:      facts{name: "indirectResourceRule", list: "indirectResourceRules", table: "indirect_resource_rule", rights: ofModel},
		in:         func(m *Manifest) *[]IndirectResourceRule { return &m.IndirectResourceRules },
		identifier: func(r IndirectResourceRule) string { return r.Identifier },
		check: func(r *ranges, at string, x IndirectResourceRule) {
			switch {
			case (x.Correspondence == "") != (x.CorrespondenceMembershipProperty == ""):
				r.fault(at+".correspondenceMembershipProperty", "correspondence and correspondenceMembershipProperty go together. Name both, or neither.")
			case x.Entitlement != "" && x.Correspondence == "":
				r.fault(at+".entitlement", "An entitlement is what a twin in another system grants. Name correspondence and correspondenceMembershipProperty, or leave it out.")
			}
		},
		load: loaded[IndirectResourceRule, rolemodel.IndirectRule](nil),
	}
	d.steps = saved(d, func() *rolemodel.IndirectRule { return &rolemodel.IndirectRule{} })
	return d
}
