package order

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/evaluation"
)

// TestOpeningIsARollUp: an order is inserted with what its lines make of it, and rolling it up finds nothing to change.
func TestOpeningIsARollUp(t *testing.T) {
	t.Parallel()
	w := setup(t, 8)
	w.exec("update resource_type set fulfill_hours_ahead_of_time = 3")
	now := w.s.Clock.Now().Truncate(time.Microsecond)
	in := func(d time.Duration) *time.Time { return new(now.Add(d)) }
	var planned []assignment.PlannedOrder
	for i, lines := range [][]evaluation.LineDelta{
		{{To: evaluation.Pending, Action: evaluation.LineCreate}, {To: evaluation.Pending, Property: "uid", End: in(40 * time.Hour)}},
		{{To: evaluation.AwaitingApproval, Action: evaluation.LineCreate}, {To: evaluation.Pending, Property: "uid"}, {To: evaluation.None, Property: "sn", WaitReason: "not_due", Start: in(9 * time.Hour)}},
		{{To: evaluation.None, Action: evaluation.LineCreate, WaitReason: "not_due", Start: in(9 * time.Hour)}, {To: evaluation.None, Property: "uid", WaitReason: "creation_not_allowed"}},
		{{To: evaluation.None, Property: "uid", WaitReason: "item_error"}, {To: evaluation.Error, Property: "sn", Error: "no", End: in(time.Hour)}},
		{{To: evaluation.Verified, Property: "uid", Close: true}, {To: evaluation.Inactive, Property: "sn", End: in(-time.Hour)}},
		{{To: evaluation.Verified, Property: "uid", Close: true}, {To: evaluation.Verified, Property: "sn", Close: true}},
		{{To: evaluation.Pending, Action: evaluation.LineDelete, End: in(time.Hour)}},
		{{To: evaluation.None, Action: evaluation.LineDelete, WaitReason: "not_due"}},
	} {
		for j := range lines {
			if lines[j].Action == "" {
				lines[j].Action = evaluation.LineSet
			}
			lines[j].Verb, lines[j].Workflow = string(verbTo(lines[j].To)), evaluation.Calculated
		}
		d := &evaluation.OrderDelta{Kind: evaluation.Update, Lines: lines}
		if i == 7 {
			d.DueAt = in(5 * time.Hour)
		}
		planned = append(planned, w.planned(i, d))
	}
	w.plan(planned...)
	rows := func() (list []json.RawMessage) {
		require.NoError(t, w.s.DB.NewRaw("select to_jsonb(o) - 'version' - 'updated_at' - 'closed_at' - 'verified_at' || jsonb_build_object('closed', closed_at is null, 'verified', verified_at is null) "+
			"from provisioning_order o order by id").Scan(w.ctx, &list))
		return list
	}
	before := rows()
	require.Len(t, before, 8)
	var ids []int64
	require.NoError(t, w.s.DB.NewRaw("select id from provisioning_order").Scan(w.ctx, &ids))
	require.NoError(t, db.InTx(w.ctx, w.s.DB, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(sqlRollUp, pgdialect.Array(ids), pgdialect.Array([]int64{}), stamp(now), "[]").Exec(ctx)
		return err
	}))
	after := rows()
	for i := range before {
		require.JSONEq(t, string(after[i]), string(before[i]), "order %d", i)
	}
}
