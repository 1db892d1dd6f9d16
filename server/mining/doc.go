// Package mining proposes single role rules that explain who holds which role (role-model 8). It makes nothing itself: what is chosen of its
// proposals becomes a configuration, which is looked at as a plan and applied like any other.
//
//	mine.go        the search, pure: who stands where and holds what goes in, rules and whom they get wrong come out
//	population.go  reads that: contexts that hold now, holders of roles, mining rules and what they look at
//	service.go     Service; who may look at what
//	run.go         a run: start, cancel, list
//	work.go        carries a run out and keeps what it found; worker.go the River side
//	result.go      what became of a role, and of whom it would be given or stays with unexplained
//	matrix.go      a run as people and roles, put in an order that shows blocks
//	change.go      chosen proposals as a configuration: what they replace, whom they reach
//
// # A run
//
//	QUEUED      -> IN_PROGRESS  a worker takes it
//	            -> CANCELLED
//	IN_PROGRESS -> COMPLETED    what was found is kept, in one transaction
//	            -> FAILED
//	            -> CANCELLED
//
// One at a time. The search is done in memory; a worker gives a sign of life each second, and whoever finds none for a while begins again: nothing
// was kept by then. The last runs are kept, with who was named in them.
package mining
