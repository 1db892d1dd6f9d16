package sqldb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/sqldb"
)

const mariaMembers = "create table account (login varchar(20) primary key, name varchar(50)); create table member (login varchar(20), grp varchar(250), primary key (login, grp)); insert into account values ('a', 'A');"

// TestMariaLinksThatAreTooLong: of more links than one packet of the server takes it gives nothing, with no more than a warning. That is not a row
// without links.
func TestMariaLinksThatAreTooLong(t *testing.T) {
	t.Parallel()
	c, _ := mustMariaDB(t, mariaMembers+"insert into account values ('b', 'B'); insert into member select 'a', concat(seq, repeat('-', 230)) from seq_1_to_40000", map[string]string{"link.groups": "member(login,grp)"})
	var failed error
	for row, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "account")) {
		if failed = err; err == nil {
			require.NotEqual(t, "a", row["login"], "%d groups", len(fulfil.TextOf(row["groups"])))
		}
	}
	require.True(t, errs.Is(failed, errs.Unavailable), "%v", failed)
	_, _, err := c.Reader.Read(t.Context(), "account", "login", "a")
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	row, found, err := c.Reader.Read(t.Context(), "account", "login", "b")
	require.NoError(t, err)
	require.True(t, found)
	require.Nil(t, row["groups"])
}

// TestMariaDeadlockOfExchange: the server takes the whole transaction back, and with it the place to which we would go back. It may be tried again.
func TestMariaDeadlockOfExchange(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table account (login varchar(20) primary key, name varchar(50)); create table heavy (n int primary key, x int);
		insert into heavy select seq, 0 from seq_1_to_500; insert into account values ('a', 'A'), ('b', 'B')`, nil)
	other, err := target.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer other.Rollback() //nolint:errcheck // after a commit it has nothing to do
	for _, statement := range []string{"update heavy set x = 1", "select * from account where login = 'b' for update"} {
		_, err := other.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	var changes []fulfil.Change
	for _, pair := range []string{"ab", "ba"} {
		ch := mariaChange(fulfil.Modified, pair[:1], "login", pair[1:], "name", "new")
		ch.Resource = map[string]string{"login": pair[:1], "name": strings.ToUpper(pair[:1])}
		changes = append(changes, ch)
	}
	answers := make(chan []fulfil.Receipt, 1)
	go func() { answers <- c.Exchanger.ApplyTogether(t.Context(), changes) }()
	require.Eventually(t, func() bool { // it has locked its first row
		_, err := target.DB.ExecContext(t.Context(), "select * from account where login = 'a' for update nowait")
		return err != nil
	}, 20*time.Second, 10*time.Millisecond)
	_, err = other.ExecContext(t.Context(), "select * from account where login = 'a' for update")
	require.NoError(t, err, "ours is the one that has written less")
	require.NoError(t, other.Commit())
	for _, r := range <-answers {
		require.Equal(t, fulfil.Throttled, r.Outcome, "%+v", r)
	}
	require.Equal(t, []string{"a A", "b B"}, target.Texts(t, "select * from account order by login", 2))
	for _, r := range c.Exchanger.ApplyTogether(t.Context(), changes) {
		require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	}
}

// TestMariaLinkThatSomebodyElseAdds between our look and our insert: it is as wanted.
func TestMariaLinkThatSomebodyElseAdds(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, mariaMembers, map[string]string{"link.groups": "member(login,grp)"})
	other, err := target.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer other.Rollback() //nolint:errcheck // after a commit it has nothing to do
	_, err = other.ExecContext(t.Context(), "insert into member values ('a', 'crm')")
	require.NoError(t, err)
	ch := mariaChange(fulfil.Modified, "a")
	ch.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: "crm"}}}
	answer := make(chan fulfil.Receipt, 1)
	go func() { answer <- c.Applier.Apply(t.Context(), ch) }()
	require.Eventually(t, func() bool { // it waits for whether there is one
		return len(target.Texts(t, fmt.Sprintf("select id from information_schema.PROCESSLIST where info like 'insert into `%s`.`member`%%'", target.Name), 1)) > 0
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, other.Commit())
	r := <-answer
	require.Equal(t, fulfil.AlreadySo, r.Outcome, "%+v", r)
}

// TestMariaTablesThatDifferInCase are two tables, each with its own columns, keys and references.
func TestMariaTablesThatDifferInCase(t *testing.T) {
	t.Parallel()
	c, _ := mustMariaDB(t, `create table account (login varchar(20) primary key, name varchar(50)); create table Account (id int primary key, mail varchar(50)); insert into account values ('a', 'A')`, nil)
	require.Equal(t, []fulfil.Row{{"login": "a", "name": "A"}}, mariaRows(t, c, "account"))
	tables, err := c.Exporter.Schema(t.Context())
	require.NoError(t, err)
	columns := map[string][]string{}
	for _, table := range tables {
		columns[table.Name] = table.Columns
	}
	require.Equal(t, map[string][]string{"account": {"login", "name"}, "Account": {"id", "mail"}}, columns)
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "name", "B")).Outcome)
}

// TestMariaSession: notes of the server, which say that something was cut, are there and are all there, whatever its own settings are.
func TestMariaSession(t *testing.T) {
	t.Parallel()
	c, _ := mustMariaDB(t, mariaMembers, map[string]string{"query.account": "select @@sql_notes as notes, @@max_error_count as most"})
	require.Equal(t, []fulfil.Row{{"notes": "1", "most": "65535"}}, mariaRows(t, c, "account"))
}

// TestMariaServerThatTakesNoChanges: once it says that it is read-only, the session is not used again; a name may stand for another server now.
func TestMariaServerThatTakesNoChanges(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, mariaMembers+"create trigger no before update on account for each row signal sqlstate 'HY000' set mysql_errno = 1836, message_text = 'Running in read-only mode'",
		map[string]string{"maxConnections": "1", "query.member": "select connection_id() as id"})
	before := mariaRows(t, c, "member")
	require.Equal(t, before, mariaRows(t, c, "member"))
	r := c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "name", "B"))
	require.Equal(t, fulfil.Unreachable, r.Outcome, "%+v", r)
	after := mariaRows(t, c, "member")
	require.NotEqual(t, before, after)
	ch := mariaChange(fulfil.Modified, "a", "name", "B")
	for _, r := range c.Exchanger.ApplyTogether(t.Context(), []fulfil.Change{ch}) {
		require.Equal(t, fulfil.Unreachable, r.Outcome, "%+v", r)
	}
	require.NotEqual(t, after, mariaRows(t, c, "member"))
	_, err := target.DB.ExecContext(t.Context(), "drop trigger no")
	require.NoError(t, err)
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), ch).Outcome)
}

// TestMariaViewsOfTablesWithoutTransactions: through a view, too, nothing is written that could not be taken back.
func TestMariaViewsOfTablesWithoutTransactions(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table old (login varchar(20) primary key, name varchar(3)) engine = MyISAM; create table new (login varchar(20) primary key, name varchar(3));
		create view over_old as select login, name from old; create view account as select * from over_old; create view good as select login, name from new`, nil)
	r := c.Applier.Apply(t.Context(), mariaChange(fulfil.Added, "a", "name", "abc   "))
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.Empty(t, target.Texts(t, "select login from old", 1), "nothing was changed, it says")
	require.Contains(t, r.Message, "MyISAM")
	in := mariaChange(fulfil.Added, "a", "name", "abc")
	in.Table = "good"
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), in).Outcome)
}

// TestMariaCertificateThatIsNotLookedAt: whoever names whom the certificate must come from is not connected without it.
func TestMariaCertificateThatIsNotLookedAt(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"false", "skip-verify"} {
		_, err := sqldb.MariaDB{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"connectionString": "mariadb://u:p@db.example/x?tls=" + how, "caCertificate": "ca.pem"}})
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", how, err)
		require.ErrorContains(t, err, "caCertificate")
	}
}
