package assignment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/evaluation"
	"writ/server/machine"
)

// Action is a verb that moves an assignment to another workflow state. The history shows it.
type Action string

// What a computation finds. Its author in the history is the engine.
const (
	Give        Action = "give"
	GiveByRole  Action = "give_by_role"
	Miss        Action = "miss_parameters"
	Block       Action = "block"
	Find        Action = "find"
	FindAtStart Action = "find_at_start"
	Question    Action = "question"
	Prolong     Action = "prolong"
	Expire      Action = "expire"
	Suggest     Action = "suggest"
)

// What people decide, or automation rules in their place.
const (
	Keep           Action = "keep"
	Refuse         Action = "refuse"
	Request        Action = "request"
	LackParameters Action = "lack_parameters"
	AskOne         Action = "ask_one"
	AskTwo         Action = "ask_two"
	AskThree       Action = "ask_three"
	PassFirstOfTwo Action = "pass_first_of_two"
	PassFirst      Action = "pass_first_of_three"
	PassSecond     Action = "pass_second_of_three"
	AskAboutRisk   Action = "ask_about_risk"
	Approve        Action = "approve"
	ApproveAtRisk  Action = "approve_at_risk"
	Decline        Action = "decline"
	Release        Action = "leave_to_rules"
	Reset          Action = "reset"
)

// Who moves an assignment.
const (
	byRules    = "RULES"
	byReviewer = "REVIEWER"
	byPerson   = "REQUESTER"
	byRule     = "AUTOMATION" // an automation rule, exactly as a reviewer would
)

const byEngine = "engine" // author of what a computation moves

const (
	entering evaluation.Workflow = -1 // a row that is not there yet
	same     evaluation.Workflow = -2 // no action leaves the state as it is; the machine asks for a name
)

// WorkflowState is a workflow state by its name, as the API spells it.
type WorkflowState string

// The names of the workflow states, in the order of their numbers.
const (
	StateNone                     WorkflowState = "NONE"
	StateNonConforming            WorkflowState = "NON_CONFORMING"
	StateRequestMissingParameters WorkflowState = "REQUEST_MISSING_PARAMETERS"
	StatePreExisting              WorkflowState = "PRE_EXISTING"
	StateRequested                WorkflowState = "REQUESTED"
	StateRuleMissingParameters    WorkflowState = "RULE_MISSING_PARAMETERS"
	StatePendingApproval          WorkflowState = "PENDING_APPROVAL"
	StatePendingApproval1Of2      WorkflowState = "PENDING_APPROVAL_1_OF_2"
	StatePendingApproval2Of2      WorkflowState = "PENDING_APPROVAL_2_OF_2"
	StatePendingApproval1Of3      WorkflowState = "PENDING_APPROVAL_1_OF_3"
	StatePendingApproval2Of3      WorkflowState = "PENDING_APPROVAL_2_OF_3"
	StatePendingApproval3Of3      WorkflowState = "PENDING_APPROVAL_3_OF_3"
	StateApproved                 WorkflowState = "APPROVED"
	StateDeclined                 WorkflowState = "DECLINED"
	StateCalculated               WorkflowState = "CALCULATED"
	StateEnded                    WorkflowState = "INACTIVE"
	StateCancellation             WorkflowState = "CANCELLATION"
	StateSuggested                WorkflowState = "SUGGESTED"
	StateSuggestedAutomatic       WorkflowState = "SUGGESTED_AUTOMATIC"
	StateRequestedAutomatic       WorkflowState = "REQUESTED_AUTOMATIC"
	StateQuestioned               WorkflowState = "QUESTIONED"
	StatePendingApprovalRisk      WorkflowState = "PENDING_APPROVAL_RISK"
	StateBlocked                  WorkflowState = "BLOCKED"
	StateProlonged                WorkflowState = "PROLONGED"
	StateApprovedRisk             WorkflowState = "APPROVED_RISK"
	StateGivenByRole              WorkflowState = "GIVEN_BY_ROLE"
)

// labels are the names of the states, for programs and for people, by number (role-model 12.6).
var labels = []struct {
	state evaluation.Workflow
	name  WorkflowState
	label string
}{
	{evaluation.WorkflowNone, StateNone, "None"}, {evaluation.NonConforming, StateNonConforming, "Non-conforming"}, {evaluation.RequestMissingParameters, StateRequestMissingParameters, "Requested - missing parameters"},
	{evaluation.PreExisting, StatePreExisting, "Pre-existing"}, {evaluation.Requested, StateRequested, "Requested"}, {evaluation.RuleMissingParameters, StateRuleMissingParameters, "Calculated - missing parameters"},
	{evaluation.PendingApproval, StatePendingApproval, "Pending approval"}, {evaluation.PendingApproval1Of2, StatePendingApproval1Of2, "Pending approval 1 of 2"}, {evaluation.PendingApproval2Of2, StatePendingApproval2Of2, "Pending approval 2 of 2"},
	{evaluation.PendingApproval1Of3, StatePendingApproval1Of3, "Pending approval 1 of 3"}, {evaluation.PendingApproval2Of3, StatePendingApproval2Of3, "Pending approval 2 of 3"}, {evaluation.PendingApproval3Of3, StatePendingApproval3Of3, "Pending approval 3 of 3"},
	{evaluation.Approved, StateApproved, "Approved"}, {evaluation.Declined, StateDeclined, "Declined"}, {evaluation.Calculated, StateCalculated, "Calculated"}, {evaluation.Ended, StateEnded, "Inactive"},
	{evaluation.Cancellation, StateCancellation, "Cancellation"}, {evaluation.Suggested, StateSuggested, "Suggested"}, {evaluation.SuggestedAutomatic, StateSuggestedAutomatic, "Suggested automatically"},
	{evaluation.RequestedAutomatic, StateRequestedAutomatic, "Requested automatically"}, {evaluation.Questioned, StateQuestioned, "Approved - questioned"}, {evaluation.PendingApprovalRisk, StatePendingApprovalRisk, "Pending approval - risk"},
	{evaluation.Blocked, StateBlocked, "Blocked"}, {evaluation.Prolonged, StateProlonged, "Prolonged"}, {evaluation.ApprovedRisk, StateApprovedRisk, "Approved - risk"}, {evaluation.GivenByRole, StateGivenByRole, "Given by a role"},
}

// list writes a row of the table shortly.
func list(states ...evaluation.Workflow) []evaluation.Workflow { return states }

// stateMachine is THE table of workflow states (role-model 12.6). The drawing in doc.go, workflow_transition and the golden matrix come from
// it. What is not in it is refused. A row that ends keeps its state.
var stateMachine = machine.New(machine.Machine[evaluation.Workflow, Action]{
	Name: "assignment", States: allStates(), Entering: entering, Same: same,
	Label: func(w evaluation.Workflow) string { return fmt.Sprintf("%d %s", w, LabelOf(w)) },
}, []machine.Transition[evaluation.Workflow, Action]{
	{Action: Give, From: list(entering, evaluation.WorkflowNone, evaluation.NonConforming, evaluation.PreExisting, evaluation.RuleMissingParameters, evaluation.Approved,
		evaluation.Declined, evaluation.Cancellation, evaluation.Questioned, evaluation.Blocked, evaluation.Prolonged, evaluation.ApprovedRisk, evaluation.GivenByRole),
		To: evaluation.Calculated, Actors: []string{byRules}, Why: "A rule gives it."},
	{Action: GiveByRole, From: list(entering, evaluation.WorkflowNone, evaluation.NonConforming, evaluation.PreExisting, evaluation.Approved, evaluation.Declined,
		evaluation.Calculated, evaluation.Cancellation, evaluation.Questioned, evaluation.Prolonged, evaluation.ApprovedRisk),
		To: evaluation.GivenByRole, Actors: []string{byRules}, Why: "A role that the owner holds brings the resource type."},
	{Action: Miss, From: list(entering, evaluation.Calculated, evaluation.Blocked), To: evaluation.RuleMissingParameters, Actors: []string{byRules},
		Why: "A rule gives it, and a required parameter is missing."},
	{Action: Block, From: list(entering, evaluation.RuleMissingParameters, evaluation.Calculated), To: evaluation.Blocked, Actors: []string{byRules}, Why: "A rule would give it, and a risk forbids it."},
	{Action: Find, From: list(entering, evaluation.WorkflowNone, evaluation.Approved, evaluation.Declined, evaluation.Calculated, evaluation.Questioned, evaluation.Prolonged,
		evaluation.ApprovedRisk, evaluation.GivenByRole), To: evaluation.NonConforming, Actors: []string{byRules},
		Why: "Seen in a managed system, and nobody wants it (any more); or its removal is not allowed."},
	{Action: FindAtStart, From: list(entering, evaluation.WorkflowNone, evaluation.NonConforming, evaluation.Declined), To: evaluation.PreExisting, Actors: []string{byRules},
		Why: "The same, found by the initial run, or marked so by a task."},
	{Action: Question, From: list(evaluation.Approved, evaluation.ApprovedRisk), To: evaluation.Questioned, Actors: []string{byRules},
		Why: "What was computed has changed since somebody decided otherwise."},
	{Action: Prolong, From: list(evaluation.Calculated), To: evaluation.Prolonged, Actors: []string{byRules}, Why: "Lost, and kept for the grace period."},
	{Action: Expire, From: list(evaluation.Approved, evaluation.ApprovedRisk, evaluation.Prolonged), To: evaluation.Ended, Actors: []string{byRules}, Why: "Its end is reached."},
	{Action: Suggest, From: list(entering), To: evaluation.Suggested, Actors: []string{byRules}, Why: "A rule suggests it; baskets only, never stored."},

	{Action: Keep, From: list(evaluation.NonConforming, evaluation.PreExisting, evaluation.Calculated, evaluation.Cancellation, evaluation.Questioned, evaluation.GivenByRole),
		To: evaluation.Approved, Actors: []string{byReviewer, byRule}, Spec: "13.1 13.2 13.3 13.4", Why: "A person keeps it."},
	{Action: Refuse, From: list(evaluation.NonConforming, evaluation.PreExisting, evaluation.Approved, evaluation.ApprovedRisk, evaluation.GivenByRole),
		To: evaluation.Cancellation, Actors: []string{byReviewer, byRule}, Spec: "13.1 13.2 13.3", Why: "What was found is refused, or what was given is taken away: it is to be removed."},
	{Action: Request, From: list(entering, evaluation.RequestMissingParameters, evaluation.Suggested, evaluation.SuggestedAutomatic, evaluation.RequestedAutomatic),
		To: evaluation.Requested, Actors: []string{byPerson}, Why: "A request was submitted."},
	{Action: LackParameters, From: list(entering, evaluation.Requested), To: evaluation.RequestMissingParameters, Actors: []string{byPerson},
		Why: "A required parameter is missing."},
	{Action: AskOne, From: list(entering, evaluation.Requested, evaluation.RequestMissingParameters, evaluation.PendingApprovalRisk), To: evaluation.PendingApproval,
		Actors: []string{byPerson, byReviewer}, Why: "One approval is needed."},
	{Action: AskTwo, From: list(entering, evaluation.Requested, evaluation.RequestMissingParameters, evaluation.PendingApprovalRisk), To: evaluation.PendingApproval1Of2,
		Actors: []string{byPerson, byReviewer}, Why: "Two approvals are needed."},
	{Action: AskThree, From: list(entering, evaluation.Requested, evaluation.RequestMissingParameters, evaluation.PendingApprovalRisk), To: evaluation.PendingApproval1Of3,
		Actors: []string{byPerson, byReviewer}, Why: "Three approvals are needed."},
	{Action: PassFirstOfTwo, From: list(evaluation.PendingApproval1Of2), To: evaluation.PendingApproval2Of2, Actors: []string{byReviewer, byRule}, Why: "The first of two approved."},
	{Action: PassFirst, From: list(evaluation.PendingApproval1Of3), To: evaluation.PendingApproval2Of3, Actors: []string{byReviewer, byRule}, Why: "The first of three approved."},
	{Action: PassSecond, From: list(evaluation.PendingApproval2Of3), To: evaluation.PendingApproval3Of3, Actors: []string{byReviewer, byRule}, Why: "The second of three approved."},
	{Action: AskAboutRisk, From: list(entering, evaluation.Requested, evaluation.RequestMissingParameters), To: evaluation.PendingApprovalRisk, Actors: []string{byPerson},
		Why: "The request raises a risk that needs an approval of its own."},
	{Action: Approve, From: list(entering, evaluation.Requested, evaluation.RequestMissingParameters, evaluation.RuleMissingParameters, evaluation.PendingApproval,
		evaluation.PendingApproval2Of2, evaluation.PendingApproval3Of3, evaluation.Prolonged), To: evaluation.Approved, Actors: []string{byReviewer, byPerson, byRule},
		Why: "The last approval, or none was needed."},
	{Action: ApproveAtRisk, From: list(evaluation.PendingApproval, evaluation.PendingApproval2Of2, evaluation.PendingApproval3Of3, evaluation.PendingApprovalRisk),
		To: evaluation.ApprovedRisk, Actors: []string{byReviewer}, Why: "Approved in spite of a risk."},
	{Action: Decline, From: list(evaluation.RequestMissingParameters, evaluation.Requested, evaluation.PendingApproval, evaluation.PendingApproval1Of2,
		evaluation.PendingApproval2Of2, evaluation.PendingApproval1Of3, evaluation.PendingApproval2Of3, evaluation.PendingApproval3Of3, evaluation.Approved,
		evaluation.PendingApprovalRisk, evaluation.Prolonged, evaluation.ApprovedRisk), To: evaluation.Declined, Actors: []string{byReviewer, byRule}, Why: "Refused."},
	{Action: Release, From: list(evaluation.Approved), To: evaluation.Calculated, Actors: []string{byReviewer}, Spec: "12.10", Why: "Rules give the same, and a person leaves it to them."},
	{Action: Reset, From: list(evaluation.Approved, evaluation.Questioned), To: evaluation.NonConforming, Actors: []string{byReviewer}, Spec: "5.5",
		Why: "A person lets rules say again whose an account is that was kept, and what."},
})

func allStates() []evaluation.Workflow {
	out := make([]evaluation.Workflow, len(labels))
	for i, l := range labels {
		out[i] = l.state
	}
	return out
}

// LabelOf is what people call a workflow state; empty for a number that is none.
func LabelOf(w evaluation.Workflow) string {
	for _, l := range labels {
		if l.state == w {
			return l.label
		}
	}
	return ""
}

// NameOf is a workflow state by its name; NONE for a number that is none.
func NameOf(w evaluation.Workflow) WorkflowState {
	for _, l := range labels {
		if l.state == w {
			return l.name
		}
	}
	return StateNone
}

// computed is the action by which a computation moves an assignment; false when it may not.
func computed(from, to evaluation.Workflow) (Action, bool) {
	for _, r := range stateMachine.Rows() {
		if slices.Contains(r.Actors, byRules) && r.To == to && slices.Contains(r.From, from) {
			return r.Action, true
		}
	}
	return "", false
}

// moved is a change of state on its way into assignment_history. One of the two ids counts.
type moved struct {
	Role   int64
	Type   int64
	Action Action
	From   evaluation.Workflow
	To     evaluation.Workflow
}

// remember writes the history of moves: who, when, by what, from where to where. The database refuses moves that it does not know.
func remember(ctx context.Context, tx bun.IDB, now time.Time, actor, comment string, moves []moved) error {
	if len(moves) == 0 {
		return nil
	}
	roles, types, actions := make([]int64, len(moves)), make([]int64, len(moves)), make([]string, len(moves))
	from, to := make([]int64, len(moves)), make([]int64, len(moves))
	for i, m := range moves {
		roles[i], types[i], actions[i], from[i], to[i] = m.Role, m.Type, string(m.Action), int64(m.From), int64(m.To)
	}
	_, err := tx.NewRaw(`insert into assignment_history (assigned_role_id, assigned_resource_type_id, at, actor, action, from_state, to_state, comment)
		select nullif(role, 0), nullif(type, 0), ?0, ?1, action, from_state, to_state, ?2
		from unnest(?3::bigint[], ?4::bigint[], ?5::text[], ?6::bigint[], ?7::bigint[]) m (role, type, action, from_state, to_state)`,
		now, actor, comment, ids(roles), ids(types), pgdialect.Array(actions), ids(from), ids(to)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remember what moved: %w", err)
	}
	return nil
}

func numbers(states []evaluation.Workflow) any {
	out := make([]int64, len(states))
	for i, s := range states {
		out[i] = int64(s)
	}
	return ids(out)
}

// Holding gives the numbers of the workflow states in which somebody holds a role (role-model 12.6).
func Holding() []int64 {
	var list []int64
	for _, l := range labels {
		if l.state.Holds() {
			list = append(list, int64(l.state))
		}
	}
	return list
}
