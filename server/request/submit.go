package request

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// RequestAssignmentsPayload is what was made of a basket.
type RequestAssignmentsPayload struct {
	Request *Request
	Check   *RequestCheck
}

// Submit makes a request of a basket: every object for every person is an item of its own, and goes its own way. It needs permit.Request of the entity
// types of those it is for. Conflict when something stands in the way, with all that does; StaleItem when the basket is another one than was shown
// (basketDigest). The same clientKey of the same user gives the same request, and asks nothing again.
func (s *Service) Submit(ctx context.Context, in RequestAssignmentsInput) (*RequestAssignmentsPayload, error) {
	if _, err := s.mayRequest(ctx); err != nil {
		return nil, err
	}
	if in.Justification != nil {
		in.Justification = new(clean(*in.Justification))
	}
	if err := in.bounded(); err != nil {
		return nil, err
	}
	var id int64
	var check *RequestCheck
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
		id, check, err = s.submit(ctx, tx, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	r, err := s.Get(ctx, &id, nil)
	return &RequestAssignmentsPayload{Request: r, Check: check}, err
}

// submit is Submit in the caller's transaction: the id of the request, and what was found about the basket, which stands beside an error of what it found, too.
func (s *Service) submit(ctx context.Context, tx bun.Tx, in RequestAssignmentsInput) (id int64, check *RequestCheck, err error) {
	m, err := s.model(ctx, tx)
	if err != nil {
		return 0, nil, err
	}
	var owners []int64
	for _, x := range in.Items {
		owners = append(owners, x.OwnerIDs...)
	}
	if err := assignment.LockOwners(ctx, tx, owners); err != nil {
		return 0, nil, err
	}
	if id, err = s.known(ctx, tx, in); err != nil {
		return 0, nil, err
	}
	if check, err = s.check(ctx, tx, m, in); id != 0 && (err == nil || errs.As(err) != nil) {
		if err != nil { // it was asked for; what is there no more is told by the request
			check = &RequestCheck{Items: []*CheckedItem{}}
		}
		return id, check, nil
	}
	if err != nil {
		return 0, nil, err
	}
	if err := check.refuse(in); err != nil {
		return 0, check, err
	}
	id, err = s.insert(ctx, tx, m, in, check)
	return id, check, err
}

// known gives the request that a key of the caller stands for; 0: none. Conflict when the key stands for another basket.
func (s *Service) known(ctx context.Context, tx bun.Tx, in RequestAssignmentsInput) (int64, error) {
	if in.ClientKey == nil {
		return 0, nil
	}
	var found []struct {
		ID           int64
		ClientDigest *string
		Number       string
	}
	if err := tx.NewRaw(`select id, client_digest, number from request where requester = ? and client_key = ?`, permit.Name(ctx), *in.ClientKey).Scan(ctx, &found); err != nil {
		return 0, fmt.Errorf("look for a request by its key: %w", err)
	}
	if len(found) == 0 {
		return 0, nil
	}
	if d := found[0].ClientDigest; d != nil && *d != in.digest() {
		return 0, errs.New(errs.Conflict, "This key stands for the request %s already, which asked for something else. Take another key.", found[0].Number).At("input.clientKey").Of(found[0].ID)
	}
	return found[0].ID, nil
}

// refuse tells everything that stands in the way of a submission.
func (c *RequestCheck) refuse(in RequestAssignmentsInput) error {
	if in.BasketDigest != nil && *in.BasketDigest != c.Digest {
		return errs.New(errs.StaleItem, "The basket changed since you looked at it. Look again, then submit.").At("input.basketDigest")
	}
	var list []*errs.Error
	for _, x := range c.Items {
		for _, f := range x.Findings {
			field := fmt.Sprintf("input.items[%d]", x.Position)
			if f.Field != nil {
				field += "." + *f.Field
			}
			switch {
			case f.Severity == Blocks:
				list = append(list, errs.New(errs.Conflict, "%s", f.Message).At(field).Of(x.Owner.ID))
			case f.Severity == Warns && !slices.Contains(in.AcknowledgeFindings, f.Code):
				list = append(list, errs.New(errs.Conflict, "%s Acknowledge it to go on.", f.Message).At("input.acknowledgeFindings").Of(x.Owner.ID))
			}
		}
	}
	return errs.Join(list...)
}

// insert writes the request with its items and steps, and sends each item on its way.
func (s *Service) insert(ctx context.Context, tx bun.Tx, m *assignment.Model, in RequestAssignmentsInput, c *RequestCheck) (id int64, err error) {
	me, now := permit.From(ctx), s.Clock.Now()
	var resource, user *int64
	if me.ResourceID != 0 {
		resource = &me.ResourceID
	}
	if me.UserID != 0 {
		user = &me.UserID
	}
	justification := ""
	if in.Justification != nil {
		justification = *in.Justification
	}
	var number string
	var digest *string
	if in.ClientKey != nil {
		digest = new(in.digest())
	}
	switch err := tx.NewRaw(`insert into request (state, requester_id, requester_user_id, requester, justification, client_key, client_digest, submitted_at) values ('SUBMITTED', ?, ?, ?, ?, ?, ?, ?) returning id, number`,
		resource, user, me.Username, justification, in.ClientKey, digest, now).Scan(ctx, &id, &number); {
	case db.Constraint(err) == "request_once":
		return 0, errs.New(errs.Conflict, "This key stands for another request, which was made just now. Take another key.").At("input.clientKey").Because(err)
	case err != nil:
		return 0, fmt.Errorf("write a request: %w", err)
	}
	t, who := s.newTurn(ctx, tx, m), s.approvers(m)
	var owners []int64
	for i, x := range c.Items {
		o := &item{RequestID: id, Number: number, Action: x.Action, RoleID: x.role.ID, RoleKind: x.role.Kind, Role: x.Role, ObjectName: x.Object, BeneficiaryID: x.Owner.ID, EntityTypeID: x.owner.EntityTypeID,
			Parameters: x.parameters, RequestedStart: x.requested[0], RequestedEnd: x.requested[1], StartDate: x.StartDate, EndDate: x.EndDate, Clamps: x.Clamps, State: Submitted, from: Submitted,
			Levels: x.ordinary(), RiskIDs: x.riskIDs, IsAtRisk: x.atRisk(), SubmittedAt: now, RequesterID: resource, RequesterUserID: user, Requester: me.Username, isNew: true}
		t.windItem(o, deadlinesOf(m, o.RoleID, nil))
		if err := s.endExtensions(ctx, t, x); err != nil {
			return 0, err
		}
		if err := s.wish(ctx, tx, o, x, now, i, who); err != nil {
			return 0, err
		}
		if err := t.move(o, Submit, ""); err != nil {
			return 0, err
		}
		for _, l := range x.Levels {
			if l.SkippedBecause == nil {
				continue
			}
			st := o.steps[slices.IndexFunc(o.steps, func(st *step) bool { return st.Level == l.Level })]
			st.SkipReason = l.SkippedBecause
			t.step(o, st, Skip, "")
		}
		if err := s.onward(ctx, t, m, o, who, "", false); err != nil {
			return 0, err
		}
		owners = append(owners, o.BeneficiaryID)
	}
	if err := t.commit(); err != nil {
		return 0, err
	}
	slices.Sort(owners)
	return id, assignment.MarkDirty(ctx, tx, "requested", slices.Compact(owners)...)
}

// endExtensions ends what waits to last longer of what is to be taken away now: nobody keeps a role by asking for more of it.
func (s *Service) endExtensions(ctx context.Context, t *turn, x *CheckedItem) error {
	if x.Action.gives() {
		return nil
	}
	list, err := lockItems(ctx, t.tx, "i.beneficiary_id = ? and i.role_id = ? and i.action = 'EXTEND' and i.state in ('SUBMITTED', 'IN_APPROVAL')", x.Owner.ID, x.role.ID)
	if err != nil {
		return err
	}
	for _, o := range list {
		if x.rowID != 0 && (o.AssignedRoleID == nil || *o.AssignedRoleID != x.rowID) {
			continue
		}
		if err := s.end(ctx, t, o, Cancel, "taken_away", ""); err != nil {
			return err
		}
	}
	return nil
}

// wish writes an item with its steps, and the row of what it wants.
func (s *Service) wish(ctx context.Context, tx bun.Tx, o *item, x *CheckedItem, now time.Time, position int, who *approvers) error {
	switch o.Action {
	case Add, Deny:
		row, err := assignment.AskRole(ctx, tx, now, assignment.WantedRole{OwnerID: o.BeneficiaryID, RoleID: o.RoleID, Parameters: o.Parameters, Start: o.StartDate, End: o.EndDate, IsDenied: o.Action == Deny})
		if err != nil {
			return err
		}
		o.AssignedRoleID = &row
	default:
		ok, err := assignment.AskAbout(ctx, tx, x.rowID, assignment.PendingAction(o.Action))
		if err != nil {
			return err
		}
		if !ok {
			return errs.New(errs.Conflict, "What is asked about changed meanwhile. Look again, then submit.").At(fmt.Sprintf("input.items[%d]", x.Position))
		}
		o.AssignedRoleID = &x.rowID
	}
	params := o.Parameters
	if params == nil {
		params = map[string]int64{}
	}
	if err := tx.NewRaw(`insert into request_item (request_id, position, action, role_id, role_kind, role, object_name, beneficiary_id, parameters, requested_start, requested_end, start_date, end_date,
			clamps, state, levels, assigned_role_id, expire_at, warn_at, submitted_at, risk_ids, is_at_risk)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'SUBMITTED', ?, ?, ?, ?, ?, ?, ?) returning id`, o.RequestID, position, o.Action, o.RoleID, o.RoleKind, o.Role, o.ObjectName, o.BeneficiaryID, encoded(params),
		o.RequestedStart, o.RequestedEnd, o.StartDate, o.EndDate, encoded(o.Clamps), o.Levels, o.AssignedRoleID, o.ExpireAt, o.WarnAt, now, ids(o.RiskIDs), o.IsAtRisk).Scan(ctx, &o.ID); err != nil {
		return fmt.Errorf("write an item of a request: %w", err)
	}
	for _, l := range x.Levels {
		level := l.Level
		st := &step{ItemID: o.ID, Level: level, Round: 1, State: StepWaiting, from: StepWaiting, Version: 1}
		if err := who.insertStep(ctx, tx, o, st); err != nil {
			return err
		}
		o.steps = append(o.steps, st)
	}
	return nil
}

// onward opens the next step of an item, or ends its approvals: what was wished is given then. decided: a step was approved just now. The caller has the
// owner locked, commits the turn, and asks for the computation of the owner.
func (s *Service) onward(ctx context.Context, t *turn, m *assignment.Model, x *item, who *approvers, comment string, decided bool) error {
	said := assignment.Decided{At: t.now, Actor: t.actor, Comment: comment}
	next := slices.IndexFunc(x.steps, func(st *step) bool { return st.State == StepWaiting }) // by level, that of a risk first
	if next < 0 {
		return s.grant(ctx, t, m, x, said, decided)
	}
	st := x.steps[next]
	x.Level = st.Level
	if _, err := s.address(ctx, t, x, st, who); err != nil {
		return err
	}
	if ok, err := assignment.Ask(ctx, t.tx, said, *x.AssignedRoleID, x.Level, x.circuit()); err != nil || !ok {
		return orGone(err, ok, x)
	}
	action := Route
	if decided {
		action = Approve
	}
	if err := t.move(x, action, comment); err != nil {
		return err
	}
	return nil
}

// orGone is an error, or that the row of an item has ended.
func orGone(err error, ok bool, x *item) error {
	if err == nil && !ok {
		return errs.New(errs.Conflict, "What was asked about is gone.").Of(x.ID)
	}
	return err
}

// grant gives what was wished, from now on or from its start (requests 6.3).
func (s *Service) grant(ctx context.Context, t *turn, m *assignment.Model, x *item, said assignment.Decided, decided bool) error {
	if x.Action == Add {
		if x.StartDate == nil || !x.StartDate.After(t.now) {
			x.StartDate = &t.now
		}
	}
	start, end := x.StartDate, x.EndDate
	if x.Action == Deny && start == nil {
		start = &t.now
	}
	ok, err := m.Granted(ctx, t.tx, said, *x.AssignedRoleID, x.circuit(), start, end)
	if err != nil || !ok {
		return orGone(err, ok, x)
	}
	x.Level, x.ApprovedAt, x.Problem = x.Levels, &t.now, nil
	action := RouteToEnd
	if decided {
		action = ApproveLast
	}
	if err := t.move(x, action, said.Comment); err != nil {
		return err
	}
	return nil
}
