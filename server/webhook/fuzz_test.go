package webhook

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/outbound"
)

// FuzzCheckURL: an address that is taken is https to a named or public host, without a password, whatever its spelling.
func FuzzCheckURL(f *testing.F) {
	for _, text := range []string{
		"https://example.org/x", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://localhost./", "https://2130706433/", "https://0x7f.1/",
		"https://user:pw@example.org/", "https://example.org:99999/", "https://exa mple/", "https://%31%32/", "https://[fe80::1%25eth0]/", "http://example.org", "HTTPS://EXAMPLE.ORG",
		"https://a\x00b/", "https:///x", "https:example.org", "//example.org", "https://example.org/#x", "https://[64:ff9b::7f00:1]/", "https://127.0.0.1.", "https://１２７.0.0.1/",
	} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, allowPrivate bool) {
		err := checkURL(text, allowPrivate)
		if err != nil {
			require.True(t, errs.Is(err, errs.Validation), "%v", err)
			return
		}
		u, err := url.Parse(text)
		require.NoError(t, err)
		require.NotEmpty(t, u.Hostname())
		require.Nil(t, u.User)
		if allowPrivate {
			return
		}
		require.Equal(t, "https", u.Scheme)
		if a, err := netip.ParseAddr(strings.TrimSuffix(u.Hostname(), ".")); err == nil {
			require.True(t, outbound.IsPublic(a), text)
		}
	})
}
