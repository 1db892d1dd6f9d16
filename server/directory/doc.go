// Package directory is what exists: resources of configured shapes, the links between them, and their history (role-model 1).
//
//	types.go     the words: EntityType, Property, Resource, Dimension, Shape
//	shape.go     LoadShape; Shapes keeps the newest by version
//	date.go      days and instants; pattern.go how they are written; zone.go where days begin
//	file.go      files, such as photos: contents kept once, and what stands for them in values
//	format.go    values of managed systems to normal form and back (provisioning 5.3)
//	label.go     display names (role-model 1.8)
//	write.go     Writer: the one way resources change, thousands per call; synchronization and people use it alike
//	link.go      resource_link derived from the references as read; what points to nothing waits in unresolved_ref
//	closure.go   dimension_closure: who stands above whom in a hierarchical dimension
//	changed.go   resources that changed since those who keep computed data looked last
//	configure.go what a configuration says of entity types, properties, mappings and dimensions
//	refresh.go   Refresh: all of that again when the metadata changed
//	load.go      LoadMany: resources with their links, level by level, for evaluation
//	past.go      LoadManyAt, AncestorsAt: the same as it was known at an instant
//	scope.go     which rows a grant opens
//	search.go    what search means, in every list
//	columns.go   of which columns a shown resource is made, in lists of its own and beside others
//	resource.go  Get, List for people; history.go the versions of one resource; metadata.go the entity types
//	edits.go     several of them in a transaction of somebody else, and in a look ahead
//	edit.go      Create, Update, Delete by people
//	many.go      one value for many of them: which those are, and how one is done (server/bulk carries it out)
//
// # A resource over time
//
// The row in resource is the newest version. Changing it moves the old values to resource_version [valid_from, valid_to); deleting it
// only ends it (valid_to), and a key that comes back revives the row that had it last, so that ids, roles and history stay together. A resource
// that our own order gave another key keeps its row too (RenameFrom). Links have
// intervals of their own.
//
// # What a write sets off
//
// In the same transaction: rows in changed_resource (server/assignment makes owners dirty from them), the hook Changed, and the events
// resource.changed. A write that changes no value does none of that.
package directory
