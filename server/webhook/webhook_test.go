package webhook

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/event"
	"writ/server/fence"
	"writ/server/order"
	"writ/server/page"
	"writ/server/permit"
)

func TestDeliver(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	made, err := h.Create(h.ctx, CreateWebhookInput{URL: r.URL + "/in", Description: new(" orders ")})
	require.NoError(t, err)
	require.Equal(t, "orders", made.Webhook.Description)
	require.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=$`, made.Secret)

	h.mustChange(1, 1, 8)
	d := h.mustPump(1)[0]
	h.mustDrain(made.Webhook)

	got := r.all()
	require.Len(t, got, 1)
	require.NoError(t, verify(t, made.Secret, got[0]))
	require.Error(t, verify(t, newSecret(), got[0]))
	require.Equal(t, d.MessageID, got[0].ID)
	require.Equal(t, "application/json", got[0].Header.Get("Content-Type"))
	require.JSONEq(t, `{"cursor": "`+got[0].data().Cursor+`", "at": "`+got[0].data().At.Format(time.RFC3339Nano)+`", "actor": "fulfil", "from": "PENDING", "to": "EXECUTED",
		"order": {"id": "1", "state": "PENDING", "stateCode": 1, "kind": "UPDATE",
			"owner": {"id": "11", "entityType": "Directory_User", "key": "anna", "displayName": "Anna A"},
			"target": {"id": "21", "entityType": "AD_Entry", "key": "cn=anna", "displayName": "Account of Anna"},
			"resourceType": {"identifier": "AD_User", "displayName": "AD account"}, "connector": {"identifier": "AD"},
			"attempt": 0, "version": 1, "error": null, "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z"}}`, dataOf(t, got[0]))
	_, err = event.Parse(got[0].data().Cursor)
	require.NoError(t, err)

	list, err := h.deliveriesOf(h.ctx, made.Webhook.ID, page.Args{First: 10})
	require.NoError(t, err)
	require.Equal(t, 1, list.TotalCount)
	node := list.Nodes()[0]
	require.Equal(t, Delivered, node.State)
	require.Equal(t, string(got[0].Body), string(node.Body), "what is shown is what was sent, to the byte")
	require.NotNil(t, node.EndedAt)
	require.Nil(t, node.NextAt)
	require.Len(t, node.Attempts, 1)
	require.Equal(t, 200, *node.Attempts[0].Status)
	require.Nil(t, node.Attempts[0].Error)

	w, err := h.Get(h.ctx, made.Webhook.ID)
	require.NoError(t, err)
	require.Equal(t, [3]int{0, 0, 1}, [3]int{w.Pending, w.Failed, w.Delivered})
	quiet, err := h.Quiescent(h.ctx)
	require.NoError(t, err)
	require.True(t, quiet)
}

func TestFilterAndRights(t *testing.T) {
	t.Parallel()
	h := setup(t)
	url := "https://receiver.example/in"
	all := h.mustCreate(url)
	executed, err := h.Create(h.ctx, CreateWebhookInput{URL: url, Filter: &order.OrderFilter{States: []order.ProvisioningState{order.StateExecuted}}})
	require.NoError(t, err)
	sales, err := h.Create(h.as("bea"), CreateWebhookInput{URL: url})
	require.NoError(t, err)

	h.mustChange(1, 1, 8) // anna, Sales
	h.mustChange(2, 1, 3) // ben, IT
	count := map[int64]int{}
	for _, d := range h.mustPump(4) {
		count[d.WebhookID]++
	}
	require.Equal(t, map[int64]int{all.ID: 2, executed.Webhook.ID: 1, sales.Webhook.ID: 1}, count)

	t.Run("RightsOfNow", func(t *testing.T) {
		h.mustExec("delete from assigned_profile where user_id = 2")
		h.mustExec("update local_user set is_disabled = true where id = 1")
		h.mustChange(1, 8, 4)
		h.settle()
		require.Len(t, h.deliveriesNow(), 4, "nobody may see it any more")
	})
	t.Run("DemoAccountsOnlyInTheDemo", func(t *testing.T) {
		h.mustExec("update local_user set is_disabled = false, is_demo = true where id = 1")
		h.mustChange(1, 4, 1)
		h.settle()
		require.Len(t, h.deliveriesNow(), 4)
		h.Demo = true
		h.mustChange(1, 4, 1)
		h.mustPump(5)
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()

	t.Run("SameIDUntilTaken", func(t *testing.T) {
		t.Parallel()
		h, r := setup(t), mustReceive(t)
		w := h.mustCreate(r.URL)
		r.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("no \x00 luck" + strings.Repeat("x", 3*keptResponse)))
		})
		h.mustChange(1, 1, 8)
		h.mustPump(1)
		h.mustDrain(w)
		h.mustDrain(w)
		d := h.deliveriesNow()[0]
		require.Equal(t, Failed, d.State)
		require.Len(t, d.Attempts, 1, "not due again yet")
		require.Equal(t, 502, *d.Attempts[0].Status)
		require.Equal(t, "answered 502 Bad Gateway", *d.Attempts[0].Error)
		require.Equal(t, keptResponse-1, len(*d.Attempts[0].Response))
		require.WithinDuration(t, h.now(), *d.NextAt, 5*time.Second)

		r.answers(nil)
		h.advance(10 * time.Second)
		require.NoError(t, h.Sweep(h.t.Context()))
		require.Equal(t, 1, h.mustCount("select count(distinct args) from river_job where kind = 'webhook_deliver'"))
		h.mustDrain(w)
		d = h.deliveriesNow()[0]
		require.Equal(t, Delivered, d.State)
		got := r.all()
		require.Len(t, got, 2)
		require.Equal(t, got[0].ID, got[1].ID)
		require.Equal(t, got[0].Body, got[1].Body)
	})
	t.Run("RetryAfter", func(t *testing.T) {
		t.Parallel()
		h, r := setup(t), mustReceive(t)
		w := h.mustCreate(r.URL)
		r.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		h.mustChange(1, 1, 8)
		h.mustChange(2, 1, 8)
		h.mustPump(2)
		h.Concurrency = 1
		h.mustDrain(w)
		require.Len(t, r.all(), 1, "the endpoint rests: the second one waits")
		require.WithinDuration(t, h.now().Add(time.Hour), *h.deliveriesNow()[0].NextAt, time.Minute)
		r.answers(nil)
		h.advance(59 * time.Minute)
		h.mustDrain(w)
		require.Len(t, r.all(), 1)
		h.advance(2 * time.Minute)
		h.mustDrain(w)
		require.Len(t, r.all(), 3)
	})
	t.Run("GivenUpAndDisabledAfterThreeDays", func(t *testing.T) {
		t.Parallel()
		h, r := setup(t), mustReceive(t)
		w := h.mustCreate(r.URL)
		r.answers(status(500))
		h.mustChange(1, 1, 8)
		h.mustPump(1)
		tries := 0
		for ; tries < 100 && h.deliveriesNow()[0].State != GivenUp; tries++ {
			h.mustDrain(w)
			h.advance(2 * time.Hour)
		}
		d := h.deliveriesNow()[0]
		require.Equal(t, GivenUp, d.State)
		require.WithinDuration(t, d.Since.Add(tryFor), *d.EndedAt, 8*time.Hour)
		require.Len(t, d.Attempts, len(r.all()))
		after, err := h.Get(h.ctx, w.ID)
		require.NoError(t, err)
		require.True(t, after.IsDisabled)
		require.Equal(t, "Every attempt of the last 3 days failed. The last one: answered 500 Internal Server Error.", *after.DisabledReason)
		require.Equal(t, 1, h.mustCount("select count(*) from event where kind = 'webhook.disabled'"))

		h.mustChange(2, 1, 8)
		h.mustDrain(w)
		require.Len(t, d.Attempts, len(r.all()), "a disabled webhook sends nothing")

		r.answers(nil)
		_, err = h.Enable(h.ctx, WebhookInput{w.ID})
		require.NoError(t, err)
		h.mustPump(2)
		h.mustDrain(w)
		require.Equal(t, Delivered, h.deliveriesNow()[1].State, "what happened meanwhile is not lost")
	})
	t.Run("Gone", func(t *testing.T) {
		t.Parallel()
		h, r := setup(t), mustReceive(t)
		w := h.mustCreate(r.URL)
		r.answers(status(http.StatusGone))
		h.mustChange(1, 1, 8)
		h.mustPump(1)
		h.mustDrain(w)
		require.Equal(t, GivenUp, h.deliveriesNow()[0].State)
		after, err := h.Get(h.ctx, w.ID)
		require.NoError(t, err)
		require.True(t, after.IsDisabled)
		require.Equal(t, "The endpoint answered 410 Gone.", *after.DisabledReason)
	})
	t.Run("FailingEndpointRests", func(t *testing.T) {
		t.Parallel()
		h, r := setup(t), mustReceive(t)
		h.Concurrency = 1
		w := h.mustCreate(r.URL)
		r.answers(status(503))
		for range 10 {
			h.mustChange(1, 1, 8)
		}
		h.mustPump(10)
		h.mustDrain(w)
		require.Len(t, r.all(), outage, "the others did not use up a try")
		r.answers(nil)
		h.advance(time.Minute)
		h.mustDrain(w)
		require.Len(t, r.all(), outage+10)
		after, err := h.Get(h.ctx, w.ID)
		require.NoError(t, err)
		require.Zero(t, after.Failures)
		require.Nil(t, after.FailingSince)
	})
	t.Run("AnswersAgain", func(t *testing.T) { // after a day: what was put off for hours goes with the first that is taken
		t.Parallel()
		h, r := setup(t), mustReceive(t)
		h.Concurrency = 1
		w := h.mustCreate(r.URL)
		r.answers(status(503))
		for range 10 {
			h.mustChange(1, 1, 8)
		}
		h.mustPump(10)
		for range 48 {
			h.mustDrain(w)
			h.advance(30 * time.Minute)
		}
		for _, d := range h.deliveriesNow() {
			require.Equal(t, Failed, d.State)
		}
		r.answers(nil)
		h.mustChange(2, 1, 8)
		h.mustPump(11)
		h.advance(2 * longestRest)
		h.mustDrain(w)
		for _, d := range h.deliveriesNow() {
			require.Equal(t, Delivered, d.State)
		}
	})
	t.Run("RedirectIsNotFollowed", func(t *testing.T) {
		t.Parallel()
		h, r, other := setup(t), mustReceive(t), mustReceive(t)
		w := h.mustCreate(r.URL)
		r.answers(func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, other.URL, http.StatusTemporaryRedirect)
		})
		h.mustChange(1, 1, 8)
		h.mustPump(1)
		h.mustDrain(w)
		require.Empty(t, other.all())
		d := h.deliveriesNow()[0]
		require.Equal(t, Failed, d.State)
		require.Contains(t, *d.Attempts[0].Error, "redirects are not followed")
	})
}

// TestCrash: the receiver took it, and the process died before the note.
func TestCrash(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	w := h.mustCreate(r.URL)
	h.mustChange(1, 1, 8)
	h.mustPump(1)
	lost, err := h.claim(t.Context(), w.ID)
	require.NoError(t, err)
	secrets, err := h.secrets(w)
	require.NoError(t, err)
	require.True(t, h.send(t.Context(), w.URL, lost.WebhookDelivery, secrets, h.wall()).ok())

	h.mustDrain(w)
	require.Len(t, r.all(), 1, "the lease holds")
	quiet, err := h.Quiescent(h.ctx)
	require.NoError(t, err)
	require.False(t, quiet)

	h.mustExec("update webhook_delivery set lease_until = clock_timestamp() - interval '1 s'")
	h.mustDrain(w)
	got := r.all()
	require.Len(t, got, 2)
	require.Equal(t, got[0].ID, got[1].ID)
	d := h.deliveriesNow()[0]
	require.Equal(t, Delivered, d.State)
	require.Len(t, d.Attempts, 2)
	require.Equal(t, unanswered, *d.Attempts[0].Error)
	require.Nil(t, d.Attempts[1].Error)

	require.NoError(t, h.note(t.Context(), lost, answer{Error: "late"}), "a lost claim that comes back moves nothing")
	d = h.deliveriesNow()[0]
	require.Equal(t, Delivered, d.State)
	require.Equal(t, "late", *d.Attempts[0].Error)
}

// TestStop: a process that is told to stop gives its claim back at once.
func TestStop(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	w := h.mustCreate(r.URL)
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	r.answers(func(_ http.ResponseWriter, req *http.Request) {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-req.Context().Done():
		}
	})
	h.mustChange(1, 1, 8)
	h.mustPump(1)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Drain(ctx, w.ID) }()
	<-arrived
	stop()
	if err := <-done; err != nil {
		t.Log(err) // it was stopped: what it says about that does not matter
	}
	close(release)
	d := h.deliveriesNow()[0]
	require.Equal(t, Pending, d.State)
	require.Nil(t, d.LeaseUntil)
	require.Zero(t, d.Tries)
	r.answers(nil)
	h.mustDrain(w)
	require.Equal(t, Delivered, h.deliveriesNow()[0].State)
}

func TestRotate(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	made, err := h.Create(h.ctx, CreateWebhookInput{URL: r.URL})
	require.NoError(t, err)
	rotated, err := h.Rotate(h.ctx, WebhookInput{made.Webhook.ID})
	require.NoError(t, err)
	require.NotEqual(t, made.Secret, rotated.Secret)

	h.mustChange(1, 1, 8)
	h.mustPump(1)
	h.mustDrain(made.Webhook)
	got := r.all()
	require.NoError(t, verify(t, made.Secret, got[0]), "the old secret for a day")
	require.NoError(t, verify(t, rotated.Secret, got[0]))

	h.advance(25 * time.Hour)
	h.mustChange(1, 8, 4)
	h.mustPump(2)
	h.mustDrain(made.Webhook)
	got = r.all()
	require.Error(t, verify(t, made.Secret, got[1]))
	require.NoError(t, verify(t, rotated.Secret, got[1]), "the timestamp is the machine's, whatever the product's clock says")

	var plain int
	require.NoError(t, h.DB.NewRaw("select count(*) from webhook where position('whsec_'::bytea in secret) > 0 or position('whsec_'::bytea in previous_secret) > 0").Scan(t.Context(), &plain))
	require.Zero(t, plain, "secrets are sealed")
}

func TestReplay(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	w := h.mustCreate(r.URL)
	for i := range 4 {
		h.mustChange(int64(1+i%2), 1, 8)
	}
	h.mustPump(4)
	h.Concurrency = 1
	h.mustDrain(w)
	first := r.all()
	require.Len(t, first, 4)

	_, err := h.Replay(h.ctx, ReplayWebhookInput{ID: w.ID, After: first[1].data().Cursor})
	require.NoError(t, err)
	h.settle()
	h.mustDrain(w)
	got := r.all()
	require.Len(t, got, 6)
	require.Equal(t, []string{first[2].ID, first[3].ID}, []string{got[4].ID, got[5].ID})
	require.Equal(t, first[2].Body, got[4].Body)
	ds := h.deliveriesNow()
	require.Len(t, ds, 4)
	require.Len(t, ds[0].Attempts, 1)
	require.Len(t, ds[3].Attempts, 2)

	t.Run("NotPassedYetSkipsNothing", func(t *testing.T) {
		h.mustChange(1, 8, 4)
		h.place()
		ahead, err := event.End(t.Context(), h.DB)
		require.NoError(t, err)
		_, err = h.Replay(h.ctx, ReplayWebhookInput{ID: w.ID, After: ahead.String()})
		require.NoError(t, err)
		h.mustPump(5)
	})
	t.Run("OfAnotherServer", func(t *testing.T) {
		_, err := h.Replay(h.ctx, ReplayWebhookInput{ID: w.ID, After: event.Cursor{Position: 1 << 60, Mark: 1}.String()})
		require.True(t, errs.Is(err, errs.Validation), "%v", err)
		require.Equal(t, "input.after", errs.As(err).Field)
	})
	t.Run("NoCursor", func(t *testing.T) {
		_, err := h.Replay(h.ctx, ReplayWebhookInput{ID: w.ID, After: "nonsense"})
		require.True(t, errs.Is(err, errs.Validation))
	})
}

func TestBehindTheFence(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	w := h.mustCreate(r.URL)
	require.NoError(t, fence.Raise(t.Context(), h.DB, h.now(), "restored"))
	h.mustChange(1, 1, 8)
	h.mustPump(1) // made, so that it can be shown
	h.mustDrain(w)
	due, err := selectDue(t.Context(), h.DB, h.now().Add(time.Hour), 4)
	require.NoError(t, err)
	require.Empty(t, due)
	require.Empty(t, r.all())
	quiet, err := h.Quiescent(t.Context())
	require.NoError(t, err)
	require.True(t, quiet, "it waits for a person")
	_, err = h.DB.ExecContext(t.Context(), "delete from fence")
	require.NoError(t, err)
	h.mustDrain(w)
	require.Len(t, r.all(), 1)
	require.Len(t, h.deliveriesNow()[0].Attempts, 1)
}

func TestPrivateAddress(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	w := h.mustCreate(r.URL)
	h.AllowPrivate = false // the check is made at the connection, not only when the webhook is created
	h.mustChange(1, 1, 8)
	h.mustPump(1)
	h.mustDrain(w)
	require.Empty(t, r.all())
	d := h.deliveriesNow()[0]
	require.Equal(t, Failed, d.State)
	require.Contains(t, *d.Attempts[0].Error, "private, local or reserved")
	require.Nil(t, d.Attempts[0].Status)

	_, err := h.Create(h.ctx, CreateWebhookInput{URL: r.URL})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
}

// TestManyProcesses: pumps and drains of several processes at once make each delivery once, and never send more at a time than allowed.
func TestManyProcesses(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	w := h.mustCreate(r.URL)
	var now, most atomic.Int32
	r.answers(func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(2 * time.Millisecond) // long enough for others to come too
	})
	const n = 40
	for i := range n {
		h.mustChange(int64(1+i%2), 1, 8)
	}
	h.Concurrency = 3
	h.place()
	require.Eventually(t, func() bool {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := h.Pump(t.Context()); err != nil {
					t.Error(err)
				}
				if err := h.Drain(t.Context(), w.ID); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		return len(r.all()) >= n
	}, soon, 5*time.Millisecond)
	seen := map[string]bool{}
	for _, got := range r.all() {
		require.False(t, seen[got.ID], "%s was sent twice", got.ID)
		seen[got.ID] = true
	}
	require.Len(t, seen, n)
	require.LessOrEqual(t, most.Load(), int32(3))
}

func TestListsTakeFewStatements(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var ids []int64
	for range 3 {
		ids = append(ids, h.mustCreate("https://receiver.example/in").ID)
	}
	for range 4 {
		h.mustChange(1, 1, 8)
	}
	h.mustPump(12)
	first, err := h.Deliveries(h.ctx, append(ids, 999), page.Args{First: 3}, nil, true)
	require.NoError(t, err)
	require.Len(t, first, 4)
	require.Empty(t, first[999].Nodes())
	for _, id := range ids {
		require.Len(t, first[id].Nodes(), 3)
		require.Equal(t, 4, first[id].TotalCount)
		require.Greater(t, first[id].Nodes()[0].ID, first[id].Nodes()[1].ID)
	}
	rest, err := h.deliveriesOf(h.ctx, ids[1], page.Args{First: 3, After: *first[ids[1]].PageInfo.EndCursor})
	require.NoError(t, err)
	require.Len(t, rest.Nodes(), 1)
	list, err := h.List(h.ctx)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, 4, list[2].Pending)
}

func TestOldDeliveriesAreRemoved(t *testing.T) {
	t.Parallel()
	h := setup(t)
	w := h.mustCreate("https://receiver.example/in")
	for _, s := range []WebhookDeliveryState{Pending, Delivered} {
		h.mustInsert(&WebhookDelivery{WebhookID: w.ID, MessageID: string(s), Body: []byte(`{}`), Since: h.now(), CreatedAt: h.now()}, s)
	}
	require.NoError(t, h.Sweep(t.Context()))
	require.Len(t, h.deliveriesNow(), 2)
	h.advance(keepFor + time.Hour)
	require.NoError(t, h.Sweep(t.Context()))
	require.Len(t, h.deliveriesNow(), 1)
}

func TestVerbs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	w := h.mustCreate("https://receiver.example/in")
	calls := map[string]func(context.Context) error{
		"Create": func(ctx context.Context) error {
			_, err := h.Create(ctx, CreateWebhookInput{URL: "https://receiver.example/"})
			return err
		},
		"Rotate":     func(ctx context.Context) error { _, err := h.Rotate(ctx, WebhookInput{w.ID}); return err },
		"Replay":     func(ctx context.Context) error { _, err := h.Replay(ctx, ReplayWebhookInput{ID: w.ID}); return err },
		"Enable":     func(ctx context.Context) error { _, err := h.Enable(ctx, WebhookInput{w.ID}); return err },
		"Disable":    func(ctx context.Context) error { _, err := h.Disable(ctx, WebhookInput{w.ID}); return err },
		"Delete":     func(ctx context.Context) error { _, err := h.Delete(ctx, WebhookInput{w.ID}); return err },
		"List":       func(ctx context.Context) error { _, err := h.List(ctx); return err },
		"Get":        func(ctx context.Context) error { _, err := h.Get(ctx, w.ID); return err },
		"Deliveries": func(ctx context.Context) error { _, err := h.deliveriesOf(ctx, w.ID, page.Args{First: 1}); return err },
	}
	for name, call := range calls {
		require.True(t, errs.Is(call(t.Context()), errs.Unauthenticated), name)
		require.True(t, errs.Is(call(permit.With(t.Context(), &permit.Actor{Username: "x"})), errs.Forbidden), name)
	}
	for _, name := range []string{"Create", "Rotate", "Replay", "Disable", "Enable", "List", "Get", "Deliveries", "Delete"} {
		require.NoError(t, calls[name](h.ctx), name)
	}
	none, err := h.Find(h.ctx, w.ID)
	require.NoError(t, err)
	require.Nil(t, none)
	for _, name := range []string{"Rotate", "Replay", "Enable", "Disable", "Get", "Delete"} {
		require.True(t, errs.Is(calls[name](h.ctx), errs.NotFound), name)
	}
	_, err = h.Create(h.ctx, CreateWebhookInput{URL: "https://receiver.example/", Filter: &order.OrderFilter{States: []order.ProvisioningState{"DONE"}}})
	require.Equal(t, "input.filter.states", errs.As(err).Field)
}

func TestWebhooksOfOthers(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	w := h.mustCreate(r.URL)
	h.mustChange(1, 1, 8)
	h.mustChange(2, 1, 8)
	h.mustPump(2)
	h.mustDrain(w)
	require.Len(t, r.all(), 2)
	bea := h.as("bea") // manages webhooks and sees the orders of Sales

	for name, call := range map[string]func() error{
		"Rotate": func() error { _, err := h.Rotate(bea, WebhookInput{w.ID}); return err },
		"Replay": func() error { _, err := h.Replay(bea, ReplayWebhookInput{ID: w.ID}); return err },
		"Enable": func() error { _, err := h.Enable(bea, WebhookInput{w.ID}); return err },
		"Delete": func() error { _, err := h.Delete(bea, WebhookInput{w.ID}); return err },
	} {
		require.True(t, errs.Is(call(), errs.Forbidden), "%s: %v", name, call())
		require.Contains(t, call().Error(), "only disable", name)
	}
	bodies := func(ctx context.Context) (shown []bool) {
		page, err := h.deliveriesOf(ctx, w.ID, page.Args{First: 10})
		require.NoError(t, err)
		for _, d := range page.Nodes() {
			require.Equal(t, d.Body != nil, d.Attempts[0].Response != nil, "the answer may repeat the message")
			shown = append(shown, d.Body != nil)
		}
		return shown
	}
	h.mustExec("update webhook_attempt set response = 'thanks for ' || id")
	require.Equal(t, []bool{true, true}, bodies(h.ctx))
	require.Equal(t, []bool{false, true}, bodies(bea), "Ben is in IT")
	require.True(t, w.IsOwn(h.ctx))
	require.False(t, w.IsOwn(bea))
	for address, shown := range map[string]string{"https://r.example/t0ken": "https://r.example/…", "https://r.example:8443/?k=t0ken": "https://r.example:8443/…", "https://r.example": "https://r.example"} {
		hook := &Webhook{URL: address, OwnerID: w.OwnerID}
		require.Equal(t, address, hook.ShownURL(h.ctx))
		require.Equal(t, shown, hook.ShownURL(bea))
	}

	disabled, err := h.Disable(bea, WebhookInput{w.ID})
	require.NoError(t, err)
	require.Equal(t, "Disabled by bea.", *disabled.Webhook.DisabledReason)
	_, err = h.Enable(h.ctx, WebhookInput{w.ID})
	require.NoError(t, err)
	h.mustExec("update local_user set is_disabled = true where username = 'ada'")
	_, err = h.Rotate(bea, WebhookInput{w.ID})
	require.True(t, errs.Is(err, errs.Forbidden), "the secret stays that of ada")
	_, err = h.Delete(bea, WebhookInput{w.ID})
	require.NoError(t, err, "nobody else is left to do it")
}

// A webhook is its creator's account's. One that is made later with the same name gets none of it, and delivers nothing to it.
func TestWebhookOfANameUsedAgain(t *testing.T) {
	t.Parallel()
	h, r := setup(t), mustReceive(t)
	w := h.mustCreate(r.URL)
	h.mustChange(2, 1, 8)
	h.mustPump(1)
	h.mustExec(`delete from local_user where username = 'ada'`)
	h.mustExec(`insert into local_user (username, display_name, password_hash) values ('ada', 'Another Ada', 'x')`)
	h.mustExec(`insert into assigned_profile (user_id, profile_id) select id, 1 from local_user where username = 'ada'`)
	h.mustChange(1, 1, 8)
	h.mustPump(1)
	h.mustDrain(w)
	require.Empty(t, r.all(), "her changes do not go to an address that she never gave")
	other := h.as("ada")
	now, err := h.Get(other, w.ID)
	require.NoError(t, err)
	require.Nil(t, now.OwnerID)
	require.False(t, now.IsOwn(other))
	for name, call := range map[string]func() error{
		"Rotate": func() error { _, err := h.Rotate(other, WebhookInput{w.ID}); return err },
		"Replay": func() error { _, err := h.Replay(other, ReplayWebhookInput{ID: w.ID}); return err },
		"Enable": func() error { _, err := h.Enable(other, WebhookInput{w.ID}); return err },
	} {
		require.True(t, errs.Is(call(), errs.Forbidden), "%s: %v", name, call())
	}
	_, err = h.Delete(other, WebhookInput{w.ID})
	require.NoError(t, err, "anybody may tidy up")
}

// Days may lie between the event and the call: rights are asked again before every attempt.
func TestRightsAreAskedBeforeEveryAttempt(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]string{
		"RightsAreGone":     "delete from assigned_profile where user_id = 1",
		"AccountIsDisabled": "update local_user set is_disabled = true where id = 1",
		"AccountIsGone":     "delete from local_user where id = 1",
		"NarrowedToSales":   "update assigned_profile set profile_id = 2 where user_id = 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, r := setup(t), mustReceive(t)
			w := h.mustCreate(r.URL)
			h.mustChange(2, 1, 8)
			h.mustPump(1)
			h.mustExec(take)
			h.mustDrain(w)
			require.Empty(t, r.all())
			d := h.deliveriesNow()
			require.Equal(t, GivenUp, d[0].State)
			require.Equal(t, withheld, scan[string](h, "select error from webhook_attempt"))
			require.Zero(t, scan[int](h, "select failures from webhook"), "no fault of the endpoint")
		})
	}
}

func scan[T any](h *harness, sql string) (v T) {
	h.t.Helper()
	require.NoError(h.t, h.DB.NewRaw(sql).Scan(h.t.Context(), &v))
	return v
}
