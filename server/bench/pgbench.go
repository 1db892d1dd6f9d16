package bench

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "github.com/lib/pq" // the driver of the loop
)

// runner repeats a list of statements, prepared, as fast as it can.
type runner struct {
	program string // path of pgbench; "": a loop of ours
	url     string
}

// newRunner takes pgbench where it is installed and the span is one that it knows: whole seconds.
func newRunner(databaseURL string, span time.Duration) *runner {
	if span < time.Second {
		return &runner{url: databaseURL}
	}
	return &runner{program: findPgbench(), url: databaseURL}
}

// findPgbench looks where the shell looks, then where Debian keeps the programs of each version.
func findPgbench() string {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench") // the pattern is well-formed
	if len(found) == 0 {
		return ""
	}
	return slices.Max(found)
}

func (r *runner) name() string {
	if r.program == "" {
		return "loop in Go" // where pgbench is not installed, or a span shorter than it knows
	}
	return "pgbench"
}

// longest bounds the search for a span in which pgbench gets something done.
const longest = 32 * time.Second

func (r *runner) run(ctx context.Context, statements []string, n int, span time.Duration) (measured, error) {
	if r.program == "" {
		return r.loop(ctx, statements, n, span)
	}
	for {
		m, err := r.pgbench(ctx, statements, n, span)
		if err != nil || m.count > 0 {
			return m, err
		}
		if span = 2 * max(span, time.Second); span > longest { // pgbench counts what ended inside its span: on a busy machine that may be nothing
			return measured{}, fmt.Errorf("pgbench completed nothing in %s", longest)
		}
	}
}

func (r *runner) pgbench(ctx context.Context, statements []string, n int, span time.Duration) (measured, error) {
	folder, err := os.MkdirTemp("", "writ-bench-")
	if err != nil {
		return measured{}, err
	}
	defer os.RemoveAll(folder)
	script := filepath.Join(folder, "script.sql")
	if err := os.WriteFile(script, []byte(strings.Join(statements, ";\n")+";\n"), 0o600); err != nil {
		return measured{}, err
	}
	at, password, err := forLibpq(r.url)
	if err != nil {
		return measured{}, err
	}
	seconds := max(1, int(span.Round(time.Second).Seconds()))
	cmd := exec.CommandContext(ctx, r.program, "--no-vacuum", "--protocol", "prepared", "--log", "--log-prefix", filepath.Join(folder, "log"), "--file", script,
		"--client", strconv.Itoa(n), "--jobs", strconv.Itoa(min(n, runtime.NumCPU())), "--time", strconv.Itoa(seconds), at)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		return measured{}, fmt.Errorf("pgbench: %w: %s", err, failure.String())
	}
	m, err := readPgbench(out.String())
	if err != nil || m.count == 0 {
		return m, err
	}
	logs, _ := filepath.Glob(filepath.Join(folder, "log*")) // the pattern is well-formed
	var took []time.Duration
	for _, log := range logs {
		raw, err := os.ReadFile(log)
		if err != nil {
			return measured{}, err
		}
		took = append(took, readLog(string(raw))...)
	}
	if len(took) == 0 {
		return measured{}, errors.New("pgbench logged nothing")
	}
	times := measure(took, span)
	m.p50, m.p99 = times.p50, times.p99
	return m, nil
}

var (
	tps       = regexp.MustCompile(`tps = ([0-9.]+)`)
	processed = regexp.MustCompile(`number of transactions actually processed: (\d+)`)
)

// readPgbench takes rate and count from what pgbench printed. Nothing done is a count of 0.
func readPgbench(printed string) (m measured, err error) {
	rate, done := tps.FindStringSubmatch(printed), processed.FindStringSubmatch(printed)
	if done != nil && done[1] == "0" {
		return measured{}, nil // and no rate then
	}
	if rate == nil || done == nil {
		return measured{}, fmt.Errorf("pgbench printed no rate: %s", printed)
	}
	if m.count, err = strconv.Atoi(done[1]); err != nil {
		return measured{}, err
	}
	m.rate, err = strconv.ParseFloat(rate[1], 64)
	return m, err
}

// readLog takes the times out of pgbench's log: client, number, microseconds, ...
func readLog(text string) (took []time.Duration) {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 2 {
			if us, err := strconv.Atoi(fields[2]); err == nil {
				took = append(took, time.Duration(us)*time.Microsecond)
			}
		}
	}
	return took
}

// forLibpq leaves of a URL what libpq understands; the password goes another way, since everybody sees a program's arguments.
func forLibpq(databaseURL string) (at, password string, err error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", "", err
	}
	if u.User != nil {
		password, _ = u.User.Password()
		u.User = url.User(u.User.Username())
	}
	kept := url.Values{}
	for _, key := range []string{"host", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey"} {
		if v := u.Query().Get(key); v != "" {
			kept.Set(key, v)
		}
	}
	u.RawQuery = kept.Encode()
	return u.String(), password, nil
}

// loop is pgbench for machines without it: n connections, each repeating prepared statements.
func (r *runner) loop(ctx context.Context, statements []string, n int, span time.Duration) (measured, error) {
	pool, err := sql.Open("postgres", r.url)
	if err != nil {
		return measured{}, err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(n)
	workers := make([]*prepared, n)
	for i := range workers {
		if workers[i], err = prepare(ctx, pool, statements); err != nil {
			return measured{}, err
		}
		defer workers[i].conn.Close()
	}
	return hammer(ctx, n, span, func(ctx context.Context, i int) error { return workers[i].once(ctx) })
}

// prepared is a connection with its statements.
type prepared struct {
	conn  *sql.Conn
	stmts []*sql.Stmt
}

func prepare(ctx context.Context, pool *sql.DB, statements []string) (*prepared, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	p := &prepared{conn: conn}
	for _, text := range statements {
		stmt, err := conn.PrepareContext(ctx, text)
		if err != nil {
			conn.Close()
			return nil, err
		}
		p.stmts = append(p.stmts, stmt)
	}
	return p, nil
}

func (p *prepared) once(ctx context.Context) error {
	for _, stmt := range p.stmts {
		if err := drainRows(stmt.QueryContext(ctx)); err != nil {
			return err
		}
	}
	return nil
}

func drainRows(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}
