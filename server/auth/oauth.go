package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"writ/server/db"
	"writ/server/permit"
)

// grantError is a refusal of the token endpoint, in the words of RFC 6749 5.2.
type grantError struct {
	status int
	Code   string `json:"error"`
	Text   string `json:"error_description"`
}

func (e *grantError) Error() string { return e.Code + ": " + e.Text }

func refuseGrant(code, text string) error { return &grantError{http.StatusBadRequest, code, text} }

// badClient is the one answer to whoever is not a client: it does not tell whether it was the name, the secret or the end of either.
func badClient() error {
	return &grantError{http.StatusUnauthorized, "invalid_client", "The client or its secret is wrong, or not valid any more."}
}

// granted is an access token as RFC 6749 5.1 answers it.
type granted struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Scope       string `json:"scope"`      // permission paths, separated by spaces
}

// maxGrantBody is the size limit of a request for a token in bytes.
const maxGrantBody = 16 << 10

// TokenEndpoint gives access tokens to API clients: POST of a form with grant_type=client_credentials, the client's name and one of its secrets by HTTP
// Basic or as client_id and client_secret, and if wanted a scope: permission paths, separated by spaces, which the token is cut to (RFC 6749 4.4).
// Mount it at /oauth/token.
func (s *Service) TokenEndpoint() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "Ask for a token with POST.", http.StatusMethodNotAllowed)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxGrantBody)
		out, err := s.grant(r.Context(), r)
		var refused *grantError
		switch {
		case errors.As(err, &refused):
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			if refused.status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Basic realm="writ", charset="UTF-8"`)
			}
			w.WriteHeader(refused.status)
			_ = json.NewEncoder(w).Encode(refused) // the client went away: nobody to tell
		default:
			s.answer(w, r, "application/json; charset=utf-8", out, err)
		}
	})
}

func (s *Service) grant(ctx context.Context, r *http.Request) (*granted, error) {
	form, err := formOf(r)
	if err != nil {
		return nil, err
	}
	name, text, err := credentialsOf(r, form)
	if err != nil {
		return nil, err
	}
	switch form.Get("grant_type") {
	case "client_credentials":
	case "":
		return nil, refuseGrant("invalid_request", "grant_type is missing: send client_credentials.")
	default:
		return nil, refuseGrant("unsupported_grant_type", "Only client_credentials is served here.")
	}
	uid, secret, ok := parseSecret(clientPrefix, text)
	if !ok {
		return nil, badClient()
	}
	row, err := selectKey(ctx, s.db, uid)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	if row == nil || row.Scopes != nil || !same(row.SecretHash, secret) || !row.opens(now) {
		s.log.WarnContext(ctx, "an API client was refused", "client", shortened(name))
		return nil, badClient()
	}
	u, err := selectUser(ctx, s.db, row.UserID)
	if err != nil {
		return nil, err
	}
	if !s.mayEnter(u) || !u.IsClient || !strings.EqualFold(u.Username, name) {
		s.log.WarnContext(ctx, "an API client was refused", "client", shortened(name))
		return nil, badClient()
	}
	asked, err := askedScopes(u, form.Get("scope"))
	if err != nil {
		return nil, err
	}
	if err := s.used(ctx, s.db, row, now); err != nil {
		return nil, err
	}
	signing, err := s.signingKey(ctx)
	if err != nil {
		return nil, err
	}
	end := row.ExpiresAt
	if u.ClientUntil != nil && u.ClientUntil.Before(end) {
		end = *u.ClientUntil
	}
	token, expires, err := s.sign(signing, u, end.Add(-s.clock.Offset()), claims{Session: row.UID.String(), Client: u.Username, Scope: strings.Join(asked, " ")})
	if err != nil {
		return nil, err
	}
	if asked == nil {
		asked = u.Scopes
	}
	return &granted{AccessToken: token, TokenType: "Bearer", ExpiresIn: int(expires.Sub(s.wall()).Seconds()), Scope: strings.Join(asked, " ")}, nil
}

// askedScopes are those that a client wants its token cut to; nil: everything it may have.
func askedScopes(u *user, text string) ([]string, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return nil, nil
	}
	if len(fields) > maxScopes {
		return nil, refuseGrant("invalid_scope", "A token has at most "+strconv.Itoa(maxScopes)+" scopes.")
	}
	asked := permit.Narrowest(fields)
	for _, scope := range asked {
		if err := permit.CheckPath(scope); err != nil || !permit.Within(u.Scopes, scope) {
			return nil, refuseGrant("invalid_scope", "This client is not for one of the scopes it asks for. It is for: "+strings.Join(u.Scopes, " "))
		}
	}
	return asked, nil
}

// formOf reads the form of a request for a token; each name once, and nothing of the address.
func formOf(r *http.Request) (url.Values, error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		return nil, refuseGrant("invalid_request", "Send a form: Content-Type: application/x-www-form-urlencoded.")
	}
	if r.URL.RawQuery != "" {
		return nil, refuseGrant("invalid_request", "Send everything in the body, nothing in the address.")
	}
	if err := r.ParseForm(); err != nil {
		return nil, refuseGrant("invalid_request", "The form cannot be read, or is too large.")
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, refuseGrant("invalid_request", "A parameter is there twice.")
		}
	}
	return r.PostForm, nil
}

// credentialsOf gives the name and the secret of a client, by HTTP Basic or from the form, never by both.
func credentialsOf(r *http.Request, form url.Values) (name, secret string, err error) {
	name, secret = form.Get("client_id"), form.Get("client_secret")
	if r.Header.Get("Authorization") != "" {
		if secret != "" {
			return "", "", refuseGrant("invalid_request", "Send the secret in one way: by HTTP Basic, or in the form.")
		}
		id, text, ok := r.BasicAuth()
		if !ok {
			return "", "", badClient()
		}
		basic, errName := url.QueryUnescape(id) // RFC 6749 2.3.1
		plain, errSecret := url.QueryUnescape(text)
		if errName != nil || errSecret != nil || name != "" && name != basic {
			return "", "", badClient()
		}
		return basic, plain, nil
	}
	if name == "" || secret == "" {
		return "", "", badClient()
	}
	return name, secret, nil
}

// shortened is a name from outside as a log may hold it.
func shortened(name string) string { return db.Clip(name, 100) }
