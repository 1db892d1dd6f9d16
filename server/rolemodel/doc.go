// Package rolemodel is what should be, and why: policies, categories, roles, resource types and their rules (role-model 1 to 5).
//
//	model.go     the words: one struct per table, and Model, all of them at one version
//	settings.go  what policies say of their roles and types, and what is in force for one (2.2)
//	rolemapping.go  naming conventions that make roles (3.3)
//	miningrule.go which roles mining explains by rules
//	automationrule.go  decisions that are taken in the place of reviewers (7)
//	recordsection.go  properties of records that change together, such as those of a position (4.5)
//	risk.go      dangerous combinations of entitlements (9)
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
