package order

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// every permission on orders, as one rule about a data set gives them.
func ordersOf(dataSet string, filters ...permit.Filter) []permit.Grant {
	var grants []permit.Grant
	for _, p := range []string{permit.OrderQuery, permit.ReviewProvisioning, permit.BulkReviewProvisioning, permit.ManualProvisioning, permit.BulkManualProvisioning, permit.TicketReview} {
		grants = append(grants, permit.Grant{Path: p, EntityType: dataSet, Filters: filters})
	}
	return grants
}

// A rule opens the orders of owners of its own data set, by whatever way one asks. Mixed with another it opens the sum of both, no more.
func TestRuleAboutOneDataSet(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.id(`insert into entity_type (identifier, display_name) values ('Directory_Department', 'Department') returning id`)
	w.exec(`update resource set scalars = '{"Department": "IT"}' where id = ?`, w.owners[1])
	w.plan(w.creation(0, 5), w.creation(1, 5), w.creation(2, 5))
	w.exec(`update provisioning_order set is_manual = true`)
	it := permit.Filter{Binding: "Department", Value: "IT"}
	for name, c := range map[string]struct {
		grants []permit.Grant
		want   []int // people
	}{
		"OwnDataSet":            {ordersOf("Directory_User"), []int{0, 1, 2}},
		"EveryDataSet":          {ordersOf(""), []int{0, 1, 2}},
		"BuiltIn":               {ordersOf("AssignedResourceType"), []int{0, 1, 2}},
		"OtherDataSet":          {ordersOf("Directory_Department"), nil},
		"DataSetThatIsGone":     {ordersOf("Directory_Guest"), nil},
		"OtherBuiltIn":          {ordersOf("Job"), nil},
		"Narrowed":              {ordersOf("Directory_User", it), []int{1}},
		"NarrowedBuiltIn":       {ordersOf("AssignedResourceType", permit.Filter{Binding: "owner.Department", Value: "IT"}), []int{1}},
		"MixedWithOtherDataSet": {append(ordersOf("Directory_User", it), ordersOf("Directory_Department")...), []int{1}},
		"MixedWithOtherBuiltIn": {append(ordersOf("Directory_User", it), ordersOf("Job")...), []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := person(t.Context(), 0, c.grants...)
			var want, others []int64
			for i := range 3 {
				if id := w.order(i).ID; slices.Contains(c.want, i) {
					want = append(want, id)
				} else {
					others = append(others, id)
				}
			}
			ids := func(list *OrderConnection, err error) (ids []int64) {
				if errs.Is(err, errs.Forbidden) && len(want) == 0 {
					return nil
				}
				require.NoError(t, err)
				for _, o := range list.Nodes() {
					ids = append(ids, o.ID)
				}
				require.Equal(t, len(ids), list.TotalCount)
				return ids
			}
			all := page.Args{First: 100}
			require.ElementsMatch(t, want, ids(w.s.List(ctx, all, nil, nil, Selection{Total: true})))
			require.ElementsMatch(t, want, ids(w.s.ReviewQueue(ctx, all, nil, nil, Selection{Total: true})))
			ids(w.s.ManualOrders(ctx, all, nil, Selection{Total: true}))
			counters, err := w.s.Counters(ctx)
			require.NoError(t, err)
			require.Equal(t, len(want), counters.ToReview)
			waiting := 0
			for _, s := range counters.OrdersByState {
				waiting += s.Count
			}
			require.Equal(t, len(want), waiting)
			for verb, act := range map[string]func(context.Context, []int64) (*BulkOrdersPayload, error){
				"review": func(ctx context.Context, ids []int64) (*BulkOrdersPayload, error) {
					return w.s.Review(ctx, ReviewOrdersInput{OrderIDs: ids, Decision: new(DecideApprove)})
				},
				"unblock": func(ctx context.Context, ids []int64) (*BulkOrdersPayload, error) {
					return w.s.Unblock(ctx, BulkOrdersInput{OrderIDs: ids})
				},
				"reconsider": func(ctx context.Context, ids []int64) (*BulkOrdersPayload, error) {
					return w.s.Reconsider(ctx, BulkOrdersInput{OrderIDs: ids})
				},
				"confirm": func(ctx context.Context, ids []int64) (*BulkOrdersPayload, error) {
					return w.s.Confirm(ctx, ConfirmManualOrdersInput{OrderIDs: ids})
				},
				"report": func(ctx context.Context, ids []int64) (*BulkOrdersPayload, error) {
					return w.s.ReportErrors(ctx, ReportManualOrderErrorsInput{OrderIDs: ids, Message: "x"})
				},
				"take": func(ctx context.Context, ids []int64) (*BulkOrdersPayload, error) {
					return w.s.Take(ctx, BulkOrdersInput{OrderIDs: ids})
				},
			} {
				if len(others) == 0 {
					continue
				}
				p, err := act(ctx, others)
				if errs.Is(err, errs.Forbidden) && len(want) == 0 {
					continue
				}
				require.NoError(t, err, verb)
				for _, r := range p.Results {
					require.Equal(t, "NOT_FOUND", r.Error.Code, verb)
					require.Nil(t, r.Order, verb)
				}
			}
		})
	}

	t.Run("TheTicketRightMustReachTheOrderToo", func(t *testing.T) {
		ctx := person(t.Context(), 0, permit.Grant{Path: permit.ManualProvisioning, EntityType: "Directory_User"},
			permit.Grant{Path: permit.TicketReview, EntityType: "Directory_User", Filters: []permit.Filter{it}})
		p, err := w.s.Confirm(ctx, ConfirmManualOrdersInput{OrderIDs: []int64{w.order(0).ID}})
		require.NoError(t, err)
		require.Equal(t, "NOT_FOUND", p.Results[0].Error.Code)
	})
	t.Run("LinesOfOthersAreNotThere", func(t *testing.T) {
		line := func(i int) LineDecisionInput {
			return LineDecisionInput{scan[int64](w, "select min(id) from order_line where order_id = ?", w.order(i).ID), DecidePostpone, 1}
		}
		nothing := LineDecisionInput{999_999, DecidePostpone, 1}
		for name, c := range map[string]struct {
			ctx  context.Context
			want errs.Kind
		}{
			"nobody":     {t.Context(), errs.Unauthenticated},
			"no right":   {person(t.Context(), 0), errs.Forbidden},
			"other type": {person(t.Context(), 0, ordersOf("Directory_Department")...), errs.NotFound},
			"narrowed":   {person(t.Context(), 0, ordersOf("Directory_User", it)...), errs.NotFound},
		} {
			_, there := w.s.Review(c.ctx, ReviewOrdersInput{Lines: []LineDecisionInput{line(0)}})
			require.True(t, errs.Is(there, c.want), "%s: got %v", name, there)
			_, apart := w.s.Review(c.ctx, ReviewOrdersInput{Lines: []LineDecisionInput{line(0), line(2)}})
			_, gone := w.s.Review(c.ctx, ReviewOrdersInput{Lines: []LineDecisionInput{nothing}})
			require.Equal(t, gone.Error(), there.Error(), name)
			require.Equal(t, gone.Error(), apart.Error(), name)
		}
	})
	t.Run("APreviewCountsEverybody", func(t *testing.T) {
		_, err := w.s.Preview(person(t.Context(), 0, ordersOf("Directory_User", it)...), GenerateInput{Connector: "LDAP"}, page.Args{First: 5})
		require.True(t, errs.Is(err, errs.Forbidden), "got %v", err)
	})
}

// TestSearchTellsNoHiddenMail: an order is found by what its reader sees of owner and target. Their mail addresses he can find only where he may
// read them: else guessing would tell them.
func TestSearchTellsNoHiddenMail(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.exec(`update resource set scalars = '{"Department": "IT", "Mail": "owner@hidden.test"}' where id = ?`, w.owners[0])
	w.plan(w.creation(0, 5), w.change(1, w.target(1), "New", 5), w.creation(2, 5))
	w.exec(`update resource set scalars = '{"mail": "target@hidden.test"}' where entity_type_id = ?`, w.account)
	it := permit.Filter{Binding: "Department", Value: "IT"}
	read := func(entityType string, filters ...permit.Filter) permit.Grant {
		return permit.Grant{Path: permit.Resource(entityType, "Query"), EntityType: entityType, Filters: filters}
	}
	for name, c := range map[string]struct {
		grants []permit.Grant
		found  []string
	}{
		"NoneReadable":   {ordersOf("AssignedResourceType"), nil},
		"OtherFiltered":  {append(ordersOf("AssignedResourceType"), read("Directory_User", permit.Filter{Binding: "Department", Value: "HR"})), nil},
		"OwnersReadable": {append(ordersOf("AssignedResourceType"), read("Directory_User", it)), []string{"owner@hidden.test"}},
		"TargetReadable": {append(ordersOf("AssignedResourceType"), read("LDAP_Entry")), []string{"target@hidden.test"}},
		"InCourse":       {ordersOf("Directory_User"), []string{"owner@hidden.test"}},
		"All":            {ordersOf(""), []string{"owner@hidden.test", "target@hidden.test"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := person(t.Context(), 0, c.grants...)
			args := page.Args{First: 10}
			ids := []int64{w.order(0).ID, w.order(1).ID, w.order(2).ID}
			orders, err := w.s.ByIDs(ctx, ids, Selection{})
			require.NoError(t, err)
			for _, text := range []string{"owner@hidden.test", "target@hidden.test", "owner@hid", "@hidden", "Person 00", "U000", "u001"} {
				f := &OrderFilter{Text: &text}
				want := 0
				for _, mail := range c.found {
					if strings.Contains(mail, text) {
						want++
					}
				}
				switch text {
				case "Person 00":
					want = 3
				case "U000", "u001":
					want = 1
				}
				list, err := w.s.List(ctx, args, f, nil, Selection{Total: true})
				require.NoError(t, err)
				require.Equal(t, want, list.TotalCount, text)
				queue, err := w.s.ReviewQueue(ctx, args, f, nil, Selection{Total: true})
				require.NoError(t, err)
				require.Equal(t, want, queue.TotalCount, text)
				matched := 0
				for _, o := range orders {
					if f.Match(o) {
						matched++
					}
				}
				require.Equal(t, want, matched, "%s in memory", text)
			}
		})
	}
}
