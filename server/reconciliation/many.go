package reconciliation

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// Asked is a decision about all differences, all found or all prolonged roles, or all accounts, that a filter finds: one of the filters is there.
type Asked struct {
	Decision    Decision
	Differences *ReconciliationFilter
	Roles       *RoleReconciliationFilter
	Prolonged   *ProlongedFilter
	Recognized  *RecognizedAccountFilter
	Comment     string
}

// Many is a decision about many: what it is about, and how each is decided (server/bulk goes through them).
type Many struct {
	s       *Service
	decider decider
	rule    rule // of reconciliation
	done    string
	comment string

	tables, id, name, about, seal string
	where, may                    condition
	settled                       string                               // the column of what has the settings about comments
	comments                      func(id int64) rolemodel.CommentMode // what they say
}

// sqlSeal is what must still be so when a difference is decided by itself: else it is another one than was frozen.
const sqlSeal = `row(g.workflow_state, g.current_value, g.proposed_value, a.owner_id, a.resource_id, extract(epoch from g.postponed_at))::text`

// Many prepares a decision for the caller, with the rights that he has now: those of a single decision and the right to make many at once. Refused like
// the decision itself.
func (s *Service) Many(ctx context.Context, b bun.IDB, asked Asked) (*Many, error) {
	if asked.Prolonged != nil {
		return s.manyProlonged(ctx, b, asked)
	}
	r, ok := ruleOf(asked.Decision)
	if !ok || (asked.Roles != nil) == (asked.Differences != nil) {
		return nil, errs.Invalid("input.decision", "There is no decision %s.", asked.Decision)
	}
	m, err := s.Assignments.Model(ctx, b)
	if err != nil {
		return nil, err
	}
	var narrowed condition
	w := &Many{s: s, rule: r, done: r.done, comment: asked.Comment}
	if asked.Roles != nil {
		if !r.role {
			return nil, errs.Invalid("input.decision", "%s is not about roles.", r.decision)
		}
		if w.may, err = roleRights(ctx, m, true); err != nil {
			return nil, err
		}
		if narrowed, err = asked.Roles.condition(ctx, m); err != nil {
			return nil, err
		}
		w.where = db.AllOf(w.may, narrowed, r.sqlFitsRole())
		w.tables, w.id, w.name, w.about, w.seal = roleItems.Tables(w.where), "a.id", "w.display_name", "r.display_name", "a.workflow_state::text"
		w.settled, w.comments = "a.role_id", func(id int64) rolemodel.CommentMode { return r.comment.of(commentsOfRole(m, id)) }
		w.decider = foundRoles{s: s, m: m, may: w.may, rule: r, comment: asked.Comment}
		return w, nil
	}
	if !r.value && !r.account {
		return nil, errs.Invalid("input.decision", "%s is about roles.", r.decision)
	}
	if w.may, err = rights(ctx, m, true); err != nil {
		return nil, err
	}
	if narrowed, err = asked.Differences.condition(ctx, m); err != nil {
		return nil, err
	}
	w.where = db.AllOf(w.may, narrowed, r.sqlFits())
	w.id, w.name = "g.id", "coalesce(w.display_name, x.display_name, '')"
	w.about, w.seal = "t.display_name || coalesce(': ' || coalesce(p.display_name, g.property), '')", sqlSeal
	w.tables = items.Tables(w.where, w.name, w.about, sqlKind[Unauthorized])
	w.settled, w.comments = "g.resource_type_id", func(id int64) rolemodel.CommentMode { return r.comment.of(commentsOf(m, id)) }
	w.decider = differences{s: s, m: m, may: w.may, rule: r, comment: asked.Comment}
	return w, nil
}

// manyProlonged is Many for prolonged roles.
func (s *Service) manyProlonged(ctx context.Context, b bun.IDB, asked Asked) (*Many, error) {
	d := RoleReviewDecision(asked.Decision)
	if err := d.check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, b)
	if err != nil {
		return nil, err
	}
	w := &Many{s: s, comment: asked.Comment, done: map[RoleReviewDecision]string{ApproveRole: "the role is approved", DeclineRole: "the role is to be removed"}[d]}
	if w.may, err = reviewRights(ctx, m, true); err != nil {
		return nil, err
	}
	narrowed, err := asked.Prolonged.condition(ctx, m)
	if err != nil {
		return nil, err
	}
	w.where = db.AllOf(w.may, narrowed)
	w.tables, w.id, w.name, w.about, w.seal = prolongedItems.Tables(w.where), "a.id", "w.display_name", "r.display_name", "row(a.workflow_state, a.end_date)::text"
	w.settled, w.comments = "a.role_id", func(id int64) rolemodel.CommentMode { return d.mode(commentsOfRole(m, id)) }
	w.decider = prolonged{s: s, m: m, may: w.may, decision: d, comment: asked.Comment}
	return w, nil
}

// Select chooses what the decision is about: id, whom, what, and what must still be so when it is made.
func (w *Many) Select() schema.QueryWithArgs {
	return bun.SafeQuery("select "+w.id+" as id, "+w.name+" as name, "+w.about+" as about, "+w.seal+" as seal from "+w.tables+" where ?", w.where)
}

// Explained refuses a decision without a comment when one of those that it is about needs one.
func (w *Many) Explained(ctx context.Context, tx bun.Tx) error {
	var of []int64
	if err := tx.NewRaw("select distinct "+w.settled+" from "+w.tables+" where ? order by 1", w.where).Scan(ctx, &of); err != nil {
		return fmt.Errorf("look for the policies of a decision: %w", err)
	}
	for _, id := range of {
		if _, err := w.comments(id).Take(w.comment); err != nil {
			return err
		}
	}
	return nil
}

// One decides about one of them, in the caller's transaction, as a single decision does. before and after are texts for people. refused: why it was not
// decided; STALE_ITEM when it is another one than the seal says.
func (w *Many) One(ctx context.Context, tx bun.Tx, id int64, seal string) (before, after string, refused *errs.Error, err error) {
	if err := w.decider.lock(ctx, tx, []int64{id}); err != nil {
		return "", "", nil, err
	}
	is, before, after, err := w.stands(ctx, tx, id)
	if err != nil {
		return "", "", nil, err
	}
	if is != nil && *is != seal {
		return before, "", errs.New(errs.StaleItem, "This is another one than when the bulk change began. Look at it, then decide.").Of(id), nil
	}
	failed, err := w.s.decideApart(ctx, tx, w.decider, []ReconciliationItemInput{{ID: id}})
	if err != nil || failed[id] != nil {
		return before, "", failed[id], err
	}
	return before, after, nil, nil
}

// stands reads how one of them stands, and what would become of it; is is nil when it is over, or not the caller's.
func (w *Many) stands(ctx context.Context, tx bun.Tx, id int64) (is *string, before, after string, err error) {
	open := "g.closed_at is null"
	current, proposed, value := "coalesce(g.current_value, '')", "coalesce(g.proposed_value, '')", "g.property is not null"
	state := "g.workflow_state"
	if _, ok := w.decider.(differences); !ok {
		open, current, proposed, value, state = "a.valid_to = 'infinity'", "''", "''", "false", "a.workflow_state"
	}
	var rows []struct {
		Seal, Current, Proposed string
		Value                   bool
		State                   evaluation.Workflow
	}
	err = tx.NewRaw("select "+w.seal+" as seal, "+current+" as current, "+proposed+" as proposed, "+value+" as value, "+state+" as state from "+w.tables+" where "+w.id+" = ? and "+open+" and ?", id, w.may).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, "", "", err
	}
	r := rows[0]
	before, after = assignment.LabelOf(r.State), w.done
	if r.Value {
		before = r.Current
		switch w.rule.decision {
		case UseProposed:
			after = r.Proposed
		case KeepCurrent:
			after = cmp.Or(r.Current, after)
		}
	}
	return &r.Seal, before, after, nil
}

// sqlFits is the condition that a decision can be made about a difference.
func (r rule) sqlFits() condition {
	switch {
	case r.value && r.account:
		return everything
	case r.value:
		return bun.SafeQuery("g.property is not null")
	case r.owned:
		return bun.SafeQuery(sqlKind[Unauthorized])
	default:
		return bun.SafeQuery("g.property is null")
	}
}

// sqlFitsRole is the condition that a decision can be made about a found role.
func (r rule) sqlFitsRole() condition {
	var fit []int64
	for _, w := range roleStates {
		if r.mayRole(w, r.decision == TakeUpAgain) {
			fit = append(fit, int64(w))
		}
	}
	slices.Sort(fit)
	return bun.SafeQuery("a.workflow_state in (?)", bun.List(fit))
}
