package sqldb_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/sqldb"
)

// mustMariaDB makes a database of its own with these statements run in it, and a connection to it.
func mustMariaDB(t *testing.T, statements string, settings map[string]string) (*fulfil.Opened, *fulfiltest.MariaTarget) {
	t.Helper()
	target := fulfiltest.MustMariaEmpty(t, statements)
	all := map[string]string{"connectionString": target.Address(nil), "caCertificate": target.Server.CA, "timeout": "10"}
	for k, v := range settings {
		all[k] = v
	}
	return mustMaria(t, all), target
}

func mariaChange(verb fulfil.ChangeType, key string, pairs ...string) fulfil.Change {
	c := fulfil.Change{OrderID: 70021, IdempotencyKey: "attempt-1", Type: verb, Table: "account", KeyColumn: "login", Changes: map[string]*string{}}
	if verb == fulfil.Added {
		c.Changes["login"] = &key
	} else {
		c.Key = key
	}
	for i := 0; i < len(pairs); i += 2 {
		c.Changes[pairs[i]] = &pairs[i+1]
		if pairs[i+1] == "<null>" {
			c.Changes[pairs[i]] = nil
		}
	}
	return c
}

func mariaRows(t *testing.T, c *fulfil.Opened, table string) (rows []fulfil.Row) {
	t.Helper()
	for row, err := range fulfil.Rows(c.Exporter.Export(t.Context(), table)) {
		require.NoError(t, err)
		rows = append(rows, row)
	}
	return rows
}

// TestMariaKeysThatLookAlike: the server takes texts for the same that differ in case, accents and blanks at the end, and a text for the number that it
// begins with. Nobody's row is read, changed or deleted by such a key of somebody else.
func TestMariaKeysThatLookAlike(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table account (login varchar(20) primary key, name varchar(50)) default charset utf8mb4 collate utf8mb4_general_ci;
		create table free (login varchar(20) collate utf8mb4_general_ci, name varchar(50));
		create table number (login int primary key, name varchar(50)); create table large (login bigint unsigned primary key, name varchar(50));
		insert into account values ('Muller', 'other'); insert into free values ('Muller', 'other'); insert into number values (0, 'zero'), (12, 'twelve');
		insert into large values (18446744073709551615, 'last'), (9007199254740992, 'even')`, nil)
	for _, key := range []string{"muller", "Müller", "Muller ", "MULLER", "Mullér  "} {
		for _, verb := range []fulfil.ChangeType{fulfil.Added, fulfil.Modified, fulfil.Deleted} {
			r := c.Applier.Apply(t.Context(), mariaChange(verb, key, "name", "mine"))
			require.Equal(t, fulfil.Conflict, r.Outcome, "%s %q: %+v", verb, key, r)
			require.Contains(t, r.Message, "utf8mb4_general_ci")
		}
		_, found, err := c.Reader.Read(t.Context(), "account", "login", key)
		require.NoError(t, err)
		require.False(t, found, key)
		in := mariaChange(fulfil.Added, key, "name", "mine")
		in.Table = "free"
		require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), in).Outcome, "no index keeps them from being two")
		require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), in).Outcome)
		in = mariaChange(fulfil.Deleted, key)
		in.Table = "free"
		require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), in).Outcome)
	}
	require.Equal(t, []string{"Muller other"}, target.Texts(t, "select * from account", 2))
	require.Equal(t, []string{"Muller other"}, target.Texts(t, "select * from free", 2))

	for _, key := range []string{"12abc", "abc", "", "0x0", "12.0", " 12", "12 ", "1e1", "12; drop table number", "' or 1=1 -- "} {
		_, found, err := c.Reader.Read(t.Context(), "number", "login", key)
		require.NoError(t, err)
		require.False(t, found, key)
		for _, verb := range []fulfil.ChangeType{fulfil.Modified, fulfil.Deleted} {
			in := mariaChange(verb, key, "name", "mine")
			in.Table = "number"
			require.NotEqual(t, fulfil.Done, c.Applier.Apply(t.Context(), in).Outcome, "%s %q", verb, key)
		}
	}
	require.Equal(t, []string{"0 zero", "12 twelve"}, target.Texts(t, "select * from number order by login", 2))
	for key, there := range map[string]bool{"18446744073709551615": true, "18446744073709551614": false, "9007199254740992": true, "9007199254740993": false, "-1": false} {
		_, found, err := c.Reader.Read(t.Context(), "large", "login", key)
		require.NoError(t, err)
		require.Equal(t, there, found, key)
	}
}

// TestMariaValuesThatLookAlike: a change of case, of an accent or of blanks at the end is a change.
func TestMariaValuesThatLookAlike(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table account (login varchar(20) primary key, name varchar(50)); insert into account values ('a', 'petra')`, nil)
	for _, name := range []string{"Petra", "Pétra", "Petra ", "Petra", "", " ", "0", "00"} {
		require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "name", name)).Outcome, name)
		require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "name", name)).Outcome, name)
		require.Equal(t, name, mariaRows(t, c, "account")[0]["name"])
	}
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "login", "A")).Outcome, "another spelling of its own key")
	require.Equal(t, []string{"A 00"}, target.Texts(t, "select * from account", 2))
}

// TestMariaTypes: one text form per type, the same out and in: what was exported and is written back is no change.
func TestMariaTypes(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, "create table account (login varchar(20) primary key, b boolean, b2 tinyint(1), ti tinyint, i int, l bigint, u bigint unsigned, n decimal(12,2), f double, r float, bits bit(10), flag bit(1),"+
		"ts timestamp(3) null, plain datetime null, d date, tm time(2), y year, vb varbinary(10), fixed binary(4), bl blob, ch char(5), vc varchar(8), e enum('sad','Ok'), s set('a','b','c'), j json, id uuid, lt varchar(10) charset latin1, nothing text, `we``ird \"name` text);"+
		"insert into account values ('a', true, 7, -3, -1, 9007199254740993, 18446744073709551615, 1.50, 0.1, 0.1, 513, 1, '2026-01-12 02:05:11.250', '2026-01-12 03:05:11', '2026-01-12', '03:05:00.50', 2026, x'00ff', x'0102', x'00', 'ab', 'ab ', 'Ok', 'a,c', '{\"a\": 1}', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'Zoë', null, 'w')", nil)
	want := fulfil.Row{
		"login": "a", "b": "true", "b2": "7", "ti": "-3", "i": "-1", "l": "9007199254740993", "u": "18446744073709551615", "n": "1.50", "f": "0.1", "r": "0.1", "bits": "513", "flag": "true",
		"ts": "2026-01-12T02:05:11.25Z", "plain": "2026-01-12T03:05:11Z", "d": "2026-01-12", "tm": "03:05:00.5", "y": "2026",
		"vb": []byte{0, 0xff}, "fixed": []byte{1, 2, 0, 0}, "bl": []byte{0}, "ch": "ab", "vc": "ab ", "e": "Ok", "s": "a,c", "j": `{"a": 1}`, "id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
		"lt": "Zoë", "nothing": nil, "we`ird \"name": "w",
	}
	require.Equal(t, []fulfil.Row{want}, mariaRows(t, c, "account"))
	row, found, err := c.Reader.Read(t.Context(), "account", "login", "a")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want, row)
	same, copied := mariaChange(fulfil.Modified, "a"), mariaChange(fulfil.Added, "b")
	for column, value := range want {
		if column == "login" {
			continue
		}
		if value == nil {
			same.Changes[column], copied.Changes[column] = nil, nil
			continue
		}
		text := fulfil.TextOf(value)
		same.Changes[column], copied.Changes[column] = &text, &text
	}
	r := c.Applier.Apply(t.Context(), same)
	require.Equal(t, fulfil.AlreadySo, r.Outcome, "%+v", r)
	r = c.Applier.Apply(t.Context(), copied)
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), copied).Outcome)
	row, _, err = c.Reader.Read(t.Context(), "account", "login", "b")
	require.NoError(t, err)
	want["login"] = "b"
	require.Equal(t, want, row)

	other := mariaChange(fulfil.Modified, "a", "n", "1.5", "ts", "20260112020511.25Z", "plain", "2026-01-12T04:05:11+01:00", "b", "1", "i", "-01", "e", "OK", "s", "c,a", "u", "+18446744073709551615", "ti", "", "tm", "03:05:00.50")
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), other).Outcome, "the empty number clears")
	r = c.Applier.Apply(t.Context(), other)
	require.Equal(t, fulfil.AlreadySo, r.Outcome, "other spellings of the same values are the same")
	fine := mariaChange(fulfil.Modified, "a", "ts", "2026-01-12T02:05:11.250999Z")
	require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), fine).Outcome, "the column keeps no finer time")
	zone := target.Texts(t, "select unix_timestamp(ts) from account where login = 'b'", 1)
	require.Equal(t, []string{"1768183511.250"}, zone, "moments are in UTC, whatever the server's zone is")
}

func TestMariaZeroDates(t *testing.T) {
	t.Parallel()
	c, _ := mustMariaDB(t, `create table account (login varchar(20) primary key, d date, at datetime not null default '0000-00-00 00:00:00');
		set sql_mode = ''; insert into account values ('a', '0000-00-00', default), ('b', '2026-00-00', '2026-01-12')`, nil)
	require.ElementsMatch(t, []fulfil.Row{{"login": "a", "d": nil, "at": nil}, {"login": "b", "d": "2026-00-00", "at": "2026-01-12T00:00:00Z"}}, mariaRows(t, c, "account"))
	require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "d", "<null>", "at", "<null>")).Outcome)
	r := c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "b", "d", "2026-13-45"))
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
}

// TestMariaRefusals: the server, whose own mode is not strict, would cut, round and guess. Nothing of the kind is written.
func TestMariaRefusals(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `
		create table account (login varchar(20) primary key, name varchar(5), age int not null default 0 check (age >= 0), n decimal(5,2), small tinyint, site varchar(20) references account (login), old varchar(10) charset utf8mb3, d datetime);
		create table old (login varchar(20) primary key, name varchar(5)) engine = MyISAM; create table crash (login varchar(20) primary key) engine = Aria;
		create table member (login varchar(20), g varchar(5)) engine = MyISAM; create table twice (login varchar(20)); insert into twice values ('a'), ('a');
		create view v as select login, name from account where login <> 'hidden' with check option;
		create table made (login varchar(20) primary key, upper varchar(20) as (upper(login)) stored)`, map[string]string{"link.twice.groups": "member(login,g)"})
	in := func(table string, ch fulfil.Change) fulfil.Change { ch.Table = table; return ch }
	for name, tc := range map[string]struct {
		change  fulfil.Change
		outcome fulfil.Outcome
		says    string
	}{
		"TooLong":       {mariaChange(fulfil.Added, "a1", "name", "too long"), fulfil.Refused, "1406"},
		"KeyTooLong":    {mariaChange(fulfil.Added, strings.Repeat("a", 21)), fulfil.Refused, "1406"},
		"BlanksTooLong": {mariaChange(fulfil.Added, "a1", "name", "ab      "), fulfil.Refused, "1265"},
		"NoNumber":      {mariaChange(fulfil.Added, "a2", "age", "ten"), fulfil.Refused, "whole number"},
		"Digits":        {mariaChange(fulfil.Added, "a2", "age", "12abc"), fulfil.Refused, "whole number"},
		"Fraction":      {mariaChange(fulfil.Added, "a2", "age", "1.5"), fulfil.Refused, "whole number"},
		"Rounded":       {mariaChange(fulfil.Added, "a2", "n", "1.005"), fulfil.Refused, "1265"},
		"Range":         {mariaChange(fulfil.Added, "a2", "small", "300"), fulfil.Refused, "1264"},
		"NoDate":        {mariaChange(fulfil.Added, "a2", "d", "soon"), fulfil.Refused, "1292"},
		"NoLetter":      {mariaChange(fulfil.Added, "a2", "old", "smile 😀"), fulfil.Refused, "1366"},
		"Check":         {mariaChange(fulfil.Added, "a3", "age", "-1"), fulfil.Refused, "4025"},
		"NotNull":       {mariaChange(fulfil.Added, "a4", "age", "<null>"), fulfil.Refused, "1048"},
		"Reference":     {mariaChange(fulfil.Added, "a5", "site", "nobody"), fulfil.Refused, "1452"},
		"NoColumn":      {mariaChange(fulfil.Added, "a6", "shoes", "1"), fulfil.Refused, "no column shoes"},
		"NoTable":       {in("nowhere", mariaChange(fulfil.Added, "a7")), fulfil.Refused, "no table nowhere"},
		"MyISAM":        {in("old", mariaChange(fulfil.Added, "a8")), fulfil.Refused, "MyISAM"},
		"Aria":          {in("crash", mariaChange(fulfil.Added, "a8")), fulfil.Refused, "Aria"},
		"LinkMyISAM":    {in("twice", mariaChange(fulfil.Added, "a8")), fulfil.Refused, "Table member is kept by MyISAM"},
		"ViewCheck":     {in("v", mariaChange(fulfil.Added, "hidden")), fulfil.Refused, "1369"},
		"Generated":     {in("made", mariaChange(fulfil.Added, "x", "upper", "y")), fulfil.Refused, "1906"},
		"NoKey":         {mariaChange(fulfil.Modified, "", "name", "x"), fulfil.Refused, "no key"},
		"NoKeyToDelete": {mariaChange(fulfil.Deleted, ""), fulfil.Refused, "no key"},
		"WithoutTheLink": {func() fulfil.Change {
			ch := mariaChange(fulfil.Modified, "a")
			ch.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: "x"}}}
			return ch
		}(), fulfil.Refused, "link.groups"},
		"MuchTooLong": {mariaChange(fulfil.Added, "a9", "name", strings.Repeat("x", 17<<20)), fulfil.Refused, "max_allowed_packet"},
	} {
		r := c.Applier.Apply(t.Context(), tc.change)
		require.Equal(t, tc.outcome, r.Outcome, "%s: %+v", name, r)
		require.Contains(t, r.Message+r.Hint, tc.says, name)
	}
	for _, table := range []string{"account", "old", "crash", "made"} {
		require.Empty(t, target.Texts(t, "select login from "+table, 1), table)
	}
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), in("v", mariaChange(fulfil.Added, "shown", "name", "x"))).Outcome, "a view that can be written can be written")
	require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), in("v", mariaChange(fulfil.Added, "shown", "name", "x"))).Outcome)
	for name, pairs := range map[string][]string{"TooLong": {"name", "too long"}, "Rounded": {"n", "1.005"}, "Blanks": {"name", "ab      "}} {
		require.Equal(t, fulfil.Refused, c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "shown", pairs...)).Outcome, name)
	}
	require.Equal(t, []string{"shown x <null>"}, target.Texts(t, "select login, name, n from account", 3))
}

func TestMariaSeveralRows(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table account (login varchar(20), name varchar(5)); insert into account values ('a', 'x'), ('a', 'y'), ('A', 'z')`, nil)
	require.Contains(t, c.Applier.Apply(t.Context(), mariaChange(fulfil.Deleted, "a")).Message, "Several rows")
	require.Contains(t, c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "name", "w")).Message, "Several rows")
	_, _, err := c.Reader.Read(t.Context(), "account", "login", "a")
	require.True(t, errs.Is(err, errs.Conflict), "got %v", err)
	row, found, err := c.Reader.Read(t.Context(), "account", "login", "A")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "z", row["name"])
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), mariaChange(fulfil.Deleted, "A")).Outcome)
	require.Len(t, target.Texts(t, "select login from account", 1), 2)
}

func TestMariaKeysOfTheDatabase(t *testing.T) {
	t.Parallel()
	c, _ := mustMariaDB(t, `create table account (id bigint auto_increment primary key, login varchar(20) unique);
		create table made (id uuid default uuid() primary key, login varchar(20))`, nil)
	ch := fulfil.Change{Type: fulfil.Added, Table: "account", KeyColumn: "id", Changes: map[string]*string{"login": text("plang")}}
	r := c.Applier.Apply(t.Context(), ch)
	require.Equal(t, []string{"DONE", "1"}, []string{string(r.Outcome), r.CreatedKey}, "%+v", r)
	r = c.Applier.Apply(t.Context(), ch)
	require.Equal(t, fulfil.Conflict, r.Outcome)
	ch.Changes, ch.Key = map[string]*string{}, "77"
	r = c.Applier.Apply(t.Context(), ch)
	require.Equal(t, []string{"DONE", "77"}, []string{string(r.Outcome), r.CreatedKey})
	require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), ch).Outcome)
	ch = fulfil.Change{Type: fulfil.Added, Table: "made", KeyColumn: "id", Changes: map[string]*string{"login": text("plang")}}
	r = c.Applier.Apply(t.Context(), ch)
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	require.Len(t, r.CreatedKey, 36)
	_, found, err := c.Reader.Read(t.Context(), "made", "id", strings.ToUpper(r.CreatedKey))
	require.NoError(t, err)
	require.True(t, found)
}

// TestMariaLinks: by another column than the key, typed, without a foreign key, in another collation, many, and following a renamed row.
func TestMariaLinks(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `
		create table account (id int auto_increment primary key, login varchar(20) unique not null, number bigint unsigned);
		create table account_group (login varchar(20) not null, g varchar(200), primary key (login, g), foreign key (login) references account (login) on update cascade);
		create table account_role (number bigint unsigned, role_id int);
		create table account_tag (login varchar(20) collate utf8mb4_bin, tag varchar(20));
		create table account_key (login varchar(20), k varbinary(4))`,
		map[string]string{"link.groups": "account_group(login,g)", "link.account.roles": "account_role ( number , role_id )", "link.account.tags": "account_tag(login,tag)", "link.account.keys": "account_key(login,k)"})
	ch := mariaChange(fulfil.Added, "plang", "number", "18446744073709551615")
	ch.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: "B"}, {Key: "a"}, {Key: "c,d"}, {Key: "a"}}, "roles": {{Key: "10"}, {Key: "9"}, {Key: "009"}}, "tags": {{Key: "x"}, {Key: "X"}, {Key: "x "}}, "keys": {{Key: "AP8="}}}
	r := c.Applier.Apply(t.Context(), ch)
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	r = c.Applier.Apply(t.Context(), ch)
	require.Equal(t, fulfil.AlreadySo, r.Outcome, "%+v", r)
	row := mariaRows(t, c, "account")[0]
	require.Equal(t, []string{"a", "B", "c,d"}, row["groups"], "sorted without regard to case (provisioning 5.3)")
	require.Equal(t, []string{"10", "9"}, row["roles"])
	require.ElementsMatch(t, []string{"x", "X", "x "}, row["tags"])
	require.Equal(t, []string{"AP8="}, row["keys"])
	one, _, err := c.Reader.Read(t.Context(), "account", "login", "plang")
	require.NoError(t, err)
	require.Equal(t, row, one)

	remove := mariaChange(fulfil.Modified, "plang")
	remove.ChangesRemoved = map[string][]fulfil.Link{"tags": {{Key: "X"}}, "roles": {{Key: "9"}, {Key: "9abc"}, {Key: "x"}}, "groups": {{Key: "A"}}}
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), remove).Outcome)
	row = mariaRows(t, c, "account")[0]
	require.Equal(t, []any{[]string{"a", "B", "c,d"}, []string{"10"}, []string{"x", "x "}}, []any{row["groups"], row["roles"], row["tags"]})
	loose := mariaChange(fulfil.Modified, "plang")
	loose.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: "A"}}}
	require.Equal(t, fulfil.Conflict, c.Applier.Apply(t.Context(), loose).Outcome, "the server takes A for a, and we do not")
	wrong := mariaChange(fulfil.Modified, "plang")
	wrong.ChangesAdded = map[string][]fulfil.Link{"roles": {{Key: "many"}}}
	require.Equal(t, fulfil.Refused, c.Applier.Apply(t.Context(), wrong).Outcome)

	whole := mariaChange(fulfil.Modified, "plang", "groups", "c,d\nnew", "login", "pwinter")
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), whole).Outcome)
	row = mariaRows(t, c, "account")[0]
	require.Equal(t, []any{"pwinter", []string{"c,d", "new"}, []string{"10"}, []string{"x", "x "}, []string{"AP8="}}, []any{row["login"], row["groups"], row["roles"], row["tags"], row["keys"]}, "links go along")
	require.Equal(t, fulfil.NotFound, c.Applier.Apply(t.Context(), whole).Outcome)

	many := mariaChange(fulfil.Modified, "pwinter")
	for i := range 15_000 {
		many.ChangesAdded = map[string][]fulfil.Link{"groups": append(many.ChangesAdded["groups"], fulfil.Link{Key: fmt.Sprintf("%05d%s", i, strings.Repeat("-", 150))})}
	}
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), many).Outcome)
	require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), many).Outcome)
	require.Len(t, mariaRows(t, c, "account")[0]["groups"], 15_002, "the server would cut such a list in silence")

	gone := mariaChange(fulfil.Deleted, "pwinter")
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), gone).Outcome)
	for _, table := range []string{"account_group", "account_role", "account_tag", "account_key"} {
		require.Empty(t, target.Texts(t, "select 1 from "+table, 1), table)
	}
}

// TestMariaRenameThatTheServerForbids: references without a cascade stand in the way, and it is said what helps.
func TestMariaRenameThatTheServerForbids(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table account (login varchar(20) primary key); create table desk (login varchar(20), foreign key (login) references account (login));
		insert into account values ('a'); insert into desk values ('a')`, nil)
	r := c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "login", "b"))
	require.Equal(t, fulfil.Refused, r.Outcome)
	require.Contains(t, r.Hint, "ON UPDATE CASCADE")
	require.Equal(t, fulfil.Refused, c.Applier.Apply(t.Context(), mariaChange(fulfil.Deleted, "a")).Outcome)
	require.Equal(t, []string{"a a"}, target.Texts(t, "select a.login, d.login from account a, desk d", 2))
}

func TestMariaExchange(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table account (n int, login varchar(6) primary key, mail varchar(20) unique); create table member (login varchar(6), g varchar(10), foreign key (login) references account (login) on update cascade);
		insert into account values (1, 'mstone', 'm@x'), (2, 'lcole', 'l@x'), (3, 'acid', 'a@x'); insert into member values ('mstone', 'crm'), ('lcole', 'all')`, map[string]string{"link.groups": "member(login,g)"})
	swap := []fulfil.Change{renamed("mstone", "lcole", map[string]string{"login": "mstone"}), renamed("lcole", "mstone", map[string]string{"login": "lcole"})}
	for _, r := range c.Exchanger.ApplyTogether(t.Context(), swap) {
		require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	}
	require.Equal(t, []string{"1 lcole m@x", "2 mstone l@x", "3 acid a@x"}, target.Texts(t, "select * from account order by n", 3))
	require.Equal(t, []string{"lcole crm", "mstone all"}, target.Texts(t, "select * from member order by login", 2))
	target.Edit(t, "alter table account add constraint known check (login in ('mstone', 'lcole', 'acid'))")
	for _, r := range c.Exchanger.ApplyTogether(t.Context(), swap) {
		require.Equal(t, fulfil.Refused, r.Outcome)
	}
	require.Equal(t, []string{"1 lcole m@x", "2 mstone l@x", "3 acid a@x"}, target.Texts(t, "select * from account order by n", 3))
}

// TestMariaLog: the application's own log says who did what, and how often.
func TestMariaLog(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustMariaTarget(t)
	c := mustMaria(t, target.Settings(nil))
	ch := mariaChange(fulfil.Added, "plang", "name", "Petra")
	ch.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: "crm"}}}
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), ch).Outcome)
	require.Equal(t, fulfil.AlreadySo, c.Applier.Apply(t.Context(), ch).Outcome)
	require.Equal(t, [][]string{{"INSERT", "account", "plang", "70021", "attempt-1"}, {"INSERT", "account_group", "plang", "70021", "attempt-1"}}, target.Log(t))
}

// TestMariaConnectionLostAroundCommit: what each way of losing the connection means, and what really happened.
func TestMariaConnectionLostAroundCommit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		mode fulfiltest.Mode
		made bool
	}{
		"CutBeforeCommit": {fulfiltest.CutBeforeCommit, false}, "CutAfterCommit": {fulfiltest.CutAfterCommit, true}, "HangAfterCommit": {fulfiltest.HangAfterCommit, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := fulfiltest.MustMariaTarget(t)
			proxy := fulfiltest.MustMariaProxy(t, target)
			settings := target.Settings(proxy)
			settings["timeout"] = "1"
			c := mustMaria(t, settings)
			require.NoError(t, c.Check(t.Context()))
			seen := proxy.Commits()
			require.NoError(t, proxy.Set(tc.mode))
			r := c.Applier.Apply(t.Context(), mariaChange(fulfil.Added, "plang"))
			require.Equal(t, fulfil.Unknown, r.Outcome, "%+v", r)
			require.Equal(t, seen+1, proxy.Commits(), "and never sent again")
			require.NoError(t, proxy.Set(fulfiltest.Pass))
			_, found, err := c.Reader.Read(t.Context(), "account", "login", "plang")
			require.NoError(t, err)
			require.Equal(t, tc.made, found)
			require.Equal(t, tc.made, len(target.Log(t)) == 1)
		})
	}
}

// TestMariaSick: servers that are gone, or swallow everything; a pool of dead sessions costs no order.
func TestMariaSick(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustMariaTarget(t)
	proxy := fulfiltest.MustMariaProxy(t, target)
	settings := target.Settings(proxy)
	settings["timeout"] = "1"
	c := mustMaria(t, settings)
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), mariaChange(fulfil.Added, "a")).Outcome)
	require.NoError(t, proxy.Set(fulfiltest.Refuse))
	require.Equal(t, fulfil.Unreachable, c.Applier.Apply(t.Context(), mariaChange(fulfil.Added, "b")).Outcome)
	require.NoError(t, proxy.Set(fulfiltest.Pass))
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), mariaChange(fulfil.Added, "b")).Outcome)
	require.NoError(t, proxy.Set(fulfiltest.Hang))
	r := c.Applier.Apply(t.Context(), mariaChange(fulfil.Added, "c"))
	require.Contains(t, []fulfil.Outcome{fulfil.Unreachable, fulfil.Unknown}, r.Outcome, "%+v", r)
	require.True(t, errs.Is(c.Check(t.Context()), errs.Unavailable))
	for _, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "account")) {
		require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
	}
}

// TestMariaLocked: a row that somebody else holds is not waited for longer than there is time, and nothing was made then.
func TestMariaLocked(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table account (login varchar(20) primary key, name varchar(20)); insert into account values ('a', 'x')`, map[string]string{"timeout": "3"})
	tx, err := target.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	_, err = tx.ExecContext(t.Context(), "update account set name = 'theirs'")
	require.NoError(t, err)
	r := c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "name", "ours"))
	require.Equal(t, fulfil.Throttled, r.Outcome, "%+v", r)
	require.Contains(t, r.Message, "1205")
	require.NoError(t, tx.Rollback())
	require.Equal(t, fulfil.Done, c.Applier.Apply(t.Context(), mariaChange(fulfil.Modified, "a", "name", "ours")).Outcome)
}

// TestMariaConnections: encryption, wrong users and hosts, and that no message repeats the password.
func TestMariaConnections(t *testing.T) {
	t.Parallel()
	target := fulfiltest.MustMariaEmpty(t, "create table account (login varchar(20) primary key)")
	at, ca := target.Address(nil), target.Server.CA
	password := fulfiltest.MariaPassword
	try := func(at, ca string) error {
		c, err := sqldb.MariaDB{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"connectionString": at, "caCertificate": ca, "timeout": "5"}, DataDir: t.TempDir()})
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Check(t.Context()); err != nil {
			if strings.Contains(err.Error(), "holds no table") {
				return err
			}
			r := c.Applier.Apply(t.Context(), mariaChange(fulfil.Added, "a"))
			require.Equal(t, fulfil.Unreachable, r.Outcome, "%s: %+v", err, r)
			require.NotContains(t, r.Message+r.Hint+r.Detail, password)
			return err
		}
		return nil
	}
	require.NoError(t, try(at, ca))
	require.NoError(t, try(at+"?tls=skip-verify", ""))
	require.NoError(t, try(at+"?tls=false", ""))
	require.NoError(t, try(strings.Replace(at, "mariadb:", "mysql:", 1), ca))
	here, err := url.Parse(at)
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		at   string
		code errs.Kind
		says string
	}{
		"UnknownAuthority": {at, errs.Unavailable, "certificate"},
		"WrongPassword":    {strings.Replace(at, password, "s3cret-"+password, 1) + "?tls=false", errs.Validation, "1045"},
		"NoSuchUser":       {strings.Replace(at, "writ:", "nobody:", 1) + "?tls=false", errs.Validation, "1045"},
		"NotMyDatabase":    {strings.Replace(at, target.Name, "mysql", 1) + "?tls=false", errs.Validation, "1044"},
		"EmptyDatabase":    {strings.Replace(at, target.Name, "information_schema", 1) + "?tls=false", errs.Validation, "holds no table"},
		"Nobody":           {strings.Replace(at, here.Host, "127.0.0.1:1", 1), errs.Unavailable, "refused"},
		"Cloud":            {strings.Replace(at, here.Host, "169.254.169.254", 1), errs.Unavailable, "no application has such an address"},
		"CloudByIPv6":      {strings.Replace(at, here.Host, "[::ffff:169.254.169.254]", 1), errs.Unavailable, "no application has such an address"},
		"Socket":           {strings.Replace(at, here.Host, "%2Fvar%2Frun%2Fmysqld.sock", 1), errs.Validation, ""},
		"NoHost":           {strings.Replace(at, here.Host, "", 1), errs.Validation, "no host"},
		"NoDatabase":       {strings.Replace(at, "/"+target.Name, "", 1), errs.Validation, "no database"},
		"NoUser":           {strings.Replace(at, "writ:"+password+"@", "", 1), errs.Validation, "no user"},
		"Files":            {at + "?allowAllFiles=true", errs.Validation, "only parameter"},
		"Twice":            {at + "?tls=true&tls=false", errs.Validation, "only parameter"},
		"NoTLS":            {at + "?tls=maybe", errs.Validation, "skip-verify"},
		"Driver":           {"writ:" + password + "@tcp(127.0.0.1)/x", errs.Validation, ""},
		"Percent":          {"mariadb://writ:%zz" + password + "@h/x", errs.Validation, ""},
	} {
		err := try(tc.at, "")
		require.True(t, errs.Is(err, tc.code), "%s: %v", name, err)
		require.ErrorContains(t, err, tc.says, name)
		require.NotContains(t, err.Error(), password, name)
	}
	require.Error(t, try(at, "-----BEGIN nothing"))
	require.Error(t, try(at, "../../etc/passwd"))
}

// TestMariaQueries: a statement in place of a table, and statements that are none.
func TestMariaQueries(t *testing.T) {
	t.Parallel()
	tables := `create table account (login varchar(20) primary key, kind varchar(5), born date); insert into account values ('a', 'x', null), ('b', 'y', '2000-02-29')`
	c, target := mustMariaDB(t, tables, map[string]string{"query.account": "select login, born from account where kind = 'y' -- only these", "query.all": "select upper(login) as login, 1 as n from account;"})
	require.NoError(t, c.Check(t.Context()))
	require.Equal(t, []fulfil.Row{{"login": "b", "born": "2000-02-29"}}, mariaRows(t, c, "account"))
	require.ElementsMatch(t, []fulfil.Row{{"login": "A", "n": "1"}, {"login": "B", "n": "1"}}, mariaRows(t, c, "all"))
	_, found, err := c.Reader.Read(t.Context(), "account", "login", "a")
	require.NoError(t, err)
	require.False(t, found)
	tablesFound, err := c.Exporter.Schema(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []fulfil.Table{{Name: "account", Columns: []string{"login", "born"}}, {Name: "all", Columns: []string{"login", "n"}}}, tablesFound)
	for name, query := range map[string]string{
		"Two": "select 1 as a; drop table account", "Write": "delete from account", "Same": "select login, login from account", "Nothing": "select nothing from account", "Words": "hello",
	} {
		bad := mustMaria(t, map[string]string{"connectionString": target.Address(nil), "caCertificate": target.Server.CA, "query.bad": query})
		require.True(t, errs.Is(bad.Check(t.Context()), errs.Validation), name)
	}
	require.Len(t, target.Texts(t, "select login from account", 1), 2)
}

// TestMariaChangeColumn: what cannot be told is not told.
func TestMariaChangeColumn(t *testing.T) {
	t.Parallel()
	c, target := mustMariaDB(t, `create table account (login varchar(20) primary key, changed timestamp(6) null default current_timestamp(6) on update current_timestamp(6), local datetime);
		create table linked (login varchar(20) primary key, changed timestamp(6)); create table boss (login varchar(20) primary key, changed timestamp(6) null default current_timestamp(6) on update current_timestamp(6));
		create table follows like boss; create table emptied like boss; create table falls like boss; create table stays like boss; create table two like boss; create table lead (login varchar(20), n int default 1, primary key (login, n));
		alter table follows add foreign key (login) references boss (login) on update cascade; alter table emptied add b varchar(20), add foreign key (b) references boss (login) on delete set null;
		alter table falls add foreign key (login) references boss (login) on delete cascade; alter table stays add foreign key (login) references boss (login);
		alter table two add n int default 1, add foreign key (login, n) references lead (login, n) on update cascade;
		create table link (login varchar(20), g varchar(20));
		insert into account (login) values ('a'), ('b')`,
		map[string]string{"change.account": "changed", "change.follows": "changed", "change.emptied": "changed", "change.falls": "changed", "change.stays": "changed", "change.two": "changed", "change.linked": "changed", "change.nowhere": "x", "link.linked.groups": "link(login,g)"})
	cookies, err := c.Tracker.Cookies(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"account", "falls", "stays"}, slices.Collect(maps.Keys(cookies)), "what a foreign key does, no column tells")
	d, err := c.Tracker.Since(t.Context(), "follows", cookies["account"], 100)
	require.NoError(t, err)
	require.Nil(t, d)
	d, err = c.Tracker.Since(t.Context(), "account", cookies["account"], 100)
	require.NoError(t, err)
	require.Equal(t, 2, d.Count)
	require.Len(t, d.Rows, 2, "what changed a short time before, too: its transaction may have ended behind the cookie")
	target.Edit(t, "update account set changed = '2001-01-01' where login = 'a'")
	d, err = c.Tracker.Since(t.Context(), "account", cookies["account"], 100)
	require.NoError(t, err)
	require.Len(t, d.Rows, 1)
	for _, cookie := range []string{"changed:2999-01-01T00:00:00Z", "modified:2001-01-01T00:00:00Z", ""} {
		d, err = c.Tracker.Since(t.Context(), "account", cookie, 100)
		require.NoError(t, err)
		require.Nil(t, d, cookie)
	}
	d, err = c.Tracker.Since(t.Context(), "linked", cookies["account"], 100)
	require.NoError(t, err)
	require.Nil(t, d, "links do not say when they changed")
	target.Edit(t, "update account set changed = null where login = 'a'")
	d, err = c.Tracker.Since(t.Context(), "account", cookies["account"], 100)
	require.NoError(t, err)
	require.Nil(t, d, "a row does not say when it changed")
	for _, column := range []string{"login", "local", "nothing"} {
		wrong := mustMaria(t, map[string]string{"connectionString": target.Address(nil), "caCertificate": target.Server.CA, "change.account": column})
		_, err = wrong.Tracker.Cookies(t.Context())
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", column, err)
		require.True(t, errs.Is(wrong.Check(t.Context()), errs.Validation), column)
	}
}
