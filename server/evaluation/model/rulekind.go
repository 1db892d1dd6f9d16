package model

import (
	"writ/server/directory"
	"writ/server/rolemodel"
)

// Kind is what the steps ask of one kind of rule of a resource type. Each is declared in a file of its own, rule_*.go.
type Kind struct {
	of rolemodel.RuleKind
	// fills: it computes a property of the target.
	fills bool
	// Gives: it gives the type, and may take it away.
	Gives bool
	// Fixed: it puts one resource where it stands, so that several add up; whoever meets it needs the target.
	Fixed bool
	// Owns: it says who owns a target.
	Owns bool
	// ByRecord: what it looks up depends on the context in force.
	ByRecord bool
	// compile fills in the rule and notes what it reads; false: it is left out, with a problem that says why.
	compile func(c *compiling) bool
	// names tells which keys of resources the model writes in it.
	names func(x *rolemodel.ResourceTypeRule, shape *directory.Shape, need func(entityTypeID int64, key string))
	// Told is how an owner is told what it gives him, or why nothing.
	Told Telling
}

// Telling is a way to explain rules.
type Telling int

const (
	NotTold     Telling = iota // no owner is concerned, or what it found is told where targets are found
	toldByTime                 // what it gives and when
	ToldByValue                // what it computes for the owner, and whether that is what counts
)

// ruleKinds is the table of the rules of resource types.
func ruleKinds() []*Kind {
	return []*Kind{typeRule(), scalarRule(), navigationRule(), queryRule(), binaryRule(), correlationRule(), classificationRule()}
}

// ofRoles stands for the rules of roles: nothing of the above.
var ofRoles = &Kind{}

// kindOf finds a kind; nil if there is none.
func kindOf(kind rolemodel.RuleKind) *Kind {
	for _, k := range ruleKinds() {
		if k.of == kind {
			return k
		}
	}
	return nil
}
