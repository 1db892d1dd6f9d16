package access

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"writ/server/permit"
)

// Grants gives every permission entry a user holds now: assigned profiles valid at now, minus those denied, with the filters of their
// rules (spec 10.2). A filter on a dimension takes its value from the context of the assigned profile, and is left out when that
// context does not name the dimension: an empty context narrows nothing. Entries without CanExecute are in it too.
// Two statements, whatever the number of profiles.
func Grants(ctx context.Context, db bun.IDB, userID int64, now time.Time) ([]permit.Grant, error) {
	held, err := selectHeld(ctx, db, now, ofUser(userID))
	if err != nil {
		return nil, err
	}
	filters, err := selectFiltersOf(ctx, db, held)
	if err != nil {
		return nil, err
	}
	grants := make([]permit.Grant, len(held))
	for i, h := range held {
		grants[i] = h.grant(filters[h.RuleID])
	}
	return grants, nil
}

// grant is one held entry with its filters made concrete.
func (h *held) grant(filters []boundFilter) permit.Grant {
	g := permit.Grant{
		Path: h.Permission, CanExecute: h.CanExecute, Notify: h.Notify, Profile: h.Profile, EntityType: h.EntityType,
	}
	if g.EntityType == AnyEntityType {
		g.EntityType = ""
	}
	for _, f := range filters {
		switch {
		case f.CurrentUser:
			g.Filters = append(g.Filters, permit.Filter{Binding: f.Binding, Self: true})
		case f.Dimension != nil:
			if key, ok := h.Context[*f.Dimension]; ok {
				g.Filters = append(g.Filters, permit.Filter{Binding: f.Binding, Value: key, Below: f.IsHierarchical})
			}
		case f.Value != nil:
			g.Filters = append(g.Filters, permit.Filter{Binding: f.Binding, Value: *f.Value})
		}
	}
	return g
}
