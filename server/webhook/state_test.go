package webhook

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
)

var update = flag.Bool("update", false, "write the golden files")

// TestStateMatrix tries every action in every state against the real table; the golden file is the whole machine.
func TestStateMatrix(t *testing.T) {
	t.Parallel()
	h := setup(t)
	w := h.mustCreate("https://receiver.example/in")
	var out strings.Builder
	for _, tr := range transitions {
		for n, from := range []WebhookDeliveryState{entering, Pending, Delivered, Failed, GivenUp} {
			d := &WebhookDelivery{WebhookID: w.ID, MessageID: fmt.Sprintf("%s %d", tr.Action, n), Body: []byte(`{}`), Since: h.now(), CreatedAt: h.now()}
			if from != entering {
				h.mustInsert(d, from)
			}
			moved := 0
			require.NoError(t, db.InTx(t.Context(), h.DB, func(ctx context.Context, tx bun.Tx) (err error) {
				if tr.Action == Open {
					moved, err = open(ctx, tx, []*WebhookDelivery{d})
					return err
				}
				ids, err := apply(ctx, tx, h.now(), tr.Action, move{ID: d.ID})
				moved = len(ids)
				return err
			}))
			to := "refused"
			if moved > 0 {
				require.NoError(t, h.DB.NewRaw("select state from webhook_delivery where webhook_id = ? and message_id = ?", w.ID, d.MessageID).Scan(t.Context(), &to))
			}
			fmt.Fprintf(&out, "%-10s %-8s %s\n", from, tr.Action, to)
		}
	}
	const path = "testdata/states.golden"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(out.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String(), "run go test -update and review the difference")
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

// TestDocShowsTheMachine keeps the drawing in doc.go equal to the table.
func TestDocShowsTheMachine(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	want := ""
	for l := range strings.Lines(Draw()) {
		want += "//\t" + l
	}
	require.Contains(t, string(doc), want, "copy this into doc.go:\n"+want)
}
