package scim_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// TestUnpacked: no answer is asked for packed, neither of the application nor of the server of tokens.
func TestUnpacked(t *testing.T) {
	t.Parallel()
	var other atomic.Int64
	look := func(r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "identity" {
			other.Add(1)
		}
	}
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		look(r)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"`+fulfiltest.SCIMToken+`","token_type":"bearer","expires_in":3600}`)
	}))
	t.Cleanup(tokens.Close)
	_, proxy, _ := mustBehind(t, `{}`, nil)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		look(r)
		forward().Send(w)
	})
	conn := mustOpen(t, proxy.URL, map[string]string{"oAuthToken": "", "applicationId": "writ", "applicationKey": "the-key", "oAuth2Url": tokens.URL})
	require.NoError(t, conn.Check(t.Context()))
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", nil)).Outcome)
	require.Zero(t, other.Load())
}
