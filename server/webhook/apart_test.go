package webhook

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/event"
	"writ/server/permit"
)

// TestOneMessageHoldsUpNoOther: a message that cannot be stored is given up at once with the reason, an event that is no message is passed over,
// and a webhook that cannot be brought up to date stops no other.
func TestOneMessageHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := setup(t)
	broken, first, second := h.mustCreate("https://broken.example/"), h.mustCreate("https://a.example/"), h.mustCreate("https://b.example/")
	h.mustExec(`update webhook set filter = '"nonsense"' where id = ?`, broken.ID)
	h.mustExec(`create function hostile() returns trigger language plpgsql as $$ begin
		if new.body::text like '%cn=anna%' then raise exception 'string too long to represent as jsonb string' using errcode = '54000'; end if; return new; end $$;
		create trigger hostile before insert on webhook_delivery for each row execute function hostile()`)
	h.mustChange(2, 1, 8)
	h.mustChange(1, 1, 8) // of anna
	require.NoError(t, event.Publish(permit.With(t.Context(), permit.System("fulfil")), h.DB, h.now(), event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: 1,
		Data: map[string]any{"to": "nonsense"}}))
	h.mustChange(2, 8, 4)
	h.place()
	require.ErrorContains(t, h.Pump(t.Context()), "filter")
	byWebhook := map[int64][]*WebhookDelivery{}
	for _, d := range h.deliveriesNow() {
		byWebhook[d.WebhookID] = append(byWebhook[d.WebhookID], d)
	}
	for _, w := range []*Webhook{first, second} {
		list := byWebhook[w.ID]
		require.Len(t, list, 3)
		states := map[WebhookDeliveryState]int{}
		for _, d := range list {
			states[d.State]++
			if d.State == GivenUp {
				require.Len(t, d.Attempts, 1)
				require.Contains(t, *d.Attempts[0].Error, "too long to represent")
			}
		}
		require.Equal(t, map[WebhookDeliveryState]int{Pending: 2, GivenUp: 1}, states)
	}
	require.True(t, db.IsOfData(h.DB.NewRaw("select 'x'::jsonb").Scan(t.Context(), new(string))))
}
