package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/permit"
)

// Ended is what was open for accounts, and is not any more.
type Ended struct {
	Sessions []EndedSession
	Keys     []EndedKey
	ids      []uuid.UUID
}

// EndedSession is a session that was cut off.
type EndedSession struct{ Username, UserAgent string }

// EndedKey is an API key that was revoked.
type EndedKey struct {
	ID   int64
	Name string
}

// EndAll ends every session and every key of accounts, and tells of each. Joins the caller's transaction; Forget it when that is committed.
func (s *Service) EndAll(ctx context.Context, tx bun.Tx, users []int64) (*Ended, error) {
	out := &Ended{}
	var open []struct {
		ID        uuid.UUID
		Username  string
		UserAgent string
	}
	if err := tx.NewRaw(`SELECT s.id, u.username, s.user_agent FROM session AS s JOIN local_user AS u ON u.id = s.user_id WHERE s.user_id = any (?) AND s.revoked_at IS NULL AND s.expires_at > ? ORDER BY s.created_at`,
		pgdialect.Array(users), s.wall()).Scan(ctx, &open); err != nil {
		return nil, fmt.Errorf("look for sessions: %w", err)
	}
	for _, x := range open {
		out.ids = append(out.ids, x.ID)
		out.Sessions = append(out.Sessions, EndedSession{x.Username, x.UserAgent})
	}
	if len(out.ids) > 0 {
		of, err := revokeSessions(ctx, tx, s.wall(), out.ids)
		if err != nil {
			return nil, err
		}
		for _, u := range of {
			if err := s.publish(ctx, tx, u, EventSignedOut, nil); err != nil {
				return nil, err
			}
		}
	}
	var keys []struct {
		ID     int64
		UID    uuid.UUID `bun:"uid"`
		UserID int64
	}
	if err := tx.NewRaw(`UPDATE api_key SET revoked_at = ?, revoked_by = ? WHERE user_id = any (?) AND revoked_at IS NULL RETURNING id, uid, user_id`,
		s.clock.Now(), permit.Name(ctx), pgdialect.Array(users)).Scan(ctx, &keys); err != nil {
		return nil, fmt.Errorf("revoke API keys: %w", err)
	}
	for _, k := range keys {
		u, err := selectUser(ctx, tx, k.UserID)
		if err != nil {
			return nil, err
		}
		key, err := s.keyByID(ctx, tx, k.ID)
		if err != nil {
			return nil, err
		}
		if err := s.tell(ctx, tx, EventKeyRevoked, key, u); err != nil {
			return nil, err
		}
		out.ids = append(out.ids, k.UID)
		out.Keys = append(out.Keys, EndedKey{k.ID, key.Name})
	}
	return out, nil
}

// Forget lets this process not remember what is ended: it is refused at once. Other processes look again within two seconds.
func (s *Service) Forget(e *Ended) {
	for _, id := range e.ids {
		s.actors.forget(id)
	}
}
