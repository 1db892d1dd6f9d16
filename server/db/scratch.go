package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// scratchSize is from what size on scratch tables are made anew: what is deleted in them is never vacuumed.
const scratchSize = 8 << 20

var scratchTable = regexp.MustCompile(`create temp table (\w+)`)

func scratchTables(create string) (names []string) {
	for _, found := range scratchTable.FindAllStringSubmatch(create, -1) {
		names = append(names, "pg_temp."+found[1])
	}
	return names
}

// Scratch gives the caller's transaction temporary tables, empty. They belong to the session and stay in it for whoever comes next, since making them
// costs many times what a small write costs; those of another version of the program are replaced. create makes the tables, each with its own
// "create temp table". What a large write leaves in them, it gives back with EmptyScratch.
func Scratch(ctx context.Context, tx bun.IDB, create string) error {
	sum := sha256.Sum256([]byte(create))
	mark := hex.EncodeToString(sum[:8])
	names := scratchTables(create)
	var found struct {
		Marked int
		Size   int64
	}
	err := tx.NewRaw(`select count(*) filter (where obj_description(c, 'pg_class') = ?) as marked, coalesce(sum(pg_total_relation_size(c)), 0) as size
		from unnest(?::text[]) t (name) cross join lateral (select to_regclass(t.name)) r (c) where c is not null`, mark, pgdialect.Array(names)).Scan(ctx, &found)
	if err != nil {
		return fmt.Errorf("look for scratch tables: %w", err)
	}
	var steps []string
	switch {
	case found.Marked != len(names):
		steps = append(steps, "drop table if exists "+strings.Join(names, ", "), create)
		for _, n := range names {
			steps = append(steps, fmt.Sprintf("comment on table %s is '%s'", n, mark))
		}
	case found.Size > scratchSize:
		steps = append(steps, "truncate "+strings.Join(names, ", "))
	default:
		for _, n := range names {
			steps = append(steps, "delete from "+n)
		}
	}
	if _, err := tx.ExecContext(ctx, strings.Join(steps, ";\n")); err != nil {
		return fmt.Errorf("make scratch tables: %w", err)
	}
	return nil
}

// EmptyScratch gives the room back that the rows of a large write take.
func EmptyScratch(ctx context.Context, tx bun.IDB, create string) error {
	if _, err := tx.ExecContext(ctx, "truncate "+strings.Join(scratchTables(create), ", ")); err != nil {
		return fmt.Errorf("empty scratch tables: %w", err)
	}
	return nil
}
