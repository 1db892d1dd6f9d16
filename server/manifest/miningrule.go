package manifest

import (
	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// MiningRule says which single roles mining explains by rules, and how well the rules must do (role-model 8.2).
type MiningRule struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of the policy whose roles it looks at. Default: Default.
	Policy string `yaml:"policy,omitempty" default:"Default" ref:"policy"`
	// Identifier of the policy of the rules that it proposes. Default: that of the mining rule; one of its own is better, since what is proposed replaces all rules there.
	RulePolicy string `yaml:"rulePolicy,omitempty" default:"=Policy" ref:"policy"`
	// Identifier of the entity type of the holders.
	EntityType string `yaml:"entityType" ref:"entity_type"`
	// Identifier of the category of the roles; empty: any.
	Category string `yaml:"category,omitempty" ref:"category"`
	// It looks at roles that need no approval, or cannot be requested. Default: true.
	IncludeNoValidation *bool `yaml:"includeNoValidation,omitempty" default:"true"`
	// It looks at roles that need one approval. Default: true.
	IncludeSimpleValidation *bool `yaml:"includeSimpleValidation,omitempty" default:"true"`
	// It looks at roles that need two approvals. Default: true.
	IncludeDoubleValidation *bool `yaml:"includeDoubleValidation,omitempty" default:"true"`
	// It looks at roles that need three approvals. Default: true.
	IncludeTripleValidation *bool `yaml:"includeTripleValidation,omitempty" default:"true"`
	// Nothing is proposed for its roles, by no mining rule that comes after it either.
	ExcludeRole bool `yaml:"excludeRole,omitempty"`
	// How strongly the proposed rules give. Only the first is taken: there are no requests yet.
	RuleType string `yaml:"ruleType,omitempty" default:"required" words:"RuleStrength"`
	// Least share of right decisions about all people, in percent from 0 to 100. Default: 100; 99.5 is good advice.
	PrecisionMinPercentage *float64 `yaml:"precisionMinPercentage,omitempty" default:"100" min:"0" max:"100"`
	// Most of those whom a proposed rule may give the role although they do not hold it, in percent from 0 to 100. Default: 0; 1 is good advice.
	FalsePositiveMaxPercentage float64 `yaml:"falsePositiveMaxPercentage,omitempty" min:"0" max:"100"`
	// The highest comes first: a role that got a proposal is left alone by the others. Default: 0.
	Priority int `yaml:"priority,omitempty"`
}

// The names of its API.
type (
	SaveMiningRuleInput               = SaveInput[MiningRule]
	MiningRuleConfigurationConnection = page.Connection[*MiningRule]
)

func miningRuleKind() kind {
	d := &declared[MiningRule]{
		facts:      facts{name: "miningRule", list: "miningRules", table: "mining_rule", rights: ofModel},
		in:         func(m *Manifest) *[]MiningRule { return &m.MiningRules },
		identifier: func(m MiningRule) string { return m.Identifier },
		refuse: func(m MiningRule) error {
			if m.ExcludeRole {
				return nil
			}
			if !*m.IncludeNoValidation && !*m.IncludeSimpleValidation && !*m.IncludeDoubleValidation && !*m.IncludeTripleValidation {
				return errs.Invalid("miningRule/"+m.Identifier+".includeNoValidation", "The mining rule %s looks at no role at all. Include at least one number of approvals.", m.Identifier)
			}
			return refuseStrength(m.RuleType, "miningRule/"+m.Identifier+".ruleType")
		},
		load: loaded[MiningRule, rolemodel.MiningRule](nil),
	}
	d.steps = saved(d, func() *rolemodel.MiningRule { return &rolemodel.MiningRule{} })
	return d
}
