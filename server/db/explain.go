package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/lib/pq"
	"github.com/uptrace/bun"

	"writ/server/errs"
)

// Explain turns what PostgreSQL refuses into a sentence for people: unique, exclusion and foreign-key violations are
// CONFLICT or VALIDATION, checks and not-null VALIDATION, an overloaded or starting server UNAVAILABLE. Constraints are
// named after their rule, so the name is the sentence's best word. Everything else, and what is an errs.Error already,
// passes unchanged; the cause stays inside for the log, no SQL text reaches the message.
func Explain(err error) error {
	var e *pq.Error
	if err == nil || errs.As(err) != nil || !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case "23505":
		return errs.New(errs.Conflict, "There is already another %s like this (%s).", words(e.Table), rule(e)).Because(err)
	case "23P01":
		return errs.New(errs.Conflict, "This %s overlaps another one (%s).", words(e.Table), rule(e)).Because(err)
	case "23503", "23001":
		if strings.Contains(e.Message, "update or delete") {
			return errs.New(errs.Conflict, "This is still used by a %s (%s).", words(e.Table), rule(e)).Because(err)
		}
		return errs.Invalid("", "The %s refers to something that does not exist (%s).", words(e.Table), rule(e)).Because(err)
	case "23514":
		return errs.Invalid("", "The %s breaks a rule (%s).", words(e.Table), rule(e)).Because(err)
	case "23502":
		return errs.Invalid("", "The %s lacks a value for %s.", words(e.Table), words(e.Column)).Because(err)
	case "22001":
		return errs.Invalid("", "A text is too long.").Because(err)
	case "22021", "22P05":
		return errs.Invalid("", "A text contains a character that cannot be stored.").Because(err)
	case "22003":
		return errs.Invalid("", "A number is too large.").Because(err)
	case "53100":
		return errs.New(errs.Unavailable, "The database has no room for changes: its disk is full. Nothing was changed. Please try again when there is room.").Because(away{err})
	case "53300", "53200", "57P01", "57P02", "57P03", "25006":
		return errs.New(errs.Unavailable, "The database does not answer at this moment. Please try again.").Because(away{err})
	}
	return err
}

// Unreachable reports whether err says that the database is away at this moment: there is no connection, it broke, or the server stops,
// starts, is full or takes no changes (a replica). Trying again helps, and nothing was asked wrongly. Only for errors of statements.
func Unreachable(err error) bool {
	var e *pq.Error
	if errors.As(err, &e) {
		return e.Code.Class() == "08" || e.Code.Class() == "53" || strings.HasPrefix(string(e.Code), "57P") || e.Code == "25006"
	}
	var broken *net.OpError
	var none noConnection
	return errors.As(err, &broken) || errors.As(err, &none) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// away marks what Explain said about the database of Writ: what a database that Writ manages said looks the same.
type away struct{ error }

func (a away) Unwrap() error { return a.error }

// Away reports whether a piece of work failed since the database of Writ was away or full (Unreachable), as a statement said it or as Explain did. What a managed
// system answered is none of that: its connector has made an errs.Error of it.
func Away(err error) bool {
	return errors.As(err, &away{}) || errs.As(err) == nil && Unreachable(err)
}

// Full reports whether a piece of work failed since the database of Writ has no room for changes.
func Full(err error) bool { return isFull(err) && Away(err) }

// IsLockTimeout reports that a statement waited for a lock for longer than lock_timeout.
func IsLockTimeout(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && e.Code == "55P03"
}

// IsOfData reports that the database refused values that a statement brought (impossible, too long, against a rule), and is well itself:
// whoever shares a transaction with others can be told apart (Apart).
func IsOfData(err error) bool {
	var e *pq.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code.Class() {
	case "22", "23", "54": // data exception, integrity constraint violation, program limit exceeded
		return true
	}
	return e.Code == "XX000" && strings.Contains(e.Message, "invalid memory alloc request size") // a gigabyte in one value
}

// Apart does a piece of work for all ids together, and when the database refuses what one of them brings, for halves of them: the one
// alone goes to aside with the cause, the others are done. Work must be a transaction of its own that can be repeated.
func Apart(ids []int64, work func(part []int64) error, aside func(id int64, cause error) error) error {
	if len(ids) == 0 {
		return nil
	}
	err := work(ids)
	if err == nil || !IsOfData(err) {
		return err
	}
	if len(ids) == 1 {
		return aside(ids[0], err)
	}
	for _, half := range [][]int64{ids[:len(ids)/2], ids[len(ids)/2:]} {
		if err := Apart(half, work, aside); err != nil {
			return err
		}
	}
	return nil
}

// ApartIn is Apart inside a transaction, for items of any kind: each piece of work has a savepoint of its own, so that what one item
// brings is undone alone. Work must be able to do again what it changed in memory.
func ApartIn[T any](ctx context.Context, tx bun.Tx, items []T, work func(tx bun.Tx, part []T) error, aside func(tx bun.Tx, one T, cause error) error) error {
	if len(items) == 0 {
		return nil
	}
	err := tx.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error { return work(tx, items) })
	if err == nil || !IsOfData(err) {
		return err
	}
	if len(items) == 1 {
		return aside(tx, items[0], err)
	}
	for _, half := range [][]T{items[:len(items)/2], items[len(items)/2:]} {
		if err := ApartIn(ctx, tx, half, work, aside); err != nil {
			return err
		}
	}
	return nil
}

// Constraint gives the name of the violated constraint inside err, "" when none was: for a room that knows a better
// sentence for one of its rules.
func Constraint(err error) string {
	var e *pq.Error
	if errors.As(err, &e) {
		return e.Constraint
	}
	return ""
}

// rule is the constraint in words, without the table's name in front.
func rule(e *pq.Error) string {
	short := strings.TrimPrefix(e.Constraint, e.Table+"_")
	return words(short)
}

// words spells a name of the schema. A trigger that raises an error may not name its table.
func words(name string) string {
	if name == "" {
		return "entry"
	}
	return strings.ReplaceAll(name, "_", " ")
}
