package rolemodel

// TypeRule: the owner gets the type (2.6).
const TypeRule RuleKind = "TYPE"

func typeRule() ruleKind {
	return ruleKind{of: TypeRule, gives: func(x *ResourceTypeRule) bool { return x.Type == Required }}
}
