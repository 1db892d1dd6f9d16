package request

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/rolemodel"
)

// Days is how days of waiting are counted (requests 9.4, 21.1).
type Days struct {
	Question int      // how many a question waits for its answer
	Working  bool     // Monday to Friday only, without Holidays
	Holidays []string // as 2006-01-02
	Ending   []int    // so many days before something ends people are told (6.5); none: never
}

// deadlines are days after which something happens to what waits; 0: never.
type deadlines struct {
	due, remind, escalate int // of a step, since its turn came
	expire                int // of an item, since it was asked for
}

// deadlinesOf are those of the policy of a role, and of the approver rule about a step where that says others; nil: none is about it.
func deadlinesOf(m *assignment.Model, roleID int64, rule *rolemodel.ApproverRule) deadlines {
	var d deadlines
	if r := m.Role(roleID); r != nil {
		if p := m.Policy(r.PolicyID); p != nil {
			d = deadlines{due: p.DueAfterDays, remind: p.RemindAfterDays, escalate: p.EscalateAfterDays, expire: p.ExpireAfterDays}
		}
	}
	if rule != nil {
		for _, own := range []struct{ to, from *int }{{&d.due, rule.DueAfterDays}, {&d.remind, rule.RemindAfterDays}, {&d.escalate, rule.EscalateAfterDays}} {
			if own.from != nil {
				*own.to = *own.from
			}
		}
	}
	return d
}

const (
	// mostEscalations is how often others are asked besides.
	mostEscalations = 3
	// questionDays is how many days a question waits where nothing else is set.
	questionDays = 7
	// betweenReminders is how long nobody is reminded again.
	betweenReminders = 24 * time.Hour
)

// warnings are the days before an item expires at which that is said.
var warnings = []int{7, 1}

// after gives the same time of day some days later, in a time zone; nil: never.
func (d Days) after(zone *time.Location, from time.Time, days int) *time.Time {
	if days == 0 {
		return nil
	}
	start := from.In(zone)
	for n := 1; ; n++ {
		t := start.AddDate(0, 0, n)
		if !d.Working || d.isWorked(t) {
			days--
		}
		if days == 0 {
			return new(t.UTC())
		}
	}
}

func (d Days) isWorked(t time.Time) bool {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !slices.Contains(d.Holidays, t.Format(time.DateOnly))
}

// wind sets the clocks of a step whose turn it is.
func (t *turn) wind(s *step) {
	s.DueAt, s.RemindAt, s.EscalateAt = t.days.after(t.zone, t.now, s.DueDays), t.days.after(t.zone, t.now, s.RemindDays), t.days.after(t.zone, t.now, s.EscalateDays)
}

// windItem sets the clocks of an item that is asked for now.
func (t *turn) windItem(x *item, d deadlines) {
	x.ExpireAt = t.days.after(t.zone, t.now, d.expire)
	x.WarnAt = nextWarning(x.ExpireAt, t.zone, t.now)
}

// nextWarning is when it is said next that something expires; nil: not any more.
func nextWarning(expire *time.Time, zone *time.Location, now time.Time) *time.Time {
	if expire == nil {
		return nil
	}
	for _, days := range warnings {
		if at := expire.In(zone).AddDate(0, 0, -days).UTC(); at.After(now) {
			return &at
		}
	}
	return nil
}

// nextReminder is when a step is reminded of after now; nil: not any more. Those who are asked are reminded a last time one day before it is due.
func nextReminder(s *step, zone *time.Location, now time.Time) *time.Time {
	if s.DueAt == nil || s.RemindDays == 0 {
		return nil
	}
	if last := s.DueAt.In(zone).AddDate(0, 0, -1).UTC(); last.After(now) {
		return &last
	}
	return nil
}

// insertStep writes a step of an item, with the days that hold for it now.
func (a *approvers) insertStep(ctx context.Context, tx bun.Tx, x *item, st *step) error {
	rule, err := a.rule(ctx, tx, x.approval(st.Level))
	if err != nil {
		return err
	}
	d := deadlinesOf(a.m, x.RoleID, rule)
	st.DueDays, st.RemindDays, st.EscalateDays = d.due, d.remind, d.escalate
	if err := tx.NewRaw(`insert into request_step (item_id, level, round, state, due_days, remind_days, escalate_days) values (?, ?, ?, 'WAITING', ?, ?, ?) returning id`,
		st.ItemID, st.Level, st.Round, st.DueDays, st.RemindDays, st.EscalateDays).Scan(ctx, &st.ID); err != nil {
		return fmt.Errorf("write a step of a request: %w", err)
	}
	return nil
}

// mostStill is how long the clocks of a step stand still altogether.
const mostStill = 21 * 24 * time.Hour

// stand has the clocks of a step and its item stand still while something is asked: they are moved ahead as far as the answer may take.
func (t *turn) stand(x *item, st *step) {
	st.AskedAt, st.AnswerBy = &t.now, t.days.after(t.zone, t.now, cmp.Or(t.days.Question, questionDays))
	still := max(0, min(st.AnswerBy.Sub(t.now), mostStill-time.Duration(st.Stood)*time.Millisecond))
	st.StillUntil = new(t.now.Add(still))
	for _, at := range clocksOf(x, st) {
		if *at != nil && (*at).After(t.now) {
			*at = new((*at).Add(still))
		}
	}
}

// resume moves them back by what was not needed.
func (t *turn) resume(x *item, st *step) {
	if unused := st.StillUntil.Sub(t.now); unused > 0 {
		for _, at := range clocksOf(x, st) {
			if *at != nil && (*at).After(*st.StillUntil) {
				*at = new((*at).Add(-unused))
			}
		}
		st.StillUntil = &t.now
	}
	st.Stood += max(0, st.StillUntil.Sub(*st.AskedAt).Milliseconds())
	st.AskedAt, st.AnswerBy, st.StillUntil = nil, nil, nil
}

// clocksOf are the clocks that stand still while something is asked.
func clocksOf(x *item, st *step) []**time.Time {
	return []**time.Time{&st.DueAt, &st.RemindAt, &st.EscalateAt, &x.ExpireAt, &x.WarnAt}
}

// tick does what the clocks of a step ask for, each once, however late: reminding, and asking others besides.
func (s *Service) tick(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error {
	st := x.open()
	if x.State != InApproval || st == nil {
		return nil
	}
	t, who := s.newTurn(ctx, tx, m), s.approvers(m)
	isDue := func(at *time.Time) bool { return at != nil && !at.After(t.now) }
	if isDue(st.RemindAt) {
		if st.RemindedAt == nil || !st.RemindedAt.After(t.now.Add(-betweenReminders)) {
			if err := s.remind(ctx, t, x, st, who); err != nil {
				return err
			}
		}
		st.RemindAt = nextReminder(st, t.zone, t.now)
		st.isWritten = true
		t.items[x.ID] = x
	}
	if isDue(st.EscalateAt) {
		if err := s.escalate(ctx, t, x, st, who); err != nil {
			return err
		}
	}
	return t.commit()
}

// remind tells those who are asked that they are (requests 9.3). Of a step that is stuck those who supervise requests are told.
func (s *Service) remind(ctx context.Context, t *turn, x *item, st *step, who *approvers) error {
	list, err := s.askedOrSupervising(ctx, t, x, st, who)
	if err != nil {
		return err
	}
	st.RemindedAt, st.Reminders = &t.now, st.Reminders+1
	t.note(x, st, Remind, st.State, st.State, "")
	t.notify(list, notice{Template: mailReminder, ItemID: x.ID, StepID: &st.ID}, together)
	return nil
}

// warn says that an item expires soon.
func (s *Service) warn(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error {
	t := s.newTurn(ctx, tx, m)
	if x.State != InApproval || x.WarnAt == nil || x.WarnAt.After(t.now) {
		return nil
	}
	told, err := s.parties(ctx, t, m, x)
	if err != nil {
		return err
	}
	x.WarnAt = nextWarning(x.ExpireAt, t.zone, t.now)
	t.items[x.ID] = x
	t.notify(told, notice{Template: mailExpiring, ItemID: x.ID}, together)
	return t.commit()
}
