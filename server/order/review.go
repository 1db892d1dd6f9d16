package order

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
)

// LineDecision is what a reviewer decides.
type LineDecision string

// The decisions (spec 3.3).
const (
	DecideApprove  LineDecision = "APPROVE"
	DecideDecline  LineDecision = "DECLINE"
	DecidePostpone LineDecision = "POSTPONE"
)

// ReviewOrdersInput decides whole orders (ids or a filter, never both), or lines of one order.
type ReviewOrdersInput struct {
	OrderIDs []int64
	Filter   *OrderFilter
	Decision *LineDecision
	Lines    []LineDecisionInput
	Comment  *string
}

// LineDecisionInput decides one line. Version is the one the caller saw: STALE_ITEM when it changed.
type LineDecisionInput struct {
	LineID   int64
	Decision LineDecision
	Version  int
}

// BulkOrdersInput names orders by ids or by a filter.
type BulkOrdersInput struct {
	OrderIDs []int64
	Filter   *OrderFilter
	Comment  *string
}

// BulkOrdersPayload has one result per order, in the order given.
type BulkOrdersPayload struct {
	Results []OrderResult
}

// OrderResult is what became of one order; Error is nil when it was done.
type OrderResult struct {
	ID    int64
	Order *Order
	Error *ItemError
}

// ItemError is an expected failure of one item of a bulk operation.
type ItemError struct {
	Code    string
	Message string
}

func itemError(e *errs.Error) *ItemError {
	if e == nil {
		return nil
	}
	return &ItemError{Code: string(e.Kind), Message: e.Message}
}

// bulkBatch is how many orders one transaction of a bulk operation takes: each batch stands for itself.
const bulkBatch = 100

// Review approves, declines or postpones (spec 3.3, 3.4). It needs ReviewProvisioning of the source entity type. Each order stands for
// itself: its result says what went wrong with it. The lines of one order are decided together or not at all.
func (s *Service) Review(ctx context.Context, in ReviewOrdersInput) (*BulkOrdersPayload, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if len(in.Lines) > 0 {
		return s.reviewLines(ctx, in)
	}
	return s.bulk(ctx, s.reviewing(in))
}

// reviewing is a decision about whole orders as an action.
func (s *Service) reviewing(in ReviewOrdersInput) bulkAction {
	return bulkAction{
		permission: permit.ReviewProvisioning, among: "o.needs_review", ids: in.OrderIDs, filter: in.Filter,
		do: func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error {
			r := &review{Service: s, now: now, comment: text(in.Comment), whole: true}
			for _, o := range orders {
				for _, l := range o.lines {
					r.want(o, l, *in.Decision, 0)
				}
			}
			return r.carryOut(ctx, tx, orders)
		},
	}
}

func (in ReviewOrdersInput) check() error {
	if err := checkComment(in.Comment); err != nil {
		return err
	}
	whole := len(in.Lines) == 0
	switch {
	case whole && len(in.OrderIDs) == 0 && in.Filter == nil, !whole && (len(in.OrderIDs) > 1 || in.Filter != nil):
		return errs.Invalid("input", "Name orders (by ids or a filter) or lines of one order.")
	case whole && in.Decision == nil:
		return errs.Invalid("input.decision", "Say what you decide: APPROVE, DECLINE or POSTPONE.")
	case len(in.Lines) > 0 && in.Decision != nil:
		return errs.Invalid("input.decision", "With lines, every line has its own decision.")
	}
	if whole {
		if err := idsOrFilter(in.OrderIDs, in.Filter); err != nil {
			return err
		}
	}
	decisions := []LineDecision{}
	if in.Decision != nil {
		decisions = append(decisions, *in.Decision)
	}
	seen := map[int64]bool{}
	for i, l := range in.Lines {
		if seen[l.LineID] {
			return errs.Invalid(fmt.Sprintf("input.lines[%d].lineId", i), "Line %d is there twice.", l.LineID)
		}
		seen[l.LineID] = true
		decisions = append(decisions, l.Decision)
	}
	for _, d := range decisions {
		if d != DecideApprove && d != DecideDecline && d != DecidePostpone {
			return errs.Invalid("input.decision", "There is no decision %s.", d)
		}
	}
	if slices.Contains(decisions, DecideDecline) && strings.TrimSpace(text(in.Comment)) == "" {
		return errs.Invalid("input.comment", "Say why you decline: the comment is required.")
	}
	return nil
}

// checkComment refuses comments that no history should have to keep, once for each line of each order.
func checkComment(comment *string) error {
	if n := utf8.RuneCountInString(text(comment)); n > maxTicketMessage {
		return errs.Invalid("input.comment", "A comment has at most %d characters; this one has %d.", maxTicketMessage, n)
	}
	return nil
}

func idsOrFilter(ids []int64, filter *OrderFilter) error {
	if (len(ids) > 0) == (filter != nil) {
		return errs.Invalid("input", "Give either orderIds or a filter, not both and not none.")
	}
	return nil
}

// reviewLines decides lines of one order. Lines of orders that the caller may not review are not there for him.
func (s *Service) reviewLines(ctx context.Context, in ReviewOrdersInput) (*BulkOrdersPayload, error) {
	shape, err := s.shape(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := need(ctx, shape, permit.ReviewProvisioning)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(in.Lines))
	for i, l := range in.Lines {
		ids[i] = l.LineID
	}
	var orders []int64
	err = s.DB.NewRaw(`select distinct o.id from order_line l join provisioning_order o on o.id = l.order_id left join resource w on w.id = o.owner_id
		where l.id = any(?) and ?`, arrayOf(ids), may).Scan(ctx, &orders)
	if err != nil {
		return nil, fmt.Errorf("find the order of lines: %w", err)
	}
	if len(orders) > 1 {
		return nil, errs.Invalid("input.lines", "The lines belong to different orders. Decide one order at a time.")
	}
	if len(orders) == 0 {
		return nil, errs.Missing("None of these lines exists, or they are not yours to review.").At("input.lines")
	}
	if len(in.OrderIDs) == 1 && in.OrderIDs[0] != orders[0] {
		return nil, errs.Invalid("input.lines", "The lines belong to order %d, not to order %d.", orders[0], in.OrderIDs[0])
	}
	return s.bulk(ctx, bulkAction{
		permission: permit.ReviewProvisioning, among: "true", ids: orders,
		do: func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error {
			r := &review{Service: s, now: now, comment: text(in.Comment)}
			for _, o := range orders { // one, or none when it is out of scope
				byID := map[int64]*reviewLine{}
				for _, l := range o.lines {
					byID[l.ID] = l
				}
				for _, d := range in.Lines {
					l := byID[d.LineID]
					if l == nil || d.Version != l.Version {
						o.fail(errs.New(errs.StaleItem, "This order changed since you looked at it. Read it again, then decide."))
						break
					}
					r.want(o, l, d.Decision, d.Version)
				}
			}
			return r.carryOut(ctx, tx, orders)
		},
	})
}

// review collects decisions and carries them out.
type review struct {
	*Service
	now     time.Time
	comment string
	whole   bool
	denied  []*lockedOrder // associations
	stays   []int64        // assigned resource types whose target is kept
}

// want adds a decision on one line. Whole orders skip the lines that nobody has to decide.
func (r *review) want(o *lockedOrder, l *reviewLine, d LineDecision, version int) {
	if o.err != nil || o.isDecided {
		return
	}
	waiting := l.State == evaluation.AwaitingApproval || d == DecideDecline && l.State == evaluation.Errored
	if !waiting {
		if !r.whole {
			o.fail(invalid(Action(strings.ToLower(string(d))), l.State))
		}
		return
	}
	m := Move{LineID: l.ID, Version: version, Comment: r.comment}
	switch d {
	case DecideApprove:
		a := Approve
		if o.isEarly(l, r.now) {
			a, m.WaitReason = ApproveEarly, "not_due"
		}
		o.steps = append(o.steps, step{a, m})
	case DecidePostpone:
		o.steps = append(o.steps, step{Postpone, m})
		o.isPostponed = true
		return
	case DecideDecline:
		r.decline(o, l, m)
	}
	o.isReviewed = true
}

// isEarly reports whether a line may not be provisioned yet: its own date, or that of the whole creation, lies ahead.
func (o *lockedOrder) isEarly(l *reviewLine, now time.Time) bool {
	if l.Action == evaluation.LineDelete || l.Action == evaluation.LineRemove {
		return false
	}
	return !due(l.StartDate, o.HoursAhead, now) || o.Kind == evaluation.Create && o.DueAt != nil && o.DueAt.After(now)
}

// decline does what declining means for this kind of line (spec 3.4). Declining the existence of the target decides the whole order.
func (r *review) decline(o *lockedOrder, l *reviewLine, m Move) {
	switch l.Action {
	case evaluation.LineDelete: // keep resource
		m.Close = true
		o.steps = []step{{Keep, m}}
		o.rest(l.ID, true, r.comment)
		r.stays = append(r.stays, o.AssignedResourceTypeID)
		o.isDecided = true
	case evaluation.LineAssociate: // deny association: as if the target had not been found
		m.Close, m.Workflow = true, evaluation.Declined
		o.steps = []step{{Decline, m}}
		o.rest(l.ID, true, r.comment)
		r.denied = append(r.denied, o)
		o.isDecided = true
	case evaluation.LineCreate: // ignore creation
		m.Workflow = evaluation.Declined
		a := Decline
		if _, ok := Decline.target(l.State); !ok {
			a = Withdraw // approved before
		}
		o.steps = []step{{a, m}}
		o.rest(l.ID, false, r.comment)
		o.kept = []assignment.Refusal{{TypeID: o.AssignedResourceTypeID}}
		for _, other := range o.lines {
			if other.ID != l.ID {
				o.kept = append(o.kept, keptOf(o, other))
			}
		}
		o.isDecided = true
	default:
		m.Workflow = evaluation.Declined
		o.steps = append(o.steps, step{Decline, m})
		o.kept = append(o.kept, keptOf(o, l))
	}
}

func keptOf(o *lockedOrder, l *reviewLine) assignment.Refusal {
	row := assignment.Refusal{TypeID: o.AssignedResourceTypeID, Property: text(l.Property), ValueID: l.ValueID, Value: l.CurrentValue, Against: l.ProposedValue}
	if l.Action == evaluation.LineSet { // one value: what was refused is told by kept_against
		row.ValueID = nil
	}
	return row
}

// rest ends or stops all other lines of an order whose target is not wanted.
func (o *lockedOrder) rest(except int64, ends bool, comment string) {
	for _, l := range o.lines {
		if l.ID == except {
			continue
		}
		m := Move{LineID: l.ID, Comment: comment, Close: ends, Workflow: evaluation.Declined}
		a := Decline
		if _, ok := Decline.target(l.State); !ok {
			a = Withdraw
		}
		if l.State == evaluation.Verified || l.State == evaluation.Executed {
			a, m.Workflow = End, evaluation.WorkflowNone
		}
		o.steps = append(o.steps, step{a, m})
	}
}

func (r *review) carryOut(ctx context.Context, tx bun.Tx, orders []*lockedOrder) error {
	var steps []step
	var kept []assignment.Refusal
	var reviewed, postponed []int64
	if err := r.keepKeys(ctx, tx, orders); err != nil {
		return err
	}
	for _, o := range orders {
		if o.err != nil {
			continue
		}
		if len(o.steps) == 0 {
			o.fail(o.notWaiting())
			continue
		}
		steps, kept = append(steps, o.steps...), append(kept, o.kept...)
		if o.isReviewed {
			reviewed = append(reviewed, o.ID)
		} else if o.isPostponed {
			postponed = append(postponed, o.ID)
		}
	}
	who := permit.Name(ctx)
	_, err := tx.NewRaw(`update provisioning_order set
			reviewed_by = case when id = any(?0) then ?1 else reviewed_by end, reviewed_at = case when id = any(?0) then ?2 else reviewed_at end,
			review_comment = case when id = any(?0) then ?3 else review_comment end,
			postponed_at = case when id = any(?0) then null else ?2 end
		where id = any(?0) or id = any(?4)`, arrayOf(reviewed), who, stamp(r.now), r.comment, arrayOf(postponed)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note the review: %w", err)
	}
	done, err := apply(ctx, tx, r.now, steps)
	if err != nil {
		return err
	}
	if err := done.firstRefusal(); err != nil { // every from-state was checked under the lock
		return fmt.Errorf("review: %w", err)
	}
	if err := assignment.DeclineValues(ctx, tx, r.now, who, r.comment, kept); err != nil {
		return err
	}
	return r.consequences(ctx, tx, who)
}

// consequences writes what declining an association or a deletion means beyond the order.
func (r *review) consequences(ctx context.Context, tx bun.Tx, who string) error {
	var owners, targets []int64
	for _, o := range r.denied {
		if o.OwnerID != nil && o.TargetID != nil {
			owners, targets = append(owners, *o.OwnerID), append(targets, *o.TargetID)
		}
	}
	if err := assignment.DenyAssociations(ctx, tx, r.now, who, owners, targets); err != nil {
		return err
	}
	if err := assignment.KeepTypes(ctx, tx, r.now, who, r.comment, r.stays); err != nil {
		return err
	}
	return r.markDirty(ctx, tx, "association denied", owners...)
}

// Unblock sends errored orders again (R1): 3 -> 1, still generated, so that they do not pass thresholds twice; one that only goes together
// with others is generated again, with them. It needs
// ReviewProvisioning, and for more than one order BulkReviewProvisioning.
func (s *Service) Unblock(ctx context.Context, in BulkOrdersInput) (*BulkOrdersPayload, error) {
	if err := idsOrFilter(in.OrderIDs, in.Filter); err != nil {
		return nil, err
	}
	if err := checkComment(in.Comment); err != nil {
		return nil, err
	}
	return s.bulk(ctx, s.unblocking(in))
}

// unblocking is Unblock as an action.
func (s *Service) unblocking(in BulkOrdersInput) bulkAction {
	return bulkAction{
		permission: permit.ReviewProvisioning, bulkPermission: permit.BulkReviewProvisioning,
		among: "o.needs_review and " + evaluation.SQLErrored + " = any(o.states)", ids: in.OrderIDs, filter: in.Filter,
		do: func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error {
			var steps []step
			var ids []int64
			for _, o := range orders {
				n := len(steps)
				for _, l := range o.lines {
					if l.State == evaluation.Errored {
						steps = append(steps, step{Unblock, Move{LineID: l.ID, Comment: text(in.Comment)}})
					}
				}
				if len(steps) == n {
					o.fail(errs.New(errs.InvalidTransition, "Order %d is not errored: it is %s (%d).", o.ID, NameOf(o.State), o.State))
					continue
				}
				ids = append(ids, o.ID)
			}
			_, err := tx.NewRaw(`update provisioning_order set tries = 0, not_before = null, error_count = 0,
				generated_at = case when swap_id is null then generated_at end where id = any(?)`, arrayOf(ids)).Exec(ctx)
			if err != nil {
				return fmt.Errorf("note the retry: %w", err)
			}
			_, err = apply(ctx, tx, now, steps)
			return err
		},
	}
}

// Reconsider takes declined lines up again (I1): 6 -> 5, or 1 when they need no review, and forgets the refusal. A refusal whose line has
// ended comes back with the evaluation that this asks for.
func (s *Service) Reconsider(ctx context.Context, in BulkOrdersInput) (*BulkOrdersPayload, error) {
	if err := idsOrFilter(in.OrderIDs, in.Filter); err != nil {
		return nil, err
	}
	if err := checkComment(in.Comment); err != nil {
		return nil, err
	}
	return s.bulk(ctx, bulkAction{
		permission: permit.ReviewProvisioning, among: "(" + evaluation.SQLInactive + " = any(o.states))", ids: in.OrderIDs, filter: in.Filter,
		do: func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error {
			var steps []step
			var arts, owners []int64
			of := make([]int64, len(orders))
			for i, o := range orders {
				of[i] = o.AssignedResourceTypeID
			}
			refused, err := assignment.HasRefusals(ctx, tx, of)
			if err != nil {
				return err
			}
			for _, o := range orders {
				n := len(steps)
				for _, l := range o.lines {
					if l.State != evaluation.Inactive || l.WorkflowState != evaluation.Declined {
						continue
					}
					a := Reconsider
					if l.ReviewRequired {
						a = ReconsiderForReview
					}
					steps = append(steps, step{a, Move{LineID: l.ID, Comment: text(in.Comment), Workflow: evaluation.Calculated}})
				}
				if len(steps) == n && !refused[o.AssignedResourceTypeID] {
					o.fail(errs.New(errs.InvalidTransition, "Order %d has nothing that was declined: it is %s (%d).", o.ID, NameOf(o.State), o.State))
					continue
				}
				arts, owners = append(arts, o.AssignedResourceTypeID), append(owners, number(o.OwnerID))
			}
			if err := assignment.ForgetRefusals(ctx, tx, now, arts); err != nil {
				return err
			}
			if _, err := apply(ctx, tx, now, steps); err != nil {
				return err
			}
			return s.markDirty(ctx, tx, "decision reconsidered", owners...)
		},
	})
}

// firstRefusal gives one of the refusals; nil: everything moved.
func (a *Applied) firstRefusal() error {
	for _, e := range a.Refused {
		return e
	}
	return nil
}
