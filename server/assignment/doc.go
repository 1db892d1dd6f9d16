// Package assignment keeps who has what: it loads owners, lets server/evaluation compute them, and saves what differs.
//
//	changed.go    changed resources -> dirty owners and fresh correlation keys (role-model 12.3)
//	model.go      the compiled model of the newest version, cached
//	queried.go    what expressions look through by query(): a part of the compiled model, read with it
//	stored.go     stored property expressions: computed before anybody is who uses them, in the order of what reads what
//	tried.go      another model, compiled for whoever asks what it would do
//	imagine.go    people computed with something else than they have: what a request would raise
//	load.go       owners -> evaluation.Batch, with a fixed number of statements
//	answer.go     what systems and people answered about targets
//	passed.go     references that mean other resources, since names passed on: our own work follows
//	width.go      how many owners fit into one part of a batch: by the values they have
//	recognize.go  by which rules accounts are recognized, and letting them say it again
//	claim.go      who has a target: somebody who lives, somebody who is gone, nobody
//	spelling.go   values that must be one owner's alone: is a spelling free, else the next
//	recompute.go  the two ways to run: complete over an entity type, or what is dirty
//	overlay.go    a proposed model and proposed resources, laid over what is there in one transaction that can write nothing
//	foresee.go    what a computation would do in that world
//	failing.go    who cannot be computed: noted with the reason, tried again later, holding nobody back
//	keyfault.go   whose correlation keys cannot be made: noted, and matched with nobody
//	faults.go     the list of both
//	state.go      the workflow states below, and their history
//	decide.go     what decisions about orders mean for assignments: kept, declined, denied
//	foundrole.go  what decisions about found roles mean: kept, refused, put off, with the differences they explain
//	requested.go  what requests mean: a role that is only asked for, what is asked about one that is had; server/request decides
//	reconcile.go  what decisions about differences mean: kept, given up for what is computed, authorized, handed over, refused
//	redundant.go  what people approved although rules give it, and leaving it to them
//	automate.go   automation rules: who waits for one, what is due goes to server/reconciliation, and when to look again
//	automated.go  what they would decide in a world that is only thought of: counted
//	save.go       evaluation.Result -> rows, with history; orders go to server/order through the hook Orders
//	              save_role.go roles, save_type.go resource types and their targets, save_risk.go the risks that come of it, save_block.go what they keep back
//	indirect.go   what owners have through what their accounts are members of: complete computations only
//	version.go    what was known of an assignment before it changed
//	worker.go     the continuous chain: EvaluateArgs drains what is dirty
//	view.go       View Permissions: expected, lines, gaps and kept values as one list; view_block.go what risks keep back
//	contexts.go   the contexts of the last evaluation, as they are stored
//	axes.go       the two axes of time of that: when it holds, and when it was known
//	explain_recognition.go  why accounts are taken for somebody's: by which rule, or by whom
//	explain_automation.go  what automation rules decided, or will
//	explain.go    why, and why not: which steps, in which order; follows.go what was done about it (orders, decisions, attempts, verification)
//	past.go       the model and an owner as they were known, to explain the past; record.go where what was kept then is something else
//	whynot.go     why somebody lacks something, and what would give it: server/remedy, in words; lacking.go what there is to ask about
//	graph.go      an explanation as a picture: nodes and what leads to what
//	wording.go    the sentences; names.go what things are called; reasons.go rules in words
//
// Below: server/directory (what exists), server/rolemodel (what should be, and why), server/evaluation (the pure arithmetic), server/remedy (what would
// have to change).
// Above: server/order carries out what an evaluation wants, inside the same transaction.
//
// # Workflow states
//
//	(new)                             -> 1 Non-conforming                   find
//	                                  -> 2 Requested - missing parameters   lack_parameters
//	                                  -> 3 Pre-existing                     find_at_start
//	                                  -> 4 Requested                        request
//	                                  -> 5 Calculated - missing parameters  miss_parameters
//	                                  -> 8 Pending approval                 ask_one
//	                                  -> 9 Pending approval 1 of 2          ask_two
//	                                  -> 11 Pending approval 1 of 3         ask_three
//	                                  -> 16 Approved                        approve
//	                                  -> 18 Calculated                      give
//	                                  -> 21 Suggested                       suggest
//	                                  -> 25 Pending approval - risk         ask_about_risk
//	                                  -> 26 Blocked                         block
//	                                  -> 118 Given by a role                give_by_role
//	0 None                            -> 1 Non-conforming                   find
//	                                  -> 3 Pre-existing                     find_at_start
//	                                  -> 18 Calculated                      give
//	                                  -> 118 Given by a role                give_by_role
//	1 Non-conforming                  -> 3 Pre-existing                     find_at_start
//	                                  -> 16 Approved                        keep
//	                                  -> 18 Calculated                      give
//	                                  -> 20 Cancellation                    refuse
//	                                  -> 118 Given by a role                give_by_role
//	2 Requested - missing parameters  -> 4 Requested                        request
//	                                  -> 8 Pending approval                 ask_one
//	                                  -> 9 Pending approval 1 of 2          ask_two
//	                                  -> 11 Pending approval 1 of 3         ask_three
//	                                  -> 16 Approved                        approve
//	                                  -> 17 Declined                        decline
//	                                  -> 25 Pending approval - risk         ask_about_risk
//	3 Pre-existing                    -> 16 Approved                        keep
//	                                  -> 18 Calculated                      give
//	                                  -> 20 Cancellation                    refuse
//	                                  -> 118 Given by a role                give_by_role
//	4 Requested                       -> 2 Requested - missing parameters   lack_parameters
//	                                  -> 8 Pending approval                 ask_one
//	                                  -> 9 Pending approval 1 of 2          ask_two
//	                                  -> 11 Pending approval 1 of 3         ask_three
//	                                  -> 16 Approved                        approve
//	                                  -> 17 Declined                        decline
//	                                  -> 25 Pending approval - risk         ask_about_risk
//	5 Calculated - missing parameters -> 16 Approved                        approve
//	                                  -> 18 Calculated                      give
//	                                  -> 26 Blocked                         block
//	8 Pending approval                -> 16 Approved                        approve
//	                                  -> 17 Declined                        decline
//	                                  -> 116 Approved - risk                approve_at_risk
//	9 Pending approval 1 of 2         -> 10 Pending approval 2 of 2         pass_first_of_two
//	                                  -> 17 Declined                        decline
//	10 Pending approval 2 of 2        -> 16 Approved                        approve
//	                                  -> 17 Declined                        decline
//	                                  -> 116 Approved - risk                approve_at_risk
//	11 Pending approval 1 of 3        -> 12 Pending approval 2 of 3         pass_first_of_three
//	                                  -> 17 Declined                        decline
//	12 Pending approval 2 of 3        -> 13 Pending approval 3 of 3         pass_second_of_three
//	                                  -> 17 Declined                        decline
//	13 Pending approval 3 of 3        -> 16 Approved                        approve
//	                                  -> 17 Declined                        decline
//	                                  -> 116 Approved - risk                approve_at_risk
//	16 Approved                       -> 1 Non-conforming                   find, reset
//	                                  -> 17 Declined                        decline
//	                                  -> 18 Calculated                      give, leave_to_rules
//	                                  -> 19 Inactive                        expire
//	                                  -> 20 Cancellation                    refuse
//	                                  -> 24 Approved - questioned           question
//	                                  -> 118 Given by a role                give_by_role
//	17 Declined                       -> 1 Non-conforming                   find
//	                                  -> 3 Pre-existing                     find_at_start
//	                                  -> 18 Calculated                      give
//	                                  -> 118 Given by a role                give_by_role
//	18 Calculated                     -> 1 Non-conforming                   find
//	                                  -> 5 Calculated - missing parameters  miss_parameters
//	                                  -> 16 Approved                        keep
//	                                  -> 26 Blocked                         block
//	                                  -> 27 Prolonged                       prolong
//	                                  -> 118 Given by a role                give_by_role
//	20 Cancellation                   -> 16 Approved                        keep
//	                                  -> 18 Calculated                      give
//	                                  -> 118 Given by a role                give_by_role
//	21 Suggested                      -> 4 Requested                        request
//	22 Suggested automatically        -> 4 Requested                        request
//	23 Requested automatically        -> 4 Requested                        request
//	24 Approved - questioned          -> 1 Non-conforming                   find, reset
//	                                  -> 16 Approved                        keep
//	                                  -> 18 Calculated                      give
//	                                  -> 118 Given by a role                give_by_role
//	25 Pending approval - risk        -> 8 Pending approval                 ask_one
//	                                  -> 9 Pending approval 1 of 2          ask_two
//	                                  -> 11 Pending approval 1 of 3         ask_three
//	                                  -> 17 Declined                        decline
//	                                  -> 116 Approved - risk                approve_at_risk
//	26 Blocked                        -> 5 Calculated - missing parameters  miss_parameters
//	                                  -> 18 Calculated                      give
//	27 Prolonged                      -> 1 Non-conforming                   find
//	                                  -> 16 Approved                        approve
//	                                  -> 17 Declined                        decline
//	                                  -> 18 Calculated                      give
//	                                  -> 19 Inactive                        expire
//	                                  -> 118 Given by a role                give_by_role
//	116 Approved - risk               -> 1 Non-conforming                   find
//	                                  -> 17 Declined                        decline
//	                                  -> 18 Calculated                      give
//	                                  -> 19 Inactive                        expire
//	                                  -> 20 Cancellation                    refuse
//	                                  -> 24 Approved - questioned           question
//	                                  -> 118 Given by a role                give_by_role
//	118 Given by a role               -> 1 Non-conforming                   find
//	                                  -> 16 Approved                        keep
//	                                  -> 18 Calculated                      give
//	                                  -> 20 Cancellation                    refuse
package assignment
