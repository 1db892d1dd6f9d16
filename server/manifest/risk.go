package manifest

import (
	"fmt"
	"slices"

	"writ/server/page"
	"writ/server/rolemodel"
)

// Risk is a dangerous combination of entitlements, which people are warned of, or kept from (role-model 9).
type Risk struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Why it is dangerous, for whoever is about to get it.
	Description string `yaml:"description,omitempty"`
	// What to do about it.
	Remediation string `yaml:"remediation,omitempty"`
	// Identifier of its policy. Default: Default.
	Policy string `yaml:"policy,omitempty" default:"Default" ref:"policy"`
	// Identifier of the entity type of those who can have it.
	EntityType string `yaml:"entityType" ref:"entity_type"`
	// The resource, mostly a person, that answers for it; none: nobody.
	Owner *Owner `yaml:"owner,omitempty" inline:"Owner"`
	// Why it is dangerous: segregation of duties needs a rule of at least two items.
	RiskType string `yaml:"riskType,omitempty" default:"segregationOfDuties" words:"RiskType"`
	// How dangerous it is, from 0 to 100. Default: 0.
	Level int `yaml:"level,omitempty" min:"0" max:"100"`
	// What it means for what is about to be requested. What is given already stays. What blocks keeps back what rules would newly give, too.
	ExemptionPolicy string `yaml:"exemptionPolicy,omitempty" default:"warning" words:"ExemptionPolicy"`
	// What is dangerous: one of the rules is enough.
	Rules []RiskRule `yaml:"rules"`
}

// RiskRule holds for an owner who has every item at one time; RiskItem for one whose account has a value.
type (
	RiskRule = rolemodel.RiskRule
	RiskItem = rolemodel.RiskItem
)

// The names of its API.
type (
	SaveRiskInput               = SaveInput[Risk]
	RiskConfigurationConnection = page.Connection[*Risk]
)

func riskKind() kind {
	d := &declared[Risk]{
		facts: facts{name: "risk", list: "risks", table: "risk", rights: ofModel, words: wordLists{
			"RiskType": said(rolemodel.RiskTypeWords, "Things that nobody should have together.", "One thing is enough."),
			"ExemptionPolicy": said(rolemodel.ExemptionPolicyWords, "People are told.", "It is not given.", "It needs an approval of its own.", "It is not given, unless who asks may override that.",
				"It needs an approval of its own, unless who asks may override that."),
		}},
		in:         func(m *Manifest) *[]Risk { return &m.Risks },
		identifier: func(r Risk) string { return r.Identifier },
		normal: func(r Risk) Risk {
			r.Rules = slices.Clone(r.Rules)
			for n := range r.Rules {
				r.Rules[n].Identifier = or(r.Rules[n].Identifier, fmt.Sprintf("%s-%d", r.Identifier, n+1))
			}
			return r
		},
		load: loaded[Risk, rolemodel.Risk](nil),
	}
	d.steps = saved(d, func() *rolemodel.Risk { return &rolemodel.Risk{} })
	return d
}
