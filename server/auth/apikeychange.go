package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

const (
	maxKeys    = 20                   // living keys of one account
	maxKeyLife = 366 * 24 * time.Hour // from now until a key ends
	maxKeyName = 100
	maxScopes  = 50
)

// CreatePersonalTokenInput describes a token for the caller's own account.
type CreatePersonalTokenInput struct {
	Name      string    // what it is for; unique among the living ones of the account
	Scopes    []string  // permission paths that its rights are cut to; "/": all of the account
	ExpiresAt time.Time // at most a year from now
}

// CreateClientSecretInput describes a secret of a client.
type CreateClientSecretInput struct {
	Client    string // username of the client
	Name      string
	ExpiresAt time.Time // at most a year from now
}

// RevokeApiKeyInput names a key.
type RevokeApiKeyInput struct{ ID int64 }

// CreateApiKeyPayload holds the key and its secret, which is shown this once.
type CreateApiKeyPayload struct {
	Key    *ApiKey
	Secret string
}

// RevokeApiKeyPayload holds the key that opens nothing any more.
type RevokeApiKeyPayload struct{ Key *ApiKey }

// CreatePersonalToken makes a token that acts for the caller's own account, with no more than its rights of then. Who came with a token cannot make
// one: it would outlive the first, or open more. VALIDATION when the name, a scope or the end cannot be; CONFLICT when the name is taken or there are
// too many.
func (s *Service) CreatePersonalToken(ctx context.Context, in CreatePersonalTokenInput) (*CreateApiKeyPayload, error) {
	if err := permit.InPerson(ctx); err != nil {
		return nil, err
	}
	a := permit.From(ctx)
	if a.UserID == 0 {
		return nil, errs.New(errs.Forbidden, "Only an account can have a token.")
	}
	scopes, err := scopesOf(a, in.Scopes)
	if err != nil {
		return nil, err
	}
	return s.createKey(ctx, personalPrefix, in.Name, scopes, in.ExpiresAt, func(tx bun.Tx) (*user, error) {
		return lockedUser(ctx, tx, "u.id = ?", a.UserID)
	})
}

// scopesOf checks the scopes of a personal token: one that opens nothing today is a typing error.
func scopesOf(a *permit.Actor, list []string) ([]string, error) {
	if len(list) == 0 {
		return nil, errs.Invalid("scopes", `Say what the token is for: at least one permission; "/" for all that you may do.`)
	}
	if len(list) > maxScopes {
		return nil, errs.Invalid("scopes", "A token has at most %d scopes.", maxScopes)
	}
	for i, scope := range list {
		field := fmt.Sprintf("scopes[%d]", i)
		if err := permit.CheckPath(scope); err != nil {
			return nil, errs.Invalid(field, "%s", err)
		}
		if scope = permit.Normalise(scope); scope != "/" && len(permit.Cut(a.Grants, []string{scope})) == 0 {
			return nil, errs.Invalid(field, "You have no permission at or below %s, so the token could do nothing with it.", scope)
		}
	}
	return permit.Narrowest(list), nil
}

// CreateClientSecret makes a secret of a client, beside those that it has: to rotate, make the next, give it to the program, and revoke the one before.
// Needs permit.AccessUpdate, of somebody who has signed in: the client counts as him where nobody decides about himself. NOT_FOUND when there is no such client; VALIDATION and CONFLICT as with personal tokens.
func (s *Service) CreateClientSecret(ctx context.Context, in CreateClientSecretInput) (*CreateApiKeyPayload, error) {
	if _, err := permit.Require(ctx, permit.AccessUpdate); err != nil {
		return nil, err
	}
	if err := permit.InPerson(ctx); err != nil { // a client counts as whoever made its secrets: that is a person
		return nil, err
	}
	return s.createKey(ctx, clientPrefix, in.Name, nil, in.ExpiresAt, func(tx bun.Tx) (*user, error) {
		u, err := lockedUser(ctx, tx, "lower(u.username) = lower(?)", in.Client)
		if err == nil && (u == nil || !u.IsClient) {
			return nil, errs.New(errs.NotFound, "There is no API client %q.", in.Client)
		}
		return u, err
	})
}

// lockedUser holds the row of an account: keys of one account are made one after the other, and never for one that is being removed.
func lockedUser(ctx context.Context, tx bun.Tx, where string, value any) (*user, error) {
	return oneUser(ctx, tx.NewRaw(selectOfUsers+where+" FOR NO KEY UPDATE", value))
}

func (s *Service) createKey(ctx context.Context, prefix, name string, scopes []string, end time.Time, of func(bun.Tx) (*user, error)) (*CreateApiKeyPayload, error) {
	now := s.clock.Now()
	name = strings.TrimSpace(name)
	switch {
	case name == "" || len([]rune(name)) > maxKeyName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return nil, errs.Invalid("name", "A key needs a name of 1 to %d characters that says what it is for.", maxKeyName)
	case !end.After(now):
		return nil, errs.Invalid("expiresAt", "The end of a key lies in the future.")
	case end.Sub(now) > maxKeyLife:
		return nil, errs.Invalid("expiresAt", "A key lives for at most a year: make the next one in time.")
	}
	secret := newSecret()
	row := &key{UID: uuid.New(), Name: db.Text(name), SecretHash: hash(secret), Scopes: scopes, CreatedAt: now, CreatedBy: permit.Name(ctx), ExpiresAt: end.UTC()}
	if a := permit.From(ctx); a.UserID != 0 {
		row.CreatedByID = &a.UserID
	}
	var made *ApiKey
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		u, err := of(tx)
		if err != nil {
			return err
		}
		if u == nil || !s.mayEnter(u) || u.IsClient != (scopes == nil) {
			return errs.New(errs.Conflict, "This account may not come in any more, so a key would open nothing.")
		}
		row.UserID, row.ID = u.ID, 0
		var living struct {
			N     int
			Taken bool
		}
		if err := tx.NewRaw(`select count(*) as n, coalesce(bool_or(lower(name) = lower(?0)), false) as taken from api_key where user_id = ?1 and revoked_at is null and (expires_at > ?2 or lower(name) = lower(?0))`,
			row.Name, u.ID, now).Scan(ctx, &living); err != nil {
			return fmt.Errorf("look at the keys of an account: %w", err)
		}
		switch {
		case living.Taken:
			return errs.New(errs.Conflict, "%s has a key with the name %q already. Revoke it first, or take another name.", u.Username, row.Name).At("name")
		case living.N >= maxKeys:
			return errs.New(errs.Conflict, "%s has %d keys. Revoke one that is not needed any more.", u.Username, living.N)
		}
		if _, err := tx.NewInsert().Model(row).Returning("id").Exec(ctx); err != nil {
			return fmt.Errorf("keep an API key: %w", err)
		}
		if made, err = s.keyByID(ctx, tx, row.ID); err != nil {
			return err
		}
		return s.tell(ctx, tx, EventKeyCreated, made, u)
	})
	if err != nil {
		return nil, err
	}
	return &CreateApiKeyPayload{Key: made, Secret: secretText(prefix, row.UID, secret)}, nil
}

// RevokeApiKey ends a key: one's own, or any with permit.AccessUpdate. What it opened stops within two seconds. ALREADY_DONE when it was revoked before;
// NOT_FOUND when there is none that the caller may see.
func (s *Service) RevokeApiKey(ctx context.Context, in RevokeApiKeyInput) (*RevokeApiKeyPayload, error) {
	a := permit.From(ctx)
	if a == nil {
		return nil, permit.SignIn()
	}
	now := s.clock.Now()
	var gone *ApiKey
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		row, err := oneKey(ctx, tx.NewSelect().Where("k.id = ?", in.ID).For("UPDATE"))
		if err != nil {
			return err
		}
		switch {
		case row != nil && (row.UserID == a.UserID && !a.IsCut || permit.May(ctx, permit.AccessUpdate)):
		case row != nil && row.UserID == a.UserID:
			return permit.AsOneself(ctx)
		case row != nil && permit.May(ctx, permit.AccessQuery):
			return errs.New(errs.Forbidden, "This key is somebody else's. You need the permission %s to revoke it.", permit.AccessUpdate)
		default:
			return errs.New(errs.NotFound, "There is no such key.")
		}
		if row.RevokedAt != nil {
			return errs.New(errs.AlreadyDone, "This key was revoked before.").Of(in.ID)
		}
		if _, err := tx.NewRaw("update api_key set revoked_at = ?, revoked_by = ? where id = ?", now, permit.Name(ctx), row.ID).Exec(ctx); err != nil {
			return fmt.Errorf("revoke an API key: %w", err)
		}
		u, err := selectUser(ctx, tx, row.UserID)
		if err != nil {
			return err
		}
		if gone, err = s.keyByID(ctx, tx, row.ID); err != nil {
			return err
		}
		return s.tell(ctx, tx, EventKeyRevoked, gone, u)
	})
	if err != nil {
		return nil, err
	}
	return &RevokeApiKeyPayload{Key: gone}, nil
}

func (s *Service) keyByID(ctx context.Context, b bun.IDB, id int64) (*ApiKey, error) {
	t := apiKeys(s.clock.Now())
	list, err := t.Read(ctx, b, t.Columns, bun.SafeQuery("k.id = ?", id), "k.id", 1)
	if err != nil || len(list) == 0 {
		return nil, fmt.Errorf("read an API key: %w", err)
	}
	return list[0], nil
}

// tell records a change of a key; it never says the secret.
func (s *Service) tell(ctx context.Context, tx bun.Tx, kind string, k *ApiKey, of *user) error {
	return event.Publish(ctx, tx, s.clock.Now(), event.Event{Kind: kind, SubjectType: "local_user", SubjectID: of.ID, OwnerID: of.resourceID(),
		Data: map[string]any{"key": k.Name, "kind": k.Kind(), "scopes": k.Scopes, "expiresAt": k.ExpiresAt.Format(time.RFC3339)}})
}
