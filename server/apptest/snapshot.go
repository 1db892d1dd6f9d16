package apptest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"writ/server/dbtest"
)

// background is for what happens at the end of a test, when its own context is over.
var background = context.Background()

// snapshot is a stopped house: the demo after its first complete job.
type snapshot struct{ house *House }

var (
	snapshotOnce sync.Once
	snapshotMade *snapshot
	snapshotErr  any
)

// mustSnapshot makes the snapshot at its first use. It lives until the test process ends.
func mustSnapshot(tb testing.TB) *snapshot {
	tb.Helper()
	snapshotOnce.Do(func() {
		defer func() { snapshotErr = recover() }()
		owner := process
		b, at := dbtest.MustOpenURL(owner)
		h := &House{DB: b, URL: at, DataDir: mustMakeDir(owner), options: Options{Demo: true, TestHooks: true}, tb: owner, clients: map[string]*Client{}}
		h.mustServe(owner)
		h.MustRunJob(owner, "complete", Completed)
		h.MustWaitQuiescent(owner)
		h.Processes[0].MustStop(owner)
		_ = b.Close() // a database with open connections cannot be copied
		h.DB = nil
		snapshotMade = &snapshot{h}
	})
	if snapshotMade == nil {
		tb.Fatalf("the demo could not be prepared: %v", snapshotErr)
	}
	return snapshotMade
}

// mustCopy starts processes on a copy of the snapshot: both databases and the data folder.
func mustCopy(tb testing.TB, o Options) *House {
	tb.Helper()
	from := mustSnapshot(tb).house
	o.Demo, o.TestHooks = true, true
	root, base := dbtest.MustOpenURL(tb)
	name := databaseName(base) + "_c"
	for to, template := range map[string]string{name: databaseName(from.URL), name + "_intranet": intranetName(from.URL)} {
		tb.Cleanup(func() { dropDatabase(tb, root, to) })
		if _, err := root.ExecContext(background, "create database ? template ?", bun.Ident(to), bun.Ident(template)); err != nil {
			tb.Fatalf("copy the prepared demo: %v", err)
		}
	}
	at := withDatabase(base, name)
	h := &House{DB: mustOpen(tb, at), URL: at, DataDir: filepath.Join(tb.TempDir(), "data"), options: o, tb: tb, clients: map[string]*Client{}}
	tb.Cleanup(func() { _ = h.DB.Close() })
	if err := os.CopyFS(h.DataDir, os.DirFS(from.DataDir)); err != nil {
		tb.Fatalf("copy the data folder: %v", err)
	}
	h.mustServe(tb)
	return h
}

// MustRestore restores a backup into a database of its own and starts one process on it, with a copy of the data folder and, in the demo, of the
// intranet. The house's own processes must have stopped.
func (h *House) MustRestore(tb testing.TB, file string) *House {
	tb.Helper()
	_, base := dbtest.MustOpenEmpty(tb)
	to := &House{URL: base, DataDir: filepath.Join(tb.TempDir(), "data"), options: h.options, tb: tb, clients: map[string]*Client{}}
	to.options.Processes = 1
	if err := os.CopyFS(to.DataDir, os.DirFS(h.DataDir)); err != nil {
		tb.Fatalf("copy the data folder: %v", err)
	}
	if h.options.Demo {
		if h.intranet != nil { // a database with open connections cannot be copied
			_ = h.intranet.Close()
			h.intranet = nil
		}
		root := mustOpen(tb, withDatabase(base, "postgres"))
		defer root.Close()
		if _, err := root.ExecContext(background, "create database ? template ?", bun.Ident(intranetName(base)), bun.Ident(intranetName(h.URL))); err != nil {
			tb.Fatalf("copy the intranet: %v", err)
		}
	}
	to.MustRun(tb, "restore", file)
	to.DB = mustOpen(tb, base)
	tb.Cleanup(func() { _ = to.DB.Close() })
	to.mustServe(tb)
	return to
}

// process is the test process as an owner of things: they end with Main.
var process = &lifetime{}

// lifetime is a testing.TB for what no single test owns.
type lifetime struct {
	testing.TB
	mu       sync.Mutex
	cleanups []func()
}

func (l *lifetime) Helper()                           {}
func (l *lifetime) Failed() bool                      { return snapshotErr != nil }
func (l *lifetime) Logf(format string, args ...any)   { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (l *lifetime) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (l *lifetime) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }

func (l *lifetime) Cleanup(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cleanups = append(l.cleanups, f)
}

// Main runs the tests of a package and ends what they shared.
func Main(m *testing.M) (code int) {
	defer func() {
		for i := len(process.cleanups) - 1; i >= 0; i-- {
			process.cleanups[i]()
		}
		if dir, err := binaries(); err == nil {
			_ = os.RemoveAll(dir)
		}
	}()
	return m.Run()
}
