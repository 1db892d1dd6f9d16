package app

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/backup"
	"writ/server/config"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/system"
)

// mustSeal makes connections and sessions with sealed values, and gives how many.
func (s *console) mustSeal(t *testing.T, ring *fulfil.Keyring, n int) {
	t.Helper()
	ctx := t.Context()
	_, err := s.DB.ExecContext(ctx, `insert into connector (identifier, display_name) values ('C', 'C') on conflict do nothing`)
	require.NoError(t, err)
	for i := range n {
		name := fmt.Sprintf("K%04d", i)
		sealed, err := ring.Seal(system.SealedOf(name), map[string]string{"password": "canary-" + name})
		require.NoError(t, err)
		_, err = s.DB.ExecContext(ctx, `insert into connection (connector_id, identifier, display_name, package, settings, secrets)
			select id, ?, ?, 'null', '{}', ? from connector where identifier = 'C'`, name, name, sealed)
		require.NoError(t, err)
	}
}

// opens reports how many connections open with a keyring, and how many of those are sealed with its first key.
func (s *console) opens(t *testing.T, ring *fulfil.Keyring) (all, current int) {
	t.Helper()
	var rows []struct {
		Identifier string
		Secrets    []byte
	}
	require.NoError(t, s.DB.NewRaw(`select identifier, secrets from connection order by id`).Scan(t.Context(), &rows))
	head, err := ring.Head()
	require.NoError(t, err)
	for _, r := range rows {
		plain, err := ring.Unseal(system.SealedOf(r.Identifier), r.Secrets)
		if err == nil && plain["password"] == "canary-"+r.Identifier {
			all++
		}
		if bytes.HasPrefix(r.Secrets, head) {
			current++
		}
	}
	return all, current
}

// TestRotateKey: everything is sealed again while a server that knows nothing of it goes on reading and writing; a rotation that was cut off goes
// on; the old key opens nothing then.
func TestRotateKey(t *testing.T) {
	t.Parallel()
	s := mustConsole(t)
	server, err := keyringOf(s.Config)
	require.NoError(t, err)
	s.mustSeal(t, server, 450)
	before, err := s.Config.Secret.Keys(s.Config.Database.DataDir)
	require.NoError(t, err)

	cut, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- RotateKey(cut, s.Session) }()
	require.Eventually(t, func() bool {
		keys, err := s.Config.Secret.Keys(s.Config.Database.DataDir)
		return err == nil && len(keys) == 2
	}, 10*time.Second, 10*time.Millisecond)
	all, _ := s.opens(t, server)
	require.Equal(t, 450, all, "the server reads on")
	stop()
	require.Error(t, <-ended)

	ring, err := keyringOf(s.Config)
	require.NoError(t, err)
	_, _, err = reseal(t.Context(), s.DB, ring) // as far as it came before somebody cut it off, and a value with the old key after that
	require.NoError(t, err)
	old, err := fulfil.ParseKeyring(mustText(t, config.Secret{Key: fmt.Sprintf("%x", before[0])}), "")
	require.NoError(t, err)
	sealed, err := old.Seal(system.SealedOf("K0007"), map[string]string{"password": "canary-K0007"})
	require.NoError(t, err)
	_, err = s.DB.ExecContext(t.Context(), `update connection set secrets = ? where identifier = 'K0007'`, sealed)
	require.NoError(t, err)

	require.Contains(t, s.said(t, func(ctx context.Context) error { return RotateKey(ctx, s.Session) }), "Going on")
	all, current := s.opens(t, server)
	require.Equal(t, 450, all, "the server took the new key over")
	require.Equal(t, 450, current)
	all, _ = s.opens(t, old)
	require.Zero(t, all, "the old key opens nothing any more")
	keys, err := s.Config.Secret.Keys(s.Config.Database.DataDir)
	require.NoError(t, err)
	require.Len(t, keys, 1)
	require.NotEqual(t, before, keys)
	require.FileExists(t, filepath.Join(s.Config.Database.DataDir, "secret.key.old"))
	var events int
	require.NoError(t, s.DB.NewRaw(`select count(*) from event where kind = 'secret.key_rotated'`).Scan(t.Context(), &events))
	require.Equal(t, 1, events)
}

func mustText(t *testing.T, secret config.Secret) string {
	t.Helper()
	text, _, err := keysOf(config.Config{Secret: secret})
	require.NoError(t, err)
	return text
}

// TestRotateKeyAlone: of several rotations at once one does it, and says when it is over; no key is taken away that another one just made.
func TestRotateKeyAlone(t *testing.T) {
	t.Parallel()
	s := mustConsole(t)
	ring, err := keyringOf(s.Config)
	require.NoError(t, err)
	s.mustSeal(t, ring, 1)
	ended := make(chan error, 3)
	for range cap(ended) {
		go func() {
			at := s.Session
			at.Out = io.Discard
			ended <- RotateKey(t.Context(), at)
		}()
	}
	refused := 0
	for range cap(ended) {
		if err := <-ended; err != nil {
			require.True(t, errs.Is(err, errs.Conflict), err)
			refused++
		}
	}
	require.Equal(t, cap(ended)-1, refused)
	require.NoError(t, RotateKey(t.Context(), s.Session), "one after the other they all do")
	ring, err = keyringOf(s.Config)
	require.NoError(t, err)
	all, current := s.opens(t, ring)
	require.Equal(t, []int{1, 1}, []int{all, current})
}

// TestRotateKeyKeepsWhatItCannotOpen: a damaged value stops the rotation before a key is dropped.
func TestRotateKeyKeepsWhatItCannotOpen(t *testing.T) {
	t.Parallel()
	s := mustConsole(t)
	ring, err := keyringOf(s.Config)
	require.NoError(t, err)
	s.mustSeal(t, ring, 3)
	_, err = s.DB.ExecContext(t.Context(), `update connection set secrets = (select secrets from connection where identifier = 'K0000') where identifier = 'K0001'`)
	require.NoError(t, err)
	require.ErrorContains(t, RotateKey(t.Context(), s.Session), "connection K0001")
	keys, err := s.Config.Secret.Keys(s.Config.Database.DataDir)
	require.NoError(t, err)
	require.Len(t, keys, 2)
	_, err = os.Stat(filepath.Join(s.Config.Database.DataDir, "secret.key.old"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestEverythingSealedIsRotated: a new column of bytes is either sealed, and rotated, or named here as not secret.
func TestEverythingSealedIsRotated(t *testing.T) {
	t.Parallel()
	s := mustConsole(t)
	notSealed := map[string]bool{"session.refresh_hash": true, "session.previous_hash": true, "api_key.secret_hash": true, "signing_key.public_key": true, "event_chain.hash": true,
		"event_checkpoint.hash": true, "event_checkpoint.public_key": true, "event_checkpoint.signature": true, "model_version.fingerprint": true,
		"owner_state.fingerprint": true, "row_digest.entries": true, "plan_owner.digest": true, "resource_file.content": true, "mining_result.held": true, "row_digest_table.signature": true}
	for _, c := range sealedColumns {
		notSealed[c.table+"."+c.column] = true
	}
	var columns []string
	require.NoError(t, s.DB.NewRaw(`select table_name || '.' || column_name from information_schema.columns
		where table_schema = 'public' and data_type = 'bytea' and table_name not like 'river%' order by 1`).Scan(t.Context(), &columns))
	var unknown []string
	for _, c := range columns {
		if !notSealed[c] {
			unknown = append(unknown, c)
		}
	}
	t.Log(columns)
	require.Empty(t, unknown)
}

// What an earlier version sealed opens in any row it is moved to. A server that starts binds it to the row where it is.
func TestSealedBeforeIsBound(t *testing.T) {
	t.Parallel()
	s := mustConsole(t)
	ring, err := keyringOf(s.Config)
	require.NoError(t, err)
	s.mustSeal(t, ring, 2)
	keys, err := s.Config.Secret.Keys(s.Config.Database.DataDir)
	require.NoError(t, err)
	block, err := aes.NewCipher(keys[0])
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	head := append([]byte{1, 3}, "key"...) // the first form, under the first name of the key
	nonce := make([]byte, aead.NonceSize())
	old := aead.Seal(append(slices.Clone(head), nonce...), nonce, []byte(`{"password": "canary-K0001"}`), head)
	_, err = s.DB.ExecContext(t.Context(), "update connection set secrets = ? where identifier = 'K0001'", old)
	require.NoError(t, err)
	all, current := s.opens(t, ring)
	require.Equal(t, []int{2, 1}, []int{all, current})

	a := &App{Config: s.Config, Log: s.Log, DB: s.DB}
	for range 2 {
		a.bindSealed(t.Context())
		all, current = s.opens(t, ring)
		require.Equal(t, []int{2, 2}, []int{all, current})
	}
	_, err = s.DB.ExecContext(t.Context(), "update connection set secrets = (select secrets from connection where identifier = 'K0001') where identifier = 'K0000'")
	require.NoError(t, err)
	all, _ = s.opens(t, ring)
	require.Equal(t, 1, all, "moved to another row it opens no more")
}

// TestRestoreWithKeys: what a backup holds sealed is tried with the keys at hand before anything is restored: none, another one, the one after a
// rotation alone, and with the one before it beside it.
func TestRestoreWithKeys(t *testing.T) {
	t.Parallel()
	s := mustConsole(t)
	ring, err := keyringOf(s.Config)
	require.NoError(t, err)
	s.mustSeal(t, ring, 3)
	var file bytes.Buffer
	_, err = backup.Write(t.Context(), s.DatabaseURL, &file)
	require.NoError(t, err)
	require.NoError(t, RotateKey(t.Context(), s.Session))
	former, err := os.ReadFile(filepath.Join(s.Config.Database.DataDir, "secret.key.old"))
	require.NoError(t, err)
	present, err := os.ReadFile(filepath.Join(s.Config.Database.DataDir, "secret.key"))
	require.NoError(t, err)

	to, at := dbtest.MustOpenURL(t)
	restore := func(c config.Config) (*backup.Result, error) {
		sealed, err := Sealed(c)
		require.NoError(t, err)
		return backup.Restore(t.Context(), backup.Input{DB: to, DatabaseURL: at, File: bytes.NewReader(file.Bytes()), Size: int64(file.Len()), Now: time.Now(), Sealed: sealed})
	}
	for name, c := range map[string]struct{ key, says string }{
		"NoKey":         {"", "There is no secret.key"},
		"AnotherKey":    {fmt.Sprintf("%064x", 7), "sealed with key"},
		"AfterRotation": {string(present), "secret.key.old"},
	} {
		cfg := config.Config{Secret: config.Secret{Key: c.key}, Database: config.Database{DataDir: t.TempDir()}}
		_, err := restore(cfg)
		require.ErrorContains(t, err, "3 of 3 secrets cannot be opened", name)
		require.ErrorContains(t, err, "connection K0000", name)
		require.ErrorContains(t, err, c.says, name)
		require.NoFileExists(t, filepath.Join(cfg.Database.DataDir, "secret.key"), "no key is made that would stand in the way of the right one")
	}
	r, err := restore(config.Config{Secret: config.Secret{Key: string(present) + "," + string(former)}})
	require.NoError(t, err)
	require.Equal(t, []int{3, 0}, []int{r.Secrets.Opened, r.Secrets.Closed})
}
