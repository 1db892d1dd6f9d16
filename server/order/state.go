package order

import (
	"slices"
	"strings"

	"writ/server/evaluation"
)

// Action is a verb that moves lines. History and events show it.
type Action string

// What policy wants after an evaluation. The first eight are the verbs of evaluation.LineDelta.
const (
	Compute  Action = "compute"  // must be done: Pending
	Review   Action = "review"   // must be done, a person decides first: Awaiting Approval
	Verify   Action = "verify"   // the data shows it: Verified
	Expire   Action = "expire"   // its time is past: Inactive
	Fail     Action = "fail"     // a rule failed: Error
	Withdraw Action = "withdraw" // no longer expected: the line ends
	Refresh  Action = "refresh"  // same state, fresh content
	Hold     Action = "hold"     // not now: None
	End      Action = "end"      // what was reached is no longer expected either: the line ends as it is
)

// What the clock does by itself.
const (
	Release          Action = "release"
	ReleaseForReview Action = "release_for_review"
	TimeOut          Action = "time_out"
	Retry            Action = "retry"
)

// What a reviewer decides.
const (
	Approve             Action = "approve"
	ApproveEarly        Action = "approve_early"
	Decline             Action = "decline"
	Postpone            Action = "postpone"
	Unblock             Action = "unblock"
	Reconsider          Action = "reconsider"
	ReconsiderForReview Action = "reconsider_for_review"
	Keep                Action = "keep"
)

// What generation and fulfilment report.
const (
	Generate Action = "generate"
	HoldBack Action = "hold_back"
	Transmit Action = "transmit"
	Lose     Action = "lose"
	Execute  Action = "execute"
	Refuse   Action = "refuse"
)

// What an operator reports about a ticket.
const (
	Confirm         Action = "confirm"
	ConfirmUnsynced Action = "confirm_unsynchronized"
	Report          Action = "report"
	Take            Action = "take"
	GiveBack        Action = "give_back"
)

// Who moves a line (spec 1.4).
const (
	ByPolicy     = "POLICY"
	ByReviewer   = "REVIEWER"
	ByGeneration = "GENERATION"
	ByFulfil     = "FULFIL"
	ByOperator   = "OPERATOR"
	BySync       = "SYNC"
	ByClock      = "CLOCK"
	ByAdmin      = "ADMIN"
)

const (
	entering State = -1 // from-state of a line that is being opened
	same     State = -2 // to-state of an action that leaves the state as it is
)

// follow is what a move makes necessary. It is enqueued in the same transaction.
type follow string

const (
	nothing      follow = ""
	thenGenerate follow = "generate" // passes generation (again): thresholds, dependencies
	thenDispatch follow = "dispatch" // was generated before: sent again as it is
)

// transition is one row of the table: an action may move a line from any of From to To.
type transition struct {
	Action      Action
	From        []State
	To          State
	Actors      []string
	Then        follow
	Spec        string // rows of provisioning spec 1.4
	Description string
}

// transitions is THE table (design 5). The drawing in doc.go, provisioning_transition, the query provisioningTransitions and the golden
// state x action test all come from it. What is not in it is refused.
var transitions = []transition{
	{Compute, []State{entering, 0, 1, 2, 3, 4, 5, 6, 7, 8}, 1, []string{ByPolicy}, thenGenerate,
		"E2 N1 A9 P8 T6 R4 X6 V1 V2 I1 I4", "A value must be written, changed or removed, is due, and nobody has to review it."},
	{Review, []State{entering, 0, 1, 2, 3, 4, 5, 6, 7, 8}, 5, []string{ByPolicy, ByAdmin}, nothing,
		"E3 N1 A4 P8 P12 T6 R4 X6 V1 V2 V5 I1 I4", "The same, but somebody has to review it first."},
	{Hold, []State{entering, 0, 1, 2, 3, 4, 5, 7, 8}, 0, []string{ByPolicy, BySync}, nothing,
		"E1 X5 V3 V4 I4", "Not effective or not due yet, cannot be provisioned, or waits on a decision about a difference."},
	{Verify, []State{entering, 0, 1, 2, 3, 4, 5, 6, 7, 8}, 4, []string{BySync, ByPolicy}, nothing,
		"E4 N2 A5 P9 T5 R3 X1 X7 I2 I4", "Synchronized data shows the expected value."},
	{Expire, []State{entering, 0, 1, 2, 3, 4, 5, 6, 7}, 6, []string{ByClock, ByPolicy}, nothing,
		"E5 A6 P10 T7 R7 I4", "The validity is past and nothing has to be removed."},
	{Fail, []State{entering, 0, 1, 3, 4, 5, 7}, 7, []string{ByPolicy}, nothing,
		"E6 A8 P13 V7", "An expression or rule failed."},
	{Withdraw, []State{0, 1, 2, 3, 5, 6, 7}, 6, []string{ByPolicy}, nothing,
		"N3 A7 P11 T6 T7 R7 I3", "No longer expected: the line ends without effect; an open ticket is withdrawn."},
	{End, []State{4, 8}, same, []string{BySync, ByPolicy}, nothing,
		"V6 X7", "Neither the expectation nor the value is there any more: the line ends as it is."},
	{Refresh, []State{0, 1, 2, 3, 4, 5, 6, 7, 8}, same, []string{ByPolicy, BySync}, nothing,
		"A4 R5 X2 X3", "The content changed or was looked at again; the state stays."},

	{Release, []State{0}, 1, []string{ByClock}, thenGenerate, "N1", "The date is reached; reviewed before, or no review needed."},
	{ReleaseForReview, []State{0}, 5, []string{ByClock}, nothing, "N1", "The date is reached; somebody has to review it."},
	{TimeOut, []State{2, 8}, 3, []string{ByClock}, nothing, "T4 X4", "No answer, or no verification, within the validity period."},
	{Retry, []State{3}, 1, []string{ByClock}, thenDispatch, "R6", "Automatic retry, as often as the resource type allows."},

	{Approve, []State{5}, 1, []string{ByReviewer}, thenGenerate, "A1", "Approved."},
	{ApproveEarly, []State{5}, 0, []string{ByReviewer}, nothing, "A1", "Approved before the date; released by the clock."},
	{Decline, []State{5, 3}, 6, []string{ByReviewer}, nothing, "A2 R2", "Declined: ignored until the computed value changes or it is reconsidered."},
	{Postpone, []State{5}, same, []string{ByReviewer}, nothing, "A3", "Postponed: stays where it is, marked."},
	{Unblock, []State{3}, 1, []string{ByReviewer}, thenDispatch, "R1", "Sent again."},
	{Reconsider, []State{6}, 1, []string{ByReviewer, ByAdmin}, thenGenerate, "I1", "A declined line is taken up again; no review needed."},
	{ReconsiderForReview, []State{6}, 5, []string{ByReviewer, ByAdmin}, nothing, "I1", "A declined line is taken up again for review."},
	{Keep, []State{5, 3}, 4, []string{ByReviewer}, nothing, "3.4.5", "The resource stays: an approved exception."},

	{Generate, []State{1}, same, []string{ByGeneration}, thenDispatch, "P5", "Passed thresholds and dependencies: may be sent."},
	{HoldBack, []State{1}, same, []string{ByGeneration}, nothing, "P6 P7", "Waits: a threshold, a dependency or a switched-off system."},
	{Transmit, []State{1}, 2, []string{ByFulfil}, nothing, "P1", "A ticket was opened."},
	{Lose, []State{1, 2}, 2, []string{ByFulfil}, nothing, "P4", "Software collected it and the answer was lost: read back before a repeat."},
	{Execute, []State{1, 2}, 8, []string{ByFulfil}, nothing, "P2 T1", "The managed system accepted it."},
	{Refuse, []State{1, 2}, 3, []string{ByFulfil}, nothing, "P3 T3", "The managed system reported an error."},

	{Confirm, []State{2}, 8, []string{ByOperator}, nothing, "T1", "The operator did it."},
	{ConfirmUnsynced, []State{2}, 4, []string{ByOperator}, nothing, "T2", "The operator did it, and the system cannot be synchronized."},
	{Report, []State{2}, 3, []string{ByOperator}, nothing, "T3", "The operator could not do it."},
	{Take, []State{2}, same, []string{ByOperator}, nothing, "4.3", "An operator takes the ticket."},
	{GiveBack, []State{2}, same, []string{ByOperator}, nothing, "4.3", "The operator gives the ticket back."},
}

// isDecision reports whether a person decides something by an action. Nobody does on an order about himself (own.go).
func (a Action) isDecision() bool {
	by := tableOfTransitions[a].Actors
	return a != GiveBack && (slices.Contains(by, ByReviewer) || slices.Contains(by, ByOperator))
}

// tableOfTransitions finds the row of an action.
var tableOfTransitions = func() map[Action]transition {
	m := make(map[Action]transition, len(transitions))
	for _, t := range transitions {
		m[t.Action] = t
	}
	return m
}()

// target gives the state an action leads to from a state; false when the table does not allow it.
func (a Action) target(from State) (State, bool) {
	t, ok := tableOfTransitions[a]
	if !ok || !slices.Contains(t.From, from) {
		return 0, false
	}
	if t.To == same {
		return from, true
	}
	return t.To, true
}

// legalMoves are the pairs of states that the table allows: the content of provisioning_transition.
func legalMoves() [][2]State {
	var pairs [][2]State
	for _, t := range transitions {
		for _, from := range t.From {
			if from == entering {
				continue
			}
			to, _ := t.Action.target(from)
			if p := [2]State{from, to}; !slices.Contains(pairs, p) {
				pairs = append(pairs, p)
			}
		}
	}
	slices.SortFunc(pairs, func(a, b [2]State) int { return int(a[0]-b[0])*16 + int(a[1]-b[1]) })
	return pairs
}

// ProvisioningTransition is a legal move, for people. From is nil for a line that enters.
type ProvisioningTransition struct {
	From        *ProvisioningState
	To          ProvisioningState
	Action      string
	Actor       string
	Description string
}

// Transitions lists the state machine, one row per action and from-state.
func Transitions() []*ProvisioningTransition {
	var list []*ProvisioningTransition
	for _, t := range transitions {
		for _, from := range t.From {
			to, _ := t.Action.target(from)
			row := &ProvisioningTransition{To: NameOf(to), Action: string(t.Action), Actor: strings.Join(t.Actors, ", "),
				Description: t.Description + " (" + t.Spec + ")"}
			if from != entering {
				name := NameOf(from)
				row.From = &name
			}
			list = append(list, row)
		}
	}
	return list
}

// isPolicyVerb reports whether evaluation may ask for it.
func isPolicyVerb(a Action) bool {
	switch a {
	case Compute, Review, Verify, Expire, Fail, Withdraw, Refresh, Hold:
		return true
	}
	return false
}

// verbTo is the policy action that leads to a state: for a delta that names only where it wants to go.
func verbTo(to State) Action {
	switch to {
	case evaluation.Pending:
		return Compute
	case evaluation.AwaitingApproval:
		return Review
	case evaluation.Verified:
		return Verify
	case evaluation.Inactive:
		return Expire
	case evaluation.Error:
		return Fail
	case evaluation.None:
		return Hold
	}
	return Refresh
}
