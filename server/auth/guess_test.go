package auth

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// guess tries the passwords at once, each from the address given for it, and gives how many opened the account.
func (b bundle) guess(username string, n int, address func(i int) string, password func(i int) string) int {
	var opened atomic.Int64
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if _, err := (&browser{bundle: b, address: address(i)}).login(username, password(i)); err == nil {
				opened.Add(1)
			}
		})
	}
	all.Wait()
	return int(opened.Load())
}

func one(int) string    { return "203.0.113.7" }
func many(i int) string { return fmt.Sprintf("203.0.%d.%d", i/250, i%250) }
func wrong(int) string  { return "wrong" }

// Guesses in parallel: the right one among the last of 150 does not get in, from one address as from many.
func TestGuessesInParallel(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(int) string{"OneAddress": one, "ManyAddresses": many} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, Config{})
			require.Zero(t, b.guess("ana", tryLimit, address, wrong))
			opened := b.guess("ana", 140, address, func(int) string { return "secret" })
			require.LessOrEqual(t, opened, 1, "one try may have run down meanwhile; a right one is given back")
			require.LessOrEqual(t, b.events("access.sign_in_failed"), tryLimit)
			require.Positive(t, b.events("access.sign_in_limited"))
			require.LessOrEqual(t, b.events("access.sign_in_limited"), 2, "not one for each try")
		})
	}
}

// One address may not try one password on every account.
func TestSpraying(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	for i := range 3 * tryLimit {
		_, err := (&browser{bundle: b, address: one(i)}).login(fmt.Sprintf("user%d", i), "secret")
		unauthenticated(t, err)
	}
	require.LessOrEqual(t, b.events("access.sign_in_failed"), tryLimit+1)
	_, err := (&browser{bundle: b, address: one(0)}).login("ana", "secret")
	unauthenticated(t, err)
	_, err = (&browser{bundle: b, address: "198.51.100.1"}).login("ana", "secret")
	require.NoError(t, err, "others are not concerned")
}

// Who is attacked goes on working, and signs in where they did before; strangers wait, and not for ever.
func TestAttackedAccount(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	home := &browser{bundle: b, address: "198.51.100.1"}
	session, err := home.login("ana", "secret")
	require.NoError(t, err)
	require.NotEmpty(t, home.device)
	attack := func() { require.Zero(t, b.guess("ana", 3*tryLimit, many, wrong)) }
	attack()

	_, err = home.refreshed()
	require.NoError(t, err)
	require.NotNil(t, b.who(session.AccessToken))
	_, err = (&browser{bundle: b, address: "198.51.100.200", device: home.device}).login("ana", "secret")
	require.NoError(t, err, "a known device, wherever it is")
	_, err = (&browser{bundle: b, address: "203.0.0.1", device: home.device}).login("ana", "secret")
	require.NoError(t, err, "even behind the address of an attacker")
	_, err = (&browser{bundle: b, address: "198.51.100.1"}).login("ana", "secret")
	require.NoError(t, err, "a known address")
	stranger := &browser{bundle: b, address: "198.51.100.9"}
	_, err = stranger.login("ana", "secret")
	unauthenticated(t, err)
	require.Equal(t, refused().Error(), err.Error())

	b.clock.SetOffset(2 * perTry)
	_, err = stranger.login("ana", "secret")
	require.NoError(t, err, "the count runs down by itself")
}

// The cookie of a device is worth nothing for another account, after a change of the password, and when it is made up.
func TestDeviceOfAnother(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{Demo: true})
	w := &browser{bundle: b}
	_, err := w.login("ana", "secret")
	require.NoError(t, err)
	ana, err := selectUserByName(b.ctx, b.db, "ana")
	require.NoError(t, err)
	demo, err := selectUserByName(b.ctx, b.db, "demo.hr")
	require.NoError(t, err)
	require.NotEmpty(t, b.deviceOf(ana, w.device))
	require.Empty(t, b.deviceOf(demo, w.device))
	require.Empty(t, b.deviceOf(nil, w.device))
	for _, cookie := range []string{"", "x", w.device[1:], "AAAA"} {
		require.Empty(t, b.deviceOf(ana, cookie))
	}
	ana.PasswordHash = mustHash(t, "other")
	require.Empty(t, b.deviceOf(ana, w.device))

	for range tryLimit {
		_, err = w.login("ana", "wrong")
		unauthenticated(t, err)
	}
	_, err = w.login("ana", "secret")
	unauthenticated(t, err)
}

// A hundred people behind one address sign in at once: right passwords do not use anything up.
func TestManyRightTries(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	require.Equal(t, 40, b.guess("ana", 40, one, func(int) string { return "secret" }))
}

// A good try does not wait behind a flood of bad ones, not even a stranger's.
func TestGoodTriesAreNotDelayed(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	var flood sync.WaitGroup
	flood.Go(func() { b.guess("demo.hr", 300, one, wrong) })
	began := time.Now()
	_, err := (&browser{bundle: b, address: "198.51.100.1"}).login("ana", "secret")
	require.NoError(t, err)
	t.Logf("a good try among 300 bad ones took %s", time.Since(began))
	flood.Wait()
}

// Lanes take turns, known ones go first, and the longest lane loses its last when too many wait.
func TestHashingTakesTurns(t *testing.T) {
	t.Parallel()
	h := newHashing(1)
	_, err := h.enter(t.Context(), "first", false)
	require.NoError(t, err)
	var waiting []*waiter
	for range maxWaiting - 2 {
		waiting = append(waiting, h.queue("flood", false))
	}
	stranger, known := h.queue("stranger", false), h.queue("known", true)
	late := h.queue("late", false)
	require.False(t, <-waiting[len(waiting)-1].turn, "the flood's last is sent away")
	require.Equal(t, maxWaiting, h.waiting)
	for _, next := range []*waiter{known, waiting[0], stranger, late, waiting[1], waiting[2]} {
		h.leave()
		require.True(t, <-next.turn)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = h.enter(ctx, "gone", false)
	require.ErrorIs(t, err, context.Canceled)
	require.NotContains(t, h.lanes, "gone")
	for range waiting[3 : len(waiting)-1] {
		h.leave()
	}
	h.leave()
	require.Equal(t, 1, h.free)
	require.Empty(t, h.lanes)
	require.Zero(t, h.waiting)
}

// What somebody typed as a name is kept only when it is one: it may be their password.
func TestMistypedPasswordIsNotKept(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	for range 2 * tryLimit {
		_, err := (&browser{bundle: b}).login("hunter2-canary", "ana")
		unauthenticated(t, err)
	}
	for _, table := range []string{"event", "sign_in_count"} {
		var found bool
		require.NoError(t, b.db.NewRaw("SELECT EXISTS (SELECT FROM "+table+" AS t WHERE t::text ILIKE '%canary%')").Scan(b.ctx, &found))
		require.False(t, found, table)
	}
	_, err := (&browser{bundle: b, address: "198.51.100.1"}).login("ana", "wrong")
	unauthenticated(t, err)
	var subject string
	require.NoError(t, b.db.NewRaw(`SELECT u.username FROM event AS e JOIN local_user AS u ON u.id = e.subject_id
		WHERE e.kind = 'access.sign_in_failed'`).Scan(b.ctx, &subject))
	require.Equal(t, "Ana", subject, "the account that was tried is named")
}

func TestAddressOf(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::9]:1": "2001:db8:1:2::/64", "[fe80::1%eth0]:1": "fe80::/64", "": "unknown", "@": "unknown",
	} {
		require.Equal(t, want, addressOf(remote), remote)
	}
}
