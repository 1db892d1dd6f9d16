package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"writ/server/errs"
)

// cost is what one argon2id hash takes.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// today is the cost of new hashes. Old ones carry their own and stay valid.
var today = cost{memory: 19 * 1024, passes: 2, threads: 1}

const (
	saltSize = 16
	hashSize = 32
)

// maxPassword is the longest password, in bytes.
const maxPassword = 1024

// HashPassword makes the stored form of a password: argon2id with its parameters and a random salt, as the PHC string format writes it.
// VALIDATION when it is empty or longer than 1024 bytes.
func HashPassword(password string) (string, error) {
	if err := CheckPassword(password); err != nil {
		return "", err
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	return encodeHash(password, salt, today), nil
}

// CheckPassword refuses what HashPassword refuses, without its work.
func CheckPassword(password string) error {
	if password == "" || len(password) > maxPassword {
		return errs.Invalid("password", "A password has 1 to %d characters.", maxPassword)
	}
	return nil
}

func encodeHash(password string, salt []byte, c cost) string {
	sum := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, hashSize)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads, text(salt), text(sum))
}

// SamePassword reports whether a password is the one of a stored form. It takes as long as a sign-in.
func SamePassword(password, stored string) bool { return matches(password, stored) }

// matches compares in constant time. A hash that cannot be read matches nothing.
func matches(password, stored string) bool {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return false
	}
	var version int
	var c cost
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil || !c.sane() {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// sane keeps a hash from elsewhere from taking the server's memory, or the library from panicking.
func (c cost) sane() bool {
	return c.memory >= 8 && c.memory <= 1<<20 && c.passes >= 1 && c.passes <= 64 && c.threads >= 1
}

// decoy is compared when there is nothing to compare with, so that an unknown name takes as long as a wrong password.
var decoy = encodeHash("", make([]byte, saltSize), today)

// checkPassword reports whether the password opens the account now. errTooMany: it was not looked at; UNAVAILABLE: too many others wait.
func (s *Service) checkPassword(ctx context.Context, t *try, password string) (bool, error) {
	if s.knownFull(t) {
		return false, errTooMany // a flood does not even wait for a place
	}
	leave, err := s.hashes.enter(ctx, t.counts[0], t.known)
	if err != nil {
		return false, err
	}
	defer leave()
	// Counted with a place in hand: so there are never more tries on their way than places, and right ones do not fill a count.
	if err := s.count(ctx, t); err != nil {
		return false, err
	}
	u := t.user
	if !s.mayEnter(u) {
		matches(password, decoy)
		return false, nil
	}
	if u.IsDemo { // mayEnter: the server runs with --demo
		matches(password, decoy)
		return subtle.ConstantTimeCompare([]byte(password), []byte(s.config.DemoPassword)) == 1, nil
	}
	if u.PasswordHash == "" {
		matches(password, decoy)
		return false, nil
	}
	return matches(password, u.PasswordHash), nil
}
