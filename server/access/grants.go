package access

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/permit"
)

// Grants gives every permission entry a user holds now: assigned profiles valid at now, minus those denied, with the filters of their
// rules (spec 10.2). A filter on a dimension takes its value from the context of the assigned profile, and is left out when that
// context does not name the dimension: an empty context narrows nothing. Entries without CanExecute are in it too. Those of a client are cut to its scopes.
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
	if len(held) > 0 {
		grants = permit.Cut(grants, held[0].Scopes)
	}
	return grants, nil
}

// Prints gives for each user what is equal as long as Grants gives the same: which profiles count for him now, and all rules there are.
// One statement; a user without a profile has none.
func Prints(ctx context.Context, db bun.IDB, users []int64, now time.Time) (map[int64]string, error) {
	var rows []struct {
		UserID int64
		Print  string
	}
	q := db.NewSelect().TableExpr("assigned_profile AS ap").ColumnExpr("ap.user_id").
		ColumnExpr("md5(string_agg(row(ap.id, ap.profile_id, ap.context)::text, ' ' ORDER BY ap.id)) || (SELECT print FROM rules) AS print").
		With("rules", db.NewRaw(`SELECT md5(coalesce((SELECT string_agg(p::text, ' ' ORDER BY p.id) FROM profile AS p), '') ||
			coalesce((SELECT string_agg(ar::text, ' ' ORDER BY ar.id) FROM access_rule AS ar), '') ||
			coalesce((SELECT string_agg(ae::text, ' ' ORDER BY ae.id) FROM access_entry AS ae), '') ||
			coalesce((SELECT string_agg(af::text, ' ' ORDER BY af.id) FROM access_filter AS af), '') ||
			coalesce((SELECT string_agg(row(d.identifier, d.is_hierarchical)::text, ' ' ORDER BY d.id) FROM dimension AS d), '')) AS print`)).
		Where("ap.user_id IN (?)", bun.List(users)).GroupExpr("ap.user_id")
	if err := validAt(q, now).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("compare who holds which permission: %w", err)
	}
	prints := make(map[int64]string, len(rows))
	for _, r := range rows {
		prints[r.UserID] = r.Print
	}
	return prints, nil
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
