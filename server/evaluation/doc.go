// Package evaluation is the arithmetic of Writ: from a role model, a batch of owners and what they have today it computes what they should
// have, and what has to be done about the difference. No database, no clock, no goroutine: everything comes in with the call.
//
// In and out
//
//	types.go        the words: Batch of Owners in, Results with deltas out
//	compile.go      Compile: a model and its Keys become a Compiled (compiled.go), once per model version; problems are reported, never fatal.
//	                compile_rule.go the rules of a resource type: rulekind.go is the table of their kinds, rule_*.go one file for each. value.go what a rule computes, fit.go whether its property can hold it, arguments.go what goes with an order
//	reads.go        what the rules read of a resource, as a tree: Paths for the loader, and the base of the fingerprint
//	keys.go         SourceKeys, TargetKeys: what server/assignment stores and joins to find candidates and lookups; Paths
//	evaluate.go     Evaluate: one Result per owner; start reading here
//
// The steps of one owner (role-model 12.4), in order
//
//	fingerprint.go  unchanged inputs: stop here. Made of the state after saving, so that a saved result already matches
//	context.go      S1     contexts from records: without sections one record counts at a time (4.4)
//	section.go             with record sections (4.5, 4.6): every combination of what counts at the same time, by rank
//	criteria.go            which rules a tuple of dimension values satisfies: bitmaps, remembered per distinct tuple
//	roles.go        S2 S3  composite roles, parents first, then single roles: intervals, priorities, denials, rows
//	expected.go     S4     when a resource type is due, offsets, extension by properties
//	correlate.go    S5     the table of 5.3: what is linked, what is only suggested
//	settle.go              rows, targets and suggestions find each other
//	values.go       S6     timelines of values, painted in layers (2.9), at each instant by the context in force
//	spelling.go            which spelling of a value that must be one owner's alone: iteration
//	diff.go         S9     one row against what is wanted: create, link, associate, delete, or leave to a person
//	property.go            one property: the tables of 12.7
//	own.go                 what of a target is Writ's own work, also when nothing wants it any more: kept until it is seen gone
//	passed.go              names of targets pass on: what Writ wrote as a reference by one stays its own work
//	lines.go               the lines of one order: the transition table of provisioning 1.4, columns POLICY, SYNC and CLOCK. ask.go asks for
//	                       a value, finish.go ends with the delta of the order
//	orphan.go              Classify: targets without owner (5.4)
//	naming.go              what a role mapping makes of a resource (role-model 3.3)
//	apply.go               what the rows look like once a result is saved
//	explain.go             with Batch.Explain: every rule with its reason, also why not
//
// Values
//
//	binding.go      plain paths (`Department.Parent.Name`, `record.Office`): read natively, every resource noted as a fact
//	function.go     the built-in functions, as `Name:arg|arg` on a binding and by name in expressions
//	expression.go   everything else is CEL, type-checked against the entity types, with a cost limit; object.go is a resource inside CEL
//	date.go         dates as their target keeps them
//	compare.go      the five ways to compare
//	interval.go     sets of instants
//
// What is at rest has no row. A property is Verified at rest when it was in force in the row's Expected, a target is linked, and no line, gap or
// kept value is open for it. Which side moved since the last computation is read from what is Writ's own work: the value in force then
// (Span.InForce) and what was in force before and not seen gone (Expected.Ours). The target shows one of them: the source moved. It shows
// anything else: somebody wrote into the target.
//
// Three rules that keep people's work safe: a first look at an account never overwrites or deletes (gap); an order that is out is never
// touched, only superseded; a guess is never linked without somebody's word.
//
// Left to later slices: roles deduced from found values (12.5), automation rules, risks, grace periods.
package evaluation
