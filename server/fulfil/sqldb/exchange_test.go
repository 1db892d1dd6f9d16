package sqldb_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
)

const linkedAccounts = `create table grp (name text primary key);
	insert into grp values ('all'), ('crm');
	create table account (login text primary key, mail text unique, n int);
	create table member (login text references account %s, grp text references grp, since date not null default '2020-02-02', primary key (login, grp));
	insert into account values ('mstone', 'm@x', 1), ('lcole', 'l@x', 2), ('acid', 'a@x', 3);
	insert into member (login, grp, since) values ('mstone', 'all', '2001-01-01'), ('mstone', 'crm', '2002-02-02'), ('lcole', 'all', '2003-03-03');`

func renamed(key, login string, resource map[string]string) fulfil.Change {
	return fulfil.Change{OrderID: 1, IdempotencyKey: "k-" + key, Type: fulfil.Modified, Table: "account", KeyColumn: "login", Key: key,
		Resource: resource, Changes: map[string]*string{"login": &login}}
}

func members(t *testing.T, db *sql.DB) string {
	t.Helper()
	var out string
	require.NoError(t, db.QueryRowContext(t.Context(), `select coalesce(string_agg(login || ' ' || grp || ' ' || extract(year from since), ', ' order by login, grp), '') from member`).Scan(&out))
	return out
}

// A row that other rows refer to is renamed with them, however the reference is declared.
func TestRenameWithLinks(t *testing.T) {
	t.Parallel()
	for name, reference := range map[string]string{
		"PlainForeignKey": "", "Restrict": "on update restrict", "Cascade": "on update cascade", "Deferred": "deferrable initially deferred",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, db := mustDB(t, fmt.Sprintf(linkedAccounts, reference), map[string]string{"link.groups": "member(login,grp)"})
			ch := renamed("mstone", "mcole", nil)
			ch.ChangesRemoved = map[string][]fulfil.Link{"groups": {{Key: "crm"}}}
			r := c.Apply(t.Context(), ch)
			require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
			require.Equal(t, "lcole all 2003, mcole all 2001", members(t, db), "what stands in a link row stays")
			require.Equal(t, fulfil.NotFound, c.Apply(t.Context(), ch).Outcome)
		})
	}
	t.Run("NoForeignKey", func(t *testing.T) {
		t.Parallel()
		c, db := mustDB(t, strings.Replace(linkedAccounts, "references account %s", "", 1), map[string]string{"link.account.groups": "member(login,grp)"})
		require.Equal(t, fulfil.Done, c.Apply(t.Context(), renamed("mstone", "mcole", nil)).Outcome)
		require.Equal(t, "lcole all 2003, mcole all 2001, mcole crm 2002", members(t, db))
	})
	t.Run("TakenName", func(t *testing.T) {
		t.Parallel()
		c, db := mustDB(t, fmt.Sprintf(linkedAccounts, ""), map[string]string{"link.groups": "member(login,grp)"})
		require.Equal(t, fulfil.Conflict, c.Apply(t.Context(), renamed("mstone", "lcole", nil)).Outcome)
		require.Equal(t, "lcole all 2003, mstone all 2001, mstone crm 2002", members(t, db), "nothing was changed")
	})
}

const referring = `alter table account add boss text references account %[1]s;
	create table desk (no int primary key, login text references account %[1]s);
	update account set boss = 'mstone' where login <> 'acid'; update account set boss = 'lcole' where login = 'acid';
	insert into desk values (1, 'mstone'), (2, 'lcole'), (3, null);`

func bosses(t *testing.T, db *sql.DB) (out string) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), `select (select string_agg(n || ' ' || login || ' under ' || coalesce(boss, '-'), ', ' order by n) from account)
		|| '; ' || (select string_agg(no || ' ' || coalesce(login, '-'), ', ' order by no) from desk)`).Scan(&out))
	return out
}

// What refers to a renamed row from elsewhere, another table, the same one, the row itself, goes with it: the new name stands in the way of nobody. So
// it does when rows change names with each other, and with a reference that is written at the same time: it means who has the name now.
func TestRenameWithReferences(t *testing.T) {
	t.Parallel()
	for name, reference := range map[string]string{"Plain": "", "Restrict": "on update restrict", "Cascade": "on update cascade", "Deferred": "deferrable initially deferred"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, db := mustDB(t, fmt.Sprintf(linkedAccounts+referring, reference), map[string]string{"link.groups": "member(login,grp)"})
			r := c.Apply(t.Context(), renamed("mstone", "mcole", nil))
			require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
			require.Equal(t, "1 mcole under mcole, 2 lcole under mcole, 3 acid under lcole; 1 mcole, 2 lcole, 3 -", bosses(t, db))
			require.Equal(t, "lcole all 2003, mcole all 2001, mcole crm 2002", members(t, db))
			under := renamed("lcole", "acid", map[string]string{"login": "lcole", "boss": "mcole"})
			boss := "acid"
			under.Changes["boss"] = &boss
			for _, r := range c.ApplyTogether(t.Context(), []fulfil.Change{under, renamed("acid", "mcole", map[string]string{"login": "acid"}), renamed("mcole", "lcole", map[string]string{"login": "mcole"})}) {
				require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
			}
			require.Equal(t, "1 lcole under lcole, 2 acid under mcole, 3 mcole under acid; 1 lcole, 2 acid, 3 -", bosses(t, db), "the boss is who was called acid before")
		})
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	mail := func(c fulfil.Change, v string) fulfil.Change { c.Changes["mail"] = &v; return c }
	both := []fulfil.Change{
		renamed("mstone", "lcole", map[string]string{"login": "mstone", "mail": "m@x"}), renamed("lcole", "mstone", map[string]string{"login": "lcole", "mail": "l@x"}),
	}
	logins := func(t *testing.T, db *sql.DB) string {
		var out string
		require.NoError(t, db.QueryRowContext(t.Context(), `select string_agg(n || ' ' || login || ' ' || mail, ', ' order by n) from account`).Scan(&out))
		return out
	}
	for name, change := range map[string]string{
		"Plain": "", "ShortColumn": "alter table account alter login type varchar(6)", "Cascade": "alter table member drop constraint member_login_fkey, add foreign key (login) references account on update cascade",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, db := mustDB(t, fmt.Sprintf(linkedAccounts, "")+change, map[string]string{"link.groups": "member(login,grp)"})
			for _, r := range c.ApplyTogether(t.Context(), both) {
				require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
			}
			require.Equal(t, "1 lcole m@x, 2 mstone l@x, 3 acid a@x", logins(t, db))
			require.Equal(t, "lcole all 2001, lcole crm 2002, mstone all 2003", members(t, db))
		})
	}
	t.Run("OfThreeWithAnotherUniqueColumn", func(t *testing.T) {
		t.Parallel()
		c, db := mustDB(t, fmt.Sprintf(linkedAccounts, ""), map[string]string{"link.groups": "member(login,grp)"})
		for _, r := range c.ApplyTogether(t.Context(), []fulfil.Change{
			mail(renamed("mstone", "lcole", map[string]string{"login": "mstone", "mail": "m@x"}), "l@x"),
			mail(renamed("lcole", "acid", map[string]string{"login": "lcole", "mail": "l@x"}), "a@x"),
			mail(renamed("acid", "mstone", map[string]string{"login": "acid", "mail": "a@x"}), "m@x"),
		}) {
			require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
		}
		require.Equal(t, "1 lcole l@x, 2 acid a@x, 3 mstone m@x", logins(t, db))
	})
	t.Run("OneIsGone", func(t *testing.T) {
		t.Parallel()
		three := []fulfil.Change{renamed("acid", "lcole", map[string]string{"login": "acid"}), renamed("lcole", "mstone", map[string]string{"login": "lcole"}), renamed("mstone", "acid", map[string]string{"login": "mstone"})}
		for i, gone := range []string{"acid", "lcole", "mstone"} {
			c, db := mustDB(t, fmt.Sprintf(linkedAccounts, "on delete cascade"), map[string]string{"link.groups": "member(login,grp)"})
			_, err := db.ExecContext(t.Context(), "delete from account where login = $1", gone)
			require.NoError(t, err)
			was := logins(t, db)
			for _, r := range c.ApplyTogether(t.Context(), three) {
				require.Equal(t, fulfil.NotFound, r.Outcome, "%+v", r)
				require.Contains(t, r.Message, three[i].Key)
			}
			require.Equal(t, was, logins(t, db), "nobody got the row of another")
		}
	})
	t.Run("DeletedFirst", func(t *testing.T) {
		t.Parallel()
		c, db := mustDB(t, fmt.Sprintf(linkedAccounts, "on delete cascade on update cascade"), nil)
		for _, r := range c.ApplyTogether(t.Context(), []fulfil.Change{renamed("mstone", "acid", map[string]string{"login": "mstone"}),
			{OrderID: 2, IdempotencyKey: "k", Type: fulfil.Deleted, Table: "account", KeyColumn: "login", Key: "acid"}}) {
			require.True(t, r.Outcome.OK(), "%+v", r)
		}
		require.Equal(t, "1 acid m@x, 2 lcole l@x", logins(t, db))
	})
	t.Run("AllOrNothing", func(t *testing.T) {
		t.Parallel()
		c, db := mustDB(t, fmt.Sprintf(linkedAccounts, "")+"alter table account add constraint known check (login in ('mstone', 'lcole', 'acid'))", map[string]string{"link.groups": "member(login,grp)"})
		for _, r := range c.ApplyTogether(t.Context(), both) {
			require.Equal(t, fulfil.Refused, r.Outcome)
			require.Contains(t, r.Message, "only go together")
		}
		require.Equal(t, "1 mstone m@x, 2 lcole l@x, 3 acid a@x", logins(t, db))
	})
	t.Run("ThroughTheFrame", func(t *testing.T) {
		t.Parallel()
		c, db := mustDB(t, fmt.Sprintf(linkedAccounts, ""), nil)
		g := fulfil.Guard("target", &fulfil.Opened{Connector: c, Exchanger: c}, fulfil.Limits{}).Exchanger
		_, err := db.ExecContext(t.Context(), "delete from member")
		require.NoError(t, err)
		for _, r := range g.ApplyTogether(t.Context(), both) {
			require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
		}
	})
}
