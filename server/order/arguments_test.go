package order

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
)

// TestArguments: what the expression of the resource type gives goes with the order, to the connector and into the document.
func TestArguments(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.exec(`update resource_type set arguments_expression = ?`,
		`{"workflow": order.IsAdded() ? "Welcome" : "Change", "name": order.TryGetScalar("sn"), "mail": order.HasChanged("mail") ? dyn("yes") : dyn(null)}`)
	w.plan(w.creation(0, 1))
	w.generate()
	w.drain()
	want := map[string]string{"workflow": "Welcome", "name": "Lang"}
	require.Equal(t, want, w.fake.calls[0].Arguments)
	var doc document
	require.NoError(t, json.Unmarshal(w.order(0).Payload(), &doc))
	require.Equal(t, want, doc.order().Arguments)

	w.plan(w.change(1, w.target(1), "New", 1))
	w.generate()
	w.drain()
	require.Equal(t, map[string]string{"workflow": "Change", "name": "New"}, w.fake.calls[1].Arguments)
}

// TestArgumentsFail: an order whose arguments cannot be computed is not sent; it says why, and goes again once that is mended.
func TestArgumentsFail(t *testing.T) {
	t.Parallel()
	for name, manual := range map[string]bool{"Automated": false, "Manual": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			if manual {
				w.manual()
			}
			w.exec(`update resource_type set arguments_expression = ?`, `{"copy": order.TryGetAddedNavigations("groups")[0]}`)
			w.plan(w.creation(0, 1))
			w.generate()
			w.drain()
			require.Zero(t, w.fake.count())
			o := w.order(0)
			require.Equal(t, evaluation.Errored, o.Code)
			require.Contains(t, o.Error().Message, "arguments")
			require.Contains(t, o.Error().Hint, "arguments expression")
			require.Empty(t, w.events("ticket.opened"))

			w.exec(`update resource_type set arguments_expression = ?`, `{"copy": "nobody"}`)
			p, err := w.s.Unblock(w.ctx, BulkOrdersInput{OrderIDs: []int64{o.ID}})
			require.NoError(t, err)
			require.Nil(t, p.Results[0].Error)
			w.drain()
			want := evaluation.Executed
			if manual {
				want = evaluation.Transmitted
			}
			require.Equal(t, want, w.order(0).Code)
		})
	}
}
