package order

// ErrorClass is why an order failed: the outcome of an attempt, or what an operator, the clock or an evaluation said.
type ErrorClass string

// The classes of errors. The first six are outcomes of fulfil.
const (
	ClassRefused     ErrorClass = "REFUSED"
	ClassConflict    ErrorClass = "CONFLICT"
	ClassNotFound    ErrorClass = "NOT_FOUND"
	ClassUnreachable ErrorClass = "UNREACHABLE"
	ClassThrottled   ErrorClass = "THROTTLED"
	ClassUnknown     ErrorClass = "UNKNOWN"
	ClassOperator    ErrorClass = "OPERATOR"
	ClassTimeout     ErrorClass = "TIMEOUT" // its validity period elapsed
	ClassEvaluation  ErrorClass = "EVALUATION"
)

// AttemptOutcome is how an attempt ended, as order_attempt keeps it.
type AttemptOutcome string

// The outcomes. The first nine are those of fulfil, the others of tickets and of attempts that nobody answered.
const (
	OutcomeDone        AttemptOutcome = "DONE"
	OutcomeAlreadySo   AttemptOutcome = "ALREADY_SO"
	OutcomeOpened      AttemptOutcome = "OPENED"
	OutcomeNotFound    AttemptOutcome = "NOT_FOUND"
	OutcomeConflict    AttemptOutcome = "CONFLICT"
	OutcomeRefused     AttemptOutcome = "REFUSED"
	OutcomeUnreachable AttemptOutcome = "UNREACHABLE"
	OutcomeThrottled   AttemptOutcome = "THROTTLED"
	OutcomeUnknown     AttemptOutcome = "UNKNOWN"

	OutcomeConfirmed AttemptOutcome = "CONFIRMED"                 // the operator did it
	OutcomeOperator  AttemptOutcome = "OPERATOR"                  // the operator could not
	OutcomeExpired   AttemptOutcome = "EXPIRED"                   // no answer in time
	OutcomeNotSent   AttemptOutcome = "NOT_SENT"                  // its process died before
	OutcomeWithdrawn AttemptOutcome = "WITHDRAWN"                 // a ticket that nobody wants any more
	OutcomeSeen      AttemptOutcome = "VERIFIED_WITHOUT_FEEDBACK" // a ticket whose result was seen
)
