package manifest

import "writ/server/rolemodel"

// QueryRule looks up what to put into a navigation of the target, from data of its owner (role-model 2.8).
type QueryRule struct {
	// Name, unique among all rules of resource types. Default: that of the type, -query- and a number.
	Identifier string `yaml:"identifier,omitempty"`
	// Identifier of its policy. Default: that of the type.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Identifier of the navigation property of the target.
	Property string `yaml:"property" ref:"property" holds:"navigation"`
	// Path from the owner; empty: the expression computes alone.
	SourceBinding string `yaml:"sourceBinding,omitempty"`
	// Expression over the owner; empty: the binding as it is.
	SourceExpression string `yaml:"sourceExpression,omitempty"`
	// Path from the resource that is looked for; empty: the expression computes alone.
	TargetBinding string `yaml:"targetBinding,omitempty"`
	// Expression over the resource that is looked for; empty: the binding as it is.
	TargetExpression string `yaml:"targetExpression,omitempty"`
	// How sure it is: from 100 on it decides alone, below a person reviews. Rules are tried from the highest on; the first that finds something wins.
	Confidence int `yaml:"confidence" min:"0" max:"150"`
	// When it applies; none: as long as the target is due.
	Offset *Offset `yaml:"offset,omitempty" inline:"Offset"`
}

func queryRuleKind() ruleKind {
	return ruleOf[QueryRule]{kind: rolemodel.QueryRule, in: func(t *ResourceType) *[]QueryRule { return &t.QueryRules }}
}
