package httpd

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzForwarded: whatever a proxy sends, a request has an address afterwards, and a stranger keeps his own.
func FuzzForwarded(f *testing.F) {
	for _, text := range []string{"", "1.2.3.4", "1.2.3.4, 10.0.0.1", "[::1]:5, x", ",,", "10.0.0.1:", "fe80::1%eth0", "unknown", "1.2.3.4:99999", "::ffff:1.2.3.4"} {
		f.Add(text)
	}
	trusted := forwarded([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, "")
	f.Fuzz(func(t *testing.T, text string) {
		for peer, proxy := range map[string]bool{"10.0.0.1:5": true, "192.0.2.1:5": false} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = peer, []string{text}
			trusted(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, err := netip.ParseAddrPort(r.RemoteAddr)
				require.NoError(t, err, r.RemoteAddr)
				require.True(t, proxy || r.RemoteAddr == peer)
			})).ServeHTTP(httptest.NewRecorder(), r)
		}
	})
}
