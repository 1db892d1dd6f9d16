package request

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/evaluation"
)

// Settle tells what a computation of owners means for what is asked for them, in its transaction and under its locks: what has no sense any more ends,
// what is approved is fulfilled when its orders are at rest, or when there is nothing to write (requests 3.4, 20).
func (s *Service) Settle(ctx context.Context, tx bun.Tx, m *assignment.Model, now time.Time, owners []int64) error {
	list, err := lockItems(ctx, tx, "i.beneficiary_id = any (?) and (i.closed_at is null or i.outcome = 'REFUSED_AT_REVIEW')", ids(owners))
	if err != nil || len(list) == 0 {
		return err
	}
	return s.settle(ctx, tx, m, now, list)
}

// settle looks at items under the lock of their owners.
func (s *Service) settle(ctx context.Context, tx bun.Tx, m *assignment.Model, now time.Time, list []*item) error {
	t := s.newTurn(ctx, tx, m)
	t.now = now
	var owners []int64
	for _, x := range list {
		owners = append(owners, x.BeneficiaryID)
	}
	slices.Sort(owners)
	rows, err := assignment.RolesOf(ctx, tx, slices.Compact(owners), 0)
	if err != nil {
		return err
	}
	held := map[int64][]*assignment.HeldRole{}
	for _, h := range rows {
		held[h.OwnerID] = append(held[h.OwnerID], h)
	}
	contexts, err := assignment.ContextsOf(ctx, tx, slices.Compact(owners))
	if err != nil {
		return err
	}
	var approved []*item
	var waits []int64
	for _, x := range list {
		if !x.State.isWaiting() {
			approved = append(approved, x)
			continue
		}
		reason, err := s.senseOf(ctx, t, m, x, held[x.BeneficiaryID], contexts[x.BeneficiaryID])
		if err != nil {
			return err
		}
		if reason == "" {
			waits = append(waits, x.ID)
			continue
		}
		if err := s.cancel(ctx, t, x, reason); err != nil {
			return err
		}
	}
	if len(waits) > 0 { // who may decide goes by what is known of the person, too
		if _, err := tx.NewRaw(`update request_step set looked_at = null where item_id = any (?) and state in ('OPEN', 'INFO_REQUESTED', 'STUCK') and looked_at is not null`, ids(waits)).Exec(ctx); err != nil {
			return fmt.Errorf("ask for a look at steps: %w", err)
		}
	}
	if err := s.fulfil(ctx, t, m, approved, held); err != nil {
		return err
	}
	return t.commit()
}

// cancel ends an item that lost its sense.
func (s *Service) cancel(ctx context.Context, t *turn, x *item, reason string) error {
	if reason == "given_by_rule" || reason == "row_gone" && !x.Action.gives() {
		x.Outcome = new(AlreadySo)
	}
	return s.end(ctx, t, x, Cancel, reason, "")
}

// senseOf is senselessOf, but for an extension whose role ended on its day while it waited: that goes on.
func (s *Service) senseOf(ctx context.Context, t *turn, m *assignment.Model, x *item, held []*assignment.HeldRole, contexts []assignment.ContextAt) (string, error) {
	reason := senselessOf(m, x, held, contexts, t.now)
	if reason != "row_gone" || x.Action != Extend || x.AssignedRoleID == nil || x.IsAnew {
		return reason, nil
	}
	ended, err := assignment.EndedOnItsDay(ctx, t.tx, *x.AssignedRoleID, t.now)
	if err != nil || !ended {
		return reason, err
	}
	if no := against(m, x, held, contexts, t.now); no != "" {
		return no, nil
	}
	return "", s.revive(ctx, t, x)
}

// revive goes on with an extension whose role ended on its day: approved, it begins anew, as if the role were asked for (requests 6.5).
func (s *Service) revive(ctx context.Context, t *turn, x *item) error {
	said := assignment.Decided{At: t.now, Actor: t.actor, Comment: "It ended while its extension waited."}
	if _, err := assignment.Dropped(ctx, t.tx, said, *x.AssignedRoleID); err != nil {
		return err
	}
	row, err := assignment.AskRole(ctx, t.tx, t.now, assignment.WantedRole{OwnerID: x.BeneficiaryID, RoleID: x.RoleID, Parameters: x.Parameters, End: x.EndDate})
	if err != nil {
		return err
	}
	x.AssignedRoleID, x.IsAnew, x.HeldUntil = &row, true, nil
	t.touch(x)
	_, err = assignment.Ask(ctx, t.tx, said, row, x.Level, x.circuit())
	return err
}

// senseless is senselessOf for one item alone.
func (s *Service) senseless(ctx context.Context, t *turn, m *assignment.Model, x *item) (string, error) {
	held, err := assignment.RolesOf(ctx, t.tx, []int64{x.BeneficiaryID}, 0)
	if err != nil {
		return "", err
	}
	contexts, err := assignment.ContextsOf(ctx, t.tx, []int64{x.BeneficiaryID})
	if err != nil {
		return "", err
	}
	return s.senseOf(ctx, t, m, x, held, contexts[x.BeneficiaryID])
}

// senselessOf tells why nobody needs to decide about an item any more; empty: somebody does.
func senselessOf(m *assignment.Model, x *item, held []*assignment.HeldRole, contexts []assignment.ContextAt, now time.Time) string {
	r := m.Role(x.RoleID)
	if r == nil {
		return "role_deleted"
	}
	p := m.Policy(r.PolicyID)
	switch {
	case x.IsGone || isPast(x.LeftAt, now):
		return "beneficiary_left"
	case p.OfRole(r).ApprovalWorkflowType > 3:
		return "not_requestable"
	case !p.IsProvisioningEnabled || p.IsExternal:
		return "policy_disabled"
	case x.Action.gives() && !inPolicy(m, p, contexts, now):
		return "out_of_policy"
	}
	row := slices.IndexFunc(held, func(h *assignment.HeldRole) bool { return x.AssignedRoleID != nil && h.ID == *x.AssignedRoleID })
	switch {
	case row < 0 || !x.IsAnew && isPast(held[row].EndDate, now):
		return "row_gone"
	case x.Action == Extend && !x.IsAnew && !held[row].WorkflowState.ByPerson() && held[row].WorkflowState.Holds():
		return "given_by_rule"
	case x.Action == Extend && !x.IsAnew && !held[row].WorkflowState.ByPerson():
		return "row_gone"
	}
	return against(m, x, held, contexts, now)
}

// against tells what rules say against what is asked for; empty: nothing.
func against(m *assignment.Model, x *item, held []*assignment.HeldRole, contexts []assignment.ContextAt, now time.Time) string {
	if x.Action != Add && x.Action != Extend {
		return ""
	}
	start := now
	if x.StartDate != nil && x.StartDate.After(now) {
		start = *x.StartDate
	}
	if slices.ContainsFunc(held, func(h *assignment.HeldRole) bool {
		byRule := h.WorkflowState == evaluation.Calculated || h.WorkflowState == evaluation.GivenByRole
		return byRule && h.RoleID == x.RoleID && !h.IsDenied && h.SameParameters(x.Parameters) && (h.StartDate == nil || !h.StartDate.After(start)) &&
			(h.EndDate == nil || x.EndDate != nil && !x.EndDate.After(*h.EndDate))
	}) {
		return "given_by_rule"
	}
	from := x.StartDate
	if x.HeldUntil != nil {
		from = x.HeldUntil
	}
	if _, all := forbidding(m, x.RoleID, held, contexts, span(now, from, x.EndDate)); all {
		return "denied_by_rule"
	}
	return ""
}

// isPast reports whether an end is reached; nil: there is none.
func isPast(end *time.Time, now time.Time) bool { return end != nil && !end.After(now) }

// wanted is what the orders of an approved item are found by.
type wanted struct {
	ItemID   int64     `json:"item_id"`
	OwnerID  int64     `json:"owner_id"`
	Rules    []int64   `json:"rules"`
	IsTaking bool      `json:"is_taking"`
	Since    time.Time `json:"since"`
}

// progress is how far the orders of an item are.
type progress struct {
	ItemID   int64
	IsAtRest bool // nothing of it moves any more
	IsSeen   bool // something was verified
	IsRefuse bool // something was declined
	IsFailed bool // something stopped
}

// fulfil links approved items with the orders they cause, and ends those whose orders are at rest.
func (s *Service) fulfil(ctx context.Context, t *turn, m *assignment.Model, list []*item, held map[int64][]*assignment.HeldRole) error {
	if len(list) == 0 {
		return nil
	}
	list = slices.DeleteFunc(list, func(x *item) bool { // what was refused is taken up again only while it is held
		return x.State == Declined && !slices.ContainsFunc(held[x.BeneficiaryID], func(h *assignment.HeldRole) bool { return x.AssignedRoleID != nil && h.ID == *x.AssignedRoleID })
	})
	if len(list) == 0 {
		return nil
	}
	var want []wanted
	all := make([]int64, len(list))
	for i, x := range list {
		all[i] = x.ID
		w := wanted{ItemID: x.ID, OwnerID: x.BeneficiaryID, Rules: rulesOf(m, x.RoleID), IsTaking: !x.Action.gives()}
		if w.Rules == nil {
			w.Rules = []int64{}
		}
		if x.ApprovedAt != nil {
			w.Since = *x.ApprovedAt
		}
		want = append(want, w)
	}
	if _, err := t.tx.NewRaw(`insert into request_item_order (item_id, order_id)
		select distinct w.item_id, o.id from jsonb_to_recordset(?::jsonb) w (item_id bigint, owner_id bigint, rules bigint[], is_taking boolean, since timestamptz)
		join provisioning_order o on o.owner_id = w.owner_id and o.closed_at is null
		join order_line l on l.order_id = o.id and l.closed_at is null and (l.rule_ids && w.rules or w.is_taking and l.action in ('DELETE', 'REMOVE') and l.created_at >= w.since)
		on conflict do nothing`, encoded(want)).Exec(ctx); err != nil {
		return fmt.Errorf("find the orders of requests: %w", err)
	}
	var rows []progress
	if err := t.tx.NewRaw(`select x.item_id, bool_and(l.closed_at is not null or l.state in (?1, ?2)) as is_at_rest, bool_or(l.state = ?1) as is_seen,
			bool_or(l.state = ?2 and l.workflow_state = ?3) as is_refuse, bool_or(l.closed_at is null and l.state in (?4, ?5)) as is_failed
		from request_item_order x join order_line l on l.order_id = x.order_id where x.item_id = any (?0) group by x.item_id`,
		ids(all), evaluation.Verified, evaluation.Inactive, evaluation.Declined, evaluation.Errored, evaluation.Error).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("read how far orders of requests are: %w", err)
	}
	far := make(map[int64]progress, len(rows))
	for _, r := range rows {
		far[r.ItemID] = r
	}
	for _, x := range list {
		p, ordered := far[x.ID]
		if err := s.settleOne(ctx, t, m, x, p, ordered, held[x.BeneficiaryID]); err != nil {
			return err
		}
	}
	return nil
}

// settleOne looks at one approved item, or one that the provisioning review had refused.
func (s *Service) settleOne(ctx context.Context, t *turn, m *assignment.Model, x *item, p progress, ordered bool, held []*assignment.HeldRole) error {
	if x.State == Declined {
		return reconsidered(t, x, ordered && !p.IsAtRest)
	}
	row := slices.IndexFunc(held, func(h *assignment.HeldRole) bool { return x.AssignedRoleID != nil && h.ID == *x.AssignedRoleID })
	switch {
	case x.IsGone || x.Action.gives() && x.LeftAt != nil && !x.LeftAt.After(t.now):
		x.ClosedReason = new("beneficiary_left")
		return asError(t.move(x, Cancel, ""))
	case x.Action == Allow && row < 0 && x.IsDenial && (x.EndDate == nil || x.EndDate.After(t.now)):
		return s.allowed(ctx, t, m, x, held)
	case x.Action.gives() && row < 0 && !(ordered && p.IsSeen):
		x.Outcome, x.ClosedReason = new(EndedBeforeStart), new("period_over")
		return asError(t.move(x, End, ""))
	case x.Action.gives() && x.StartDate != nil && x.StartDate.After(t.now):
		return nil // its time has not come
	case ordered && !p.IsAtRest:
		t.noteFailure(x, p)
		return nil
	case ordered && p.IsRefuse && !p.IsSeen:
		x.Problem, x.Outcome = nil, new(RefusedAtReview)
		return asError(t.move(x, Refuse, ""))
	}
	x.Problem, x.Outcome = nil, new(Complete)
	if p.IsRefuse {
		x.Outcome = new(Partial)
	}
	return asError(t.move(x, Fulfil, ""))
}

// reconsidered goes on with an item that was refused at the provisioning review, once its orders are taken up again.
func reconsidered(t *turn, x *item, again bool) error {
	if !again {
		return nil
	}
	x.Outcome = nil
	return asError(t.move(x, Reconsider, ""))
}

// noteFailure keeps with an item whether an order of it stopped.
func (t *turn) noteFailure(x *item, p progress) {
	var problem *string
	if p.IsFailed {
		problem = new("An order of it stopped with an error; whoever looks after the system has it under Errors.")
	}
	if (problem == nil) != (x.Problem == nil) {
		x.Problem = problem
		t.touch(x)
	}
}

// allowed goes on where a denial has ended: a rule gives the role again, or it is given by hand (requests 8.3).
func (s *Service) allowed(ctx context.Context, t *turn, m *assignment.Model, x *item, held []*assignment.HeldRole) error {
	if slices.ContainsFunc(held, func(h *assignment.HeldRole) bool {
		return h.RoleID == x.RoleID && !h.IsDenied && h.WorkflowState.Holds() && !h.WorkflowState.Found()
	}) {
		x.Outcome = new(Complete)
		return asError(t.move(x, Fulfil, ""))
	}
	start := x.StartDate
	if start == nil || !start.After(t.now) {
		start = &t.now
	}
	id, err := assignment.AskRole(ctx, t.tx, t.now, assignment.WantedRole{OwnerID: x.BeneficiaryID, RoleID: x.RoleID, Parameters: x.Parameters, Start: start, End: x.EndDate})
	if err != nil {
		return err
	}
	said := assignment.Decided{At: t.now, Actor: t.actor, Comment: "allowed again by " + x.Number}
	if _, err := m.Granted(ctx, t.tx, said, id, assignment.Circuit{}, start, x.EndDate); err != nil {
		return err
	}
	x.AssignedRoleID = &id
	t.touch(x)
	return assignment.MarkDirty(ctx, t.tx, "requested", x.BeneficiaryID)
}
