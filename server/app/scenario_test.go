package app

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/request"
)

// TestScenario23BlockingRiskInABasket: of five roles in one basket one would make a blocking risk. The whole request is refused, and nothing of it is left.
func TestScenario23BlockingRiskInABasket(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 0, "")
	var more string
	in := request.RequestAssignmentsInput{}
	for i := range 5 {
		role := "Press"
		if i != 2 {
			role = fmt.Sprint("Free", i)
			more += fmt.Sprintf("  - { identifier: %s, displayName: %s, entityType: Person, approvalWorkflowType: 0 }\n", role, role)
		}
		in.Items = append(in.Items, request.RequestItemInput{Role: role, OwnerIDs: []int64{s.personID("P0")}})
	}
	s.rules("singleRoles:\n" + more + `risks: [{ identifier: Mix, displayName: Staff and press, entityType: Person, level: 80, exemptionPolicy: blocking, rules: [{ items: [
  { resourceType: User, property: Groups, resource: staff }, { resourceType: User, property: Groups, resource: press }] }] }]`)
	rita := s.account("rita", mayDo, mayAsk)
	_, err := s.Requests.Submit(rita, in)
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.Empty(t, s.wishes(), "not even what is harmless")
	require.Zero(t, s.number(`select count(*) from assigned_role a join role r on r.id = a.role_id where r.identifier <> 'Staff'`))
	s.settled()

	in.Items = append(in.Items[:2], in.Items[3:]...)
	_, err = s.Requests.Submit(rita, in)
	require.NoError(t, err, "without it the other four are given")
	require.EqualValues(t, 4, s.number(`select count(*) from assigned_role a join role r on r.id = a.role_id where r.identifier like 'Free%' and a.valid_to = 'infinity' and a.workflow_state = 16`))
}
