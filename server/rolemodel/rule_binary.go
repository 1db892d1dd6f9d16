package rolemodel

import "writ/server/directory"

// BinaryRule: a file of the owner, copied (2.8).
const BinaryRule RuleKind = "BINARY"

func binaryRule() ruleKind {
	return ruleKind{of: BinaryRule, fills: true, computed: true, gives: withRole, validate: func(v *validator, x *ResourceTypeRule, p *directory.Property) {
		if p.Type != directory.Binary {
			v.ruleFault(x, "property", "%s holds no file: use another kind of rule, or give the property the type binary.", p.Identifier)
		}
		if empty(x.SourceBinding) {
			v.ruleFault(x, "sourceBinding", "Name the file of the owner by its path, such as Photo.")
		}
		if !empty(x.SourceExpression) {
			v.ruleFault(x, "sourceExpression", "A file is copied as it is: leave the expression out.")
		}
	}}
}
