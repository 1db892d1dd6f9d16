package sqldb

import (
	"fmt"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"writ/server/fulfil"
)

// said reads the server's error. Its detail repeats rows with everything that stands in them, so it goes with the attempt only.
func (postgres) said(err error) *said {
	e := pq.As(err)
	if e == nil {
		return nil
	}
	s := &said{outcome: fulfil.Refused, text: fmt.Sprintf("%s (%s)", e.Message, e.Code), detail: e.Detail, hint: e.Hint, isLast: e.Fatal(), isLate: e.Code == pqerror.QueryCanceled}
	switch e.Code.Class() {
	case "08", "57": // connection lost, server going down
		s.outcome, s.isLater = fulfil.Unreachable, true
	case "53": // out of memory, disk, connections
		s.outcome, s.retryAfter, s.isLater = fulfil.Throttled, 5*time.Second, true
	case "40", "58", "XX":
		s.isLater = true
	case "28", "3D":
		s.isLogin = true
	case "42":
		s.isStale = true
	}
	switch e.Code {
	case pqerror.UniqueViolation, pqerror.ExclusionViolation:
		s.outcome, s.isTaken = fulfil.Conflict, e.Code == pqerror.UniqueViolation
		s.hint = "Another row has this value already. Link the owner to it, or have another value computed."
	case pqerror.TRSerializationFailure, pqerror.TRDeadlockDetected, pqerror.LockNotAvailable:
		s.outcome, s.retryAfter = fulfil.Throttled, time.Second
	case pqerror.ReadOnlySQLTransaction:
		s.outcome, s.isLater, s.isReadOnly = fulfil.Unreachable, true, true
		s.hint = "The server takes no changes: it is a replica, or was made read-only. Name the one that takes them."
	case pqerror.InsufficientPrivilege:
		s.hint = "Grant the right to the user of the connection."
	case pqerror.ForeignKeyViolation:
		s.hint = "The value refers to a row that is not there, or other rows still refer to this one."
	case pqerror.NotNullViolation:
		s.hint = "Add a rule that computes a value for this column."
	}
	return s
}
