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
	var found []struct {
		Name string
		Ours bool // PostgreSQL lets only the owner ask; the event log may belong to somebody else
	}
	err := db.NewRaw(`select format('%I.%I', s.schemaname, s.relname) as name, pg_has_role(c.relowner, 'usage') as ours
		from pg_stat_user_tables s join pg_class c on c.oid = s.relid
		where s.schemaname = current_schema() and s.n_mod_since_analyze > greatest(?, ? * s.n_live_tup) order by s.n_mod_since_analyze desc`,
		staleRows, staleShare).Scan(ctx, &found)
	if err != nil {
		return Explain(err)
	}
	var stale []string
	for _, f := range found {
		if f.Ours {
			stale = append(stale, f.Name)
		}
	}
	if len(stale) < len(found) {
		if _, err := db.ExecContext(ctx, "select event_statistics()"); err != nil {
			return Explain(fmt.Errorf("look at the event log: %w", err))
		}
	}
	if len(stale) == 0 {
		return nil
	}
	if _, err := db.ExecContext(ctx, `analyze (skip_locked) `+strings.Join(stale, ", ")); err != nil {
		return Explain(fmt.Errorf("look at %s: %w", strings.Join(stale, ", "), err))
	}
	return nil
}
