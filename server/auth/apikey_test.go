package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/access"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/page"
	"writ/server/permit"
)

// keyed adds an API client to the house, with a secret, and somebody who may administer.
func keyed(t *testing.T) (b bundle, secret string) {
	t.Helper()
	b = setup(t, Config{})
	_, err := access.SaveRules(b.ctx, b.db, []access.RuleSpec{{Identifier: "All", Profile: "Admin", Entries: []access.EntrySpec{
		{Permission: "/Jobs", CanExecute: true}, {Permission: "/AccessControl", CanExecute: true}, {Permission: permit.Monitoring, CanExecute: true}}}})
	require.NoError(t, err)
	require.NoError(t, access.SaveUsers(b.ctx, b.db, []access.UserSpec{
		{Username: "crm", DisplayName: "CRM", Client: &access.ClientSpec{Scopes: []string{"/Jobs", permit.Monitoring}}, Profiles: []access.UserProfileSpec{{Profile: "Admin"}}},
		{Username: "other", Client: &access.ClientSpec{Scopes: []string{"/"}}, Profiles: []access.UserProfileSpec{{Profile: "Admin"}}},
		{Username: "bob", PasswordHash: mustHash(t, "secret")},
	}))
	made, err := b.CreateClientSecret(b.as("Ana"), CreateClientSecretInput{Client: "CRM", Name: "first", ExpiresAt: b.clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	return b, made.Secret
}

// as gives the context of somebody who signed in.
func (b bundle) as(username string) context.Context {
	b.t.Helper()
	u, err := selectUserByName(b.ctx, b.db, username)
	require.NoError(b.t, err)
	a, err := b.actor(b.ctx, b.db, u, [16]byte{1})
	require.NoError(b.t, err)
	return permit.With(b.ctx, a)
}

// ask sends a form to the token endpoint.
func (b bundle) ask(form url.Values, change ...func(*http.Request)) (int, map[string]any) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(form.Encode())).WithContext(b.ctx)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	b.TokenEndpoint().ServeHTTP(rec, r)
	require.Equal(b.t, "no-store", rec.Header().Get("Cache-Control"))
	body := map[string]any{}
	_ = json.Unmarshal(rec.Body.Bytes(), &body)
	return rec.Code, body
}

func credentials(secret string, more ...string) url.Values {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"crm"}, "client_secret": {secret}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

func opened(a *permit.Actor) (list []string) {
	if a == nil {
		return nil
	}
	return permit.Narrowest(paths(a))
}

func TestClientGetsTokens(t *testing.T) {
	t.Parallel()
	b, secret := keyed(t)
	code, body := b.ask(credentials(secret))
	require.Equal(t, 200, code, body)
	require.Equal(t, "Bearer", body["token_type"])
	require.Equal(t, "/Jobs /Monitoring", body["scope"])
	require.InDelta(t, 600, body["expires_in"], 2)
	a := b.who(body["access_token"].(string))
	require.NotNil(t, a)
	require.Equal(t, "crm", a.Username, "history names the client")
	require.True(t, a.Program)
	require.Equal(t, "first", a.Via)
	require.Equal(t, []string{"/Jobs", "/Monitoring"}, opened(a), "what its profile gives, cut to its scopes")

	// By HTTP Basic, and for less.
	code, body = b.ask(url.Values{"grant_type": {"client_credentials"}, "scope": {"/Jobs/Job/Query  Jobs/Job"}}, func(r *http.Request) { r.SetBasicAuth("CRM", secret) })
	require.Equal(t, 200, code, body)
	require.Equal(t, "/Jobs/Job", body["scope"])
	narrow := body["access_token"].(string)
	require.Equal(t, []string{"/Jobs/Job"}, opened(b.who(narrow)), "and not what is remembered of the wider token")
	require.NotEqual(t, a.SessionID, b.who(narrow).SessionID, "connections of the two are not taken for one session")

	var used *time.Time
	require.NoError(t, b.db.NewRaw("select last_used_at from api_key where name = 'first'").Scan(b.ctx, &used))
	require.NotNil(t, used)

	for _, c := range []struct {
		name   string
		form   url.Values
		change func(*http.Request)
		status int
		code   string
	}{
		{"another client's name", credentials(secret, "client_id", "other"), nil, 401, "invalid_client"},
		{"somebody's name", credentials(secret, "client_id", "Ana"), nil, 401, "invalid_client"},
		{"no secret", credentials(""), nil, 401, "invalid_client"},
		{"cut short", credentials(secret[:len(secret)-1]), nil, 401, "invalid_client"},
		{"another letter", credentials(secret[:len(secret)-3] + "AAA"), nil, 401, "invalid_client"},
		{"another key's id", credentials(clientPrefix + "AAAA" + secret[len(clientPrefix)+4:]), nil, 401, "invalid_client"},
		{"of the other kind", credentials(personalPrefix + secret[len(clientPrefix):]), nil, 401, "invalid_client"},
		{"a password", credentials("secret", "client_id", "Ana"), nil, 401, "invalid_client"},
		{"another grant", credentials(secret, "grant_type", "password"), nil, 400, "unsupported_grant_type"},
		{"no grant", credentials(secret, "grant_type", ""), nil, 400, "invalid_request"},
		{"more than it may", credentials(secret, "scope", "/Jobs /AccessControl"), nil, 400, "invalid_scope"},
		{"everything", credentials(secret, "scope", "/"), nil, 400, "invalid_scope"},
		{"above", credentials(secret, "scope", "/Job"), nil, 400, "invalid_scope"},
		{"in two ways", credentials(secret), func(r *http.Request) { r.SetBasicAuth("crm", secret) }, 400, "invalid_request"},
		{"bearer", credentials("x", "client_secret", ""), func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+narrow) }, 401, "invalid_client"},
		{"in the address", credentials(secret), func(r *http.Request) { r.URL.RawQuery = "client_secret=x" }, 400, "invalid_request"},
		{"JSON", credentials(secret), func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 400, "invalid_request"},
		{"twice", url.Values{"grant_type": {"client_credentials"}, "client_id": {"crm", "other"}, "client_secret": {secret}}, nil, 400, "invalid_request"},
		{"too large", credentials(secret, "more", strings.Repeat("x", maxGrantBody)), nil, 400, "invalid_request"},
		{"GET", credentials(secret), func(r *http.Request) { r.Method = http.MethodGet }, 405, ""},
	} {
		code, body := b.ask(c.form, func(r *http.Request) {
			if c.change != nil {
				c.change(r)
			}
		})
		require.Equal(t, c.status, code, c.name)
		require.NotContains(t, body, "access_token", c.name)
		if c.code != "" {
			require.Equal(t, c.code, body["error"], c.name)
		}
	}
	// A secret of a client is no access token, and a client has no password.
	require.Nil(t, b.who(secret))
	w := &browser{bundle: b}
	_, err := w.login("crm", "")
	unauthenticated(t, err)
}

// What ends a client's tokens: its secret, its end, its account. Each within what is remembered of it.
func TestClientTokensEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{
		"revoked":  "update api_key set revoked_at = now(), revoked_by = 'x'",
		"expired":  "update api_key set created_at = created_at, expires_at = created_at + interval '1 microsecond'",
		"disabled": "update local_user set is_disabled = true where username = 'crm'",
		"until":    "update local_user set client_until = now() - interval '1 hour' where username = 'crm'",
		"removed":  "delete from local_user where username = 'crm'",
		"scopes":   "update local_user set scopes = '{/Nothing}' where username = 'crm'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, secret := keyed(t)
			_, body := b.ask(credentials(secret))
			token := body["access_token"].(string)
			require.NotEmpty(t, opened(b.who(token)))
			ctx, err := b.Authenticate(b.ctx, token)
			require.NoError(t, err)
			ended := make(chan struct{})
			forget := b.OnEnd(ctx, func() { close(ended) })
			defer forget()
			_, err = b.db.ExecContext(b.ctx, end)
			require.NoError(t, err)
			b.pass(rememberFor + time.Second)
			require.NoError(t, b.Remember(b.ctx, []context.Context{ctx}))
			require.Empty(t, opened(b.who(token)))
			code, _ := b.ask(credentials(secret))
			if name == "scopes" {
				require.Equal(t, 200, code, "it still is a client")
				return
			}
			require.Equal(t, 401, code)
			_, err = b.Renew(ctx)
			unauthenticated(t, err)
			select {
			case <-ended:
			case <-time.After(30 * time.Second):
				t.Fatal("its connections stay open")
			}
		})
	}
}

func TestPersonalTokens(t *testing.T) {
	t.Parallel()
	b, _ := keyed(t)
	ana := b.as("Ana")
	soon := b.clock.Now().Add(time.Hour)
	make := func(ctx context.Context, name string, scopes ...string) (*CreateApiKeyPayload, error) {
		return b.CreatePersonalToken(ctx, CreatePersonalTokenInput{Name: name, Scopes: scopes, ExpiresAt: soon})
	}
	all, err := make(ana, " all ", "/")
	require.NoError(t, err)
	require.Equal(t, "all", all.Key.Name)
	require.Equal(t, KeyActive, all.Key.State)
	part, err := make(ana, "part", permit.JobQuery, "Jobs/Job/")
	require.NoError(t, err)
	require.Equal(t, []string{"/Jobs/Job"}, part.Key.Scopes)
	a := b.who(all.Secret)
	require.Equal(t, "Ana", a.Username)
	require.Equal(t, "all", a.Via)
	require.Contains(t, opened(a), "/AccessControl")
	require.False(t, a.IsCut)
	a = b.who(part.Secret)
	require.Equal(t, []string{"/Jobs/Job"}, opened(a))
	require.True(t, a.IsCut)
	require.True(t, errs.Is(permit.WithAllRights(permit.With(b.ctx, a)), errs.Forbidden))

	// Whoever came with a token cannot make another, nor a secret of a client with part of the rights.
	_, err = make(permit.With(b.ctx, b.who(all.Secret)), "more", "/Jobs")
	require.True(t, errs.Is(err, errs.Forbidden), err)
	cut, err := make(ana, "administers", "/AccessControl")
	require.NoError(t, err)
	_, err = b.CreateClientSecret(permit.With(b.ctx, b.who(cut.Secret)), CreateClientSecretInput{Client: "other", Name: "x", ExpiresAt: soon})
	require.True(t, errs.Is(err, errs.Forbidden), err)
	_, err = make(b.ctx, "x", "/")
	unauthenticated(t, err)

	for _, c := range []struct {
		name string
		in   CreatePersonalTokenInput
		kind errs.Kind
		at   string
	}{
		{"no name", CreatePersonalTokenInput{" ", []string{"/"}, soon}, errs.Validation, "name"},
		{"a long name", CreatePersonalTokenInput{strings.Repeat("ä", 101), []string{"/"}, soon}, errs.Validation, "name"},
		{"a name of lines", CreatePersonalTokenInput{"a\nb", []string{"/"}, soon}, errs.Validation, "name"},
		{"taken", CreatePersonalTokenInput{"ALL", []string{"/"}, soon}, errs.Conflict, "name"},
		{"no scopes", CreatePersonalTokenInput{"x", nil, soon}, errs.Validation, "scopes"},
		{"a scope that opens nothing", CreatePersonalTokenInput{"x", []string{"/Jobs", "/Connectors"}, soon}, errs.Validation, "scopes[1]"},
		{"a scope with blanks", CreatePersonalTokenInput{"x", []string{"/Jobs /Monitoring"}, soon}, errs.Validation, "scopes[0]"},
		{"over at once", CreatePersonalTokenInput{"x", []string{"/"}, b.clock.Now()}, errs.Validation, "expiresAt"},
		{"for ever", CreatePersonalTokenInput{"x", []string{"/"}, b.clock.Now().Add(400 * 24 * time.Hour)}, errs.Validation, "expiresAt"},
	} {
		_, err := b.CreatePersonalToken(ana, c.in)
		require.True(t, errs.Is(err, c.kind), "%s: %v", c.name, err)
		require.Equal(t, c.at, errs.As(err).Field, c.name)
	}
	require.Nil(t, b.who(part.Secret+"A"))
	require.Nil(t, b.who(part.Secret[:len(part.Secret)-1]))
	require.Nil(t, b.who(strings.Replace(part.Secret, personalPrefix, clientPrefix, 1)))
	code, _ := b.ask(credentials(strings.Replace(part.Secret, personalPrefix, clientPrefix, 1), "client_id", "Ana"))
	require.Equal(t, 401, code)

	// Rights that are taken from the account are taken from its tokens.
	_, err = b.db.ExecContext(b.ctx, "delete from access_entry where permission = '/Jobs' or permission = ?", permit.JobQuery)
	require.NoError(t, err)
	b.pass(rememberFor + time.Second)
	require.Empty(t, opened(b.who(part.Secret)))

	// Only one's own are seen and revoked without the right.
	bob := b.as("bob")
	list, err := b.ApiKeys(bob, page.Of(nil, nil), nil, nil, true)
	require.NoError(t, err)
	require.Zero(t, list.TotalCount)
	_, err = b.RevokeApiKey(bob, RevokeApiKeyInput{part.Key.ID})
	require.True(t, errs.Is(err, errs.NotFound), err)
	_, err = b.RevokeApiKey(permit.With(b.ctx, &permit.Actor{UserID: permit.From(ana).UserID, IsCut: true, Program: true}), RevokeApiKeyInput{part.Key.ID})
	require.True(t, errs.Is(err, errs.Forbidden), err)
	gone, err := b.RevokeApiKey(ana, RevokeApiKeyInput{part.Key.ID})
	require.NoError(t, err)
	require.Equal(t, KeyRevoked, gone.Key.State)
	require.Equal(t, "Ana", *gone.Key.RevokedBy)
	_, err = b.RevokeApiKey(ana, RevokeApiKeyInput{part.Key.ID})
	require.True(t, errs.Is(err, errs.AlreadyDone), err)
	b.pass(rememberFor + time.Second)
	require.Nil(t, b.who(part.Secret))
	_, err = make(ana, "part", "/Monitoring")
	require.NoError(t, err, "its name is free again")
	require.Equal(t, 4, b.events(EventKeyCreated)-1) // and the client's
	require.Equal(t, 1, b.events(EventKeyRevoked))
	var told string
	require.NoError(t, b.db.NewRaw("select coalesce(string_agg(data::text, ''), '') from event").Scan(b.ctx, &told))
	require.NotContains(t, told, all.Secret[len(personalPrefix)+10:], "no event tells a secret")

	// What a program does is told as its account's, with the key it came with.
	require.NoError(t, event.Publish(permit.With(b.ctx, b.who(all.Secret)), b.db, b.clock.Now(), event.Event{Kind: "test.happened", SubjectType: "test", Data: map[string]any{"a": 1}}, event.Event{Kind: "test.happened", SubjectType: "test"}))
	var rows []struct{ Actor, Data string }
	require.NoError(t, b.db.NewRaw("select actor, data::text as data from event where kind = 'test.happened' order by id").Scan(b.ctx, &rows))
	require.Equal(t, "Ana", rows[0].Actor)
	require.JSONEq(t, `{"a": 1, "via": "all"}`, rows[0].Data)
	require.JSONEq(t, `{"via": "all"}`, rows[1].Data)
}

// What the database refuses by hand: a key that grows, comes back, or gets another owner.
func TestKeysOnlyEnd(t *testing.T) {
	t.Parallel()
	b, _ := keyed(t)
	for _, sql := range []string{
		"update api_key set scopes = '{/}'", "update api_key set expires_at = expires_at + interval '1 day'", "update api_key set secret_hash = 'x'",
		"update api_key set user_id = (select id from local_user where username = 'bob')", "update api_key set uid = gen_random_uuid()",
		"update api_key set created_by = 'nobody'",
	} {
		_, err := b.db.ExecContext(b.ctx, sql)
		require.ErrorContains(t, err, "an API key only ends", sql)
	}
	_, err := b.db.ExecContext(b.ctx, "update api_key set revoked_at = now(), revoked_by = 'x'")
	require.NoError(t, err)
	_, err = b.db.ExecContext(b.ctx, "update api_key set revoked_at = null, revoked_by = null")
	require.ErrorContains(t, err, "an API key only ends")
}

// Twenty at once, and never more; one name once.
func TestKeysInParallel(t *testing.T) {
	t.Parallel()
	b, _ := keyed(t)
	ana := b.as("Ana")
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for i := range 30 {
		wg.Go(func() {
			_, err := b.CreatePersonalToken(ana, CreatePersonalTokenInput{Name: fmt.Sprint("t", i/2*2), Scopes: []string{"/"}, ExpiresAt: b.clock.Now().Add(time.Hour)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
				return
			}
			if !errs.Is(err, errs.Conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 15, made)
	for i := range 10 {
		_, err := b.CreatePersonalToken(ana, CreatePersonalTokenInput{Name: fmt.Sprint("more", i), Scopes: []string{"/"}, ExpiresAt: b.clock.Now().Add(time.Hour)})
		require.Equal(t, i < 5, err == nil, "%d: %v", i, err)
	}
}

// Whatever comes as a token or a form is refused and nothing else happens.
func FuzzTokens(f *testing.F) {
	f.Add("writ_pat_AAAA", "grant_type=client_credentials&client_id=crm&client_secret=x", "Basic Y3JtOng=")
	f.Add("writ_cs_", "grant_type=client_credentials&scope=%00", "")
	var b bundle
	f.Fuzz(func(t *testing.T, token, body, header string) {
		if b.Service == nil {
			b = bundle{Service: on(dbtest.MustOpen(t), plainRing{}, Config{}), t: t, ctx: context.Background()}
		}
		if _, err := b.Authenticate(context.Background(), token); err == nil {
			t.Errorf("%q came in", token)
		}
		r := httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", header)
		rec := httptest.NewRecorder()
		b.TokenEndpoint().ServeHTTP(rec, r)
		if rec.Code != 400 && rec.Code != 401 {
			t.Errorf("%d for %q", rec.Code, body)
		}
	})
}
