package webhook

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/event"
	"writ/server/fulfil"
	"writ/server/order"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/reconciliation"
)

const soon = 20 * time.Second // a busy machine runs many tests against one server

// harness is a service on its own database, with two departments of one person each, an administrator "ada" who creates webhooks and
// sees every order, and "bea" who sees those of the department Sales.
type harness struct {
	*Service
	t   *testing.T
	ctx context.Context // ada's
}

func setup(t *testing.T) *harness {
	t.Helper()
	b := dbtest.MustOpen(t)
	c, log := clock.New(), slog.New(slog.DiscardHandler)
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), "")
	require.NoError(t, err)
	shapes := &directory.Shapes{}
	h := &harness{t: t, Service: &Service{DB: b, Clock: c, Log: log, Keyring: ring, Orders: order.New(b, c, log, shapes, dbtest.Idle(order.Hooks{})), AllowPrivate: true,
		Reconciliation: reconciliation.New(b, c, log, assignment.New(b, c, log, shapes, dbtest.Idle(assignment.Hooks{})), dbtest.Idle(reconciliation.Hooks{}))}}
	h.mustExec(fixture)
	h.ctx = h.as("ada")
	return h
}

// fixture: entity type User with property Department, resources anna (Sales) and ben (IT), a resource type, two accounts with rights.
const fixture = `
insert into connector (id, identifier, display_name) overriding system value values (1, 'HR', 'HR'), (2, 'AD', 'Active Directory');
insert into entity_type (id, identifier, display_name, connector_id) overriding system value values (1, 'Directory_User', 'User', 1), (2, 'AD_Entry', 'Account', 2);
insert into property (id, entity_type_id, identifier, display_name, type, position) overriding system value values (1, 1, 'Department', 'Department', 'STRING', 1);
insert into resource (id, entity_type_id, key, display_name, scalars, valid_from) overriding system value values
	(11, 1, 'anna', 'Anna A', '{"Department": "Sales"}', '2026-01-01'), (12, 1, 'ben', 'Ben B', '{"Department": "IT"}', '2026-01-01'),
	(21, 2, 'cn=anna', 'Account of Anna', '{}', '2026-01-01');
insert into policy (id, identifier, display_name) overriding system value values (1, 'P', 'P');
insert into resource_type (id, identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id) overriding system value
	values (1, 'AD_User', 'AD account', 1, 1, 2);
insert into assigned_resource_type (id, owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) overriding system value
	values (1, 11, 1, 16, '2026-01-01', true, '2026-01-01'), (2, 12, 1, 16, '2026-01-01', true, '2026-01-01');
insert into provisioning_order (id, assigned_resource_type_id, kind, state, states, resource_type_id, owner_id, source_entity_type_id, target_id, connector_id, created_at, updated_at)
	overriding system value values (1, 1, 'UPDATE', 1, '{1}', 1, 11, 1, 21, 2, '2026-01-01', '2026-01-02'), (2, 2, 'CREATE', 1, '{1}', 1, 12, 1, null, 2, '2026-01-01', '2026-01-02');
insert into profile (id, identifier, display_name) overriding system value values (1, 'Admin', 'Admin'), (2, 'Sales', 'Sales');
insert into access_rule (id, identifier, display_name, profile_id, entity_type) overriding system value values (1, 'Admin', '', 1, '*'), (2, 'Sales', '', 2, 'Directory_User'), (3, 'Webhooks', '', 2, '*');
insert into access_entry (rule_id, permission, can_execute, notify) values (1, '/ProvisioningPolicy', true, false), (1, '/Settings', true, false),
	(2, '/ProvisioningPolicy/AssignedResourceType/Query', true, false), (3, '/Settings/Webhook', true, false);
insert into access_filter (rule_id, binding, value) values (2, 'Department', 'Sales');
insert into local_user (id, username, display_name, password_hash) overriding system value values (1, 'ada', 'Ada', 'x'), (2, 'bea', 'Bea', 'x');
insert into assigned_profile (user_id, profile_id) values (1, 1), (2, 2);
`

func (h *harness) mustExec(sql string, args ...any) {
	h.t.Helper()
	_, err := h.DB.ExecContext(h.t.Context(), sql, args...)
	require.NoError(h.t, err)
}

func (h *harness) now() time.Time { return h.Clock.Now() }

func (h *harness) as(username string) context.Context {
	h.t.Helper()
	account := new(scan[int64](h, "select id from local_user where username = '"+username+"'"))
	a, err := h.actor(h.t.Context(), account)
	require.NoError(h.t, err)
	require.NotNil(h.t, a)
	return permit.With(h.t.Context(), a)
}

// mustCreate makes a webhook as ada.
func (h *harness) mustCreate(url string) *Webhook {
	h.t.Helper()
	p, err := h.Create(h.ctx, CreateWebhookInput{URL: url})
	require.NoError(h.t, err)
	return p.Webhook
}

// mustInsert puts a delivery into a state without the machine.
func (h *harness) mustInsert(d *WebhookDelivery, state WebhookDeliveryState) {
	h.t.Helper()
	d.State = state
	if state.isFinal() {
		d.EndedAt = new(h.now())
	}
	_, err := h.DB.NewInsert().Model(d).Returning("id").Exec(h.t.Context())
	require.NoError(h.t, err)
}

// mustChange publishes that an order moved, in its own transaction.
func (h *harness) mustChange(orderID int64, from, to int) {
	h.t.Helper()
	require.NoError(h.t, db.InTx(h.t.Context(), h.DB, func(ctx context.Context, tx bun.Tx) error {
		return event.Publish(permit.With(ctx, permit.System("fulfil")), tx, h.now(), event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: orderID,
			Data: order.Changed{From: &from, To: to}})
	}))
}

// place gives what is published its position, as the hub of a process does.
func (h *harness) place() {
	h.t.Helper()
	a := event.NewAppender(h.DB)
	_, err := a.Append(h.t.Context())
	require.NoError(h.t, err)
	require.NoError(h.t, a.Release(h.t.Context()))
}

// mustPump sweeps until there are n deliveries in all.
func (h *harness) mustPump(n int) []*WebhookDelivery {
	h.t.Helper()
	var rows []*WebhookDelivery
	h.place()
	require.Eventually(h.t, func() bool {
		require.NoError(h.t, h.Pump(h.t.Context()))
		rows = h.deliveriesNow()
		return len(rows) >= n
	}, soon, 10*time.Millisecond)
	require.Len(h.t, rows, n)
	return rows
}

func (h *harness) deliveriesNow() []*WebhookDelivery {
	h.t.Helper()
	var rows []*WebhookDelivery
	require.NoError(h.t, h.DB.NewSelect().Model(&rows).OrderExpr("d.webhook_id, d.id").Scan(h.t.Context()))
	require.NoError(h.t, bringAttempts(h.t.Context(), h.DB, rows))
	return rows
}

// settle waits until the stream is read to its end, so that "nothing was made" means something.
func (h *harness) settle() {
	h.t.Helper()
	h.place()
	require.NoError(h.t, h.Pump(h.t.Context()))
	behind, err := selectBehind(h.t.Context(), h.DB)
	require.NoError(h.t, err)
	require.Empty(h.t, behind)
}

func (h *harness) mustDrain(w *Webhook) {
	h.t.Helper()
	require.NoError(h.t, h.Drain(h.t.Context(), w.ID))
}

func (h *harness) advance(d time.Duration) { h.Clock.SetOffset(h.Clock.Offset() + d) }

// received is one request as the receiver saw it.
type received struct {
	ID     string
	Header http.Header
	Body   []byte
}

func (r received) data() (d change) {
	var m struct{ Data change }
	if err := json.Unmarshal(r.Body, &m); err != nil {
		panic(err)
	}
	return m.Data
}

// receiver is an endpoint that notes what it gets and answers as told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(w http.ResponseWriter, r *http.Request)
}

func mustReceive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, received{req.Header.Get("webhook-id"), req.Header, body})
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, req)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(fn func(w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// verify checks the signature as receivers do, with the reference library.
func verify(t *testing.T, secret string, r received) error {
	t.Helper()
	wh, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	return wh.Verify(r.Body, r.Header)
}

// dataOf gives the data of a body as JSON text.
func dataOf(t *testing.T, r received) string {
	t.Helper()
	var m struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	require.NoError(t, json.Unmarshal(r.Body, &m))
	require.Equal(t, "order.changed", m.Type)
	return string(m.Data)
}

func (h *harness) mustCount(sql string) (n int) {
	h.t.Helper()
	require.NoError(h.t, h.DB.NewRaw(sql).Scan(h.t.Context(), &n))
	return n
}

// deliveriesOf gives a page of the deliveries of one webhook.
func (h *harness) deliveriesOf(ctx context.Context, id int64, a page.Args) (*WebhookDeliveryConnection, error) {
	pages, err := h.Deliveries(ctx, []int64{id}, a, nil, true)
	return pages[id], err
}
