package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// deviceLife is how long a browser is known after a sign-in.
const deviceLife = 180 * 24 * time.Hour

// newDevice makes the cookie that tells a browser which signed in to an account before from strangers: sealed, of this account and this
// password alone. It opens nothing; it only has tries of its own.
func (s *Service) newDevice(u *user) (string, error) {
	id := make([]byte, 12)
	_, _ = rand.Read(id) // never fails
	sealed, err := s.ring.Seal("device", []byte(strings.Join([]string{"device", strconv.FormatInt(u.ID, 10), passwordMark(u), hex.EncodeToString(id)}, " ")))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// deviceOf gives the id of the device that a cookie stands for; "" when it is none of this account.
func (s *Service) deviceOf(u *user, cookie string) string {
	if u == nil || cookie == "" || len(cookie) > 1000 {
		return ""
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		return ""
	}
	plain, err := s.ring.Open("device", sealed)
	if err != nil {
		return ""
	}
	parts := strings.Split(string(plain), " ")
	if len(parts) != 4 || parts[0] != "device" || parts[1] != strconv.FormatInt(u.ID, 10) || parts[2] != passwordMark(u) {
		return ""
	}
	return parts[3]
}

// passwordMark changes with the password: who changes it makes all devices strangers again.
func passwordMark(u *user) string {
	sum := sha256.Sum256([]byte(u.PasswordHash))
	return hex.EncodeToString(sum[:8])
}
