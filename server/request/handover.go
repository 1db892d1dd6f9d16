package request

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Beside those whom the rules find, a step may be given to others: by escalation, when nobody decided in time, or by one of those who are asked, who hands his
// place over and may take it back. They stand in request_handed. Who may not decide (approver.go) may not by this either, nor to whom such a one handed it.

// mostAdded is how many are asked besides at once.
const mostAdded = 100

// handed reads to whom a step was given, those who are there and can sign in.
func handed(ctx context.Context, b bun.IDB, stepID int64, now time.Time) ([]access.Holder, error) {
	return accounts(ctx, b, "u.id in (select h.user_id from request_handed h where h.step_id = ?) and not has_left(u.id, ?)", stepID, now)
}

// accounts reads accounts that can sign in, under a condition on u.
func accounts(ctx context.Context, b bun.IDB, condition string, args ...any) ([]access.Holder, error) {
	var list []access.Holder
	err := db.Select(ctx, b, bun.SafeQuery("select u.id, u.username, u.display_name, coalesce(nullif(u.email, ''), (select mail_of(r.scalars) from resource r where r.id = u.resource_id), ''), coalesce(u.resource_id, 0) from local_user u where not u.is_disabled and "+condition+" order by u.username", args...), func(r *db.Row) error {
		list = append(list, access.Holder{UserID: r.Int(), Username: r.Text(), DisplayName: r.Text(), Email: r.Text(), ResourceID: r.Int()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return list, nil
}

// asked gives who may decide a step now: whom the rules find, and to whom it was given besides, without those who may not.
func (a *approvers) asked(ctx context.Context, b bun.IDB, x *item, st *step) ([]access.Holder, error) {
	found, err := a.at(ctx, b, x, st)
	if err != nil {
		return nil, err
	}
	list := found.holders
	more, err := handed(ctx, b, st.ID, a.s.Clock.Now())
	if err != nil {
		return nil, err
	}
	return joined(ctx, b, x, list, more)
}

// joined adds people to a list, once each and only those who may decide about an item.
func joined(ctx context.Context, b bun.IDB, x *item, list, more []access.Holder) ([]access.Holder, error) {
	more = slices.DeleteFunc(slices.Clone(more), func(h access.Holder) bool {
		return slices.ContainsFunc(list, func(o access.Holder) bool { return o.UserID == h.UserID })
	})
	if len(more) == 0 {
		return list, nil
	}
	names := make([]string, len(more))
	for i, h := range more {
		names[i] = h.Username
	}
	out, err := excluded(ctx, b, names, x.party())
	if err != nil {
		return nil, err
	}
	list = slices.Concat(list, slices.DeleteFunc(more, func(h access.Holder) bool { return out[h.Username] != "" }))
	slices.SortFunc(list, func(a, b access.Holder) int { return strings.Compare(a.Username, b.Username) })
	return list, nil
}

// isAsked reports whether the caller is asked about a step, whether or not he is excluded from deciding it: by an approver rule, by his right to review
// roles where no rule is about it, or since it was given to him.
func isAsked(ctx context.Context, b bun.IDB, m *assignment.Model, x *item, st *step, now time.Time) (bool, error) {
	if st.AsksReviewers {
		if may, err := mayReview(ctx, b, m, x.EntityTypeID, x.BeneficiaryID); may || err != nil {
			return may, err
		}
	}
	var found bool
	if err := b.NewRaw("select request_asks(?, ?, ?)", st.ID, askedName(ctx), now).Scan(ctx, &found); err != nil {
		return false, fmt.Errorf("look who is asked: %w", err)
	}
	return found, nil
}

// askedID is the account that is asked where the caller is: his own, or that of the one for whom he acts.
func askedID(ctx context.Context) int64 {
	if under := permit.Behalf(ctx); under != nil {
		return under.Delegator.UserID
	}
	if me := permit.From(ctx); me != nil {
		return me.UserID
	}
	return 0
}

// askedName is the name of that account.
func askedName(ctx context.Context) string {
	if under := permit.Behalf(ctx); under != nil {
		return under.Delegator.Username
	}
	return permit.Name(ctx)
}

// supervisors gives who supervises the requests for the beneficiary of an item, without those who may not decide about it.
func (a *approvers) supervisors(ctx context.Context, b bun.IDB, x *item) ([]access.Holder, error) {
	holders, err := a.overseers(ctx, b, x)
	if err != nil {
		return nil, err
	}
	return joined(ctx, b, x, nil, holders)
}

// overseers gives who supervises the requests for the beneficiary of an item.
func (a *approvers) overseers(ctx context.Context, b bun.IDB, x *item) ([]access.Holder, error) {
	t := a.m.Shape.EntityTypes[x.EntityTypeID]
	if t == nil {
		return nil, nil
	}
	holders, err := access.Executors(ctx, b, permit.For(permit.Supervise, t.Identifier), a.s.Clock.Now())
	if err != nil {
		return nil, err
	}
	return access.Over(ctx, b, a.m.Shape, holders, t, x.BeneficiaryID)
}

// managers gives the accounts of those to whom people report: by an access rule, or by where their entity type says that managers are found.
func (a *approvers) managers(ctx context.Context, b bun.IDB, of []access.Holder) ([]access.Holder, error) {
	lines, err := access.Lines(ctx, b, a.m.Shape)
	if err != nil {
		return nil, err
	}
	var people []int64
	for _, h := range of {
		if h.ResourceID != 0 {
			people = append(people, h.ResourceID)
		}
	}
	if len(people) == 0 {
		return nil, nil
	}
	above := bun.SafeQuery(`select l.target_id from resource_link l join resource w on w.id = l.target_id and w.valid_to = 'infinity' where l.source_id = any (?) and l.property_id = any (?) and l.valid_to = 'infinity' and l.source_id <> l.target_id`,
		ids(people), ids(slices.Concat(slices.Collect(maps.Values(lines))...)))
	for _, t := range a.m.Shape.EntityTypes {
		for _, way := range a.climbing(0, t.ID, people, 1) {
			above = bun.SafeQuery("? union all select person from (?) c", above, way)
		}
	}
	return accounts(ctx, b, `u.resource_id in (?) and not has_left(u.id, ?)`, above, a.s.Clock.Now())
}

// escalate asks others besides about a step that nobody decided in time: the managers of those who are asked, or who supervises requests when there are none
// (requests 4.2 S20, S21). Who was asked stays so.
func (s *Service) escalate(ctx context.Context, t *turn, x *item, st *step, who *approvers) error {
	list, err := who.asked(ctx, t.tx, x, st)
	if err != nil {
		return err
	}
	found, err := who.besides(ctx, t.tx, x, st, list)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		if found, err = who.supervisors(ctx, t.tx, x); err != nil {
			return err
		}
		if found, err = newOnes(ctx, t.tx, x, list, found); err != nil {
			return err
		}
	}
	found = found[:min(len(found), mostAdded)]
	for _, h := range found {
		if _, err := t.tx.NewRaw(`insert into request_handed (step_id, user_id, source, since) values (?, ?, 'ESCALATION', ?) on conflict do nothing`, st.ID, h.UserID, t.now).Exec(ctx); err != nil {
			return fmt.Errorf("give a step to others: %w", err)
		}
	}
	st.Escalation++
	st.EscalateAt = nil
	if st.Escalation < mostEscalations {
		st.EscalateAt = t.days.after(t.zone, t.now, st.EscalateDays)
	}
	if len(found) == 0 {
		t.step(x, st, Escalate, "Nobody else was found who may decide.")
		return nil
	}
	names, more := shown(found)
	text := "Asked besides: " + strings.Join(names, ", ")
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	t.step(x, st, Escalate, text+".")
	if st.State == StepStuck {
		next := st.EscalateAt
		t.step(x, st, Reroute, "")
		st.EscalateAt = next
	}
	t.notify(found, notice{Template: mailEscalated, ItemID: x.ID, StepID: &st.ID}, 0)
	t.notify(list, notice{Template: mailEscalated, ItemID: x.ID, StepID: &st.ID}, 0)
	return nil
}

// besides are those who are asked besides: by the ways of the approver rule, the first that finds somebody who is not asked yet, or without one the managers
// of those who are asked (requests 5.1).
func (a *approvers) besides(ctx context.Context, b bun.IDB, x *item, st *step, list []access.Holder) ([]access.Holder, error) {
	ways := []rolemodel.Finder{{Finder: rolemodel.FindManagerOfCandidate}}
	rule, err := a.rule(ctx, b, x.approval(st.Level))
	if err != nil {
		return nil, err
	}
	if rule != nil && len(rule.EscalateTo) > 0 {
		ways = rule.EscalateTo
	}
	for _, f := range ways {
		var found []access.Holder
		if f.Finder == rolemodel.FindManagerOfCandidate {
			found, err = a.managers(ctx, b, list)
		} else {
			out := &asked{}
			err = a.find(ctx, b, x.approval(st.Level), []rolemodel.Finder{f}, rolemodel.FirstFinder, out)
			found = out.holders
		}
		if err != nil {
			return nil, err
		}
		if found, err = newOnes(ctx, b, x, list, found); err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// newOnes are those of some people who may decide about an item and are not asked yet.
func newOnes(ctx context.Context, b bun.IDB, x *item, asked, found []access.Holder) ([]access.Holder, error) {
	found = slices.DeleteFunc(slices.Clone(found), func(h access.Holder) bool {
		return slices.ContainsFunc(asked, func(o access.Holder) bool { return o.UserID == h.UserID })
	})
	return joined(ctx, b, x, nil, found)
}

// mostHanded is how often a place is handed on.
const mostHanded = 3

// DelegateStepsInput hands the caller's place at steps over.
type DelegateStepsInput struct {
	StepIDs    []int64
	ToPersonID int64
	Reason     string
}

// Delegate hands the caller's place at steps over to another person, with a reason (requests 9.2). He needs no right for it, but must not be one of those who
// may not decide.
func (s *Service) Delegate(ctx context.Context, in DelegateStepsInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	if err := (RequestStepsInput{in.StepIDs}).check(); err != nil {
		return nil, err
	}
	reason, err := said("input.reason", in.Reason)
	if err != nil {
		return nil, err
	}
	return s.each(ctx, in.StepIDs, func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) (*errs.Error, error) {
		if refused, err := s.mayDecide(ctx, t, m, x, st); refused != nil || err != nil {
			return refused, err
		}
		if may, err := st.allows(ctx, t.tx, isDelegable); err != nil {
			return nil, err
		} else if !may {
			return errs.New(errs.Forbidden, "This is decided by those who are asked, and handed to nobody: its approver rule says so.").Of(st.ID), nil
		}
		if t.under != nil {
			return errs.New(errs.Forbidden, "The place is %s's own, for whom you act. Decide it, or leave it.", t.under.Delegator.Name).Of(st.ID), nil
		}
		to, refused, err := delegateOf(ctx, t, m, x, st, in.ToPersonID)
		if refused != nil || err != nil {
			return refused, err
		}
		var chain int
		if err := t.tx.NewRaw(`select coalesce(max(chain), 0) + 1 from request_handed where step_id = ? and user_id = ?`, st.ID, permit.From(ctx).UserID).Scan(ctx, &chain); err != nil {
			return nil, fmt.Errorf("read how often a place was handed on: %w", err)
		}
		if chain > mostHanded {
			return errs.Invalid("input.toPersonId", "A place is handed on %d times at most. Decide it, or let it be taken back.", mostHanded).Of(st.ID), nil
		}
		// A place that came back, since whoever had it can decide no more, is handed over anew.
		if _, err := t.takeBack(st); err != nil {
			return nil, err
		}
		if _, err := t.tx.NewRaw(`insert into request_handed (step_id, user_id, source, since, by_user_id, reason, chain) values (?, ?, 'DELEGATED', ?, ?, ?, ?)`, st.ID, to.UserID, t.now, permit.From(ctx).UserID, reason, chain).Exec(ctx); err != nil {
			return nil, fmt.Errorf("hand a step over: %w", err)
		}
		t.step(x, st, Delegate, fmt.Sprintf("To %s: %s", to.DisplayName, reason))
		t.notify([]access.Holder{*to}, notice{Template: mailHanded, ItemID: x.ID, StepID: &st.ID, Text: reason}, together)
		return nil, s.keepWho(ctx, t, m, x, st)
	})
}

// delegateOf finds the account of a person that a step may be handed over to.
func delegateOf(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step, person int64) (*access.Holder, *errs.Error, error) {
	const field = "input.toPersonId"
	list, err := t.signingIn(ctx, m, st, person, field)
	if err != nil {
		return nil, nil, err
	}
	to := list[0]
	var had bool
	if err := t.tx.NewRaw(`select ?1 = any (?0) or ?2 <> 0 and ?2 = ?3 or exists (select from request_handed h where h.step_id = ?4 and h.source = 'DELEGATED' and (h.user_id = any (?0) or h.by_user_id = any (?0)))`,
		ids(userIDs(list)), permit.From(ctx).UserID, permit.From(ctx).ResourceID, person, st.ID).Scan(ctx, &had); err != nil {
		return nil, nil, fmt.Errorf("read who had a step: %w", err)
	}
	if had {
		return nil, errs.Invalid(field, "%s has this, or had it in his hands. Choose somebody else.", to.DisplayName).Of(st.ID), nil
	}
	return &to, nil, t.mayBeNamed(ctx, x, st, list, field)
}

// decider gives the accounts of a person who may be named to decide a step. Others are refused, with the field that names them.
func (t *turn) decider(ctx context.Context, m *assignment.Model, x *item, st *step, person int64, field string) ([]access.Holder, error) {
	list, err := t.signingIn(ctx, m, st, person, field)
	if err != nil {
		return nil, err
	}
	return list, t.mayBeNamed(ctx, x, st, list, field)
}

// signingIn gives the accounts by which a person signs in, whom the caller may see.
func (t *turn) signingIn(ctx context.Context, m *assignment.Model, st *step, person int64, field string) ([]access.Holder, error) {
	var found bool
	if err := t.tx.NewRaw("select exists (select from resource r where r.id = ? and ?)", person, directory.Readable(ctx, m.Shape, "r")).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("look for who is given a step: %w", db.Explain(err))
	}
	if !found {
		return nil, errs.Missing("There is no person %d, or he is not in your scope.", person).At(field).Of(st.ID)
	}
	list, err := accounts(ctx, t.tx, "u.resource_id = ? and not u.is_client and not is_user_gone(u.id)", person)
	if err == nil && len(list) == 0 {
		err = errs.Invalid(field, "This person cannot sign in, so he could not decide. Choose somebody else.").Of(st.ID)
	}
	return list, err
}

// mayBeNamed refuses somebody who may not decide about an item, by whichever of his accounts.
func (t *turn) mayBeNamed(ctx context.Context, x *item, st *step, list []access.Holder, field string) error {
	names := make([]string, len(list))
	for i, h := range list {
		names[i] = h.Username
	}
	out, err := excluded(ctx, t.tx, names, x.party())
	if err == nil && len(out) > 0 {
		err = errs.New(errs.Forbidden, "%s may not decide on this: it is about him, he asked for it, or he decided another level. Choose somebody else.", list[0].DisplayName).At(field).Of(st.ID)
	}
	return err
}

func userIDs(list []access.Holder) []int64 {
	all := make([]int64, len(list))
	for i, h := range list {
		all[i] = h.UserID
	}
	return all
}

// TakeBack takes the caller's place at steps back that he handed over, until it is decided (requests 4.2 S16). Whoever it was handed on to loses it, too.
func (s *Service) TakeBack(ctx context.Context, in RequestStepsInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return s.each(ctx, in.StepIDs, func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) (*errs.Error, error) {
		if !st.State.isDecidable() {
			return errs.New(errs.InvalidTransition, "This waits for no decision: the request is %s.", stateWords[x.State]).Of(st.ID), nil
		}
		if taken, err := t.takeBack(st); err != nil {
			return nil, err
		} else if !taken {
			return errs.New(errs.Forbidden, "Who handed his place over takes it back.").Of(st.ID), nil
		}
		t.step(x, st, Recall, "")
		return nil, s.keepWho(ctx, t, m, x, st)
	})
}

// keepWho writes whom a step asks by name, where a rule says it: who handed his place over is not asked, and who took it back is.
func (s *Service) keepWho(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) error {
	a, err := s.approvers(m).at(ctx, t.tx, x, st)
	if err != nil {
		return err
	}
	if _, err := keepAsked(ctx, t, st, a); err != nil {
		return err
	}
	more, err := handed(ctx, t.tx, st.ID, t.now)
	if err != nil {
		return err
	}
	if more, err = joined(ctx, t.tx, x, nil, more); err != nil {
		return err
	}
	if !a.anybody() && len(more) == 0 {
		t.step(x, st, Block, "")
	}
	return nil
}

// endHanded ends the places that somebody handed over who is not asked himself any more: a place is worth no more than the one it is from (requests 5.5).
// Of a profile with many holders it is not known who is.
func endHanded(ctx context.Context, t *turn, st *step, a *asked) error {
	if a.pool != nil {
		return nil
	}
	if _, err := t.tx.NewRaw(`with recursive void as (
			select h.id, h.user_id from request_handed h where h.step_id = ?0 and h.source = 'DELEGATED' and h.by_user_id <> all (?1)
				and not exists (select from request_handed g where g.step_id = ?0 and g.user_id = h.by_user_id)
			union
			select h.id, h.user_id from request_handed h join void v on h.by_user_id = v.user_id where h.step_id = ?0)
		delete from request_handed where id in (select id from void)`, st.ID, ids(a.found)).Exec(ctx); err != nil {
		return fmt.Errorf("end places of those who are not asked any more: %w", err)
	}
	return nil
}

// takeBack ends what the caller handed over at a step, and all to whom it was handed on.
func (t *turn) takeBack(st *step) (taken bool, err error) {
	var ended []int64
	if err := t.tx.NewRaw(`with recursive back as (select h.id, h.user_id from request_handed h where h.step_id = ?0 and ?1
			union select h.id, h.user_id from request_handed h join back b on h.by_user_id = b.user_id where h.step_id = ?0)
		delete from request_handed where id in (select id from back) returning id`, st.ID, byCaller(t.ctx)).Scan(t.ctx, &ended); err != nil {
		return false, fmt.Errorf("take a step back: %w", err)
	}
	return len(ended) > 0, nil
}

// byCaller is the condition on h of what the caller handed over, by whichever account that is linked to him.
func byCaller(ctx context.Context) db.Condition {
	me := permit.From(ctx)
	if me == nil || me.UserID == 0 {
		return bun.SafeQuery("false")
	}
	return bun.SafeQuery("h.by_user_id in (select u.id from local_user u where u.id = ? or u.resource_id = nullif(?, 0))", me.UserID, me.ResourceID)
}
