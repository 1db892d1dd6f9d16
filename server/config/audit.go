package config

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"
)

// Audit holds the key that signs checkpoints of the event log.
type Audit struct {
	Key string `name:"audit-key" env:"WRIT_AUDIT_KEY" help:"Key that signs checkpoints of the event log: 32 bytes (the seed of Ed25519) as base64 or hex. Processes that share a database need the same. Empty: one is made and kept in the data folder."`
}

// Validate checks the section.
func (a *Audit) Validate() error {
	if a.Key == "" {
		return nil
	}
	if _, err := decodeKey(a.Key); err != nil {
		return fmt.Errorf("the audit key (--audit-key, WRIT_AUDIT_KEY) must be %d bytes as base64 or hex", ed25519.SeedSize)
	}
	return nil
}

// Signer gives the key: the configured one, else the one of the data folder, made at the first time with access for its owner only.
func (a *Audit) Signer(dataDir string) (ed25519.PrivateKey, error) {
	seed, err := keyOf(a.Key, filepath.Join(dataDir, "audit.key"))
	if err != nil {
		return nil, fmt.Errorf("the audit key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
