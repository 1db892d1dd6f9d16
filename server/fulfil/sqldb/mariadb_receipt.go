package sqldb

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"writ/server/fulfil"
)

// said reads the server's error by its number: its state is HY000 for most of them.
func (mariadb) said(err error) *said {
	if errors.Is(err, mysql.ErrPktTooLarge) {
		return &said{outcome: fulfil.Refused, text: "The value is longer than the server takes in one piece.", hint: "Raise max_allowed_packet of the server."}
	}
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return nil
	}
	s := &said{outcome: fulfil.Refused, text: fmt.Sprintf("%s (%d)", cleaned(e.Message), e.Number)}
	later := func(o fulfil.Outcome, wait time.Duration) { s.outcome, s.retryAfter, s.isLater = o, wait, true }
	switch e.Number {
	case 1062, 1022, 1586, 1859: // duplicate key
		// its text repeats the value
		s.outcome, s.isTaken = fulfil.Conflict, true
		s.hint = "Another row has this value already, or one that the collation of the column takes for the same (case, accents, blanks at the end). Link the owner to it, or have another value computed."
	case 1451, 1217:
		s.hint = "Other rows still refer to this one. A foreign key with ON UPDATE CASCADE lets it be renamed, ON DELETE CASCADE lets it be deleted."
	case 1452, 1216:
		s.hint = "The value refers to a row that is not there."
	case 1048, 1364:
		s.hint = "Add a rule that computes a value for this column."
	case 1205, 1213, 1020, 1412, 1615: // lock wait, deadlock, changed meanwhile
		later(fulfil.Throttled, time.Second)
		s.isStale = e.Number == 1412
	case 1040, 1203, 1226, 1037, 1038, 1041, 1114, 1021, 1135: // too many connections, memory, disk
		later(fulfil.Throttled, 5*time.Second)
	case 1290, 1836, 1792, 1209: // --read-only
		if e.Number == 1290 && !strings.Contains(e.Message, "read-only") && !strings.Contains(e.Message, "read_only") {
			break
		}
		later(fulfil.Unreachable, 0)
		s.isReadOnly = true
		s.hint = "The server takes no changes: it is a replica, or was made read-only. Name the one that takes them."
	case 1053, 1077, 1078, 1079, 1927, 1152, 1158, 1159, 1160, 1161, 1184, 1047: // shutdown, killed, network; not part of its cluster
		later(fulfil.Unreachable, 0)
		s.isLast = true
	case 1180, 1181, 1194, 1195: // during COMMIT or ROLLBACK
		s.isLast, s.isLater = true, true
	case 1317, 1969, 3024: // interrupted, max_statement_time
		s.isLate, s.isLast, s.isLater = true, true, true
	case 1044, 1045, 1049, 1129, 1130, 1251, 1524, 1698, 1820, 1862, 4151:
		s.isLogin = true
		s.outcome = fulfil.Unreachable
		s.hint = "Check user, password and database of the connection."
	case 1142, 1143, 1227, 1370:
		s.hint = "Grant the right to the user of the connection."
	case 1054, 1146, 1109:
		s.isStale = true
	case 1153:
		s.hint = "Raise max_allowed_packet of the server."
	case 1665:
		s.hint = "The server logs statements: set its binlog_format to MIXED or ROW."
	}
	return s
}

// cleaned is a text of the server without control characters, and of bearable length.
func cleaned(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > 1000 {
		text = strings.ToValidUTF8(text[:1000], "") + " ..."
	}
	return text
}
