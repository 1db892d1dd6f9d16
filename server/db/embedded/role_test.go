//go:build unix

package embedded

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/db"
)

// TestServerRole attacks the event log by SQL as the role of the server.
func TestServerRole(t *testing.T) {
	t.Parallel()
	s := mustStart(t, dataDir(t))
	ctx := t.Context()
	admin, err := db.Open(ctx, s.URL(Database))
	require.NoError(t, err)
	defer admin.Close()
	for range 2 { // again and again, as every start does
		require.NoError(t, db.Migrate(ctx, admin, s.URL(Database)))
		require.NoError(t, db.HandOver(ctx, admin, ServerUser))
	}
	b, err := db.Open(ctx, s.ServerURL(Database))
	require.NoError(t, err)
	defer b.Close()
	is, err := db.IsSuperuser(ctx, b)
	require.NoError(t, err)
	require.False(t, is)

	for _, allowed := range []string{
		"insert into event (at, kind, actor, subject_type) values (now(), 'k', 'ann', 'order')",
		"insert into event_chain (position, event_id, hash) values (1, 1, 'x')",
		"insert into event_checkpoint (position, hash, at, public_key, signature) values (1, 'x', now(), 'x', 'x')",
		"update event_appender set holder = 'x'",
		"insert into setting (key, value) values ('k', '1'); update setting set value = '2'; delete from setting",
		"create table extra (n int); drop table extra",
		"create temp table t (n int)",
		"analyze resource",
		"delete from river_job",
		"create database of_its_own",
	} {
		_, err := b.ExecContext(ctx, allowed)
		require.NoError(t, err, allowed)
	}
	require.NoError(t, db.RefreshStatistics(ctx, b))

	for _, table := range []string{"event", "event_chain", "event_checkpoint"} {
		for _, attack := range []string{
			"update $ set " + map[string]string{"event": "actor", "event_chain": "hash", "event_checkpoint": "hash"}[table] + " = 'y'",
			"delete from $", "truncate $", "truncate $ cascade", "drop table $", "drop table $ cascade", "alter table $ disable trigger all",
			"alter table $ disable trigger event_append_only", "drop trigger event_append_only on $", "drop trigger event_not_emptied on $",
			"alter table $ rename to gone", "alter table $ owner to writ_server", "alter table $ set schema pg_temp", "alter table $ add column x int",
			"create trigger x before insert on $ for each row execute function event_append_only()", "create rule x as on insert to $ do instead nothing",
			"lock table $ in access exclusive mode", "create policy x on $", "create index on $ (position)",
			"with gone as (delete from $ returning 1) select count(*) from gone",
		} {
			_, err := b.ExecContext(ctx, strings.ReplaceAll(attack, "$", table))
			require.Error(t, err, strings.ReplaceAll(attack, "$", table))
		}
	}
	_, err = b.ExecContext(ctx, "grant all on event, event_chain, event_checkpoint to writ_server") // PostgreSQL only warns
	require.NoError(t, err)
	for _, attack := range []string{
		"update event set actor = 'y'", "set session_replication_role = replica", "set role writ", "set session authorization writ", "alter role writ_server superuser", "create role x superuser",
		"create role x", "grant writ to writ_server", "drop schema public cascade", "alter schema public owner to writ_server", "alter schema public rename to gone",
		"create or replace function event_append_only() returns trigger language plpgsql as $$ begin return null; end $$",
		"drop function event_append_only() cascade", "alter function event_append_only() rename to gone", "drop function event_statistics()",
		"copy event to program 'cat'", "copy event from program 'cat'", "select pg_read_file('/etc/passwd')", "select lo_import('/etc/passwd')",
		"alter system set fsync = off", "drop owned by writ", "reassign owned by writ to writ_server", "drop database postgres", "alter database writ owner to writ_server",
		"drop database writ", "create extension file_fdw", "create event trigger x on ddl_command_start execute function event_append_only()",
		"update pg_class set relowner = 'writ_server'::regrole where relname = 'event'", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'writ' and pid <> pg_backend_pid() limit 1",
	} {
		_, err := b.ExecContext(ctx, attack)
		if attack[:6] == "select" && err == nil {
			continue // no row to act on
		}
		require.Error(t, err, attack)
	}
	var events, links, marks int
	require.NoError(t, b.NewRaw("select (select count(*) from event where actor = 'ann'), (select count(*) from event_chain where hash = 'x'), (select count(*) from event_checkpoint where hash = 'x')").
		Scan(ctx, &events, &links, &marks))
	require.Equal(t, []int{1, 1, 1}, []int{events, links, marks})
	_, err = db.Open(ctx, s.ServerURL("postgres"))
	require.ErrorContains(t, err, "permission denied for database")

	_, err = admin.ExecContext(ctx, "delete from event_chain")
	require.ErrorContains(t, err, "append only", "nor does the owner by mistake")
}
