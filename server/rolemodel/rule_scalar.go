package rolemodel

import (
	"strings"

	"writ/server/directory"
)

// ScalarRule: a scalar of the target (2.7).
const ScalarRule RuleKind = "SCALAR"

func scalarRule() ruleKind {
	return ruleKind{of: ScalarRule, fills: true, computed: true, gives: withRole, validate: func(v *validator, x *ResourceTypeRule, p *directory.Property) {
		if p.IsNavigation() {
			v.ruleFault(x, "property", "%s is a navigation: use a navigation or a query rule.", p.Identifier)
		}
		if p.Type == directory.Binary {
			v.ruleFault(x, "property", "%s holds a file: use a binary rule.", p.Identifier)
		}
		v.side(x, x.SourceBinding, x.SourceExpression, "sourceBinding", "value")
		if literal, ok := literalOf(x.SourceExpression); ok && p.Type == directory.DateTime {
			v.ruleFault(x, "sourceExpression", "A date cannot be the literal %q; compute it.", literal)
		}
		if x.ComparisonType < 0 || x.ComparisonType > 4 {
			v.ruleFault(x, "comparisonType", "The comparison is 0 to 4.")
		}
	}}
}

func literalOf(s *string) (string, bool) {
	if s == nil {
		return "", false
	}
	return strings.CutPrefix(*s, "Literal:")
}
