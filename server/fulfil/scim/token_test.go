package scim_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// TestTokenOfSomebodyElse: who waits for a token that somebody else asks for waits no longer than his own time.
func TestTokenOfSomebodyElse(t *testing.T) {
	t.Parallel()
	_, proxy, _ := mustBehind(t, `{}`, nil)
	came, goOn := make(chan struct{}, 10), make(chan struct{})
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		select {
		case <-goOn:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"`+fulfiltest.SCIMToken+`","token_type":"bearer","expires_in":3600}`)
	}))
	t.Cleanup(tokens.Close)
	conn := mustOpen(t, proxy.URL, map[string]string{"oAuthToken": "", "applicationId": "writ", "applicationKey": "the-key", "oAuth2Url": tokens.URL})
	first := make(chan fulfil.Receipt, 1)
	go func() { first <- conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", nil)) }()
	<-came
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan fulfil.Receipt, 1)
	go func() { second <- conn.Applier.Apply(ctx, change(fulfil.Added, "owinter", nil)) }()
	cancel()
	require.Equal(t, fulfil.Unreachable, (<-second).Outcome)
	close(goOn)
	require.Equal(t, fulfil.Done, (<-first).Outcome)
	require.Empty(t, came, "one has asked")
}

// TestTokenOfThePast: a token that is not taken any more is a secret still.
func TestTokenOfThePast(t *testing.T) {
	t.Parallel()
	_, proxy, _ := mustBehind(t, `{}`, nil)
	var given atomic.Int64
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer","expires_in":3600}`, given.Add(1))
	}))
	t.Cleanup(tokens.Close)
	conn := mustOpen(t, proxy.URL, map[string]string{"oAuthToken": "", "applicationId": "writ", "applicationKey": "the-key", "oAuth2Url": tokens.URL})
	proxy.Be(func(w http.ResponseWriter, r *http.Request, _ func() *fulfiltest.HTTPAnswer) {
		if r.Header.Get("Authorization") == "Bearer token-1" {
			says(w, http.StatusUnauthorized, "", "expired")
			return
		}
		says(w, http.StatusBadRequest, "", "first token-1, then token-2")
	})
	err := conn.Check(t.Context())
	require.ErrorContains(t, err, "first ***, then ***")
}
