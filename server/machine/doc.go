// Package machine is what everything with states is made of: a table of transitions, and what follows from it.
//
// A room that has states (order, job, webhook, synchronization, notification, assignment) declares one Machine beside its states, in its
// state.go. From the table come the move itself (Target, From), the legal pairs that the database guards (Pairs), the drawing in the
// room's doc.go (Draw), and the tests of all of it (machinetest). What is not in the table is refused, in Go and in the database.
//
//	machine.go    Transition, Machine and what is read off it
//	machinetest/  the tests a machine owes: its drawing, its matrix, its pairs in the database, its only writer
//
// In the database the pairs stand in legal_move under the name of the machine, and the trigger legal_move_guard refuses all others. Order
// lines and assignments are moved by the thousands and have triggers of their own that look once per statement.
//
// Neighbours: it knows nobody.
package machine
