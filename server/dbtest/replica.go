package dbtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Pair is a primary and a replica of it that has everything before a commit is answered, for tests of what happens when the first dies.
type Pair struct {
	URL string // names both, the primary first

	programs
	nodes [2]node
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
	programs, dir := mustPrograms(tb)
	p := &Pair{programs: programs}
	for i := range p.nodes {
		p.nodes[i] = node{dir: filepath.Join(dir, strconv.Itoa(i)), port: freePort(tb)}
	}
	primary, replica := &p.nodes[0], &p.nodes[1]
	p.mustInit(tb, primary.dir)
	p.mustStart(tb, primary)
	admin, name := mustDatabase(tb, primary.port)
	defer admin.Close()
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
	p.nodes[0].kill()
}

// MustPromote makes the replica the primary, and returns when it is.
func (p *Pair) MustPromote(tb testing.TB) {
	tb.Helper()
	p.mustRun(tb, "pg_ctl", "promote", "-w", "-D", p.nodes[1].dir)
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
