package dbtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/db/embedded"
)

// Own is a PostgreSQL of its own, for tests of what happens when it stops, dies, or runs out of room.
type Own struct {
	URL string // of an empty database in it

	programs
	node
}

// MustOwn starts one below a folder; "": a temporary one. It skips the test where PostgreSQL's programs are not installed.
func MustOwn(tb testing.TB, dir string) *Own {
	tb.Helper()
	programs, temporary := mustPrograms(tb)
	if dir == "" {
		dir = temporary
	} else {
		programs.mustOwn(tb, dir)
	}
	o := &Own{programs: programs, node: node{dir: filepath.Join(dir, "data"), port: freePort(tb)}}
	o.mustInit(tb, o.dir)
	o.mustStart(tb, &o.node)
	admin, name := mustDatabase(tb, o.port)
	_ = admin.Close()
	o.URL = fmt.Sprintf("postgres://writ@127.0.0.1:%d/%s", o.port, name)
	return o
}

// MustKill ends it and all its sessions at once.
func (o *Own) MustKill(tb testing.TB) {
	tb.Helper()
	o.kill()
}

// MustStop ends it as an operator does who restarts it: sessions are cut.
func (o *Own) MustStop(tb testing.TB) {
	tb.Helper()
	o.mustRun(tb, "pg_ctl", "stop", "-m", "fast", "-w", "-D", o.dir)
	_ = o.cmd.Wait()
	o.cmd = nil
}

// IsRunning reports whether it lives.
func (o *Own) IsRunning() bool {
	if o.cmd == nil {
		return false
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", o.cmd.Process.Pid))
	return err == nil && !strings.Contains(string(raw), ") Z ") // ended, and nobody has asked how
}

// MustStart starts it again after MustKill or MustStop, and returns when it takes sessions.
func (o *Own) MustStart(tb testing.TB) {
	tb.Helper()
	o.mustStart(tb, &o.node)
}

// programs are those of an installed PostgreSQL, and whom they run as.
type programs struct {
	bin     string
	as      *syscall.SysProcAttr
	mustOwn func(tb testing.TB, dir string) // makes a folder theirs
	output  *output
}

// mustPrograms finds them, and makes a folder for their data that is gone after the test.
func mustPrograms(tb testing.TB) (programs, string) {
	tb.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup")
	if err != nil || len(found) == 0 {
		tb.Skip("PostgreSQL's programs are not installed")
	}
	dir, err := os.MkdirTemp("", "writ-own-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	as, own, err := embedded.Unprivileged()
	if err != nil {
		tb.Fatal(err)
	}
	p := programs{bin: filepath.Dir(slices.Max(found)), as: as, output: &output{}, mustOwn: func(tb testing.TB, dir string) {
		tb.Helper()
		if err := own(dir); err != nil {
			tb.Fatal(err)
		}
	}}
	p.mustOwn(tb, dir)
	return p, dir
}

func (p programs) mustInit(tb testing.TB, dir string) {
	tb.Helper()
	p.mustRun(tb, "initdb", "-D", dir, "-U", "writ", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
}

func (p programs) mustRun(tb testing.TB, program string, args ...string) {
	tb.Helper()
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.SysProcAttr, cmd.Dir = p.as, "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", program, err, out)
	}
}

// mustDatabase makes a new database; its caller closes the connection to the one beside it.
func mustDatabase(tb testing.TB, port int) (*bun.DB, string) {
	tb.Helper()
	admin, err := db.Open(context.Background(), fmt.Sprintf("postgres://writ@127.0.0.1:%d/postgres", port), db.MaxConns(1))
	if err != nil {
		tb.Fatal(err)
	}
	name := "writ_own_" + randomName()
	if _, err := admin.ExecContext(context.Background(), "create database ?", bun.Ident(name)); err != nil {
		_ = admin.Close()
		tb.Fatal(err)
	}
	return admin, name
}

func (p programs) mustStart(tb testing.TB, n *node) {
	tb.Helper()
	args := []string{"-D", n.dir}
	for name, value := range map[string]string{
		"port": strconv.Itoa(n.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "shared_buffers": "64MB",
		"max_connections": "150", "hot_standby": "on", "lc_messages": "C", "logging_collector": "off",
	} {
		args = append(args, "-c", name+"="+value)
	}
	n.cmd = exec.Command(filepath.Join(p.bin, "postgres"), args...)
	as := *p.as
	as.Pdeathsig = syscall.SIGQUIT
	n.cmd.SysProcAttr, n.cmd.Dir = &as, "/"
	n.cmd.Stdout, n.cmd.Stderr = p.output, p.output
	if err := n.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if n.cmd != nil {
			_ = n.cmd.Process.Signal(syscall.SIGQUIT)
			_ = n.cmd.Wait()
			n.cmd = nil
		}
	})
	deadline := time.Now().Add(time.Minute)
	for {
		b, err := db.Open(context.Background(), fmt.Sprintf("postgres://writ@127.0.0.1:%d/postgres?target_session_attrs=any", n.port), db.MaxConns(1))
		if err == nil {
			_ = b.Close()
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("PostgreSQL does not start: %v\n%s", err, p.output)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// kill ends a node and all its sessions at once.
func (n *node) kill() {
	children := childrenOf(n.cmd.Process.Pid)
	for _, pid := range append([]int{n.cmd.Process.Pid}, children...) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = n.cmd.Wait()
	n.cmd = nil
}
