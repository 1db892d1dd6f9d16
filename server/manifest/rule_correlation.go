package manifest

import "writ/server/rolemodel"

// CorrelationRule says who owns a target (role-model 5.2).
type CorrelationRule struct {
	// Name, unique among all rules of resource types. Default: that of the type, -correlation- and a number.
	Identifier string `yaml:"identifier,omitempty"`
	// Identifier of its policy. Default: that of the type.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Path from the owner; empty: the expression computes alone.
	SourceBinding string `yaml:"sourceBinding,omitempty"`
	// Expression over the owner; empty: the binding as it is.
	SourceExpression string `yaml:"sourceExpression,omitempty"`
	// Path from the target; empty: the expression computes alone.
	TargetBinding string `yaml:"targetBinding,omitempty"`
	// Expression over the target; empty: the binding as it is.
	TargetExpression string `yaml:"targetExpression,omitempty"`
	// How sure it is: from 100 on it decides alone, below a person reviews.
	Confidence int `yaml:"confidence" min:"0" max:"150"`
}

func correlationRuleKind() ruleKind {
	return ruleOf[CorrelationRule]{kind: rolemodel.CorrelationRule, in: func(t *ResourceType) *[]CorrelationRule { return &t.CorrelationRules }}
}
