// Package errs says how Writ fails: a few kinds, a sentence for people, the cause for us.
//
// An expected failure is made where it is known (errs.Conflict("Order %s is already approved.", id)), travels up
// wrapped with %w, and is shown in one place, graph/errors.go. Anything without a kind is logged and shown as "internal".
package errs

import (
	"errors"
	"fmt"
)

// Kind is the closed list of expected failures. Its spelling is the GraphQL extensions.code (provisioning spec 13.2).
type Kind string

const (
	Unauthenticated   Kind = "UNAUTHENTICATED"    // nobody is signed in, or the token is not valid any more
	Forbidden         Kind = "FORBIDDEN"          // signed in, but without the permission
	NotFound          Kind = "NOT_FOUND"          // no such object, or not in the caller's scope
	Validation        Kind = "VALIDATION"         // the input is wrong; Field says where
	StaleItem         Kind = "STALE_ITEM"         // the object changed since the caller read it
	InvalidTransition Kind = "INVALID_TRANSITION" // the state machine does not allow that move from the current state
	AlreadyDone       Kind = "ALREADY_DONE"       // somebody else did it first
	AlreadyRunning    Kind = "ALREADY_RUNNING"    // the job runs already
	Threshold         Kind = "THRESHOLD_EXCEEDED" // a guard stopped the run before anything was written
	AgentOffline      Kind = "AGENT_OFFLINE"      // the agent that has to do it is away
	Conflict          Kind = "CONFLICT"           // another object stands in the way (unique name, still referenced)
	Unavailable       Kind = "UNAVAILABLE"        // a system outside does not answer now; trying again may help
	TooLarge          Kind = "TOO_LARGE"          // the request is over a documented limit
)

// Error is an expected failure: a kind for programs, a sentence for people, and where it happened.
type Error struct {
	Kind    Kind
	Message string
	Field   string // path of the input field, e.g. "input.lines[2].decision"; empty: none
	ID      string // id of the object concerned; empty: none
	// Others are further mistakes of the same input, in the order in which they stand there. They have no others themselves.
	Others []*Error
	cause  error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// New makes an error of a kind with a sentence for people.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Invalid says that an input is wrong. field is its path ("" when the whole is meant).
func Invalid(field, format string, args ...any) *Error {
	return New(Validation, format, args...).At(field)
}

// Missing says that there is no such object, or that it is out of the caller's scope.
func Missing(format string, args ...any) *Error { return New(NotFound, format, args...) }

// At adds the path of the input field.
func (e *Error) At(field string) *Error { e.Field = field; return e }

// Of adds the id of the object concerned.
func (e *Error) Of(id any) *Error { e.ID = fmt.Sprint(id); return e }

// Because keeps the cause; it is logged and never shown.
func (e *Error) Because(err error) *Error { e.cause = err; return e }

// All is the error with its others: every mistake that is told of an input.
func (e *Error) All() []*Error {
	one := *e
	one.Others = nil
	return append([]*Error{&one}, e.Others...)
}

// Join makes one error of several mistakes of an input: the first, with the others. Nil when there are none.
func Join(list ...*Error) error {
	if len(list) == 0 {
		return nil
	}
	var all []*Error
	for _, e := range list {
		all = append(all, e.All()...)
	}
	first := *all[0]
	first.Others = all[1:]
	return &first
}

// As gives the expected failure inside err, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Is reports whether err is an expected failure of that kind.
func Is(err error, k Kind) bool {
	e := As(err)
	return e != nil && e.Kind == k
}

// Text is what a person reads of an error: the sentence of an expected one, else the whole of it.
func Text(err error) string {
	if e := As(err); e != nil {
		return e.Message
	}
	return err.Error()
}
