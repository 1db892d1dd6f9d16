package config

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"
)

// keySize is that of AES-256.
const keySize = 32

// Secret holds the key that seals secrets at rest (connection passwords, signing keys).
type Secret struct {
	Key string `name:"secret-key" env:"WRIT_SECRET_KEY" help:"Key that seals secrets in the database: 32 bytes as base64 or hex. Several separated by commas: the first one seals, the others still open (writ rotate-key). Processes that share a database need the same. Empty: one is made and kept in the data folder. Not as a flag."`
}

// Validate checks the section.
func (s *Secret) Validate() error {
	if s.Key == "" {
		return nil
	}
	_, err := decodeKeys(s.Key)
	return err
}

// Keys gives the keys: the configured ones, else those of the data folder, where one is made at the first time with access for its owner only.
// The first one seals, all of them open. Losing that file loses every sealed secret.
func (s *Secret) Keys(dataDir string) ([][]byte, error) {
	if s.Key != "" {
		return decodeKeys(s.Key)
	}
	path := keyFile(dataDir)
	raw, err := os.ReadFile(path)
	if err == nil {
		return decodeKeys(string(raw))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	key, err := makeKey(path)
	return [][]byte{key}, err
}

// Has reports whether there is a key already, so that Keys makes none.
func (s *Secret) Has(dataDir string) bool {
	if s.Key != "" {
		return true
	}
	_, err := os.Stat(keyFile(dataDir))
	return err == nil
}

// Stamp changes when the keys of the data folder do; "" when they are configured.
func (s *Secret) Stamp(dataDir string) (string, error) {
	if s.Key != "" {
		return "", nil
	}
	info, err := os.Stat(keyFile(dataDir))
	if err != nil {
		return "", fmt.Errorf("look at the secret keys: %w", err)
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size()), nil
}

// Alone lets one process at a time change the keys of a data folder: until it calls done, or ends in whatever way. nil when another one does.
func (s *Secret) Alone(dataDir string) (done func(), err error) {
	dir, err := os.Open(dataDir)
	if err != nil {
		return nil, fmt.Errorf("lock the secret keys: %w", err)
	}
	err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { _ = dir.Close() }, nil // closing lets go of the lock
	}
	_ = dir.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock the secret keys: %w", err)
}

// NewKey puts a new key before those of the data folder.
func (s *Secret) NewKey(dataDir string) error {
	keys, err := s.Keys(dataDir)
	if err != nil {
		return err
	}
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	return writeKeys(keyFile(dataDir), append([][]byte{key}, keys...))
}

// DropKeys leaves only the first key in the data folder. The others go into a file beside it, whose path is given: a backup made before needs them.
func (s *Secret) DropKeys(dataDir string) (kept string, err error) {
	keys, err := s.Keys(dataDir)
	if err != nil {
		return "", err
	}
	kept = keyFile(dataDir) + ".old"
	former, err := os.ReadFile(kept)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the former secret keys: %w", err)
	}
	old := keys[1:]
	if more, err := decodeKeys(string(former)); err == nil {
		old = append(old, more...)
	}
	if err := writeKeys(kept, old); err != nil {
		return "", err
	}
	return kept, writeKeys(keyFile(dataDir), keys[:1])
}

// keyOf gives the key that was configured, else the one of a file, which is made at the first time.
func keyOf(given, path string) ([]byte, error) {
	if given != "" {
		return decodeKey(given)
	}
	raw, err := os.ReadFile(path)
	if err == nil {
		return decodeKey(strings.TrimSpace(string(raw)))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	return makeKey(path)
}

func keyFile(dataDir string) string { return filepath.Join(dataDir, "secret.key") }

// writeKeys replaces a file of keys, one a line, in one step.
func writeKeys(path string, keys [][]byte) error {
	var text strings.Builder
	for _, key := range keys {
		text.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	}
	f, err := os.CreateTemp(filepath.Dir(path), "secret-*") // 0600
	if err != nil {
		return fmt.Errorf("write the secret keys: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text.String())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the secret keys: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write the secret keys: %w", err)
	}
	return nil
}

// makeKey writes a new key unless another process was faster; then that one's key counts.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return nil, fmt.Errorf("keep the secret key: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "secret-*") // 0600; linked below only when complete
	if err != nil {
		return nil, fmt.Errorf("keep the secret key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("keep the secret key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("keep the secret key: %w", err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret key: %w", err)
	}
	return decodeKey(strings.TrimSpace(string(raw)))
}

// decodeKeys reads keys separated by commas or white space; there must be one.
func decodeKeys(text string) (keys [][]byte, err error) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		key, err := decodeKey(part)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errKey()
	}
	return keys, nil
}

func decodeKey(text string) ([]byte, error) {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if key, err := decode(text); err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, errKey()
}

func errKey() error {
	return fmt.Errorf("the secret key (--secret-key, WRIT_SECRET_KEY) must be %d bytes as base64 or hex", keySize)
}
