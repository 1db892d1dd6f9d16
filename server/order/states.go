package order

import (
	"slices"

	"writ/server/evaluation"
)

// State is a provisioning state, 0..8.
type State = evaluation.State

// OrderKind is what an order does to the target.
type OrderKind = evaluation.OrderKind

// ProvisioningState is a state by its name, as GraphQL, events and files spell it.
type ProvisioningState string

// The nine names, in the order of their numbers (provisioning spec 1.1).
const (
	StateNone             ProvisioningState = "NONE"
	StatePending          ProvisioningState = "PENDING"
	StateTransmitted      ProvisioningState = "TRANSMITTED"
	StateErrored          ProvisioningState = "ERRORED"
	StateVerified         ProvisioningState = "VERIFIED"
	StateAwaitingApproval ProvisioningState = "AWAITING_APPROVAL"
	StateInactive         ProvisioningState = "INACTIVE"
	StateError            ProvisioningState = "ERROR"
	StateExecuted         ProvisioningState = "EXECUTED"
)

var stateNames = [...]ProvisioningState{
	StateNone, StatePending, StateTransmitted, StateErrored, StateVerified, StateAwaitingApproval, StateInactive, StateError, StateExecuted,
}

// NameOf gives the name of a state number; "" when there is no such state.
func NameOf(s State) ProvisioningState {
	if s < 0 || int(s) >= len(stateNames) {
		return ""
	}
	return stateNames[s]
}

// StateOf gives the number of a state name; false when there is no such name.
func StateOf(name ProvisioningState) (State, bool) {
	i := slices.Index(stateNames[:], name)
	return State(i), i >= 0
}

// rollUpOrder says which state of a line wins for its order (spec 1.2).
var rollUpOrder = []State{evaluation.Error, evaluation.Errored, evaluation.AwaitingApproval, evaluation.Transmitted,
	evaluation.Pending, evaluation.Executed, evaluation.Verified}

// RollUp is the state of an order whose lines that count are in these states: the first present of 7, 3, 5, 2, 1, 8, 4; with none of
// them 0 when all wait for their date, else 6. The function order_roll_up of the database says the same.
func RollUp(states []State) State {
	for _, s := range rollUpOrder {
		if slices.Contains(states, s) {
			return s
		}
	}
	if slices.Contains(states, evaluation.None) && !slices.Contains(states, evaluation.Inactive) {
		return evaluation.None
	}
	return evaluation.Inactive
}
