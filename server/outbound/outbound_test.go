package outbound

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestIsPublic(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:4700::1111": true, "172.32.0.1": true, "100.128.0.1": true,
		"127.0.0.1": false, "127.8.8.8": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"0.0.0.0": false, "0.1.2.3": false, "100.64.0.1": false, "198.18.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:1::": false,
	} {
		require.Equal(t, want, IsPublic(netip.MustParseAddr(address)), address)
	}
	require.Error(t, onlyPublic("tcp", "127.0.0.1:80", nil))
	require.Error(t, onlyPublic("unix", "/tmp/socket", nil))
	require.NoError(t, onlyPublic("tcp", "93.184.216.34:443", nil))
}

// TestNewClient: what is private is not even connected to, whatever it is called, and a redirect is an answer.
func TestNewClient(t *testing.T) {
	t.Parallel()
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer s.Close()
	_, err := NewClient(false, time.Second).Get(s.URL) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, ErrPrivate)
	require.Zero(t, asked)
	answer, err := NewClient(true, time.Second).Get(s.URL)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusFound, answer.StatusCode)
	require.Equal(t, 1, asked)
}

func TestIsPrivateName(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{"localhost": true, "LOCALHOST.": true, "a.localhost": true, "127.0.0.1": true, "::1": true, "10.0.0.1": true,
		"login.example.org": false, "93.184.216.34": false, "localhost.example.org": false} {
		require.Equal(t, want, IsPrivateName(host), host)
	}
}
