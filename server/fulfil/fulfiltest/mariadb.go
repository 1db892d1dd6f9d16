package fulfiltest

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"writ/server/fulfil"
)

//go:embed sql/mariadb.sql
var mariaSQL string

// MariaPassword is that of user writ at MariaDB servers of tests, who may do everything in databases whose names begin with "target".
const MariaPassword = "maria-writ"

// MariaDB is the MariaDB server of this process's tests. It ends with the process.
type MariaDB struct {
	Addr  string // host:port
	CA    string // certificate of the authority that its own comes from, PEM
	leash io.Closer
}

var maria = sync.OnceValues(startMaria)

// MustMariaDB gives the server; the first call starts it. The test is skipped where MariaDB is not installed.
func MustMariaDB(tb testing.TB) *MariaDB {
	tb.Helper()
	if mariaProgram("mariadbd") == "" || mariaProgram("mariadb-install-db") == "" {
		tb.Skip("mariadbd is not installed, so nothing of MariaDB is tested here (Debian: apt-get install mariadb-server)")
	}
	m, err := maria()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func mariaProgram(name string) string {
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"} {
		if path := filepath.Join(dir, name); isFile(path) {
			return path
		}
	}
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// leash: a shell outlives us by a moment, for a test process has no hook at its end, but its end closes the pipe that the shell reads. Then it stops the
// server and removes its folder.
const leash = `dir=$1; shift; "$@" >"$dir/log" 2>&1 & read gone; kill -9 $!; wait; rm -rf "$dir"`

func startMaria() (*MariaDB, error) {
	dir, err := os.MkdirTemp("", "writ-mariadb-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // another user must pass
		return nil, err
	}
	home := filepath.Join(dir, "data")
	if err := os.Mkdir(home, 0o700); err != nil {
		return nil, err
	}
	m := &MariaDB{}
	if m.CA, err = certify(home, "127.0.0.1"); err != nil {
		return nil, err
	}
	as, err := mariaOwns(dir)
	if err != nil {
		return nil, err
	}
	if said, err := makeMaria(dir, home, as); err != nil {
		return nil, fmt.Errorf("make the data of MariaDB: %w: %s", err, said)
	}
	for try := 0; ; try++ { // a port that was free may be taken meanwhile
		if err = m.start(dir, home, as); err == nil || try == 4 {
			return m, err
		}
	}
}

// mariaOwns gives the folder to the user that the server runs as: itself refuses to be root.
func mariaOwns(home string) (*syscall.SysProcAttr, error) {
	as := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not end it before us
	if os.Geteuid() != 0 {
		return as, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // from the system
	return as, filepath.Walk(home, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

func makeMaria(dir, home string, as *syscall.SysProcAttr) ([]byte, error) {
	c := exec.Command(mariaProgram("mariadb-install-db"), "--no-defaults", "--datadir="+home, "--skip-test-db", "--auth-root-authentication-method=normal",
		"--skip-name-resolve", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M")
	c.SysProcAttr, c.Dir = as, dir
	return c.CombinedOutput()
}

func (m *MariaDB) start(dir, home string, as *syscall.SysProcAttr) error {
	m.Addr = freeAddr()
	_, port, err := net.SplitHostPort(m.Addr)
	if err != nil {
		return err
	}
	shell := exec.Command("/bin/sh", "-c", leash, "sh", dir, mariaProgram("mariadbd"), "--no-defaults", "--datadir="+home, "--port="+port, "--bind-address=127.0.0.1",
		"--socket="+filepath.Join(home, "s"), "--pid-file="+filepath.Join(home, "pid"), "--skip-log-bin", "--skip-name-resolve", "--performance-schema=off", "--max-connections=300",
		"--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0", "--innodb-fast-shutdown=2", "--thread-cache-size=50",
		"--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci", "--sql-mode=NO_ENGINE_SUBSTITUTION",
		"--ssl-ca="+filepath.Join(home, "ca.pem"), "--ssl-cert="+filepath.Join(home, "cert.pem"), "--ssl-key="+filepath.Join(home, "key.pem"))
	shell.SysProcAttr, shell.Dir = as, "/"
	if m.leash, err = shell.StdinPipe(); err != nil {
		return err
	}
	if err := shell.Start(); err != nil {
		return err
	}
	db, err := sql.Open("mysql", "root@unix("+filepath.Join(home, "s")+")/mysql?multiStatements=true")
	if err != nil {
		return err
	}
	defer db.Close()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err = db.Exec("create or replace user writ@127.0.0.1 identified by '" + MariaPassword + "'; grant all privileges on `target%`.* to writ@127.0.0.1")
		if err == nil {
			return nil
		}
		said, _ := os.ReadFile(filepath.Join(dir, "log"))
		if time.Now().After(deadline) || bytes.Contains(said, []byte("Aborting")) {
			_ = m.leash.Close()
			return fmt.Errorf("MariaDB does not answer: %w: %s", err, said)
		}
	}
}

// MariaTarget is an application in a database of its own: tables account (key login) and account_group (login, group_name).
type MariaTarget struct {
	Server *MariaDB
	Name   string
	DB     *sql.DB
}

// MustMariaEmpty is a database without tables, gone after the test.
func MustMariaEmpty(tb testing.TB, statements string) *MariaTarget {
	tb.Helper()
	t := &MariaTarget{Server: MustMariaDB(tb), Name: "target_" + hex.EncodeToString(random(5))}
	at := fmt.Sprintf("writ:%s@tcp(%s)/?multiStatements=true&clientFoundRows=true&time_zone=%%27%%2B00:00%%27&sql_mode=%%27STRICT_ALL_TABLES%%27", MariaPassword, t.Server.Addr)
	first, err := sql.Open("mysql", at)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_, _ = first.ExecContext(context.Background(), "drop database if exists "+t.Name)
		_ = first.Close()
	})
	if _, err := first.ExecContext(tb.Context(), "create database "+t.Name); err != nil {
		tb.Fatal(err)
	}
	cfg, err := mysql.ParseDSN(strings.Replace(at, "/?", "/"+t.Name+"?", 1))
	if err != nil {
		tb.Fatal(err)
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	t.DB = sql.OpenDB(connector)
	t.DB.SetMaxOpenConns(2)
	tb.Cleanup(func() { _ = t.DB.Close() })
	if statements != "" {
		t.Edit(tb, statements)
	}
	return t
}

// MustMariaTarget is the application.
func MustMariaTarget(tb testing.TB) *MariaTarget {
	tb.Helper()
	return MustMariaEmpty(tb, mariaSQL)
}

// MustMariaProxy stands before the server; its clients must not encrypt.
func MustMariaProxy(tb testing.TB, t *MariaTarget) *Proxy {
	tb.Helper()
	p, err := newProxy("tcp", t.Server.Addr, mariaMessage)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	return p
}

// Address is a connection string for package "mariadb", encrypted and verified; with a proxy it leads through it, and is neither.
func (t *MariaTarget) Address(p *Proxy) string {
	if p != nil {
		return fmt.Sprintf("mariadb://writ:%s@%s/%s?tls=false", MariaPassword, p.Addr(), t.Name)
	}
	return fmt.Sprintf("mariadb://writ:%s@%s/%s", MariaPassword, t.Server.Addr, t.Name)
}

// Settings are those of a connection of package "mariadb" to the application, with its groups as column "groups" of account.
func (t *MariaTarget) Settings(p *Proxy) map[string]string {
	settings := map[string]string{"connectionString": t.Address(p), "link.groups": "account_group(login,group_name)"}
	if p == nil { // a proxy has to read: not encrypted
		settings["caCertificate"] = t.Server.CA
	}
	return settings
}

// Edit changes the application behind Writ's back.
func (t *MariaTarget) Edit(tb testing.TB, statement string, args ...any) {
	tb.Helper()
	if _, err := t.DB.ExecContext(tb.Context(), statement, args...); err != nil {
		tb.Fatal(err)
	}
}

// Put writes accounts behind Writ's back; column groups holds several values.
func (t *MariaTarget) Put(tb testing.TB, rows ...fulfil.Row) {
	tb.Helper()
	null := func(v fulfil.Value) any {
		if text := fulfil.TextOf(v); text != "" {
			return text
		}
		return nil
	}
	var links []any
	for chunk := range slices.Chunk(rows, 1000) {
		var args []any
		for _, row := range chunk {
			args = append(args, fulfil.TextOf(row["login"]), null(row["name"]), null(row["mail"]))
			for _, g := range fulfil.ListOf(row["groups"]) {
				links = append(links, fulfil.TextOf(row["login"]), g)
			}
		}
		t.Edit(tb, "insert into account (login, name, mail) values "+places(len(chunk), "(?, ?, ?)")+
			" on duplicate key update name = values(name), mail = values(mail)", args...)
	}
	for chunk := range slices.Chunk(links, 2000) {
		t.Edit(tb, "insert into account_group values "+places(len(chunk)/2, "(?, ?)"), chunk...)
	}
}

func places(n int, of string) string { return strings.TrimSuffix(strings.Repeat(of+", ", n), ", ") }

// Accounts reads all accounts with their groups, by login: the truth, not through any connector.
func (t *MariaTarget) Accounts(tb testing.TB) map[string]fulfil.Row {
	tb.Helper()
	all := map[string]fulfil.Row{}
	t.rows(tb, "select login, coalesce(name, ''), coalesce(mail, '') from account", 3, func(v []string) {
		all[v[0]] = fulfil.Row{"login": v[0], "name": v[1], "mail": v[2], "groups": []string{}}
	})
	t.rows(tb, "select login, group_name from account_group order by convert(group_name using utf8mb4) collate utf8mb4_bin", 2, func(v []string) {
		all[v[0]]["groups"] = append(all[v[0]]["groups"].([]string), v[1])
	})
	return all
}

// Log reads who did what: operation, table, key, order and idempotency key.
func (t *MariaTarget) Log(tb testing.TB) [][]string {
	tb.Helper()
	var log [][]string
	t.rows(tb, "select operation, table_name, row_key, order_id, idempotency_key from operation_log order by id", 5, func(v []string) { log = append(log, slices.Clone(v)) })
	return log
}

// Texts gives the rows of a statement as texts; NULL is "<null>".
func (t *MariaTarget) Texts(tb testing.TB, statement string, columns int) (list []string) {
	tb.Helper()
	t.rows(tb, statement, columns, func(v []string) { list = append(list, strings.Join(v, " ")) })
	return list
}

func (t *MariaTarget) rows(tb testing.TB, statement string, columns int, take func([]string)) {
	tb.Helper()
	rows, err := t.DB.QueryContext(tb.Context(), statement)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		values, into := make([]sql.NullString, columns), make([]any, columns)
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		texts := make([]string, columns)
		for i, v := range values {
			texts[i] = v.String
			if !v.Valid {
				texts[i] = "<null>"
			}
		}
		take(texts)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
}
