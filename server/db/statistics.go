package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// Statistics of a table are stale when more of its rows changed since the planner looked than these.
const (
	staleRows  = 1000
	staleShare = 0.25 // of the rows it has now
)

// RefreshStatistics lets the planner look again at tables that changed much since it last did. PostgreSQL does so by itself, but only
// once a minute: until then a table that was just filled passes for nearly empty, and joins over it that should take milliseconds take
// minutes. Call it every other second; usually it is one small query. Any number of processes may: a table that somebody else is looking at
// is left out.
func RefreshStatistics(ctx context.Context, db *bun.DB) error {
	var stale []string
	err := db.NewRaw(`select format('%I.%I', schemaname, relname) from pg_stat_user_tables
		where schemaname = current_schema() and n_mod_since_analyze > greatest(?, ? * n_live_tup) order by n_mod_since_analyze desc`,
		staleRows, staleShare).Scan(ctx, &stale)
	if err != nil || len(stale) == 0 {
		return Explain(err)
	}
	if _, err := db.ExecContext(ctx, `analyze (skip_locked) `+strings.Join(stale, ", ")); err != nil {
		return Explain(fmt.Errorf("look at %s: %w", strings.Join(stale, ", "), err))
	}
	return nil
}
