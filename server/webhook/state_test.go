package webhook

import (
	"context"
	"flag"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/machine/machinetest"
)

var _ = flag.Bool("update", false, "write the golden files")

// TestStateMatrix tries every action in every state against the real table; the golden file is the whole machine.
func TestStateMatrix(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/states.golden", deliveryMachine)
	machinetest.Doc(t, "States", deliveryMachine)
	h := setup(t)
	machinetest.Database(t, h.DB, deliveryMachine)
	w := h.mustCreate("https://receiver.example/in")
	n := 0
	begin := func(from WebhookDeliveryState) *WebhookDelivery {
		n++
		d := &WebhookDelivery{WebhookID: w.ID, MessageID: fmt.Sprint(n), Body: []byte(`{}`), Since: h.now(), CreatedAt: h.now()}
		if from != entering {
			h.mustInsert(d, from)
		}
		return d
	}
	machinetest.Moves(t, deliveryMachine, func(action Action, from WebhookDeliveryState) (to WebhookDeliveryState, moved bool) {
		d, rows := begin(from), 0
		require.NoError(t, db.InTx(t.Context(), h.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			if action == Open {
				rows, err = open(ctx, tx, []*WebhookDelivery{d})
				return err
			}
			ids, err := apply(ctx, tx, h.now(), action, move{ID: d.ID})
			rows = len(ids)
			return err
		}))
		require.NoError(t, h.DB.NewRaw("select state from webhook_delivery where webhook_id = ? and message_id = ?", w.ID, d.MessageID).Scan(t.Context(), &to))
		return to, rows > 0
	})
	machinetest.Guarded(t, h.DB, deliveryMachine, "webhook_delivery", func(from WebhookDeliveryState) int64 { return begin(from).ID }, func(to WebhookDeliveryState) string {
		if to.isFinal() {
			return ", ended_at = now()"
		}
		return ", ended_at = null"
	})
}

// TestFence: what a claim reports that is not the newest one moves nothing.
func TestFence(t *testing.T) {
	t.Parallel()
	h := setup(t)
	w := h.mustCreate("https://receiver.example/in")
	d := &WebhookDelivery{WebhookID: w.ID, MessageID: "m", Body: []byte(`{}`), Since: h.now(), CreatedAt: h.now(), Fence: 3}
	h.mustInsert(d, Pending)
	moved, err := apply(t.Context(), h.DB, h.now(), Deliver, move{ID: d.ID, Fence: 2})
	require.NoError(t, err)
	require.Empty(t, moved)
	moved, err = apply(t.Context(), h.DB, h.now(), Deliver, move{ID: d.ID, Fence: 3})
	require.NoError(t, err)
	require.Equal(t, []int64{d.ID}, moved)
}
