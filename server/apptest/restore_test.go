package apptest_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// A backup is restored while its house is gone: nothing leaves until somebody lets it, and then subscriptions, webhooks and the chain of
// events go on where the backup ended.
func TestRestore(t *testing.T) {
	t.Parallel()
	receiver := apptest.MustReceiver(t)
	h := apptest.MustStart(t, apptest.Options{Completed: true, Env: []string{"WRIT_ALLOW_PRIVATE_WEBHOOKS=1"}})
	admin, operator := h.As(t, "admin"), h.As(t, "operator")
	admin.MustDo(t, `mutation($i: CreateWebhookInput!) { createWebhook(input: $i) { secret } }`, apptest.Vars{"i": apptest.Vars{"url": receiver.URL}}, nil)
	start := published(t, h, "")
	from := start[len(start)-1]
	called := func() bool { return len(receiver.Messages()) == len(published(t, h, from)) }
	tickets := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})
	_, err := operator.Confirm(ids(tickets[:3])...)
	require.NoError(t, err)
	h.MustWaitQuiescent(t)
	within(t, "the calls", called)
	all := published(t, h, "")
	middle, last := all[len(all)/2], all[len(all)-1]

	file := filepath.Join(t.TempDir(), "backup.writ")
	h.MustRun(t, "backup", file)
	_, err = operator.Confirm(tickets[3].ID) // lost with the house
	require.NoError(t, err)
	within(t, "the lost change", func() bool { return len(published(t, h, last)) > 0 && called() })
	after := published(t, h, last)
	lost := after[len(after)-1]
	people := staffOf(t, h, time.Now())
	h.Processes[0].MustStop(t)
	known, calls := map[string]bool{}, len(receiver.Messages())
	for _, m := range receiver.Messages() {
		known[m.ID] = true
	}

	r := h.MustRestore(t, file)
	admin = r.As(t, "admin")
	const query = `subscription($a: String) { orderChanged(after: $a) { cursor order { id } } }`
	stream, err := admin.Events(t.Context(), query, apptest.Vars{"a": middle})
	require.NoError(t, err)
	next := func() string {
		select {
		case raw, open := <-stream.Values():
			require.True(t, open, stream.Err())
			var c struct{ OrderChanged struct{ Cursor string } }
			require.NoError(t, json.Unmarshal(raw, &c))
			return c.OrderChanged.Cursor
		case <-time.After(apptest.Patience):
			require.Fail(t, "nothing comes")
			return ""
		}
	}
	for _, want := range all[len(all)/2+1:] {
		require.Equal(t, want, next(), "what was missed is replayed")
	}
	refused, err := admin.Events(t.Context(), query, apptest.Vars{"a": lost})
	if err == nil {
		_, open := <-refused.Values()
		require.False(t, open)
		err = refused.Err()
	}
	require.ErrorContains(t, err, "cursor", "it names an event that is not in this history")

	// a source changes: computed, and held back
	var mover string
	for _, key := range people.withCard() {
		if people.Positions[key]["Department"] == "OPS-LOG" {
			mover = key
		}
	}
	department := func() (name string) {
		_ = r.Intranet(t).NewRaw(`select "Department" from account where "Login" = ?`, strings.ToLower(mover)).Scan(t.Context(), &name)
		return name
	}
	before := department()
	r.MustSetCell(t, apptest.Positions, "PositionId", people.Positions[mover]["PositionId"], "Department", "FIN-CTL")
	fresh := next()
	require.NotContains(t, append(all, lost), fresh, "subscriptions go on")
	type work struct {
		Fence      *struct{ Reason string }
		FencedWork []struct {
			Kind, Receiver string
			Count          int
		}
	}
	var waiting work
	within(t, "what would be sent", func() bool {
		waiting = work{}
		admin.MustDo(t, `{ fence { reason } fencedWork { kind receiver count } }`, nil, &waiting)
		kinds := map[string]bool{}
		for _, w := range waiting.FencedWork {
			kinds[w.Kind] = true
		}
		return kinds["ORDER"] && kinds["WEBHOOK"]
	})
	require.NotNil(t, waiting.Fence)
	require.Contains(t, waiting.Fence.Reason, "backup")
	r.Processes[0].MustStop(t)
	r.MustRestartAll(t)
	require.Never(t, func() bool { return len(receiver.Messages()) != calls || department() != before }, 5*time.Second, 200*time.Millisecond, "nothing leaves")

	admin = r.As(t, "admin")
	admin.MustDo(t, `mutation { liftFence(input: {comment: "compared"}) { lifted { reason } } }`, nil, nil)
	within(t, "the order", func() bool { return department() == "Controlling" })
	within(t, "the calls of webhooks", func() bool { return len(receiver.Messages()) > calls })
	for _, m := range receiver.Messages()[calls:] {
		require.False(t, known[m.ID], "a new message has a new id")
	}
	r.MustWaitQuiescent(t)
	require.Contains(t, r.MustRun(t, "verify"), "the chain is whole")
	var code string
	if err := admin.Do(`mutation { liftFence(input: {comment: "again"}) { lifted { reason } } }`, nil, nil); err != nil {
		code = apptest.CodeOf(err)
	}
	require.Equal(t, "ALREADY_DONE", code)
}
