// Package rolemodel is what should be, and why: policies, categories, roles, resource types and their rules (role-model 1 to 5).
//
//	parts.go     the table of what the model is made of, and Model: all of it at one version. Each kind has a file of its own, with its rows and
//	             what is wrong in them: rolemapping.go (3.3), recordsection.go (4.5), automationrule.go (7), miningrule.go (8), risk.go (9), indirectrule.go (6), propertyexpression.go (1.7),
//	             approverrule.go (requests 5)
//	model.go     the kinds that the others stand on: policies, categories, roles, resource types, their rules, context rules
//	settings.go  what policies say of their roles and types, and what is in force for one (2.2)
//	store.go     Load: the whole model in a fixed number of statements
//	version.go   AddVersion, LoadVersion: the model as it was in each of its versions
//	save.go     All, Save, Replace, Remove: whole tables for whoever writes a configuration
//	validate.go  Validate: what is wrong in a model before it is saved, for people
//	rulekind.go the table of the rules of resource types, each kind in a file of its own: rule_*.go
//	problem.go   Problem: where it is wrong and what to do
//
// The model is written by server/manifest (configuration as code) and read by server/evaluation, which compiles it once per version.
// Nothing here computes an assignment; nothing here reads resources.
package rolemodel
