package db_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
)

var update = flag.Bool("update", false, "write migrations/schema.sql")

func mustDump(t *testing.T, b *bun.DB) string {
	t.Helper()
	text, err := db.DumpSchema(t.Context(), b)
	require.NoError(t, err)
	return text
}

func TestSchemaFileIsUpToDate(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "migrations", "schema.sql")
	got := mustDump(t, dbtest.MustOpen(t))
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run `npm run gen` and commit migrations/schema.sql")
}

func TestMigrateUpDownUp(t *testing.T) {
	t.Parallel()
	b, at := dbtest.MustOpenEmpty(t)
	empty := mustDump(t, b)
	require.NoError(t, db.Migrate(t.Context(), b, at))
	first := mustDump(t, b)
	require.Contains(t, first, "create table ")
	steps, err := db.Status(t.Context(), b)
	require.NoError(t, err)
	for _, s := range steps {
		require.NotNil(t, s.AppliedAt, "%04d_%s", s.Version, s.Name)
	}

	require.NoError(t, db.Migrate(t.Context(), b, at), "a second time changes nothing")
	require.Equal(t, first, mustDump(t, b))

	for n := range steps { // step by step: each down file undoes exactly its up file
		require.NoError(t, db.MigrateDown(t.Context(), b, 1))
		left, err := db.Status(t.Context(), b)
		require.NoError(t, err)
		require.Nil(t, left[len(steps)-1-n].AppliedAt)
	}
	require.Equal(t, empty, mustDump(t, b), "down files leave nothing behind")
	require.NoError(t, db.MigrateDown(t.Context(), b, 1), "nothing left to take back")

	require.NoError(t, db.Migrate(t.Context(), b, at))
	require.Equal(t, first, mustDump(t, b))
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	b, at := dbtest.MustOpenEmpty(t)
	var all sync.WaitGroup
	errors := make([]error, 4)
	for i := range errors {
		all.Add(1)
		go func() {
			defer all.Done()
			errors[i] = db.Migrate(t.Context(), b, at)
		}()
	}
	all.Wait()
	for _, err := range errors {
		require.NoError(t, err)
	}
}

func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	t.Run("ChangedFile", func(t *testing.T) {
		t.Parallel()
		b, at := dbtest.MustOpenURL(t)
		_, err := b.ExecContext(t.Context(), "update schema_migration set checksum = 'other' where version = 1")
		require.NoError(t, err)
		require.ErrorContains(t, db.Migrate(t.Context(), b, at), "was changed after it was applied")
	})
	t.Run("NewerDatabase", func(t *testing.T) {
		t.Parallel()
		b, at := dbtest.MustOpenURL(t)
		_, err := b.ExecContext(t.Context(), "insert into schema_migration (version, name, checksum) values (9999, 'future', '')")
		require.NoError(t, err)
		require.ErrorContains(t, db.Migrate(t.Context(), b, at), "newer version of Writ")
	})
}

func TestDumpSchemaLeavesOutOthers(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	got := mustDump(t, b)
	require.NotContains(t, got, "create table river_")
	require.NotContains(t, got, "create table schema_migration")
	require.NotContains(t, got, "gtrgm", "functions of extensions are theirs")
	_, err := b.ExecContext(t.Context(), `create table zoo (id int primary key, n text not null default 'x' constraint zoo_named check (n <> ''));
		comment on column zoo.n is 'the name'; create index zoo_by_n on zoo (n) where n > 'a'`)
	require.NoError(t, err)
	got = mustDump(t, b)
	for _, want := range []string{
		"    n text default 'x'::text not null", "constraint zoo_named CHECK ((n <> ''::text))", "comment on column zoo.n is 'the name';", "CREATE INDEX zoo_by_n",
	} {
		require.True(t, strings.Contains(got, want), "%s is missing", want)
	}
}

// Replicas have no unlogged sequences that can be relied on: one that takes over may not be able to read them.
func TestNoSequenceIsUnlogged(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	var names []string
	require.NoError(t, b.NewRaw("select relname from pg_class where relkind = 'S' and relpersistence <> 'p'").Scan(t.Context(), &names))
	require.Empty(t, names)
}
