// Package model is a role model ready to be evaluated.
//
//	compile.go      Compile: a model and its Keys become a Compiled, once per model version; problems are reported, never fatal. compiled.go is what is in one
//	compile_rule.go the rules of a resource type: rulekind.go is the table of their kinds, rule_*.go one file for each
//	context_rule.go rules that say which records of an owner count; section.go record sections
//	criteria.go     which rules a tuple of dimension values satisfies: bitmaps, remembered per distinct tuple
//	tuple.go        which rules of roles hold in one context, for whoever asks before a rule is saved
//	property_expression.go  what is computed and kept with resources, in the order of what reads what (1.7)
//	key.go          TargetKeys: what server/assignment stores and joins to find candidates and lookups
//	path.go         Paths: what the rules read, for the loader
//	automation.go   which automation rule decides about an assignment, and when (role-model 7)
//	approver.go     which approver rule says who is asked (requests 5.1)
//	naming.go       what a role mapping makes of a resource (role-model 3.3)
package model
