package request

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/risk"
	"writ/server/rolemodel"
)

// StepDecision is what is decided about a step.
type StepDecision string

// The decisions.
const (
	ApproveStep StepDecision = "APPROVE"
	DeclineStep StepDecision = "DECLINE"
)

const (
	maxSteps   = 500
	maxComment = 4000
)

// ReviewRequestItemsInput names steps and what is decided about them: one decision for all of stepIds, or one for each of steps.
type ReviewRequestItemsInput struct {
	StepIDs  []int64
	Steps    []StepDecisionInput
	Decision *StepDecision
	Comment  *string
	// ForDelegatorID: decide as the deputy of that account. Nil: for oneself where one may, else for the only one for whom one may.
	ForDelegatorID *int64
}

// StepDecisionInput is a decision about one step. Version is the one that the caller saw; another one now is STALE_ITEM. Nil: whichever. StartDate and EndDate
// narrow what is asked for, beside an approval; nil: as it is.
type StepDecisionInput struct {
	StepID    int64
	Decision  StepDecision
	Version   *int
	Comment   *string
	StartDate *time.Time
	EndDate   *time.Time
}

// RequestItemsPayload has one result for each of those named, in the order given.
type RequestItemsPayload struct {
	Results []*RequestItemResult
}

// RequestItemResult is what became of one. ID is what was named: a step, or an item. Item is nil when it is out of the caller's scope.
type RequestItemResult struct {
	ID    int64
	Item  *RequestItem
	Error *order.ItemError
}

// steps are the decisions one by one.
func (in *ReviewRequestItemsInput) steps() ([]StepDecisionInput, error) {
	list := slices.Clone(in.Steps)
	switch {
	case (len(in.StepIDs) > 0) == (len(in.Steps) > 0):
		return nil, errs.Invalid("input", "Give either stepIds or steps, not both and not none.")
	case len(in.StepIDs)+len(in.Steps) > maxSteps:
		return nil, errs.New(errs.TooLarge, "At most %d are decided at once; these are %d.", maxSteps, len(in.StepIDs)+len(in.Steps)).At("input")
	case len(in.StepIDs) > 0 && in.Decision == nil:
		return nil, errs.Invalid("input.decision", "Say what is decided.")
	}
	for _, id := range in.StepIDs {
		list = append(list, StepDecisionInput{StepID: id, Decision: *in.Decision, Comment: in.Comment})
	}
	seen := map[int64]bool{}
	for i, x := range list {
		switch {
		case seen[x.StepID]:
			return nil, errs.Invalid(fmt.Sprintf("input.steps[%d].stepId", i), "%d is there twice.", x.StepID)
		case x.Decision != ApproveStep && x.Decision != DeclineStep:
			return nil, errs.Invalid("input.decision", "There is no decision %s about a request.", x.Decision)
		case x.Comment != nil && utf8.RuneCountInString(*x.Comment) > maxComment:
			return nil, errs.Invalid("input.comment", "A comment has at most %d characters.", maxComment)
		case x.Decision == DeclineStep && (x.StartDate != nil || x.EndDate != nil):
			return nil, errs.Invalid(fmt.Sprintf("input.steps[%d].decision", i), "Dates are changed with an approval only.")
		}
		seen[x.StepID] = true
	}
	return list, nil
}

// Review decides steps of requests (requests 4.2 S9, S10). Who may review roles of the beneficiary decides, or who acts for such a one, and never who asked, who gets it, or who decided
// another step of the item. Each step stands for itself: its result says what went wrong with it.
func (s *Service) Review(ctx context.Context, in ReviewRequestItemsInput) (*RequestItemsPayload, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	list, err := in.steps()
	if err != nil {
		return nil, err
	}
	p := &RequestItemsPayload{Results: make([]*RequestItemResult, len(list))}
	for i, x := range list {
		itemID, refused, err := s.decide(ctx, x, in.ForDelegatorID)
		if err != nil {
			return nil, err
		}
		if p.Results[i], err = s.result(ctx, x.StepID, itemID, refused); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// result tells what became of one that was named.
func (s *Service) result(ctx context.Context, named, itemID int64, refused *errs.Error) (*RequestItemResult, error) {
	r := &RequestItemResult{ID: named}
	if refused != nil {
		r.Error = &order.ItemError{Code: string(refused.Kind), Message: refused.Message}
	}
	if itemID == 0 {
		return r, nil
	}
	var err error
	if r.Item, err = s.GetItem(ctx, itemID); errs.Is(err, errs.NotFound) {
		err = nil
	}
	return r, err
}

// decide carries one decision out. refused says why not; what the server ended instead is written all the same.
func (s *Service) decide(ctx context.Context, d StepDecisionInput, forID *int64) (itemID int64, refused *errs.Error, err error) {
	missing := errs.Missing("There is no approval %d, or it is not in your scope.", d.StepID).Of(d.StepID)
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return 0, nil, err
	}
	var of []struct {
		ItemID, BeneficiaryID int64
		IsStuck               bool
	}
	sees := seen(ctx, m, s.Clock.Now())
	if err := s.DB.NewRaw("select st.item_id, i.beneficiary_id, st.state = 'STUCK' as is_stuck from "+items.Tables(sees)+" join request_step st on st.item_id = i.id where st.id = ? and ?", d.StepID, sees).Scan(ctx, &of); err != nil {
		return 0, nil, fmt.Errorf("find a step: %w", db.Explain(err))
	}
	if len(of) == 0 {
		return 0, missing, nil
	}
	itemID = of[0].ItemID
	if of[0].IsStuck { // the caller may be the one who was missing
		if err := s.one(ctx, itemID, of[0].BeneficiaryID, s.look); err != nil {
			return itemID, nil, err
		}
	}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		refused = nil
		if err := assignment.LockOwners(ctx, tx, []int64{of[0].BeneficiaryID}); err != nil {
			return err
		}
		list, err := lockItems(ctx, tx, "i.id = ?", itemID)
		if err != nil {
			return err
		}
		t := s.newTurn(ctx, tx, m)
		if refused, err = s.decideLocked(ctx, t, m, list[0], d, forID); err != nil {
			return err
		}
		return t.commit()
	})
	if e := errs.As(err); e != nil && e.Kind != errs.Unavailable {
		return itemID, e, nil
	}
	return itemID, refused, err
}

func (s *Service) decideLocked(ctx context.Context, t *turn, m *assignment.Model, x *item, d StepDecisionInput, forID *int64) (*errs.Error, error) {
	i := slices.IndexFunc(x.steps, func(st *step) bool { return st.ID == d.StepID })
	if i < 0 {
		return errs.Missing("There is no approval %d, or it is not in your scope.", d.StepID).Of(d.StepID), nil
	}
	st := x.steps[i]
	if st.State == StepApproved || st.State == StepDeclined {
		return alreadyDecided(ctx, t, st, d)
	}
	switch {
	case st.State == StepStuck:
		return errs.New(errs.InvalidTransition, "Nobody was found who may decide on this; it is looked for again and again.").Of(st.ID), nil
	case st.State.isDecidable() && d.Version != nil && *d.Version != st.Version:
		return errs.New(errs.StaleItem, "This changed since you looked at it. Look again, then decide.").Of(st.ID), nil
	}
	under, refused, err := s.whoDecides(ctx, t, m, x, st, forID, false)
	if refused != nil || err != nil {
		return refused, err
	}
	t.under = under
	comment := ""
	if d.Comment != nil {
		comment = clean(*d.Comment)
	}
	if comment, refused := commentMode(m, x.RoleID, d.Decision).Take(comment); refused != nil {
		return refused.Of(st.ID), nil
	} else if d.Decision == DeclineStep {
		return nil, s.decline(ctx, t, m, x, st, comment)
	}
	before := datesOf(x)
	if refused := x.narrow(m, d, t.now); refused != nil {
		return refused.Of(st.ID), nil
	}
	narrowed := datesOf(x)
	refused, raised, err := s.recheck(ctx, t, m, x, before)
	if refused != nil || err != nil {
		return refused, err
	}
	t.changed = changed(before, narrowed)
	return nil, s.approve(ctx, t, m, x, st, comment, raised)
}

// commentMode is whether a decision takes a comment: as the role says, or its policy.
func commentMode(m *assignment.Model, roleID int64, d StepDecision) rolemodel.CommentMode {
	r := m.Role(roleID)
	if r == nil {
		return rolemodel.CommentOptional
	}
	c := m.Policy(r.PolicyID).OfRole(r).Comments
	if d == ApproveStep {
		return c.CommentActivationOnApproveInReview
	}
	return c.CommentActivationOnDeclineInReview
}

// alreadyDecided tells who decided; a decision that is repeated is done (requests 18.1).
func alreadyDecided(ctx context.Context, t *turn, st *step, d StepDecisionInput) (*errs.Error, error) {
	var was struct {
		Decider  string
		Decision StepDecision
	}
	if err := t.tx.NewRaw(`select decider, decision from request_decision where step_id = ?`, st.ID).Scan(ctx, &was); err != nil {
		return nil, fmt.Errorf("read who decided: %w", err)
	}
	if was.Decider == t.actor && was.Decision == d.Decision {
		return nil, nil
	}
	verb := map[StepDecision]string{ApproveStep: "approved", DeclineStep: "declined"}[was.Decision]
	return errs.New(errs.AlreadyDone, "%s %s this already.", was.Decider, verb).Of(st.ID), nil
}

// decided writes who decided a step.
func (t *turn) decided(x *item, st *step, d StepDecision, comment string) error {
	me := permit.From(t.ctx)
	var resource, user *int64
	if me != nil && me.ResourceID != 0 {
		resource = &me.ResourceID
	}
	if me != nil && me.UserID != 0 {
		user = &me.UserID
	}
	var under, forUser, forRecord *int64
	if u := t.under; u != nil {
		under, forUser = &u.DelegationID, &u.Delegator.UserID
		if u.Delegator.ResourceID != 0 {
			forRecord = &u.Delegator.ResourceID
		}
	}
	_, err := t.tx.NewRaw(`insert into request_decision (step_id, item_id, decision, decider, decider_user_id, decider_id, requester, requester_user_id, requester_id, beneficiary_id, comment, at,
			delegation_id, for_account, for_user_id, for_id, changed_dates) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, st.ID, x.ID, d, t.actor, user, resource, x.Requester, x.RequesterUserID, x.RequesterID, x.BeneficiaryID, comment, t.now,
		under, t.behalf(), forUser, forRecord, t.changed.stored()).Exec(t.ctx)
	switch db.Constraint(err) {
	case "":
		return err
	case "request_decision_pkey":
		return errs.New(errs.AlreadyDone, "Somebody decided this already.").Of(st.ID).Because(err)
	case "request_decision_once", "request_decision_not_of_requester", "request_decision_not_of_beneficiary", "request_decision_not_own", "request_decision_not_for_parties",
		"request_decision_for_delegator", "request_decision_acts_for_excluded":
		return errs.New(errs.Forbidden, "Somebody else has to decide on this.").Of(st.ID).Because(err)
	case "request_decision_only_narrows":
		return errs.New(errs.StaleItem, "The dates changed since you looked at it. Look again, then decide.").Of(st.ID).Because(err)
	}
	return fmt.Errorf("write a decision: %w", err)
}

// approve approves a step. raised are risks that ask for an approval of their own by now: one more step stands behind it then (requests 4.1 I15).
func (s *Service) approve(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step, comment string, raised []int64) error {
	if err := t.decided(x, st, ApproveStep, comment); err != nil {
		return err
	}
	if err := t.acted(x, Approve); err != nil {
		return err
	}
	said := comment
	if t.changed != nil {
		said = strings.TrimSpace(comment + "\n" + t.changed.text())
		if err := s.tellNarrowed(ctx, t, x); err != nil {
			return err
		}
	}
	t.step(x, st, Approve, said)
	if len(raised) > 0 {
		if err := s.askAboutRisks(ctx, t, m, x, raised); err != nil {
			return err
		}
	}
	if err := s.onward(ctx, t, m, x, s.approvers(m), comment, true); err != nil {
		return err
	}
	if x.State != Approved {
		return nil
	}
	return assignment.MarkDirty(ctx, t.tx, "requested", x.BeneficiaryID)
}

func (s *Service) decline(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step, comment string) error {
	if err := t.decided(x, st, DeclineStep, comment); err != nil {
		return err
	}
	if err := t.acted(x, Decline); err != nil {
		return err
	}
	t.step(x, st, Decline, comment)
	return s.end(ctx, t, x, Decline, "", comment)
}

// end ends an item that comes to nothing: its row goes, or is as it was; its steps close.
func (s *Service) end(ctx context.Context, t *turn, x *item, action Action, reason, comment string) error {
	if reason != "" {
		x.ClosedReason = &reason
	}
	closing := Close
	if action == Expire {
		closing = Expire
	}
	t.closeSteps(x, closing)
	if err := t.move(x, action, comment); err != nil {
		return err
	}
	if x.AssignedRoleID == nil {
		return nil
	}
	if comment == "" {
		comment = reasons[reason]
	}
	_, err := assignment.Dropped(ctx, t.tx, assignment.Decided{At: t.now, Actor: t.actor, Comment: comment}, *x.AssignedRoleID)
	return err
}

// askAboutRisks puts a step behind the last one, for risks that were not there when the item was asked for. What is asked for stands as a new row, since no
// row goes back to where a risk is approved.
func (s *Service) askAboutRisks(ctx context.Context, t *turn, m *assignment.Model, x *item, raised []int64) error {
	st := &step{ItemID: x.ID, Round: 1, State: StepWaiting, from: StepWaiting, Version: 1}
	for _, o := range x.steps {
		if o.Level == 0 {
			st.Round++
		}
	}
	if err := s.approvers(m).insertStep(ctx, t.tx, x, st); err != nil {
		return err
	}
	x.steps, x.RiskIDs, x.IsAtRisk = append(x.steps, st), append(x.RiskIDs, raised...), true
	if !x.IsAnew {
		return nil
	}
	said := assignment.Decided{At: t.now, Actor: t.actor, Comment: "A risk has to be approved first."}
	if ok, err := assignment.Dropped(ctx, t.tx, said, *x.AssignedRoleID); err != nil || !ok {
		return orGone(err, ok, x)
	}
	row, err := assignment.AskRole(ctx, t.tx, t.now, assignment.WantedRole{OwnerID: x.BeneficiaryID, RoleID: x.RoleID, Parameters: x.Parameters, Start: x.StartDate, End: x.EndDate})
	x.AssignedRoleID = &row
	return err
}

// recheck looks again at what may have changed since it was asked for (requests 4.3): what has no sense any more ends, and the approval is refused. raised
// are risks that ask for an approval of their own by now.
// before are the dates without what the decision changes of them: what is refused changes none.
func (s *Service) recheck(ctx context.Context, t *turn, m *assignment.Model, x *item, before dates) (refused *errs.Error, raised []int64, err error) {
	if x.Action != Remove && before.End != nil && !before.End.After(t.now) {
		x.set(before)
		return errs.New(errs.Conflict, "This cannot be approved any more: %s.", reasons["period_over"]).Of(x.ID), nil, s.end(ctx, t, x, Expire, "period_over", "")
	}
	reason, err := s.senseless(ctx, t, m, x)
	if err != nil {
		return nil, nil, err
	}
	if reason != "" {
		x.set(before)
		return errs.New(errs.Conflict, "This cannot be approved any more: %s.", reasons[reason]).Of(x.ID), nil, s.cancel(ctx, t, x, reason)
	}
	for name, id := range x.Parameters {
		var alive bool
		if err := t.tx.NewRaw(`select exists (select from resource where id = ? and valid_to = 'infinity')`, id).Scan(ctx, &alive); err != nil {
			return nil, nil, err
		}
		if !alive && x.Action.gives() {
			x.set(before)
			x.Problem = new(fmt.Sprintf("The value of %s is not there any more.", name))
			t.touch(x)
			return errs.New(errs.Conflict, "This cannot be approved: the value of %s is not there any more. Decline it, or ask again.", name).Of(x.ID), nil, nil
		}
	}
	if !x.Action.gives() {
		return nil, nil, nil
	}
	contexts, err := assignment.ContextsOf(ctx, t.tx, []int64{x.BeneficiaryID})
	if err != nil {
		return nil, nil, err
	}
	r := m.Role(x.RoleID)
	p := limit(t.now, x.StartDate, x.EndDate, withoutMode(m.Policy(r.PolicyID).OfRole(r)), contexts[x.BeneficiaryID], nil, "")
	if slices.ContainsFunc(p.findings, func(f *RequestFinding) bool { return f.Severity == Blocks }) {
		if changed(before, datesOf(x)) != nil {
			x.set(before)
			return errs.New(errs.Validation, "Nothing is left of that time with what limits it. Choose other dates.").At("input.steps.endDate").Of(x.ID), nil, nil
		}
		return errs.New(errs.Conflict, "This cannot be approved any more: %s.", reasons["period_over"]).Of(x.ID), nil, s.end(ctx, t, x, Expire, "period_over", "")
	}
	if x.HeldUntil != nil && p.end != nil && !p.end.After(*x.HeldUntil) {
		x.set(before)
		return errs.New(errs.Conflict, "This cannot be approved any more: it may not last longer than it does.").Of(x.ID), nil, s.end(ctx, t, x, Expire, "period_over", "")
	}
	if p.end != nil && (x.EndDate == nil || p.end.Before(*x.EndDate)) {
		x.Clamps = append(x.Clamps, p.clamps...)
	}
	x.StartDate, x.EndDate = p.start, p.end
	if refused, raised, err = s.newRisks(ctx, t, m, x); refused != nil {
		x.set(before)
	}
	return refused, raised, err
}

// newRisks looks at the last approval what risks are raised by now that were not when it was asked for: one that forbids it refuses the approval, those that
// ask for an approval of their own are given.
func (s *Service) newRisks(ctx context.Context, t *turn, m *assignment.Model, x *item) (refused *errs.Error, raised []int64, err error) {
	if slices.ContainsFunc(x.steps, func(st *step) bool { return st.State == StepWaiting }) || len(m.Source.Risks) == 0 {
		return nil, nil, nil
	}
	b := risk.Basket{OwnerID: x.BeneficiaryID, Grant: []risk.RiskGrantInput{granting(x.Role, x.Parameters, x.StartDate, x.EndDate)}}
	if x.Action == Add || x.Action == Extend {
		b.Without = []int64{*x.AssignedRoleID}
	}
	found, err := s.Risks.Check(ctx, t.tx, []risk.Basket{b})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range found[0].Risks {
		known := m.Source.Risks[slices.IndexFunc(m.Source.Risks, func(k *rolemodel.Risk) bool { return k.Identifier == r.Risk.Identifier })]
		switch {
		case slices.Contains(x.RiskIDs, known.ID):
		case r.Effect == risk.EffectBlock:
			x.Problem = new(fmt.Sprintf("The risk %s stands against it by now.", r.Risk.DisplayName))
			t.touch(x)
			return errs.New(errs.Conflict, "This cannot be approved: with what changed since it was asked for, the person would have the risk %s. Decline it, or take away first what it conflicts with.", r.Risk.DisplayName).Of(x.ID), nil, nil
		case r.Effect == risk.EffectApproval:
			raised = append(raised, known.ID)
		}
	}
	return nil, raised, nil
}

// withoutMode are settings of a role for dates that were looked at before: whether an end may be said is no question any more.
func withoutMode(set rolemodel.Settings) rolemodel.Settings {
	set.ManualAssignmentEndDateLockedToContextMode = rolemodel.EndFree
	return set
}
