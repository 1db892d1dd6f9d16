package request

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// EntitlementInput is the role that many are to have, or to have no more.
type EntitlementInput struct {
	Role                string
	RoleKind            *rolemodel.RoleKind
	Parameters          []RequestParameterInput
	StartDate           *time.Time
	EndDate             *time.Time
	AcknowledgeFindings []FindingCode
}

// Many is asking for the same role for many people, or for its end: which those are, and how it is asked for each (server/bulk goes through them).
type Many struct {
	s      *Service
	in     RequestAssignmentsInput
	role   *rolemodel.Role
	may    db.Condition // on r
	where  db.Condition // on r
	action RequestAction
}

// Many prepares to ask, with the rights that the caller has now: permit.Request of the entity type, and permit.MassRequest. action: Add or Remove. Each is a request
// of its own, with the approvals and the risks that it has.
func (s *Service) Many(ctx context.Context, tx bun.Tx, action RequestAction, of directory.PeopleFilter, what EntitlementInput, comment string) (*Many, error) {
	for _, p := range []string{permit.Request(of.EntityType), permit.MassRequest(of.EntityType)} {
		if !permit.Find(ctx, p).OfOwners().On(of.EntityType).Allowed() {
			return nil, errs.New(errs.Forbidden, "You do not have the permission %s. Ask an administrator to grant it to one of your profiles.", p)
		}
	}
	m, err := s.model(ctx, tx)
	if err != nil {
		return nil, err
	}
	item := RequestItemInput{Action: &action, Role: what.Role, RoleKind: what.RoleKind, Parameters: what.Parameters, StartDate: what.StartDate, EndDate: what.EndDate, OwnerIDs: []int64{0}}
	w := &Many{s: s, action: action, in: RequestAssignmentsInput{Justification: new(clean(comment)), Items: []RequestItemInput{item}, AcknowledgeFindings: what.AcknowledgeFindings}}
	if err := w.in.bounded(); err != nil {
		return nil, err
	}
	k := &basket{ctx: ctx, b: tx, s: s, m: m}
	if w.role, err = k.role(0, &item); err == nil && action == Add {
		_, _, err = k.parameters(0, &item, w.role)
	}
	if e := errs.As(err); e != nil {
		return nil, e.At("input.entitlement")
	} else if err != nil {
		return nil, err
	}
	chosen, t, err := directory.Chosen(ctx, m.Shape, of)
	if err != nil {
		return nil, err
	}
	if w.role.EntityTypeID != t.ID {
		return nil, errs.Invalid("input.entitlement.role", "The role %s is for %s.", w.role.DisplayName, names(m)(w.role.EntityTypeID))
	}
	w.may = db.AllOf(
		directory.Rows(m.Shape, t.ID, "r", permit.Find(ctx, permit.Request(t.Identifier)).OfOwners()),
		directory.Rows(m.Shape, t.ID, "r", permit.Find(ctx, permit.MassRequest(t.Identifier)).OfOwners()))
	w.where = db.AllOf(chosen, w.may)
	if action == Remove {
		w.where = db.AllOf(w.where, bun.SafeQuery("exists (select from assigned_role a where a.owner_id = r.id and a.role_id = ? and a.valid_to = 'infinity')", w.role.ID))
	}
	return w, nil
}

// About is what is asked for: the name of the role.
func (w *Many) About() string { return w.role.DisplayName }

// seal is what must still be so of r when it is asked for: what he has of the role.
func (w *Many) seal() schema.QueryWithArgs {
	return bun.SafeQuery(`coalesce((select string_agg(concat_ws('|', a.id, a.workflow_state, a.start_date, a.end_date, a.is_denied), ' ' order by a.id) from assigned_role a
		where a.owner_id = r.id and a.role_id = ? and a.valid_to = 'infinity'), '')`, w.role.ID)
}

// Select chooses for whom it is asked: id, whom, what, and what must still be so then.
func (w *Many) Select() schema.QueryWithArgs {
	return bun.SafeQuery("select r.id, r.display_name as name, ?::text as about, ? as seal from resource r where ?", w.role.DisplayName, w.seal(), w.where)
}

// Explained asks for no reason.
func (*Many) Explained(context.Context, bun.Tx) error { return nil }

// nothingToDo are the findings that say that there is nothing to ask for.
var nothingToDo = []FindingCode{AlreadyHeld, GivenByRule, AlreadyRequested, NotHeld}

// One asks for one of them, in the caller's transaction, as a single request does. refused: why nothing is asked; STALE_ITEM when he has another part of the role than the
// seal says, ALREADY_DONE when he has it, or has it no more.
func (w *Many) One(ctx context.Context, tx bun.Tx, id int64, seal string) (before, after string, refused *errs.Error, err error) {
	err = db.Inside(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		if err := assignment.LockOwners(ctx, tx, []int64{id}); err != nil {
			return err
		}
		var is []string
		if err := tx.NewRaw("select ? from resource r where r.id = ? and r.entity_type_id = ? and r.valid_to = 'infinity' and ?", w.seal(), id, w.role.EntityTypeID, w.may).Scan(ctx, &is); err != nil {
			return fmt.Errorf("read what somebody has of a role: %w", db.Explain(err))
		}
		switch {
		case len(is) == 0:
			return errs.Missing("There is no resource %d, or you do not ask for it.", id).Of(id)
		case is[0] != seal:
			return errs.New(errs.StaleItem, "Something changed about the role since the bulk change began. Look at it, then decide.").Of(id)
		}
		in := w.in
		in.Items = slices.Clone(in.Items)
		in.Items[0].OwnerIDs = []int64{id}
		made, check, err := w.s.submit(ctx, tx, in)
		if err != nil {
			return w.idle(err, check)
		}
		var state RequestState
		var number string
		if err := tx.NewRaw("select q.number, i.state from request_item i join request q on q.id = i.request_id where q.id = ?", made).Scan(ctx, &number, &state); err != nil {
			return fmt.Errorf("read what became of a request: %w", err)
		}
		after = "request " + number + ": " + stateWords[state]
		return nil
	})
	switch e := errs.As(err); {
	case db.IsOfData(err):
		return "", "", errs.Invalid("", "The database cannot store this: %s", db.Clip(errs.Text(db.Explain(err)), 500)).Of(id), nil
	case e != nil && e.Kind != errs.Unavailable:
		return "", "", e.Of(strconv.FormatInt(id, 10)), nil
	default:
		return "", after, nil, err
	}
}

// idle tells of a refusal because there is nothing to ask for that it is so already.
func (w *Many) idle(err error, check *RequestCheck) error {
	if check == nil || errs.As(err) == nil {
		return err
	}
	for _, x := range check.Items {
		for _, f := range x.Findings {
			if f.Severity == Blocks && slices.Contains(nothingToDo, f.Code) {
				return errs.New(errs.AlreadyDone, "%s", f.Message)
			}
		}
	}
	return err
}
