package apptest_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/apptest"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/fence"
)

// killed starts a command, waits, and ends it at once.
func killed(t *testing.T, cmd *exec.Cmd, wait func()) {
	t.Helper()
	require.NoError(t, cmd.Start())
	wait()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// A process that is killed in the middle of a step of the schema leaves the step before, whole, and the next one goes on. Each step is held
// at its end, when all its statements have run.
func TestKilledMigration(t *testing.T) {
	t.Parallel()
	every, err := strconv.Atoi(cmp.Or(os.Getenv("WRIT_KILL_EVERY"), "12"))
	require.NoError(t, err)
	b, url := dbtest.MustOpenEmpty(t)
	_, err = b.ExecContext(t.Context(), `create table schema_migration (version bigint primary key, name text not null, applied_at timestamptz not null default now(), checksum text not null);
		create schema test; create table test.hold (version bigint);
		create function test.hold() returns trigger language plpgsql as $$ begin
			if exists (select from test.hold h where h.version = new.version) then perform pg_sleep(0.4); end if;
			return new;
		end $$;
		create trigger hold before insert on schema_migration for each row execute function test.hold()`)
	require.NoError(t, err)
	all, err := db.Status(t.Context(), b)
	require.NoError(t, err)
	h := apptest.Place(url, t.TempDir())
	same, sameURL := dbtest.MustOpenEmpty(t)
	for i, m := range all {
		if i == 0 || i%every != every-1 && i != len(all)-1 {
			continue
		}
		_, err := b.ExecContext(t.Context(), "truncate test.hold; insert into test.hold values (?)", m.Version)
		require.NoError(t, err)
		killed(t, h.MustCommand(t, "migrate", "up"), func() {
			within(t, fmt.Sprintf("the middle of step %d", m.Version), func() bool {
				var n int
				require.NoError(t, b.NewRaw("select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'").Scan(t.Context(), &n))
				return n > 0
			})
		})
		var last int64
		require.NoError(t, b.NewRaw("select max(version) from schema_migration").Scan(t.Context(), &last))
		require.Equal(t, all[i-1].Version, last, "the step before is the last one")
		idle(t, b)
		_, err = b.ExecContext(t.Context(), "truncate test.hold")
		require.NoError(t, err)
		_, err = db.MigrateTo(t.Context(), same, sameURL, last)
		require.NoError(t, err)
		require.Equal(t, shape(t, same), shape(t, b), "step %d is taken back whole", m.Version)
	}
	h.MustRun(t, "migrate", "up")
	_, err = b.ExecContext(t.Context(), "drop trigger hold on schema_migration")
	require.NoError(t, err)
	require.Equal(t, shape(t, dbtest.MustOpen(t)), shape(t, b))
}

// shape is all columns and constraints of our tables as one text.
func shape(t *testing.T, b *bun.DB) string {
	t.Helper()
	var text string
	require.NoError(t, b.NewRaw(`select (select string_agg(concat_ws(' ', table_name, column_name, data_type, column_default, is_nullable, generation_expression), E'\n' order by table_name, column_name)
			from information_schema.columns where table_schema = 'public' and table_name not like 'river%')
		|| E'\n' || (select coalesce(string_agg(concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)), E'\n' order by conrelid::regclass::text, conname), '')
			from pg_constraint where connamespace = 'public'::regnamespace and conrelid::regclass::text not like 'river%')
		|| E'\n' || (select coalesce(string_agg(indexdef, E'\n' order by indexname), '') from pg_indexes where schemaname = 'public' and tablename not like 'river%')
		|| E'\n' || (select coalesce(string_agg(concat_ws(' ', proname, md5(prosrc)), E'\n' order by proname, md5(prosrc)), '') from pg_proc where pronamespace = 'public'::regnamespace and proname not like 'river%')
		|| E'\n' || (select coalesce(string_agg(pg_get_triggerdef(oid), E'\n' order by tgrelid::regclass::text, tgname), '') from pg_trigger where not tgisinternal and tgname <> 'hold' and tgrelid::regclass::text not like 'river%')`).Scan(t.Context(), &text))
	return text
}

// idle waits until nothing of a killed process runs in its database any more.
func idle(t *testing.T, b *bun.DB) {
	t.Helper()
	within(t, "the end of what the killed one had begun", func() bool {
		var n int
		require.NoError(t, b.NewRaw("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'").Scan(t.Context(), &n))
		return n == 0
	})
}

// A backup that is killed leaves nothing that has the name of a backup or looks like one, and the next one clears up after it. A restore that
// is killed leaves a database without a row or with all of them and the fence; it is called again, and goes on.
func TestKilledBackupAndRestore(t *testing.T) {
	t.Parallel()
	from := apptest.MustStart(t, apptest.Options{Completed: true})
	from.Processes[0].MustStop(t)
	dir := t.TempDir()
	began := time.Now()
	whole := filepath.Join(dir, "whole.writ")
	from.MustRun(t, "backup", whole)
	took := time.Since(began)
	nowhere := apptest.Place("postgres://nobody@127.0.0.1:1/none", from.DataDir)
	const noBackup = "no backup of Writ, or it broke off"
	for i := range 6 {
		file := filepath.Join(dir, fmt.Sprintf("%d.writ", i))
		killed(t, from.MustCommand(t, "backup", file), func() { time.Sleep(took * time.Duration(i+1) / 7) })
		if _, err := os.Stat(file); err == nil {
			out, err := nowhere.Run("restore", file)
			require.Error(t, err)
			require.NotContains(t, out, noBackup, "what has the name is whole")
		}
		left, err := filepath.Glob(filepath.Join(dir, ".backup-*"))
		require.NoError(t, err)
		for _, half := range left {
			info, err := os.Stat(half)
			require.NoError(t, err)
			if info.Sys().(*syscall.Stat_t).Nlink == 1 { // else it has its name, and was killed after that
				out, err := nowhere.Run("restore", half)
				require.Error(t, err)
				if !strings.Contains(out, noBackup) {
					require.Contains(t, out, "connect", "it was whole, and only lacked its name")
				}
			}
			old := time.Now().Add(-time.Hour)
			require.NoError(t, os.Chtimes(half, old, old))
		}
	}
	from.MustRun(t, "backup", filepath.Join(dir, "last.writ"))
	left, err := filepath.Glob(filepath.Join(dir, ".backup-*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left of those that were killed an hour ago")

	var rows int
	require.NoError(t, from.DB.NewRaw("select count(*) from resource").Scan(t.Context(), &rows))
	var measured time.Duration
	for i := range 5 {
		to, url := dbtest.MustOpenEmpty(t)
		h := apptest.Place(url, filepath.Join(t.TempDir(), "data"))
		require.NoError(t, os.CopyFS(h.DataDir, os.DirFS(from.DataDir)))
		if i > 0 {
			killed(t, h.MustCommand(t, "restore", whole), func() { time.Sleep(measured * time.Duration(i) / 5) })
			idle(t, to)
			n := restored(t, to)
			t.Logf("killed after %s: %d rows", measured*time.Duration(i)/8, n)
			require.Contains(t, []int{0, rows}, n)
		}
		began := time.Now()
		out, err := h.Run("restore", whole)
		if i == 0 {
			measured = time.Since(began)
		}
		if err != nil { // it was through before it was killed
			require.Contains(t, out, "was restored into this database already", "killed in round %d", i)
			require.Contains(t, h.MustRun(t, "verify"), "the chain is whole")
		} else {
			require.Contains(t, out, "the chain is whole", "killed in round %d", i)
		}
		require.Equal(t, rows, restored(t, to))
	}
}

// restored counts the rows of a restore; with some there is the fence.
func restored(t *testing.T, to *bun.DB) (n int) {
	t.Helper()
	var there bool
	require.NoError(t, to.NewRaw("select to_regclass('public.fence') is not null and to_regclass('public.resource') is not null").Scan(t.Context(), &there))
	if !there {
		return 0
	}
	require.NoError(t, to.NewRaw("select count(*) from resource").Scan(t.Context(), &n))
	up, err := fence.IsUp(t.Context(), to)
	require.NoError(t, err)
	require.Equal(t, n > 0, up, "rows and fence come together")
	return n
}

// Full disks: of what Writ writes as files none is half there, and whoever asked for it is told.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	house := apptest.MustStart(t, apptest.Options{Completed: true})
	small := mustSmallDisk(t, "1m")
	files := func() (names []string) {
		require.NoError(t, filepath.WalkDir(small, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && d.Name() != ballast {
				names = append(names, strings.TrimPrefix(path, small+"/"))
			}
			return err
		}))
		return names
	}
	config := filepath.Join(small, "config")
	house.MustRun(t, "export", config)
	before, err := os.ReadFile(filepath.Join(config, "writ.yaml"))
	require.NoError(t, err)
	mustFillDisk(t, small)
	for name, args := range map[string][]string{"Backup": {"backup", filepath.Join(small, "b.writ")}, "Export": {"export", config}} {
		out, err := house.Run(args...)
		require.Error(t, err, name)
		require.Contains(t, out, "no space left on device", name)
		require.Equal(t, []string{"config/writ.yaml"}, files(), name)
	}
	after, err := os.ReadFile(filepath.Join(config, "writ.yaml"))
	require.NoError(t, err)
	require.Equal(t, string(before), string(after), "the last export is still there")

	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	for _, args := range [][]string{{"audit", "head"}, {"audit", "key"}, {"migrate", "status"}, {"plan", config}} {
		cmd := house.MustCommand(t, args...)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &said
		require.Error(t, cmd.Run(), "%v: whoever keeps the output is told that it is not there", args)
		require.Contains(t, said.String(), "no space left on device", "%v", args)
	}

	// a server whose data folder is full, and its log too
	_, url := dbtest.MustOpenURL(t)
	h := apptest.Place(url, filepath.Join(small, "data"))
	out, err := h.Run("serve", "--addr", "127.0.0.1:0")
	require.Error(t, err, "it can keep no key")
	require.Contains(t, out, "no space left on device")
	require.Equal(t, []string{"config/writ.yaml"}, files(), "no half key")
	require.NoError(t, os.Remove(filepath.Join(small, ballast)))
	h.MustRun(t, "audit", "key") // makes the keys
	kept := files()
	mustFillDisk(t, small)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	cmd := h.MustCommand(t, "serve", "--addr", l.Addr().String())
	cmd.Stdout, cmd.Stderr = full, full
	require.NoError(t, cmd.Start())
	within(t, "ready", func() bool { return readiness(l.Addr().String()) == http.StatusOK })
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), "it worked, and ended well")
	require.Subset(t, append(kept, "data/audit.head"), files())
}

// readiness is what a process answers at /readyz; 0: nothing.
func readiness(address string) int {
	res, err := http.Get("http://" + address + "/readyz")
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}

// R24: PostgreSQL has no room in the middle of the orders: whoever changes something is told why, the process says that it is not ready, nothing is half done, and all goes
// on by itself when there is room again.
func TestFullDatabase(t *testing.T) {
	t.Parallel()
	const people = 300
	dir := mustSmallDisk(t, "220m")
	own := dbtest.MustOwn(t, dir)
	f := mustFactoryIn(t, apptest.Options{URL: own.URL}, people, "continuous")
	f.target.MustBehave(t, slowly(20))
	admin := f.As(t, "admin")
	id := f.MustLaunch(t, "complete")
	apptest.Eventually(t, "some of the orders", 3*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > people/6, nil })
	mustFillDisk(t, dir)
	address := strings.TrimPrefix(f.Processes[0].URL(), "http://")

	made, path := 0, strings.Repeat("x", 1500)
	var refused error
	within(t, "a refusal", func() bool {
		refused = admin.Do(`mutation($i: CreateWebhookInput!) { createWebhook(input: $i) { webhook { id } } }`,
			apptest.Vars{"i": apptest.Vars{"url": fmt.Sprintf("https://receiver.example/%d/%s", made, path)}}, nil)
		if refused == nil {
			made++
		}
		return refused != nil
	})
	require.Equal(t, "UNAVAILABLE", apptest.CodeOf(refused), "%v", refused)
	if own.IsRunning() {
		require.ErrorContains(t, refused, "its disk is full")
	}
	within(t, "not ready", func() bool { return readiness(address) == http.StatusServiceUnavailable })
	require.True(t, f.Processes[0].IsRunning())
	require.NoError(t, os.Remove(filepath.Join(dir, ballast)))
	if !own.IsRunning() { // it had no room for its own log
		t.Log("PostgreSQL has ended")
		own.MustStart(t)
	}
	within(t, "ready again", func() bool { return readiness(address) == http.StatusOK })
	apptest.Eventually(t, "everything verified", 3*apptest.Patience, func() (bool, error) { return f.states(t)[4] == people, nil })
	f.MustWaitJob(t, id, apptest.Completed, apptest.Warning)
	f.MustWaitQuiescent(t)
	f.once(t, people)
	var webhooks int
	require.NoError(t, f.DB.NewRaw("select count(*) from webhook").Scan(t.Context(), &webhooks))
	require.Equal(t, made, webhooks, "what was refused is not there, what was taken is")
	require.Contains(t, f.MustRun(t, "verify"), "the chain is whole")
}

// ballast is the file that fills a disk.
const ballast = "ballast"

func mustFillDisk(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, ballast))
	require.NoError(t, err)
	_, err = io.Copy(f, zeros{})
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Close())
}

// zeros is something without end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// mustSmallDisk mounts a disk of its own; it skips the test where that is not allowed.
func mustSmallDisk(t *testing.T, size string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "writ-small-disk-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "mode=755,size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no disk can be mounted: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return dir
}
