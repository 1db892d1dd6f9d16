package reconciliation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// DecideProlongedRolesInput names prolonged roles and what is decided about all of them.
type DecideProlongedRolesInput struct {
	Items    []ReconciliationItemInput
	Filter   *ProlongedFilter
	Decision RoleReviewDecision
	Comment  *string
}

// DecideProlongedRolesPayload has one result per role, in the order given; for a filter the bulk change that carries it out.
type DecideProlongedRolesPayload struct {
	Results      []ProlongedResult
	BulkChangeID *int64
}

// ProlongedResult is what became of one prolonged role; Error is nil when it was decided. What is decided is not listed any more.
type ProlongedResult struct {
	ID    int64
	Error *order.ItemError
}

// DecideProlonged decides about prolonged roles (role-model 12.9, 13.5). It needs ReviewRoles of the entity type, for more than one role MassReviewRoles
// too. Each stands for itself: its result says what went wrong with it. With a filter the server goes through all that it finds now, and the payload
// has the bulk change to follow.
func (s *Service) DecideProlonged(ctx context.Context, in DecideProlongedRolesInput) (*DecideProlongedRolesPayload, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	if _, err := reviewRights(ctx, m, false); err != nil {
		return nil, err
	}
	if err := in.Decision.check(); err != nil {
		return nil, err
	}
	if err := checkNamed(in.Items, in.Filter != nil, text(in.Comment)); err != nil {
		return nil, err
	}
	if in.Filter != nil {
		if len(in.Filter.IDs) > 0 {
			return nil, errs.Invalid("input.filter.ids", "Name roles as items, not in a filter.")
		}
		id, err := s.Begin(ctx, Asked{Decision: Decision(in.Decision), Prolonged: in.Filter, Comment: text(in.Comment)})
		return &DecideProlongedRolesPayload{Results: []ProlongedResult{}, BulkChangeID: &id}, err
	}
	may, err := reviewRights(ctx, m, len(in.Items) > 1)
	if err != nil {
		return nil, err
	}
	failures, err := s.decideAll(ctx, prolonged{s: s, m: m, may: may, decision: in.Decision, comment: text(in.Comment)}, in.Items)
	if err != nil {
		return nil, err
	}
	p := &DecideProlongedRolesPayload{Results: make([]ProlongedResult, len(in.Items))}
	for i, x := range in.Items {
		p.Results[i].ID = x.ID
		if e := failures[x.ID]; e != nil {
			p.Results[i].Error = &order.ItemError{Code: string(e.Kind), Message: e.Message}
		}
	}
	return p, nil
}

func (d RoleReviewDecision) check() error {
	if d != ApproveRole && d != DeclineRole {
		return errs.Invalid("input.decision", "There is no decision %s about a prolonged role.", d)
	}
	return nil
}

// mode is which setting says whether the decision takes a comment.
func (d RoleReviewDecision) mode(c rolemodel.Comments) rolemodel.CommentMode {
	if d == ApproveRole {
		return c.CommentActivationOnApproveInReview
	}
	return c.CommentActivationOnDeclineInReview
}

// prolonged decides about prolonged roles.
type prolonged struct {
	s        *Service
	m        *assignment.Model
	may      condition
	decision RoleReviewDecision
	comment  string
	byRule   bool // an automation rule decides: its name is the comment, whatever the settings ask of people
}

func (d prolonged) lock(ctx context.Context, tx bun.Tx, list []int64) error {
	_, err := assignment.LockProlongedRoles(ctx, tx, list)
	return err
}

func (d prolonged) decide(ctx context.Context, tx bun.Tx, part []ReconciliationItemInput) (map[int64]*errs.Error, error) {
	wanted, list := map[int64]*int{}, make([]int64, len(part))
	failed := make(map[int64]*errs.Error, len(part))
	for i, x := range part {
		wanted[x.ID], list[i] = x.Version, x.ID
		failed[x.ID] = errs.Missing("There is no prolonged role %d, or it is not yours to decide about.", x.ID).Of(x.ID)
	}
	found, err := assignment.LockProlongedRoles(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	named := db.AllOf(bun.SafeQuery("a.id = any (?) and (a.workflow_state = ? or exists (select from assignment_history h where h.assigned_role_id = a.id and h.action = ?))",
		ids(list), evaluation.Prolonged, string(assignment.Prolong)), d.may)
	var mine, owners []int64
	if err := tx.NewRaw("select a.id from "+prolongedItems.Tables(named)+" where ?", named).Scan(ctx, &mine); err != nil {
		return nil, fmt.Errorf("check the scope of roles: %w", err)
	}
	for _, x := range found {
		owners = append(owners, x.OwnerID)
	}
	own, err := ownAmong(ctx, tx, owners)
	if err != nil {
		return nil, err
	}
	good := map[string][]*assignment.ProlongedRole{}
	for _, x := range found {
		if !slices.Contains(mine, x.ID) {
			continue
		}
		err := d.refuse(x, own[x.OwnerID], wanted[x.ID])
		said := ""
		if d.byRule {
			said = d.comment
		} else if err == nil {
			if said, err = d.decision.mode(commentsOfRole(d.m, x.RoleID)).Take(d.comment); err != nil {
				err = err.Of(x.ID)
			}
		}
		if failed[x.ID] = err; err == nil {
			delete(failed, x.ID)
			good[said] = append(good[said], x)
		}
	}
	for _, said := range slices.Sorted(maps.Keys(good)) { // the comment, and none where the role keeps none
		if err := d.carryOut(ctx, tx, said, good[said]); err != nil {
			return nil, err
		}
	}
	return failed, nil
}

// refuse tells why the decision cannot be made about a role; nil: it can.
func (d prolonged) refuse(x *assignment.ProlongedRole, own bool, version *int) *errs.Error {
	switch {
	case x.IsOver && x.ReviewedBy != nil:
		return errs.New(errs.StaleItem, "%s decided about this meanwhile.", *x.ReviewedBy).Of(x.ID)
	case x.IsOver, x.EndDate != nil && !x.EndDate.After(d.s.Clock.Now()):
		return errs.New(errs.StaleItem, "This is not prolonged any more: a rule gives the role again, or its time is over.").Of(x.ID)
	case version != nil && *version != x.Version:
		return errs.New(errs.StaleItem, "This changed since you looked at it. Look again, then decide.").Of(x.ID)
	case own:
		return errs.New(errs.Forbidden, "This is a role of yours. Somebody else has to decide on it.").Of(x.ID)
	}
	return nil
}

// carryOut does what the decision means, tells of it, and asks for the computation of whom it concerns.
func (d prolonged) carryOut(ctx context.Context, tx bun.Tx, comment string, list []*assignment.ProlongedRole) error {
	said := assignment.Decided{At: d.s.Clock.Now(), Actor: permit.Name(ctx), Decision: string(d.decision), Comment: comment}
	if err := d.m.SettleProlonged(ctx, tx, said, d.decision == ApproveRole, list); err != nil {
		return err
	}
	events, owners := make([]event.Event, len(list)), make([]int64, len(list))
	for i, x := range list {
		events[i], owners[i] = toldOfRole(d.m, EventReviewed, said, x.ID, x.OwnerID, x.RoleID), x.OwnerID
	}
	if err := event.Publish(ctx, tx, said.At, events...); err != nil {
		return err
	}
	slices.Sort(owners)
	return assignment.MarkDirty(ctx, tx, "reviewed", slices.Compact(owners)...)
}

// checkNamed checks what decisions have in common: either items or a filter, none twice, and a comment that is not too long.
func checkNamed(items []ReconciliationItemInput, byFilter bool, comment string) error {
	switch {
	case (len(items) > 0) == byFilter:
		return errs.Invalid("input", "Give either items or a filter, not both and not none.")
	case len(items) > maxItems:
		return errs.New(errs.TooLarge, "At most %d are named one by one; these are %d. Use a filter for more.", maxItems, len(items)).At("input.items")
	case utf8.RuneCountInString(comment) > maxComment:
		return errs.Invalid("input.comment", "A comment has at most %d characters; this one has %d.", maxComment, utf8.RuneCountInString(comment))
	}
	seen := map[int64]bool{}
	for i, x := range items {
		if seen[x.ID] {
			return errs.Invalid(fmt.Sprintf("input.items[%d].id", i), "%d is there twice.", x.ID)
		}
		seen[x.ID] = true
	}
	return nil
}
