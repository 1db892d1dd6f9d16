package risk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// mostReason is how long a reason may be, in characters.
const mostReason = 2000

// What a person says about who has a risk.
type (
	AttachRiskInput struct {
		OwnerID int64
		Risk    string // identifier
		Reason  string
	}
	AttachRiskPayload struct{ IdentifiedRisk *IdentifiedRisk }
	DetachRiskInput   struct {
		ID     int64
		Reason string
	}
	DetachRiskPayload struct {
		IdentifiedRisk *IdentifiedRisk // nil: it is over
	}
)

// AttachRisk says that somebody has a risk that nothing computes, or whatever is computed (role-model 9.5): it stands among the risks that people have and counts in
// scores until it is detached. Requests go by what is computed alone, so that nobody gets around a risk by attaching it first. Needs permit.IdentifiedRiskUpdate for
// the person, and the rights to see him and his risks: NotFound otherwise. Validation for a risk that there is not, or that people like him cannot have.
func (s *Service) AttachRisk(ctx context.Context, in AttachRiskInput) (*AttachRiskPayload, error) {
	reason, err := reasonOf(in.Reason)
	if err != nil {
		return nil, err
	}
	var id int64
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.Assignments.Model(ctx, tx)
		if err != nil {
			return err
		}
		may, err := changeable(ctx, m)
		if err != nil {
			return err
		}
		owner := &directory.ResourceRef{}
		if err := db.Select(ctx, tx, bun.SafeQuery(`select w.id, e.identifier from resource w join entity_type e on e.id = w.entity_type_id where w.id = ? and w.valid_to = 'infinity' and ?`, in.OwnerID, may),
			func(r *db.Row) error { owner.ID, owner.EntityType = r.Int(), r.Text(); return nil }); err != nil {
			return fmt.Errorf("find who is to have a risk: %w", db.Explain(err))
		}
		if owner.ID == 0 {
			return errs.Missing("There is no resource %d that could have risks, or it is not in your scope.", in.OwnerID).Of(in.OwnerID)
		}
		n := slices.IndexFunc(m.Source.Risks, func(r *rolemodel.Risk) bool { return r.Identifier == in.Risk })
		switch {
		case n < 0:
			return errs.Invalid("input.risk", "There is no risk %q.", in.Risk)
		case m.Shape.EntityTypes[m.Source.Risks[n].EntityTypeID].Identifier != owner.EntityType:
			return errs.Invalid("input.risk", "The risk %s is for resources of another kind.", m.Source.Risks[n].DisplayName)
		}
		id, err = s.Assignments.AttachRisk(ctx, tx, m.Source.Risks[n], owner.ID, owner.EntityType, reason, s.Assignments.Clock.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	x, err := s.Get(ctx, id)
	return &AttachRiskPayload{x}, err
}

// DetachRisk takes that back: who has the risk by what is computed still has it. Needs what AttachRisk needs; Forbidden for one's own. NotFound when there is none in
// the caller's scope, CONFLICT when it is not attached by hand.
func (s *Service) DetachRisk(ctx context.Context, in DetachRiskInput) (*DetachRiskPayload, error) {
	reason, err := reasonOf(in.Reason)
	if err != nil {
		return nil, err
	}
	isOver := false
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.Assignments.Model(ctx, tx)
		if err != nil {
			return err
		}
		may, err := changeable(ctx, m)
		if err != nil {
			return err
		}
		rows, err := identified.Read(ctx, tx, identified.For(nil), db.AllOf(bun.SafeQuery("i.closed_at is null and i.id = ?", in.ID), may, (&IdentifiedRiskFilter{}).of(ctx, m)), "i.id", 1)
		if err != nil {
			return fmt.Errorf("find a risk to detach: %w", db.Explain(err))
		}
		if len(rows) == 0 {
			return errs.Missing("There is no identified risk %d, or it is not in your scope.", in.ID).Of(in.ID)
		}
		if a := permit.From(ctx); a != nil && a.ResourceID == rows[0].Owner.ID {
			return errs.New(errs.Forbidden, "Somebody else has to detach a risk from you.")
		}
		isOver, err = s.Assignments.DetachRisk(ctx, tx, m.Risk(rows[0].riskID), in.ID, rows[0].Owner.ID, rows[0].Owner.EntityType, reason, s.Assignments.Clock.Now())
		return err
	})
	if err != nil || isOver {
		return &DetachRiskPayload{}, err
	}
	x, err := s.Get(ctx, in.ID)
	return &DetachRiskPayload{x}, err
}

// changeable is the condition on w, a person, under which the caller may say which risks he has: he needs permit.IdentifiedRiskUpdate, and to see him and his risks.
func changeable(ctx context.Context, m *assignment.Model) (condition, error) {
	none := bun.SafeQuery("false")
	scope, err := permit.Require(ctx, permit.IdentifiedRiskUpdate)
	if err != nil {
		return none, err
	}
	seen, err := seenOf(ctx, m, slices.Collect(maps.Keys(m.Sources)))
	if err != nil {
		return none, err
	}
	owners := scope.OfOwners()
	var parts []condition
	for _, id := range slices.Sorted(maps.Keys(m.Sources)) {
		if t := m.Shape.EntityTypes[id]; t != nil && owners.On(t.Identifier).Allowed() {
			parts = append(parts, db.AllOf(bun.SafeQuery("w.entity_type_id = ?", id), directory.Rows(m.Shape, id, "w", owners)))
		}
	}
	if len(parts) == 0 || len(seen) == 0 {
		return none, nil
	}
	return db.AllOf(db.AnyOf(seen...), db.AnyOf(parts...)), nil
}

// reasonOf is a reason as it is kept; Validation without one.
func reasonOf(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", errs.Invalid("input.reason", "Say why.")
	case n > mostReason:
		return "", errs.Invalid("input.reason", "A reason has %d characters at most.", mostReason)
	}
	return text, nil
}
