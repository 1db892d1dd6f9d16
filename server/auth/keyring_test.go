package auth

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	old, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	key, err := b.signingKey(b.ctx)
	require.NoError(t, err)
	require.NotContains(t, string(key.PrivateKey), string(key.private.Seed()), "sealed")

	other := on(b.db, plainRing{}, Config{}) // another process
	b.setWall(other)
	_, err = other.Authenticate(b.ctx, old.AccessToken)
	require.NoError(t, err, "one process signs, the other verifies")

	b.pass(30*24*time.Hour - 5*time.Minute)
	late, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	b.pass(6 * time.Minute)
	var all sync.WaitGroup
	for _, s := range []*Service{b.Service, other, b.Service, other} {
		all.Go(func() {
			if _, err := s.signingKey(b.ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var n int
	require.NoError(t, b.db.NewRaw("SELECT count(*) FROM signing_key").Scan(b.ctx, &n))
	require.Equal(t, 2, n, "one of four made the new key")
	next, err := other.signingKey(b.ctx)
	require.NoError(t, err)
	require.NotEqual(t, key.Kid, next.Kid)
	require.NotNil(t, b.who(late.AccessToken), "signed with the retired key, not expired yet")

	set, err := b.jwks(b.ctx)
	require.NoError(t, err)
	require.Len(t, set, 2)
	b.pass(time.Hour)
	set, err = b.jwks(b.ctx)
	require.NoError(t, err)
	require.Len(t, set, 1)
	require.Equal(t, next.Kid, set[0].KeyID)
}

// The keyring was lost: people sign in again, nothing stands still.
func TestKeyringLost(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	first, err := b.signingKey(b.ctx)
	require.NoError(t, err)
	other := on(b.db, lostRing{}, Config{})
	b.setWall(other)
	second, err := other.signingKey(b.ctx)
	require.NoError(t, err)
	require.NotEqual(t, first.Kid, second.Kid)
}

// lostRing opens only what it sealed itself.
type lostRing struct{}

func (lostRing) Seal(_ string, plain []byte) ([]byte, error) {
	return append([]byte("new"), plain...), nil
}

func (lostRing) Open(_ string, sealed []byte) ([]byte, error) {
	if plain, ok := strings.CutPrefix(string(sealed), "new"); ok {
		return []byte(plain), nil
	}
	return nil, errors.New("sealed with another key")
}
