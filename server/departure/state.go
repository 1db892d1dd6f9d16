package departure

import "writ/server/machine"

// DepartureState is where a departure is (requests 12.8).
type DepartureState string

// The states.
const (
	Waiting  DepartureState = "WAITING" // a second person has to confirm it
	Departed DepartureState = "DEPARTED"
	Returned DepartureState = "RETURNED"
	Lapsed   DepartureState = "LAPSED" // no second person came in time
)

// Action is a verb that moves a departure.
type Action string

// What moves departures.
const (
	Ask     Action = "ask"
	Depart  Action = "depart"
	Confirm Action = "confirm"
	Lapse   Action = "lapse"
	Return  Action = "return"
)

// entering is the from-state of a departure that is not there yet.
const entering DepartureState = ""

// departureMachine is THE table. The drawing in doc.go, legal_move and the golden matrix come from it.
var departureMachine = machine.New(machine.Machine[DepartureState, Action]{
	Name: "departure", States: []DepartureState{Waiting, Departed, Returned, Lapsed}, Entering: entering, Same: "=",
}, []machine.Transition[DepartureState, Action]{
	{Action: Ask, From: []DepartureState{entering}, To: Waiting, Actors: []string{"person"}, Spec: "12.8 guards", Why: "Many people were made to leave within an hour: a second person has to confirm it."},
	{Action: Depart, From: []DepartureState{entering}, To: Departed, Actors: []string{"person"}, Spec: "12.8", Why: "Somebody is made to leave at once."},
	{Action: Confirm, From: []DepartureState{Waiting}, To: Departed, Actors: []string{"second person"}, Spec: "12.8 guards", Why: "A second person confirmed it."},
	{Action: Lapse, From: []DepartureState{Waiting}, To: Lapsed, Actors: []string{"CLOCK"}, Why: "No second person confirmed it within an hour."},
	{Action: Return, From: []DepartureState{Departed}, To: Returned, Actors: []string{"person"}, Spec: "12.5 RETURN", Why: "He comes back."},
})
