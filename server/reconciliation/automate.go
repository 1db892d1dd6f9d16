package reconciliation

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/rolemodel"
)

// DecideByRule carries out what an automation rule decides (role-model 7.3): exactly what a reviewer would have done, by the same table, the same
// functions and events, with the rule as the author and its name as the comment. It joins the transaction of the computation, and gives what could not
// be decided.
func (s *Service) DecideByRule(ctx context.Context, tx bun.Tx, m *assignment.Model, d assignment.Automatic) (left []int64, err error) {
	about := func(approved, declined Decision) rule {
		decision := approved
		if d.Rule.Decision == rolemodel.Declines {
			decision = declined
		}
		r, _ := ruleOf(decision)
		return r
	}
	review := DeclineRole
	if d.Rule.Decision == rolemodel.Approves {
		review = ApproveRole
	}
	for _, part := range []struct {
		list []int64
		decider
	}{
		{d.Prolonged, prolonged{s: s, m: m, may: db.AllOf(), decision: review, comment: d.Rule.DisplayName, byRule: true}},
		{d.Roles, foundRoles{s: s, m: m, may: db.AllOf(), rule: about(KeepRole, RemoveRole), comment: d.Rule.DisplayName, byRule: true}},
		{d.Accounts, differences{s: s, m: m, may: db.AllOf(), rule: about(Authorize, DeleteAccount), comment: d.Rule.DisplayName, byRule: true}},
	} {
		if len(part.list) == 0 {
			continue
		}
		items := make([]ReconciliationItemInput, len(part.list))
		for i, id := range part.list {
			items[i].ID = id
		}
		failed, err := s.decideApart(ctx, tx, part.decider, items)
		if err != nil {
			return nil, err
		}
		for id, why := range failed {
			left = append(left, id)
			if why.Kind != errs.Conflict { // an order under way is nothing to tell of
				s.Log.WarnContext(ctx, "an automation rule cannot decide", "rule", d.Rule.Identifier, "id", id, "error", why)
			}
		}
	}
	return left, nil
}

// automatic says what an automation rule decides about an account that waits.
func (i *Item) automatic(m *assignment.Model) {
	i.waiting.ResourceTypeID = i.resourceTypeID
	if i.Property == nil && i.ClosedAt == nil && i.PostponedAt == nil && i.ownerID != 0 {
		i.Automatic = m.Automatic(i.waiting, i.IsOwnerGone)
	}
}

// automatic says what an automation rule decides about a found role that waits.
func (i *RoleItem) automatic(m *assignment.Model) {
	i.waiting.RoleID, i.waiting.State = i.RoleID, i.StateCode
	if i.PostponedAt == nil {
		i.Automatic = m.Automatic(i.waiting, false)
	}
}
