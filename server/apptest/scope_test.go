package apptest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
	"writ/server/event"
)

// A profile narrowed to one department reads, decides, counts and hears only what is of that department, by whatever way it asks.
func TestNarrowedProfile(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	h.MustWriteFile(t, "config/5-finance.yaml", `profiles:
  - identifier: Finance_Desk
    displayName: Desk of Finance
    rules:
      - identifier: finance-desk
        entityType: Directory_User
        filters: [{ binding: Positions.Department, dimension: Department }]
        entries:
          - { permission: /Custom/ProvisioningPolicy/PerformManualProvisioning/Directory_User }
          - { permission: /Custom/ProvisioningPolicy/BulkPerformManualProvisioning/Directory_User }
          - { permission: /Custom/ProvisioningPolicy/ReviewProvisioning/Directory_User }
          - { permission: /Custom/ProvisioningPolicy/BulkReviewProvisioning/Directory_User }
          - { permission: /ProvisioningPolicy/AssignedResourceType/ManualProvisioningReview }
          - { permission: /ProvisioningPolicy/AssignedResourceType/Query }
          - { permission: /ProvisioningPolicy/AssignedSingleRole/Query }
          - { permission: /Custom/Resources/Directory_User/Query }
          - { permission: /Custom/Resources/Directory_User/View }
users:
  - { username: finance, displayName: Fina Finance, email: finance@northwind.example, demo: true, password: writ-demo, profiles: [{ profile: Finance_Desk, context: { Department: FIN } }] }
`)
	h.MustRun(t, "apply", h.DemoFile("config"))
	h.MustWaitQuiescent(t)
	mine := map[string]bool{}
	for _, p := range table(t, h, apptest.Positions) {
		if p["Department"] == "FIN" || strings.HasPrefix(p["Department"], "FIN-") {
			mine[p["EmployeeId"]] = true
		}
	}
	admin, finance := h.As(t, "admin"), h.As(t, "finance")
	tickets := admin.MustQueue(t, "manualOrders", apptest.Filter{})
	var inside, outside []*apptest.Order
	for _, o := range tickets {
		if mine[o.Key()] {
			inside = append(inside, o)
		} else {
			outside = append(outside, o)
		}
	}
	require.Greater(t, len(inside), 2)
	all := finance.MustOrders(t, apptest.Filter{})
	require.NotEmpty(t, all)
	for _, o := range all {
		require.True(t, mine[o.Key()], "order %s of %s", o.ID, o.Key())
	}

	stranger := outside[0]
	var read struct {
		Order, Resource *struct{ ID string }
	}
	finance.MustDo(t, `query($o: ID!, $r: ID!) { order(id: $o) { id } resource(id: $r) { id } }`, apptest.Vars{"o": stranger.ID, "r": stranger.Owner.ID}, &read)
	require.Nil(t, read.Order)
	require.Nil(t, read.Resource)
	err := finance.Do(`query($r: ID!) { permissionsView(resourceId: $r) { asOf } }`, apptest.Vars{"r": stranger.Owner.ID}, nil)
	require.Equal(t, "NOT_FOUND", apptest.CodeOf(err))
	finance.MustDo(t, `query($r: ID!) { permissionsView(resourceId: $r) { asOf } }`, apptest.Vars{"r": inside[0].Owner.ID}, nil)
	var counted struct {
		Counters struct{ Manual, ToReview int }
	}
	finance.MustDo(t, `{ counters { manual toReview } }`, nil, &counted)
	require.Equal(t, len(inside), counted.Counters.Manual)

	// bulk by a filter reaches the own ones only, and says nothing about others
	results, err := finance.Act("reportManualOrderErrors", "ReportManualOrderErrorsInput", apptest.Vars{"filter": apptest.Filter{Text: inside[0].Owner.DisplayName}, "message": "No cards."})
	require.NoError(t, err)
	require.Equal(t, []string{inside[0].ID}, resultIDs(results))
	results, err = finance.Act("unblockOrders", "BulkOrdersInput", apptest.Vars{"filter": apptest.Filter{}})
	require.NoError(t, err)
	require.Equal(t, []string{inside[0].ID}, resultIDs(results))
	admin.MustWaitOrder(t, inside[0].ID, 2)
	results, err = finance.Act("confirmManualOrders", "ConfirmManualOrdersInput", apptest.Vars{"filter": apptest.Filter{}})
	require.NoError(t, err)
	require.ElementsMatch(t, ids(inside), resultIDs(results))
	for _, r := range results {
		require.Nil(t, r.Error)
	}
	for verb, call := range map[string]func() ([]apptest.Result, error){
		"confirm": func() ([]apptest.Result, error) { return finance.Confirm(stranger.ID) },
		"report":  func() ([]apptest.Result, error) { return finance.ReportErrors("No.", stranger.ID) },
		"unblock": func() ([]apptest.Result, error) { return finance.Unblock(stranger.ID) },
		"review":  func() ([]apptest.Result, error) { return finance.Review("DECLINE", "No.", stranger.ID) },
	} {
		results, err := call()
		require.NoError(t, err, verb)
		require.Equal(t, "NOT_FOUND", results[0].Error.Code, verb)
		require.Nil(t, results[0].Order, verb)
	}
	require.Equal(t, 2, admin.MustOrder(t, stranger.ID).StateCode)

	// from the beginning, so that every change there ever was is weighed
	stream, err := finance.Socket(t.Context(), `subscription($a: String) { orderChanged(after: $a) { order { id owner { key } } } }`, apptest.Vars{"a": event.Cursor{}.String()})
	require.NoError(t, err)
	defer stream.Cut()
	heard := 0
	quiet := time.NewTimer(5 * time.Second)
	defer quiet.Stop()
	for open := true; open; {
		select {
		case raw, ok := <-stream.Values():
			if !ok {
				require.NoError(t, stream.Err())
				open = false
				break
			}
			var c struct {
				OrderChanged struct {
					Order struct {
						ID    string
						Owner struct{ Key string }
					}
				}
			}
			require.NoError(t, json.Unmarshal(raw, &c))
			require.True(t, mine[c.OrderChanged.Order.Owner.Key], "order %s", c.OrderChanged.Order.ID)
			heard++
			quiet.Reset(2 * time.Second)
		case <-quiet.C:
			open = false
		}
	}
	require.GreaterOrEqual(t, heard, 2*len(inside))
}
