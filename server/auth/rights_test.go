package auth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/access"
	"writ/server/permit"
)

// Rights are those of now, not those of the sign-in.
func TestRightsOfNow(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	out, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	ctx, err := b.Authenticate(b.ctx, "Bearer "+out.AccessToken)
	require.NoError(t, err)
	require.True(t, permit.Find(ctx, permit.JobQuery).Allowed())

	require.NoError(t, access.DeleteRules(b.ctx, b.db, "R"))
	b.pass(rememberFor + time.Second)
	ctx, err = b.Renew(ctx)
	require.NoError(t, err)
	require.False(t, permit.Find(ctx, permit.JobQuery).Allowed())

	_, err = b.db.ExecContext(b.ctx, "update local_user set is_disabled = true")
	require.NoError(t, err)
	b.pass(rememberFor + time.Second)
	ctx, err = b.Renew(ctx)
	unauthenticated(t, err)
	require.Nil(t, permit.From(ctx))
	require.Nil(t, b.who(out.AccessToken))
}

// A profile that ends is gone at once when a test moves the clock, although the actor is remembered; the session is not.
func TestRightsFollowTheClock(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	out, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	_, err = b.db.NewRaw("UPDATE assigned_profile SET end_date = ?", b.clock.Now().Add(time.Hour)).Exec(b.ctx)
	require.NoError(t, err)
	require.Len(t, b.who(out.AccessToken).Grants, 1)
	b.clock.SetOffset(24 * time.Hour)
	a := b.who(out.AccessToken)
	require.NotNil(t, a)
	require.Empty(t, a.Grants)
}
