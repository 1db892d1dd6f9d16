package webhook

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"writ/server/errs"
	"writ/server/outbound"
)

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
	if outbound.IsPrivateName(u.Hostname()) {
		return refuse("%s.", strings.ToUpper(outbound.ErrPrivate.Error()[:1])+outbound.ErrPrivate.Error()[1:])
	}
	return nil
}

// explainDial gives the sentence for a connection that was refused here or failed.
func explainDial(err error) string {
	if errors.Is(err, outbound.ErrPrivate) {
		return outbound.ErrPrivate.Error()
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
