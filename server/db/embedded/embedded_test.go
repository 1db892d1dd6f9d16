//go:build unix

package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"writ/server/db"
)

// childEnv makes the test binary play a Writ that is going to be killed.
const childEnv = "WRIT_TEST_EMBEDDED_CHILD"

func TestMain(m *testing.M) {
	dir := os.Getenv(childEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), options(dir))
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println("ready", s.running.pid)
	select {}
}

func options(dir string) Options {
	return Options{DataDir: dir, Extra: map[string]string{"shared_buffers": "16MB"}}
}

// dataDir is a folder that the user who runs PostgreSQL can reach; the folders of testing are closed to others.
func dataDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "writ-embedded-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func mustStart(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), options(dir))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	return s
}

// mustWrite commits a row; mustRead counts them.
func mustWrite(t *testing.T, s *Server) {
	t.Helper()
	b, err := db.Open(t.Context(), s.URL(Database))
	require.NoError(t, err)
	defer b.Close()
	_, err = b.ExecContext(t.Context(), "create table if not exists kept (n int); insert into kept values (1)")
	require.NoError(t, err)
}

func read(ctx context.Context, s *Server) (n int, err error) {
	b, err := db.Open(ctx, s.URL(Database))
	if err != nil {
		return 0, err
	}
	defer b.Close()
	err = b.NewRaw("select count(*) from kept").Scan(ctx, &n)
	return n, err
}

func TestColdStartAndRestart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s, err := Start(t.Context(), options(dir))
	require.NoError(t, err)
	mustWrite(t, s)

	b, err := db.Open(t.Context(), s.URL(Database))
	require.NoError(t, err)
	var encoding, order string
	require.NoError(t, b.NewRaw("show server_encoding").Scan(t.Context(), &encoding))
	require.Equal(t, "UTF8", encoding)
	require.NoError(t, b.NewRaw("select string_agg(x, '' order by x) from unnest(array['b', 'B', 'a', 'ä']) x").Scan(t.Context(), &order))
	require.Equal(t, "Babä", order, "sorted by code point on every machine")
	require.NoError(t, b.Close())

	for _, at := range []string{s.URL(Database), s.TCP(Database)} { // River's driver takes the same URLs
		conn, err := pgx.Connect(t.Context(), at)
		require.NoError(t, err)
		require.NoError(t, conn.Close(t.Context()))
		b, err := db.Open(t.Context(), at)
		require.NoError(t, err)
		require.NoError(t, b.Close())
	}

	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, s.Stop(t.Context()), "a second stop does nothing")
	require.NoFileExists(t, filepath.Join(s.place.cluster, "postmaster.pid"))

	again := mustStart(t, dir)
	n, err := read(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestPasswordIsNeeded(t *testing.T) {
	t.Parallel()
	s := mustStart(t, dataDir(t))
	wrong := strings.Replace(s.URL(Database), s.password, "wrong", 1)
	_, err := db.Open(t.Context(), wrong)
	require.ErrorContains(t, err, "password authentication failed")
}

func TestSecondProcessIsGuest(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := mustStart(t, dir)
	mustWrite(t, s)
	guest, err := Start(t.Context(), options(dir))
	require.NoError(t, err)
	require.Equal(t, s.running.pid, guest.running.pid)
	require.NoError(t, guest.Stop(t.Context()))
	n, err := read(t.Context(), s)
	require.NoError(t, err, "the guest left the server alone")
	require.Equal(t, 1, n)
}

func TestKilledServerComesBack(t *testing.T) {
	t.Parallel()
	s := mustStart(t, dataDir(t))
	mustWrite(t, s)
	killCluster(t, s.running.pid)
	require.Eventually(t, func() bool {
		n, err := read(t.Context(), s)
		return err == nil && n == 1
	}, 20*time.Second, 50*time.Millisecond, "the same URL answers again, with the committed row")
}

func TestKilledProcess(t *testing.T) {
	t.Parallel()
	t.Run("ServerIsTakenOver", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		pid := killedChild(t, dir)
		s := mustStart(t, dir)
		require.Equal(t, pid, s.running.pid)
		mustWrite(t, s)
		require.NoError(t, s.Stop(t.Context()))
		require.False(t, alive(pid), "who takes over also stops")
	})
	t.Run("ServerKilledToo", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		first := mustStart(t, dir)
		mustWrite(t, first)
		require.NoError(t, first.Stop(t.Context()))
		pid := killedChild(t, dir)
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL)) // its children are still dying while we start
		s := mustStart(t, dir)
		require.NotEqual(t, pid, s.running.pid)
		n, err := read(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

func TestUnreachableDataDir(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs PostgreSQL as another user")
	}
	parent := dataDir(t)
	require.NoError(t, os.Chmod(parent, 0o700))
	dir := filepath.Join(parent, "data")
	s, err := Start(t.Context(), options(dir))
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(s.place.cluster)) })
	require.False(t, strings.HasPrefix(s.place.cluster, parent))
	mustWrite(t, s)
	require.NoError(t, s.Stop(t.Context()))

	again := mustStart(t, dir)
	n, err := read(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, again.Stop(t.Context()))

	require.NoError(t, os.RemoveAll(filepath.Dir(s.place.cluster)))
	_, err = Start(t.Context(), options(dir))
	require.ErrorContains(t, err, "not there any more", "never an empty database instead of a lost one")
}

// TestDeletedDataDir: whoever deletes the data folder, or clones anew to the same path, begins with an empty database, also
// when the last one is outside; and what was outside stays.
func TestDeletedDataDir(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs PostgreSQL as another user")
	}
	parent := dataDir(t)
	require.NoError(t, os.Chmod(parent, 0o700))
	dir := filepath.Join(parent, "data")
	var clusters []string
	for range 2 {
		s := mustStart(t, dir)
		t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(s.place.cluster)) })
		clusters = append(clusters, s.place.cluster)
		_, err := read(t.Context(), s)
		require.ErrorContains(t, err, "does not exist", "an empty database")
		mustWrite(t, s)
		require.NoError(t, s.Stop(t.Context()))
		require.NoError(t, os.RemoveAll(dir))
	}
	require.NotEqual(t, clusters[0], clusters[1])
	require.True(t, isCluster(clusters[0]))

	// one that ended before it noted where its cluster is finds the newest again
	require.NoError(t, os.MkdirAll(dir, 0o711))
	p := place{dataDir: dir}
	require.NotContains(t, clusters, p.outside())
	require.NoError(t, os.WriteFile(filepath.Join(dir, passwordFile), nil, 0o600))
	require.Equal(t, clusters[1], p.outside())
}

func TestSystemBinaries(t *testing.T) {
	t.Parallel()
	dirs := systemFolders()
	if len(dirs) == 0 {
		t.Skip("no PostgreSQL is installed in the system")
	}
	o := options(dataDir(t))
	o.BinDir = dirs[0]
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	mustWrite(t, s)
	require.NoError(t, s.Stop(t.Context()))
}

func TestReusedProcessNumber(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := mustStart(t, dir)
	mustWrite(t, s)
	raw, err := os.ReadFile(filepath.Join(s.place.cluster, "postmaster.pid"))
	require.NoError(t, err)
	require.NoError(t, s.Stop(t.Context()))

	other := exec.Command("sleep", "60") // a living process of the same user, whose number the left-over file names
	other.SysProcAttr = s.place.user.attributes()
	require.NoError(t, other.Start())
	defer func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	}()
	_, rest, _ := strings.Cut(string(raw), "\n")
	path := filepath.Join(s.place.cluster, "postmaster.pid")
	require.NoError(t, os.WriteFile(path, []byte(fmt.Sprintf("%d\n%s", other.Process.Pid, rest)), 0o600))
	require.NoError(t, s.place.user.own(path))

	again := mustStart(t, dir)
	n, err := read(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.True(t, alive(other.Process.Pid))
}

// killedChild starts a Writ on the folder in another process, kills it, and gives the pid of the PostgreSQL it left.
func killedChild(t *testing.T, dir string) int {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var pid int
	_, err = fmt.Sscanf(line, "ready %d", &pid)
	require.NoError(t, err, line)
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	return pid
}

// killCluster kills the postmaster and its children the hard way. The children are in sessions of their own, so they are
// found by their parent.
func killCluster(t *testing.T, postmaster int) {
	t.Helper()
	pids := []int{postmaster}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		var pid, parent int
		var state string
		fmt.Sscanf(string(raw), "%d", &pid)
		_, rest, _ := strings.Cut(string(raw), ") ")
		fmt.Sscanf(rest, "%s %d", &state, &parent)
		if parent == postmaster {
			pids = append(pids, pid)
		}
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) { // ended by itself meanwhile
			require.NoError(t, err)
		}
	}
}

// TestProgramsAreReachable: a root whose umask is 077 makes folders that nobody else enters; the programs must be no such folder.
func TestProgramsAreReachable(t *testing.T) {
	t.Parallel()
	pack := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(pack, "native", "bin"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(pack, "native", "bin", "postgres"), nil, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(pack, "native", "pg-symlinks.json"), []byte("[]"), 0o600))
	user, err := findUser()
	require.NoError(t, err)
	base := filepath.Join(dataDir(t), "writ")
	require.NoError(t, os.Mkdir(base, 0o700))

	require.NoError(t, installCopy(pack, filepath.Join(base, "copy"), user))
	require.True(t, user.reaches(filepath.Join(base, "copy", "bin")))
}
