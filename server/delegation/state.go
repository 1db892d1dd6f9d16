package delegation

import "writ/server/machine"

// DelegationState is where a delegation is (requests 10.1).
type DelegationState string

// The states.
const (
	Planned DelegationState = "PLANNED" // it begins later
	Active  DelegationState = "ACTIVE"
	Ended   DelegationState = "ENDED"   // its time is over, or one of the two is not there any more
	Revoked DelegationState = "REVOKED" // taken back before its end
	Refused DelegationState = "REFUSED" // by the deputy
)

// isOpen reports whether it may be in force, now or later.
func (s DelegationState) isOpen() bool { return s == Planned || s == Active }

// Action is a verb that moves a delegation. The history shows it.
type Action string

// What moves delegations.
const (
	Plan    Action = "plan"
	Start   Action = "start"
	Begin   Action = "begin"
	End     Action = "end"
	Shorten Action = "shorten"
	Revoke  Action = "revoke"
	Refuse  Action = "refuse"
)

// Who moves.
const (
	byDelegator = "DELEGATOR"
	byDeputy    = "DEPUTY"
	byClock     = "CLOCK"
)

// entering is the from-state of a delegation that is not there yet.
const entering DelegationState = ""

// delegationMachine is THE table (requests 10.2). The drawing in doc.go, legal_move and the golden matrix come from it.
var delegationMachine = machine.New(machine.Machine[DelegationState, Action]{
	Name: "delegation", States: []DelegationState{Planned, Active, Ended, Revoked, Refused}, Entering: entering, Same: "=",
}, []machine.Transition[DelegationState, Action]{
	{Action: Plan, From: []DelegationState{entering}, To: Planned, Actors: []string{byDelegator}, Spec: "create", Why: "Somebody is to act for somebody else, later."},
	{Action: Start, From: []DelegationState{entering}, To: Active, Actors: []string{byDelegator}, Spec: "create", Why: "Somebody acts for somebody else from now on."},
	{Action: Begin, From: []DelegationState{Planned}, To: Active, Actors: []string{byClock}, Spec: "begin", Why: "Its time begins."},
	{Action: End, From: []DelegationState{Planned, Active}, To: Ended, Actors: []string{byClock}, Spec: "end, rule 10", Why: "Its time is over, or one of the two is not there any more."},
	{Action: Shorten, From: []DelegationState{Planned, Active}, To: "=", Actors: []string{byDelegator}, Spec: "shorten", Why: "It ends earlier than was said."},
	{Action: Revoke, From: []DelegationState{Planned, Active}, To: Revoked, Actors: []string{byDelegator}, Spec: "revoke", Why: "Taken back at once."},
	{Action: Refuse, From: []DelegationState{Planned, Active}, To: Refused, Actors: []string{byDeputy}, Spec: "refuse, rule 5", Why: "The deputy does not want to."},
})
