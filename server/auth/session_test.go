package auth

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	w := &browser{bundle: b}
	_, err := w.refreshed()
	unauthenticated(t, err)
	first, err := w.login("ana", "secret")
	require.NoError(t, err)
	before := w.cookie
	b.pass(time.Minute)
	second, err := w.refreshed()
	require.NoError(t, err)
	require.NotEqual(t, before, w.cookie)
	require.True(t, second.ExpiresAt.After(first.ExpiresAt))
	require.NotNil(t, b.who(first.AccessToken), "still valid until it expires")

	var rows []session
	require.NoError(t, b.db.NewSelect().Model(&rows).Scan(b.ctx))
	require.Len(t, rows, 1)
	for _, token := range []string{before, w.cookie} {
		_, secret, ok := parseRefresh(token)
		require.True(t, ok)
		require.NotContains(t, string(rows[0].RefreshHash)+string(rows[0].PreviousHash)+string(rows[0].SealedRefresh), string(secret))
	}
}

// Two tabs refresh with the same cookie at the same moment: both get the same new one.
func TestRefreshInTwoTabs(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	w := &browser{bundle: b}
	_, err := w.login("ana", "secret")
	require.NoError(t, err)
	tabs := []*browser{{bundle: b, cookie: w.cookie}, {bundle: b, cookie: w.cookie}, {bundle: b, cookie: w.cookie}}
	var all sync.WaitGroup
	for _, tab := range tabs {
		all.Go(func() {
			_, err := tab.refreshed()
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.NotEqual(t, w.cookie, tabs[0].cookie)
	require.Equal(t, tabs[0].cookie, tabs[1].cookie)
	require.Equal(t, tabs[0].cookie, tabs[2].cookie)
	_, err = tabs[0].refreshed()
	require.NoError(t, err)
}

// A refresh token that was replaced and comes again was stolen, by whoever came first: nobody goes on.
func TestRefreshReused(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(t *testing.T, b bundle, w *browser){
		"AfterTheGrace": func(t *testing.T, b bundle, w *browser) { b.pass(grace + time.Second) },
		"AfterTheNextWasUsed": func(t *testing.T, _ bundle, w *browser) {
			_, err := w.refreshed()
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, Config{})
			b.t = t
			w := &browser{bundle: b}
			_, err := w.login("ana", "secret")
			require.NoError(t, err)
			thief := &browser{bundle: b, cookie: w.cookie}
			out, err := w.refreshed()
			require.NoError(t, err)
			require.NotNil(t, b.who(out.AccessToken))
			use(t, b, w)
			_, err = thief.refreshed()
			unauthenticated(t, err)
			require.Empty(t, thief.cookie, "taken away")
			_, err = w.refreshed()
			unauthenticated(t, err)
			require.Nil(t, b.who(out.AccessToken), "its access tokens end too")
			require.Equal(t, 1, b.events("access.session_reused"))
		})
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{SessionIdle: time.Hour, SessionMax: 3 * time.Hour})
	w := &browser{bundle: b}
	_, err := w.login("ana", "secret")
	require.NoError(t, err)
	for range 3 { // sliding
		b.pass(55 * time.Minute)
		_, err = w.refreshed()
		require.NoError(t, err)
	}
	out, err := w.refreshed()
	require.NoError(t, err)
	require.LessOrEqual(t, out.ExpiresAt.Unix(), b.wall().Add(15*time.Minute+time.Second).Unix())
	b.pass(16 * time.Minute)
	_, err = w.refreshed()
	unauthenticated(t, err)

	idle := &browser{bundle: b}
	_, err = idle.login("ana", "secret")
	require.NoError(t, err)
	b.pass(time.Hour + time.Second)
	_, err = idle.refreshed()
	unauthenticated(t, err)
}

func TestLogout(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	logout := func(w *browser, token string) {
		require.NoError(t, w.send(token, func(ctx context.Context) error {
			out, err := w.Logout(ctx)
			require.True(t, out.Ok)
			return err
		}))
		require.Empty(t, w.cookie)
	}
	byToken, byCookie := &browser{bundle: b}, &browser{bundle: b}
	out1, err := byToken.login("ana", "secret")
	require.NoError(t, err)
	out2, err := byCookie.login("ana", "secret")
	require.NoError(t, err)
	require.NotNil(t, b.who(out1.AccessToken))
	require.NotNil(t, b.who(out2.AccessToken))
	kept := byToken.cookie

	logout(byToken, out1.AccessToken)
	require.Nil(t, b.who(out1.AccessToken))
	require.NotNil(t, b.who(out2.AccessToken), "the other session goes on")
	_, err = (&browser{bundle: b, cookie: kept}).refreshed()
	unauthenticated(t, err)

	logout(byCookie, "")
	require.Nil(t, b.who(out2.AccessToken))
	require.Equal(t, 2, b.events("access.signed_out"))
	logout(byCookie, "")
}

// A session ends with the password it was opened with, and a sign-in that was under way with the old one opens none.
func TestPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	w := &browser{bundle: b}
	out, err := w.login("ana", "secret")
	require.NoError(t, err)
	old, err := selectUserByName(b.ctx, b.db, "ana")
	require.NoError(t, err)
	_, err = b.db.NewRaw("UPDATE local_user SET display_name = 'Other', password_hash = password_hash WHERE id = ?", old.ID).Exec(b.ctx)
	require.NoError(t, err)
	_, err = w.refreshed()
	require.NoError(t, err, "the same password ends nothing")
	_, err = b.db.NewRaw("UPDATE local_user SET password_hash = ? WHERE id = ?", mustHash(t, "other"), old.ID).Exec(b.ctx)
	require.NoError(t, err)
	_, err = w.refreshed()
	unauthenticated(t, err)
	b.pass(rememberFor + time.Second)
	require.Nil(t, b.who(out.AccessToken))
	_, err = (&browser{bundle: b, device: w.device}).login("ana", "other")
	require.NoError(t, err)
}
