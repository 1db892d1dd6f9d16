package manifest

import "writ/server/rolemodel"

// ScalarRule computes a scalar of the target from its owner (role-model 2.7).
type ScalarRule struct {
	// Name, unique among all rules of resource types. Default: that of the type, - and the property.
	Identifier string `yaml:"identifier,omitempty"`
	// Identifier of its policy. Default: that of the type.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Identifier of the scalar property of the target.
	Property string `yaml:"property" ref:"property" holds:"scalar"`
	// Path from the owner, e.g. Department.Name; empty: the expression computes alone.
	Binding string `yaml:"binding,omitempty" row:"SourceBinding"`
	// CEL, a built-in function such as ToLower, or Literal:value; empty: the binding as it is.
	Expression string `yaml:"expression,omitempty" row:"SourceExpression"`
	// Identifier of the single role that owners need; empty: none.
	SingleRole string `yaml:"singleRole,omitempty" ref:"role:SINGLE"`
	// When the value in the system counts as equal to the computed one.
	Comparison string `yaml:"comparison,omitempty" default:"caseSensitive" words:"Comparison" row:"ComparisonType"`
	// The value is sent when the target is created, and never compared afterwards.
	CreateOnly bool `yaml:"createOnly,omitempty" row:"!IsMapped"`
	// When it applies; none: as long as the target is due.
	Offset *Offset `yaml:"offset,omitempty" inline:"Offset"`
}

func scalarRuleKind() ruleKind {
	return ruleOf[ScalarRule]{kind: rolemodel.ScalarRule, in: func(t *ResourceType) *[]ScalarRule { return &t.ScalarRules }, byProperty: true}
}
