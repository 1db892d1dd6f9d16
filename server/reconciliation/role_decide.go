package reconciliation

import (
	"context"
	"fmt"
	"maps"
	"slices"

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

// DecideRoleReconciliationInput names found roles and what is decided about all of them.
type DecideRoleReconciliationInput struct {
	Items    []ReconciliationItemInput
	Filter   *RoleReconciliationFilter
	Decision Decision
	Comment  *string
}

// DecideRoleReconciliationPayload has one result per role, in the order given; for a filter the bulk change that carries it out.
type DecideRoleReconciliationPayload struct {
	Results      []RoleReconciliationResult
	BulkChangeID *int64
}

// RoleReconciliationResult is what became of one found role; Error is nil when it was decided.
type RoleReconciliationResult struct {
	ID    int64
	Item  *RoleItem
	Error *order.ItemError
}

// DecideRoles decides about found roles (role-model 13.1). It needs ReconciliateRoles of the entity type, for more than one role MassReconciliateRoles
// too. Each stands for itself: its result says what went wrong with it. With a filter the server goes through all that it finds now, and the payload
// has the bulk change to follow.
func (s *Service) DecideRoles(ctx context.Context, in DecideRoleReconciliationInput) (*DecideRoleReconciliationPayload, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	if _, err := needRoles(ctx, m, singleRole); err != nil {
		return nil, err
	}
	r, err := checkAsked(in.Decision, in.Items, in.Filter != nil, text(in.Comment))
	switch {
	case err != nil:
		return nil, err
	case !r.role:
		return nil, errs.Invalid("input.decision", "%s is not about roles.", in.Decision)
	case in.Filter != nil && len(in.Filter.IDs) > 0:
		return nil, errs.Invalid("input.filter.ids", "Name roles as items, not in a filter.")
	}
	if in.Filter != nil {
		filter := *in.Filter
		if r.decision == TakeUpAgain {
			filter.Postponed = new(true)
		}
		id, err := s.Begin(ctx, Asked{Decision: r.decision, Roles: &filter, Comment: text(in.Comment)})
		return &DecideRoleReconciliationPayload{Results: []RoleReconciliationResult{}, BulkChangeID: &id}, err
	}
	may, err := roleRights(ctx, m, len(in.Items) > 1)
	if err != nil {
		return nil, err
	}
	failures, err := s.decideAll(ctx, foundRoles{s: s, m: m, may: may, rule: r, comment: text(in.Comment)}, in.Items)
	if err != nil {
		return nil, err
	}
	return s.roleResults(ctx, in.Items, failures)
}

// foundRoles decides about found roles.
type foundRoles struct {
	s       *Service
	m       *assignment.Model
	may     condition
	rule    rule
	comment string
	byRule  bool // an automation rule decides: its name is the comment, whatever the settings ask of people
}

func (d foundRoles) lock(ctx context.Context, tx bun.Tx, list []int64) error {
	_, err := assignment.LockFoundRoles(ctx, tx, list)
	return err
}

func (d foundRoles) decide(ctx context.Context, tx bun.Tx, part []ReconciliationItemInput) (map[int64]*errs.Error, error) {
	wanted, list := map[int64]*int{}, make([]int64, len(part))
	failed := make(map[int64]*errs.Error, len(part))
	for i, x := range part {
		wanted[x.ID], list[i] = x.Version, x.ID
		failed[x.ID] = errs.Missing("There is no found role %d, or it is not yours to decide about.", x.ID).Of(x.ID)
	}
	found, err := assignment.LockFoundRoles(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	named := db.AllOf(bun.SafeQuery("a.id = any (?)", ids(list)), d.may)
	var mine, owners []int64
	if err := tx.NewRaw("select a.id from "+roleItems.Tables(named)+" where ?", named).Scan(ctx, &mine); err != nil {
		return nil, fmt.Errorf("check the scope of roles: %w", err)
	}
	for _, x := range found {
		owners = append(owners, x.OwnerID)
	}
	own, err := ownAmong(ctx, tx, owners)
	if err != nil {
		return nil, err
	}
	good := map[string][]*assignment.FoundRole{}
	for _, x := range found {
		if !slices.Contains(mine, x.ID) {
			continue
		}
		err := d.refuse(x, own[x.OwnerID], wanted[x.ID])
		said := ""
		if d.byRule {
			said = d.comment
		} else if err == nil {
			if said, err = d.rule.comment.of(commentsOfRole(d.m, x.RoleID)).Take(d.comment); err != nil {
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

// commentsOfRole gives the settings about comments of a role: its own, else those of its policy.
func commentsOfRole(m *assignment.Model, roleID int64) rolemodel.Comments {
	if r := m.Role(roleID); r != nil {
		if p := m.Policy(r.PolicyID); p != nil {
			return p.OfRole(r).Comments
		}
	}
	return rolemodel.Comments{CommentActivationOnDeleteGapInReconciliation: rolemodel.CommentOptional, CommentActivationOnKeepGapInReconciliation: rolemodel.CommentRequired}
}

// refuse tells why the decision cannot be made about a role; nil: it can.
func (d foundRoles) refuse(x *assignment.FoundRole, own bool, version *int) *errs.Error {
	open := x.WorkflowState == evaluation.NonConforming || x.WorkflowState == evaluation.PreExisting
	switch {
	case x.IsOver && x.ReviewedBy != nil:
		return errs.New(errs.StaleItem, "%s decided about this meanwhile, and it is done.", *x.ReviewedBy).Of(x.ID)
	case x.IsOver:
		return errs.New(errs.StaleItem, "This is gone: a rule gives the role by now, or its values are not there any more.").Of(x.ID)
	case version != nil && *version != x.Version:
		return errs.New(errs.StaleItem, "This changed since you looked at it. Look again, then decide.").Of(x.ID)
	case own:
		return errs.New(errs.Forbidden, "This is a role of yours. Somebody else has to decide on it.").Of(x.ID)
	case !d.rule.mayRole(x.WorkflowState, x.PostponedAt != nil):
		switch {
		case d.rule.decision == TakeUpAgain && open:
			return errs.New(errs.InvalidTransition, "This is not postponed.").Of(x.ID)
		case open:
			return errs.New(errs.InvalidTransition, "This is postponed already.").Of(x.ID)
		default:
			return errs.New(errs.InvalidTransition, "This is decided: it is %s. Only the other decision can be made now.", assignment.LabelOf(x.WorkflowState)).Of(x.ID)
		}
	}
	return nil
}

// carryOut does what the decision means, tells of it, and asks for the computation of whom it concerns.
func (d foundRoles) carryOut(ctx context.Context, tx bun.Tx, comment string, list []*assignment.FoundRole) error {
	said := assignment.Decided{At: d.s.Clock.Now(), Actor: permit.Name(ctx), Decision: string(d.rule.decision), Comment: comment}
	var err error
	switch d.rule.decision {
	case KeepRole, RemoveRole:
		list, err = assignment.SettleRoles(ctx, tx, said, d.rule.decision == KeepRole, list)
	default:
		err = assignment.PostponeRoles(ctx, tx, said, d.rule.decision == Postpone, list)
	}
	if err != nil {
		return err
	}
	if err := event.Publish(ctx, tx, said.At, toldOfRoles(d.m, said, list)...); err != nil {
		return err
	}
	var owners []int64
	for _, x := range list {
		owners = append(owners, x.OwnerID)
	}
	slices.Sort(owners)
	return assignment.MarkDirty(ctx, tx, "reconciled", slices.Compact(owners)...)
}

// toldOfRoles are the events of a decision about roles: one per role.
func toldOfRoles(m *assignment.Model, d assignment.Decided, list []*assignment.FoundRole) []event.Event {
	out := make([]event.Event, len(list))
	for i, x := range list {
		out[i] = toldOfRole(m, EventRole, d, x.ID, x.OwnerID, x.RoleID)
	}
	return out
}

// toldOfRole is the event of a decision about an assigned role.
func toldOfRole(m *assignment.Model, kind string, d assignment.Decided, id, ownerID, roleID int64) event.Event {
	data := map[string]any{"decision": d.Decision, "comment": d.Comment}
	e := event.Event{Kind: kind, SubjectType: "assigned_role", SubjectID: id, OwnerID: ownerID, Data: data}
	if r := m.Role(roleID); r != nil {
		data["role"] = r.Identifier
		if source := m.Shape.EntityTypes[r.EntityTypeID]; source != nil {
			e.SourceEntityType = source.Identifier
		}
	}
	return e
}

// roleResults reads the roles as they are now, and puts them beside their errors.
func (s *Service) roleResults(ctx context.Context, asked []ReconciliationItemInput, failures map[int64]*errs.Error) (*DecideRoleReconciliationPayload, error) {
	p := &DecideRoleReconciliationPayload{Results: make([]RoleReconciliationResult, len(asked))}
	list := make([]int64, len(asked))
	for i, x := range asked {
		list[i] = x.ID
	}
	rows, err := s.rolesByIDs(ctx, list)
	if err != nil {
		return nil, err
	}
	for i, x := range asked {
		r := &p.Results[i]
		r.ID = x.ID
		if e := failures[x.ID]; e != nil {
			r.Error = &order.ItemError{Code: string(e.Kind), Message: e.Message}
			if e.Kind == errs.NotFound {
				continue
			}
		}
		if at := slices.IndexFunc(rows, func(row *RoleItem) bool { return row.ID == x.ID }); at >= 0 {
			r.Item = rows[at]
		}
	}
	return p, nil
}
