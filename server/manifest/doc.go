// Package manifest is the configuration as code: everything an integrator sets up, as YAML.
//
//	kinds.go   the table of everything that can be configured, and the lists of a file. Each kind has a file of its own that declares it:
//	           connector.go, entitytype.go, dimension.go, policy.go, category.go, role.go, resourcetype.go with its rules (rule.go, rule_*.go),
//	           contextrule.go, recordsection.go, rolemapping.go, miningrule.go, automationrule.go, risk.go, indirectrule.go, job.go, profile.go, approverrule.go, user.go
//	kind.go    what a declaration says; the rest of this room asks it and knows no kind
//	tags.go    defaults, bounds and secrets, as tags of the fields say
//	columns.go from the struct of a file to the row of a room and back, as tags say
//	words.go   the values that fields with a closed list may have
//	parse.go   files -> Manifest; every mistake with file, line and what to do
//	read.go    what a file may cost, and where its objects stand
//	check.go   what is wrong without looking at a database: names that are missing, malformed or double
//	texts.go   texts in one Unicode form, and those that cannot be kept
//	export.go  database -> Manifest
//	plan.go    Manifest against Manifest: what would change, field by field
//	permit.go  which rights the objects of a kind need, and what a plan keeps to itself
//	normalise.go every default written out, so that configurations compare; range.go numbers out of bounds, and where a mistake stands
//	names.go   the ids behind identifiers
//	turn.go    one plan or dry run at a time
//	save.go    the same through the API: one object or several, with versions and dry runs; List reads them back. named.go maps as lists
//	naming.go  what role mappings make of entitlements: the task BuildRoleModel
//	simulation.go  which policies allow that people make plans of a change
//	delete.go  what `delete:` takes away, and who still needs it
//	apply.go   Manifest -> database, in one transaction, in the order in which things refer to each other; the role model, jobs, access rules
//	           and users are written by their own rooms
//
// A file is a YAML map of lists (`connectors:`, `entityTypes:`, `resourceTypes:` ...). Several files are read as one.
// Objects that a manifest does not name stay as they are, `delete:` names those that shall go; the rules nested in a role, a resource type or a profile are
// replaced as a whole. Secrets may be written plainly or as references `env:NAME` and `file:NAME`; plain ones never come out again.
// The types, queries and mutations of the API are generated from the declarations by schema_test.go: graph/schema/configuration.graphqls.
// What a file leaves unsaid stays as it is: whether a schedule is on, whether a user is disabled, secrets and passwords.
package manifest
