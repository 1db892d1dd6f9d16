package fulfiltest

import (
	"context"
	"crypto/rand"
	"database/sql"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"writ/server/dbtest"
	"writ/server/fulfil"
)

//go:embed sql/target.sql
var targetSQL string

// SQLTarget is an application in a schema of its own: tables account (key login) and account_group (login, group_name).
type SQLTarget struct {
	URL    string
	Schema string
	DB     *sql.DB // as the application's own administrator; signs the log as "foreign"
}

// Operation is one line of the application's log.
type Operation struct {
	ID             int64
	At             time.Time
	Application    string // "writ" for the connector, "foreign" for edits behind its back
	TransactionID  int64
	OrderID        string
	IdempotencyKey string
	Operation      string // INSERT, UPDATE, DELETE
	Table          string
	Key            string
	Before, After  json.RawMessage // nil: there was, there is none
}

// NewSQLTarget creates the application in a new schema of the database at url.
func NewSQLTarget(ctx context.Context, at string) (*SQLTarget, error) {
	cfg, err := pq.NewConfig(at)
	if err != nil {
		return nil, err
	}
	schema := "target_" + hex.EncodeToString(random(5))
	cfg.ApplicationName = "foreign"
	cfg = cfg.Clone()
	cfg.Runtime["search_path"] = schema
	cfg.Runtime["timezone"] = "UTC"
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, err
	}
	t := &SQLTarget{URL: at, Schema: schema, DB: sql.OpenDB(connector)}
	t.DB.SetMaxOpenConns(2)
	t.DB.SetMaxIdleConns(0) // a session that ends publishes its write counters, see sqldb's Token
	if _, err := t.DB.ExecContext(ctx, "create schema "+schema+";\n"+targetSQL); err != nil {
		_ = t.DB.Close()
		return nil, fmt.Errorf("create the target's tables: %w", err)
	}
	return t, nil
}

// MustSQLTarget is NewSQLTarget in a database of its own, both gone after the test.
func MustSQLTarget(tb testing.TB) *SQLTarget {
	tb.Helper()
	_, at := dbtest.MustOpenEmpty(tb)
	t, err := NewSQLTarget(context.Background(), at)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = t.DB.Close() })
	return t
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// Settings are those of a connection of package "postgres" to this application, with its groups as column "groups" of account.
func (t *SQLTarget) Settings() map[string]string {
	return map[string]string{"connectionString": t.URL, "schema": t.Schema, "link.groups": "account_group(login,group_name)"}
}

// SettingsThrough are Settings with the connection led through a proxy.
func (t *SQLTarget) SettingsThrough(p *Proxy) map[string]string {
	s := t.Settings()
	u, err := url.Parse(t.URL)
	if err != nil {
		panic(err) // NewSQLTarget has read it before
	}
	u.Host = p.Addr()
	q := u.Query()
	q.Set("sslmode", "disable") // the proxy reads the messages
	q.Del("host")               // they would win over the address
	q.Del("port")
	u.RawQuery = q.Encode()
	s["connectionString"] = u.String()
	return s
}

// Host is where the database of the application listens, for NewProxy.
func (t *SQLTarget) Host() (network, address string, err error) {
	cfg, err := pq.NewConfig(t.URL)
	if err != nil {
		return "", "", err
	}
	if strings.HasPrefix(cfg.Host, "/") {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", cfg.Host, cfg.Port), nil
	}
	return "tcp", fmt.Sprintf("%s:%d", cfg.Host, cfg.Port), nil
}

// Put writes accounts behind Writ's back; columns groups and phones hold several values.
func (t *SQLTarget) Put(ctx context.Context, rows ...fulfil.Row) error {
	tx, err := t.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	listed := make([]fulfil.Row, len(rows))
	for i, row := range rows {
		listed[i] = maps.Clone(row)
		for _, column := range []string{"phones", "groups"} {
			listed[i][column] = append([]string{}, fulfil.ListOf(row[column])...)
		}
	}
	list, err := json.Marshal(listed)
	if err != nil {
		return err
	}
	const given = `with given as (select * from jsonb_to_recordset($1::text::jsonb) as r(
		login text, name text, mail text, enabled text, valid_to text, quota text, phones jsonb, groups jsonb)) `
	for _, statement := range []string{
		given + `insert into account (login, name, mail, enabled, valid_to, quota, phones)
			select login, nullif(name, ''), nullif(mail, ''), nullif(enabled, '')::boolean, nullif(valid_to, '')::timestamptz,
			       nullif(quota, '')::numeric, (select array_agg(p) from jsonb_array_elements_text(phones) p) from given
			on conflict (login) do update set name = excluded.name, mail = excluded.mail, enabled = excluded.enabled,
				valid_to = excluded.valid_to, quota = excluded.quota, phones = excluded.phones`,
		given + `delete from account_group where login in (select login from given)`,
		given + `insert into account_group select login, g from given, jsonb_array_elements_text(groups) g`,
	} {
		if _, err := tx.ExecContext(ctx, statement, string(list)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Accounts reads all accounts with their groups, by login: the truth, not through any connector.
func (t *SQLTarget) Accounts(ctx context.Context) (map[string]fulfil.Row, error) {
	rows, err := t.DB.QueryContext(ctx, `
		select login, coalesce(name, ''), coalesce(mail, ''), coalesce(enabled::text, ''), coalesce(quota::text, ''),
		       coalesce(phones, '{}'), coalesce((select array_agg(group_name order by group_name collate "C") from account_group g where g.login = a.login), '{}')
		from account a`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]fulfil.Row{}
	for rows.Next() {
		var login, name, mail, enabled, quota string
		var phones, groups []string
		if err := rows.Scan(&login, &name, &mail, &enabled, &quota, pq.Array(&phones), pq.Array(&groups)); err != nil {
			return nil, err
		}
		all[login] = fulfil.Row{"login": login, "name": name, "mail": mail, "enabled": enabled, "quota": quota, "phones": phones, "groups": groups}
	}
	return all, rows.Err()
}

// Edit changes the application behind Writ's back: drift.
func (t *SQLTarget) Edit(ctx context.Context, statement string, args ...any) error {
	_, err := t.DB.ExecContext(ctx, statement, args...)
	return err
}

// Behave programs a behaviour; several are asked in the order in which they came.
func (t *SQLTarget) Behave(ctx context.Context, b Behaviour) error {
	_, err := t.DB.ExecContext(ctx, `
		insert into behaviour (action, on_table, on_operation, on_key, message, sqlstate, milliseconds, times)
		values ($1, nullif($2, ''), nullif($3, ''), nullif($4, ''), coalesce(nullif($5, ''), 'refused by the application'), coalesce(nullif($6, ''), 'P0001'), $7, nullif($8, 0))`,
		b.Action, b.Table, b.Operation, b.Key, b.Message, b.SQLState, b.Milliseconds, b.Times)
	return err
}

// Log reads the operations, oldest first.
func (t *SQLTarget) Log(ctx context.Context) ([]Operation, error) {
	rows, err := t.DB.QueryContext(ctx, `
		select id, at, application, transaction_id, order_id, idempotency_key, operation, table_name, key, before, after
		from operation_log order by id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var log []Operation
	for rows.Next() {
		var o Operation
		var before, after []byte
		if err := rows.Scan(&o.ID, &o.At, &o.Application, &o.TransactionID, &o.OrderID, &o.IdempotencyKey, &o.Operation, &o.Table, &o.Key, &before, &after); err != nil {
			return nil, err
		}
		o.Before, o.After = before, after
		log = append(log, o)
	}
	return log, rows.Err()
}
