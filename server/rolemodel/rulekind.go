package rolemodel

import "writ/server/directory"

// RuleKind is what a rule of a resource type computes. Each is declared in a file of its own, rule_*.go.
type RuleKind string

// ruleKind is what the model asks of one kind of rule.
type ruleKind struct {
	of RuleKind
	// fills: it computes a property of the target, p.
	fills bool
	// validate tells what is wrong in one rule; nil: nothing can be.
	validate func(v *validator, x *ResourceTypeRule, p *directory.Property)
}

// ruleKinds is the table of the rules of resource types.
func ruleKinds() []ruleKind {
	return []ruleKind{typeRule(), scalarRule(), navigationRule(), queryRule(), correlationRule(), classificationRule()}
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
