package auth

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"writ/server/db"
)

// signingKey is one Ed25519 pair. Retired: it signs no more, but its tokens are accepted until the last one has expired.
type signingKey struct {
	bun.BaseModel `bun:"table:signing_key,alias:k"`
	Kid           string `bun:",pk"`
	PrivateKey    []byte // sealed
	PublicKey     []byte
	CreatedAt     time.Time
	RetiredAt     *time.Time

	private ed25519.PrivateKey
}

// keys is what this process knows of the table; rows never change but for their retirement.
type keys struct {
	mu     sync.Mutex
	rows   []*signingKey // newest first
	readAt time.Time
}

var errUnknownKey = errors.New("the access token is signed with a key that is not ours")

const (
	keyLock  = 0x6b657973       // "keys": one process rotates, the others wait
	keyFresh = time.Minute      // a retirement by another process is seen after this long
	keyRetry = time.Second      // an unknown kid makes the table be read again, but not more often
	keyKept  = 10 * time.Minute // after the last token of a retired key has expired
)

// signingKey gives the key to sign with, and makes the next one when the present one has served its time.
func (s *Service) signingKey(ctx context.Context) (*signingKey, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	now := s.wall()
	if now.Sub(s.keys.readAt) > keyFresh {
		if err := s.readKeys(ctx); err != nil {
			return nil, err
		}
	}
	if k := s.current(now); k != nil {
		return k, nil
	}
	if err := s.rotateKeys(ctx); err != nil {
		return nil, err
	}
	if k := s.current(now); k != nil {
		return k, nil
	}
	return nil, errors.New("there is no signing key after making one")
}

func (s *Service) current(now time.Time) *signingKey {
	for _, k := range s.keys.rows {
		if k.RetiredAt == nil && now.Sub(k.CreatedAt) < s.config.KeyLife {
			return k
		}
	}
	return nil
}

// publicKey gives the key that verifies tokens of that kid.
func (s *Service) publicKey(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	for range 2 {
		for _, k := range s.keys.rows {
			if k.Kid == kid && s.accepted(k, s.wall()) {
				return k.PublicKey, nil
			}
		}
		if s.wall().Sub(s.keys.readAt) < keyRetry {
			break
		}
		if err := s.readKeys(ctx); err != nil {
			return nil, err
		}
	}
	return nil, errUnknownKey
}

func (s *Service) accepted(k *signingKey, now time.Time) bool {
	return k.RetiredAt == nil || now.Before(k.RetiredAt.Add(s.config.TokenLife+clockSkew))
}

// readKeys replaces what this process knows. Caller holds the lock.
func (s *Service) readKeys(ctx context.Context) error {
	var rows []*signingKey
	if err := s.db.NewSelect().Model(&rows).OrderExpr("k.created_at DESC, k.kid").Scan(ctx); err != nil {
		return fmt.Errorf("read the signing keys: %w", err)
	}
	for _, k := range rows {
		if k.RetiredAt != nil {
			continue
		}
		plain, err := s.ring.Open("signing_key/"+k.Kid, k.PrivateKey)
		if err != nil || len(plain) != ed25519.SeedSize {
			// Sealed with another keyring: its tokens can still be verified, and a new key takes over.
			s.log.WarnContext(ctx, "a signing key cannot be opened; a new one is made", "kid", k.Kid, "error", err)
			now := s.wall()
			k.RetiredAt = &now
			continue
		}
		k.private = ed25519.NewKeyFromSeed(plain)
	}
	s.keys.rows, s.keys.readAt = rows, s.wall()
	return nil
}

// rotateKeys makes a key unless another process was faster, retires those before and removes those nobody needs. Caller holds the lock.
func (s *Service) rotateKeys(ctx context.Context) error {
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, "select pg_advisory_xact_lock(?)", keyLock); err != nil {
			return err
		}
		if err := s.readKeys(ctx); err != nil {
			return err
		}
		now := s.wall()
		if s.current(now) != nil {
			return nil
		}
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		kid := uuid.NewString()
		sealed, err := s.ring.Seal("signing_key/"+kid, private.Seed())
		if err != nil {
			return fmt.Errorf("seal a signing key: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "update signing_key set retired_at = ? where retired_at is null", now); err != nil {
			return err
		}
		gone := now.Add(-s.config.TokenLife - keyKept)
		if _, err := tx.ExecContext(ctx, "delete from signing_key where retired_at < ?", gone); err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(&signingKey{
			Kid: kid, PrivateKey: sealed, PublicKey: public, CreatedAt: now,
		}).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("rotate the signing keys: %w", err)
	}
	return s.readKeys(ctx)
}

// jwk is a public key as RFC 8037 writes it.
type jwk struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	KeyID     string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

// jwks gives the keys that tokens in circulation may be signed with.
func (s *Service) jwks(ctx context.Context) ([]jwk, error) {
	if _, err := s.signingKey(ctx); err != nil {
		return nil, err
	}
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	set := []jwk{}
	for _, k := range s.keys.rows {
		if s.accepted(k, s.wall()) {
			set = append(set, jwk{
				KeyType: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(k.PublicKey),
				KeyID: k.Kid, Use: "sig", Algorithm: "EdDSA",
			})
		}
	}
	return set, nil
}
