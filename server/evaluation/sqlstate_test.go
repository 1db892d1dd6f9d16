package evaluation_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
)

// TestNamedStates: each name in SQL is the number of its state.
func TestNamedStates(t *testing.T) {
	t.Parallel()
	for name, number := range map[string]int{
		"NONE":              int(evaluation.None),
		"PENDING":           int(evaluation.Pending),
		"TRANSMITTED":       int(evaluation.Transmitted),
		"ERRORED":           int(evaluation.Errored),
		"VERIFIED":          int(evaluation.Verified),
		"AWAITING_APPROVAL": int(evaluation.AwaitingApproval),
		"INACTIVE":          int(evaluation.Inactive),
		"ERROR":             int(evaluation.Error),
		"EXECUTED":          int(evaluation.Executed),
		"WORKFLOW_APPROVED": int(evaluation.Approved), "WORKFLOW_CALCULATED": int(evaluation.Calculated),
		"WORKFLOW_PROLONGED": int(evaluation.Prolonged), "WORKFLOW_APPROVED_RISK": int(evaluation.ApprovedRisk),
		"WORKFLOW_NON_CONFORMING": int(evaluation.NonConforming),
		"WORKFLOW_PRE_EXISTING":   int(evaluation.PreExisting),
		"WORKFLOW_CANCELLATION":   int(evaluation.Cancellation),
		"WORKFLOW_QUESTIONED":     int(evaluation.Questioned),
	} {
		require.Equal(t, "x in ("+strconv.Itoa(number)+")::smallint", evaluation.Named("x in (:"+name+")::smallint"), name)
	}
	require.Panics(t, func() { evaluation.Named("x = :NOWHERE") })
}
