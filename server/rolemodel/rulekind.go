package rolemodel

import "writ/server/directory"

// RuleKind is what a rule of a resource type computes. Each is declared in a file of its own, rule_*.go.
type RuleKind string

// ruleKind is what the model asks of one kind of rule.
type ruleKind struct {
	of RuleKind
	// fills: it computes a property of the target, p.
	fills bool
	// computed: it gives the property one value, so that a second rule of the same time is a mistake.
	computed bool
	// gives reports whether owners for whom a rule holds get the type; nil: they never do.
	gives func(x *ResourceTypeRule) bool
	// validate tells what is wrong in one rule; nil: nothing can be.
	validate func(v *validator, x *ResourceTypeRule, p *directory.Property)
}

// ruleKinds is the table of the rules of resource types.
func ruleKinds() []ruleKind {
	return []ruleKind{typeRule(), scalarRule(), navigationRule(), queryRule(), binaryRule(), correlationRule(), classificationRule()}
}

// kindOf finds a kind; nil if there is none.
func kindOf(kind RuleKind) *ruleKind {
	for _, k := range ruleKinds() {
		if k.of == kind {
			return &k
		}
	}
	return nil
}

// GivesType reports whether owners for whom the rule holds get the resource type (2.6 to 2.8).
func (x *ResourceTypeRule) GivesType() bool {
	k := kindOf(x.Kind)
	return k != nil && k.gives != nil && !x.IsDenied && k.gives(x)
}

// withRole: only a rule that asks for a role gives the type, the others fill in what there is (2.7).
func withRole(x *ResourceTypeRule) bool { return x.SingleRoleID != nil }
