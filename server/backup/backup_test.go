package backup_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/audit"
	"writ/server/backup"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/db/embedded"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/fence"
)

var at = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func place(t *testing.T, b *bun.DB) {
	t.Helper()
	a := event.NewAppender(b)
	_, err := a.Append(t.Context())
	require.NoError(t, err)
	require.NoError(t, a.Release(t.Context()))
}

func verify(t *testing.T, b *bun.DB) *audit.Verification {
	t.Helper()
	s := &audit.Service{DB: b, Clock: clock.New()}
	v, err := s.Verify(t.Context(), nil)
	require.NoError(t, err)
	require.Zero(t, v.BrokenPosition, v.Reason)
	return v
}

func restore(t *testing.T, b *bun.DB, url string, file []byte, change ...func(*backup.Input)) (*backup.Result, error) {
	t.Helper()
	in := backup.Input{DB: b, DatabaseURL: url, File: bytes.NewReader(file), Size: int64(len(file)), Now: at}
	for _, c := range change {
		c(&in)
	}
	return backup.Restore(t.Context(), in)
}

// mustFill writes rows that are hard to copy: odd texts, references in a circle of tables, a hole in the ids of events.
func mustFill(t *testing.T, b *bun.DB) {
	t.Helper()
	_, err := b.ExecContext(t.Context(), `
		insert into connector (identifier, display_name) values ('I', E'tab\t newline\n backslash \\ quote " ü 😀');
		insert into connection (connector_id, identifier, display_name, package, secrets) values (1, 'F', '\N', 'csv', '\x00ff');
		insert into entity_type (identifier, display_name) values ('Directory_User', 'Person');
		insert into resource (entity_type_id, key, display_name, scalars, valid_from) select 1, 'E' || i, 'Person ' || i, '{"a": "x\\ny"}', '2026-01-01' from generate_series(1, 500) i;
		insert into local_user (username, display_name, password_hash) values ('ann', 'Ann', '');
		insert into webhook (url, secret, owner, created_at, position) values ('https://x.example/hook', '\x01', 'ann', now(), 3);
		insert into webhook_delivery (webhook_id, message_id, event_id, state, body, since, next_at, created_at) values (1, 'evt_1', 1, 'PENDING', '{"b":1,  "a":2}', now(), now(), now());
		insert into mail (template, recipient, dedupe_key, subject, text_body, html_body, state, created_at) values ('T', 'a@b', 'k', 's', '', '', 'QUEUED', now())`)
	require.NoError(t, err)
	for i := range int64(20) {
		tx, err := b.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, event.Publish(t.Context(), tx, at, event.Event{Kind: "k", SubjectType: "order", SubjectID: i}))
		if i == 7 {
			require.NoError(t, tx.Rollback())
			continue
		}
		require.NoError(t, tx.Commit())
	}
	place(t, b)
}

// TestRestore: what is written while the backup is made is in it whole or not at all, and the copy goes on.
func TestRestore(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	mustFill(t, b)
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			_ = db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
				if _, err := tx.NewRaw("insert into setting (key, value) values (?, '1')", fmt.Sprint("n", i)).Exec(ctx); err != nil {
					return err
				}
				return event.Publish(ctx, tx, at, event.Event{Kind: "written", SubjectType: "order"})
			})
			_, _ = event.NewAppender(b).Append(ctx)
		}
	})
	require.Eventually(t, func() bool {
		var n int
		require.NoError(t, b.NewRaw("select count(*) from setting").Scan(t.Context(), &n))
		return n > 10
	}, 20*time.Second, time.Millisecond)
	var file bytes.Buffer
	made, err := backup.Write(t.Context(), url, &file)
	stop()
	writers.Wait()
	require.NoError(t, err)
	require.Positive(t, made.Position)

	for _, migrated := range []bool{false, true} { // a database without a schema, and one that was never used
		to, toURL := dbtest.MustOpenEmpty(t)
		if migrated {
			to, toURL = dbtest.MustOpenURL(t)
		}
		got, err := restore(t, to, toURL, file.Bytes())
		require.NoError(t, err)
		require.Equal(t, made.Tables, got.Tables)
		up, err := fence.IsUp(t.Context(), to)
		require.NoError(t, err)
		require.True(t, up)
		v := verify(t, to)
		require.Equal(t, made.Position, v.Count)
		require.Equal(t, made.Hash, v.Head)

		want, err := db.DumpSchema(t.Context(), b)
		require.NoError(t, err)
		schema, err := db.DumpSchema(t.Context(), to)
		require.NoError(t, err)
		require.Equal(t, want, schema, "constraints and triggers are back")
		var enabled bool
		require.NoError(t, to.NewRaw("select bool_and(tgenabled = 'O') from pg_trigger where not tgisinternal").Scan(t.Context(), &enabled))
		require.True(t, enabled)
		for _, query := range []string{
			"select md5(string_agg(c::text, '|' order by id)) from connector c", "select md5(string_agg(c::text, '|' order by id)) from connection c",
			"select md5(string_agg(r::text, '|' order by id)) from resource r", "select md5(string_agg(d::text, '|' order by id)) from webhook_delivery d",
			"select md5(string_agg(w::text, '|' order by id)) from webhook w", "select md5(string_agg(p::text, '|' order by p::text)) from provisioning_transition p",
		} {
			var before, after string
			require.NoError(t, b.NewRaw(query).Scan(t.Context(), &before))
			require.NoError(t, to.NewRaw(query).Scan(t.Context(), &after))
			require.Equal(t, before, after, query)
		}
		var settings, events int
		require.NoError(t, to.NewRaw("select (select count(*) from setting where key like 'n%'), (select count(*) from event where kind = 'written')").Scan(t.Context(), &settings, &events))
		require.Equal(t, settings, events, "a transaction is whole or not there")

		require.NoError(t, event.Publish(t.Context(), to, at, event.Event{Kind: "after", SubjectType: "order"}))
		place(t, to)
		verify(t, to)
		var last int64
		require.NoError(t, to.NewRaw("select max(id) from event").Scan(t.Context(), &last))
		require.Greater(t, last, int64(1<<32), "receivers know messages by the id of the event: none comes twice")
		_, err = to.ExecContext(t.Context(), "insert into resource (entity_type_id, key, display_name, valid_from) values (1, 'new', '', now())")
		require.NoError(t, err, "sequences go on")

		_, err = restore(t, to, toURL, file.Bytes())
		require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	}

	t.Run("Damaged", func(t *testing.T) {
		to, toURL := dbtest.MustOpenURL(t)
		whole := file.Bytes()
		flipped := bytes.Clone(whole)
		for i := 200; i < 260; i++ {
			flipped[i] ^= 0xff
		}
		for name, damaged := range map[string][]byte{"Empty": {}, "NoZip": []byte("hello"), "CutOff": whole[:len(whole)-100], "Half": whole[:len(whole)/2], "Flipped": flipped} {
			_, err := restore(t, to, toURL, damaged)
			require.Error(t, err, name)
		}
		var rows int
		require.NoError(t, to.NewRaw("select (select count(*) from event) + (select count(*) from resource) + (select count(*) from setting)").Scan(t.Context(), &rows))
		require.Zero(t, rows, "nothing is left behind")
		_, err := restore(t, to, toURL, whole)
		require.NoError(t, err)
	})
}

// TestOtherVersions restores into clusters of their own: the PostgreSQL of ours, and Debian's 15, in both directions.
func TestOtherVersions(t *testing.T) {
	t.Parallel()
	folders := map[string]string{"Ours": "", "Debian15": "/usr/lib/postgresql/15/bin"}
	for name, bin := range folders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if bin != "" {
				if _, err := os.Stat(bin); err != nil {
					t.Skip("PostgreSQL 15 is not installed")
				}
			}
			b, url := dbtest.MustOpenURL(t)
			mustFill(t, b)
			var file bytes.Buffer
			made, err := backup.Write(t.Context(), url, &file)
			require.NoError(t, err)

			dir, err := os.MkdirTemp("", "writ-restore-")
			require.NoError(t, err)
			defer os.RemoveAll(dir)
			require.NoError(t, os.Chmod(dir, 0o711))
			s, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir, BinDir: bin, Extra: dbtest.Settings()})
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Stop(context.WithoutCancel(t.Context()))) }()
			to, err := db.Open(t.Context(), s.URL(embedded.Database))
			require.NoError(t, err)
			defer to.Close()
			_, err = restore(t, to, s.URL(embedded.Database), file.Bytes())
			require.NoError(t, err)
			require.NoError(t, db.HandOver(t.Context(), to, embedded.ServerUser))
			v := verify(t, to)
			require.Equal(t, made.Hash, v.Head)
			_, err = hex.DecodeString(v.Head)
			require.NoError(t, err)

			// and on: as the server's role
			server, err := db.Open(t.Context(), s.ServerURL(embedded.Database))
			require.NoError(t, err)
			defer server.Close()
			require.NoError(t, event.Publish(t.Context(), server, at, event.Event{Kind: "after", SubjectType: "order"}))
			place(t, server)
			require.Equal(t, made.Position+1, verify(t, server).Count)
			var back bytes.Buffer
			again, err := backup.Write(t.Context(), s.URL(embedded.Database), &back)
			require.NoError(t, err)
			require.Equal(t, made.Position+1, again.Position)
			home, homeURL := dbtest.MustOpenEmpty(t)
			_, err = restore(t, home, homeURL, back.Bytes())
			require.NoError(t, err)
			require.Equal(t, again.Hash, verify(t, home).Head)
		})
	}
}

// mustBackup gives the file of a database with what is hard to copy.
func mustBackup(t *testing.T) (file []byte, made *backup.Contents) {
	t.Helper()
	b, url := dbtest.MustOpenURL(t)
	mustFill(t, b)
	_, err := b.ExecContext(t.Context(), "create table somebody_elses (n int primary key, ref int references somebody_elses); insert into somebody_elses values (1, 1)")
	require.NoError(t, err)
	var text bytes.Buffer
	made, err = backup.Write(t.Context(), url, &text)
	require.NoError(t, err)
	return text.Bytes(), made
}

// rewrite changes entries of a backup as somebody with a text editor does: the checksums of the file are right again.
func rewrite(t *testing.T, file []byte, change func(entry string, text []byte) []byte) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, f := range from.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		if text = change(f.Name, text); text == nil {
			continue
		}
		w, err := to.Create(f.Name)
		require.NoError(t, err)
		_, err = w.Write(text)
		require.NoError(t, err)
	}
	require.NoError(t, to.Close())
	return out.Bytes()
}

// TestRestoreRefuses: whatever is wrong with the file, the keys or the place is said before anything is committed.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	file, _ := mustBackup(t)
	to, toURL := dbtest.MustOpenURL(t)
	in := func(entry, from, with string) func(string, []byte) []byte {
		return func(name string, text []byte) []byte {
			if name != entry {
				return text
			}
			changed := bytes.Replace(text, []byte(from), []byte(with), 1)
			require.NotEqual(t, string(text), string(changed))
			return changed
		}
	}
	without := func(entry string) func(string, []byte) []byte {
		return func(name string, text []byte) []byte {
			if name == entry {
				return nil
			}
			return text
		}
	}
	dropLine := func(entry string, n int) func(string, []byte) []byte {
		return func(name string, text []byte) []byte {
			if name != entry {
				return text
			}
			lines := bytes.SplitAfter(text, []byte("\n"))
			return bytes.Join(append(lines[:n:n], lines[n+1:]...), nil)
		}
	}
	for name, c := range map[string]struct {
		change func(string, []byte) []byte
		says   string
	}{
		"OtherFormat":    {in("contents.json", `"Format": 1`, `"Format": 2`), "format 2"},
		"NewerWrit":      {in("contents.json", `"Migration": `, `"Migration": 9`), "newer Writ"},
		"NoContents":     {without("contents.json"), "broke off"},
		"NoTable":        {without("table/resource.copy"), "lacks the table"},
		"RowMissing":     {dropLine("table/resource.copy", 3), "500 rows of resource, 499"},
		"EventChanged":   {in("table/event.copy", "order", "ordes"), "not what was chained"},
		"EventMissing":   {dropLine("table/event.copy", 3), "event"},
		"HalfARow":       {in("table/connector.copy", "\tI\t", "\tI"), "connector"},
		"DanglingParent": {in("table/connection.copy", "1\t1\tF", "1\t7\tF"), "connection"},
		"ChainCut":       {in("contents.json", `"Position": 19`, `"Position": 20`), "ends at position 19, the backup at 20"},
	} {
		_, err := restore(t, to, toURL, rewrite(t, file, c.change))
		require.ErrorContains(t, err, c.says, name)
		var rows int
		require.NoError(t, to.NewRaw("select (select count(*) from event) + (select count(*) from resource) + (select count(*) from connector) + (select count(*) from fence)").Scan(t.Context(), &rows))
		require.Zero(t, rows, name)
	}
	r, err := restore(t, to, toURL, file)
	require.NoError(t, err)
	require.Equal(t, []string{"somebody_elses"}, r.LeftOut, "a backup with tables of others can be restored")
}

// TestRestoreIntoWhatIsUsed: no row of anybody is lost.
func TestRestoreIntoWhatIsUsed(t *testing.T) {
	t.Parallel()
	file, _ := mustBackup(t)
	for name, c := range map[string]struct {
		migrated bool
		fill     string
	}{
		"OthersTable":           {false, "create table theirs (n int); insert into theirs values (1)"},
		"OthersEmptyTable":      {false, "create table theirs (n int)"},
		"OthersTableBesideOurs": {true, "create table theirs (n int); insert into theirs values (1)"},
		"Connector":             {true, "insert into connector (identifier, display_name) values ('A', 'A')"},
		"User":                  {true, "insert into local_user (username, display_name, password_hash) values ('ann', 'Ann', '')"},
		"Mail":                  {true, "insert into mail (template, recipient, dedupe_key, subject, text_body, html_body, state, created_at) values ('T', 'a@b', 'k', 's', '', '', 'QUEUED', now())"},
		"Event":                 {true, "insert into event (at, kind, actor, subject_type, data) values (now(), 'k', 'a', 'order', '{}')"},
	} {
		to, toURL := dbtest.MustOpenEmpty(t)
		if c.migrated {
			to, toURL = dbtest.MustOpenURL(t)
		}
		_, err := to.ExecContext(t.Context(), c.fill)
		require.NoError(t, err, name)
		_, err = restore(t, to, toURL, file)
		require.True(t, errs.Is(err, errs.Conflict), "%s: %v", name, err)
		require.ErrorContains(t, err, "not empty", name)
	}
	// what a server writes by itself when it starts is nobody's
	to, toURL := dbtest.MustOpenURL(t)
	_, err := to.ExecContext(t.Context(), "insert into setting (key, value) values ('timeZone', '\"UTC\"')")
	require.NoError(t, err)
	_, err = restore(t, to, toURL, file)
	require.NoError(t, err)
}

// TestRestoreLooksAtSecrets: with the wrong key nothing is restored, unless that is wanted.
func TestRestoreLooksAtSecrets(t *testing.T) {
	t.Parallel()
	file, _ := mustBackup(t)
	to, toURL := dbtest.MustOpenURL(t)
	opens := func(says error) func(string, []byte) error { return func(string, []byte) error { return says } }
	wrong := errs.New(errs.Unavailable, "The secrets are sealed with key 1234, which this process does not have.")
	columns := func(connection, webhook error) func(*backup.Input) {
		return func(in *backup.Input) {
			in.Sealed = []backup.Sealed{
				{Table: "connection", Column: "secrets", Name: "identifier", Lasting: true, Open: opens(connection)},
				{Table: "webhook", Column: "secret", Name: "id", Open: opens(webhook)},
				{Table: "connection", Column: "of_another_time", Name: "identifier", Lasting: true, Open: opens(wrong)},
				{Table: "of_another_time", Column: "secrets", Name: "identifier", Lasting: true, Open: opens(wrong)},
			}
		}
	}
	_, err := restore(t, to, toURL, file, columns(wrong, nil))
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.ErrorContains(t, err, "1 of 1 secrets cannot be opened with the keys at hand; the first is that of connection F: The secrets are sealed with key 1234")
	up, err := fence.IsUp(t.Context(), to)
	require.NoError(t, err)
	require.False(t, up, "nothing was restored")

	r, err := restore(t, to, toURL, file, columns(wrong, wrong), func(in *backup.Input) { in.WithoutSecrets = true })
	require.NoError(t, err)
	require.Equal(t, []int{0, 1, 1}, []int{r.Secrets.Opened, r.Secrets.Closed, r.Secrets.Passing})

	to, toURL = dbtest.MustOpenURL(t)
	r, err = restore(t, to, toURL, file, columns(nil, nil))
	require.NoError(t, err)
	require.Equal(t, []int{1, 0, 0}, []int{r.Secrets.Opened, r.Secrets.Closed, r.Secrets.Passing})
}

// TestRestoreGoesOn: what was cut off before its end is done again, and only then.
func TestRestoreGoesOn(t *testing.T) {
	t.Parallel()
	file, made := mustBackup(t)
	to, toURL := dbtest.MustOpenURL(t)
	r, err := restore(t, to, toURL, file)
	require.NoError(t, err)
	require.False(t, r.Resumed)
	r, err = restore(t, to, toURL, file) // as if the process had been killed when the rows were there
	require.NoError(t, err)
	require.True(t, r.Resumed)
	require.Equal(t, made.Position, verify(t, to).Count)
	require.NoError(t, event.Publish(t.Context(), to, at, event.Event{Kind: "backup.restored", SubjectType: "backup"}))
	_, err = restore(t, to, toURL, file)
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.ErrorContains(t, err, "not empty")
	require.NoError(t, event.Publish(t.Context(), to, at, event.Event{Kind: "backup.restored", SubjectType: "backup", Data: map[string]any{"position": made.Position, "hash": made.Hash}}))
	_, err = restore(t, to, toURL, file)
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.ErrorContains(t, err, "restored into this database already")
}
