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

// Two processes, one of which dies again and again while clocks of a request come due: each is done once, however late (requests 9.4).
func TestClocksOutliveProcesses(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true, Processes: 2})
	employee := h.As(t, "employee")
	var me struct {
		Me struct{ Resource struct{ ID string } }
	}
	employee.MustDo(t, `{ me { resource { id } } }`, nil, &me)
	employee.MustDo(t, `mutation ($input: RequestAssignmentsInput!) { requestAssignments(input: $input) { request { id } } }`,
		apptest.Vars{"input": apptest.Vars{"items": []apptest.Vars{{"role": "Payment_Entry", "ownerIds": []string{me.Me.Resource.ID}}}}}, nil)
	times := func(action string) (n int) {
		require.NoError(t, h.DB.NewRaw(`select count(*) from request_history where action = ? and machine = 'request_step'`, action).Scan(t.Context(), &n))
		return n
	}
	once := func(action string, want int) {
		apptest.Eventually(t, action, time.Minute, func() (bool, error) { return times(action) >= want, nil })
	}
	h.MustAdvanceClock(t, 49*time.Hour)
	h.MustKillAll(t)
	h.MustRestartAll(t)
	once("remind", 1)
	h.MustAdvanceClock(t, 72*time.Hour)
	h.Processes[1].MustKill(t)
	once("escalate", 1)
	h.Processes[1].MustRestart(t)
	h.MustAdvanceClock(t, 2*time.Minute)
	apptest.Eventually(t, "everybody is told", time.Minute, func() (bool, error) {
		var n int
		err := h.DB.NewRaw(`select count(*) from request_notice`).Scan(t.Context(), &n)
		return n == 0, err
	})
	h.MustWaitQuiescent(t)
	require.Equal(t, [3]int{2, 1, 0}, [3]int{times("remind"), times("escalate"), times("expire")})
	h.MustAdvanceClock(t, 60*24*time.Hour)
	h.MustKillAll(t)
	h.MustRestartAll(t)
	once("expire", 1)
	var n struct{ Expired, Twice int }
	require.NoError(t, h.DB.NewRaw(`select (select count(*) from request_item where state = 'EXPIRED') as expired,
		(select count(*) from (select from event where kind like 'request.%' group by kind, subject_id, data ->> 'action', data ->> 'to' having count(*) > 1 and min(data ->> 'action') = 'expire') x) as twice`).Scan(t.Context(), &n))
	require.Equal(t, [2]int{1, 0}, [2]int{n.Expired, n.Twice})
}
