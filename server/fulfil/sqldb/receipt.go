package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

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
	receipt := fulfil.Receipt{Outcome: fulfil.Unreachable, Message: fmt.Sprintf("No connection to %s: %s.", c.target, brief(err))}
	switch e := pq.As(err); {
	case errors.Is(err, context.Canceled):
		receipt.Message = "The work was stopped before the change was sent."
	case e == nil:
	case e.Code == pqerror.TooManyConnections:
		receipt.Outcome, receipt.RetryAfter = fulfil.Throttled, 5*time.Second
	case e.Code.Class() == "28" || e.Code.Class() == "3D":
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
	e := pq.As(err)
	switch {
	case e != nil && e.Code != pqerror.QueryCanceled:
		return c.refused(e)
	case errors.Is(err, context.Canceled) || errors.Is(ctx.Err(), context.Canceled):
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "The work was stopped before the change was complete; the server took it back."}
	case e != nil || timedOut(err) || ctx.Err() != nil:
		return fulfil.Receipt{
			Outcome: fulfil.Unknown,
			Message: fmt.Sprintf("No answer from %s within %d seconds.", c.target, int(c.timeout.Seconds())),
			Hint:    "Look for locks and slow triggers in the target, or give the connection a longer timeout.",
		}
	}
	return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: fmt.Sprintf("The connection to %s broke before the change was complete: %s.", c.target, brief(err))}
}

// notConfirmed: COMMIT was sent, or may have been. Only a plain no of the server is a no.
func (c *Conn) notConfirmed(err error) fulfil.Receipt {
	if e := pq.As(err); e != nil && !e.Fatal() {
		return c.refused(e)
	}
	if errors.Is(err, sql.ErrTxDone) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		// database/sql looks at its context before it sends the COMMIT, and not any more afterwards.
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "The work was stopped before the change was complete; the server took it back."}
	}
	return fulfil.Receipt{
		Outcome: fulfil.Unknown,
		Message: fmt.Sprintf("The connection to %s broke while the change was being committed: %s.", c.target, brief(err)),
		Hint:    "Read the target back before the change is repeated.",
	}
}

// refused translates what the server said. It said it about a transaction that it then took back.
func (c *Conn) refused(e *pq.Error) fulfil.Receipt {
	receipt := fulfil.Receipt{Outcome: fulfil.Refused, Message: said(e), Detail: e.Detail, Hint: e.Hint}
	switch e.Code.Class() {
	case "08", "57": // connection lost, server going down
		receipt.Outcome = fulfil.Unreachable
	case "53": // out of memory, disk, connections
		receipt.Outcome, receipt.RetryAfter = fulfil.Throttled, 5*time.Second
	case "42":
		c.forget() // the tables may not be as they were when the catalog was read
	}
	switch e.Code {
	case pqerror.UniqueViolation, pqerror.ExclusionViolation:
		receipt.Outcome = fulfil.Conflict
		receipt.Hint = "Another row has this value already. Link the owner to it, or have another value computed."
	case pqerror.TRSerializationFailure, pqerror.TRDeadlockDetected, pqerror.LockNotAvailable:
		receipt.Outcome, receipt.RetryAfter = fulfil.Throttled, time.Second
	case pqerror.InsufficientPrivilege:
		receipt.Hint = "Grant the right to the user of the connection."
	case pqerror.ForeignKeyViolation:
		receipt.Hint = "The value refers to a row that is not there, or other rows still refer to this one."
	case pqerror.NotNullViolation:
		receipt.Hint = "Add a rule that computes a value for this column."
	}
	return receipt
}

// readError says the same about a read: Validation when the server refuses the statement or the user, Unavailable when trying again may help.
func (c *Conn) readError(err error, field string) error {
	switch e := pq.As(err); {
	case err == nil, errs.As(err) != nil:
		return err
	case errors.Is(err, context.Canceled):
		return err
	case e == nil || e.Code == pqerror.QueryCanceled:
		if e != nil || timedOut(err) {
			return errs.New(errs.Unavailable, "%s did not answer within %d seconds.", c.target, int(c.timeout.Seconds())).At(field).Because(err)
		}
		return errs.New(errs.Unavailable, "No connection to %s: %s.", c.target, brief(err)).At(field).Because(err)
	default:
		switch e.Code.Class() {
		case "08", "40", "53", "57", "58", "XX":
			return errs.New(errs.Unavailable, "%s cannot answer now: %s", c.target, said(e)).At(field).Because(err)
		case "28", "3D":
			field = "connectionString"
		}
		return errs.Invalid(field, "%s says: %s", c.target, said(e)).Because(err)
	}
}

// said is the server's message. Its detail repeats rows with everything that stands in them, so it goes with the attempt only.
func said(e *pq.Error) string { return fmt.Sprintf("%s (%s)", e.Message, e.Code) }

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// brief is the message of a network failure without the layers around it.
func brief(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	if e := pq.As(err); e != nil {
		return said(e)
	}
	return err.Error()
}
