package manifest

import "writ/server/rolemodel"

// TypeRule gives the resource type to whoever meets it (role-model 2.6).
type TypeRule struct {
	// Name, unique among all rules of resource types. Default: that of the type, -type- and a number.
	Identifier string `yaml:"identifier,omitempty"`
	// Identifier of its policy. Default: that of the type.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Identifier of the single role that owners need; empty: none.
	SingleRole string `yaml:"singleRole,omitempty" ref:"role:SINGLE"`
	// Values that the context of owners needs; none: any.
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
	// It withholds the type instead of giving it.
	IsDenied bool `yaml:"isDenied,omitempty"`
	// How strongly it gives. Only the first is taken: there are no requests yet.
	Type string `yaml:"type,omitempty" default:"required" words:"RuleStrength"`
	// When it applies; none: as long as owners meet it.
	Offset *Offset `yaml:"offset,omitempty" inline:"Offset"`
}

func typeRuleKind() ruleKind {
	return ruleOf[TypeRule]{kind: rolemodel.TypeRule, in: func(t *ResourceType) *[]TypeRule { return &t.TypeRules }}
}
