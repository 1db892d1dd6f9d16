package rolemodel

import (
	"strings"

	"writ/server/directory"
)

// CorrelationRule: who owns a target (5).
const CorrelationRule RuleKind = "CORRELATION"

func correlationRule() ruleKind {
	return ruleKind{of: CorrelationRule, validate: func(v *validator, x *ResourceTypeRule, _ *directory.Property) {
		v.side(x, x.SourceBinding, x.SourceExpression, "sourceBinding", "source side")
		v.side(x, x.TargetBinding, x.TargetExpression, "targetBinding", "target side")
		v.fuzzy(x, "sourceBinding", x.SourceBinding)
		v.fuzzy(x, "targetBinding", x.TargetBinding)
	}}
}

// fuzzy are the parts of property names on which a correlation is not reliable (5.6).
var fuzzy = []string{"displayname", "location", "site", "position", "title", "marital", "married"}

func (v *validator) fuzzy(x *ResourceTypeRule, field string, binding *string) {
	if binding == nil || x.Confidence < 100 {
		return
	}
	for _, word := range fuzzy {
		if strings.Contains(strings.ToLower(*binding), word) {
			v.warn("resource_type_rule", x.Identifier, field, "%q changes in a person's life or is not unique. Correlate on something that stays, or give the rule a confidence below 100.", *binding)
			return
		}
	}
}
