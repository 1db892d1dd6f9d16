// Package delegation lets people act for others: dated, limited, seen by both (requests 10).
//
//	delegation.go  Delegation and what belongs to it: the GraphQL types
//	state.go       the machine below; apply.go the only place where a delegation changes its state: row, history, event
//	kind.go        THE table of kinds: which permissions each is about
//	rights.go      Of: for whom an account may act now, and what; Use: the same under a lock, where something is done; Record what was done
//	create.go      a delegation is made; change.go shortened, revoked, refused
//	people.go      whom one may choose; subject.go what it may be narrowed to
//	sweep.go       what time alone does: it begins, ends, and is over when one of the two is not there any more
//	list.go        lists, single ones, what was done under one; who sees what; columns.go from which columns
//	service.go     Service and its rooms
//
// # No copy
//
// A delegation is a row and gives nothing. Whenever the rights of somebody are asked for, those that his delegators have at that moment are read beside his
// own (server/permit, Deputyship), cut to the permissions of the kinds and to the scope. What a delegator loses his deputies lose in the same instant; what
// he may do for others is not among it. Only rooms that ask for it let deputies act, and write down for whom: so nothing else is ever covered.
//
// # States
//
//	(new)   -> PLANNED  plan
//	        -> ACTIVE   start
//	PLANNED -> ACTIVE   begin
//	        -> ENDED    end
//	        -> REVOKED  revoke
//	        -> REFUSED  refuse
//	ACTIVE  -> ENDED    end
//	        -> REVOKED  revoke
//	        -> REFUSED  refuse
//
// Whether it is in force is said by the dates, as long as it is open: nobody waits for the clock to tell.
//
// Neighbours: access, which knows who holds what; request lets deputies decide.
package delegation
