package request

import (
	"context"
	"slices"
	"strings"
	"time"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/rolemodel"
)

// An approver may narrow the dates of what is asked for: a later start, an earlier end (requests 9.6). What he changed stands with his decision, whoever
// decides after him and whoever asked sees both, and nobody widens it again.

// dates are a time that is asked for. A nil start is the moment of the approval, a nil end is none.
type dates struct{ Start, End *time.Time }

func datesOf(x *item) dates { return dates{x.StartDate, x.EndDate} }

func (x *item) set(d dates) { x.StartDate, x.EndDate = d.Start, d.End }

// ChangedDates is what an approver narrowed. A nil start is the moment of the approval, a nil end is none.
type ChangedDates struct {
	StartBefore *time.Time `json:"startBefore"`
	EndBefore   *time.Time `json:"endBefore"`
	Start       *time.Time `json:"start"`
	End         *time.Time `json:"end"`
}

// changed is what was made of dates; nil: they are as they were.
func changed(before, after dates) *ChangedDates {
	if sameInstant(before.Start, after.Start) && sameInstant(before.End, after.End) {
		return nil
	}
	return &ChangedDates{StartBefore: before.Start, EndBefore: before.End, Start: after.Start, End: after.End}
}

func sameInstant(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// stored is how it stands with the decision; nil: nothing was narrowed.
func (c *ChangedDates) stored() *string {
	if c == nil {
		return nil
	}
	return new(encoded(c))
}

// text says what was narrowed.
func (c *ChangedDates) text() string {
	var parts []string
	if !sameInstant(c.StartBefore, c.Start) {
		parts = append(parts, "from "+day(*c.Start)+" instead of "+dayOr(c.StartBefore, "the approval"))
	}
	if !sameInstant(c.EndBefore, c.End) {
		parts = append(parts, "until "+day(*c.End)+" instead of "+dayOr(c.EndBefore, "as long as it may be"))
	}
	return "Narrowed: " + strings.Join(parts, ", ") + "."
}

func dayOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return day(*t)
}

// narrow changes the dates of an item to those of a decision. It refuses what widens them, and what leaves nothing.
func (x *item) narrow(m *assignment.Model, d StepDecisionInput, now time.Time) *errs.Error {
	if d.StartDate == nil && d.EndDate == nil {
		return nil
	}
	const start, end = "input.steps.startDate", "input.steps.endDate"
	switch {
	case x.Action != Add && x.Action != Extend:
		return errs.Invalid(start, "Only what is asked for anew, or for longer, has dates to narrow.")
	case x.Action == Extend && d.StartDate != nil:
		return errs.Invalid(start, "What is had goes on without a gap. Only its end can be narrowed.")
	}
	if x.HeldUntil != nil && d.EndDate != nil && !d.EndDate.After(*x.HeldUntil) {
		return errs.Invalid(end, "It is had until %s already, and an extension never ends before. Choose a later day, or decline.", day(*x.HeldUntil))
	}
	from, to := now, x.EndDate
	if x.StartDate != nil && x.StartDate.After(now) {
		from = *x.StartDate
	}
	switch {
	case d.StartDate != nil && d.StartDate.Before(from) && (x.StartDate == nil || !d.StartDate.Equal(*x.StartDate)):
		return errs.Invalid(start, "It may begin later than asked for, and not earlier. Ask who wants it to ask anew for more.")
	case d.StartDate != nil && d.StartDate.After(now.Add(maxAhead)):
		return errs.Invalid(start, "A start lies at most %d days ahead.", int(maxAhead.Hours()/24))
	case d.EndDate != nil && to != nil && d.EndDate.After(*to):
		return errs.Invalid(end, "It may end earlier than asked for, and not later. Ask who wants it to ask anew for more.")
	case d.EndDate != nil && to == nil && x.isLockedToContract(m):
		return errs.Invalid(end, "This role always ends with the contract. Leave the end out.")
	}
	if d.StartDate != nil && d.StartDate.After(from) {
		from, x.StartDate = *d.StartDate, d.StartDate
	}
	if d.EndDate != nil {
		to = d.EndDate
	}
	if to != nil && !to.After(from) {
		return errs.Invalid(end, "Nothing is left of that time. Choose other dates, or decline.")
	}
	x.EndDate = to
	return nil
}

// isLockedToContract reports whether the role that is asked for takes no end.
func (x *item) isLockedToContract(m *assignment.Model) bool {
	r := m.Role(x.RoleID)
	return r != nil && m.Policy(r.PolicyID).OfRole(r).ManualAssignmentEndDateLockedToContextMode == rolemodel.EndAlwaysLocked
}

// tellNarrowed tells who asked for an item, and whom it is about, what was narrowed.
func (s *Service) tellNarrowed(ctx context.Context, t *turn, x *item) error {
	list, err := requesters(ctx, t.tx, x)
	if err != nil {
		return err
	}
	more, err := accounts(ctx, t.tx, "u.resource_id = ?", x.BeneficiaryID)
	if err != nil {
		return err
	}
	list = slices.CompactFunc(slices.SortedFunc(slices.Values(slices.Concat(list, more)), func(a, b access.Holder) int { return int(a.UserID - b.UserID) }), func(a, b access.Holder) bool { return a.UserID == b.UserID })
	t.notify(list, notice{Template: mailDecided, ItemID: x.ID, Text: t.changed.text()}, together)
	return nil
}
