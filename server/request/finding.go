package request

import "fmt"

// FindingCode is what a remark of the basket is about (requests 7.3).
type FindingCode string

// The codes.
const (
	MissingParameter  FindingCode = "MISSING_PARAMETER"
	ParameterInvalid  FindingCode = "PARAMETER_INVALID"
	NotRequestable    FindingCode = "NOT_REQUESTABLE"
	OutOfPolicy       FindingCode = "OUT_OF_POLICY"
	DeniedByRule      FindingCode = "DENIED_BY_RULE"
	DeniedByHand      FindingCode = "DENIED_BY_HAND"
	AlreadyHeld       FindingCode = "ALREADY_HELD"
	GivenByRule       FindingCode = "GIVEN_BY_RULE"
	HeldFound         FindingCode = "HELD_FOUND"
	AlreadyRequested  FindingCode = "ALREADY_REQUESTED"
	DuplicateInBasket FindingCode = "DUPLICATE_IN_BASKET"
	Contradiction     FindingCode = "CONTRADICTION"
	EmptyPeriod       FindingCode = "EMPTY_PERIOD"
	EndRequired       FindingCode = "END_REQUIRED"
	EndNotAllowed     FindingCode = "END_NOT_ALLOWED"
	StartTooFar       FindingCode = "START_TOO_FAR"
	Clamped           FindingCode = "CLAMPED"
	NoApprover        FindingCode = "NO_APPROVER"
	BeneficiaryLeft   FindingCode = "BENEFICIARY_LEFT"
	NotHeld           FindingCode = "NOT_HELD"
	InferredByRole    FindingCode = "INFERRED_BY_ROLE"
	BecomesDenial     FindingCode = "BECOMES_DENIAL"
	RiskWarning       FindingCode = "RISK_WARNING"
	RiskApproval      FindingCode = "RISK_APPROVAL"
	RiskBlocked       FindingCode = "RISK_BLOCKED"
)

// FindingSeverity is what a remark means for the submission.
type FindingSeverity string

// The severities, the worst first.
const (
	Blocks  FindingSeverity = "BLOCKS"  // it cannot be submitted
	Warns   FindingSeverity = "WARNS"   // it can when it is acknowledged
	Informs FindingSeverity = "INFORMS" // it is said
)

// mild are the codes that do not block.
var mild = map[FindingCode]FindingSeverity{
	DeniedByHand: Informs, HeldFound: Informs, DuplicateInBasket: Informs, Clamped: Informs, BecomesDenial: Informs, NoApprover: Warns, RiskWarning: Warns, RiskApproval: Informs,
}

// RequestFinding is one remark of the basket.
type RequestFinding struct {
	Code     FindingCode
	Severity FindingSeverity
	Message  string
	Field    *string // of the item; nil: the whole
}

func finding(code FindingCode, field, format string, args ...any) *RequestFinding {
	f := &RequestFinding{Code: code, Severity: Blocks, Message: fmt.Sprintf(format, args...)}
	if s, ok := mild[code]; ok {
		f.Severity = s
	}
	if field != "" {
		f.Field = &field
	}
	return f
}
