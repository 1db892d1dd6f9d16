package auth

import (
	"bytes"
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// What secrets of programs begin with: so that those who look for secrets in sources and logs find them.
const (
	personalPrefix = "writ_pat_" // a personal token: sent as it is, with its owner's rights
	clientPrefix   = "writ_cs_"  // a secret of a client: gives access tokens at /oauth/token
)

// usedEvery is how exact the last use of a key is: it is written at most that often.
const usedEvery = time.Minute

// ApiKey is a secret by which a program acts for an account: a personal token, or a secret of a client.
type ApiKey struct {
	ID          int64
	Username    string // of the account
	DisplayName string
	Name        string
	IsClient    bool     // a secret of a client; else a personal token
	Scopes      []string // what its rights are cut to; of a secret of a client those of the client
	CreatedAt   time.Time
	CreatedBy   string // username of who made it
	ExpiresAt   time.Time
	LastUsedAt  *time.Time // to the minute; nil: never
	RevokedAt   *time.Time
	RevokedBy   *string
	State       ApiKeyState
}

// ApiKeyState says whether a key opens anything.
type ApiKeyState string

// The states of a key.
const (
	KeyActive  ApiKeyState = "ACTIVE"
	KeyExpired ApiKeyState = "EXPIRED"
	KeyRevoked ApiKeyState = "REVOKED"
)

// ApiKeyFilter narrows a list of keys; nil fields do not.
type ApiKeyFilter struct {
	Mine     *bool        // those of the caller's own account; false: of others
	Kind     *ApiKeyKind  // which kind
	State    *ApiKeyState // of now
	Username *string      // of one account, in any case
	Text     *string      // each word stands in the name of the key or of the account
}

// ApiKeyKind is what a key is for.
type ApiKeyKind string

// The kinds of keys.
const (
	PersonalToken ApiKeyKind = "PERSONAL_TOKEN"
	ClientSecret  ApiKeyKind = "CLIENT_SECRET"
)

// Kind is what the key is for.
func (k *ApiKey) Kind() ApiKeyKind {
	if k.IsClient {
		return ClientSecret
	}
	return PersonalToken
}

// The page of keys.
type (
	ApiKeyConnection = page.Connection[*ApiKey]
	ApiKeyEdge       = page.Edge[*ApiKey]
)

// apiKeys is how lists of keys are read at an instant.
func apiKeys(now time.Time) *page.Table[ApiKey] {
	return &page.Table[ApiKey]{
		From:   "api_key k",
		Joins:  []page.Join{{Alias: "u", SQL: "join local_user u on u.id = k.user_id"}},
		Always: []string{"id"},
		Fields: map[string][]string{
			"__typename": nil, "id": nil, "username": {"username"}, "displayName": {"display_name"}, "name": {"name"}, "kind": {"is_client"}, "scopes": {"scopes"},
			"createdAt": {"created_at"}, "createdBy": {"created_by"}, "expiresAt": {"expires_at"}, "lastUsedAt": {"last_used_at"}, "revokedAt": {"revoked_at"},
			"revokedBy": {"revoked_by"}, "state": {"state"},
		},
		Columns: []page.Column[ApiKey]{
			{Name: "id", SQL: "k.id", Read: func(k *ApiKey, r *db.Row) { k.ID = r.Int() }},
			{Name: "username", SQL: "u.username", Read: func(k *ApiKey, r *db.Row) { k.Username = r.Text() }},
			{Name: "display_name", SQL: "u.display_name", Read: func(k *ApiKey, r *db.Row) { k.DisplayName = r.Text() }},
			{Name: "name", SQL: "k.name", Read: func(k *ApiKey, r *db.Row) { k.Name = r.Text() }},
			{Name: "is_client", SQL: "u.is_client", Read: func(k *ApiKey, r *db.Row) { k.IsClient = r.Bool() }},
			{Name: "scopes", SQL: "array_to_string(coalesce(k.scopes, u.scopes), ' ')", Read: func(k *ApiKey, r *db.Row) { k.Scopes = strings.Fields(r.Text()) }},
			{Name: "created_at", SQL: "k.created_at", Read: func(k *ApiKey, r *db.Row) { k.CreatedAt = r.Time() }},
			{Name: "created_by", SQL: "k.created_by", Read: func(k *ApiKey, r *db.Row) { k.CreatedBy = r.Text() }},
			{Name: "expires_at", SQL: "k.expires_at", Read: func(k *ApiKey, r *db.Row) { k.ExpiresAt = r.Time() }},
			{Name: "last_used_at", SQL: "k.last_used_at", Read: func(k *ApiKey, r *db.Row) { k.LastUsedAt = r.TimeOrNil() }},
			{Name: "revoked_at", SQL: "k.revoked_at", Read: func(k *ApiKey, r *db.Row) { k.RevokedAt = r.TimeOrNil() }},
			{Name: "revoked_by", SQL: "k.revoked_by", Read: func(k *ApiKey, r *db.Row) { k.RevokedBy = r.TextOrNil() }},
			{Name: "state", SQL: "case when k.revoked_at is not null then 'REVOKED' when k.expires_at <= ? then 'EXPIRED' else 'ACTIVE' end", Args: []any{now},
				Read: func(k *ApiKey, r *db.Row) { k.State = ApiKeyState(r.Text()) }},
		},
	}
}

var keysByAge = page.Sorting[ApiKey]{ID: "k.id", Desc: true, At: func(k *ApiKey) page.Position { return page.Position{ID: k.ID} }}

// ApiKeys gives a page of the keys, the newest first: all with permit.AccessQuery, else those of the caller's own account.
func (s *Service) ApiKeys(ctx context.Context, a page.Args, f *ApiKeyFilter, fields page.Fields, total bool) (*ApiKeyConnection, error) {
	me := permit.From(ctx)
	if me == nil {
		return nil, permit.SignIn()
	}
	now := s.clock.Now()
	var where []schema.QueryWithArgs
	if !permit.May(ctx, permit.AccessQuery) {
		where = append(where, bun.SafeQuery("k.user_id = ?", me.UserID))
	}
	if f != nil {
		if f.Mine != nil {
			if *f.Mine {
				where = append(where, bun.SafeQuery("k.user_id = ?", me.UserID))
			} else {
				where = append(where, bun.SafeQuery("k.user_id <> ?", me.UserID))
			}
		}
		if f.Username != nil {
			where = append(where, bun.SafeQuery("k.user_id = (select id from local_user where lower(username) = lower(?))", *f.Username))
		}
		if f.Kind != nil {
			where = append(where, bun.SafeQuery("u.is_client = ?", *f.Kind == ClientSecret))
		}
		if f.State != nil {
			switch *f.State {
			case KeyActive:
				where = append(where, bun.SafeQuery("k.revoked_at is null and k.expires_at > ?", now))
			case KeyExpired:
				where = append(where, bun.SafeQuery("k.revoked_at is null and k.expires_at <= ?", now))
			case KeyRevoked:
				where = append(where, bun.SafeQuery("k.revoked_at is not null"))
			}
		}
		if f.Text != nil {
			where = append(where, directory.SearchNames("k.name", "u.username || ' ' || u.display_name", *f.Text))
		}
	}
	return apiKeys(now).List(ctx, s.db, a, fields, total, page.All(where...), keysByAge)
}

// key is a row of api_key as checks need it.
type key struct {
	bun.BaseModel `bun:"table:api_key,alias:k"`
	ID            int64     `bun:",pk,autoincrement"`
	UID           uuid.UUID `bun:",type:uuid"`
	UserID        int64
	Name          string
	SecretHash    []byte
	Scopes        []string `bun:",array"`
	CreatedAt     time.Time
	CreatedBy     string
	CreatedByID   *int64
	ExpiresAt     time.Time
	LastUsedAt    *time.Time
	RevokedAt     *time.Time
	RevokedBy     *string
}

func (k *key) opens(now time.Time) bool { return k.RevokedAt == nil && now.Before(k.ExpiresAt) }

// secretText is what a key shows once: its prefix, its id and its secret, in the letters of an address.
func secretText(prefix string, id uuid.UUID, secret []byte) string {
	return prefix + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(id[:]), secret...))
}

func parseSecret(prefix, text string) (id uuid.UUID, secret []byte, ok bool) {
	rest, found := strings.CutPrefix(text, prefix)
	if !found {
		return id, nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || len(raw) != 16+32 {
		return id, nil, false
	}
	copy(id[:], raw)
	return id, raw[16:], true
}

func selectKey(ctx context.Context, b bun.IDB, uid uuid.UUID) (*key, error) {
	return oneKey(ctx, b.NewSelect().Where("k.uid = ?", uid))
}

func oneKey(ctx context.Context, q *bun.SelectQuery) (*key, error) {
	row := &key{}
	err := q.Model(row).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read an API key: %w", err)
	}
	return row, nil
}

// authenticateKey puts the actor of a personal token into the context.
func (s *Service) authenticateKey(ctx context.Context, uid uuid.UUID, secret []byte) (context.Context, error) {
	row, err := selectKey(ctx, s.db, uid)
	if err != nil {
		return ctx, err
	}
	if row == nil || row.Scopes == nil || !same(row.SecretHash, secret) || !row.opens(s.clock.Now()) {
		return ctx, badToken()
	}
	return s.Renew(withTicket(ctx, &ticket{
		user: row.UserID, session: uid, isKey: true, proof: row.SecretHash,
		expires: row.ExpiresAt.Add(-s.clock.Offset()), // a connection ends then; a clock that is moved tells readKeyActor
	}))
}

func badToken() error {
	return errs.New(errs.Unauthenticated, "The token is not valid, or not any more. Make a new one.")
}

// readKeyActor gives the actor of a key as the database has it: the rights of its account, cut to what the client, the token and the ticket are for.
func (s *Service) readKeyActor(ctx context.Context, t *ticket) (*permit.Actor, error) {
	row, err := selectKey(ctx, s.db, t.session)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	if row == nil || row.UserID != t.user || !row.opens(now) || t.proof != nil && subtle.ConstantTimeCompare(row.SecretHash, t.proof) != 1 || (row.Scopes == nil) != (t.proof == nil) {
		return nil, badToken()
	}
	u, err := selectUser(ctx, s.db, t.user)
	if err != nil {
		return nil, err
	}
	if !s.mayEnter(u) || u.IsClient != (t.proof == nil) {
		return nil, badToken()
	}
	if err := s.used(ctx, s.db, row, now); err != nil {
		return nil, err
	}
	actor, err := s.actor(ctx, s.db, u, t.session)
	if err != nil {
		return nil, err
	}
	actor.SessionID = t.identity().String()                           // tokens of one key that are cut in other ways are told apart by who keeps connections together
	actor.Program, actor.Via, actor.Deputyships = true, row.Name, nil // nobody acts for somebody else by a token
	actor.IsCut = !u.IsClient && !permit.Within(row.Scopes, "/")
	actor.Grants = permit.Cut(permit.Cut(actor.Grants, row.Scopes), t.scopes)
	return actor, nil
}

// used keeps when a key was used last, to the minute.
func (s *Service) used(ctx context.Context, b bun.IDB, k *key, now time.Time) error {
	if k.LastUsedAt != nil && now.Sub(*k.LastUsedAt) < usedEvery && !now.Before(*k.LastUsedAt) {
		return nil
	}
	if _, err := b.NewRaw("update api_key set last_used_at = ? where id = ?", now, k.ID).Exec(ctx); err != nil {
		return fmt.Errorf("keep when an API key was used: %w", err)
	}
	return nil
}
