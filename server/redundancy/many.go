package redundancy

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// Many is leaving to the rules what a filter finds (server/bulk goes through them).
type Many struct {
	s       *Service
	m       *assignment.Model
	may     condition
	where   condition
	comment string
}

// Many prepares to leave what a filter finds to the rules, with the rights that the caller has now. Needs permit.RedundantStart, and the right to read whose it is.
func (s *Service) Many(ctx context.Context, b bun.IDB, f *RedundantAssignmentFilter, comment string) (*Many, error) {
	m, err := s.Assignments.Model(ctx, b)
	if err != nil {
		return nil, err
	}
	w := &Many{s: s, m: m, comment: comment}
	if w.may, err = seen(ctx, m, permit.RedundantStart); err != nil {
		return nil, err
	}
	w.where, err = f.condition(ctx, m)
	return w, err
}

// sqlSeal is what must still be so: the same approval, found by the same analysis.
const sqlSeal = "row(x.redundancy_run_id, coalesce(x.assigned_role_id, x.assigned_resource_type_id))::text"

// Select chooses what is to be left to the rules.
func (w *Many) Select() schema.QueryWithArgs {
	where := bun.SafeQuery("? and ?", w.may, w.where)
	return bun.SafeQuery("select x.id, w.display_name as name, o.display_name as about, "+sqlSeal+" as seal from "+items.Tables(where, "o.display_name")+" where ?", where)
}

// Explained asks for no comment.
func (*Many) Explained(context.Context, bun.Tx) error { return nil }

// One leaves one of them to the rules, in the caller's transaction. refused: why it stays as it is; STALE_ITEM when the last analysis does not say it, or nothing of
// it is redundant any more.
func (w *Many) One(ctx context.Context, tx bun.Tx, id int64, seal string) (before, after string, refused *errs.Error, err error) {
	var rows []struct {
		OwnerID, RoleRow, TypeRow int64
		Seal                      string
		IsOwn                     bool
	}
	mine := nobody
	if a := permit.From(ctx); a != nil && !a.System {
		mine = bun.SafeQuery("is_same_person(?, x.owner_id)", a.Username)
	}
	where := bun.SafeQuery("x.id = ? and ?", id, w.may)
	if err := tx.NewRaw("select x.owner_id, coalesce(x.assigned_role_id, 0) as role_row, coalesce(x.assigned_resource_type_id, 0) as type_row, "+sqlSeal+" as seal, ? as is_own from "+
		items.Tables(where)+" where ?", mine, where).Scan(ctx, &rows); err != nil {
		return "", "", nil, fmt.Errorf("read what is redundant: %w", err)
	}
	switch {
	case len(rows) == 0 || rows[0].Seal != seal:
		return "", "", errs.New(errs.StaleItem, "The last analysis does not say that this is redundant.").Of(id), nil
	case rows[0].IsOwn:
		return "", "", errs.New(errs.Forbidden, "This is yours. Somebody else has to leave it to the rules.").Of(id), nil
	}
	d := assignment.Decided{At: w.s.Clock.Now(), Actor: permit.Name(ctx), Comment: w.comment}
	done, err := w.s.Assignments.Release(ctx, tx, w.m, d, rows[0].RoleRow, rows[0].TypeRow)
	if e := errs.As(err); e != nil {
		return "", "", e, nil
	}
	if err != nil {
		return "", "", nil, err
	}
	if _, err := tx.NewRaw("delete from redundant_assignment where id = ?", id).Exec(ctx); err != nil {
		return "", "", nil, fmt.Errorf("forget what is redundant no more: %w", err)
	}
	return "Approved", w.became(done), nil, event.Publish(ctx, tx, d.At, w.told(done, d))
}

// became says what has become of an assignment.
func (w *Many) became(r *assignment.ReleasedRow) string {
	switch n := len(r.Left); {
	case n == 0:
		return "the rules give it"
	case n == 1:
		return "the rules give it; one period stays approved"
	default:
		return fmt.Sprintf("the rules give it; %d periods stay approved", n)
	}
}

func (w *Many) told(r *assignment.ReleasedRow, d assignment.Decided) event.Event {
	data := map[string]any{"comment": d.Comment, "remaining": len(r.Left)}
	e := event.Event{Kind: EventReleased, SubjectType: "assigned_role", SubjectID: r.RoleRow, OwnerID: r.OwnerID, Data: data}
	var source int64
	if role := w.m.Role(r.RoleID); role != nil {
		data["role"], source = role.Identifier, role.EntityTypeID
	} else if t := w.m.ResourceType(r.TypeID); t != nil {
		e.SubjectType, e.SubjectID = "assigned_resource_type", r.TypeRow
		data["resourceType"], source = t.Identifier, t.SourceEntityTypeID
	}
	if t := w.m.Shape.EntityTypes[source]; t != nil {
		e.SourceEntityType = t.Identifier
	}
	return e
}
