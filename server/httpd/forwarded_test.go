package httpd

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestForwarded: a stranger cannot choose his address, a trusted proxy tells the one it saw.
func TestForwarded(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for name, c := range map[string]struct {
		peer  string
		lists []string
		want  string
	}{
		"Stranger":         {"203.0.113.9:5", []string{"1.1.1.1"}, "203.0.113.9:5"},
		"Proxy":            {"10.0.0.1:5", []string{"203.0.113.9"}, "203.0.113.9:0"},
		"InventedBefore":   {"10.0.0.1:5", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9:0"},
		"InventedList":     {"10.0.0.1:5", []string{"1.1.1.1", "203.0.113.9"}, "203.0.113.9:0"},
		"TwoProxies":       {"10.0.0.1:5", []string{"1.1.1.1, 203.0.113.9, 10.9.9.9"}, "203.0.113.9:0"},
		"MappedProxy":      {"[::ffff:10.0.0.1]:5", []string{"203.0.113.9"}, "203.0.113.9:0"},
		"WithPort":         {"10.0.0.1:5", []string{"[2001:db8::1]:99"}, "[2001:db8::1]:99"},
		"Bracketed":        {"[fd00::1]:5", []string{"[2001:db8::1]"}, "[2001:db8::1]:0"},
		"OnlyProxies":      {"10.0.0.1:5", []string{"10.0.0.2"}, "10.0.0.2:0"},
		"Nonsense":         {"10.0.0.1:5", []string{"203.0.113.9, what"}, "10.0.0.1:5"},
		"ProxyWithoutList": {"10.0.0.1:5", nil, "10.0.0.1:5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.lists
			var got string
			forwarded(trusted, "")(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, c.want, got)
		})
	}
}

// TestForwardedScheme: https is believed from a trusted proxy and from our own public address, from nobody else.
func TestForwardedScheme(t *testing.T) {
	t.Parallel()
	proxy := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // where test requests come from
	for name, c := range map[string]struct {
		trusted   []netip.Prefix
		publicURL string
		says      string
		want      string
	}{
		"Stranger": {nil, "", "https", ""}, "Proxy": {proxy, "", "https", "https"}, "Public": {nil, "https://writ.example.org", "", "https"},
		"PublicHTTP": {nil, "http://writ.example.org", "https", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Forwarded-Proto", c.says)
		var got string
		forwarded(c.trusted, c.publicURL)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("X-Forwarded-Proto") })).ServeHTTP(httptest.NewRecorder(), r)
		require.Equal(t, c.want, got, name)
	}
}
