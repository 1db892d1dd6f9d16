// Package manifest is the configuration as code: everything an integrator sets up, as YAML.
//
//	types.go   the shape of the files: one list per kind of object, named like the API
//	parse.go   files -> Manifest; every mistake with file, line and what to do
//	read.go    what a file may cost, and where its objects stand
//	check.go   what is wrong without looking at a database: names that are missing, malformed or double
//	unbuilt.go settings that nothing follows yet: refused, so that none promises what it does not do
//	export.go  database -> Manifest
//	plan.go    Manifest against Manifest: what would change, field by field
//	permit.go  which rights the objects of a kind need, and what a plan keeps to itself
//	merge.go   many rows in one statement, and the ids behind identifiers
//	delete.go  what `delete:` takes away, and who still needs it
//	apply.go   Manifest -> database, in one transaction, in the order in which things refer to each other; jobs, access rules and users
//	           are written by their own rooms
//
// A file is a YAML map of lists (`connectors:`, `entityTypes:`, `resourceTypes:` ...). Several files are read as one.
// Objects that a manifest does not name stay as they are, `delete:` names those that shall go; the rules nested in a role, a resource type or a profile are
// replaced as a whole. Secrets may be written plainly or as references `env:NAME` and `file:NAME`; plain ones never come out again.
// What a file leaves unsaid stays as it is: whether a schedule is on, whether a user is disabled, secrets and passwords.
package manifest
