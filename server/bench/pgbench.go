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

// runner repeats a list of statements in one transaction, as fast as it can.
type runner struct {
	program    string // path of pgbench; "": a loop of ours
	url        string
	statements []string
}

func newRunner(databaseURL string, statements []string) *runner {
	return &runner{program: findPgbench(), url: databaseURL, statements: statements}
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
		return "a loop in Go (pgbench is not installed)"
	}
	return "pgbench"
}

// longest bounds the search for a span in which pgbench gets something done.
const longest = 32 * time.Second

func (r *runner) run(ctx context.Context, n int, span time.Duration) (measured, error) {
	if r.program == "" {
		return r.loop(ctx, n, span)
	}
	for {
		m, err := r.pgbench(ctx, n, span)
		if err != nil || m.rate > 0 {
			return m, err
		}
		if span = 2 * max(span, time.Second); span > longest { // pgbench counts what ended inside its span: on a busy machine that may be nothing
			return measured{}, fmt.Errorf("pgbench completed no transaction in %s", longest)
		}
	}
}

var (
	tps       = regexp.MustCompile(`tps = ([0-9.]+)`)
	latency   = regexp.MustCompile(`latency average = ([0-9.]+) ms`)
	processed = regexp.MustCompile(`number of transactions actually processed: (\d+)`)
)

func (r *runner) pgbench(ctx context.Context, n int, span time.Duration) (measured, error) {
	script, err := os.CreateTemp("", "writ-bench-*.sql")
	if err != nil {
		return measured{}, err
	}
	defer os.Remove(script.Name())
	lines := append(append([]string{"begin"}, r.statements...), "commit")
	if _, err := script.WriteString(strings.Join(lines, ";\n") + ";\n"); err != nil {
		return measured{}, err
	}
	if err := script.Close(); err != nil {
		return measured{}, err
	}
	at, password, err := forLibpq(r.url)
	if err != nil {
		return measured{}, err
	}
	seconds := max(1, int(span.Round(time.Second).Seconds()))
	cmd := exec.CommandContext(ctx, r.program, "--no-vacuum", "--file", script.Name(), "--client", strconv.Itoa(n), "--jobs", strconv.Itoa(min(n, runtime.NumCPU())),
		"--time", strconv.Itoa(seconds), at)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		return measured{}, fmt.Errorf("pgbench: %w: %s", err, failure.String())
	}
	return readPgbench(out.String())
}

// readPgbench takes rate and latency from what pgbench printed. No transaction is a rate of 0.
func readPgbench(printed string) (m measured, err error) {
	rate, average := tps.FindStringSubmatch(printed), latency.FindStringSubmatch(printed)
	if done := processed.FindStringSubmatch(printed); done != nil && done[1] == "0" {
		return measured{}, nil
	}
	if rate == nil || average == nil {
		return measured{}, fmt.Errorf("pgbench printed no rate: %s", printed)
	}
	if m.rate, err = strconv.ParseFloat(rate[1], 64); err != nil {
		return measured{}, err
	}
	ms, err := strconv.ParseFloat(average[1], 64)
	m.latency = time.Duration(ms * float64(time.Millisecond))
	return m, err
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

// loop is pgbench for machines without it: n connections, each repeating the transaction with prepared statements.
func (r *runner) loop(ctx context.Context, n int, span time.Duration) (measured, error) {
	pool, err := sql.Open("postgres", r.url)
	if err != nil {
		return measured{}, err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(n)
	workers := make([]*prepared, n)
	for i := range workers {
		if workers[i], err = prepare(ctx, pool, r.statements); err != nil {
			return measured{}, err
		}
		defer workers[i].conn.Close()
	}
	return hammer(ctx, n, span, func(ctx context.Context, i int) error { return workers[i].transaction(ctx) })
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

func (p *prepared) transaction(ctx context.Context) error {
	tx, err := p.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, stmt := range p.stmts {
		if err := drainRows(tx.StmtContext(ctx, stmt).QueryContext(ctx)); err != nil {
			_ = tx.Rollback()
			return err
		}
	}
	return tx.Commit()
}

func drainRows(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}
