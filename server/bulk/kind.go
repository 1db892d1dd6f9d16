package bulk

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/reconciliation"
	"writ/server/redundancy"
	"writ/server/request"
)

// BulkKind is what a bulk change is about.
type BulkKind string

// The kinds.
const (
	ReconcileResources BulkKind = "RECONCILE_RESOURCES" // differences
	ReconcileRoles     BulkKind = "RECONCILE_ROLES"     // found roles
	ReviewRoles        BulkKind = "REVIEW_ROLES"        // prolonged roles, or requests that wait for an approval
	Redundant          BulkKind = "REDUNDANT_ASSIGNMENTS"
	ReviewOrders       BulkKind = "REVIEW_ORDERS"       // orders that wait for a review
	UnblockOrders      BulkKind = "UNBLOCK_ORDERS"      // errored orders
	ManualProvisioning BulkKind = "MANUAL_PROVISIONING" // tickets
	AssignEntitlements BulkKind = "ASSIGN_ENTITLEMENTS" // people who are to have a role
	RemoveEntitlements BulkKind = "REMOVE_ENTITLEMENTS" // people who are to have it no more
	UpdateProperty     BulkKind = "UPDATE_PROPERTY"     // people whose value is set
	ResetRecognition   BulkKind = "RESET_RECOGNITION"   // accounts that rules recognize again
)

// BulkDecision is what is done to each item.
type BulkDecision string

// The decisions that are not those of reconciliation.
const (
	UseProposed           BulkDecision = "USE_PROPOSED"
	KeepCurrent           BulkDecision = "KEEP_CURRENT"
	Postpone              BulkDecision = "POSTPONE"
	TakeUpAgain           BulkDecision = "TAKE_UP_AGAIN"
	Authorize             BulkDecision = "AUTHORIZE"
	AuthorizeWithoutOwner BulkDecision = "AUTHORIZE_WITHOUT_OWNER"
	DeleteAccount         BulkDecision = "DELETE_ACCOUNT"
	KeepRole              BulkDecision = "KEEP_ROLE"
	RemoveRole            BulkDecision = "REMOVE_ROLE"
	Approve               BulkDecision = "APPROVE"
	Decline               BulkDecision = "DECLINE"
	LeaveToRules          BulkDecision = "LEAVE_TO_RULES"
	Unblock               BulkDecision = "UNBLOCK"
	Confirm               BulkDecision = "CONFIRM"
	ReportError           BulkDecision = "REPORT_ERROR"
	Request               BulkDecision = "REQUEST"
	SetValue              BulkDecision = "SET_VALUE"
	Reset                 BulkDecision = "RESET"
)

// Filters choose what a bulk change is about: one of them, that of the kind. An empty one finds all.
type Filters struct {
	Differences *reconciliation.ReconciliationFilter
	Roles       *reconciliation.RoleReconciliationFilter
	Prolonged   *reconciliation.ProlongedFilter
	Approvals   *request.RequestFilter
	Redundant   *redundancy.RedundantAssignmentFilter
	Orders      *order.OrderFilter
	People      *directory.PeopleFilter
	Recognized  *reconciliation.RecognizedAccountFilter
}

// by names a filter.
type by int

const (
	byNone by = iota
	byDifferences
	byRoles
	byProlonged
	byApprovals
	byRedundant
	byOrders
	byPeople
	byRecognized
)

// given are the filters that are there.
func (f Filters) given() (list []by) {
	for b, is := range map[by]bool{byDifferences: f.Differences != nil, byRoles: f.Roles != nil, byProlonged: f.Prolonged != nil, byApprovals: f.Approvals != nil, byRedundant: f.Redundant != nil, byOrders: f.Orders != nil, byPeople: f.People != nil,
		byRecognized: f.Recognized != nil} {
		if is {
			list = append(list, b)
		}
	}
	return list
}

// Payload is what is set or asked for, of the kinds that are about people, and which of two lists a kind is about.
type Payload struct {
	Approvals   bool                          `json:",omitempty"` // of ReviewRoles: requests
	EntityType  string                        `json:",omitempty"`
	Value       *directory.PropertyValueInput `json:",omitempty"`
	Entitlement *request.EntitlementInput     `json:",omitempty"`
}

// of is the filter of people, of the entity type that was said first.
func (p *Payload) of(f Filters) directory.PeopleFilter {
	of := directory.PeopleFilter{EntityType: p.EntityType}
	if f.People != nil {
		of.Filter = f.People.Filter
	}
	return of
}

// work is one decision about many: which those are for the caller, and how one of them is done.
type work interface {
	// Select chooses id, name, about and seal.
	Select() schema.QueryWithArgs
	// Explained refuses a comment that is missing.
	Explained(ctx context.Context, tx bun.Tx) error
	// One does it to one item in the caller's transaction, with the checks of a single decision. refused: why not.
	One(ctx context.Context, tx bun.Tx, id int64, seal string) (before, after string, refused *errs.Error, err error)
}

// asked is what a row of the table needs to prepare its work.
type asked struct {
	decision BulkDecision
	filters  Filters
	payload  Payload
	comment  string
}

// kind is one row of the table.
type kind struct {
	kind      BulkKind
	decisions []BulkDecision
	filter    by
	single    func(entityType string) string // the permission by which one may look at bulk changes
	work      func(ctx context.Context, s *Service, tx bun.Tx, a asked) (work, error)
}

// kinds is THE table of bulk changes (role-model 10.2).
var kinds = []kind{
	{ReconcileResources, []BulkDecision{UseProposed, KeepCurrent, Authorize, AuthorizeWithoutOwner, DeleteAccount, Postpone, TakeUpAgain}, byDifferences, under(permit.ReconciliateResources), ofDifferences},
	{ReconcileRoles, []BulkDecision{KeepRole, RemoveRole, Postpone, TakeUpAgain}, byRoles, under(permit.ReconciliateRoles), ofDifferences},
	{ReviewRoles, []BulkDecision{Approve, Decline}, byProlonged, under(permit.ReviewRoles),
		func(ctx context.Context, s *Service, tx bun.Tx, a asked) (work, error) {
			if a.filters.Approvals != nil {
				return s.Requests.ManyReviews(ctx, tx, request.StepDecision(a.decision), a.filters.Approvals, a.comment)
			}
			return ofDifferences(ctx, s, tx, a)
		}},
	{Redundant, []BulkDecision{LeaveToRules}, byRedundant, func(string) string { return permit.RedundantStart },
		func(ctx context.Context, s *Service, tx bun.Tx, a asked) (work, error) {
			return s.Redundancy.Many(ctx, tx, a.filters.Redundant, a.comment)
		}},
	{ReviewOrders, []BulkDecision{Approve, Decline, Postpone}, byOrders, under(permit.ReviewProvisioning), ofOrders},
	{UnblockOrders, []BulkDecision{Unblock}, byOrders, under(permit.ReviewProvisioning), ofOrders},
	{ManualProvisioning, []BulkDecision{Confirm, ReportError}, byOrders, under(permit.ManualProvisioning), ofOrders},
	{AssignEntitlements, []BulkDecision{Request}, byPeople, permit.MassRequest, ofEntitlements(request.Add)},
	{RemoveEntitlements, []BulkDecision{Request}, byPeople, permit.MassRequest, ofEntitlements(request.Remove)},
	{UpdateProperty, []BulkDecision{SetValue}, byPeople, func(of string) string { return permit.Resource(of, "MassUpdate") },
		func(ctx context.Context, s *Service, tx bun.Tx, a asked) (work, error) {
			return s.Directory.Many(ctx, tx, a.payload.of(a.filters), *a.payload.Value)
		}},
	{ResetRecognition, []BulkDecision{Reset}, byRecognized, under(permit.ReconciliateResources),
		func(ctx context.Context, s *Service, tx bun.Tx, a asked) (work, error) {
			return s.Reconciliation.ManyRecognized(ctx, tx, a.filters.Recognized, a.comment)
		}},
}

func under(permission string) func(string) string {
	return func(entityType string) string { return permit.For(permission, entityType) }
}

// ofDifferences is the work about what reconciliation decides: the filter that is there says about which of it.
func ofDifferences(ctx context.Context, s *Service, tx bun.Tx, a asked) (work, error) {
	return s.Reconciliation.Many(ctx, tx, reconciliation.Asked{Decision: reconciliation.Decision(a.decision), Differences: a.filters.Differences, Roles: a.filters.Roles, Prolonged: a.filters.Prolonged,
		Comment: a.comment})
}

func ofOrders(ctx context.Context, s *Service, tx bun.Tx, a asked) (work, error) {
	return s.Orders.Many(ctx, tx, order.ManyVerb(a.decision), a.filters.Orders, a.comment)
}

func ofEntitlements(action request.RequestAction) func(context.Context, *Service, bun.Tx, asked) (work, error) {
	return func(ctx context.Context, s *Service, tx bun.Tx, a asked) (work, error) {
		return s.Requests.Many(ctx, tx, action, a.payload.of(a.filters), *a.payload.Entitlement, a.comment)
	}
}

// prepare makes the work of a bulk change; where no filter is there it is that of all.
func (s *Service) prepare(ctx context.Context, tx bun.Tx, c *BulkChange, f Filters) (work, error) {
	k, err := kindOf(c.Kind, c.Decision)
	if err != nil {
		return nil, err
	}
	filter := k.filter
	if c.payload.Approvals {
		filter = byApprovals
	}
	if given := f.given(); len(given) == 0 {
		switch filter {
		case byDifferences:
			f.Differences = &reconciliation.ReconciliationFilter{}
		case byRoles:
			f.Roles = &reconciliation.RoleReconciliationFilter{}
		case byProlonged:
			f.Prolonged = &reconciliation.ProlongedFilter{}
		case byApprovals:
			f.Approvals = &request.RequestFilter{}
		}
	} else if len(given) > 1 || given[0] != filter {
		return nil, errs.Invalid("input", "This filter is for another kind of bulk change than %s.", c.Kind)
	}
	return k.work(ctx, s, tx, asked{c.Decision, f, c.payload, c.Comment})
}

// kindOf finds the row of a kind, and refuses a decision that it has not.
func kindOf(k BulkKind, d BulkDecision) (kind, error) {
	i := slices.IndexFunc(kinds, func(x kind) bool { return x.kind == k })
	if i < 0 {
		return kind{}, errs.Invalid("input.kind", "There is no bulk change of kind %s.", k)
	}
	if !slices.Contains(kinds[i].decisions, d) {
		return kind{}, errs.Invalid("input.decision", "%s is no decision of %s. There are %v.", d, k, kinds[i].decisions)
	}
	return kinds[i], nil
}
