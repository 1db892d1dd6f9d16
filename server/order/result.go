package order

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"writ/server/assignment"

	"github.com/uptrace/bun"
)

// result is what an answer means for the columns of its order.
type result struct {
	ID         int64   `json:"id"`
	Outcome    string  `json:"outcome"`
	Message    string  `json:"message"`
	Said       string  `json:"said"` // the message with all details: for the attempt alone
	Hint       string  `json:"hint"`
	CreatedKey *string `json:"created_key"`
	WaitMillis *int64  `json:"wait_millis"` // try again after this long
	Executed   bool    `json:"executed"`
	Errored    bool    `json:"errored"`
	Silent     bool    `json:"silent"` // collected, then silence: transmitted_at
	Associate  bool    `json:"associate"`
	target     *int64  // of an association
	Art        int64   `json:"art"`
	IsOpen     bool    `json:"is_open"` // the attempt goes on: its answer is still missing
}

const resultRecordset = `json_to_recordset(?0) as g (id bigint, outcome text, message text, said text, hint text, created_key text, wait_millis bigint,
	executed boolean, errored boolean, silent boolean, associate boolean, art bigint, is_open boolean)`

// The one rule of what a result g means for the columns of its order p, for the statements that write it: those whose lines move take it
// with the roll-up, so that an answered order is written once.
const (
	columnsOfResult = `select
        case when g.id is null then p.lease_owner end as lease_owner,
        case when g.id is null then p.lease_until end as lease_until,
        case when g.id is null then p.called_at end as called_at,
        case when g.id is null then p.tries when g.wait_millis is not null then p.tries + 1 else 0 end as tries,
        case when g.id is null then p.not_before when g.wait_millis > 0 then /*now*/ + make_interval(secs => g.wait_millis / 1000.0) end as not_before,
        case when g.silent then coalesce(p.transmitted_at, /*now*/) else p.transmitted_at end as transmitted_at,
        case when g.executed then /*now*/ else p.executed_at end as executed_at,
        case when g.errored then /*now*/ else p.errored_at end as errored_at,
        case when g.errored then g.outcome else p.error_class end as error_class,
        case when g.errored then g.message else p.error_message end as error_message,
        case when g.errored then g.hint else p.error_hint end as error_hint,
        case when g.errored then p.error_count + 1 when g.executed then 0 else p.error_count end as error_count,
        case when g.id is null then p.answer_outcome when not g.executed then g.outcome end as answer_outcome,
        case when g.id is null then p.answer_message when not g.executed then g.message end as answer_message,
        case when g.id is null then p.answer_hint when not g.executed then g.hint end as answer_hint,
        case when g.id is null then p.answered_at when not g.executed then /*now*/ end as answered_at,
        coalesce(g.created_key, p.created_key) as created_key,
        p.is_manual or coalesce(g.outcome = 'OPENED', false) as is_manual,
        p.is_superseded and coalesce(g.silent, true) as is_superseded,
        p.due_at`

	setResult = `lease_owner = n.lease_owner,
    lease_until = n.lease_until,
    called_at = n.called_at,
    tries = n.tries,
    not_before = n.not_before,
    executed_at = n.executed_at,
    errored_at = n.errored_at,
    error_count = n.error_count,
    created_key = n.created_key,
    answer_outcome = n.answer_outcome,
    answer_message = n.answer_message,
    answer_hint = n.answer_hint,
    answered_at = n.answered_at,
    is_manual = n.is_manual,
    is_superseded = n.is_superseded`
)

// withResults puts the rule into a statement; now is its parameter for the instant.
func withResults(text, now string) string {
	return strings.NewReplacer("/*columns of result*/", strings.ReplaceAll(columnsOfResult, "/*now*/", now), "/*set result*/", setResult).Replace(text)
}

// writeAttempts writes what results mean for the attempts and for the assigned resource types.
func writeAttempts(ctx context.Context, tx bun.Tx, now time.Time, results []result) error {
	raw, err := json.Marshal(results)
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	ids := make([]int64, len(results))
	var answers []assignment.Answer
	for i, r := range results {
		ids[i] = r.ID
		if r.Executed && (r.CreatedKey != nil || r.Associate) {
			answers = append(answers, assignment.Answer{AssignedResourceTypeID: r.Art, CreatedKey: r.CreatedKey, ResourceID: r.target})
		}
	}
	// an attempt that was lost is ended by the repeat, or by the answer that comes late; until then its outcome says so
	if _, err := tx.NewRaw(`update order_attempt a set outcome = g.outcome, message = g.said, ended_at = case when not g.is_open then ?1 end
		from `+resultRecordset+` where a.order_id = g.id and a.order_id = any(?2) and a.ended_at is null`, string(raw), stamp(now), arrayOf(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return assignment.Answered(ctx, tx, now, answers)
}

// writeUnmoved writes the results of orders no line of which moves: they are tried again, or their lines moved on before the answer came.
func writeUnmoved(ctx context.Context, tx bun.Tx, now time.Time, results []result) error {
	if len(results) == 0 {
		return nil
	}
	raw, err := json.Marshal(results)
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	_, err = tx.NewRaw(withResults(`update provisioning_order o set /*set result*/,
			transmitted_at = n.transmitted_at, error_class = n.error_class, error_message = n.error_message, error_hint = n.error_hint
		from `+resultRecordset+` join provisioning_order p on p.id = g.id cross join lateral (/*columns of result*/) n where o.id = g.id`, "?1"),
		string(raw), stamp(now)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}
