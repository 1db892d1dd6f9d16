package dbtest

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/lib/pq"

	"writ/server/db/embedded"
)

// Pooler is PgBouncer in transaction mode before one database.
type Pooler struct {
	URL string // of the database, through the pooler

	config string
	as     *syscall.SysProcAttr
	cmd    *exec.Cmd
	output bytes.Buffer
}

// MustPooler starts one before the database of a URL. It skips the test where PgBouncer is not installed.
func MustPooler(tb testing.TB, databaseURL string) *Pooler {
	tb.Helper()
	program := "/usr/sbin/pgbouncer"
	if _, err := os.Stat(program); err != nil {
		tb.Skip("PgBouncer is not installed")
	}
	cfg, err := pq.NewConfig(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	as, own, err := embedded.Unprivileged()
	if err != nil {
		tb.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "writ-pooler-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	port := freePort(tb)
	p := &Pooler{config: filepath.Join(dir, "pgbouncer.ini"), as: as}
	text := fmt.Sprintf("[databases]\n* = host=%s port=%d user=%s password=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\n"+
		"pool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 300\nserver_reset_query = DISCARD ALL\nserver_reset_query_always = 1\nignore_startup_parameters = extra_float_digits\n",
		cfg.Host, cfg.Port, cfg.User, cfg.Password, port)
	if err := os.WriteFile(p.config, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	if err := own(dir); err != nil {
		tb.Fatal(err)
	}
	p.URL = (&url.URL{Scheme: "postgres", User: url.User(cfg.User), Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/" + cfg.Database, RawQuery: "sslmode=disable"}).String()
	p.MustStart(tb)
	tb.Cleanup(func() { p.MustKill(tb) })
	return p
}

// MustStart starts it, and waits until it answers.
func (p *Pooler) MustStart(tb testing.TB) {
	tb.Helper()
	u, err := url.Parse(p.URL)
	if err != nil {
		tb.Fatal(err)
	}
	as := *p.as
	as.Pdeathsig = syscall.SIGKILL
	p.cmd = exec.Command("/usr/sbin/pgbouncer", p.config)
	p.cmd.SysProcAttr, p.cmd.Dir = &as, "/"
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		c, err := net.Dial("tcp", u.Host)
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("PgBouncer does not start: %v\n%s", err, p.output.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// MustKill ends it at once, and every connection through it.
func (p *Pooler) MustKill(tb testing.TB) {
	tb.Helper()
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.cmd = nil
}
