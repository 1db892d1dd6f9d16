package dbtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/db/embedded"
)

// Pair is a primary and a replica of it that has everything before a commit is answered, for tests of what happens when the first dies.
type Pair struct {
	URL string // names both, the primary first

	bin    string
	as     *syscall.SysProcAttr
	nodes  [2]node
	output *output
}

// node is one PostgreSQL of a pair.
type node struct {
	dir  string
	port int
	cmd  *exec.Cmd
}

// MustPair starts one, with an empty database. It skips the test where PostgreSQL's programs for replicas are not installed.
func MustPair(tb testing.TB) *Pair {
	tb.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup")
	if err != nil || len(found) == 0 {
		tb.Skip("pg_basebackup is not installed")
	}
	dir, err := os.MkdirTemp("", "writ-pair-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	as, own, err := embedded.Unprivileged()
	if err == nil {
		err = own(dir)
	}
	if err != nil {
		tb.Fatal(err)
	}
	p := &Pair{bin: filepath.Dir(slices.Max(found)), as: as, output: &output{}}
	for i := range p.nodes {
		p.nodes[i] = node{dir: filepath.Join(dir, strconv.Itoa(i)), port: freePort(tb)}
	}
	primary, replica := &p.nodes[0], &p.nodes[1]
	p.mustRun(tb, "initdb", "-D", primary.dir, "-U", "writ", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	p.mustStart(tb, primary)
	at := fmt.Sprintf("postgres://writ@127.0.0.1:%d/", primary.port)
	admin, err := db.Open(context.Background(), at+"postgres", db.MaxConns(1))
	if err != nil {
		tb.Fatal(err)
	}
	defer admin.Close()
	name := "writ_pair_" + randomName()
	if _, err := admin.ExecContext(context.Background(), "create database ?", bun.Ident(name)); err != nil {
		tb.Fatal(err)
	}
	p.mustRun(tb, "pg_basebackup", "-h", "127.0.0.1", "-p", strconv.Itoa(primary.port), "-U", "writ", "-D", replica.dir, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
	for _, set := range []string{"alter system set synchronous_standby_names = '*'", "select pg_reload_conf()"} { // after the copy, which must not wait for anybody
		if _, err := admin.ExecContext(context.Background(), set); err != nil {
			tb.Fatal(err)
		}
	}
	p.mustStart(tb, replica)
	p.URL = fmt.Sprintf("postgres://writ@127.0.0.1:%d,127.0.0.1:%d/%s", primary.port, replica.port, name)
	return p
}

// MustKillPrimary ends it and all its sessions at once, as the loss of the machine does.
func (p *Pair) MustKillPrimary(tb testing.TB) {
	tb.Helper()
	n := &p.nodes[0]
	children := childrenOf(n.cmd.Process.Pid)
	for _, pid := range append([]int{n.cmd.Process.Pid}, children...) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = n.cmd.Wait()
	n.cmd = nil
}

// MustPromote makes the replica the primary, and returns when it is.
func (p *Pair) MustPromote(tb testing.TB) {
	tb.Helper()
	p.mustRun(tb, "pg_ctl", "promote", "-w", "-D", p.nodes[1].dir)
}

func (p *Pair) mustRun(tb testing.TB, program string, args ...string) {
	tb.Helper()
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.SysProcAttr, cmd.Dir = p.as, "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func (p *Pair) mustStart(tb testing.TB, n *node) {
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

// childrenOf gives the processes that a process has started.
func childrenOf(parent int) (list []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, at := range stats {
		raw, err := os.ReadFile(at)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(raw), ") ") // the name may have blanks
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(at)))
			list = append(list, pid)
		}
	}
	return list
}

func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// output is what several programs say, in one text.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
