package manifest

import "writ/server/rolemodel"

// NavigationRule puts one fixed resource into a navigation of the target (role-model 2.8).
type NavigationRule struct {
	// Name, unique among all rules of resource types. Default: that of the type, -navigation- and a number.
	Identifier string `yaml:"identifier,omitempty"`
	// Identifier of its policy. Default: that of the type.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Identifier of the navigation property of the target.
	Property string `yaml:"property" ref:"property" holds:"navigation"`
	// Key of the resource to put there.
	Resource string `yaml:"resource" row:"ValueKey"`
	// Identifier of the single role that owners need; empty: none.
	SingleRole string `yaml:"singleRole,omitempty" ref:"role:SINGLE"`
	// Values that the context of owners needs; none: any.
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
	// It forbids the value instead of giving it.
	IsDenied bool `yaml:"isDenied,omitempty"`
	// When it applies; none: as long as owners meet it.
	Offset *Offset `yaml:"offset,omitempty" inline:"Offset"`
}

func navigationRuleKind() ruleKind {
	return ruleOf[NavigationRule]{kind: rolemodel.NavigationRule, in: func(t *ResourceType) *[]NavigationRule { return &t.NavigationRules }}
}
