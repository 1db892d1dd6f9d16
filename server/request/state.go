package request

import "writ/server/machine"

// RequestState is where an item of a request is, or the request as the roll-up of its items (requests 3.1, 3.3).
type RequestState string

// The states, in the order in which a request shows them: the first that one of its items is in.
const (
	Submitted  RequestState = "SUBMITTED"
	InApproval RequestState = "IN_APPROVAL"
	Approved   RequestState = "APPROVED"
	Fulfilled  RequestState = "FULFILLED"
	Declined   RequestState = "DECLINED"
	Expired    RequestState = "EXPIRED"
	Cancelled  RequestState = "CANCELLED"
	Withdrawn  RequestState = "WITHDRAWN"
)

// rollUp is the order in which the states of items make the state of their request: what is open first.
var rollUp = []RequestState{Submitted, InApproval, Approved, Fulfilled, Declined, Expired, Cancelled, Withdrawn}

// IsOpen reports whether something can still become of it.
func (s RequestState) IsOpen() bool { return s == Submitted || s == InApproval || s == Approved }

// isWaiting reports whether nobody has decided it yet.
func (s RequestState) isWaiting() bool { return s == Submitted || s == InApproval }

// RequestStepState is where one approval of an item is (requests 3.2).
type RequestStepState string

// The states of a step.
const (
	StepWaiting  RequestStepState = "WAITING" // an earlier level is not done
	StepOpen     RequestStepState = "OPEN"
	StepAsked    RequestStepState = "INFO_REQUESTED" // open, and somebody was asked something
	StepStuck    RequestStepState = "STUCK"          // its turn, and nobody is there to decide
	StepApproved RequestStepState = "APPROVED"
	StepDeclined RequestStepState = "DECLINED"
	StepSkipped  RequestStepState = "SKIPPED" // needed no decision
	StepExpired  RequestStepState = "EXPIRED"
	StepClosed   RequestStepState = "CLOSED" // its item ended otherwise
)

// isTurn reports whether it is its turn: it waits for a decision, or for somebody who may take it.
func (s RequestStepState) isTurn() bool { return s == StepOpen || s == StepAsked || s == StepStuck }

// isDecidable reports whether somebody may decide it.
func (s RequestStepState) isDecidable() bool { return s == StepOpen || s == StepAsked }

// Action is a verb that moves an item or a step. The history shows it.
type Action string

// What moves items.
const (
	Submit      Action = "submit"
	Route       Action = "route"
	RouteToEnd  Action = "route_to_end"
	Approve     Action = "approve"
	ApproveLast Action = "approve_last"
	Decline     Action = "decline"
	Withdraw    Action = "withdraw"
	Expire      Action = "expire"
	Cancel      Action = "cancel"
	Fulfil      Action = "fulfil"
	Refuse      Action = "refuse"
	Reconsider  Action = "reconsider"
	End         Action = "end"
)

// What moves steps, beside Approve, Decline and Expire.
const (
	Open      Action = "open"
	Block     Action = "block"
	Skip      Action = "skip"
	Reroute   Action = "reroute"
	Readdress Action = "readdress"
	Close     Action = "close"
)

// What happens to steps that go on waiting.
const (
	Remind           Action = "remind"
	Escalate         Action = "escalate"
	Ask              Action = "ask"
	Answer           Action = "answer"
	AnswerMissing    Action = "answer_missing"
	WithdrawQuestion Action = "withdraw_question"
	Delegate         Action = "delegate"
	Recall           Action = "recall"
	Assign           Action = "assign"
	SetDue           Action = "set_due"
)

// Who moves.
const (
	byRequester  = "REQUESTER"
	byApprover   = "APPROVER"
	byAsked      = "ASKED"
	byServer     = "SERVER"
	byClock      = "CLOCK"
	bySupervisor = "SUPERVISOR"
	byOrder      = "ORDER"
)

// entering is the from-state of an item that is not there yet.
const entering RequestState = ""

// itemMachine is THE table of items (requests 4.1). The drawing in doc.go, legal_move and the golden matrix come from it.
var itemMachine = machine.New(machine.Machine[RequestState, Action]{
	Name: "request_item", States: []RequestState{Submitted, InApproval, Approved, Fulfilled, Declined, Expired, Cancelled, Withdrawn}, Entering: entering, Same: "=",
}, []machine.Transition[RequestState, Action]{
	{Action: Submit, From: []RequestState{entering}, To: Submitted, Actors: []string{byRequester}, Spec: "I5", Why: "Somebody asked for it."},
	{Action: Route, From: []RequestState{Submitted}, To: InApproval, Actors: []string{byServer}, Spec: "I8", Why: "Somebody has to approve it."},
	{Action: RouteToEnd, From: []RequestState{Submitted}, To: Approved, Actors: []string{byServer}, Spec: "I9", Why: "Nobody has to approve it."},
	{Action: Approve, From: []RequestState{InApproval}, To: "=", Actors: []string{byApprover}, Spec: "I13", Why: "Approved; the next level is asked."},
	{Action: ApproveLast, From: []RequestState{InApproval}, To: Approved, Actors: []string{byApprover}, Spec: "I14", Why: "Approved by the last level."},
	{Action: Decline, From: []RequestState{InApproval}, To: Declined, Actors: []string{byApprover}, Spec: "I16", Why: "Declined."},
	{Action: Withdraw, From: []RequestState{Submitted, InApproval}, To: Withdrawn, Actors: []string{byRequester}, Spec: "I18", Why: "Taken back before it was approved."},
	{Action: Expire, From: []RequestState{InApproval}, To: Expired, Actors: []string{byClock}, Spec: "I21", Why: "Nobody decided in time, or the time it was asked for is over."},
	{Action: Cancel, From: []RequestState{Submitted, InApproval, Approved}, To: Cancelled, Actors: []string{byServer}, Spec: "I22 I23", Why: "It lost its sense: the role or the person is gone, or a rule gives it."},
	{Action: Fulfil, From: []RequestState{Approved}, To: Fulfilled, Actors: []string{byOrder, byServer}, Spec: "I24", Why: "It was seen in the managed systems, or nothing had to be written."},
	{Action: Refuse, From: []RequestState{Approved}, To: Declined, Actors: []string{byOrder}, Spec: "I25", Why: "All that it wanted was declined at the provisioning review."},
	{Action: Reconsider, From: []RequestState{Declined}, To: Approved, Actors: []string{byOrder}, Spec: "I26", Why: "What was declined at the provisioning review is taken up again."},
	{Action: End, From: []RequestState{Approved}, To: Expired, Actors: []string{byClock, byServer}, Spec: "I27", Why: "Its time ended before anything was seen."},
})

// stepMachine is THE table of steps (requests 4.2).
var stepMachine = machine.New(machine.Machine[RequestStepState, Action]{
	Name: "request_step", States: []RequestStepState{StepWaiting, StepOpen, StepAsked, StepStuck, StepApproved, StepDeclined, StepSkipped, StepExpired, StepClosed}, Entering: "", Same: "=",
}, []machine.Transition[RequestStepState, Action]{
	{Action: Open, From: []RequestStepState{StepWaiting}, To: StepOpen, Actors: []string{byServer}, Spec: "S2", Why: "Its turn: somebody can decide."},
	{Action: Block, From: []RequestStepState{StepWaiting, StepOpen, StepAsked}, To: StepStuck, Actors: []string{byServer}, Spec: "S3 S6", Why: "Nobody is there who may decide."},
	{Action: Skip, From: []RequestStepState{StepWaiting, StepOpen, StepAsked, StepStuck}, To: StepSkipped, Actors: []string{byServer}, Spec: "S4", Why: "It needs no decision."},
	{Action: Reroute, From: []RequestStepState{StepStuck}, To: StepOpen, Actors: []string{byServer}, Spec: "S7", Why: "Somebody is found who may decide."},
	{Action: Readdress, From: []RequestStepState{StepOpen, StepAsked}, To: "=", Actors: []string{byServer}, Spec: "S5", Why: "Others are asked: the organisation changed, or the rule."},
	{Action: Approve, From: []RequestStepState{StepOpen, StepAsked}, To: StepApproved, Actors: []string{byApprover}, Spec: "S9", Why: "Approved."},
	{Action: Decline, From: []RequestStepState{StepOpen, StepAsked}, To: StepDeclined, Actors: []string{byApprover}, Spec: "S10", Why: "Declined."},
	{Action: Ask, From: []RequestStepState{StepOpen}, To: StepAsked, Actors: []string{byApprover}, Spec: "S11", Why: "Somebody is asked before it is decided; its clocks stand still."},
	{Action: Answer, From: []RequestStepState{StepAsked}, To: StepOpen, Actors: []string{byAsked}, Spec: "S12", Why: "The question is answered."},
	{Action: AnswerMissing, From: []RequestStepState{StepAsked}, To: StepOpen, Actors: []string{byClock}, Spec: "S13", Why: "No answer came in time; its clocks run on."},
	{Action: WithdrawQuestion, From: []RequestStepState{StepAsked}, To: StepOpen, Actors: []string{byApprover}, Spec: "S14", Why: "Who asked takes the question back."},
	{Action: Delegate, From: []RequestStepState{StepOpen, StepAsked}, To: "=", Actors: []string{byApprover}, Spec: "S15", Why: "Somebody who is asked hands his place over."},
	{Action: Recall, From: []RequestStepState{StepOpen, StepAsked}, To: "=", Actors: []string{byApprover}, Spec: "S16", Why: "Who handed his place over takes it back."},
	{Action: Assign, From: []RequestStepState{StepOpen, StepAsked, StepStuck}, To: StepOpen, Actors: []string{bySupervisor}, Spec: "S8", Why: "Whoever supervises requests names who decides."},
	{Action: SetDue, From: []RequestStepState{StepOpen, StepAsked, StepStuck}, To: "=", Actors: []string{bySupervisor}, Spec: "S22", Why: "Whoever supervises requests says when it is due."},
	{Action: Remind, From: []RequestStepState{StepOpen, StepAsked, StepStuck}, To: "=", Actors: []string{byRequester, byClock}, Spec: "S19", Why: "Those who are asked are reminded."},
	{Action: Escalate, From: []RequestStepState{StepOpen, StepAsked, StepStuck}, To: "=", Actors: []string{byClock}, Spec: "S20 S21", Why: "Nobody decided in time: others are asked besides."},
	{Action: Expire, From: []RequestStepState{StepWaiting, StepOpen, StepAsked, StepStuck}, To: StepExpired, Actors: []string{byServer}, Spec: "S24", Why: "Its item expired."},
	{Action: Close, From: []RequestStepState{StepWaiting, StepOpen, StepAsked, StepStuck}, To: StepClosed, Actors: []string{byServer}, Spec: "S25", Why: "Its item ended otherwise."},
})

// RequestTransition is a legal move of an item or a step, for people. From is nil for one that enters.
type RequestTransition struct {
	Machine     string // request_item, request_step
	Action      string
	From        *string
	To          string
	WhoMay      string
	Description string
}

// Transitions lists both machines, one row per action and from-state.
func Transitions() []*RequestTransition {
	return append(listed(itemMachine), listed(stepMachine)...)
}

func listed[S ~string](m *machine.Machine[S, Action]) (out []*RequestTransition) {
	for _, r := range m.Rows() {
		for _, from := range r.From {
			to, _ := m.Target(r.Action, from)
			t := &RequestTransition{Machine: m.Name, Action: string(r.Action), To: string(to), WhoMay: r.Actors[0], Description: r.Why}
			if from != m.Entering {
				t.From = new(string(from))
			}
			out = append(out, t)
		}
	}
	return out
}
