// Package exposure tells which risks somebody has (role-model 9.3). No database, no clock: everything comes in with the call.
//
//	holding.go  Holdings: which values the accounts of somebody have and are to have, and when
//	expose.go   Of: the risks of which every item of a rule holds at one time
package exposure
