package order

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
)

var (
	//go:embed sql/look_again.sql
	lookAgainText string
	sqlLookAgain  = withLooks(lookAgainText)
)

// The one rule of when CLOCK has to look at an order, for the statements that write it down. r: the roll-up of the lines; n, t: the order
// and its resource type.
const (
	datesOfLines = `bool_or(l.closed_at is null and l.state = ` + evaluation.SQLNone + ` and l.wait_reason = 'not_due') as waits_for_date,
           min(l.start_date) filter (where l.closed_at is null and l.state = ` + evaluation.SQLNone + ` and l.wait_reason = 'not_due') as starts,
           min(l.end_date) filter (where l.closed_at is null and l.state in (` + evaluation.SQLNone + `, ` + evaluation.SQLPending + `, ` + evaluation.SQLTransmitted + `, ` + evaluation.SQLErrored + `, ` + evaluation.SQLAwaitingApproval + `) and l.action not in ('DELETE', 'REMOVE')) as ends`

	lookAt = `least(
        r.starts - make_interval(hours => t.fulfill_hours_ahead_of_time),
        case when r.waits_for_date then n.due_at end,
        r.ends,
        case when t.transmitted_state_validity_period > 0 and ` + evaluation.SQLTransmitted + ` = any(r.states)
            then n.transmitted_at + make_interval(mins => t.transmitted_state_validity_period) end,
        case when t.transmitted_state_validity_period > 0 and ` + evaluation.SQLExecuted + ` = any(r.states)
            then n.executed_at + make_interval(mins => t.transmitted_state_validity_period) end,
        case when ` + evaluation.SQLErrored + ` = any(r.states) and n.error_class is distinct from 'UNKNOWN' and n.error_count <= t.auto_retry_count
            then n.errored_at + make_interval(mins => t.auto_retry_delay_minutes) end)`
)

// withLooks puts the rule into a statement.
func withLooks(text string) string {
	return strings.NewReplacer("/*dates of lines*/", datesOfLines, "/*look at*/", lookAt).Replace(text)
}

// LookAgain makes CLOCK follow a changed configuration: validity periods, hours ahead, retries.
func (s *Service) LookAgain(ctx context.Context, tx bun.Tx) error {
	return lookAgain(ctx, tx, bun.SafeQuery("true"), time.Time{})
}

func lookAgain(ctx context.Context, tx bun.Tx, which condition, notBefore time.Time) error {
	if _, err := tx.NewRaw(sqlLookAgain, which, stamp(notBefore)).Exec(ctx); err != nil {
		return fmt.Errorf("compute when to look again: %w", err)
	}
	return nil
}
