package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"writ/server/auth/oidc"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// Kinds of the events that this room publishes.
const (
	EventSignedIn      = "access.signed_in"
	EventSignedOut     = "access.signed_out"
	EventSignInFailed  = "access.sign_in_failed"
	EventSignInLimited = "access.sign_in_limited"
	EventSessionReused = "access.session_reused"
	EventKeyCreated    = "access.key_created"
	EventKeyRevoked    = "access.key_revoked"

	EventIdentityLinked = "access.identity_linked"
)

// Config is what an installation decides about signing in. The zero value is usable.
type Config struct {
	Issuer       string        // iss and aud of access tokens; "" = "writ"
	TokenLife    time.Duration // of an access token; 0 = 10 minutes
	SessionIdle  time.Duration // longest pause between two refreshes; 0 = 20 minutes
	SessionMax   time.Duration // longest session; 0 = 8 hours
	KeyLife      time.Duration // of a signing key until the next one takes over; 0 = 30 days
	Demo         bool          // the server runs with --demo: demo users may sign in, with DemoPassword
	DemoPassword string        // the password all demo users share; "" = DefaultDemoPassword
	TestHooks    bool          // only shown (Me, /auth/info)

	PublicURL        string  // where people reach this server; identity providers send them back to it
	Secrets          Secrets // opens the secrets of identity providers; nil: there are none
	PrivateProviders bool    // identity providers may lie on private addresses and be asked by plain http
}

// DefaultDemoPassword opens every demo account of a server with --demo, and nothing else.
const DefaultDemoPassword = "demo"

func (c Config) withDefaults() Config {
	if c.Issuer == "" {
		c.Issuer = "writ"
	}
	if c.DemoPassword == "" {
		c.DemoPassword = DefaultDemoPassword
	}
	for d, otherwise := range map[*time.Duration]time.Duration{
		&c.TokenLife: 10 * time.Minute, &c.SessionIdle: 20 * time.Minute, &c.SessionMax: 8 * time.Hour, &c.KeyLife: 30 * 24 * time.Hour,
	} {
		if *d == 0 {
			*d = otherwise
		}
	}
	return c
}

// Keyring seals what must not be readable in a copy of the database.
// of names the row that a value belongs to: sealed for one it does not open for another.
type Keyring interface {
	Seal(of string, plain []byte) ([]byte, error)
	Open(of string, sealed []byte) ([]byte, error)
}

// Service signs people in and recognises them. Make it with New.
type Service struct {
	db     *bun.DB
	clock  *clock.Clock
	ring   Keyring
	config Config
	log    *slog.Logger
	wall   func() time.Time // the machine's time, UTC

	keys    keys
	actors  actors
	hashes  *hashing
	full    fullCounts
	watched watched

	providers *oidc.Client
}

// New makes the service.
func New(db *bun.DB, c *clock.Clock, ring Keyring, config Config, log *slog.Logger) *Service {
	s := &Service{db: db, clock: c, ring: ring, config: config.withDefaults(), log: log, hashes: newHashing(hashPlaces())}
	s.wall = func() time.Time { return c.Now().Add(-c.Offset()) }
	s.providers = oidc.New(config.PrivateProviders, func() time.Time { return s.wall() })
	return s
}

// LoginInput is a name with its password.
type LoginInput struct {
	Username string
	Password string
}

// LoginPayload is what a sign-in gives; the refresh token went into a cookie.
type LoginPayload struct {
	AccessToken string
	ExpiresAt   time.Time
	Me          *Me
}

// LogoutPayload says that the session is over.
type LogoutPayload struct{ Ok bool }

// refused is the one answer to a failed sign-in: it does not tell whether it was the name, the password or the number of tries.
func refused() error {
	return errs.New(errs.Unauthenticated,
		"The name or the password is wrong, or there were too many tries: more than %d in a minute are refused. Wait a moment then.", tryLimit)
}

// Login signs in a local user by password. UNAUTHENTICATED when name or password is wrong, the account is disabled or a demo account on a
// server without --demo, or when there were too many tries from the address or for the account. UNAVAILABLE when very many sign in at once.
// Needs a request that can carry a cookie.
func (s *Service) Login(ctx context.Context, in LoginInput) (*LoginPayload, error) {
	ex, err := exchangeOf(ctx)
	if err != nil {
		return nil, err
	}
	if len(in.Username) > 200 || len(in.Password) > maxPassword {
		return nil, errs.Invalid("input", "A name has at most 200 characters and a password at most %d.", maxPassword)
	}
	u, err := selectUserByName(ctx, s.db, in.Username)
	if err != nil {
		return nil, err
	}
	t, err := s.tryOf(ctx, u, in.Username, ex)
	if err != nil {
		return nil, err
	}
	ok, err := s.checkPassword(ctx, t, in.Password)
	if errors.Is(err, errTooMany) {
		return nil, refused()
	}
	if err != nil {
		return nil, err
	}
	if !ok {
		if err := s.failed(ctx, t); err != nil {
			return nil, err
		}
		return nil, refused()
	}
	var out *LoginPayload
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		if err := s.giveBack(ctx, tx, t); err != nil {
			return err
		}
		// Its row is held while the session is opened: a password that is replaced meanwhile opens nothing.
		now, err := oneUser(ctx, tx.NewRaw(selectOfUsers+"u.id = ? FOR SHARE", u.ID))
		if err != nil {
			return err
		}
		if !s.mayEnter(now) || now.PasswordHash != u.PasswordHash {
			return refused()
		}
		session, secret, err := s.openSession(ctx, tx, u.ID, ex.userAgent(), nil)
		if err != nil {
			return err
		}
		if out, err = s.payload(ctx, tx, u, session); err != nil {
			return err
		}
		ex.setRefresh(refreshToken(session.ID, secret), session.deadline(s.config.SessionIdle).Sub(s.wall()))
		device, err := s.newDevice(u)
		if err != nil {
			return fmt.Errorf("mark a device: %w", err)
		}
		ex.setDevice(device)
		return s.publish(ctx, tx, u, EventSignedIn, nil)
	})
	s.full.free(t.counts)
	return out, err
}

// Refresh gives a new access token for the refresh cookie and rotates the cookie. UNAUTHENTICATED without a living session. A cookie that
// was replaced before ends the session, except within ten seconds, when another tab may have been faster.
func (s *Service) Refresh(ctx context.Context) (*LoginPayload, error) {
	ex, err := exchangeOf(ctx)
	if err != nil {
		return nil, err
	}
	id, secret, ok := parseRefresh(ex.refresh())
	if !ok {
		return nil, signedOut()
	}
	var out *LoginPayload
	var ended bool
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		out, ended = nil, false
		session, err := selectSessionForUpdate(ctx, tx, id)
		if err != nil {
			return err
		}
		if session == nil {
			ended = true
			return nil
		}
		u, err := selectUser(ctx, tx, session.UserID)
		if err != nil {
			return err
		}
		if !session.alive(s.wall(), s.config.SessionIdle) || !s.mayEnter(u) {
			ended = true
			return nil
		}
		next, err := s.rotate(ctx, tx, session, secret)
		if err != nil {
			return err
		}
		if next == nil {
			ended = true
			return s.publish(ctx, tx, u, EventSessionReused, map[string]any{"session": session.ID})
		}
		ex.setRefresh(refreshToken(session.ID, next), session.deadline(s.config.SessionIdle).Sub(s.wall()))
		out, err = s.payload(ctx, tx, u, session)
		return err
	})
	if err != nil {
		return nil, err
	}
	if ended {
		s.actors.forget(id)
		ex.clearRefresh()
		return nil, signedOut()
	}
	return out, nil
}

// Logout ends the session of the access token, or of the refresh cookie when that one has expired already. Without either it does nothing.
func (s *Service) Logout(ctx context.Context) (*LogoutPayload, error) {
	ex, err := exchangeOf(ctx)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	if t := ticketOf(ctx); t != nil {
		ids = append(ids, t.session)
	}
	if id, secret, ok := parseRefresh(ex.refresh()); ok {
		session, err := selectSession(ctx, s.db, id)
		if err != nil {
			return nil, err
		}
		if session != nil && same(session.RefreshHash, secret) {
			ids = append(ids, id)
		}
	}
	ex.clearRefresh()
	if len(ids) == 0 {
		return &LogoutPayload{Ok: true}, nil
	}
	err = db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		users, err := revokeSessions(ctx, tx, s.wall(), ids)
		if err != nil {
			return err
		}
		for _, u := range users { // one, two if somebody uses a token with another one's cookie
			if err := s.publish(ctx, tx, u, EventSignedOut, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		s.actors.forget(id)
	}
	return &LogoutPayload{Ok: true}, nil
}

func signedOut() error {
	return errs.New(errs.Unauthenticated, "Your session has ended. Please sign in again.")
}

// mayEnter reports whether an account may be used at all on this server.
func (s *Service) mayEnter(u *user) bool {
	return u != nil && !u.IsDisabled && (!u.IsDemo || s.config.Demo) && (u.ClientUntil == nil || s.clock.Now().Before(*u.ClientUntil))
}

// payload makes the access token of a session and what its owner may see.
func (s *Service) payload(ctx context.Context, tx bun.IDB, u *user, session *session) (*LoginPayload, error) {
	key, err := s.signingKey(ctx)
	if err != nil {
		return nil, err
	}
	token, expires, err := s.mint(key, u, session)
	if err != nil {
		return nil, err
	}
	actor, err := s.actor(ctx, tx, u, session.ID)
	if err != nil {
		return nil, err
	}
	me, err := s.me(permit.With(ctx, actor), tx)
	if err != nil {
		return nil, err
	}
	return &LoginPayload{AccessToken: token, ExpiresAt: expires, Me: me}, nil
}

// publish records something about an account, as its owner.
func (s *Service) publish(ctx context.Context, tx bun.IDB, u *user, kind string, data any) error {
	ctx = permit.With(ctx, &permit.Actor{UserID: u.ID, Username: u.Username, Name: u.DisplayName})
	return event.Publish(ctx, tx, s.clock.Now(), event.Event{
		Kind: kind, SubjectType: "local_user", SubjectID: u.ID, OwnerID: u.resourceID(), Data: data,
	})
}
