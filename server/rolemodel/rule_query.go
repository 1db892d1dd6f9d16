package rolemodel

import "writ/server/directory"

// QueryRule: a resource looked up from source data (2.8).
const QueryRule RuleKind = "QUERY"

func queryRule() ruleKind {
	return ruleKind{of: QueryRule, fills: true, validate: func(v *validator, x *ResourceTypeRule, p *directory.Property) {
		if !p.IsNavigation() {
			v.ruleFault(x, "property", "%s is a scalar: use a scalar rule.", p.Identifier)
		}
		if x.SingleRoleID != nil || len(x.Dimensions) > 0 {
			v.ruleFault(x, "", "A query rule has no criteria. Use navigation rules for values that depend on roles or dimensions.")
		}
		v.side(x, x.SourceBinding, x.SourceExpression, "sourceBinding", "source side")
		v.side(x, x.TargetBinding, x.TargetExpression, "targetBinding", "target side")
	}}
}
