// Package csv reads files with separated values. Export only (provisioning spec 5.2, CSV).
//
//	csv.go      Package, its settings, Conn
//	folder.go   which tables there are, Token
//	stamp.go    Stamps: what is in a file, told without reading its rows
//	read.go     one file to rows; a mistake names file, line and column
//	encoding.go bytes to UTF-8, line ends, the end of the text
//	inode_*.go  what tells a file from another one of the same size and time
//
// A malformed file spoils only its own table: Check tells of it, Schema leaves its columns open. A malformed row spoils only itself
// (Entries); broken quoting, another encoding and a missing header spoil the file.
//
// A connection names a folder (every *.csv in it is a table named like the file without .csv) or one file (one table).
// A file is read as it stands at one moment: its size, time and identity are compared before and after, and a file that
// changed meanwhile ends the rows with Unavailable. Whoever writes such a file had better write beside it and rename;
// settleSeconds helps where that cannot be had.
package csv
