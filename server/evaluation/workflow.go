package evaluation

// Workflow is a workflow state: how an assignment came to be and whether somebody still has to decide (role-model 12.6; the numbers never
// change). server/assignment/state.go moves them.
type Workflow int16

const (
	WorkflowNone             Workflow = 0
	NonConforming            Workflow = 1   // seen in a managed system, and neither a rule nor a person wants it
	RequestMissingParameters Workflow = 2   // requested without a required parameter
	PreExisting              Workflow = 3   // as NonConforming, found by the initial run
	Requested                Workflow = 4   // submitted, not processed yet
	RuleMissingParameters    Workflow = 5   // a rule gives it, and a required parameter is missing
	PendingApproval          Workflow = 8   // one approval
	PendingApproval1Of2      Workflow = 9   // two approvals
	PendingApproval2Of2      Workflow = 10  //
	PendingApproval1Of3      Workflow = 11  // three approvals
	PendingApproval2Of3      Workflow = 12  //
	PendingApproval3Of3      Workflow = 13  //
	Approved                 Workflow = 16  // a person gave it
	Declined                 Workflow = 17  // a person refused it
	Calculated               Workflow = 18  // a rule gives it
	Ended                    Workflow = 19  // "Inactive": its end is reached; never shown
	Cancellation             Workflow = 20  // found and refused: to be removed
	Suggested                Workflow = 21  // by a rule; baskets only, never stored
	SuggestedAutomatic       Workflow = 22  // by a rule that requests for new people; baskets only
	RequestedAutomatic       Workflow = 23  // the same, for a new person; baskets only
	Questioned               Workflow = 24  // a kept value whose source has changed
	PendingApprovalRisk      Workflow = 25  // requested, and a risk asks for an approval of its own
	Blocked                  Workflow = 26  // a rule would give it, and a risk forbids
	Prolonged                Workflow = 27  // lost, and in its grace period
	ApprovedRisk             Workflow = 116 // approved in spite of a risk
	GivenByRole              Workflow = 118 // a resource type that comes with a role
)

// Holds reports whether a workflow state counts for inference and for rules with a role criterion (role-model 12.6).
func (w Workflow) Holds() bool {
	switch w {
	case NonConforming, PreExisting, Approved, Calculated, Questioned, Prolonged, ApprovedRisk, GivenByRole:
		return true
	default:
		return false
	}
}

// Pending reports whether it was asked for, and somebody or something still stands between that and having it.
func (w Workflow) Pending() bool {
	switch w {
	case RequestMissingParameters, Requested, PendingApproval, PendingApproval1Of2, PendingApproval2Of2, PendingApproval1Of3, PendingApproval2Of3, PendingApproval3Of3, PendingApprovalRisk:
		return true
	default:
		return false
	}
}

// ByPerson reports whether a person gave it.
func (w Workflow) ByPerson() bool { return w == Approved || w == Prolonged || w == ApprovedRisk }

// Found reports whether it was only seen in a managed system.
func (w Workflow) Found() bool { return w == NonConforming || w == PreExisting }

// Over reports whether the row ends at the next computation.
func (w Workflow) Over() bool { return w == Declined || w == Cancellation || w == Ended }

// Origins of an assigned role.
const (
	OriginRule     = "RULE"
	OriginInferred = "INFERRED"
	OriginManual   = "MANUAL"
	OriginFound    = "FOUND"
	OriginGrace    = "GRACE"
)
