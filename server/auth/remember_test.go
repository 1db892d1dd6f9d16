package auth

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/access"
	"writ/server/db"
	"writ/server/permit"
)

// Whatever an actor depends on: connections that are looked at together get what one that signs in now gets, by as many statements for many as for one.
func TestRememberedActorsAreThoseOfNow(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	require.NoError(t, access.SaveProfiles(b.ctx, b.db, []access.ProfileSpec{{Identifier: "More"}}))
	_, err := access.SaveRules(b.ctx, b.db, []access.RuleSpec{{Identifier: "M", Profile: "More", Entries: []access.EntrySpec{{Permission: permit.OrderQuery, CanExecute: true}}}})
	require.NoError(t, err)
	var sessions []context.Context
	for range 5 {
		out, err := (&browser{bundle: b}).login("ana", "secret")
		require.NoError(t, err)
		ctx, err := b.Authenticate(b.ctx, out.AccessToken)
		require.NoError(t, err)
		sessions = append(sessions, ctx)
	}
	look := func(n int) int {
		b.pass(rememberFor + time.Second)
		ctx, queries := db.CountQueries(b.ctx)
		require.NoError(t, b.Remember(ctx, sessions[:n]))
		for _, c := range sessions[:n] {
			now, err := b.Renew(c)
			want, wantErr := b.fresh(c)
			require.Equal(t, wantErr, err)
			require.Equal(t, want, permit.From(now))
		}
		return queries.N()
	}
	look(5) // the first look reads everybody
	one := look(1)
	look(5)
	require.Equal(t, one, look(5), "nothing changed: as many statements for five as for one")
	for _, change := range []string{
		"insert into assigned_profile (user_id, profile_id, context) select u.id, p.id, '{}' from local_user u, profile p where u.username = 'Ana' and p.identifier = 'More'",
		"update assigned_profile set is_denied = true where profile_id = (select id from profile where identifier = 'More')",
		"update assigned_profile set is_denied = false, start_date = now() + interval '1 day' where is_denied",
		"update access_entry set can_execute = false",
		"update access_entry set can_execute = true",
		"insert into access_filter (rule_id, binding, value) select id, 'X', 'y' from access_rule where identifier = 'R'",
		"update access_filter set value = 'z'",
		"update access_rule set entity_type = 'Directory_User' where identifier = 'R'",
		"update local_user set display_name = 'Ana Other' where username = 'Ana'",
		"delete from access_filter",
		"update assigned_profile set start_date = null, end_date = now() - interval '1 day'",
	} {
		_, err := b.db.ExecContext(b.ctx, change)
		require.NoError(t, err, change)
		look(5)
	}
	_, err = b.db.ExecContext(b.ctx, "update session set revoked_at = now() where id = (select id from session order by id limit 1)")
	require.NoError(t, err)
	look(5)
	_, err = b.db.ExecContext(b.ctx, "update local_user set is_disabled = true where username = 'Ana'")
	require.NoError(t, err)
	look(5)
}

// An actor that somebody else read just before the rights changed is not taken for one of the new rights: it would be kept as long as nothing changes again.
func TestRememberKeepsNoActorFromBefore(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	out, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	c, err := b.Authenticate(b.ctx, out.AccessToken)
	require.NoError(t, err)
	before := permit.From(c)
	require.NotEmpty(t, before.Grants)
	b.pass(rememberFor + time.Second)

	tx, err := b.db.BeginTx(b.ctx, nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(b.ctx, "lock table local_user in access exclusive mode")
	require.NoError(t, err)
	_, err = tx.ExecContext(b.ctx, "update access_entry set can_execute = false")
	require.NoError(t, err)
	looked := make(chan error, 1)
	go func() { looked <- b.Remember(b.ctx, []context.Context{c}) }()
	require.Eventually(t, func() bool {
		var n int
		require.NoError(t, b.db.NewRaw("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").Scan(b.ctx, &n))
		return n == 1
	}, 20*time.Second, 5*time.Millisecond)
	b.actors.keep(ticketOf(c).session, before, "", b.wall(), b.clock.Offset()) // as a request does that read it a moment ago
	require.NoError(t, tx.Commit())
	require.NoError(t, <-looked)

	for range 3 {
		b.pass(rememberFor + time.Second)
		require.NoError(t, b.Remember(b.ctx, []context.Context{c}))
	}
	now, err := b.Renew(c)
	require.NoError(t, err)
	want, err := b.fresh(c)
	require.NoError(t, err)
	require.Equal(t, want, permit.From(now))
}

// fresh gives the actor of a connection as somebody who remembers nothing would.
func (b bundle) fresh(c context.Context) (*permit.Actor, error) {
	other := on(b.db, plainRing{}, b.config)
	other.wall = b.wall
	now, err := other.Renew(c)
	return permit.From(now), err
}
