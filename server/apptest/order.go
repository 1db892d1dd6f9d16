package apptest

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// Order is an order as tests look at it.
type Order struct {
	ID           string
	State        string
	StateCode    int
	Kind         string
	IsManual     bool
	Owner        *struct{ ID, Key, DisplayName string }
	Target       *struct{ ID, Key string }
	ResourceType struct{ Identifier string }
	Lines        []Line
	History      []Move
	Attempt      int
	Attempts     []Attempt
	Error        *struct{ Class, Message, Hint string }
	WaitReason   *string
	ReviewedBy   *string
	Version      int
	CreatedAt    time.Time
	ClosedAt     *time.Time
}

// Line is one value of an order.
type Line struct {
	ID            string
	Property      *string
	Action        string
	StateCode     int
	WorkflowState int
	CurrentValue  *string
	ProposedValue *string
	WaitReason    *string
	Error         *string
	ClosedAt      *time.Time
	Version       int
}

// Move is one entry of an order's history.
type Move struct {
	LineID  *string
	Actor   string
	Action  string
	From    *string
	To      *string
	Comment string
}

// Attempt is one try.
type Attempt struct {
	Attempt        int
	Outcome        *string
	IdempotencyKey string
}

const orderFields = `id state stateCode kind isManual owner { id key displayName } target { id key } resourceType { identifier }
	lines { id property action stateCode workflowState currentValue proposedValue waitReason error closedAt version }
	history { lineId actor action from to comment } attempt attempts { attempt outcome idempotencyKey } error { class message hint } waitReason reviewedBy version createdAt closedAt`

// Filter is the OrderFilter of the API.
type Filter struct {
	States        []string `json:"states,omitempty"`
	Kinds         []string `json:"kinds,omitempty"`
	ResourceTypes []string `json:"resourceTypes,omitempty"`
	Connectors    []string `json:"connectors,omitempty"`
	OwnerID       string   `json:"ownerId,omitempty"`
	Text          string   `json:"text,omitempty"`
	Open          *bool    `json:"open,omitempty"`
}

var codes = map[string]int{"NONE": 0, "PENDING": 1, "TRANSMITTED": 2, "ERRORED": 3, "VERIFIED": 4, "AWAITING_APPROVAL": 5, "INACTIVE": 6, "ERROR": 7, "EXECUTED": 8}

// Path is the way a line went: the numbers of its states, without steps that stayed.
func (o *Order) Path(lineID string) []int {
	var path []int
	for _, m := range o.History {
		if m.LineID == nil || *m.LineID != lineID || m.To == nil {
			continue
		}
		if to := codes[*m.To]; len(path) == 0 || path[len(path)-1] != to {
			path = append(path, to)
		}
	}
	return path
}

// Paths are the different ways its lines went, in a fixed order.
func (o *Order) Paths() [][]int {
	var paths [][]int
	for _, l := range o.Lines {
		paths = append(paths, o.Path(l.ID))
	}
	slices.SortFunc(paths, func(a, b []int) int { return slices.Compare(a, b) })
	return slices.CompactFunc(paths, func(a, b []int) bool { return slices.Equal(a, b) })
}

// Line gives the line of a property ("" = the target itself); nil when there is none.
func (o *Order) Line(property string) *Line {
	for i, l := range o.Lines {
		if l.Property == nil && property == "" || l.Property != nil && *l.Property == property {
			return &o.Lines[i]
		}
	}
	return nil
}

// Did reports whether an action is in its history.
func (o *Order) Did(action string) bool {
	return slices.ContainsFunc(o.History, func(m Move) bool { return m.Action == action })
}

// Key is the key of its owner; "" for an orphan.
func (o *Order) Key() string {
	if o.Owner == nil {
		return ""
	}
	return o.Owner.Key
}

// ListOrders reads all orders that match, whatever their number, oldest first.
func (c *Client) ListOrders(f Filter) ([]*Order, error) { return c.list("orders", f) }

// MustOrders is ListOrders that fails the test.
func (c *Client) MustOrders(tb testing.TB, f Filter) []*Order {
	tb.Helper()
	list, err := c.ListOrders(f)
	if err != nil {
		tb.Fatalf("list orders: %v", err)
	}
	return list
}

// MustQueue reads a queue: reviewQueue or manualOrders.
func (c *Client) MustQueue(tb testing.TB, queue string, f Filter) []*Order {
	tb.Helper()
	list, err := c.list(queue, f)
	if err != nil {
		tb.Fatalf("read %s: %v", queue, err)
	}
	return list
}

func (c *Client) list(field string, f Filter) ([]*Order, error) {
	var all []*Order
	for after := (*string)(nil); ; {
		var out map[string]struct {
			Nodes    []*Order
			PageInfo struct {
				HasNextPage bool
				EndCursor   *string
			}
		}
		err := c.Do(`query($f: OrderFilter, $a: String) { `+field+`(first: 250, after: $a, filter: $f) { nodes { `+orderFields+` } pageInfo { hasNextPage endCursor } } }`,
			Vars{"f": f, "a": after}, &out)
		if err != nil {
			return nil, err
		}
		all = append(all, out[field].Nodes...)
		if after = out[field].PageInfo.EndCursor; !out[field].PageInfo.HasNextPage || after == nil {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b *Order) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// MustOrder reads one order.
func (c *Client) MustOrder(tb testing.TB, id string) *Order {
	tb.Helper()
	var out struct{ Order *Order }
	c.MustDo(tb, `query($id: ID!) { order(id: $id) { `+orderFields+` } }`, Vars{"id": id}, &out)
	if out.Order == nil {
		tb.Fatalf("%s does not see order %s", c.Username, id)
	}
	return out.Order
}

// MustWaitOrder waits until an order is in a state.
func (c *Client) MustWaitOrder(tb testing.TB, id string, code int) *Order {
	tb.Helper()
	var o *Order
	Eventually(tb, "order "+id+" in the awaited state", Patience, func() (bool, error) {
		o = c.MustOrder(tb, id)
		return o.StateCode == code, nil
	})
	return o
}

// Result is what a bulk operation did with one order.
type Result struct {
	ID    string
	Order *Order
	Error *struct{ Code, Message string }
}

// Act runs one of the verbs on orders with its input and gives the results.
func (c *Client) Act(mutation, inputType string, input Vars) ([]Result, error) {
	var out map[string]struct{ Results []Result }
	err := c.Do(`mutation($i: `+inputType+`!) { `+mutation+`(input: $i) { results { id order { `+orderFields+` } error { code message } } } }`, Vars{"i": input}, &out)
	return out[mutation].Results, err
}

// MustAct is Act for verbs that must work on every order.
func (c *Client) MustAct(tb testing.TB, mutation, inputType string, input Vars) []Result {
	tb.Helper()
	results, err := c.Act(mutation, inputType, input)
	if err != nil {
		tb.Fatalf("%s as %s: %v", mutation, c.Username, err)
	}
	for _, r := range results {
		if r.Error != nil {
			tb.Fatalf("%s as %s, order %s: %s %s", mutation, c.Username, r.ID, r.Error.Code, r.Error.Message)
		}
	}
	return results
}

// Review decides on whole orders.
func (c *Client) Review(decision, comment string, ids ...string) ([]Result, error) {
	in := Vars{"orderIds": ids, "decision": decision}
	if comment != "" {
		in["comment"] = comment
	}
	return c.Act("reviewOrders", "ReviewOrdersInput", in)
}

// Confirm says that tickets are done.
func (c *Client) Confirm(ids ...string) ([]Result, error) {
	return c.Act("confirmManualOrders", "ConfirmManualOrdersInput", Vars{"orderIds": ids})
}

// ReportErrors says that tickets cannot be done.
func (c *Client) ReportErrors(message string, ids ...string) ([]Result, error) {
	return c.Act("reportManualOrderErrors", "ReportManualOrderErrorsInput", Vars{"orderIds": ids, "message": message})
}

// Unblock sends errored orders again.
func (c *Client) Unblock(ids ...string) ([]Result, error) {
	return c.Act("unblockOrders", "BulkOrdersInput", Vars{"orderIds": ids})
}
