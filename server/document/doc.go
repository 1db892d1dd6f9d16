// Package document reads and writes JSON documents whose shape is known, without reflection: for rows of which there are very many.
// Everything else uses encoding/json; a fuzz test holds both against each other.
//
//	read.go   Reader: one value after the other
//	write.go  AppendText
package document
