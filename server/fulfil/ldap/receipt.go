package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/go-ldap/ldap/v3"

	"writ/server/errs"
	"writ/server/fulfil"
)

// refusal is a receipt on its way up through the functions that write.
type refusal struct{ receipt fulfil.Receipt }

func (r *refusal) Error() string { return r.receipt.Message }

func refuse(format string, args ...any) error {
	return &refusal{fulfil.Receipt{Outcome: fulfil.Refused, Message: fmt.Sprintf(format, args...)}}
}

// notMade: no change was sent yet. A wrong password counts as no connection: it concerns every order alike, and none of them is at fault.
func (c *Conn) notMade(ctx context.Context, err error) fulfil.Receipt {
	var r *refusal
	if errors.As(err, &r) {
		return r.receipt
	}
	if refused := c.cannotAsk(err); refused != nil {
		return *refused
	}
	receipt := fulfil.Receipt{Outcome: fulfil.Unreachable, Message: fmt.Sprintf("No connection to %s: %s.", c.target, c.brief(err))}
	var dialled *dialError
	switch e := answer(err); {
	case errors.Is(err, context.Canceled) || errors.Is(ctx.Err(), context.Canceled):
		receipt.Message = "The work was stopped before the change was sent."
	case e == nil:
		receipt.Hint = certificateHint(err)
	case errors.As(err, &dialled):
		receipt.Hint = "Check user and password of the connection."
		if isBusy(e) {
			receipt.Outcome, receipt.RetryAfter = fulfil.Throttled, 5*time.Second
		}
	default: // it was asked first, and refused to answer that
		return c.notAnswered(e)
	}
	return receipt
}

// notAnswered is what a no to a question means, while nothing was changed yet.
func (c *Conn) notAnswered(e *ldap.Error) fulfil.Receipt {
	receipt := c.refused(e)
	switch {
	case e.ResultCode == ldap.LDAPResultAdminLimitExceeded || e.ResultCode == ldap.LDAPResultSizeLimitExceeded: // the same the next time
		receipt = fulfil.Receipt{Outcome: fulfil.Refused, Message: errs.As(c.explained(e, "")).Message}
	case e.ResultCode == ldap.LDAPResultNoSuchObject:
		receipt.Hint = "The base of the table is not there, or the user of the connection may not see it."
	case receipt.Outcome == fulfil.Unknown:
		receipt.Outcome, receipt.Hint = fulfil.Unreachable, ""
	case receipt.Outcome == fulfil.Conflict:
		receipt.Outcome, receipt.Hint = fulfil.Refused, ""
	}
	return receipt
}

// cannotAsk: what has to be looked at for the change cannot be, whenever it is tried: a setting, a table, a key that is not unique, a part on another server.
func (c *Conn) cannotAsk(err error) *fulfil.Receipt {
	if away := new(referral); errors.As(err, &away) {
		err = c.explained(err, "")
	}
	if e := errs.As(err); e != nil && e.Kind != errs.Unavailable {
		return &fulfil.Receipt{Outcome: fulfil.Refused, Message: e.Message}
	}
	return nil
}

// notConfirmed: a change was sent, or may have been. Only a plain no of the server is a no. looked: it is the answer to a question between changes.
func (c *Conn) notConfirmed(err error, looked bool) fulfil.Receipt {
	var r *refusal
	if errors.As(err, &r) {
		return r.receipt
	}
	if refused := c.cannotAsk(err); refused != nil {
		return *refused
	}
	if e := answer(err); e != nil && looked {
		return c.notAnswered(e)
	} else if e != nil {
		return c.refused(e)
	}
	return fulfil.Receipt{
		Outcome: fulfil.Unknown,
		Message: fmt.Sprintf("%s did not answer the change: %s.", c.target, c.brief(err)),
		Hint:    "Read the target back before the change is repeated.",
	}
}

// answer is the server's own no; nil when it did not answer.
func answer(err error) *ldap.Error {
	var e *ldap.Error
	if errors.As(err, &e) && !isOurs(e) {
		return e
	}
	return nil
}

// isOurs: the library numbers its own failures behind those of the protocol.
func isOurs(e *ldap.Error) bool {
	return e.ResultCode >= ldap.ErrorNetwork && e.ResultCode <= ldap.ErrorMalformedPacket
}

func isBusy(e *ldap.Error) bool {
	return e.ResultCode == ldap.LDAPResultBusy || e.ResultCode == ldap.LDAPResultAdminLimitExceeded
}

// refused translates what the server said of a change that it did not make.
func (c *Conn) refused(e *ldap.Error) fulfil.Receipt {
	receipt := fulfil.Receipt{Outcome: fulfil.Refused, Message: c.words(e)}
	switch e.ResultCode {
	case ldap.LDAPResultBusy, ldap.LDAPResultAdminLimitExceeded:
		receipt.Outcome, receipt.RetryAfter = fulfil.Throttled, 5*time.Second
	case ldap.LDAPResultUnavailable:
		receipt.Outcome = fulfil.Unreachable
	case ldap.LDAPResultOther, ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultCanceled, ldap.LDAPResultTooLate, ldap.LDAPResultCannotCancel:
		receipt.Outcome = fulfil.Unknown
		receipt.Hint = "Read the target back before the change is repeated."
	case ldap.LDAPResultEntryAlreadyExists, ldap.LDAPResultAttributeOrValueExists:
		receipt.Outcome = fulfil.Conflict
		receipt.Hint = "Link the owner to the entry that is there, or have another name computed."
	case ldap.LDAPResultConstraintViolation:
		// Servers have one number for all kinds of constraints, and tell by words which one it was.
		if said := strings.ToLower(diagnosis(e)); strings.Contains(said, "not unique") || strings.Contains(said, "non-unique") || strings.Contains(said, "already exist") || strings.Contains(said, "same attribute value") || strings.Contains(said, "already in use") || c.ad && isAdTaken(said) {
			receipt.Outcome = fulfil.Conflict
			receipt.Hint = "Another entry has this value already. Link the owner to it, or have another value computed."
		}
	case ldap.LDAPResultNoSuchObject:
		receipt.Hint = "The entry above it is not there. Create it, or have another place computed."
	case ldap.LDAPResultReferral:
		receipt.Hint = "Give the connection the address of a server that takes changes."
	case ldap.LDAPResultInsufficientAccessRights:
		receipt.Hint = "Grant the right to the user of the connection."
	case ldap.LDAPResultNotAllowedOnNonLeaf:
		receipt.Hint = "There are entries below it. Remove them, or set deleteTree for the table."
	case ldap.LDAPResultObjectClassViolation:
		receipt.Hint = "Add a rule that computes a value for an attribute that the object classes of the table need, or take out what they do not know."
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		receipt.Hint = "Use an address with ldaps://, or leave startTLS on."
	}
	if e.ResultCode == ldap.LDAPResultUndefinedAttributeType || e.ResultCode == ldap.LDAPResultObjectClassViolation || e.ResultCode == ldap.LDAPResultInvalidAttributeSyntax {
		c.forget() // the schema may not be as it was read
	}
	return receipt
}

// diagnosis is what the server wrote beside the number.
func diagnosis(e *ldap.Error) string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// longest is how many bytes of a text of the server are shown.
const longest = 500

// plain makes a text of the server one line of bounded length, which shows what it holds.
func plain(text string) string {
	const much = 4 * longest
	cut := len(text) > much
	if cut {
		text = text[:much]
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r):
			return ' '
		case unicode.Is(unicode.Cf, r): // turns the direction, or is not seen
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > longest {
		cut, text = true, strings.ToValidUTF8(text[:longest], "")
	}
	if cut {
		text += "..."
	}
	return text
}

// words are those of the server, with the number and its name. A password never stands in them.
func (c *Conn) words(e *ldap.Error) string {
	text, known := diagnosis(e), ldap.LDAPResultCodeMap[e.ResultCode]
	if text == "" {
		text = known
	}
	if meaning := adMeaning(e); c.ad && meaning != "" {
		text = meaning + ": " + text
	}
	return c.said("%s (%d %s)", strings.TrimRight(plain(c.hide(text)), ". "), e.ResultCode, known) // hidden first: a password that is cut is no longer found
}

func (c *Conn) hide(text string) string {
	if len(c.password) < 4 { // such a text would stand in every sentence
		return text
	}
	return strings.ReplaceAll(text, c.password, "***")
}

// explained says the same about a read: Validation when the server refuses the question or the user, Unavailable when trying again may help.
func (c *Conn) explained(err error, field string) error {
	var away *referral
	switch {
	case err == nil, errs.As(err) != nil, errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &away):
		return errs.Invalid(field, "%s refers to another server for a part of it: %s. Give that a connection of its own, or leave that part out by base, scope or filter.", c.target, plain(away.to))
	}
	e := answer(err)
	if e == nil {
		if hint := certificateHint(err); hint != "" {
			return errs.Invalid("caCertificate", "%s is not trusted: %s. %s", c.target, c.brief(err), hint).Because(err)
		}
		return errs.New(errs.Unavailable, "No connection to %s: %s.", c.target, c.brief(err)).At(field).Because(err)
	}
	switch e.ResultCode {
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultTimeLimitExceeded, ldap.LDAPResultOther, ldap.LDAPResultOperationsError:
		return errs.New(errs.Unavailable, "%s", c.words(e)).At(field).Because(err)
	case ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded:
		return errs.Invalid("pageSize", "%s. It gives fewer entries than there are: allow the user of the connection more, or ask for smaller pages.", c.words(e)).Because(err)
	case ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultAuthMethodNotSupported:
		field = "password"
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		field = "startTLS"
	}
	return errs.Invalid(field, "%s", c.words(e)).Because(err)
}

// certificateHint is for failures of encryption; "" for others. The library passes some of them on as text only.
func certificateHint(err error) string {
	var host x509.HostnameError
	var alert tls.AlertError
	text := err.Error()
	switch {
	case errors.As(err, &host) || strings.Contains(text, "x509: certificate is valid for"), strings.Contains(text, "doesn't contain any IP SANs"):
		return "Set serverName to a name that stands in the certificate."
	case strings.Contains(text, "negative serial number"): // Samba makes such a one for itself
		return "Give the server a certificate with another number."
	case strings.Contains(text, "x509:"):
		return "Set caCertificate to the certificate of the authority that it comes from."
	case errors.As(err, &alert) || strings.Contains(text, "StartTLS") || strings.Contains(text, "tls:"):
		return "The server does not encrypt as it was asked to: check url and startTLS."
	}
	return ""
}

// brief is the message of a failure without the layers around it.
func (c *Conn) brief(err error) string {
	var op *net.OpError
	var e *ldap.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &op) && op.Err != nil:
		return plain(op.Err.Error())
	case errors.As(err, &e) && e.Err != nil:
		return plain(c.hide(e.Err.Error()))
	}
	return plain(c.hide(err.Error()))
}
