package fulfil_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
)

func mustKeyring(t *testing.T, text, dir string) *fulfil.Keyring {
	t.Helper()
	k, err := fulfil.ParseKeyring(text, dir)
	require.NoError(t, err)
	return k
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	k := mustKeyring(t, fulfil.NewKey(), "")
	plain := map[string]string{"password": "s3cret!", "token": "ü"}
	sealed, err := k.Seal("row/1", plain)
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "s3cret")
	got, err := k.Open("row/1", sealed)
	require.NoError(t, err)
	require.Equal(t, plain, got)

	again, err := k.Seal("row/1", plain)
	require.NoError(t, err)
	require.NotEqual(t, sealed, again, "a nonce is used once")

	none, err := k.Seal("row/1", nil)
	require.NoError(t, err)
	require.Nil(t, none)
	got, err = k.Open("row/1", none)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestEveryDamageIsFound(t *testing.T) {
	t.Parallel()
	k := mustKeyring(t, fulfil.NewKey(), "")
	sealed, err := k.Seal("row/1", map[string]string{"password": "s3cret!"})
	require.NoError(t, err)
	for i := range sealed {
		damaged := append([]byte(nil), sealed...)
		damaged[i] ^= 1
		_, err := k.Open("row/1", damaged)
		require.True(t, errs.Is(err, errs.Unavailable), "byte %d: %v", i, err)
		_, err = k.Open("row/1", sealed[:i])
		require.True(t, i == 0 || errs.Is(err, errs.Unavailable), "cut at %d: %v", i, err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	older, newer := fulfil.NewKey(), fulfil.NewKey()
	sealed, err := mustKeyring(t, older, "").Seal("row/1", map[string]string{"password": "env:WRIT_SECRET_SOMEWHERE"})
	require.NoError(t, err)
	both := mustKeyring(t, newer+",\n"+older, "")
	require.True(t, stale(t, both, sealed))
	plain, err := both.Unseal("row/1", sealed)
	require.NoError(t, err)
	require.Equal(t, "env:WRIT_SECRET_SOMEWHERE", plain["password"], "the reference is kept as it is")
	sealed, err = both.Seal("row/1", plain)
	require.NoError(t, err)
	require.False(t, stale(t, both, sealed))
	_, err = mustKeyring(t, newer, "").Unseal("row/1", sealed)
	require.NoError(t, err)
	_, err = mustKeyring(t, older, "").Unseal("row/1", sealed)
	require.True(t, errs.Is(err, errs.Unavailable))
}

func TestReferences(t *testing.T) {
	t.Setenv("WRIT_SECRET_HR", "from the environment")
	t.Setenv("HR_PASSWORD", "from elsewhere")
	t.Setenv("WRIT_SECRET_KEYS", "the server's own")
	t.Setenv("WRIT_DATABASE_URL", "the server's own")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hr"), []byte("from a file\n"), 0o600))
	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, []byte("x"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "way-out")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	k := mustKeyring(t, fulfil.NewKey(), dir)
	open := func(value string) (string, error) {
		sealed, err := k.Seal("row/1", map[string]string{"password": value})
		require.NoError(t, err)
		plain, err := k.Open("row/1", sealed)
		return plain["password"], err
	}
	for value, want := range map[string]string{
		"env:WRIT_SECRET_HR": "from the environment", "file:hr": "from a file", "plain": "plain", "enviable": "enviable",
	} {
		got, err := open(value)
		require.NoError(t, err, value)
		require.Equal(t, want, got)
	}
	for value, kind := range map[string]errs.Kind{
		"env:WRIT_SECRET_KEYS": errs.Validation, "env:WRIT_DATABASE_URL": errs.Validation, "env:PGPASSWORD": errs.Validation, "env:HR_PASSWORD": errs.Validation, "env:AWS_SECRET_ACCESS_KEY": errs.Validation,
		"env:": errs.Validation, "env:writ_secret_hr": errs.Validation, "env:WRIT_SECRET_NOT_SET": errs.Unavailable,
		"file:../x": errs.Validation, "file:/etc/hostname": errs.Validation, "file:absent": errs.Unavailable, "file:way-out": errs.Unavailable, "file:pipe": errs.Unavailable, "file:.": errs.Unavailable,
	} {
		_, err := open(value)
		require.True(t, errs.Is(err, kind), "%s: %v", value, err)
	}
}

func TestKeyringRefuses(t *testing.T) {
	t.Parallel()
	key := fulfil.NewKey()
	for _, text := range []string{"", "nokey", "id:", "id:c2hvcnQ=", "a b:" + key, ":" + key[9:], key + "," + key} {
		_, err := fulfil.ParseKeyring(text, "")
		require.True(t, errs.Is(err, errs.Validation), "%q: %v", text, err)
		require.NotContains(t, err.Error(), "c2hvcnQ")
	}
}

func TestNothingSecretIsPrinted(t *testing.T) {
	t.Parallel()
	s, err := fulfil.SettingsOf(json.RawMessage(`{"path": "x"}`), map[string]string{"password": "s3cret!"}, "/data")
	require.NoError(t, err)
	key := fulfil.NewKey()
	k := mustKeyring(t, key, "")
	printed := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", s, s, s, s.LogValue(), k, k, k)
	require.NotContains(t, printed, "s3cret")
	require.NotContains(t, printed, key[9:])
	require.Contains(t, printed, "password")
}

func stale(t *testing.T, k *fulfil.Keyring, sealed []byte) bool {
	t.Helper()
	head, err := k.Head()
	require.NoError(t, err)
	return !bytes.HasPrefix(sealed, head)
}

// What is sealed for one row opens for no other, not even under the same key.
func TestBoundToItsRow(t *testing.T) {
	t.Parallel()
	k := mustKeyring(t, fulfil.NewKey(), "")
	sealed, err := k.Seal("connection/ad", map[string]string{"password": "s3cret!"})
	require.NoError(t, err)
	_, err = k.Open("connection/ad", sealed)
	require.NoError(t, err)
	for _, other := range []string{"connection/hr", "connection/ad2", "connection/a", "", "webhook/1"} {
		_, err = k.Open(other, sealed)
		require.True(t, errs.Is(err, errs.Unavailable), other)
	}
}

// What an earlier version sealed, bound to nothing and under a key named "key", is read until it is sealed again.
func TestEarlierForm(t *testing.T) {
	t.Parallel()
	key := make([]byte, 32)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	head := append([]byte{1, 3}, "key"...)
	nonce := make([]byte, aead.NonceSize())
	sealed := aead.Seal(append(append([]byte(nil), head...), nonce...), nonce, []byte(`{"password":"s3cret!"}`), head)
	other := fulfil.NewKey()
	k := mustKeyring(t, other+","+fulfil.KeyID(key)+":"+base64.StdEncoding.EncodeToString(key), "")
	plain, err := k.Open("connection/ad", sealed)
	require.NoError(t, err)
	require.Equal(t, "s3cret!", plain["password"])
	require.True(t, stale(t, k, sealed))
	_, err = mustKeyring(t, other, "").Open("connection/ad", sealed)
	require.True(t, errs.Is(err, errs.Unavailable))
}

// Keys that change while a process runs are taken over at the next use.
func TestFollow(t *testing.T) {
	t.Parallel()
	older, newer := fulfil.NewKey(), fulfil.NewKey()
	k := mustKeyring(t, older, "")
	var next string
	k.Follow(func() (string, bool, error) {
		text := next
		next = ""
		return text, text != "", nil
	})
	sealed, err := k.Seal("row/1", map[string]string{"a": "b"})
	require.NoError(t, err)
	next = newer + "," + older
	_, err = k.Unseal("row/1", sealed)
	require.NoError(t, err)
	require.True(t, stale(t, k, sealed))
	sealed, err = k.Seal("row/1", map[string]string{"a": "b"})
	require.NoError(t, err)
	next = newer
	_, err = k.Unseal("row/1", sealed)
	require.NoError(t, err)
}
