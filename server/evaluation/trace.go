package evaluation

import "time"

// Trace tells why, step by step: rule -> context -> record -> role -> value; and for what failed, which criterion.
type Trace struct {
	Steps []Step
}

// StepKind is what a step of an explanation is about.
type StepKind string

// The kinds of steps: those that an evaluation makes, and those of what was done about it.
const (
	StepContext       StepKind = "CONTEXT"        // which record of the owner counts, and the dimension values it gives
	StepCompositeRole StepKind = "COMPOSITE_ROLE" // a rule that gives or forbids a composite role
	StepSingleRole    StepKind = "SINGLE_ROLE"    // a rule that gives or forbids a single role
	StepRole          StepKind = "ROLE"           // what all of that comes to: the role is held, or not
	StepFoundValue    StepKind = "FOUND_VALUE"    // a value of a target from which a role was read
	StepBlocked       StepKind = "BLOCKED"        // a risk keeps a role or a value back
	StepRedundant     StepKind = "REDUNDANT"      // a person approved a role or a resource type although rules give it
	StepResourceType  StepKind = "RESOURCE_TYPE"  // a rule that gives or forbids a resource type
	StepProperty      StepKind = "PROPERTY"       // a rule that computes a value
	StepType          StepKind = "TYPE"           // what all of that comes to: the owner gets the resource type, or not
	StepCorrelation   StepKind = "CORRELATION"    // a target that a key finds
	StepRecord        StepKind = "RECORD"         // of the past: what was kept then is not what is computed again
	StepOrder         StepKind = "ORDER"          // the order about the resource type, and how it stands
	StepReview        StepKind = "REVIEW"         // a person's decision about it
	StepLine          StepKind = "LINE"           // one value of it
	StepAttempt       StepKind = "ATTEMPT"        // one time it was sent
	StepVerification  StepKind = "VERIFICATION"   // whether synchronized data shows it
	StepDifference    StepKind = "DIFFERENCE"     // what the system shows and nobody asked for
	StepAutomation    StepKind = "AUTOMATION"     // an automation rule that decided about it, or will
	StepIndirect      StepKind = "INDIRECT"       // what is had through others, as the last complete computation found it
)

// Step is one link of an explanation. Evaluation gives the facts; server/assignment, which knows the names, adds the sentence and the steps
// that follow an evaluation.
type Step struct {
	Kind           StepKind
	RuleID         int64
	Rule           string // identifier of the rule
	RoleID         int64  // the role a rule gives; else the one it asks for
	ResourceTypeID int64
	Property       string
	Value          string
	Matched        bool
	From, To       *time.Time
	Text           string     // the step as a sentence
	OrderID        *int64     // of what follows the evaluation; nil: none
	RuleSince      *time.Time // from when on the rule is as it is; nil: not known, or no rule

	NeedsRoleID   int64            // role that the rule asks for; 0: none
	RoleHeld      bool             // NeedsRoleID is held at some time
	Criteria      []CriterionFact  // what the rule asks of the context
	NoContext     bool             // no record counts, so that nothing can match
	OutsidePolicy bool             // the owner is not in the population of the rule's policy
	Denied        bool             // the rule forbids, it does not give
	Suggests      bool             // the rule only suggests
	Overruled     bool             // another rule decided instead
	NotComputed   bool             // values of a type the owner does not get
	Error         string           // the rule failed
	Values        map[string]int64 // context: dimension -> value
	ResourceID    int64            // context: the record; correlation: the target; property: the resource added
	Confidence    int              // correlation
	Ambiguous     bool             // correlation: other owners have an equal claim
	Held          []Held           // role: its assignments, where they have parameters or lack one
	ByHand        *AssignedRole    // role: a person gave or denied it, or it was found in a system
	Sections      []ContextSection // context: what stands behind each record section; none: there are none
	Way           []int64          // indirect: from what the account has itself to what is had; of a long way the first and the last half
	WaySteps      int              // indirect: how many the whole way has
	Behind        []int64          // redundant: the rules that give the role; of a resource type the roles that bring it
	RiskID        int64            // blocked: the risk that keeps it back
	With          []Contributor    // blocked: what would make the risk hold
	Looked        []Looked         // property: what its expression looked up by query(), in the order in which it did
	Instead       string           // property: Overruled by this one of its group, of which one can be held at a time
	OfRecord      int64            // rules and values: the record behind the context that counts, of several; 0: there is one only
}

// Looked is what an expression found among the resources of an entity type.
type Looked struct {
	EntityTypeID int64
	Found        []int64 // by key, at most MostLooked
	Count        int     // of all that were found
}

// MostLooked is how many of the resources that an expression found an explanation names.
const MostLooked = 10

// CriterionFact is one dimension criterion of a rule, beside what the owner has.
type CriterionFact struct {
	Dimension string
	Key       string // of the value asked for
	Wanted    int64  // its id; 0: there is no such value
	Below     bool   // descendants count too
	Has       int64  // the owner's value; 0: none
	Holds     bool
	ByRole    bool // Has is that of the assignment of the role that the rule asks for, not of the context
}

// Held is one assignment of a role that is told apart by its parameters.
type Held struct {
	Parameters map[string]int64 // dimension -> value
	From, To   *time.Time
	Missing    []string // dimensions that the role requires and that have no value, so that it gives nothing
}
