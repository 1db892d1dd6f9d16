package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The scheme is that of Standard Webhooks 1.0: HMAC-SHA256 over "id.timestamp.body", version v1.
const (
	secretPrefix = "whsec_"
	secretBytes  = 32
)

// Keyring seals secrets at rest: fulfil.Keyring.
type Keyring interface {
	Seal(of string, plain map[string]string) ([]byte, error)
	Unseal(of string, sealed []byte) (map[string]string, error)
}

// newSecret makes a secret as receivers get it: whsec_ and 32 random bytes in base64.
func newSecret() string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // never fails: the process would end
	return secretPrefix + base64.StdEncoding.EncodeToString(raw)
}

// sign gives the value of the header webhook-signature: one signature per secret, newest first, so that a receiver that knows either
// is satisfied.
func sign(id string, at time.Time, body []byte, secrets ...string) (string, error) {
	list := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
		if err != nil {
			return "", errors.New("a webhook secret is damaged") // the cause would repeat a part of it
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
		mac.Write(body)
		list[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(list, " "), nil
}

func timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

const secretName = "secret" // in the sealed map

// sealedOf names the row that a sealed secret belongs to.
func sealedOf(webhookID int64) string { return "webhook/" + strconv.FormatInt(webhookID, 10) }

func (s *Service) seal(webhookID int64, secret string) ([]byte, error) {
	sealed, err := s.Keyring.Seal(sealedOf(webhookID), map[string]string{secretName: secret})
	if err != nil {
		return nil, fmt.Errorf("seal a webhook secret: %w", err)
	}
	return sealed, nil
}

// secrets opens those that sign now: the present one, and the one before until a day after the rotation.
func (s *Service) secrets(w *Webhook) ([]string, error) {
	sealed := [][]byte{w.Secret}
	if w.PreviousSecretUntil != nil && s.Clock.Now().Before(*w.PreviousSecretUntil) {
		sealed = append(sealed, w.PreviousSecret)
	}
	list := make([]string, len(sealed))
	for i, one := range sealed {
		plain, err := s.Keyring.Unseal(sealedOf(w.ID), one)
		if err != nil {
			return nil, fmt.Errorf("open a webhook secret: %w", err)
		}
		list[i] = plain[secretName]
	}
	return list, nil
}
