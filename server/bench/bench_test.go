package bench_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/graph"
	"writ/graph/across"
	"writ/server/access"
	"writ/server/assignment"
	"writ/server/auth"
	"writ/server/bench"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/delegation"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/fulfil"
	"writ/server/fulfil/null"
	"writ/server/httpd"
	"writ/server/job"
	"writ/server/manifest"
	"writ/server/order"
	"writ/server/plan"
	"writ/server/reconciliation"
	"writ/server/request"
	"writ/server/risk"
	"writ/server/synchronization"
	"writ/server/system"
)

// keyring is what auth and manifest want of the real one.
type keyring struct{ *fulfil.Keyring }

func (k keyring) Seal(of string, plain []byte) ([]byte, error) {
	return k.Keyring.Seal(of, map[string]string{"": base64.StdEncoding.EncodeToString(plain)})
}

func (k keyring) Open(of string, sealed []byte) ([]byte, error) {
	plain, err := k.Unseal(of, sealed)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(plain[""])
}

// assemble wires what a benchmark uses, with a null connector.
func assemble(_ context.Context, b *bun.DB, _ string) (*bench.System, error) {
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), "")
	if err != nil {
		return nil, err
	}
	c, log, shapes := clock.New(), slog.New(slog.DiscardHandler), &directory.Shapes{}
	s := &bench.System{Clock: c, Shapes: shapes, Writes: directory.Options{Hooks: dbtest.Idle(directory.Hooks{})}, Assignments: assignment.New(b, c, log, shapes, dbtest.Idle(assignment.Hooks{})),
		Orders: order.New(b, c, log, shapes, dbtest.Idle(order.Hooks{MarkDirty: assignment.MarkDirty}))}
	s.Manifest = manifest.New(manifest.Rooms{DB: b, Clock: c, Keyring: ring, Jobs: job.New(b, c, log, nil, dbtest.Idle(job.Hooks{})), Packages: []string{"null"}},
		dbtest.Idle(manifest.Hooks{Problems: assignment.Check, CheckPassword: auth.CheckPassword, HashPassword: auth.HashPassword, SamePassword: auth.SamePassword}))
	s.Assignments.Orders = s.Orders.Policy
	s.Plans = plan.New(plan.Rooms{DB: b, Clock: c, Log: log, Shapes: shapes, Directory: directory.New(b, c, shapes, s.Writes.Hooks), Manifest: s.Manifest,
		Assignments: s.Assignments, Orders: s.Orders}, dbtest.Idle(plan.Hooks{}))
	systems := newSystems(b, c, ring, s)
	s.Orders.Open = systems.Open
	s.Close = systems.Close
	return s, nil
}

func newSystems(b *bun.DB, c *clock.Clock, ring *fulfil.Keyring, s *bench.System) *system.Service {
	return system.New(system.Options{DB: b, Clock: c, Packages: fulfil.Packages{"null": null.Package{}}, Keyring: ring, FilesDir: os.TempDir(), Activated: s.Orders.Wake})
}

// servesVariable asks this program to serve a database instead of testing: the process that is measured.
const servesVariable = "WRIT_BENCH_TEST_SERVES"

func TestMain(m *testing.M) {
	if at := os.Getenv(servesVariable); at != "" {
		fmt.Fprintln(os.Stderr, serve(context.Background(), at, os.Getenv("WRIT_BENCH_TEST_DATABASE")))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func serve(ctx context.Context, addr, databaseURL string) error {
	b, err := db.Open(ctx, databaseURL)
	if err != nil {
		return err
	}
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), "")
	if err != nil {
		return err
	}
	s, err := assemble(ctx, b, databaseURL)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	hub := event.NewHub(b, databaseURL, log)
	go func() { _ = hub.Run(ctx) }() // it ends with the process
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	delegations := delegation.New(delegation.Rooms{DB: b, Clock: s.Clock, Shapes: s.Shapes}, delegation.Settings{})
	requests := request.New(request.Rooms{DB: b, Clock: s.Clock, Log: log, Assignments: s.Assignments, Risks: &risk.Service{DB: b, Assignments: s.Assignments}, Delegations: delegations, Days: &request.Days{Question: 7},
		Post: func(context.Context, bun.Tx, request.Letter) error { return nil }})
	return httpd.Serve(ctx, l, httpd.New(httpd.Parts{Logger: log, GraphQL: graph.Handler(&graph.Resolver{
		Auth: auth.New(b, s.Clock, keyring{ring}, auth.Config{}, log), Access: &access.Service{DB: b}, Directory: directory.New(b, s.Clock, s.Shapes, s.Writes.Hooks),
		Systems: newSystems(b, s.Clock, ring, s), Assignments: s.Assignments, Orders: s.Orders, Manifest: s.Manifest,
		Synchronization: synchronization.New(b, s.Clock, s.Shapes, directory.Options{Hooks: dbtest.Idle(directory.Hooks{})}, dbtest.Idle(synchronization.Hooks{})),
		Requests:        requests, Delegations: delegations, Reconciliation: reconciliation.New(b, s.Clock, log, s.Assignments, dbtest.Idle(reconciliation.Hooks{})),
		Feed: &across.Feed{Hub: hub},
	}, graph.Options{Log: log})}), log, 0)
}

// TestRun: every part measures what it says on a small organisation, and nothing is left behind.
func TestRun(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	var out bytes.Buffer
	var names []string
	noted := func(ctx context.Context, b *bun.DB, url string) (*bench.System, error) {
		var name string
		if err := b.NewRaw("select current_database()").Scan(ctx, &name); err != nil {
			return nil, err
		}
		names = append(names, name)
		return assemble(ctx, b, url)
	}
	require.NoError(t, bench.Run(t.Context(), bench.Input{People: 300, Seed: 1, Span: 200 * time.Millisecond, DatabaseURL: url, Out: &out, Assemble: noted,
		Serve: func(addr, databaseURL, _ string) *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), servesVariable+"="+addr, "WRIT_BENCH_TEST_DATABASE="+databaseURL)
			return cmd
		}}))
	text := out.String()
	t.Log(text)
	for _, want := range []string{
		`a1\) A page of 50 out of 300 orders, flat`, `\n +1  Writ `, `\n +32  Writ `, `\n +32  loop in Go `, `a2\) .* with owner, type and lines`, `PostGraphile is left out: no folder`, `b\) Work`, `\norders +300 `, `\nRiver jobs +300 `,
		`c\) Role model`, `300  from scratch`, `300  unchanged, everybody`, `300  1 % changed, only those`, `300  1 % changed, everybody`,
		`d\) Evaluation`, `\n +5 +50 +100 `, `e\) Events`, `\none at a time, 100 a second +[0-9,]+ `, `\nfour writers, fifty at a time +[0-9,]+ `,
		`h\) Subscribers`, `\n +30 .* +20 +0 `,
		`f\) Role model over a database by its shape`, ` first look +100 `, ` other model +100 `, ` one attribute +100 `, ` creation +100 `, ` one attribute, orders open +100 `,
		`i\) Plans`, `300  a role for one division`, `300  a role for everybody`,
	} {
		require.Regexp(t, regexp.MustCompile(want), text)
	}
	require.NotContains(t, text, "/usr/", "no paths of this machine")

	require.Len(t, names, 6, "one for requests, one to compute, one for subscribers, two for the shape, one for plans")
	var left int
	require.NoError(t, b.NewRaw("select count(*) from pg_database where datname in (?)", bun.List(names)).Scan(t.Context(), &left))
	require.Zero(t, left)
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	require.True(t, errs.Is(bench.Run(t.Context(), bench.Input{People: 99}), errs.Validation))
	_, url := dbtest.MustOpenURL(t)
	require.ErrorContains(t, bench.Run(t.Context(), bench.Input{People: 100, Only: "nothing", DatabaseURL: url, Out: io.Discard}), "not nothing")
}
