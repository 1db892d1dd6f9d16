package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"

	"writ/server/errs"
)

// errPrivate is the refusal of an address that webhooks may not reach.
var errPrivate = errors.New("the address is private, local or reserved; this server's webhooks may not reach it")

// guardian knows IANA's registries of addresses that are nobody's endpoint on the internet, or lead into a private network.
var guardian = ssrf.New(ssrf.WithAnyNetwork(), ssrf.WithAnyPort())

// isPublic reports whether an address may be an endpoint on the internet. An IPv4 address inside an IPv6 one counts as that.
func isPublic(a netip.Addr) bool {
	return a.IsValid() && guardian.SafeAddr(a.Unmap().WithZone("")) == nil
}

// onlyPublic is a net.Dialer's Control: it sees the address that the name was resolved to, right before the connection is made, so that a
// name cannot lead elsewhere between check and use.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(at.Addr()) {
		return errPrivate
	}
	return nil
}

const longestURL = 2000

// checkURL refuses, as Validation, what cannot be an endpoint. Plain http and addresses written in the URL that are private need
// allowPrivate; names are looked at when they are resolved, at each connection.
func checkURL(text string, allowPrivate bool) error {
	refuse := func(format string, args ...any) error { return errs.Invalid("input.url", format, args...) }
	if len(text) > longestURL {
		return refuse("The address is longer than %d characters.", longestURL)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return refuse("This is not an address. Write it as https://host/path.")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("The address must begin with https://.")
	case u.Scheme == "http" && !allowPrivate:
		return refuse("The address must begin with https://: orders are personal data and travel encrypted.")
	case u.User != nil:
		return refuse("The address must not hold a password. Receivers check the signature instead.")
	case u.Fragment != "":
		return refuse("The address must not have a fragment (#%s).", u.Fragment)
	}
	if allowPrivate {
		return nil
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if a, err := netip.ParseAddr(host); err == nil && !isPublic(a) || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return refuse("%s.", strings.ToUpper(errPrivate.Error()[:1])+errPrivate.Error()[1:])
	}
	return nil
}

// explainDial gives the sentence for a connection that was refused here or failed.
func explainDial(err error) string {
	if errors.Is(err, errPrivate) {
		return errPrivate.Error()
	}
	var u *url.Error
	if errors.As(err, &u) { // its text begins with method and URL, which is not for everybody's eyes
		if u.Timeout() {
			return fmt.Sprintf("no answer within %d seconds", int(sendTimeout.Seconds()))
		}
		return u.Err.Error()
	}
	return err.Error()
}
