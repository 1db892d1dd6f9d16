// Package exec runs a program of the company's own as a connector: package "exec" (provisioning spec 5.2, Exec). README.md is the protocol, for whoever
// writes such a program.
//
//	exec.go        Package, its settings, Conn, Check, Close
//	program.go     which program: in the folder of the server's settings, and nobody else's to change
//	process.go     one run of it: started without a shell, its input and output, its end, and that nothing of it is left
//	limit_linux.go what a process may use; how its end is awaited; who stayed behind (limit_other.go: where that cannot be had)
//	line.go        its output, line by line, bounded
//	describe.go    what it says of itself
//	row.go         one row
//	read.go        Schema, Export, Read
//	batch.go       changes that come at the same time go to one process
//	apply.go       what goes in and what comes out of it
//
// Who may edit connections chooses among the programs that an administrator of the machine put into one folder, and says what they get: arguments,
// options, secrets. Nothing of it can become another program: there is no shell, and the names of all variables begin with WRIT_, so that neither the
// loader nor an interpreter takes one for its own.
//
// A change without an answer is in doubt. Unless the program offers to look (setting readBack), nobody can know: then the connection says so
// (Opened.IsBlind), and a person is asked instead of the change being sent again.
//
// What is not done: swaps of names in one step, a cheap token of change (a table is read by time), cookies, a user of its own for the program, a limit on
// how many processes a program makes. A process that leaves both its group and its environment is not found.
package exec
