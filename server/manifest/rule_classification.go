package manifest

import "writ/server/rolemodel"

// ClassifyRule says that a target without owner is of the type (role-model 5.4).
type ClassifyRule struct {
	// Name, unique among all rules of resource types. Default: that of the type, -classification- and a number.
	Identifier string `yaml:"identifier,omitempty"`
	// Identifier of its policy. Default: that of the type.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Condition over the target, CEL.
	Expression string `yaml:"expression" row:"TargetExpression"`
	// How sure it is; the highest decides.
	Confidence int `yaml:"confidence" min:"0" max:"150"`
}

func classificationRuleKind() ruleKind {
	return ruleOf[ClassifyRule]{kind: rolemodel.ClassificationRule, in: func(t *ResourceType) *[]ClassifyRule { return &t.ClassificationRules }}
}
