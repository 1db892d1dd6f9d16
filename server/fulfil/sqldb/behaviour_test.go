package sqldb_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/sqldb"
)

func text(s string) *string { return &s }

func added(login string, changes map[string]*string) fulfil.Change {
	c := fulfil.Change{OrderID: 70021, IdempotencyKey: "attempt-1", Type: fulfil.Added, Table: "account", KeyColumn: "login", Changes: map[string]*string{"login": &login}}
	for column, value := range changes {
		c.Changes[column] = value
	}
	return c
}

// mustDB makes a database of its own with these statements run in it, and a connection to it.
func mustDB(t *testing.T, statements string, settings map[string]string) (*sqldb.Conn, *sql.DB) {
	t.Helper()
	_, at := dbtest.MustOpenEmpty(t)
	db, err := sql.Open("postgres", at)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), statements)
	require.NoError(t, err)
	values := map[string]string{"connectionString": at}
	for k, v := range settings {
		values[k] = v
	}
	return mustOpen(t, values), db
}

// as is the same address for another user.
func as(t *testing.T, at string, user *url.Userinfo) string {
	t.Helper()
	u, err := url.Parse(at)
	require.NoError(t, err)
	u.User = user
	q := u.Query()
	q.Del("user")
	q.Del("password")
	u.RawQuery = q.Encode()
	return u.String()
}

func export(t *testing.T, c *sqldb.Conn, table string) []fulfil.Row {
	t.Helper()
	var rows []fulfil.Row
	for row, err := range fulfil.Rows(c.Export(t.Context(), table)) {
		require.NoError(t, err)
		rows = append(rows, row)
	}
	return rows
}

// The application's own log says who did what, and how often.
func TestLogOfTheTarget(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustSQLTarget(t)
	c := mustOpen(t, target.Settings())
	ch := added("plang", map[string]*string{"name": text("Petra")})
	ch.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: "crm"}}}
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), ch).Outcome)
	require.Equal(t, fulfil.AlreadySo, c.Apply(t.Context(), ch).Outcome)
	log, err := target.Log(t.Context())
	require.NoError(t, err)
	require.Len(t, log, 2)
	require.Equal(t, "account", log[0].Table)
	require.Equal(t, "account_group", log[1].Table)
	require.Equal(t, log[0].TransactionID, log[1].TransactionID, "one order, one transaction")
	for _, o := range log {
		require.Equal(t, []string{"INSERT", "plang", "70021", "attempt-1", "writ"}, []string{o.Operation, o.Key, o.OrderID, o.IdempotencyKey, o.Application})
	}
}

// What each way of losing the connection around COMMIT means, and what really happened.
func TestConnectionLostAroundCommit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		mode fulfiltest.Mode
		made bool
	}{
		"CutBeforeCommit": {fulfiltest.CutBeforeCommit, false},
		"CutAfterCommit":  {fulfiltest.CutAfterCommit, true},
		"HangAfterCommit": {fulfiltest.HangAfterCommit, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := fulfiltest.MustSQLTarget(t)
			proxy := fulfiltest.MustProxy(t, target)
			settings := target.SettingsThrough(proxy)
			settings["timeout"] = "1"
			c := mustOpen(t, settings)
			require.NoError(t, proxy.Set(tc.mode))
			begin := time.Now()
			r := c.Apply(t.Context(), added("plang", nil))
			require.Equal(t, fulfil.Unknown, r.Outcome, "%+v", r)
			require.Less(t, time.Since(begin), 15*time.Second)
			require.Equal(t, 1, proxy.Commits())
			require.Eventually(t, func() bool {
				all, err := target.Accounts(t.Context())
				return err == nil && (len(all) == 1) == tc.made
			}, 5*time.Second, 10*time.Millisecond)

			require.NoError(t, proxy.Set(fulfiltest.Pass))
			_, found, err := c.Read(t.Context(), "account", "login", "plang")
			require.NoError(t, err)
			require.Equal(t, tc.made, found)
			log, err := target.Log(t.Context())
			require.NoError(t, err)
			require.Equal(t, tc.made, len(log) == 1)
		})
	}
}

func TestNetworkThatSwallowsEverything(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustSQLTarget(t)
	proxy := fulfiltest.MustProxy(t, target)
	settings := target.SettingsThrough(proxy)
	settings["timeout"] = "1"
	c := mustOpen(t, settings)
	require.NoError(t, c.Check(t.Context()))
	require.NoError(t, proxy.Set(fulfiltest.Hang))
	begin := time.Now()
	r := c.Apply(t.Context(), added("plang", nil))
	require.Contains(t, []fulfil.Outcome{fulfil.Unreachable, fulfil.Unknown}, r.Outcome, "%+v", r)
	require.True(t, errs.Is(c.Check(t.Context()), errs.Unavailable))
	for _, err := range fulfil.Rows(c.Export(t.Context(), "account")) {
		require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
	}
	require.Less(t, time.Since(begin), 40*time.Second)
}

// A pool full of dead sessions must not cost an order.
func TestRestartOfTheTarget(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustSQLTarget(t)
	proxy := fulfiltest.MustProxy(t, target)
	c := mustOpen(t, target.SettingsThrough(proxy))
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), added("a", nil)).Outcome)
	require.NoError(t, proxy.Set(fulfiltest.Refuse))
	require.Equal(t, fulfil.Unreachable, c.Apply(t.Context(), added("b", nil)).Outcome)
	require.NoError(t, proxy.Set(fulfiltest.Pass))
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), added("b", nil)).Outcome)
}

func TestStatementTimeoutIsUnknown(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustSQLTarget(t)
	settings := target.Settings()
	settings["timeout"] = "1"
	c := mustOpen(t, settings)
	require.NoError(t, target.Behave(t.Context(), fulfiltest.Behaviour{Action: "hang", Key: "plang", Milliseconds: 10_000, Times: 1}))
	r := c.Apply(t.Context(), added("plang", nil))
	require.Equal(t, fulfil.Unknown, r.Outcome)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), added("plang", nil)).Outcome, "the behaviour is used up, although its transaction was taken back")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	statements := `
		create table account (login text primary key, name varchar(5), age int not null default 0 check (age >= 0), site text references account (login) deferrable initially deferred);
		create table watched (login text primary key);
		create function swallow() returns trigger language plpgsql as 'begin return null; end';
		create trigger swallow before insert or update on watched for each row execute function swallow();
		create table twice (login text); insert into twice values ('a'), ('a');
		create view v as select login, name from account where login <> 'hidden' with check option`
	c, _ := mustDB(t, statements, nil)
	in := func(table string, ch fulfil.Change) fulfil.Change { ch.Table = table; return ch }
	for name, tc := range map[string]struct {
		change  fulfil.Change
		outcome fulfil.Outcome
		says    string
	}{
		"TooLong":          {added("a1", map[string]*string{"name": text("too long")}), fulfil.Refused, "22001"},
		"NoNumber":         {added("a2", map[string]*string{"age": text("ten")}), fulfil.Refused, "22P02"},
		"Check":            {added("a3", map[string]*string{"age": text("-1")}), fulfil.Refused, "23514"},
		"NotNull":          {added("a4", map[string]*string{"age": nil}), fulfil.Refused, "23502"},
		"AtCommit":         {added("a5", map[string]*string{"site": text("nobody")}), fulfil.Refused, "23503"},
		"NoColumn":         {added("a6", map[string]*string{"shoes": text("1")}), fulfil.Refused, "no column shoes"},
		"NoTable":          {in("nowhere", added("a7", nil)), fulfil.Refused, "no table nowhere"},
		"Swallowed":        {in("watched", added("a8", nil)), fulfil.Refused, "wrote 0 rows"},
		"SeveralToDelete":  {in("twice", fulfil.Change{Type: fulfil.Deleted, KeyColumn: "login", Key: "a"}), fulfil.Refused, "Several rows"},
		"ViewCheck":        {in("v", added("hidden", nil)), fulfil.Refused, "44000"},
		"NoKey":            {fulfil.Change{Type: fulfil.Modified, Table: "account", KeyColumn: "login"}, fulfil.Refused, "no key"},
		"NoKeyToDelete":    {fulfil.Change{Type: fulfil.Deleted, Table: "account", KeyColumn: "login"}, fulfil.Refused, "no key"},
		"NoType":           {fulfil.Change{Type: "Moved", Table: "account", KeyColumn: "login", Key: "a"}, fulfil.Refused, "Moved"},
		"LinkWithoutTable": {fulfil.Change{Type: fulfil.Modified, Table: "account", KeyColumn: "login", Key: "a", ChangesAdded: map[string][]fulfil.Link{"groups": {{Key: "x"}}}}, fulfil.Refused, "link.groups"},
	} {
		r := c.Apply(t.Context(), tc.change)
		require.Equal(t, tc.outcome, r.Outcome, "%s: %+v", name, r)
		require.Contains(t, r.Message, tc.says, name)
	}
	require.Empty(t, export(t, c, "account"))
	require.Len(t, export(t, c, "twice"), 2)

	require.Equal(t, fulfil.Done, c.Apply(t.Context(), in("v", added("shown", map[string]*string{"name": text("x")}))).Outcome, "a view that can be written can be written")
	require.Equal(t, fulfil.AlreadySo, c.Apply(t.Context(), in("v", added("shown", map[string]*string{"name": text("x")}))).Outcome)
}

func TestWithoutPermission(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustSQLTarget(t)
	user := "reader_" + target.Schema
	require.NoError(t, target.Edit(t.Context(), fmt.Sprintf("create role %s login password 'reader'; grant usage on schema %s to %s; grant select on account to %s", user, target.Schema, user, user)))
	t.Cleanup(func() {
		_ = target.Edit(context.Background(), fmt.Sprintf("drop owned by %s; drop role %s", user, user))
	})
	settings := target.Settings()
	settings["connectionString"] = as(t, settings["connectionString"], url.UserPassword(user, "reader"))
	delete(settings, "link.groups")
	c := mustOpen(t, settings)
	require.NoError(t, c.Check(t.Context()))
	r := c.Apply(t.Context(), added("plang", nil))
	require.Equal(t, fulfil.Refused, r.Outcome)
	require.Contains(t, r.Message, "42501")
	require.NotEmpty(t, r.Hint)
	for _, err := range fulfil.Rows(c.Export(t.Context(), "account_group")) {
		require.True(t, errs.Is(err, errs.Validation), "got %v", err)
		require.ErrorContains(t, err, "permission denied")
	}
}

// One text form per type, the same out and in: what was exported and is written back is no change.
func TestTypesGoOutAndIn(t *testing.T) {
	t.Parallel()
	c, _ := mustDB(t, `
		create type mood as enum ('sad', 'ok'); create domain short as varchar(10);
		create table account (
			login text primary key, b boolean, i int, l bigint, n numeric(10,2), f float8, r real, ts timestamptz, plain timestamp, d date, tm time,
			by bytea, u uuid, j json, jb jsonb, a text[], ia int[], ba boolean[], ta timestamptz[], ch char(5), vc varchar(8), m mood, ma mood[], s short, nothing text);
		insert into account values (
			'a', true, -1, 9007199254740993, 1.50, 0.1, 0.1, '2026-01-12 03:05:11.25+01', '2026-01-12 03:05:11', '2026-01-12', '03:05',
			'\x00ff', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{"a": 1}', '{"a": 1}', '{x,"y z",NULL,"q\"r"}', '{1,2}', '{t,f}', '{2026-01-12 03:05:11+01}', 'ab', 'ab', 'ok', '{ok,sad}', 'dom', null)`, nil)
	want := fulfil.Row{
		"login": "a", "b": "true", "i": "-1", "l": "9007199254740993", "n": "1.50", "f": "0.1", "r": "0.1",
		"ts": "2026-01-12T02:05:11.25Z", "plain": "2026-01-12T03:05:11Z", "d": "2026-01-12", "tm": "03:05:00",
		"by": []byte{0, 0xff}, "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "j": `{"a": 1}`, "jb": `{"a": 1}`,
		"a": []string{"x", "y z", `q"r`}, "ia": []string{"1", "2"}, "ba": []string{"true", "false"}, "ta": []string{"2026-01-12T02:05:11Z"},
		"ch": "ab", "vc": "ab", "m": "ok", "ma": []string{"ok", "sad"}, "s": "dom", "nothing": nil,
	}
	require.Equal(t, []fulfil.Row{want}, export(t, c, "account"))
	row, found, err := c.Read(t.Context(), "account", "login", "a")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want, row)

	same := fulfil.Change{Type: fulfil.Modified, Table: "account", KeyColumn: "login", Key: "a", Changes: map[string]*string{}}
	copied := added("b", nil)
	for column, value := range want {
		if column == "a" || column == "login" { // its NULL element is not in the text
			continue
		}
		if column == "nothing" {
			same.Changes[column], copied.Changes[column] = nil, nil
			continue
		}
		text := fulfil.TextOf(value)
		same.Changes[column], copied.Changes[column] = &text, &text
	}
	r := c.Apply(t.Context(), same)
	require.Equal(t, fulfil.AlreadySo, r.Outcome, "%+v", r)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), copied).Outcome)
	require.Equal(t, fulfil.AlreadySo, c.Apply(t.Context(), copied).Outcome)
	row, _, err = c.Read(t.Context(), "account", "login", "b")
	require.NoError(t, err)
	want["login"], want["a"] = "b", nil
	require.Equal(t, want, row)

	other := fulfil.Change{Type: fulfil.Modified, Table: "account", KeyColumn: "login", Key: "a", Changes: map[string]*string{
		"n": text("1.5"), "ts": text("2026-01-12 02:05:11.25+00"), "b": text("t"), "i": text(""), "jb": text(`{ "a":1 }`),
	}}
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), other).Outcome, "the empty number clears")
	require.Equal(t, fulfil.AlreadySo, c.Apply(t.Context(), other).Outcome, "other spellings of the same values are the same")
}

func TestKeysOfTheDatabase(t *testing.T) {
	t.Parallel()
	c, _ := mustDB(t, `create table account (id bigint generated by default as identity primary key, login text unique)`, nil)
	ch := fulfil.Change{Type: fulfil.Added, Table: "account", KeyColumn: "id", Changes: map[string]*string{"login": text("plang")}}
	r := c.Apply(t.Context(), ch)
	require.Equal(t, []string{"DONE", "1"}, []string{string(r.Outcome), r.CreatedKey})
	r = c.Apply(t.Context(), ch)
	require.Equal(t, fulfil.Conflict, r.Outcome)
	require.Contains(t, r.Detail, "(login)=(plang)")
	ch.Changes, ch.Key = map[string]*string{}, "77"
	r = c.Apply(t.Context(), ch)
	require.Equal(t, []string{"DONE", "77"}, []string{string(r.Outcome), r.CreatedKey})
	require.Equal(t, fulfil.AlreadySo, c.Apply(t.Context(), ch).Outcome)
}

// Links by another column than the key, typed, without a foreign key, and following a renamed row.
func TestLinks(t *testing.T) {
	t.Parallel()
	c, db := mustDB(t, `
		create table account (id uuid primary key default gen_random_uuid(), login varchar(20) unique not null, number int);
		create table site (code text primary key);
		create table account_group (login varchar(20) not null references account (login) on update cascade, g varchar(10), primary key (login, g));
		create table account_role (number int, role_id int);`,
		map[string]string{"link.groups": "account_group(login,g)", "link.account.roles": "account_role ( number , role_id )"})
	ch := added("plang", map[string]*string{"number": text("7")})
	ch.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: "B"}, {Key: "a"}, {Key: "c"}, {Key: "a"}}, "roles": {{Key: "10"}, {Key: "9"}}}
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), ch).Outcome)
	row := export(t, c, "account")[0]
	require.Equal(t, []string{"a", "B", "c"}, row["groups"], "sorted without regard to case (provisioning 5.3)")
	require.Equal(t, []string{"10", "9"}, row["roles"])
	tables, err := c.Schema(t.Context())
	require.NoError(t, err)
	require.Equal(t, fulfil.Table{Name: "account", Columns: []string{"id", "login", "number", "roles", "groups"}}, tables[0])
	require.Equal(t, []string{"code"}, tables[len(tables)-1].Columns, "a table that the links have nothing to do with")

	byID := fulfil.Change{Type: fulfil.Modified, Table: "account", KeyColumn: "id", Key: fulfil.TextOf(row["id"]), Changes: map[string]*string{"login": text("pwinter"), "groups": text("a\nd")}}
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), byID).Outcome)
	require.Equal(t, fulfil.AlreadySo, c.Apply(t.Context(), byID).Outcome)
	got, _, err := c.Read(t.Context(), "account", "id", fulfil.TextOf(row["id"]))
	require.NoError(t, err)
	require.Equal(t, []string{"a", "d"}, got["groups"])
	require.Equal(t, "pwinter", got["login"])

	tooLong := fulfil.Change{Type: fulfil.Modified, Table: "account", KeyColumn: "login", Key: "pwinter", ChangesAdded: map[string][]fulfil.Link{"groups": {{Key: "much too long"}}}}
	r := c.Apply(t.Context(), tooLong)
	require.Equal(t, fulfil.Refused, r.Outcome, "a value must not be cut to fit: %+v", r)

	require.Equal(t, fulfil.Done, c.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "account", KeyColumn: "id", Key: fulfil.TextOf(row["id"])}).Outcome)
	var left int
	require.NoError(t, db.QueryRowContext(t.Context(), "select (select count(*) from account_group) + (select count(*) from account_role)").Scan(&left))
	require.Zero(t, left, "links go with their row, also without a cascade")
}

func TestQueries(t *testing.T) {
	t.Parallel()
	c, db := mustDB(t, `create table account (login text primary key, gone boolean not null default false); insert into account values ('a', false), ('b', true);
		create table account_group (login text references account (login), g text); insert into account_group values ('a', 'crm')`,
		map[string]string{
			"query.account": "select login, upper(login) as big from account where not gone -- only those who stay\n;", "link.groups": "account_group(login,g)",
			"query.summary": "select count(*) as n from account",
		})
	require.NoError(t, c.Check(t.Context()))
	require.Equal(t, []fulfil.Row{{"login": "a", "big": "A", "groups": []string{"crm"}}}, export(t, c, "account"))
	require.Equal(t, []fulfil.Row{{"n": "2"}}, export(t, c, "summary"))
	_, found, err := c.Read(t.Context(), "account", "login", "b")
	require.NoError(t, err)
	require.False(t, found)
	_, err = db.ExecContext(t.Context(), "drop table account_group")
	require.NoError(t, err)
	require.Equal(t, "link.groups", errs.As(c.Check(t.Context())).Field)
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenEmpty(t)
	db, err := sql.Open("postgres", at)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), "create table account (login text primary key); create table account_group (login text references account, g text)")
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		setting, value string
		says           string
	}{
		"Syntax":         {"query.x", "selec 1", "42601"},
		"NoColumn":       {"query.x", "select shoes from account", "shoes"},
		"TwoStatements":  {"query.x", "select 1; drop table account", "42601"},
		"Escape":         {"query.x", "select 1) t; drop table account; --", "42601"},
		"Write":          {"query.x", "with d as (delete from account returning 1) select 1", ""},
		"SameColumn":     {"query.x", "select 1 as a, 2 as a", "two columns"},
		"LinkForm":       {"link.groups", "account_group", "table(owner_column,value_column)"},
		"LinkTable":      {"link.groups", "nowhere(login,g)", "no table nowhere"},
		"LinkColumn":     {"link.groups", "account_group(login,shoes)", "no column shoes"},
		"LinkInjection":  {"link.groups", `account_group(login,"g) from x; --)`, ""},
		"LinkName":       {"link.login", "account_group(login,g)", "already"},
		"LinkNowhere":    {"link.nowhere.groups", "account_group(login,g)", "refers to no table"},
		"Schema":         {"schema", "nowhere", "holds no table"},
		"Timeout":        {"timeout", "0", "from 1"},
		"Misspelled":     {"shema", "x", "no setting"},
		"EmptyQuery":     {"query.x", " ; ", "empty"},
		"ConnectionForm": {"connectionString", "postgres://u:s3cret@[broken/x", "cannot be understood"},
		"Parameter":      {"connectionString", "postgres://u:s3cret@127.0.0.1/x?sslmode=perhaps", ""},
	} {
		values := map[string]string{"connectionString": at, tc.setting: tc.value}
		c, err := sqldb.Postgres{}.Open(t.Context(), fulfil.Settings{Values: values})
		if err == nil {
			err = c.Check(t.Context())
			require.NoError(t, c.Close())
		}
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
		require.Equal(t, tc.setting, errs.As(err).Field, name)
		require.Contains(t, err.Error(), tc.says, name)
		require.NotContains(t, err.Error(), "s3cret", name)
	}
	var n int
	require.NoError(t, db.QueryRowContext(t.Context(), "select count(*) from account").Scan(&n), "the table is still there")
}

func TestCannotSignIn(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenEmpty(t)
	c := mustOpen(t, map[string]string{"connectionString": as(t, at, url.UserPassword("nobody_at_all", "s3cret"))})
	err := c.Check(t.Context())
	require.True(t, errs.Is(err, errs.Validation), "got %v", err)
	require.Equal(t, "connectionString", errs.As(err).Field)
	require.NotContains(t, err.Error(), "s3cret")
	r := c.Apply(t.Context(), added("a", nil))
	require.Equal(t, fulfil.Unreachable, r.Outcome)
	require.NotEmpty(t, r.Hint)
	require.NotContains(t, fmt.Sprint(r), "s3cret")
}

// The tables change while the connection is open.
func TestTablesChange(t *testing.T) {
	t.Parallel()
	c, db := mustDB(t, `create table account (login text primary key, old text)`, nil)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), added("a", map[string]*string{"old": text("x")})).Outcome)
	_, err := db.ExecContext(t.Context(), "alter table account rename column old to new")
	require.NoError(t, err)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), added("b", map[string]*string{"new": text("x")})).Outcome, "a new column is found")
	_, err = db.ExecContext(t.Context(), "alter table account drop column new")
	require.NoError(t, err)
	require.Equal(t, fulfil.Refused, c.Apply(t.Context(), added("c", map[string]*string{"new": text("x")})).Outcome)
	r := c.Apply(t.Context(), added("c", map[string]*string{"new": text("x")}))
	require.Contains(t, r.Message, "no column new")
}

// A deadlock is nobody's fault: come back.
func TestDeadlockIsThrottled(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustSQLTarget(t)
	require.NoError(t, target.Behave(t.Context(), fulfiltest.Behaviour{Action: "refuse", Message: "deadlock detected", SQLState: "40P01", Times: 1}))
	c := mustOpen(t, target.Settings())
	r := c.Apply(t.Context(), added("a", nil))
	require.Equal(t, fulfil.Throttled, r.Outcome)
	require.Positive(t, r.RetryAfter)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), added("a", nil)).Outcome)
}

// A slow taker of the rows is not a slow statement: the limit counts per round trip.
func TestExportSlowTaker(t *testing.T) {
	t.Parallel()
	c, _ := mustDB(t, `create table account as select 'key' || g as login, repeat('x', 2000) as name from generate_series(1, 9000) g`, map[string]string{"timeout": "1"})
	n := 0
	for _, err := range fulfil.Rows(c.Export(t.Context(), "account")) {
		require.NoError(t, err)
		if n++; n%3000 == 0 {
			time.Sleep(1500 * time.Millisecond)
		}
	}
	require.Equal(t, 9000, n)
}

// Wide rows among narrow ones: all of them come, whatever is held in memory at once.
func TestExportWideRows(t *testing.T) {
	t.Parallel()
	c, _ := mustDB(t, `create table account as select 'key' || g as login, repeat('x', case when g % 50 = 0 then 1000000 else 10 end) as name from generate_series(1, 2500) g`, nil)
	n, bytes := 0, 0
	for row, err := range fulfil.Rows(c.Export(t.Context(), "account")) {
		require.NoError(t, err)
		n++
		bytes += len(fulfil.TextOf(row["name"]))
	}
	require.Equal(t, 2500, n)
	require.Equal(t, 50*1000000+2450*10, bytes)
}

// Our own writes show in the token at once, not when the session has been idle for long.
func TestTokenOfOwnWrites(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustSQLTarget(t)
	c := mustOpen(t, target.Settings())
	for i := range 3 {
		before, err := c.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, fulfil.Done, c.Apply(t.Context(), added(fmt.Sprint(i), nil)).Outcome)
		require.Eventually(t, func() bool {
			after, err := c.Token(t.Context())
			return err == nil && after != before
		}, 2*time.Second, 5*time.Millisecond)
	}
}

// TestStamps: each table has its own, which changes with its rows and with those of its link tables; what is more than a table has none.
func TestStamps(t *testing.T) {
	t.Parallel()
	c, other := mustDB(t, `create table account (login text primary key); create table membership (login text references account, grp text); create table site (code text);
		create view seen as select * from account, site; create table part (n int) partition by list (n); create table heir () inherits (site);
		create table secret (n int); alter table secret enable row level security; create table asked (n int)`,
		map[string]string{"link.account.groups": "membership(login,grp)", "query.asked": "select 1 as n"})
	stamps := func() map[string]string {
		t.Helper()
		s, err := c.Stamps(t.Context())
		require.NoError(t, err)
		return s
	}
	before := stamps()
	names := slices.Sorted(maps.Keys(before))
	require.Equal(t, []string{"account", "heir", "membership"}, names)
	require.Equal(t, before, stamps())
	change := func(statement string) {
		t.Helper()
		tx, err := other.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), statement)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), "select pg_stat_force_next_flush()")
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
	}
	for _, step := range []struct {
		statement string
		changes   []string
	}{
		{"insert into account values ('a')", []string{"account"}}, {"insert into membership values ('a', 'g')", []string{"account", "membership"}},
		{"update membership set grp = 'h'", []string{"account", "membership"}}, {"delete from membership", []string{"account", "membership"}}, {"truncate heir", []string{"heir"}},
	} {
		change(step.statement)
		require.Eventually(t, func() bool {
			after := stamps()
			var changed []string
			for _, name := range names {
				if after[name] != before[name] {
					changed = append(changed, name)
				}
			}
			return slices.Equal(step.changes, changed)
		}, 5*time.Second, 20*time.Millisecond, step.statement)
		before = stamps()
	}
}

// Not parallel: it counts goroutines.
func TestNothingIsLeftRunning(t *testing.T) {
	target := fulfiltest.MustSQLTarget(t)
	before := goleak.IgnoreCurrent()
	settings := target.Settings()
	settings["timeout"] = "1"
	c, err := sqldb.Postgres{}.Open(t.Context(), fulfil.Settings{Values: settings})
	require.NoError(t, err)
	conn := c.Connector.(*sqldb.Conn)
	require.NoError(t, conn.Check(t.Context()))
	require.NoError(t, target.Behave(t.Context(), fulfiltest.Behaviour{Action: "hang", Key: "slow", Milliseconds: 5_000}))
	require.Equal(t, fulfil.Done, conn.Apply(t.Context(), added("a", nil)).Outcome)
	require.Equal(t, fulfil.Unknown, conn.Apply(t.Context(), added("slow", nil)).Outcome)
	for _, err := range fulfil.Rows(conn.Export(t.Context(), "account")) {
		require.NoError(t, err)
		break
	}
	require.NoError(t, conn.Close())
	goleak.VerifyNone(t, before)
}

func BenchmarkApply(b *testing.B) {
	target := fulfiltest.MustSQLTarget(b)
	c, err := sqldb.Postgres{}.Open(b.Context(), fulfil.Settings{Values: target.Settings()})
	require.NoError(b, err)
	defer c.Close()
	var n atomic.Int64
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			login := fmt.Sprintf("user%d", n.Add(1))
			if r := c.Applier.Apply(b.Context(), added(login, map[string]*string{"name": &login})); r.Outcome != fulfil.Done {
				b.Errorf("%+v", r)
			}
		}
	})
}

func BenchmarkExport(b *testing.B) {
	target := fulfiltest.MustSQLTarget(b)
	require.NoError(b, target.Edit(b.Context(), "insert into account (login, name, mail) select g::text, 'Petra Lang', g || '@example.org' from generate_series(1, 100000) g"))
	require.NoError(b, target.Edit(b.Context(), "insert into account_group select g::text, 'crm' from generate_series(1, 100000) g"))
	c, err := sqldb.Postgres{}.Open(b.Context(), fulfil.Settings{Values: target.Settings()})
	require.NoError(b, err)
	defer c.Close()
	for b.Loop() {
		n := 0
		for _, err := range fulfil.Rows(c.Exporter.Export(b.Context(), "account")) {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, 100_000, n)
	}
}

// TestExplains: our own changes explain the stamp of a table, and nothing else does: no write of others, and no change of ours that did more than it
// was asked to (triggers, references, rules), to whatever row.
func TestExplains(t *testing.T) {
	t.Parallel()
	const tables = `create table account (login text primary key, name text, boss text references account on update cascade on delete set null);
		create table grant_of (login text references account on update cascade, grp text);
		create table membership (id int generated always as identity, login text, grp text); create table journal (n int); create view names as select login, name from account;`
	links := map[string]string{"link.account.groups": "membership(login,grp)"}
	type world struct {
		*sqldb.Conn
		other  *sql.DB
		stamps map[string]string
	}
	begin := func(t *testing.T, more string) *world {
		t.Helper()
		c, other := mustDB(t, tables+more, links)
		w := &world{c, other, nil}
		require.Equal(t, fulfil.Done, w.Apply(t.Context(), added("seed", nil)).Outcome)
		require.Equal(t, fulfil.Done, w.Apply(t.Context(), added("other", nil)).Outcome)
		var err error
		w.stamps, err = c.Stamps(t.Context())
		require.NoError(t, err)
		require.NotContains(t, w.stamps, "names", "of a view nobody can tell")
		return w
	}
	explained := func(t *testing.T, w *world, table string, effects ...string) bool {
		t.Helper()
		now, err := w.Stamps(t.Context())
		require.NoError(t, err)
		return w.Explains(w.stamps[table], now[table], effects)
	}
	rename := func(from, to string) fulfil.Change {
		return fulfil.Change{Type: fulfil.Modified, Table: "account", KeyColumn: "login", Key: from, Resource: map[string]string{"login": from}, Changes: map[string]*string{"login": text(to), "name": text("N " + to)}}
	}
	removed := fulfil.Change{Type: fulfil.Deleted, Table: "account", KeyColumn: "login", Key: "seed"}

	t.Run("Own", func(t *testing.T) {
		t.Parallel()
		w := begin(t, "")
		a := added("a", nil)
		a.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: "g"}, {Key: "h"}}}
		moved := rename("a", "b")
		moved.ChangesRemoved = map[string][]fulfil.Link{"groups": {{Key: "g"}}}
		gone := removed
		gone.Key = "b"
		var effects []string
		for _, ch := range []fulfil.Change{a, moved, gone} {
			r := w.Apply(t.Context(), ch)
			require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
			require.NotEmpty(t, r.Effect)
			require.True(t, explained(t, w, "journal"), "it has not changed")
			require.False(t, explained(t, w, "account", effects...))
			effects = append(effects, r.Effect)
			require.True(t, explained(t, w, "account", effects...))
		}
		require.False(t, explained(t, w, "membership"), "to whoever reads the link table it has changed")
		require.False(t, explained(t, w, "account", append(effects, "x:1,2")...) && explained(t, w, "account", append(effects, effects[0])...))
		again := w.Apply(t.Context(), gone)
		require.Equal(t, fulfil.AlreadySo, again.Outcome)
		require.Empty(t, again.Effect)
		require.True(t, explained(t, w, "account", effects...))
		_, err := w.other.ExecContext(t.Context(), "begin; insert into account values ('z'); select pg_stat_force_next_flush(); commit")
		require.NoError(t, err)
		require.Eventually(t, func() bool { return !explained(t, w, "account", effects...) }, 10*time.Second, 10*time.Millisecond)
		require.False(t, w.Explains("0,1", "0,1", nil), "no stamp")
	})
	t.Run("Together", func(t *testing.T) {
		t.Parallel()
		w := begin(t, "")
		receipts := w.ApplyTogether(t.Context(), []fulfil.Change{rename("seed", "other"), rename("other", "seed")})
		require.Equal(t, []fulfil.Outcome{fulfil.Done, fulfil.Done}, []fulfil.Outcome{receipts[0].Outcome, receipts[1].Outcome}, "%+v", receipts)
		require.False(t, explained(t, w, "account"))
		require.True(t, explained(t, w, "account", receipts[0].Effect, receipts[1].Effect))
	})
	for name, more := range map[string]string{
		"TriggerWritesAnotherRow": `create function t() returns trigger language plpgsql as 'begin if pg_trigger_depth() = 1 then update account set name = coalesce(name, '''') || ''x'' where login = ''other''; end if; return null; end';
			create trigger t after insert or update or delete on account for each row execute function t()`,
		"TriggerWritesAnotherTable": `create function t() returns trigger language plpgsql as 'begin insert into journal values (1); return null; end';
			create trigger t after insert or update or delete on account for each row execute function t()`,
		"TriggerAtTheEnd": `create function t() returns trigger language plpgsql as 'begin if coalesce(new.login, old.login) <> ''other'' then update account set name = coalesce(name, '''') || ''x'' where login = ''other''; end if; return null; end';
			create constraint trigger t after insert or update or delete on account deferrable initially deferred for each row execute function t()`,
		"TriggerChangesTheKey": `create function t() returns trigger language plpgsql as 'begin new.login = upper(new.login); return new; end';
			create trigger t before update on account for each row execute function t()`,
		"CascadedKey":    `update account set boss = 'seed' where login = 'other'; create function t() returns trigger language plpgsql as 'begin update account set boss = ''seed'' where login = ''other''; insert into grant_of values (''seed'', ''g''); return null; end'; create trigger t after insert on account for each row when (new.login = 'other') execute function t()`,
		"RuleDoesAlso":   `create rule r as on update to account do also insert into journal values (1); create rule d as on delete to account do also insert into journal values (1)`,
		"WithoutCounter": `do $$ begin execute format('alter database %I set track_counts = off', current_database()); end $$`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, more)
			changes := []fulfil.Change{rename("seed", "moved")}
			switch {
			case strings.HasPrefix(name, "Rule"): // with a renamed row its links go along, and no rule may stand in the way of that
				changes[0].Changes = map[string]*string{"name": text("N")}
			case name != "CascadedKey" && name != "TriggerChangesTheKey":
				changes = append(changes, fulfil.Change{Type: fulfil.Deleted, Table: "account", KeyColumn: "login", Key: "moved"})
			}
			for _, ch := range changes {
				r := w.Apply(t.Context(), ch)
				require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
				require.False(t, explained(t, w, "account", r.Effect), "%s: %q", ch.Type, r.Effect)
			}
		})
	}
}

// An instant in the value format datetime is written to a column of instants, and reads as the same one.
func TestInstantsOfDirectories(t *testing.T) {
	t.Parallel()
	c, db := mustDB(t, "create table account (login text primary key, seen timestamptz, made timestamp, note text)", nil)
	text := "20241231235960.0Z"
	ch := fulfil.Change{OrderID: 1, IdempotencyKey: "k", Type: fulfil.Added, Table: "account", KeyColumn: "login", Changes: map[string]*string{"login": new("a"), "seen": &text}}
	require.Equal(t, fulfil.Refused, c.Apply(t.Context(), ch).Outcome, "no such second")
	text = "20240229235959.0Z"
	ch.Changes["made"], ch.Changes["note"] = new("20240229235959Z"), &text
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), ch).Outcome)
	var out string
	require.NoError(t, db.QueryRowContext(t.Context(), "select concat_ws(' ', seen at time zone 'UTC', made, note) from account").Scan(&out))
	require.Equal(t, "2024-02-29 23:59:59 2024-02-29 23:59:59 20240229235959.0Z", out)
	ch.Type, ch.Key = fulfil.Modified, "a"
	require.Equal(t, fulfil.AlreadySo, c.Apply(t.Context(), ch).Outcome)
}

// TestServerThatTakesNoChanges: once it says that it is read-only, the session is not used again; a name may stand for another server now.
func TestServerThatTakesNoChanges(t *testing.T) {
	t.Parallel()
	c, db := mustDB(t, `create table account (login text primary key, n int); insert into account values ('a', 1);
		create function no() returns trigger language plpgsql as $$ begin raise exception using errcode = '25006'; end $$;
		create trigger no before update on account for each row execute function no()`, map[string]string{"maxConnections": "1", "query.me": "select pg_backend_pid() as id"})
	me := func() (rows []fulfil.Row) {
		for row, err := range fulfil.Rows(c.Export(t.Context(), "me")) {
			require.NoError(t, err)
			rows = append(rows, row)
		}
		return rows
	}
	before := me()
	require.Equal(t, before, me())
	n := "2"
	ch := fulfil.Change{OrderID: 1, Type: fulfil.Modified, Table: "account", KeyColumn: "login", Key: "a", Changes: map[string]*string{"n": &n}}
	r := c.Apply(t.Context(), ch)
	require.Equal(t, fulfil.Unreachable, r.Outcome, "%+v", r)
	require.NotEqual(t, before, me())
	_, err := db.ExecContext(t.Context(), "drop trigger no on account")
	require.NoError(t, err)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), ch).Outcome)
}
