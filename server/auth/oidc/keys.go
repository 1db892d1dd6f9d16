package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	keysKept  = time.Hour      // how long keys are taken without asking whether they still are the provider's
	keysPause = time.Minute    // between two reads that found no new key
	keysLast  = 24 * time.Hour // how long keys are taken at most while they cannot be read
)

// algorithms are the signatures that are taken: those by a key of which only the provider has the private half. With HMAC everybody who knows the
// secret of the client, or takes a public key for one, could sign.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// keys are the public keys of one provider. They are read again when a token names a key that is not among them, so that a rotation costs nobody a
// sign-in; but whoever sends tokens with invented names makes no more than one request in a minute.
type keys struct {
	http    *http.Client
	address string
	now     func() time.Time

	reading sync.Mutex // one reads, the others wait for it

	mu       sync.Mutex
	set      []jose.JSONWebKey
	readAt   time.Time
	inVainAt time.Time // of the last read that was made for a key and did not bring it
}

func newKeys(client *http.Client, address string, now func() time.Time) *keys {
	return &keys{http: client, address: address, now: now}
}

// VerifySignature gives the payload of a token that a key of the provider signed.
func (k *keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, fmt.Errorf("this is no signed token: %w", err)
	}
	head := jws.Signatures[0].Protected
	if payload, ok := opened(jws, k.matching(head)); ok {
		return payload, nil
	}
	if err := k.read(ctx, head); err != nil {
		return nil, err
	}
	if payload, ok := opened(jws, k.matching(head)); ok {
		return payload, nil
	}
	return nil, errors.New("no key of the provider made this signature")
}

// opened tries keys.
func opened(jws *jose.JSONWebSignature, candidates []jose.JSONWebKey) (payload []byte, ok bool) {
	for i := range candidates {
		if payload, err := jws.Verify(&candidates[i]); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// matching are the keys that may have made a signature; none when it is time to ask for them again, or when they are too old.
func (k *keys) matching(head jose.Header) []jose.JSONWebKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.isGood() || k.now().Sub(k.readAt) >= keysKept && k.now().Sub(k.inVainAt) >= keysPause {
		return nil
	}
	return k.named(head)
}

func (k *keys) named(head jose.Header) (found []jose.JSONWebKey) {
	for _, key := range k.set {
		if (head.KeyID == "" || key.KeyID == head.KeyID) && (key.Algorithm == "" || key.Algorithm == head.Algorithm) {
			found = append(found, key)
		}
	}
	return found
}

// read reads the keys for a signature that none of those known made, unless that was done in vain a moment ago. Keys that cannot be read now are
// those of before.
func (k *keys) read(ctx context.Context, head jose.Header) error {
	asked := k.now()
	k.reading.Lock()
	defer k.reading.Unlock()
	k.mu.Lock()
	due := !k.isGood() || k.now().Sub(k.readAt) >= keysKept
	good, again := k.isGood(), k.now().Sub(k.inVainAt) >= keysPause && !k.readAt.After(asked)
	k.mu.Unlock()
	if !again {
		if good {
			return nil
		}
		return ErrUnreachable
	}
	set, err := k.fetch(context.WithoutCancel(ctx))
	if err == nil && len(set) == 0 {
		err = errors.New("the provider publishes no key")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil:
		before := len(k.named(head))
		k.set, k.readAt = set, k.now()
		if after := len(k.named(head)); after == 0 || after <= before && !due {
			k.inVainAt = k.now()
		}
	case !k.isGood():
		k.inVainAt = k.now().Add(failedFor - keysPause) // soon again
	default:
		k.inVainAt = k.now()
		if len(k.named(head)) == 0 { // perhaps it is one of the new keys
			return errors.Join(ErrUnreachable, err)
		}
	}
	if !k.isGood() {
		return errors.Join(ErrUnreachable, err)
	}
	return nil
}

// isGood reports whether keys are known that are not too old.
func (k *keys) isGood() bool { return k.set != nil && k.now().Sub(k.readAt) < keysLast }

func (k *keys) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the keys of a provider: %w", err)
	}
	answer, err := k.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask for the keys of a provider: %w", err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("read the keys of a provider: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the keys of the provider: it answered %s", answer.Status)
	}
	var found struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil, fmt.Errorf("read the keys of a provider: %w", err)
	}
	set := []jose.JSONWebKey{}
	for _, one := range found.Keys {
		var key jose.JSONWebKey
		// Kinds of keys that are not known here, and secret ones, are none; the others count.
		if json.Unmarshal(one, &key) == nil && key.IsPublic() && key.Valid() && (key.Use == "" || key.Use == "sig") {
			set = append(set, key)
		}
	}
	return set, nil
}
