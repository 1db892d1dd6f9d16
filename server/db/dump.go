package db

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

//go:embed sql/dump_objects.sql
var dumpObjectsSQL string

// DumpSchema writes the schema of the database as one text for readers: tables with their columns, constraints and
// comments, then indexes, functions, triggers, by name. River's tables and the list of migrations are left out. Equal
// schemas give equal texts, on every supported version of PostgreSQL.
func DumpSchema(ctx context.Context, db bun.IDB) (string, error) {
	var parts []struct{ Kind, Name, Body string }
	if err := db.NewRaw(dumpObjectsSQL).Scan(ctx, &parts); err != nil {
		return "", fmt.Errorf("read the catalogs: %w", err)
	}
	var out strings.Builder
	out.WriteString("-- The whole schema, for readers. Written by `npm run gen` from what the migrations make; do not edit.\n")
	for _, p := range parts {
		out.WriteString("\n" + strings.TrimRight(p.Body, "\n") + "\n")
	}
	return out.String(), nil
}
