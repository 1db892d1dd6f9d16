package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// demoLogin is one account that a server with --demo offers on its sign-in page.
type demoLogin struct {
	Username    string `json:"username"`
	DisplayName string `json:"displayName"`
	Role        string `json:"role"` // name of its first profile; "" without one
}

// info is what the sign-in page must know before anybody is signed in.
type info struct {
	Demo         bool        `json:"demo"`
	TestHooks    bool        `json:"testHooks"`
	DemoPassword string      `json:"demoPassword,omitempty"`
	Logins       []demoLogin `json:"logins,omitempty"`
	Providers    []signInBy  `json:"providers,omitempty"` // through which people can sign in
}

// signInBy is an identity provider on the sign-in page.
type signInBy struct {
	Identifier  string `json:"identifier"`
	DisplayName string `json:"displayName"`
}

// Handler serves what lies under /auth/: jwks.json for those who verify our access tokens, info for the sign-in page, and oidc/ for
// the sign-in through identity providers.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		set, err := s.jwks(r.Context())
		w.Header().Set("Cache-Control", "public, max-age=60")
		s.answer(w, r, "application/jwk-set+json", map[string]any{"keys": set}, err)
	})
	mux.HandleFunc("GET /auth/info", func(w http.ResponseWriter, r *http.Request) {
		i, err := s.info(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		s.answer(w, r, "application/json", i, err)
	})
	s.federation(mux)
	return mux
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request, kind string, body any, err error) {
	if err != nil {
		s.log.ErrorContext(r.Context(), "cannot answer", "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "1")
		http.Error(w, "This does not work at this moment. Please try again.", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", kind)
	_ = json.NewEncoder(w).Encode(body) // the client went away: nobody to tell
}

func (s *Service) info(ctx context.Context) (*info, error) {
	i := &info{Demo: s.config.Demo, TestHooks: s.config.TestHooks}
	err := s.db.NewRaw("SELECT identifier, display_name FROM identity_provider WHERE NOT is_disabled ORDER BY display_name, identifier LIMIT 50").Scan(ctx, &i.Providers)
	if err != nil {
		return nil, fmt.Errorf("read the identity providers: %w", err)
	}
	if !i.Demo {
		return i, nil
	}
	i.DemoPassword = s.config.DemoPassword
	err = s.db.NewRaw(`SELECT u.username, u.display_name,
			coalesce((SELECT p.display_name FROM assigned_profile AS ap JOIN profile AS p ON p.id = ap.profile_id
				WHERE ap.user_id = u.id AND NOT ap.is_denied ORDER BY ap.id LIMIT 1), '') AS role
		FROM local_user AS u WHERE u.is_demo AND NOT u.is_disabled AND NOT u.is_client ORDER BY u.id LIMIT 50`).Scan(ctx, &i.Logins)
	if err != nil {
		return nil, fmt.Errorf("read the demo logins: %w", err)
	}
	return i, nil
}
