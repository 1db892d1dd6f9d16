package rolemodel

import "writ/server/directory"

// NavigationRule: one fixed resource in a navigation (2.8).
const NavigationRule RuleKind = "NAVIGATION"

func navigationRule() ruleKind {
	return ruleKind{of: NavigationRule, fills: true, gives: func(*ResourceTypeRule) bool { return true }, validate: func(v *validator, x *ResourceTypeRule, p *directory.Property) {
		if !p.IsNavigation() {
			v.ruleFault(x, "property", "%s is a scalar: use a scalar rule.", p.Identifier)
		}
		if empty(x.ValueKey) {
			v.ruleFault(x, "valueKey", "Name the resource to put in %s by its key.", p.Identifier)
		}
	}}
}
