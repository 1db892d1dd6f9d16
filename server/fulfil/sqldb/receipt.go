package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"

	"writ/server/errs"
	"writ/server/fulfil"
)

// refusal is a receipt on its way up through the functions that write.
type refusal struct{ receipt fulfil.Receipt }

func (r *refusal) Error() string { return r.receipt.Message }

func refuse(format string, args ...any) error {
	return &refusal{fulfil.Receipt{Outcome: fulfil.Refused, Message: fmt.Sprintf(format, args...)}}
}

// notConnected: no transaction was begun, so nothing was made. A wrong password counts as no connection: it concerns every order alike,
// and none of them is at fault.
func (c *Conn) notConnected(err error) fulfil.Receipt {
	receipt := fulfil.Receipt{Outcome: fulfil.Unreachable, Message: fmt.Sprintf("No connection to %s: %s.", c.target, c.brief(err))}
	switch s := c.dialect.said(err); {
	case errors.Is(err, context.Canceled):
		receipt.Message = "The work was stopped before the change was sent."
	case s == nil:
	case s.outcome == fulfil.Throttled:
		receipt.Outcome, receipt.RetryAfter = fulfil.Throttled, s.retryAfter
	case s.isLogin:
		receipt.Hint = "Check user, password and database of the connection."
	}
	return receipt
}

// notMade: the transaction ended before its COMMIT was sent, so the server takes everything back. Only when we stopped waiting do we say
// Unknown, because a target's triggers may have done things outside of the transaction and a look at it costs little.
func (c *Conn) notMade(ctx context.Context, err error) fulfil.Receipt {
	var r *refusal
	if errors.As(err, &r) {
		return r.receipt
	}
	s := c.dialect.said(err)
	switch {
	case s != nil && !s.isLate:
		return c.refused(s)
	case errors.Is(err, context.Canceled) || errors.Is(ctx.Err(), context.Canceled):
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "The work was stopped before the change was complete; the server took it back."}
	case s != nil || timedOut(err) || ctx.Err() != nil:
		return fulfil.Receipt{
			Outcome: fulfil.Unknown,
			Message: fmt.Sprintf("No answer from %s within %d seconds.", c.target, int(c.timeout.Seconds())),
			Hint:    "Look for locks and slow triggers in the target, or give the connection a longer timeout.",
		}
	}
	return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: fmt.Sprintf("The connection to %s broke before the change was complete: %s.", c.target, c.brief(err))}
}

// notConfirmed: COMMIT was sent, or may have been. Only a plain no of the server is a no.
func (c *Conn) notConfirmed(err error) fulfil.Receipt {
	if s := c.dialect.said(err); s != nil && !s.isLast {
		return c.refused(s)
	}
	if errors.Is(err, sql.ErrTxDone) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		// database/sql looks at its context before it sends the COMMIT, and not any more afterwards.
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "The work was stopped before the change was complete; the server took it back."}
	}
	return fulfil.Receipt{
		Outcome: fulfil.Unknown,
		Message: fmt.Sprintf("The connection to %s broke while the change was being committed: %s.", c.target, c.brief(err)),
		Hint:    "Read the target back before the change is repeated.",
	}
}

// refused passes on what the server said. It said it about a transaction that it then took back.
func (c *Conn) refused(s *said) fulfil.Receipt {
	if s.isStale {
		c.forget()
	}
	if s.isReadOnly {
		c.old.Store(true)
	}
	return fulfil.Receipt{Outcome: s.outcome, Message: s.text, Detail: s.detail, Hint: s.hint, RetryAfter: s.retryAfter}
}

// readError says the same about a read: Validation when the server refuses the statement or the user, Unavailable when trying again may help.
func (c *Conn) readError(err error, field string) error {
	if err == nil || errs.As(err) != nil || errors.Is(err, context.Canceled) {
		return err
	}
	switch s := c.dialect.said(err); {
	case s == nil && !timedOut(err):
		return errs.New(errs.Unavailable, "No connection to %s: %s.", c.target, c.brief(err)).At(field).Because(err)
	case s == nil || s.isLate:
		return errs.New(errs.Unavailable, "%s did not answer within %d seconds.", c.target, int(c.timeout.Seconds())).At(field).Because(err)
	case s.isLater:
		return errs.New(errs.Unavailable, "%s cannot answer now: %s", c.target, s.text).At(field).Because(err)
	case s.isLogin:
		return errs.Invalid("connectionString", "%s says: %s", c.target, s.text).Because(err)
	default:
		return errs.Invalid(field, "%s says: %s", c.target, s.text).Because(err)
	}
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// brief is the message of a network failure without the layers around it.
func (c *Conn) brief(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	if s := c.dialect.said(err); s != nil {
		return s.text
	}
	return err.Error()
}
