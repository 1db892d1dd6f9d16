package apptest_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// A webhook gets the same changes as a subscription, signed as the public libraries verify; a failing receiver gets them later, and a
// replay brings them once more under the same ids.
func TestWebhook(t *testing.T) {
	t.Parallel()
	receiver := apptest.MustReceiver(t)
	h := apptest.MustStart(t, apptest.Options{Completed: true, Env: []string{"WRIT_ALLOW_PRIVATE_WEBHOOKS=1"}})
	admin, operator := h.As(t, "admin"), h.As(t, "operator")
	var made struct {
		CreateWebhook struct {
			Secret  string
			Webhook struct{ ID string }
		}
	}
	admin.MustDo(t, `mutation($i: CreateWebhookInput!) { createWebhook(input: $i) { secret webhook { id } } }`,
		apptest.Vars{"i": apptest.Vars{"url": receiver.URL, "description": "acceptance"}}, &made)
	secret, id := made.CreateWebhook.Secret, made.CreateWebhook.Webhook.ID
	before := published(t, h, "")
	start := before[len(before)-1]

	tickets := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})
	_, err := operator.Confirm(ids(tickets[:20])...)
	require.NoError(t, err)
	h.MustWaitQuiescent(t)
	got := func() []string {
		var list []string
		for _, c := range receiver.MustChanges(t, secret) {
			require.Equal(t, "order.changed", c.Type)
			list = append(list, c.Data.Cursor)
		}
		return list
	}
	want := published(t, h, start)
	within(t, "a delivery per change", func() bool { return len(got()) == len(want) })
	require.ElementsMatch(t, want, got())
	confirmed := 0
	for _, c := range receiver.MustChanges(t, secret) {
		if c.Data.From != nil && *c.Data.From == "TRANSMITTED" && c.Data.To == "EXECUTED" {
			confirmed++
		}
	}
	require.Equal(t, 20, confirmed)

	receiver.Answer(http.StatusServiceUnavailable)
	_, err = operator.Confirm(tickets[20].ID)
	require.NoError(t, err)
	within(t, "a failed try", func() bool { return len(got()) > len(want) })
	receiver.Answer(http.StatusNoContent)
	within(t, "the delivery at last", func() bool {
		var n int
		require.NoError(t, h.DB.NewRaw(`select count(*) from webhook_delivery where state = 'DELIVERED'`).Scan(t.Context(), &n))
		return n == len(published(t, h, start))
	})
	h.MustWaitQuiescent(t)
	want = published(t, h, start)
	within(t, "all of them", func() bool {
		seen := map[string]bool{}
		for _, m := range receiver.Messages() {
			seen[m.ID] = true
		}
		return len(seen) == len(want) // tries of one change have one id
	})
	seen := map[string]bool{}
	for _, m := range receiver.Messages() {
		seen[m.ID] = true
	}

	calls := len(receiver.Messages())
	admin.MustDo(t, `mutation($i: ReplayWebhookInput!) { replayWebhook(input: $i) { webhook { id } } }`, apptest.Vars{"i": apptest.Vars{"id": id, "after": want[9]}}, nil)
	again := want[10:]
	within(t, "the replay", func() bool {
		var list []string
		for _, c := range receiver.MustChanges(t, secret)[calls:] {
			list = append(list, c.Data.Cursor)
		}
		return !slices.ContainsFunc(again, func(cursor string) bool { return !slices.Contains(list, cursor) })
	})
	for _, m := range receiver.Messages() {
		require.True(t, seen[m.ID], "a replay has the ids of the first time")
	}
}

// Without the setting (and outside the demo), endpoints on private addresses are refused.
func TestPrivateWebhook(t *testing.T) {
	t.Parallel()
	f := mustFactory(t, 1, 1, "continuous")
	for _, at := range []string{"http://127.0.0.1:9/", "https://127.0.0.1:9/", "https://[::1]/", "https://10.0.0.1/x", "ftp://example.com/", "nonsense"} {
		err := f.As(t, "admin").Do(`mutation($i: CreateWebhookInput!) { createWebhook(input: $i) { secret } }`, apptest.Vars{"i": apptest.Vars{"url": at}}, nil)
		require.Equal(t, "VALIDATION", apptest.CodeOf(err), "%s: %v", at, err)
	}
}
