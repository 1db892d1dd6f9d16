package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// A process dies right after an approval was answered, before anything was computed or sent: another life of it gives what was approved, once.
func TestKilledAfterTheApproval(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	employee, reviewer := h.As(t, "employee"), h.As(t, "reviewer")
	var me struct {
		Me struct{ Resource struct{ ID string } }
	}
	employee.MustDo(t, `{ me { resource { id } } }`, nil, &me)
	var asked struct {
		RequestAssignments struct {
			Request struct {
				Items []struct {
					ID     string
					StepID string
				}
			}
		}
	}
	employee.MustDo(t, `mutation ($input: RequestAssignmentsInput!) { requestAssignments(input: $input) { request { items { id stepId } } } }`,
		apptest.Vars{"input": apptest.Vars{"clientKey": "one", "items": []apptest.Vars{{"role": "Payment_Entry", "ownerIds": []string{me.Me.Resource.ID}}}}}, &asked)
	item := asked.RequestAssignments.Request.Items[0]
	var decided struct {
		ReviewRequestItems struct {
			Results []struct {
				Error *struct{ Code string }
				Item  struct{ State string }
			}
		}
	}
	reviewer.MustDo(t, `mutation ($input: ReviewRequestItemsInput!) { reviewRequestItems(input: $input) { results { error { code } item { state } } } }`,
		apptest.Vars{"input": apptest.Vars{"stepIds": []string{item.StepID}, "decision": "APPROVE", "comment": "as agreed"}}, &decided)
	h.MustKillAll(t)
	require.Nil(t, decided.ReviewRequestItems.Results[0].Error)
	require.Equal(t, "APPROVED", decided.ReviewRequestItems.Results[0].Item.State)
	h.MustRestartAll(t)
	apptest.Eventually(t, "what was approved is seen", time.Minute, func() (bool, error) {
		var x struct{ RequestItem struct{ State string } }
		err := h.As(t, "employee").Do(`query ($id: ID!) { requestItem(id: $id) { state } }`, apptest.Vars{"id": item.ID}, &x)
		return x.RequestItem.State == "FULFILLED", err
	})
	h.MustWaitQuiescent(t)
	var n struct{ Decisions, Fulfilled, Rows int }
	require.NoError(t, h.DB.NewRaw(`select (select count(*) from request_decision) as decisions, (select count(*) from request_history where action = 'fulfil') as fulfilled,
		(select count(*) from assigned_role a join request_item i on i.assigned_role_id = a.id where a.valid_to = 'infinity' and a.workflow_state = 16) as rows`).Scan(t.Context(), &n))
	require.Equal(t, [3]int{1, 1, 1}, [3]int{n.Decisions, n.Fulfilled, n.Rows})

	// The answer to the submission was lost, too: the same key is the same request.
	employee = h.As(t, "employee")
	employee.MustDo(t, `mutation ($input: RequestAssignmentsInput!) { requestAssignments(input: $input) { request { items { id stepId } } } }`,
		apptest.Vars{"input": apptest.Vars{"clientKey": "one", "items": []apptest.Vars{{"role": "Payment_Entry", "ownerIds": []string{me.Me.Resource.ID}}}}}, &asked)
	require.Equal(t, item.ID, asked.RequestAssignments.Request.Items[0].ID)
}
