// Package expectation computes what one owner should have (role-model 12.4), in this order:
//
//	run.go          Of: all of it; Run is what came out, Ground what is shared with whoever compares it. when.go at which times a rule holds
//	context.go      S1     contexts from records: without sections one record counts at a time (4.4)
//	section.go             with record sections (4.5, 4.6): every combination of what counts at the same time, by rank
//	group.go        of the resources of a group one at a time (1.4)
//	key.go          SourceKeys: what server/assignment stores and joins to find candidates and lookups
//	role.go         S2 S3  composite roles, parents first, then single roles: intervals, priorities, denials, rows
//	withhold.go            what is kept back, and what could be: new roles and values
//	redundant.go           what people approved although rules give it (12.10)
//	parameter.go           parametrised roles: what an assignment carries, and what its rules are tested against (3.4)
//	plan.go         S4     when a resource type is due, offsets, extension by properties
//	correlate.go    S5     the table of 5.3: what is linked, what is only suggested
//	settle.go              rows, targets and suggestions find each other: Seats
//	value.go        S6     timelines of values, painted in layers (2.9), at each instant by the context in force
//	spelling.go            which spelling of a value that must be one owner's alone: iteration
package expectation
