// Package formula turns what is written in a model into values of resources.
//
//	world.go        World: what a formula can see while one owner is computed
//	value.go        Value: a binding, perhaps with a function; a literal; or an expression. Compiled by Compiler.Value and Condition
//	binding.go      plain paths (`Department.Parent.Name`, `record.Office`): read natively, every resource noted as a fact
//	function.go     the built-in functions, as `Name:arg|arg` on a binding and by name in expressions
//	metaphone.go    how a name sounds: Double Metaphone
//	expression.go   everything else is CEL, type-checked against the entity types, with a cost limit; object.go is a resource inside CEL
//	query.go        query(): resources that are looked up, in tables that come with the model
//	arguments.go    the texts that go with an order
//	reads.go        what formulas read of a resource, as a tree: what to load, and the base of the fingerprint
//	fit.go          whether a property can hold what a formula gives
//	date.go         dates as their target keeps them
//	compare.go      the five ways to compare
package formula
