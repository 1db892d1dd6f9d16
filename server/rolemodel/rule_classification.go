package rolemodel

import "writ/server/directory"

// ClassificationRule: which type a target is (5).
const ClassificationRule RuleKind = "CLASSIFICATION"

func classificationRule() ruleKind {
	return ruleKind{of: ClassificationRule, validate: func(v *validator, x *ResourceTypeRule, _ *directory.Property) {
		if empty(x.TargetExpression) {
			v.ruleFault(x, "targetExpression", "A classification rule needs a condition on the target.")
		}
	}}
}
