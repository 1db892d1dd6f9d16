// Package difference says what has to be done about the difference between what somebody should have and what he has (role-model 12.7).
//
//	difference.go   Input.Settle: one row with what is wanted of it becomes a delta, or nothing
//	diff.go         one row against what is wanted: create, link, associate, delete, or leave to a person
//	property.go     one property: the tables of 12.7
//	own.go          what of a target is Writ's own work, also when nothing wants it any more: kept until it is seen gone
//	passed.go       references to what has no name any more
//	lines.go        the lines of one order: the transition table of provisioning 1.4, columns POLICY, SYNC and CLOCK. ask.go asks for
//	                a value, finish.go ends with the delta of the order
//	orphan.go       Classify: targets without owner (5.4)
package difference
