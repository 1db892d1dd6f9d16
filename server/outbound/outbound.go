// Package outbound makes the HTTP clients by which Writ calls addresses that people entered: webhooks, identity providers. What they reach is decided on
// the connected address, so that no name, redirect or proxy leads into the network of the server.
package outbound

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// ErrPrivate is the refusal of an address that is nobody's endpoint on the internet.
var ErrPrivate = errors.New("the address is private, local or reserved; this server may not reach it")

// guardian knows IANA's registries of addresses that are nobody's endpoint on the internet, or lead into a private network.
var guardian = ssrf.New(ssrf.WithAnyNetwork(), ssrf.WithAnyPort())

// IsPublic reports whether an address may be an endpoint on the internet. An IPv4 address inside an IPv6 one counts as that.
func IsPublic(a netip.Addr) bool {
	return a.IsValid() && guardian.SafeAddr(a.Unmap().WithZone("")) == nil
}

// IsPrivateName reports whether the host of a URL is an address that is not public, or this machine by name; other names are looked at when they are
// resolved, at each connection.
func IsPrivateName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	a, err := netip.ParseAddr(host)
	return err == nil && !IsPublic(a) || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// onlyPublic is a net.Dialer's Control: it sees the address that the name was resolved to, right before the connection is made, so that a
// name cannot lead elsewhere between check and use.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !IsPublic(at.Addr()) {
		return ErrPrivate
	}
	return nil
}

// NewClient makes a client whose requests end within timeout: no proxy (it would resolve names out of our sight), no redirects (the answer is the
// redirect), no cookies. Private addresses need allowPrivate.
func NewClient(allowPrivate bool, timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	if !allowPrivate {
		dialer.Control = onlyPublic
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 32 << 10,
			MaxIdleConns: 100, MaxIdleConnsPerHost: 4, IdleConnTimeout: 60 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
