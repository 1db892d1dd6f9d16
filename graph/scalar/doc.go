// Package scalar reads and writes the scalars of the schema. What cannot be read is errs.Validation with a sentence.
//
//	id.go    ID: an int64 of ours, opaque to clients
//	text.go  String: any text the database can store
//	time.go  DateTime: RFC 3339, UTC
//	json.go  JSON: raw JSON as stored, and maps of strings
//	word.go  enums whose values are words of a configuration file
package scalar
