package graph_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/graph"
	"writ/graph/across"
	"writ/server/access"
	"writ/server/assignment"
	"writ/server/audit"
	"writ/server/auth"
	"writ/server/bulk"
	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/delegation"
	"writ/server/departure"
	"writ/server/directory"
	"writ/server/event"
	"writ/server/fulfil"
	"writ/server/fulfil/manual"
	"writ/server/fulfil/null"
	"writ/server/job"
	"writ/server/manifest"
	"writ/server/mining"
	"writ/server/notification"
	"writ/server/order"
	"writ/server/reconciliation"
	"writ/server/redundancy"
	"writ/server/request"
	"writ/server/risk"
	"writ/server/synchronization"
	"writ/server/system"
	"writ/server/webhook"
)

// bundle is a server of its own with its database.
type bundle struct {
	t        *testing.T
	ctx      context.Context
	db       *bun.DB
	clock    *clock.Clock
	auth     *auth.Service
	resolver *graph.Resolver
	handler  http.Handler
	url      string
	log      *syncBuffer
	logger   *slog.Logger
	ring     *fulfil.Keyring // seals the secrets of connections
}

// openRing seals nothing: these tests are not about secrets.
type openRing struct{}

func (openRing) Seal(_ string, plain []byte) ([]byte, error)  { return plain, nil }
func (openRing) Open(_ string, sealed []byte) ([]byte, error) { return sealed, nil }

// openMapRing is openRing for named secrets.
type openMapRing struct{}

func (openMapRing) Seal(_ string, plain map[string]string) ([]byte, error) {
	return json.Marshal(plain)
}
func (openMapRing) Unseal(_ string, sealed []byte) (plain map[string]string, err error) {
	return plain, json.Unmarshal(sealed, &plain)
}

func setup(t *testing.T, config auth.Config) *bundle {
	t.Helper()
	db, url := dbtest.MustOpenURL(t)
	b := &bundle{t: t, ctx: t.Context(), db: db, clock: clock.New(), log: &syncBuffer{}}
	log := slog.New(slog.NewTextHandler(b.log, nil))
	config.TokenLife = cmp.Or(config.TokenLife, time.Hour) // nobody is signed out because the machine is slow
	b.auth = auth.New(b.db, b.clock, openRing{}, config, log)
	b.resolver = b.rooms(url, log)
	b.logger = log
	b.serve(graph.Options{Log: log})
	require.NoError(t, access.SaveUsers(b.ctx, b.db, []access.UserSpec{{Username: "nobody", DisplayName: "Nobody", PasswordHash: hashed}}))
	return b
}

// serve begins to answer with these options.
func (b *bundle) serve(o graph.Options) {
	b.t.Helper()
	b.handler = graph.Handler(b.resolver, o)
	mux := http.NewServeMux()
	mux.Handle("/graphql", b.handler)
	mux.Handle("/graphql/schema", graph.SchemaHandler(b.auth))
	s := httptest.NewServer(mux)
	b.t.Cleanup(s.Close)
	b.url = s.URL + "/graphql"
}

// rooms opens every room on the database of the test; nothing works in the background but the event hub.
func (b *bundle) rooms(url string, log *slog.Logger) *graph.Resolver {
	b.t.Helper()
	hub := event.NewHub(b.db, url, log)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := hub.Run(ctx); err != nil && ctx.Err() == nil {
			b.t.Error(err)
		}
	})
	b.t.Cleanup(func() { stop(); running.Wait() })
	shapes := &directory.Shapes{}
	d := directory.New(b.db, b.clock, shapes, dbtest.Idle(directory.Hooks{}))
	orders := order.New(b.db, b.clock, log, shapes, dbtest.Idle(order.Hooks{}))
	jobs := job.New(b.db, b.clock, log, nil, dbtest.Idle(job.Hooks{Follow: hub.Subscribe}))
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), "")
	require.NoError(b.t, err)
	b.ring = ring
	assignments := assignment.New(b.db, b.clock, log, shapes, dbtest.Idle(assignment.Hooks{}))
	configuration := manifest.New(manifest.Rooms{DB: b.db, Clock: b.clock, Keyring: sealedMaps{}, Jobs: jobs, Packages: []string{"csv", "postgres", "null"}},
		dbtest.Idle(manifest.Hooks{CheckPassword: auth.CheckPassword, HashPassword: auth.HashPassword, SamePassword: auth.SamePassword}))
	reconciled := reconciliation.New(b.db, b.clock, log, assignments, dbtest.Idle(reconciliation.Hooks{}))
	redundant := &redundancy.Service{DB: b.db, Clock: b.clock, Log: log, Assignments: assignments}
	delegations := delegation.New(delegation.Rooms{DB: b.db, Clock: b.clock, Shapes: shapes}, delegation.Settings{})
	requests := request.New(request.Rooms{DB: b.db, Clock: b.clock, Log: slog.New(slog.DiscardHandler), Assignments: assignments, Risks: &risk.Service{DB: b.db, Assignments: assignments}, Delegations: delegations, Days: &request.Days{Question: 7},
		Post: func(context.Context, bun.Tx, request.Letter) error { return nil }})
	bulks := bulk.New(bulk.Rooms{DB: b.db, Clock: b.clock, Log: log, Reconciliation: reconciled, Redundancy: redundant, Orders: orders, Directory: d, Requests: requests}, dbtest.Idle(bulk.Hooks{}))
	reconciled.Begin = bulks.Begin
	return &graph.Resolver{
		Bulk:        bulks,
		Requests:    requests,
		Delegations: delegations,
		Departures: departure.New(departure.Rooms{DB: b.db, Clock: b.clock, Log: log, Assignments: assignments, Orders: orders, Auth: b.auth,
			Post: func(context.Context, bun.Tx, departure.Letter) error { return nil }}, 0),
		Risks:          &risk.Service{DB: b.db, Assignments: assignments},
		Redundancy:     redundant,
		Mining:         &mining.Service{DB: b.db, Clock: b.clock, Log: log, Assignments: assignments, Manifest: configuration},
		Reconciliation: reconciled,
		Systems: system.New(system.Options{DB: b.db, Clock: b.clock, Packages: fulfil.Packages{"null": null.Package{}, "manual-ticket": manual.Package{}}, Keyring: ring,
			FilesDir: b.t.TempDir(), Activated: orders.Wake}),
		Auth:            b.auth,
		Access:          &access.Service{DB: b.db, Clock: b.clock},
		Directory:       d,
		Assignments:     assignments,
		Orders:          orders,
		Jobs:            jobs,
		Synchronization: synchronization.New(b.db, b.clock, shapes, directory.Options{Hooks: dbtest.Idle(directory.Hooks{})}, dbtest.Idle(synchronization.Hooks{})),
		Manifest:        configuration,
		Webhooks:        &webhook.Service{DB: b.db, Clock: b.clock, Log: log, Orders: orders, Keyring: openMapRing{}},
		Audit:           &audit.Service{DB: b.db, Clock: b.clock},
		Notifications:   &notification.Service{DB: b.db, Clock: b.clock, Log: log, Shapes: shapes},
		Feed:            &across.Feed{Hub: hub},
	}
}

// syncBuffer keeps the log of a server.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// hashed is the password "secret", computed once: hashing is slow on purpose.
var hashed = func() string {
	stored, err := auth.HashPassword("secret")
	if err != nil {
		panic(err)
	}
	return stored
}()

// client is one browser.
type client struct {
	*bundle
	http  *http.Client
	token string
}

func (b *bundle) anonymous() *client {
	jar, err := cookiejar.New(nil)
	require.NoError(b.t, err)
	return &client{bundle: b, http: &http.Client{Jar: jar}}
}

// as signs in a user.
func (b *bundle) as(username string) *client {
	b.t.Helper()
	c := b.anonymous()
	got := c.ask(`mutation($u: String!) { login(input: {username: $u, password: "secret"}) { accessToken } }`, map[string]any{"u": username})
	require.Empty(b.t, got.Errors)
	c.token = got.Data["login"].(map[string]any)["accessToken"].(string)
	return c
}

// holding signs in a new user with these permissions.
func (b *bundle) holding(username string, permissions ...string) *client {
	b.t.Helper()
	require.NoError(b.t, access.SaveProfiles(b.ctx, b.db, []access.ProfileSpec{{Identifier: username}}))
	rule := access.RuleSpec{Identifier: username, Profile: username}
	for _, p := range permissions {
		rule.Entries = append(rule.Entries, access.EntrySpec{Permission: p, CanExecute: true})
	}
	_, err := access.SaveRules(b.ctx, b.db, []access.RuleSpec{rule})
	require.NoError(b.t, err)
	require.NoError(b.t, access.SaveUsers(b.ctx, b.db, []access.UserSpec{{
		Username: username, PasswordHash: hashed, Profiles: []access.UserProfileSpec{{Profile: username}},
	}}))
	return b.as(username)
}

// inProcess asks without a network, so that the context (and its count of statements) reaches the rooms.
func (b *bundle) inProcess(ctx context.Context, token, query string, variables map[string]any) (out result) {
	b.t.Helper()
	raw, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(b.t, err)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(raw))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, r)
	out.raw = rec.Body.String()
	require.NoError(b.t, json.Unmarshal(rec.Body.Bytes(), &out), out.raw)
	return out
}

type fault struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

func (f fault) code() string { code, _ := f.Extensions["code"].(string); return code }

type result struct {
	status int
	kind   string
	raw    string
	Data   map[string]any
	Errors []fault
}

func (c *client) ask(query string, variables map[string]any) result {
	c.t.Helper()
	raw, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(c.t, err)
	return c.post(string(raw), nil)
}

func (c *client) post(body string, header map[string]string) result {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, c.url, strings.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Content-Type", "application/json")
	return c.do(r, header)
}

func (c *client) do(r *http.Request, header map[string]string) (out result) {
	c.t.Helper()
	for k, v := range header {
		r.Header.Set(k, v)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	require.NoError(c.t, err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	require.NoError(c.t, err)
	out.status, out.kind, out.raw = answer.StatusCode, answer.Header.Get("Content-Type"), string(raw)
	require.NoError(c.t, json.Unmarshal(raw, &out), out.raw)
	return out
}
