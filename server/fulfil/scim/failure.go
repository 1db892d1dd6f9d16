package scim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"writ/server/errs"
	"writ/server/fulfil"
)

// errorSchema is what an error of SCIM names (RFC 7644, 3.12).
const errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"

// failure is a request that did not end as it should: what that means for a change, and for a read.
type failure struct {
	outcome   fulfil.Outcome
	kind      errs.Kind
	field     string
	message   string // a sentence
	hint      string
	wait      time.Duration
	status    int    // 0: no answer
	scimType  string // of the answer, such as uniqueness
	isTooLong bool
	isPage    bool // not found, said by something that is not SCIM
	cause     error
}

// refuse is a failure that repeating does not help.
func refuse(format string, args ...any) *failure {
	return &failure{outcome: fulfil.Refused, kind: errs.Validation, message: fmt.Sprintf(format, args...)}
}

// err is the failure of a read.
func (f *failure) err() error {
	if errors.Is(f.cause, context.Canceled) {
		return f.cause
	}
	e := errs.New(f.kind, "%s", f.message)
	if f.kind == "" {
		e.Kind = errs.Unavailable
	}
	if f.field != "" {
		e = e.At(f.field)
	}
	if f.cause != nil {
		e = e.Because(f.cause)
	}
	return e
}

// receipt is the failure of a change.
func (f *failure) receipt() fulfil.Receipt {
	return fulfil.Receipt{Outcome: f.outcome, Message: f.message, Hint: f.hint, RetryAfter: f.wait}
}

// looked is the failure of a look: whatever became of it, nothing was changed.
func (f *failure) looked() *failure {
	if f != nil && f.outcome == fulfil.Unknown {
		f.outcome = fulfil.Unreachable
	}
	return f
}

// ofList is the failure of a look at a list: it says nothing of any resource.
func (f *failure) ofList() *failure {
	if f = f.looked(); f.outcome == fulfil.NotFound {
		f.outcome, f.kind, f.field, f.hint = fulfil.Unreachable, errs.Unavailable, "server", "Check the address of the connection."
	}
	return f
}

// isNo reports that a server does not do what it was asked for, and says so.
func (f *failure) isNo() bool {
	return f != nil && f.status >= 400 && (f.status < 500 || f.status == http.StatusNotImplemented) && f.status != http.StatusUnauthorized && f.outcome != fulfil.Throttled
}

// unsigned: no token, so nothing was sent.
func (c *Conn) unsigned(ctx context.Context, err error) *failure {
	f := &failure{outcome: fulfil.Unreachable, kind: errs.Unavailable, field: "oAuth2Url", message: err.Error(), hint: "Check applicationId, applicationKey and oAuth2Url of the connection.", cause: ctx.Err()}
	if e := errs.As(err); e != nil {
		f.kind, f.field, f.message = e.Kind, e.Field, e.Message
	}
	return f
}

// lost: before the first byte went out nothing was made; afterwards nobody knows.
func (c *Conn) lost(ctx context.Context, sent bool, err error) *failure {
	f := &failure{outcome: fulfil.Unknown, kind: errs.Unavailable, message: fmt.Sprintf("%s did not answer: %s.", c.server, brief(err)), hint: "Read the target back before the change is repeated.", cause: err}
	var timeout interface{ Timeout() bool }
	switch {
	case !sent && ctx.Err() != nil:
		f.outcome, f.message, f.hint = fulfil.Unreachable, "The work was stopped before the change was sent.", ""
	case !sent:
		f.outcome, f.message, f.hint = fulfil.Unreachable, fmt.Sprintf("No connection to %s: %s.", c.server, brief(err)), "Check that the server runs, listens there, and has a certificate that is trusted."
	case errors.As(err, &timeout) && timeout.Timeout():
		f.message = fmt.Sprintf("%s did not answer within %d seconds.", c.server, int(c.set.Timeout.Seconds()))
	}
	return f
}

// nonsense is an answer that says nothing about what became of the request.
func (c *Conn) nonsense(format string, args ...any) *failure {
	return &failure{outcome: fulfil.Unknown, kind: errs.Unavailable, field: "server", message: c.hide(fmt.Sprintf(format, args...)), hint: "Read the target back before the change is repeated."}
}

// said is what a status means that is no yes (RFC 7644, 3.12).
func (c *Conn) said(r request, res *http.Response, text []byte) *failure {
	f := &failure{outcome: fulfil.Refused, kind: errs.Unavailable, status: res.StatusCode}
	detail, isError := "", false
	f.scimType, detail, isError = scimError(text)
	f.message = c.hide(fmt.Sprintf("%s says: %s (%d)", c.server, detail, res.StatusCode))
	if detail == "" {
		f.message = fmt.Sprintf("%s answered with status %d: %s.", c.server, res.StatusCode, http.StatusText(res.StatusCode))
	}
	switch s := res.StatusCode; {
	case s == http.StatusUnauthorized:
		f.outcome, f.kind, f.field, f.hint = fulfil.Unreachable, errs.Validation, c.signer.field(), "Check the token or password of the connection."
	case s == http.StatusForbidden:
		f.kind, f.field, f.hint = errs.Validation, c.signer.field(), "Give the application's user of the connection the right to it."
	case s == http.StatusNotFound && !isError:
		// who says so need not be the application: nothing is known of the resource
		f.outcome, f.field, f.isPage = fulfil.Unreachable, "server", true
		if detail == "" {
			f.message = fmt.Sprintf("%s answered with a page that is not found, in a way that is not SCIM's.", r.url)
		}
		f.hint = "Check the address of the connection."
	case s == http.StatusNotFound:
		f.outcome, f.kind = fulfil.NotFound, errs.NotFound
	case s == http.StatusConflict, f.scimType == "uniqueness":
		f.outcome, f.hint = fulfil.Conflict, "Another one has this value already. Link the owner to it, or have another value computed."
	case s == http.StatusPreconditionFailed, s == http.StatusLocked, s == http.StatusTooEarly:
		f.outcome, f.wait = fulfil.Throttled, time.Second
	case s == http.StatusTooManyRequests:
		f.outcome, f.wait = fulfil.Throttled, retryAfter(res.Header.Get("Retry-After"))
	case s >= 300 && s < 400 && s != http.StatusSeeOther:
		f.outcome, f.kind, f.field, f.hint = fulfil.Unreachable, errs.Validation, "server", "Enter the address that it leads to, if that is the application."
		f.message = fmt.Sprintf("%s leads elsewhere: to %s. The token is not taken there.", c.server, elsewhere(res))
	case s < 400 || s == http.StatusRequestTimeout || s >= 500 && s != http.StatusNotImplemented:
		f.outcome, f.hint = fulfil.Unknown, "Read the target back before the change is repeated."
	case s == http.StatusNotImplemented || s == http.StatusMethodNotAllowed:
		f.hint = "The application does not offer this."
	}
	return f
}

// scimError reads an error message of SCIM, or of anything that speaks JSON; isError tells them apart. Of a page in HTML nothing is repeated.
func scimError(text []byte) (scimType, detail string, isError bool) {
	var said map[string]any
	if decode(text, &said) != nil {
		return "", "", false
	}
	for _, name := range []string{"detail", "message", "error_description", "error", "Errors", "title"} {
		if detail == "" {
			detail, _ = get(said, name).(string)
		}
	}
	scimType, _ = get(said, "scimType").(string)
	return scimType, strings.TrimRight(clip(detail, 1000), ". "), saysError(said)
}

// saysError reports an object that is an error of SCIM.
func saysError(o map[string]any) bool {
	return slices.ContainsFunc(listOf(get(o, "schemas")), func(v any) bool { s, _ := v.(string); return sameName(s, errorSchema) })
}

// disguised is an error of SCIM that came with a status that says yes. nil: it is none.
func (c *Conn) disguised(r request, res *http.Response, text []byte) *failure {
	const longest = 64 << 10 // no error is longer, and lists are not read twice
	var said map[string]any
	if len(text) > longest || !bytes.Contains(text, []byte("messages:2.0:Error")) || decode(text, &said) != nil || !saysError(said) {
		return nil
	}
	if s, err := strconv.Atoi(textIn(said, "status")); err == nil && s >= 400 && s < 600 {
		meant := *res
		meant.StatusCode = s
		return c.said(r, &meant, text)
	}
	_, detail, _ := scimError(text)
	return c.nonsense("%s answered with status %d, and with an error: %s.", c.server, res.StatusCode, detail)
}

// hide takes our secrets out of what a server says: some repeat the token that they refuse.
func (c *Conn) hide(text string) string {
	for _, secret := range c.signer.secrets() {
		if secret == "" {
			continue
		}
		text = strings.ReplaceAll(text, secret, "***")
		text = strings.ReplaceAll(text, url.QueryEscape(secret), "***")
	}
	return text
}

// clip makes a text of strangers one line of at most n bytes.
func clip(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "") + "..."
	}
	return text
}

// elsewhere is where a redirect leads, without what is secret in addresses.
func elsewhere(res *http.Response) string {
	u, err := res.Location()
	if err != nil {
		return "nowhere"
	}
	return clip(u.Scheme+"://"+u.Host+u.Path, 200)
}

// maxWait is how long we let a server make us wait.
const maxWait = time.Hour

// retryAfter reads seconds or a date; 0: not known.
func retryAfter(text string) time.Duration {
	var wait time.Duration
	if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
		wait = time.Duration(min(n, int64(maxWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at) // of the server's clock and this machine's
	}
	return max(0, min(wait, maxWait))
}
