// Package migrations holds the schema: NNNN_what.up.sql with its NNNN_what.down.sql, one idea each, applied in order by
// db.Migrate. schema.sql is the result of all of them, written by `npm run gen`: read that one.
package migrations

import "embed"

// FS holds every .sql file of this folder.
//
//go:embed *.sql
var FS embed.FS
