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
)

// keySize is that of AES-256.
const keySize = 32

// Secret holds the key that seals secrets at rest (connection passwords, signing keys).
type Secret struct {
	Key string `name:"secret-key" env:"WRIT_SECRET_KEY" help:"Key that seals secrets in the database: 32 bytes as base64 or hex. Processes that share a database need the same. Empty: one is made and kept in the data folder."`
}

// Validate checks the section.
func (s *Secret) Validate() error {
	if s.Key == "" {
		return nil
	}
	_, err := decodeKey(s.Key)
	return err
}

// Bytes gives the key: the configured one, else the one of the data folder, made at the first time with access for
// its owner only. Losing that file loses every sealed secret.
func (s *Secret) Bytes(dataDir string) ([]byte, error) {
	return keyOf(s.Key, filepath.Join(dataDir, "secret.key"))
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

func decodeKey(text string) ([]byte, error) {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if key, err := decode(text); err == nil && len(key) == keySize {
			return key, nil
		}
	}
	return nil, fmt.Errorf("the secret key (--secret-key, WRIT_SECRET_KEY) must be %d bytes as base64 or hex", keySize)
}
