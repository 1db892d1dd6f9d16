package apptest

import (
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
)

// Options say how a house is started.
type Options struct {
	Demo      bool     // with the demo organisation
	Completed bool     // the demo as it is after its first complete job (a copy: fast). Implies Demo and TestHooks
	TestHooks bool     // the clock can be moved
	Processes int      // how many `writ serve`; 0 = 1
	Only      []string // what each of them runs (--only), one a process instead of Processes
	URL       string   // an empty database to use; "": one of its own on the server of the tests
	Env       []string // further NAME=VALUE for all of them
}

// parts says what each process runs; empty: everything.
func (o Options) parts() []string {
	if len(o.Only) > 0 {
		return o.Only
	}
	return make([]string, max(1, o.Processes))
}

// House is a database, a data folder, and the processes on them.
type House struct {
	DB        *bun.DB // the database, to compare with what the API says
	URL       string  // its address
	DataDir   string
	Processes []*Process

	options  Options
	tb       testing.TB
	mu       sync.Mutex
	clients  map[string]*Client
	intranet *bun.DB
}

// MustStart starts a house and waits until every process is ready. At the end of the test the processes are killed, their databases
// dropped, and their logs shown if the test failed.
func MustStart(tb testing.TB, o Options) *House {
	tb.Helper()
	if o.Completed {
		return mustCopy(tb, o)
	}
	h := &House{URL: o.URL, DataDir: tb.TempDir(), options: o, tb: tb, clients: map[string]*Client{}}
	if o.URL == "" {
		h.DB, h.URL = dbtest.MustOpenURL(tb)
	} else {
		h.DB = mustOpen(tb, o.URL)
		tb.Cleanup(func() { _ = h.DB.Close() })
	}
	h.mustServe(tb)
	return h
}

// mustServe starts the processes, all together.
func (h *House) mustServe(tb testing.TB) {
	tb.Helper()
	tb.Cleanup(func() { h.close(tb) })
	for _, only := range h.options.parts() {
		h.Processes = append(h.Processes, &Process{house: h, only: only, addr: mustAddress(tb), log: &output{}})
	}
	for _, p := range h.Processes {
		if err := p.start(); err != nil {
			tb.Fatalf("start writ: %v", err)
		}
	}
	for _, p := range h.Processes {
		if err := p.ready(); err != nil {
			tb.Fatal(err)
		}
	}
}

// MustJoin starts one more process, which runs that part, and waits until it is ready.
func (h *House) MustJoin(tb testing.TB, only string) *Process {
	tb.Helper()
	p := &Process{house: h, only: only, addr: mustAddress(tb), log: &output{}}
	h.Processes = append(h.Processes, p)
	p.MustRestart(tb)
	return p
}

// mustAddress gives a free address on loopback.
func mustAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("find a free port: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (h *House) close(tb testing.TB) {
	if tb.Failed() {
		h.describe(tb)
	}
	for _, p := range h.Processes {
		if p.cmd != nil && p.IsRunning() {
			_ = p.cmd.Process.Kill()
			<-p.done
		}
	}
	if h.intranet != nil {
		_ = h.intranet.Close()
	}
	if h.options.Demo {
		root := mustOpen(tb, withDatabase(h.URL, "postgres"))
		dropDatabase(tb, root, intranetName(h.URL))
		_ = root.Close()
	}
	if !tb.Failed() {
		return
	}
	for _, p := range h.Processes {
		tb.Logf("log of %s:\n%s", p.URL(), p.log.tail(20000))
	}
}

// leftovers are the places where a house that does not come to an end shows why.
var leftovers = map[string]string{
	"jobs":     `select to_jsonb(i) from job_instance i where exists (select from task_instance t where t.job_instance_id = i.id and t.state not in ('COMPLETED', 'SKIPPED')) order by id`,
	"tasks":    `select to_jsonb(t) - 'options' from task_instance t where state not in ('COMPLETED', 'SKIPPED') order by id`,
	"queue":    `select jsonb_build_object('kind', kind, 'queue', queue, 'state', state, 'n', count(*), 'since', min(coalesce(attempted_at, scheduled_at))) from river_job where state not in ('completed', 'cancelled') group by kind, queue, state`,
	"sessions": `select jsonb_build_object('state', state, 'wait', wait_event, 'since', xact_start, 'query', left(query, 200)) from pg_stat_activity where datname = current_database() and state <> 'idle'`,
	"orders":   `select jsonb_build_object('states', states, 'leased', lease_owner, 'n', count(*)) from provisioning_order where closed_at is null group by states, lease_owner`,
	"reading":  `select to_jsonb(d) - 'counters' from delivery d where ended_at is null`,
}

// describe shows what is left undone in the database of a house whose test failed.
func (h *House) describe(tb testing.TB) {
	for name, query := range leftovers {
		var rows []string
		if err := h.DB.NewRaw(query).Scan(context.WithoutCancel(tb.Context()), &rows); err != nil {
			tb.Logf("left in %s: %v", name, err)
			continue
		}
		tb.Logf("left in %s:\n%s", name, strings.Join(rows, "\n"))
	}
}

// MustKillAll ends every process at once.
func (h *House) MustKillAll(tb testing.TB) {
	tb.Helper()
	for _, p := range h.Processes {
		if p.IsRunning() {
			_ = p.cmd.Process.Kill()
		}
	}
	for _, p := range h.Processes {
		<-p.done
	}
}

// MustRestartAll starts every process again and waits until they are ready.
func (h *House) MustRestartAll(tb testing.TB) {
	tb.Helper()
	for _, p := range h.Processes {
		p.MustRestart(tb)
	}
}

// MustRun runs a command of the program (`writ apply DIR`, ...) on the house's database and gives its output.
func (h *House) MustRun(tb testing.TB, args ...string) string {
	tb.Helper()
	out, err := h.command(args...)
	if err != nil {
		tb.Fatalf("writ %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// Run is MustRun for commands that are expected to fail.
func (h *House) Run(args ...string) (string, error) { return h.command(args...) }

func databaseName(at string) string {
	name, _, err := db.Name(at)
	if err != nil {
		panic(err) // db.Open has read it before
	}
	return name
}

func withDatabase(at, name string) string {
	renamed, err := db.Rename(at, name)
	if err != nil {
		panic(err)
	}
	return renamed
}

func dropDatabase(tb testing.TB, via *bun.DB, name string) {
	if _, err := via.ExecContext(background, "drop database if exists ? with (force)", bun.Ident(name)); err != nil {
		tb.Logf("drop the database %s: %v", name, err)
	}
}

func mustOpen(tb testing.TB, at string) *bun.DB {
	tb.Helper()
	b, err := db.Open(background, at, db.MaxConns(4))
	if err != nil {
		tb.Fatalf("open %s: %v", databaseName(at), err)
	}
	return b
}

// mustMakeDir makes a folder for things that must outlive a single test.
func mustMakeDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "writ-apptest-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
