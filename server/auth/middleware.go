package auth

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/db"
	"writ/server/delegation"
	"writ/server/errs"
	"writ/server/permit"
)

// rememberFor is how long the actor of a session is kept: rights are those of now, give or take this.
const rememberFor = 2 * time.Second

// unavailable answers who cannot be recognised because the database is away.
const unavailable = `{"errors":[{"message":"Signing in does not work at this moment. Please try again.","extensions":{"code":"UNAVAILABLE"}}]}` + "\n"

// Middleware recognises who sends a request (Authorization: Bearer) and puts the permit.Actor into its context. Without a valid token the
// request goes on as nobody's: what needs somebody says UNAUTHENTICATED itself, and login and refresh must work with an expired one.
func (s *Service) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if token := bearer(r.Header.Get("Authorization")); token != "" {
			signedIn, err := s.Authenticate(ctx, token)
			switch {
			case err == nil:
				ctx = signedIn
			case errs.As(err) == nil: // not "who are you", but a fault of ours
				s.log.ErrorContext(ctx, "cannot recognise a caller", "error", err)
				w.Header().Set("Content-Type", "application/json; charset=utf-8") // what GraphQL clients read
				w.Header().Set("Cache-Control", "no-store")
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = io.WriteString(w, unavailable)
				return
			}
		}
		if carriesCookies(r) {
			ctx = context.WithValue(ctx, exchangeKey{}, &exchange{w: w, r: r})
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Authenticate puts the actor of an access token ("<token>" or "Bearer <token>") into the context. UNAUTHENTICATED when it is not valid,
// its session has ended, or its user may not enter any more.
func (s *Service) Authenticate(ctx context.Context, token string) (context.Context, error) {
	if b := bearer(token); b != "" {
		token = b
	}
	if id, secret, ok := parseSecret(personalPrefix, token); ok {
		return s.authenticateKey(ctx, id, secret)
	}
	t, err := s.verify(ctx, token)
	if err != nil {
		if ctx.Err() != nil {
			return ctx, ctx.Err()
		}
		if db.Unreachable(err) { // the keys cannot be read: nothing is known about the token
			return ctx, err
		}
		return ctx, errs.New(errs.Unauthenticated, "The access token is not valid, or not any more. Refresh it or sign in.").Because(err)
	}
	return s.Renew(withTicket(ctx, t))
}

// Renew gives the context of a long connection the rights of now; it costs nothing within two seconds. UNAUTHENTICATED when the token has
// expired or the session ended since. A context without an access token is given back as it is.
func (s *Service) Renew(ctx context.Context) (context.Context, error) {
	t := ticketOf(ctx)
	if t == nil {
		return ctx, nil
	}
	if !s.wall().Before(t.expires.Add(clockSkew)) {
		return permit.With(ctx, nil), signedOut()
	}
	actor, err := s.actorOf(ctx, t)
	if err != nil {
		return permit.With(ctx, nil), err
	}
	return permit.With(ctx, actor), nil
}

// Remember looks at the rights of many long connections together, so that Renew costs nothing for each of them within two seconds: two statements
// for a thousand sessions, and what is read of those whose rights changed, or that are looked at for the first time.
func (s *Service) Remember(ctx context.Context, connections []context.Context) error {
	tickets := map[uuid.UUID]*ticket{}
	for _, c := range connections {
		if t := ticketOf(c); t != nil && s.actors.find(t.identity(), s.wall(), s.clock.Offset()) == nil {
			tickets[t.identity()] = t
		}
	}
	for list := range slices.Chunk(slices.Collect(maps.Keys(tickets)), rememberedAtOnce) {
		prints, err := s.prints(ctx, list, tickets)
		if err != nil {
			return err
		}
		for _, id := range list {
			print, known := prints[id]
			if known && s.actors.again(id, print, s.wall(), s.clock.Offset()) {
				continue
			}
			// What the print tells is older than what is read now: at worst it is read once more. What somebody else remembered meanwhile may be older than
			// the print, and would be taken for what it tells until something changes again: it does not count.
			a, err := s.readActor(ctx, tickets[id])
			switch {
			case err == nil:
				s.actors.keep(id, a, print, s.wall(), s.clock.Offset())
			case errs.As(err) == nil:
				return err
			default: // Renew tells
				s.actors.forget(id)
			}
		}
	}
	return nil
}

// rememberedAtOnce is how many sessions are looked at with one statement.
const rememberedAtOnce = 1_000

// prints gives what is equal as long as the actor of a session is; those that are over have none.
func (s *Service) prints(ctx context.Context, ids []uuid.UUID, tickets map[uuid.UUID]*ticket) (map[uuid.UUID]string, error) {
	texts, users := make([]string, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		texts[i], users[i] = tickets[id].session.String(), tickets[id].user
	}
	var rows []struct {
		ID     uuid.UUID
		UserID int64
		Print  string
	}
	err := s.db.NewRaw(`SELECT w.id, u.id AS user_id,
			md5(row(u.username, u.display_name, u.resource_id, u.is_disabled, u.is_demo, u.scopes, u.client_until, k.name, may_be_asked(u.id))::text) AS print
		FROM (SELECT DISTINCT id FROM unnest(?0::uuid[]) AS d (id)) AS w
		LEFT JOIN session AS s ON s.id = w.id AND s.revoked_at IS NULL
		LEFT JOIN api_key AS k ON k.uid = w.id AND k.revoked_at IS NULL AND k.expires_at > ?1
		JOIN local_user AS u ON u.id = coalesce(s.user_id, k.user_id) AND coalesce(u.client_until, 'infinity') > ?1`, pgdialect.Array(texts), s.clock.Now()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("compare sessions: %w", err)
	}
	slices.Sort(users)
	held, err := access.Prints(ctx, s.db, slices.Compact(users), s.clock.Now())
	if err != nil {
		return nil, err
	}
	acts, err := delegation.Prints(ctx, s.db, users, s.clock.Now())
	if err != nil {
		return nil, err
	}
	of := make(map[uuid.UUID]string, len(rows))
	owner := make(map[uuid.UUID]int64, len(rows))
	for _, r := range rows {
		of[r.ID], owner[r.ID] = r.Print+held[r.UserID]+acts[r.UserID], r.UserID
	}
	out := make(map[uuid.UUID]string, len(ids))
	for _, id := range ids {
		if t := tickets[id]; owner[t.session] == t.user && t.user != 0 {
			out[id] = of[t.session]
		}
	}
	return out, nil
}

// actorOf gives the actor of a ticket, remembered or read.
func (s *Service) actorOf(ctx context.Context, t *ticket) (*permit.Actor, error) {
	if a := s.actors.find(t.identity(), s.wall(), s.clock.Offset()); a != nil {
		return a, nil
	}
	a, err := s.readActor(ctx, t)
	if err != nil {
		return nil, err
	}
	s.actors.keep(t.identity(), a, "", s.wall(), s.clock.Offset())
	return a, nil
}

// readActor gives the actor of a ticket as the database has it.
func (s *Service) readActor(ctx context.Context, t *ticket) (*permit.Actor, error) {
	if t.isKey {
		return s.readKeyActor(ctx, t)
	}
	row, err := selectSession(ctx, s.db, t.session)
	if err != nil {
		return nil, err
	}
	// The idle limit is for the refresh token: this access token was given before, and ends soon by itself.
	if row == nil || row.UserID != t.user || row.RevokedAt != nil {
		return nil, signedOut()
	}
	u, err := selectUser(ctx, s.db, t.user)
	if err != nil {
		return nil, err
	}
	if !s.mayEnter(u) {
		return nil, signedOut()
	}
	return s.actor(ctx, s.db, u, row.ID)
}

// actor makes the actor of a user with the grants of now.
func (s *Service) actor(ctx context.Context, db bun.IDB, u *user, sessionID uuid.UUID) (*permit.Actor, error) {
	grants, err := access.Grants(ctx, db, u.ID, s.clock.Now())
	if err != nil {
		return nil, err
	}
	acts, err := delegation.Of(ctx, db, u.ID, s.config.Demo, s.clock.Now())
	if err != nil {
		return nil, err
	}
	return &permit.Actor{
		UserID: u.ID, Username: u.Username, Name: u.DisplayName, ResourceID: u.resourceID(), SessionID: sessionID.String(), Grants: grants, IsAsked: u.IsAsked, Deputyships: acts,
	}, nil
}

func bearer(header string) string {
	if len(header) > 7 && strings.EqualFold(header[:7], "bearer ") {
		return strings.TrimSpace(header[7:])
	}
	return ""
}

// actors remembers the actor of a session for a moment. The zero value is ready.
type actors struct {
	mu   sync.Mutex
	rows map[uuid.UUID]remembered
	left int // how many there were when they were last cleared up
}

// keptFor is how long an actor that is not up to date any more is kept, for again.
const keptFor = 10 * time.Second

type remembered struct {
	actor  *permit.Actor
	print  string // what it was looked at by; "": it was not yet
	until  time.Time
	offset time.Duration // of the clock: a test that moves it must see the rights of the new time
}

func (a *actors) find(id uuid.UUID, now time.Time, offset time.Duration) *permit.Actor {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.rows[id]; ok && now.Before(r.until) && r.offset == offset {
		return r.actor
	}
	return nil
}

// keep remembers an actor; print is what he was read by, "": nothing.
func (a *actors) keep(id uuid.UUID, actor *permit.Actor, print string, now time.Time, offset time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rows == nil {
		a.rows = map[uuid.UUID]remembered{}
	}
	if len(a.rows) >= max(1000, 2*a.left) {
		for other, r := range a.rows {
			if !now.Before(r.until.Add(keptFor)) {
				delete(a.rows, other)
			}
		}
		a.left = len(a.rows)
	}
	a.rows[id] = remembered{actor: actor, print: print, until: now.Add(rememberFor), offset: offset}
}

// again remembers an actor for longer if nothing that he depends on has changed.
func (a *actors) again(id uuid.UUID, print string, now time.Time, offset time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.rows[id]
	if !ok || print == "" || r.print != print || r.offset != offset {
		return false
	}
	r.until = now.Add(rememberFor)
	a.rows[id] = r
	return true
}

func (a *actors) forget(id uuid.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.rows, id)
}

// Left is how long an access token that ends at the given instant is still good for; never negative.
func (s *Service) Left(end time.Time) time.Duration { return max(0, end.Sub(s.wall())) }
