package reconciliation

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
)

// Told is what an event about differences or found roles tells of. It has no values: whoever wants them asks for the item.
type Told struct {
	Owner        *directory.ResourceRef // nil: an account that is nobody's
	Account      *directory.ResourceRef // nil: there is none yet, or it is about a role
	ResourceType string                 // identifier; empty: it is about a role
	Role         string                 // identifier; empty: it is about accounts, or about all found roles of the owner
	Property     string                 // identifier; empty: the account itself
}

// TellsOf reads what events of a kind tell of, by the ids of their subjects: only what the caller may decide about now. One statement for all.
// Events of other kinds tell of nothing here.
func (s *Service) TellsOf(ctx context.Context, kind string, subjects []int64) (map[int64]*Told, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var may condition
	var id, role, property, from string
	switch kind {
	case assignment.EventGapChanged, EventDecided:
		may, err = need(ctx, m, "a.resource_type_id", single)
		id, role, property, from = "a.id", "''", "''", "assigned_resource_type a"
		if kind == EventDecided {
			id, property, from = "g.id", "coalesce(g.property, '')", "gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id"
		}
		from += " join resource_type t on t.id = a.resource_type_id left join resource w on w.id = a.owner_id left join resource x on x.id = a.resource_id"
	case assignment.EventRoleFound, EventRole, assignment.EventProlonged, EventReviewed:
		if kind == assignment.EventProlonged || kind == EventReviewed {
			may, err = needRoles(ctx, m, singleReview)
		} else {
			may, err = needRoles(ctx, m, singleRole)
		}
		id, role, property, from = "w.id", "''", "''", "resource w cross join lateral (select w.entity_type_id) r"
		if kind == EventRole || kind == EventReviewed {
			id, role, from = "a.id", "r.identifier", "assigned_role a join role r on r.id = a.role_id join resource w on w.id = a.owner_id"
		}
		from += " cross join (select ''::text as identifier) t left join resource x on false"
	default:
		return nil, nil
	}
	if errs.Is(err, errs.Forbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[int64]*Told{}
	q := bun.SafeQuery("select "+id+", t.identifier, "+role+", "+property+`, coalesce(w.id, 0), coalesce(w.key, ''), coalesce(w.display_name, ''), coalesce(we.identifier, ''),
			coalesce(x.id, 0), coalesce(x.key, ''), coalesce(x.display_name, ''), coalesce(xe.identifier, '')
		from `+from+` left join entity_type we on we.id = w.entity_type_id left join entity_type xe on xe.id = x.entity_type_id where `+id+` = any (?) and ?`, ids(subjects), may)
	if err := db.Select(ctx, s.DB, q, func(r *db.Row) error {
		x := &Told{}
		out[r.Int()] = x
		x.ResourceType, x.Role, x.Property = r.Text(), r.Text(), r.Text()
		owner := directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		account := directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		if owner.ID != 0 {
			x.Owner = &owner
		}
		if account.ID != 0 {
			x.Account = &account
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read what events tell of: %w", db.Explain(err))
	}
	return out, nil
}
