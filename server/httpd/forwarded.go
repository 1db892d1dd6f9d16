package httpd

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// forwarded finds out where a request really comes from. What a trusted proxy says about it counts: the nearest address that is no trusted
// proxy's becomes the request's RemoteAddr. From everybody else the headers are taken away, so that nobody behind us believes them by mistake.
// A public address with https says how people reach us, whatever the last hop is.
func forwarded(trusted []netip.Prefix, publicURL string) func(http.Handler) http.Handler {
	secure := strings.HasPrefix(strings.ToLower(publicURL), "https://")
	isTrusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a.Unmap().WithZone("")) })
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			peer, err := netip.ParseAddrPort(r.RemoteAddr)
			if err == nil && isTrusted(peer.Addr()) {
				r.RemoteAddr = client(r.Header.Values("X-Forwarded-For"), peer, isTrusted).String()
			} else {
				passed := false
				for _, name := range handedOn {
					passed = passed || len(r.Header.Values(name)) > 0
					r.Header.Del(name)
				}
				if passed {
					r = r.WithContext(context.WithValue(r.Context(), passedKey{}, true))
				}
			}
			if secure {
				r.Header.Set("X-Forwarded-Proto", "https")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// handedOn are the headers by which a proxy tells for whom it asks.
var handedOn = []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded"}

type passedKey struct{}

// IsHandedOn reports whether a proxy, trusted or not, says that it asks for somebody else: the peer is not who wants the answer.
func IsHandedOn(r *http.Request) bool {
	if passed, _ := r.Context().Value(passedKey{}).(bool); passed {
		return true
	}
	return slices.ContainsFunc(append(handedOn, "Via"), func(name string) bool { return len(r.Header.Values(name)) > 0 })
}

// client reads the list from its end, where the nearest proxy wrote: whatever stands before the first stranger may be invented.
func client(lists []string, peer netip.AddrPort, isTrusted func(netip.Addr) bool) netip.AddrPort {
	hops := strings.Split(strings.Join(lists, ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		at, err := netip.ParseAddrPort(hop)
		if err != nil {
			address, err := netip.ParseAddr(strings.Trim(hop, "[]"))
			if err != nil {
				return peer
			}
			at = netip.AddrPortFrom(address, 0)
		}
		peer = at
		if !isTrusted(at.Addr()) {
			return at
		}
	}
	return peer
}
