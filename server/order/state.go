package order

import (
	"fmt"
	"slices"
	"strings"

	"writ/server/evaluation"
	"writ/server/machine"
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

// What a move makes necessary. It is enqueued in the same transaction.
const (
	nothing      = ""
	thenGenerate = "generate" // passes generation (again): thresholds, dependencies
	thenDispatch = "dispatch" // was generated before: sent again as it is
)

// states are all of them, by number.
var states = []State{evaluation.None, evaluation.Pending, evaluation.Transmitted, evaluation.Errored, evaluation.Verified, evaluation.AwaitingApproval,
	evaluation.Inactive, evaluation.Error, evaluation.Executed}

// anyBut lists what a row of the table begins in: every state, and entering, but those named.
func anyBut(not ...State) []State {
	return slices.DeleteFunc(append([]State{entering}, states...), func(s State) bool { return slices.Contains(not, s) })
}

// lineMachine is THE table (design 5). Spec names rows of provisioning spec 1.4. The drawing in doc.go,
// provisioning_transition, the query provisioningTransitions and the golden state x action test all come from it. What is not in it is
// refused.
var lineMachine = machine.New(machine.Machine[State, Action]{
	Name: "order_line", States: states, Entering: entering, Same: same,
	Label: func(s State) string { return fmt.Sprintf("%d %s", s, NameOf(s)) },
}, []machine.Transition[State, Action]{
	{Action: Compute, From: anyBut(), To: evaluation.Pending, Actors: []string{ByPolicy}, Then: thenGenerate,
		Spec: "E2 N1 A9 P8 T6 R4 X6 V1 V2 I1 I4", Why: "A value must be written, changed or removed, is due, and nobody has to review it."},
	{Action: Review, From: anyBut(), To: evaluation.AwaitingApproval, Actors: []string{ByPolicy, ByAdmin},
		Spec: "E3 N1 A4 P8 P12 T6 R4 X6 V1 V2 V5 I1 I4", Why: "The same, but somebody has to review it first."},
	{Action: Hold, From: anyBut(evaluation.Inactive), To: evaluation.None, Actors: []string{ByPolicy, BySync},
		Spec: "E1 X5 V3 V4 I4", Why: "Not effective or not due yet, cannot be provisioned, or waits on a decision about a difference."},
	{Action: Verify, From: anyBut(), To: evaluation.Verified, Actors: []string{BySync, ByPolicy},
		Spec: "E4 N2 A5 P9 T5 R3 X1 X7 I2 I4", Why: "Synchronized data shows the expected value."},
	{Action: Expire, From: anyBut(evaluation.Executed), To: evaluation.Inactive, Actors: []string{ByClock, ByPolicy},
		Spec: "E5 A6 P10 T7 R7 I4", Why: "The validity is past and nothing has to be removed."},
	{Action: Fail, From: anyBut(evaluation.Transmitted, evaluation.Inactive, evaluation.Executed), To: evaluation.Error, Actors: []string{ByPolicy},
		Spec: "E6 A8 P13 V7", Why: "An expression or rule failed."},
	{Action: Withdraw, From: anyBut(entering, evaluation.Verified, evaluation.Executed), To: evaluation.Inactive, Actors: []string{ByPolicy},
		Spec: "N3 A7 P11 T6 T7 R7 I3", Why: "No longer expected: the line ends without effect; an open ticket is withdrawn."},
	{Action: End, From: []State{evaluation.Verified, evaluation.Executed}, To: same, Actors: []string{BySync, ByPolicy},
		Spec: "V6 X7", Why: "Neither the expectation nor the value is there any more: the line ends as it is."},
	{Action: Refresh, From: anyBut(entering), To: same, Actors: []string{ByPolicy, BySync},
		Spec: "A4 R5 X2 X3", Why: "The content changed or was looked at again; the state stays."},

	{Action: Release, From: []State{evaluation.None}, To: evaluation.Pending, Actors: []string{ByClock}, Then: thenGenerate,
		Spec: "N1", Why: "The date is reached; reviewed before, or no review needed."},
	{Action: ReleaseForReview, From: []State{evaluation.None}, To: evaluation.AwaitingApproval, Actors: []string{ByClock},
		Spec: "N1", Why: "The date is reached; somebody has to review it."},
	{Action: TimeOut, From: []State{evaluation.Transmitted, evaluation.Executed}, To: evaluation.Errored, Actors: []string{ByClock},
		Spec: "T4 X4", Why: "No answer, or no verification, within the validity period."},
	{Action: Retry, From: []State{evaluation.Errored}, To: evaluation.Pending, Actors: []string{ByClock}, Then: thenDispatch,
		Spec: "R6", Why: "Automatic retry, as often as the resource type allows."},

	{Action: Approve, From: []State{evaluation.AwaitingApproval}, To: evaluation.Pending, Actors: []string{ByReviewer}, Then: thenGenerate,
		Spec: "A1", Why: "Approved."},
	{Action: ApproveEarly, From: []State{evaluation.AwaitingApproval}, To: evaluation.None, Actors: []string{ByReviewer},
		Spec: "A1", Why: "Approved before the date; released by the clock."},
	{Action: Decline, From: []State{evaluation.AwaitingApproval, evaluation.Errored}, To: evaluation.Inactive, Actors: []string{ByReviewer},
		Spec: "A2 R2", Why: "Declined: ignored until the computed value changes or it is reconsidered."},
	{Action: Postpone, From: []State{evaluation.AwaitingApproval}, To: same, Actors: []string{ByReviewer},
		Spec: "A3", Why: "Postponed: stays where it is, marked."},
	{Action: Unblock, From: []State{evaluation.Errored}, To: evaluation.Pending, Actors: []string{ByReviewer}, Then: thenDispatch,
		Spec: "R1", Why: "Sent again."},
	{Action: Reconsider, From: []State{evaluation.Inactive}, To: evaluation.Pending, Actors: []string{ByReviewer, ByAdmin}, Then: thenGenerate,
		Spec: "I1", Why: "A declined line is taken up again; no review needed."},
	{Action: ReconsiderForReview, From: []State{evaluation.Inactive}, To: evaluation.AwaitingApproval, Actors: []string{ByReviewer, ByAdmin},
		Spec: "I1", Why: "A declined line is taken up again for review."},
	{Action: Keep, From: []State{evaluation.AwaitingApproval, evaluation.Errored}, To: evaluation.Verified, Actors: []string{ByReviewer},
		Spec: "3.4.5", Why: "The resource stays: an approved exception."},

	{Action: Generate, From: []State{evaluation.Pending}, To: same, Actors: []string{ByGeneration}, Then: thenDispatch,
		Spec: "P5", Why: "Passed thresholds and dependencies: may be sent."},
	{Action: HoldBack, From: []State{evaluation.Pending}, To: same, Actors: []string{ByGeneration},
		Spec: "P6 P7", Why: "Waits: a threshold, a dependency or a switched-off system."},
	{Action: Transmit, From: []State{evaluation.Pending}, To: evaluation.Transmitted, Actors: []string{ByFulfil},
		Spec: "P1", Why: "A ticket was opened."},
	{Action: Lose, From: []State{evaluation.Pending, evaluation.Transmitted}, To: evaluation.Transmitted, Actors: []string{ByFulfil},
		Spec: "P4", Why: "Software collected it and the answer was lost: read back before a repeat."},
	{Action: Execute, From: []State{evaluation.Pending, evaluation.Transmitted}, To: evaluation.Executed, Actors: []string{ByFulfil},
		Spec: "P2 T1", Why: "The managed system accepted it."},
	{Action: Refuse, From: []State{evaluation.Pending, evaluation.Transmitted}, To: evaluation.Errored, Actors: []string{ByFulfil},
		Spec: "P3 T3", Why: "The managed system reported an error."},

	{Action: Confirm, From: []State{evaluation.Transmitted}, To: evaluation.Executed, Actors: []string{ByOperator},
		Spec: "T1", Why: "The operator did it."},
	{Action: ConfirmUnsynced, From: []State{evaluation.Transmitted}, To: evaluation.Verified, Actors: []string{ByOperator},
		Spec: "T2", Why: "The operator did it, and the system cannot be synchronized."},
	{Action: Report, From: []State{evaluation.Transmitted}, To: evaluation.Errored, Actors: []string{ByOperator},
		Spec: "T3", Why: "The operator could not do it."},
	{Action: Take, From: []State{evaluation.Transmitted}, To: same, Actors: []string{ByOperator},
		Spec: "4.3", Why: "An operator takes the ticket."},
	{Action: GiveBack, From: []State{evaluation.Transmitted}, To: same, Actors: []string{ByOperator},
		Spec: "4.3", Why: "The operator gives the ticket back."},
})

// isDecision reports whether a person decides something by an action. Nobody does on an order about himself (own.go).
func (a Action) isDecision() bool {
	by := lineMachine.Row(a).Actors
	return a != GiveBack && (slices.Contains(by, ByReviewer) || slices.Contains(by, ByOperator))
}

// target gives the state an action leads to from a state; false when the table does not allow it.
func (a Action) target(from State) (State, bool) { return lineMachine.Target(a, from) }

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
	for _, t := range lineMachine.Rows() {
		for _, from := range t.From {
			to, _ := t.Action.target(from)
			row := &ProvisioningTransition{To: NameOf(to), Action: string(t.Action), Actor: strings.Join(t.Actors, ", "),
				Description: t.Why + " (" + t.Spec + ")"}
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
