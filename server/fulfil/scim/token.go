package scim

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"writ/server/errs"
)

// signer says who a request comes from.
type signer interface {
	// sign gives the value of Authorization; "": none is needed. It may ask for a token first.
	sign(ctx context.Context) (string, error)
	// refused hears that a value was not taken; true: another one may be.
	refused(value string) bool
	// secrets are the texts that no message may hold.
	secrets() []string
	// field is the setting that is wrong when nobody is let in.
	field() string
}

func signerOf(set config, client *http.Client) (signer, error) {
	ways := 0
	for _, given := range []bool{set.OAuthToken != "", set.Login != "" || set.Password != "", set.ApplicationID != "" || set.ApplicationKey != "" || set.OAuth2URL != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways > 1:
		return nil, errs.Invalid("oAuthToken", "Give one of oAuthToken, login with password, or applicationId with applicationKey and oAuth2Url.")
	case set.Login != "" || set.Password != "":
		if set.Login == "" || set.Password == "" {
			return nil, errs.Invalid("login", "Settings login and password belong together.")
		}
		pair := base64.StdEncoding.EncodeToString([]byte(set.Login + ":" + set.Password))
		return fixed{"Basic " + pair, []string{set.Password, pair}, "password"}, nil
	case set.OAuthToken != "":
		token := strings.TrimSpace(set.OAuthToken)
		if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, errs.Invalid("oAuthToken", "The token in setting oAuthToken holds blanks or characters that a token cannot have.")
		}
		return fixed{"Bearer " + token, []string{token}, "oAuthToken"}, nil
	case ways == 0:
		return fixed{}, nil
	}
	at, err := address("oAuth2Url", set.OAuth2URL, set.IsPlain)
	if err != nil {
		return nil, err
	}
	if set.ApplicationID == "" || set.ApplicationKey == "" {
		return nil, errs.Invalid("applicationId", "Settings applicationId, applicationKey and oAuth2Url belong together.")
	}
	return &renewed{client: client, turn: make(chan struct{}, 1), from: clientcredentials.Config{ClientID: set.ApplicationID, ClientSecret: set.ApplicationKey, TokenURL: at, Scopes: set.OAuth2Scopes}}, nil
}

// fixed is a value that does not change.
type fixed struct {
	value   string
	hidden  []string
	setting string
}

func (f fixed) sign(context.Context) (string, error) { return f.value, nil }
func (fixed) refused(string) bool                    { return false }
func (f fixed) secrets() []string                    { return f.hidden }
func (f fixed) field() string {
	if f.setting == "" {
		return "oAuthToken"
	}
	return f.setting
}

// renewed is a token of OAuth 2.0 client credentials. One at a time asks for it; whoever waits for that waits no longer than his context.
type renewed struct {
	client *http.Client
	turn   chan struct{}            // of whoever asks
	from   clientcredentials.Config // its AuthStyle belongs to whoever has the turn

	mu    sync.Mutex
	token *oauth2.Token
	past  []string // tokens that were refused or ran out: an answer to a request that was on its way may still repeat them
}

// mostPast is how many tokens of the past are kept out of messages.
const mostPast = 8

func (r *renewed) sign(ctx context.Context) (string, error) {
	if value := r.value(); value != "" {
		return value, nil
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return "", errs.New(errs.Unavailable, "The work was stopped before %s gave a token.", r.from.TokenURL).At("oAuth2Url")
	}
	if value := r.value(); value != "" { // somebody else has asked meanwhile
		return value, nil
	}
	token, err := r.ask(ctx)
	if err != nil {
		return "", r.explain(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
	r.token = token
	return "Bearer " + token.AccessToken, nil
}

// value is the value of Authorization with the token that there is; "": there is none that is good.
func (r *renewed) value() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.token.Valid() {
		return ""
	}
	return "Bearer " + r.token.AccessToken
}

// forget makes the token one of the past. r.mu is held.
func (r *renewed) forget() {
	if r.token == nil {
		return
	}
	if r.past = append(r.past, r.token.AccessToken); len(r.past) > mostPast {
		r.past = r.past[1:]
	}
	r.token = nil
}

// ask says who the application is in the header, which every server of tokens has to take (RFC 6749, 2.3.1), and in the form when that is refused: there
// are those that take nothing else. The way that was taken stays.
func (r *renewed) ask(ctx context.Context) (*oauth2.Token, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, r.client)
	if r.from.AuthStyle != oauth2.AuthStyleAutoDetect {
		return r.from.Token(ctx)
	}
	var first error
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		from := r.from
		from.AuthStyle = style
		token, err := from.Token(ctx)
		if err == nil {
			r.from.AuthStyle = style
			return token, nil
		}
		if first == nil {
			first = err
		}
		if !isRefusal(err) {
			break
		}
	}
	return nil, first
}

// isRefusal reports that a server of tokens does not know the application, or not in this way.
func isRefusal(err error) bool {
	var said *oauth2.RetrieveError
	return errors.As(err, &said) && said.Response != nil && said.Response.StatusCode >= 400 && said.Response.StatusCode < 500
}

// explain leaves out what the server of tokens answered: it may repeat what it was sent.
func (r *renewed) explain(err error) error {
	var said *oauth2.RetrieveError
	var lost *url.Error
	switch {
	case isRefusal(err) && errors.As(err, &said):
		return errs.Invalid("applicationKey", "%s gives no token for the application: status %d.", r.from.TokenURL, said.Response.StatusCode)
	case errors.As(err, &said) && said.Response != nil:
		return errs.New(errs.Unavailable, "%s gives no token now: status %d.", r.from.TokenURL, said.Response.StatusCode).At("oAuth2Url")
	case errors.As(err, &lost):
		return errs.New(errs.Unavailable, "No token from %s: %s.", r.from.TokenURL, brief(lost.Err)).At("oAuth2Url")
	}
	return errs.New(errs.Unavailable, "What %s answers is no token.", r.from.TokenURL).At("oAuth2Url")
}

func (r *renewed) refused(value string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.token != nil && "Bearer "+r.token.AccessToken == value {
		r.forget()
	}
	return true
}

func (r *renewed) secrets() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := append([]string{r.from.ClientSecret}, r.past...)
	if r.token != nil {
		list = append(list, r.token.AccessToken)
	}
	return list
}

func (*renewed) field() string { return "applicationKey" }
