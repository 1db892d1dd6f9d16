package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// grace is how long a refresh token that was just replaced is answered with its successor: two tabs share one cookie and may refresh at
// the same moment.
const grace = 10 * time.Second

// session is one sign-in. The refresh token is "<id>.<secret>"; only hashes of secrets are stored. Secrets are 256 random bits, so a
// fast hash is enough.
type session struct {
	bun.BaseModel `bun:"table:session,alias:s"`
	ID            uuid.UUID `bun:",pk,type:uuid"`
	UserID        int64
	RefreshHash   []byte
	PreviousHash  []byte // the secret before; nil: never rotated
	SealedRefresh []byte // the present secret, sealed, until it is used for the first time
	CreatedAt     time.Time
	UsedAt        time.Time // last refresh
	ExpiresAt     time.Time // whatever happens
	RevokedAt     *time.Time
	UserAgent     string

	ProviderID      *int64  // through which identity provider it was opened; nil: by password
	ProviderSubject *string // who he is there
	ProviderSid     *string `bun:"provider_sid"` // his session there; nil: it names none
}

// origin is the sign-in at an identity provider that a session came from.
type origin struct {
	provider     int64
	subject, sid string
}

// deadline is when the session ends without another refresh.
func (s *session) deadline(idle time.Duration) time.Time {
	if end := s.UsedAt.Add(idle); end.Before(s.ExpiresAt) {
		return end
	}
	return s.ExpiresAt
}

func (s *session) alive(now time.Time, idle time.Duration) bool {
	return s.RevokedAt == nil && now.Before(s.deadline(idle))
}

// openSession starts a session and gives its first secret. from is nil for one by password.
func (s *Service) openSession(ctx context.Context, tx bun.IDB, userID int64, userAgent string, from *origin) (*session, []byte, error) {
	now := s.wall()
	secret := newSecret()
	row := &session{
		ID: uuid.New(), UserID: userID, RefreshHash: hash(secret), CreatedAt: now, UsedAt: now,
		ExpiresAt: now.Add(s.config.SessionMax), UserAgent: userAgent,
	}
	if from != nil {
		row.ProviderID, row.ProviderSubject = &from.provider, &from.subject
		if from.sid != "" {
			row.ProviderSid = &from.sid
		}
	}
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return nil, nil, fmt.Errorf("open a session: %w", err)
	}
	// Old ones have no meaning; the history of sign-ins is in the events.
	if _, err := tx.NewRaw("DELETE FROM session WHERE user_id = ? AND expires_at < ?", userID, now).Exec(ctx); err != nil {
		return nil, nil, fmt.Errorf("remove ended sessions: %w", err)
	}
	return row, secret, nil
}

// rotate replaces the secret of a locked session row and gives the next one. The secret just replaced gives the same next one, as long as
// nobody has used that and the grace is not over. Anything else was stolen or replayed: the session is revoked and nil given.
func (s *Service) rotate(ctx context.Context, tx bun.IDB, row *session, secret []byte) ([]byte, error) {
	now := s.wall()
	switch {
	case same(row.RefreshHash, secret):
		next := newSecret()
		sealed, err := s.ring.Seal("session/"+row.ID.String(), next)
		if err != nil {
			return nil, fmt.Errorf("seal a refresh token: %w", err)
		}
		row.PreviousHash, row.RefreshHash, row.SealedRefresh, row.UsedAt = row.RefreshHash, hash(next), sealed, now
		_, err = tx.NewUpdate().Model(row).Column("previous_hash", "refresh_hash", "sealed_refresh", "used_at").WherePK().Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("rotate a session: %w", err)
		}
		return next, nil
	case same(row.PreviousHash, secret) && row.SealedRefresh != nil && now.Sub(row.UsedAt) < grace:
		next, err := s.ring.Open("session/"+row.ID.String(), row.SealedRefresh)
		if err != nil {
			return nil, fmt.Errorf("open a sealed refresh token: %w", err)
		}
		return next, nil
	}
	if _, err := revokeSessions(ctx, tx, now, []uuid.UUID{row.ID}); err != nil {
		return nil, err
	}
	return nil, nil
}

func newSecret() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return secret
}

func hash(secret []byte) []byte { sum := sha256.Sum256(secret); return sum[:] }

// same compares a stored hash with a secret in constant time.
func same(stored, secret []byte) bool {
	return len(stored) > 0 && subtle.ConstantTimeCompare(stored, hash(secret)) == 1
}

func refreshToken(id uuid.UUID, secret []byte) string {
	return id.String() + "." + base64.RawURLEncoding.EncodeToString(secret)
}

func parseRefresh(token string) (uuid.UUID, []byte, bool) {
	left, right, ok := strings.Cut(token, ".")
	if !ok {
		return uuid.UUID{}, nil, false
	}
	id, err := uuid.Parse(left)
	if err != nil {
		return uuid.UUID{}, nil, false
	}
	secret, err := base64.RawURLEncoding.DecodeString(right)
	return id, secret, err == nil && len(bytes.TrimSpace(secret)) > 0
}

// user is the part of a local user that signing in needs. server/access writes the rest.
type user struct {
	ID           int64
	Username     string
	DisplayName  string
	PasswordHash string
	ResourceID   *int64
	IsDemo       bool
	IsDisabled   bool
	IsClient     bool
	Scopes       []string `bun:",array"` // of a client: what its rights are cut to
	IsAsked      bool
	ClientUntil  *time.Time // from when on a client may not come in; nil: no end
}

const selectOfUsers = `SELECT u.id, u.username, u.display_name, u.password_hash, u.resource_id, u.is_demo, u.is_disabled, u.is_client, u.scopes, u.client_until, may_be_asked(u.id) AS is_asked FROM local_user AS u WHERE `

func (u *user) resourceID() int64 {
	if u.ResourceID == nil {
		return 0
	}
	return *u.ResourceID
}

func selectUserByName(ctx context.Context, db bun.IDB, username string) (*user, error) {
	return oneUser(ctx, db.NewRaw(selectOfUsers+"lower(u.username) = lower(?)", username))
}

func selectUser(ctx context.Context, db bun.IDB, id int64) (*user, error) {
	return oneUser(ctx, db.NewRaw(selectOfUsers+"u.id = ?", id))
}

func oneUser(ctx context.Context, q *bun.RawQuery) (*user, error) {
	u := &user{}
	err := q.Scan(ctx, u)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a local user: %w", err)
	}
	return u, nil
}

func selectSession(ctx context.Context, db bun.IDB, id uuid.UUID) (*session, error) {
	return oneSession(ctx, db.NewSelect(), id)
}

func selectSessionForUpdate(ctx context.Context, tx bun.IDB, id uuid.UUID) (*session, error) {
	return oneSession(ctx, tx.NewSelect().For("UPDATE"), id)
}

func oneSession(ctx context.Context, q *bun.SelectQuery, id uuid.UUID) (*session, error) {
	row := &session{}
	err := q.Model(row).Where("s.id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a session: %w", err)
	}
	return row, nil
}

// revokeSessions ends sessions and gives the users of those that were not ended before.
func revokeSessions(ctx context.Context, tx bun.IDB, now time.Time, ids []uuid.UUID) ([]*user, error) {
	var users []*user
	err := tx.NewRaw(`WITH revoked AS (UPDATE session SET revoked_at = ?, sealed_refresh = NULL WHERE id IN (?) AND revoked_at IS NULL RETURNING user_id)
		`+selectOfUsers+"u.id IN (SELECT user_id FROM revoked) ORDER BY u.id", now, bun.List(ids)).Scan(ctx, &users)
	if err != nil {
		return nil, fmt.Errorf("revoke sessions: %w", err)
	}
	return users, nil
}
