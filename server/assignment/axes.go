package assignment

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/evaluation"
)

// ViewInput asks for the permissions of a resource. An assignment has two axes of time: when it holds, and when that was known. Without any
// instant both are now.
type ViewInput struct {
	ResourceID int64
	AsOf       *time.Time // both at once: what was known at the instant about the instant; stands alone
	At         *time.Time // what holds at this instant; nil: at KnownAt
	KnownAt    *time.Time // by what was known at this instant; nil, or later than now: now

	IncludeRequested bool // roles that are only asked for, too
}

// axes are the two instants that a view is asked for.
type axes struct {
	at    time.Time // when it holds
	known time.Time // when that was known

	requested bool // roles that are only asked for, too
}

func (in *ViewInput) axes(now time.Time) (axes, error) {
	if in.AsOf != nil {
		if in.At != nil || in.KnownAt != nil {
			return axes{}, errs.Invalid("asOf", "asOf is at and knownAt in one: give either it or them.")
		}
		in = &ViewInput{At: in.AsOf, KnownAt: in.AsOf, IncludeRequested: in.IncludeRequested}
	}
	a := axes{known: now, requested: in.IncludeRequested}
	if in.KnownAt != nil && in.KnownAt.Before(now) {
		a.known = in.KnownAt.UTC()
	}
	a.at = a.known
	if in.At != nil {
		a.at = in.At.UTC()
	}
	return a, nil
}

// done is the instant at which orders, differences and decisions are shown: what was done is known as it is done.
func (a axes) done() time.Time {
	if a.at.Before(a.known) {
		return a.at
	}
	return a.known
}

// hindsight: the view looks at a time before the one in which it was known.
func (a axes) hindsight() bool { return a.at.Before(a.known) }

// shows reports whether a row with these dates belongs into the view: it holds at the instant, or was still to come when that was known. What
// is past its end and still there, because its removal is under way, belongs there as long as it is not looked at ahead.
func (a axes) shows(start, end *time.Time) bool {
	if a.hindsight() {
		return start == nil || !start.After(a.at) || start.After(a.known)
	}
	return end == nil || end.After(a.at) || !end.After(a.known)
}

// inForce reports whether something with these dates holds at the instant.
func (a axes) inForce(start, end *time.Time) bool {
	return (start == nil || !start.After(a.at)) && (end == nil || end.After(a.at))
}

// roles reads the assigned roles of an owner as they were known. A role that had ended by then says itself when it was held.
func (a axes) roles(ctx context.Context, db bun.IDB, owner int64) ([]viewRole, error) {
	var rows, out []viewRole
	if err := db.NewRaw(`select a.id, a.role_id, x.workflow_state, x.origin, x.is_denied, x.start_date, x.end_date, x.inferred_by_id, x.rule_ids, x.parameters, x.is_over, a.found_by, case when x.workflow_state = a.workflow_state then a.ground end as ground,
			a.valid_to = 'infinity' as is_current
		from assigned_role a
		cross join lateral (
			select a.workflow_state, a.origin, a.is_denied, a.start_date, case when a.valid_to <= ?2 then least(a.end_date, a.valid_to) else a.end_date end as end_date,
				a.inferred_by_id, a.rule_ids, a.parameters, a.valid_to <= ?2 as is_over
			where a.valid_from <= ?2 and (a.valid_to > ?2 or a.valid_to > ?1)
			union all
			select v.workflow_state, v.origin, v.is_denied, v.start_date, v.end_date, v.inferred_by_id, v.rule_ids, v.parameters, false
			from assigned_role_version v where v.assigned_role_id = a.id and v.valid_from <= ?2 and v.valid_to > ?2) x
		where a.owner_id = ?0 and (a.valid_to = 'infinity' or a.valid_to <> 'infinity') order by a.id`, owner, a.at, a.known).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		w := evaluation.Workflow(r.WorkflowState)
		asked := r.Origin == evaluation.OriginManual && (w.Pending() || w == evaluation.Declined)
		if asked && !(a.requested && w.Pending()) {
			continue // nobody has it, or had
		}
		never := r.StartDate != nil && r.EndDate != nil && !r.StartDate.Before(*r.EndDate)
		over := r.EndDate != nil && !r.EndDate.After(a.at) && (r.IsOver || a.hindsight())
		if !never && !over && a.shows(r.StartDate, r.EndDate) {
			out = append(out, r)
		}
	}
	return repeated(out, func(x, y *viewRole) bool {
		return x.IsOver && x.RoleID == y.RoleID && a.inForce(y.StartDate, y.EndDate) && (!y.IsOver || x.ID < y.ID)
	}), nil
}

// repeated drops what another row says again: something that ended and was given back with dates that cover the time before.
func repeated[T any](rows []T, says func(x, y *T) bool) []T {
	return slices.DeleteFunc(slices.Clone(rows), func(x T) bool { return slices.ContainsFunc(rows, func(y T) bool { return says(&x, &y) }) })
}

// types reads the assigned resource types of an owner. When one holds is what was known; what it is comes from the newest version known that
// speaks of the instant, which is one that was known then already, or one that expects something over time.
func (a axes) types(ctx context.Context, db bun.IDB, owner int64) ([]viewType, error) {
	var rows, out []viewType
	const versions = `(
			select a.resource_id, a.workflow_state, a.is_expected, a.is_denied, a.is_frozen, a.confidence, a.start_date, a.end_date, a.expected, a.error, a.valid_from where a.valid_from <= ?2
			union all
			select v.resource_id, v.workflow_state, v.is_expected, v.is_denied, v.is_frozen, v.confidence, v.start_date, v.end_date, v.expected, v.error, v.valid_from
			from assigned_resource_type_version v where v.assigned_resource_type_id = a.id and v.valid_from <= ?2) x`
	if err := db.NewRaw(`select a.id, a.resource_type_id, x.resource_id, x.workflow_state, x.is_expected, x.is_denied, x.is_frozen, coalesce(x.confidence, 0) as confidence,
			y.start_date, y.end_date, x.expected, x.error, a.created_key, a.verified_at, a.valid_to <= ?2 as is_over
		from assigned_resource_type a
		cross join lateral (select x.start_date, x.end_date from `+versions+` order by x.valid_from desc limit 1) y
		cross join lateral (select * from `+versions+` where x.is_expected or x.valid_from <= ?1 order by x.valid_from desc limit 1) x
		where a.owner_id = ?0 and (a.valid_to = 'infinity' or a.valid_to <> 'infinity' and (a.valid_to > ?2 or a.valid_to > ?1))
		order by a.resource_type_id, a.id`, owner, a.at, a.known).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	for i := range rows {
		if !a.shows(rows[i].StartDate, rows[i].EndDate) {
			continue
		}
		if err := json.Unmarshal(rows[i].Expected, &rows[i].expected); err != nil {
			return nil, err
		}
		out = append(out, rows[i])
	}
	return repeated(out, func(x, y *viewType) bool {
		return x.IsOver && x.ResourceTypeID == y.ResourceTypeID && a.inForce(y.StartDate, y.EndDate) && (!y.IsOver || x.ID < y.ID) &&
			(x.ResourceID == nil || y.ResourceID == nil || *x.ResourceID == *y.ResourceID)
	}), nil
}
