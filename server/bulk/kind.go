package bulk

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/errs"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/reconciliation"
	"writ/server/redundancy"
)

// BulkKind is what a bulk change is about.
type BulkKind string

// The kinds.
const (
	ReconcileResources BulkKind = "RECONCILE_RESOURCES" // differences
	ReconcileRoles     BulkKind = "RECONCILE_ROLES"     // found roles
	ReviewRoles        BulkKind = "REVIEW_ROLES"        // prolonged roles
	Redundant          BulkKind = "REDUNDANT_ASSIGNMENTS"
	UnblockOrders      BulkKind = "UNBLOCK_ORDERS"      // errored orders
	ManualProvisioning BulkKind = "MANUAL_PROVISIONING" // tickets
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
)

// Filter chooses what a bulk change is about: one of its filters, that of the kind. An empty one finds all.
type Filter struct {
	Differences *reconciliation.ReconciliationFilter
	Roles       *reconciliation.RoleReconciliationFilter
	Prolonged   *reconciliation.ProlongedFilter
	Redundant   *redundancy.RedundantAssignmentFilter
	Orders      *order.OrderFilter
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

// kind is one row of the table.
type kind struct {
	kind      BulkKind
	decisions []BulkDecision
	single    string // permission of the single decision, per source entity type
	work      func(ctx context.Context, s *Service, tx bun.Tx, d BulkDecision, f Filter, comment string) (work, error)
}

// kinds is THE table of what a bulk change can be about. What has no single decision yet is not in it.
var kinds = []kind{
	{ReconcileResources, []BulkDecision{UseProposed, KeepCurrent, Authorize, AuthorizeWithoutOwner, DeleteAccount, Postpone, TakeUpAgain}, permit.ReconciliateResources,
		func(ctx context.Context, s *Service, tx bun.Tx, d BulkDecision, f Filter, comment string) (work, error) {
			if f.Differences == nil {
				f.Differences = &reconciliation.ReconciliationFilter{}
			}
			return s.Reconciliation.Many(ctx, tx, reconciliation.Asked{Decision: reconciliation.Decision(d), Differences: f.Differences, Comment: comment})
		}},
	{ReconcileRoles, []BulkDecision{KeepRole, RemoveRole, Postpone, TakeUpAgain}, permit.ReconciliateRoles,
		func(ctx context.Context, s *Service, tx bun.Tx, d BulkDecision, f Filter, comment string) (work, error) {
			if f.Roles == nil {
				f.Roles = &reconciliation.RoleReconciliationFilter{}
			}
			return s.Reconciliation.Many(ctx, tx, reconciliation.Asked{Decision: reconciliation.Decision(d), Roles: f.Roles, Comment: comment})
		}},
	{ReviewRoles, []BulkDecision{Approve, Decline}, permit.ReviewRoles,
		func(ctx context.Context, s *Service, tx bun.Tx, d BulkDecision, f Filter, comment string) (work, error) {
			if f.Prolonged == nil {
				f.Prolonged = &reconciliation.ProlongedFilter{}
			}
			return s.Reconciliation.Many(ctx, tx, reconciliation.Asked{Decision: reconciliation.Decision(d), Prolonged: f.Prolonged, Comment: comment})
		}},
	{Redundant, []BulkDecision{LeaveToRules}, permit.RedundantStart,
		func(ctx context.Context, s *Service, tx bun.Tx, _ BulkDecision, f Filter, comment string) (work, error) {
			return s.Redundancy.Many(ctx, tx, f.Redundant, comment)
		}},
	{UnblockOrders, []BulkDecision{Unblock}, permit.ReviewProvisioning, ofOrders},
	{ManualProvisioning, []BulkDecision{Confirm, ReportError}, permit.ManualProvisioning, ofOrders},
}

func ofOrders(ctx context.Context, s *Service, tx bun.Tx, d BulkDecision, f Filter, comment string) (work, error) {
	return s.Orders.Many(ctx, tx, order.ManyVerb(d), f.Orders, comment)
}

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

// of reports that a filter is of another kind.
func (f Filter) other(k BulkKind) bool {
	return f.Differences != nil && k != ReconcileResources || f.Roles != nil && k != ReconcileRoles || f.Prolonged != nil && k != ReviewRoles || f.Redundant != nil && k != Redundant || f.Orders != nil && k != UnblockOrders && k != ManualProvisioning
}
