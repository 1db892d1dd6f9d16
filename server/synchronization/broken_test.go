package synchronization_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/csv"
	"writ/server/fulfil/sqldb"
	"writ/server/synchronization"
)

const goodDepartments, goodPeople = "code,title,parent\nIT,Technology,\n", "id,name,mail,start,department,groups\n1,Petra,,2026-03-01,IT,\n2,Ann,a@x,,IT,\n"

// files puts good files in place and synchronizes them.
func files(t *testing.T, settings map[string]string) (*bundle, string) {
	t.Helper()
	b := setup(t)
	dir := t.TempDir()
	b.Open = func(ctx context.Context, _ int64) (*fulfil.Opened, fulfil.Capability, error) {
		values := map[string]string{"path": "."}
		for k, v := range settings {
			values[k] = v
		}
		c, err := csv.Package{}.Open(ctx, fulfil.Settings{Values: values, DataDir: dir})
		return c, csv.Package{}.Capability(), err
	}
	write(t, dir, "department.csv", goodDepartments)
	write(t, dir, "person.csv", goodPeople)
	b.run(t)
	require.Equal(t, []string{"1:Petra:", "2:Ann:a@x"}, b.people(t))
	return b, dir
}

// unchanged runs, and wants a refusal that leaves no trace but its record.
func (b *bundle) unchanged(t *testing.T, kind errs.Kind, says ...string) {
	t.Helper()
	people := b.people(t)
	versions := b.count(t, "select sum(version) from resource")
	d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Force: true})
	require.Error(t, err)
	for _, part := range says {
		requireKind(t, err, kind, part)
	}
	require.Equal(t, synchronization.Failed, d.State)
	require.Equal(t, people, b.people(t), "the last good data is kept")
	require.Equal(t, versions, b.count(t, "select sum(version) from resource"))
	require.Zero(t, b.count(t, "select count(*) from delivery_row"))
	require.Zero(t, b.count(t, "select count(*) from delivery_change"))
	for _, part := range says {
		require.Equal(t, 1, b.count(t, "select count(*) from delivery where state = 'FAILED' and position(? in error) > 0", part), "the record tells: %s", part)
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content string
		kind    errs.Kind
		says    []string
	}{
		"WrongDelimiter":      {strings.ReplaceAll(goodPeople, ",", ";"), errs.Validation, []string{`Table "person" of connection hr-file lacks the column "id"`, `Its only column is "id;name;mail;start;department;groups": is the separator right?`}},
		"WrongEncoding":       {"id,name,mail,start,department,groups\n1,M\xfcller,,,,\n2,J\xf6rg,,,,\n3,Ren\xe9,,,,\n", errs.Validation, []string{`"person.csv": 3 lines are not valid UTF-8`}},
		"UTF16WithoutMark":    {"i\x00d\x00\n\x001\x00\n\x00", errs.Validation, []string{`"person.csv", line 1, column 1 holds a NUL`}},
		"OpenQuoteAtTheEnd":   {goodPeople + "3,\"Paul", errs.Validation, []string{`"person.csv", line 4, character`}},
		"OpenQuoteInside":     {"id,name,mail,start,department,groups\n1,\"Petra,,,,\n2,Ann,,,,\n3,Paul,,,,\n", errs.Validation, []string{`"person.csv", line 4`, `its row begins in line 2`}},
		"MissingMappedColumn": {"id,name,start,department,groups\n1,Petra,,IT,\n", errs.Validation, []string{`lacks the column "mail", which is mapped to Person.Mail`}},
		"RenamedHeader":       {strings.Replace(goodPeople, "mail", "e-mail", 1), errs.Validation, []string{`lacks the column "mail"`, `It has: id, name, e-mail, start, department, groups.`}},
		"NoHeader":            {"1,Petra,,2026-03-01,IT,\n2,Ann,a@x,,IT,\n", errs.Validation, []string{`lacks the column "id"`}},
		"Empty":               {"", errs.Validation, []string{`"person.csv" is empty`}},
		"CutInALine":          {goodPeople + "3,Pau", errs.Validation, []string{`"person.csv", line 4: 2 columns where the header has 6`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, dir := files(t, nil)
			write(t, dir, "person.csv", c.content)
			b.unchanged(t, c.kind, c.says...)
			write(t, dir, "person.csv", goodPeople+"3,Paul,,,,\n")
			b.run(t)
			require.Len(t, b.people(t), 3, "once it is mended it goes on")
		})
	}

	for name, content := range map[string]string{
		"ByteOrderMark":      "\xEF\xBB\xBF" + goodPeople,
		"WindowsNewlines":    strings.ReplaceAll(goodPeople, "\n", "\r\n"),
		"TrailingBlankLines": goodPeople + "\n\n\r\n\n",
		"TrailingSeparators": goodPeople + ",,,,,\n,,,,,\n",
		"NoLastNewline":      strings.TrimSuffix(goodPeople, "\n"),
		"OtherOrder":         "groups,department,unmapped,start,mail,name,id\n,IT,x,2026-03-01,,Petra,1\n,IT,x,,a@x,Ann,2\n",
	} {
		t.Run("Good"+name, func(t *testing.T) {
			t.Parallel()
			b, dir := files(t, nil)
			versions := b.count(t, "select sum(version) from resource")
			write(t, dir, "person.csv", content)
			d := b.run(t)
			require.Zero(t, d.Counters.Inserted+d.Counters.Updated+d.Counters.Deleted)
			require.Equal(t, versions, b.count(t, "select sum(version) from resource"))
		})
	}

	t.Run("AnotherFileIsBroken", func(t *testing.T) {
		t.Parallel()
		b, dir := files(t, nil)
		write(t, dir, "empty.csv", "")
		write(t, dir, "notes.csv", "\xff\xfewhat,\x00ever\n\"")
		write(t, dir, "person.csv", goodPeople+"3,Paul,,,,\n")
		b.run(t)
		require.Len(t, b.people(t), 3, "what nobody mapped stands in nobody's way")
	})

	for column, row := range map[string]string{"name": "3,%s,,,,", "mail": "3,Paul,%s,,,"} {
		t.Run("LongValueOf"+column, func(t *testing.T) {
			t.Parallel()
			b, dir := files(t, nil)
			b.exec(t, "update property_mapping set is_unique_key = true where column_name = 'mail'")
			var long strings.Builder // of a kind that an index cannot compress
			for i := range 2000 {
				fmt.Fprintf(&long, "ü%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
			}
			write(t, dir, "person.csv", goodPeople+fmt.Sprintf(row, long.String())+"\n")
			b.run(t)
			require.Len(t, b.people(t), 3, "only keys have a limit")
			require.Equal(t, 1, b.count(t, "select count(*) from resource where position(? in scalars::text) > 0", long.String()))
		})
	}

	for name, change := range map[string]func(t *testing.T, path string){
		"Truncated": func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 60)) },
		"Replaced": func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path+".new", []byte(goodPeople), 0o600))
			require.NoError(t, os.Rename(path+".new", path))
		},
		"Removed": func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
		"Grown": func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString("9,Late,,,,\n")
			require.NoError(t, err)
			require.NoError(t, f.Close())
		},
	} {
		t.Run("WhileReading"+name, func(t *testing.T) {
			t.Parallel()
			b, dir := files(t, nil)
			big := strings.Builder{}
			big.WriteString(goodPeople)
			for i := range 20_000 { // more than one chunk goes to the database before it happens
				fmt.Fprintf(&big, "%d,Person,,,IT,\n", 10+i)
			}
			write(t, dir, "person.csv", big.String())
			b.interrupt("person", 12_000, func() { change(t, filepath.Join(dir, "person.csv")) })
			b.unchanged(t, errs.Unavailable, "person.csv")
		})
	}
}

// interrupt calls what happens when a table is read that far.
func (b *bundle) interrupt(table string, after int, happens func()) {
	open := b.Open
	b.Open = func(ctx context.Context, id int64) (*fulfil.Opened, fulfil.Capability, error) {
		c, capability, err := open(ctx, id)
		if err != nil {
			return nil, capability, err
		}
		c.Exporter = interrupted{Exporter: c.Exporter, table: table, after: after, happens: happens}
		return c, capability, nil
	}
}

type interrupted struct {
	fulfil.Exporter
	table   string
	after   int
	happens func()
}

func (i interrupted) Export(ctx context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return func(yield func(fulfil.Entry, error) bool) {
		n := 0
		for e, err := range i.Exporter.Export(ctx, table) {
			if n++; table == i.table && n == i.after {
				i.happens()
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// database puts a good database in place and synchronizes it. settings may name queries.
func database(t *testing.T, settings map[string]string) (*bundle, *bun.DB) {
	t.Helper()
	b := setup(t)
	source, url := dbtest.MustOpenURL(t)
	_, err := source.ExecContext(t.Context(), `create schema hr;
		create table hr.department (code text primary key, title text, parent text);
		create table hr.person (id text primary key, name text, mail text, start text, department text, groups text);
		insert into hr.department values ('IT', 'Technology', null);
		insert into hr.person values ('1', 'Petra', null, '2026-03-01', 'IT', null), ('2', 'Ann', 'a@x', null, 'IT', null)`)
	require.NoError(t, err)
	b.Open = func(ctx context.Context, _ int64) (*fulfil.Opened, fulfil.Capability, error) {
		values := map[string]string{"connectionString": url, "schema": "hr"}
		for k, v := range settings {
			values[k] = v
		}
		c, err := sqldb.Postgres{}.Open(ctx, fulfil.Settings{Values: values})
		return c, sqldb.Postgres{}.Capability(), err
	}
	b.run(t)
	require.Equal(t, []string{"1:Petra:", "2:Ann:a@x"}, b.people(t))
	return b, source
}

func TestBrokenDatabase(t *testing.T) {
	t.Parallel()
	exec := func(t *testing.T, source *bun.DB, statement string) {
		t.Helper()
		_, err := source.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}

	for name, c := range map[string]struct {
		statement string
		kind      errs.Kind
		says      []string
	}{
		"ColumnMissing": {"alter table hr.person drop column mail", errs.Validation, []string{`Table "person" of connection hr-file lacks the column "mail", which is mapped to Person.Mail`}},
		"ColumnRenamed": {"alter table hr.person rename column mail to email", errs.Validation, []string{`lacks the column "mail"`, "It has: id, name, email, start, department, groups."}},
		"TableMissing":  {"drop table hr.person", errs.Validation, []string{`has no table "person" any more`}},
		"ViewThatFails": {`alter table hr.person rename to people; create view hr.person as select id, name, mail, (10 / (case id when '2' then 0 else 1 end))::text as start, department, groups from hr.people`,
			errs.Validation, []string{"division by zero"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, source := database(t, nil)
			exec(t, source, c.statement)
			b.unchanged(t, c.kind, c.says...)
		})
	}

	t.Run("HostileRows", func(t *testing.T) {
		t.Parallel()
		b, source := database(t, nil)
		b.exec(t, "update property_mapping set is_unique_key = true where column_name = 'mail'")
		exec(t, source, `update hr.person set start = '31.02.2026', name = 'Petra the Second' where id = '1'; update hr.person set mail = repeat('x', 1000000) where id = '2';
			insert into hr.person values ('3', repeat('é', 6000), null, null, 'IT', repeat('a', 501)), (repeat('4', 6000), 'Long', null, null, null, null), ('5', 'Paul', 'p@x', null, 'IT', null)`)
		d := b.run(t)
		require.Equal(t, 3, d.Counters.Rejected)
		require.Equal(t, "1:Petra:", b.people(t)[0], "its last good data is kept")
		require.Equal(t, "5:Paul:p@x", b.people(t)[2])
		require.Len(t, b.people(t), 3)
		exec(t, source, "delete from hr.person where id > '2'; update hr.person set start = null")
		d = b.run(t)
		require.Zero(t, d.Counters.Rejected)
		require.Equal(t, "1:Petra the Second:", b.people(t)[0])
		require.Len(t, b.people(t), 2)
	})

	t.Run("WrongSQL", func(t *testing.T) {
		t.Parallel()
		settings := map[string]string{}
		b, _ := database(t, settings)
		settings["query.person"] = "selec id from hr.person"
		b.unchanged(t, errs.Validation, "syntax error")
		settings["query.person"] = "select id, nobody from hr.person"
		b.unchanged(t, errs.Validation, `column "nobody" does not exist`)
		settings["query.person"] = "select * from hr.person; drop table hr.person"
		b.unchanged(t, errs.Validation)
		settings["query.person"] = "select * from hr.person"
		require.Equal(t, synchronization.Applied, b.run(t).State, "still there")
	})

	t.Run("ConnectionCutInTheMiddle", func(t *testing.T) {
		t.Parallel()
		b, source := database(t, nil)
		exec(t, source, "insert into hr.person select n::text, 'Person', null, null, 'IT', null from generate_series(10, 20000) n")
		b.interrupt("person", 12_000, func() {
			exec(t, source, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
		})
		b.unchanged(t, errs.Unavailable, "connection")
	})
}
