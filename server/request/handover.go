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
	"writ/server/permit"
)

// Beside those whom the rules find, a step may be given to others: by escalation, when nobody decided in time. They stand in request_handed. Who may not
// decide (approver.go) may not by this either.

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
	found, err := a.ask(ctx, b, x.approval(st.Level))
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
	found, err := who.managers(ctx, t.tx, list)
	if err != nil {
		return err
	}
	if found, err = newOnes(ctx, t.tx, x, list, found); err != nil {
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

// newOnes are those of some people who may decide about an item and are not asked yet.
func newOnes(ctx context.Context, b bun.IDB, x *item, asked, found []access.Holder) ([]access.Holder, error) {
	found = slices.DeleteFunc(slices.Clone(found), func(h access.Holder) bool {
		return slices.ContainsFunc(asked, func(o access.Holder) bool { return o.UserID == h.UserID })
	})
	return joined(ctx, b, x, nil, found)
}
