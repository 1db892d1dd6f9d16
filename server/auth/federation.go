package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/auth/oidc"
	"writ/server/db"
)

// Secrets opens what the configuration sealed; server/fulfil has the real one.
type Secrets interface {
	Open(of string, sealed []byte) (map[string]string, error)
}

const (
	tryLife    = 10 * time.Minute // from the click until one comes back
	tryCookie  = "writ_oidc_"     // and the beginning of the state: several tabs have their own
	tryPath    = "/auth/oidc"
	longestTry = 4000 // characters of the cookie; browsers keep no larger one
	longestTo  = 1000
	maxLeaving = 300 << 10 // bytes of a logout token with its form
)

// trying is a sign-in on its way. It lies in a cookie, sealed, with the browser that began it: nobody else can end it, and nothing is kept here.
type trying struct {
	Try      oidc.Try
	Provider int64
	To       string // where the person wanted to go
	Until    time.Time
}

// problem is why somebody did not get in through a provider, as a word that the sign-in page explains.
type problem struct {
	word string
	err  error // for the log
}

func (p *problem) Error() string {
	if p.err == nil {
		return p.word
	}
	return p.word + ": " + p.err.Error()
}

func (p *problem) Unwrap() error { return p.err }

func refuse(word string, err error) error { return &problem{word, err} }

// The words of problems.
const (
	problemUnknown      = "unknown_provider"    // there is no such provider, or it is switched off
	problemUnreachable  = "unreachable"         // the provider does not answer
	problemRefused      = "refused"             // the provider says no
	problemInvalid      = "invalid"             // what came back is not valid
	problemExpired      = "expired"             // it took too long, or the cookie is not there
	problemBusy         = "busy"                // too many at once
	problemInternal     = "internal"            // a fault of ours
	problemNoPerson     = "no_person"           // nobody in the directory is meant
	problemPersons      = "several_persons"     // more than one is
	problemNoAccount    = "no_account"          // there is none, and none is made
	problemAccounts     = "several_accounts"    // the person has more than one
	problemNoName       = "no_name"             // the provider tells no name for a new account
	problemNameTaken    = "name_taken"          // somebody else's account is called so
	problemDisabled     = "disabled"            // the account may not be used
	problemOtherSubject = "other_identity"      // the account is somebody else's there already
	problemGroups       = "groups_not_complete" // the provider does not send all groups
)

// federation serves the sign-in through providers: /auth/oidc/<identifier>/sign-in, callback and logout.
func (s *Service) federation(mux *http.ServeMux) {
	mux.HandleFunc("GET /auth/oidc/{provider}/sign-in", func(w http.ResponseWriter, r *http.Request) {
		address, err := s.beginThrough(w, r)
		if err != nil {
			address = s.told(r, err)
		}
		leaveFor(w, r, address)
	})
	mux.HandleFunc("GET /auth/oidc/{provider}/callback", func(w http.ResponseWriter, r *http.Request) {
		address, err := s.finishThrough(w, r)
		if err != nil {
			address = s.told(r, err)
		}
		leaveFor(w, r, address)
	})
	mux.HandleFunc("POST /auth/oidc/{provider}/logout", s.leftThere)
}

func leaveFor(w http.ResponseWriter, r *http.Request, address string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address we come from may hold a code
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// told logs why somebody did not get in and gives the address of the page that says so.
func (s *Service) told(r *http.Request, err error) string {
	p := &problem{word: problemInternal}
	if errors.As(err, &p) {
		s.log.InfoContext(r.Context(), "no sign-in through a provider", "provider", shortened(r.PathValue("provider")), "reason", p.word, "error", clipped(err))
	} else {
		s.log.ErrorContext(r.Context(), "no sign-in through a provider", "provider", shortened(r.PathValue("provider")), "error", clipped(err))
	}
	return "/sign-in?problem=" + url.QueryEscape(p.word)
}

// clipped is an error as a log may hold it: it may repeat a whole page of a provider.
func clipped(err error) string { return db.Clip(err.Error(), 500) }

// worded gives a failure of the protocol its word.
func worded(err error) error {
	for word, of := range map[string]error{problemUnreachable: oidc.ErrUnreachable, problemRefused: oidc.ErrRefused, problemInvalid: oidc.ErrInvalid, problemBusy: oidc.ErrBusy} {
		if errors.Is(err, of) {
			return refuse(word, err)
		}
	}
	return err
}

// beginThrough gives the address of the provider, and the browser the cookie of this try.
func (s *Service) beginThrough(w http.ResponseWriter, r *http.Request) (string, error) {
	row, provider, err := s.providerOf(r.Context(), s.db, r.PathValue("provider"), false)
	if err != nil {
		return "", err
	}
	t := trying{Try: oidc.NewTry(), Provider: row.ID, To: inside(r.URL.Query().Get("to")), Until: s.wall().Add(tryLife)}
	address, err := s.providers.Begin(r.Context(), provider, s.callbackOf(row), t.Try)
	if err != nil {
		return "", worded(err)
	}
	value, err := s.sealedTry(t)
	if err == nil && len(value) > longestTry {
		t.To = "/"
		value, err = s.sealedTry(t)
	}
	if err != nil {
		return "", err
	}
	(&exchange{w, r}).setAt(tryPath, tryCookie+t.Try.State[:8], value, int(tryLife.Seconds()))
	return address, nil
}

func (s *Service) sealedTry(t trying) (string, error) {
	plain, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("write down a sign-in: %w", err)
	}
	sealed, err := s.ring.Seal("oidc", plain)
	if err != nil {
		return "", fmt.Errorf("seal a sign-in: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// inside is an address of ours, without host; anything else is the first page. Otherwise a link to the sign-in could lead to a page that looks alike.
func inside(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || len(to) > longestTo ||
		strings.ContainsFunc(to, func(c rune) bool { return c < ' ' || c == '\\' || c == 0x7f }) {
		return "/"
	}
	return to
}

// takeTry takes the cookie of the try that somebody comes back from: it is good once.
func (s *Service) takeTry(w http.ResponseWriter, r *http.Request) (*trying, error) {
	state := r.URL.Query().Get("state")
	if len(state) < 8 {
		return nil, refuse(problemExpired, errors.New("no state"))
	}
	name := tryCookie + state[:8]
	c, err := r.Cookie(name)
	if err != nil || len(c.Value) > longestTry {
		return nil, refuse(problemExpired, errors.New("no cookie of this sign-in"))
	}
	(&exchange{w, r}).setAt(tryPath, name, "", -1)
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return nil, refuse(problemExpired, err)
	}
	plain, err := s.ring.Open("oidc", sealed)
	if err != nil {
		return nil, refuse(problemExpired, err)
	}
	t := &trying{}
	if err := json.Unmarshal(plain, t); err != nil || !s.wall().Before(t.Until) {
		return nil, refuse(problemExpired, err)
	}
	return t, nil
}

// finishThrough takes somebody in who comes back from a provider, and gives the address where he wanted to go.
func (s *Service) finishThrough(w http.ResponseWriter, r *http.Request) (string, error) {
	ctx := r.Context()
	t, err := s.takeTry(w, r)
	if err != nil {
		return "", err
	}
	row, provider, err := s.providerOf(ctx, s.db, r.PathValue("provider"), false)
	if err != nil {
		return "", err
	}
	if row.ID != t.Provider {
		return "", refuse(problemInvalid, errors.New("the answer came to the address of another provider"))
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", refuse(problemInvalid, err)
	}
	who, err := s.providers.Finish(ctx, provider, s.callbackOf(row), t.Try, query, wantedOf(row)...)
	if err != nil {
		return "", worded(err)
	}
	if err := s.enter(w, r, row.Identifier, provider, who); err != nil {
		return "", err
	}
	return t.To, nil
}

// wantedOf are the claims that decide who somebody is and what he gets.
func wantedOf(row *access.IdentityProvider) []string {
	wanted := []string{row.UsernameClaim, row.PersonClaim, groupsWanted(row)}
	if row.PersonClaim == "email" {
		wanted = append(wanted, "email_verified")
	}
	return wanted
}

// groupsWanted is the claim of the groups when they decide about anything.
func groupsWanted(row *access.IdentityProvider) string {
	for _, g := range row.Groups {
		if g.GroupName != access.AnyGroup {
			return row.GroupsClaim
		}
	}
	return ""
}

// enter opens a session for whoever the provider says somebody is. What the provider says counts for the provider as it is configured then.
func (s *Service) enter(w http.ResponseWriter, r *http.Request, identifier string, as oidc.Provider, who *oidc.Identity) error {
	ex := &exchange{w: w, r: r}
	var refused error
	var opened *session
	var key []byte
	err := db.InTx(r.Context(), s.db, func(ctx context.Context, tx bun.Tx) error {
		refused = nil
		row, now, err := s.providerOf(ctx, tx, identifier, true)
		if err != nil {
			return err
		}
		if now.Issuer != as.Issuer || now.ClientID != as.ClientID {
			return refuse(problemInvalid, errors.New("the provider was changed meanwhile"))
		}
		u, err := s.accountOf(ctx, tx, row, who)
		if p := (*problem)(nil); errors.As(err, &p) { // told of in the transaction, without what was begun
			refused = err
			return errRefused
		}
		if err != nil {
			return err
		}
		session, secret, err := s.openSession(ctx, tx, u.ID, ex.userAgent(), &origin{provider: row.ID, subject: who.Subject, sid: who.SID})
		if err != nil {
			return err
		}
		opened, key = session, secret
		return s.publish(ctx, tx, u, EventSignedIn, map[string]any{"provider": row.Identifier})
	})
	if refused != nil {
		return errors.Join(refused, s.tellRefused(r.Context(), identifier, who, refused))
	}
	if err == nil { // not before: the cookie of a session that is not there would replace a good one
		ex.setRefresh(refreshToken(opened.ID, key), opened.deadline(s.config.SessionIdle).Sub(s.wall()))
	}
	return err
}

// errRefused takes a transaction back in which somebody was refused.
var errRefused = errors.New("refused")

// leftThere ends the sessions of who signed out at the provider (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8).
func (s *Service) leftThere(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxLeaving)
	err := s.endThrough(r)
	p := &problem{}
	switch {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case errors.As(err, &p) && (p.word == problemInvalid || p.word == problemUnknown):
		s.log.WarnContext(r.Context(), "a logout token was refused", "provider", shortened(r.PathValue("provider")), "error", clipped(err))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_request", "error_description": "The logout token is not valid."}) // the client may be gone
	default:
		s.answer(w, r, "application/json", nil, err)
	}
}

func (s *Service) endThrough(r *http.Request) error {
	form, err := formOf(r)
	if err != nil {
		return refuse(problemInvalid, err)
	}
	row, provider, err := s.providerOf(r.Context(), s.db, r.PathValue("provider"), false)
	if err != nil {
		return err
	}
	said, err := s.providers.Leaving(r.Context(), provider, form.Get("logout_token"))
	if err != nil {
		return worded(err)
	}
	return s.endSessionsOf(r.Context(), row, said)
}

// callbackOf is the address to which a provider sends people back: one for each, so that none can pass an answer off as another's.
func (s *Service) callbackOf(row *access.IdentityProvider) string {
	return strings.TrimSuffix(s.config.PublicURL, "/") + tryPath + "/" + url.PathEscape(row.Identifier) + "/callback"
}

// providerOf gives a provider that is switched on, as it is configured and as the protocol needs it. hold: nobody changes it until the transaction b ends.
func (s *Service) providerOf(ctx context.Context, b bun.IDB, identifier string, hold bool) (*access.IdentityProvider, oidc.Provider, error) {
	row, err := access.ProviderOf(ctx, b, identifier, hold)
	if err != nil {
		return nil, oidc.Provider{}, err
	}
	if row == nil || row.IsDisabled {
		return nil, oidc.Provider{}, refuse(problemUnknown, nil)
	}
	p := oidc.Provider{Issuer: row.Issuer, ClientID: row.ClientID, Scopes: row.Scopes}
	if len(row.ClientSecret) > 0 && s.config.Secrets == nil {
		return nil, p, errors.New("nobody here opens the secrets of identity providers")
	}
	if len(row.ClientSecret) > 0 {
		secrets, err := s.config.Secrets.Open(access.SealedOfProvider(row.Identifier), row.ClientSecret)
		if err != nil {
			return nil, p, fmt.Errorf("open the secret of an identity provider: %w", err)
		}
		p.ClientSecret = secrets[access.ClientSecret]
	}
	return row, p, nil
}
