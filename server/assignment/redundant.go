package assignment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/computation"
	"writ/server/evaluation/interval"
)

// What people approved although rules give it (role-model 12.10). server/redundancy looks for it and asks to leave it to the rules.

// Redundant is an assigned role or an assigned resource type that a person approved although rules give the same.
type Redundant struct {
	OwnerID int64
	RoleRow int64 // assigned role; 0: it is a resource type
	TypeRow int64 // assigned resource type; 0: it is a role
	Given   []GivenTime
	Left    []ApprovedTime // what rests on the approval alone; none: nothing does
}

// GivenTime is a time in which rules give it, and which, in words.
type GivenTime struct {
	Start   *time.Time `json:"start"`
	End     *time.Time `json:"end"`
	Reasons []string   `json:"reasons"`
}

// ApprovedTime is a time in which nothing but the approval gives it.
type ApprovedTime struct {
	Start *time.Time `json:"start"`
	End   *time.Time `json:"end"`
}

// FindRedundant finds what people approved for owners although rules give it, by owner. The number of statements does not grow with the owners; it writes
// nothing. The caller names no more owners than a computation takes at a time.
func (s *Service) FindRedundant(ctx context.Context, idb bun.IDB, m *Model, owners []int64) ([]*Redundant, error) {
	var list []*Redundant
	for n := s.width.owners(m, len(owners)); len(owners) > 0; n = min(n, len(owners)) {
		b, _, err := s.load(ctx, idb, m, owners[:n], false, Options{})
		if n > 1 && errors.Is(err, errTooWide) {
			n = (n + 1) / 2
			continue
		}
		if err != nil {
			return nil, err
		}
		for i, found := range computation.Redundant(m.Compiled, b) {
			for _, r := range found {
				list = append(list, m.redundant(b.Owners[i].Resource.ID, r))
			}
		}
		owners = owners[n:]
	}
	return list, nil
}

// ReleasedRow is what became of an assignment that was left to the rules.
type ReleasedRow struct {
	OwnerID, RoleID, TypeID int64 // RoleID: of a role; TypeID: of a resource type
	*Redundant
}

// Release leaves an assigned role, or an assigned resource type, to the rules where they give it (role-model 12.10), and asks for the computation of its owner.
// It is tried once more, by what is so now: STALE_ITEM when nothing of it is redundant any more, or something would be lost.
func (s *Service) Release(ctx context.Context, tx bun.Tx, m *Model, d Decided, roleRow, typeRow int64) (*ReleasedRow, error) {
	out := &ReleasedRow{}
	table, id, of := "assigned_role", roleRow, "role_id"
	if typeRow != 0 {
		table, id, of = "assigned_resource_type", typeRow, "resource_type_id"
	}
	var owners []int64
	if err := tx.NewRaw("select owner_id from "+table+" where id = ? and owner_id is not null", id).Scan(ctx, &owners); err != nil {
		return nil, fmt.Errorf("find the owner of an assignment: %w", err)
	}
	if err := lockOwners(ctx, tx, owners); err != nil {
		return nil, err
	}
	unasked := ""
	if typeRow == 0 {
		unasked = " and pending_action is null" // somebody asked for something of it, and that is decided first
	}
	var about []int64
	if err := tx.NewRaw("select "+of+" from "+table+" where id = ? and valid_to = 'infinity' and workflow_state = ? and not is_denied"+unasked+" for update", id, evaluation.Approved).Scan(ctx, &about); err != nil {
		return nil, fmt.Errorf("lock an assignment: %w", err)
	}
	gone := errs.New(errs.StaleItem, "Rules do not give this any more as they did, or it changed: it stays as it is. Analyse again.").Of(id)
	if len(about) == 0 {
		return nil, gone
	}
	b, _, err := s.load(ctx, tx, m, owners, false, Options{})
	if err != nil {
		return nil, err
	}
	r := computation.RedundantAlone(m.Compiled, b, roleRow, typeRow)
	if r == nil {
		return nil, gone
	}
	out.OwnerID, out.Redundant = owners[0], m.redundant(owners[0], *r)
	if r.Type != nil {
		out.TypeID, err = about[0], releaseType(ctx, tx, d, typeRow)
	} else {
		out.RoleID, err = about[0], releaseRole(ctx, tx, d, r)
	}
	if err != nil {
		return nil, err
	}
	return out, MarkDirty(ctx, tx, "left to rules", owners...)
}

// releaseRole divides the row of a role by what gives it. New rows say for their time what the row says.
func releaseRole(ctx context.Context, tx bun.Tx, d Decided, r *evaluation.Redundancy) error {
	id := r.Role.ID
	if err := versionRoles(ctx, tx, d.At, []int64{id}); err != nil {
		return err
	}
	var moves []moved
	for _, x := range r.Released(interval.Instant(d.At)) {
		given := x.Row.Workflow == evaluation.Calculated
		if x.Row.ID == id {
			continue // in the end: the others are made of it
		}
		// a time that is over is known since now, and ends with that
		if _, err := tx.NewRaw(`insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, is_denied, start_date, end_date, inferred_by_id, rule_ids, comment,
				valid_from, valid_to, parameters, found_by, lacking, reviewed_by, reviewed_at)
			select owner_id, role_id, ?0, case when ?1 then ?2::timestamptz else workflow_state_changed_at end, ?3, false, ?4, ?5, ?6, ?7, comment, ?2::timestamptz, case when ?8 then ?2::timestamptz else 'infinity' end, parameters,
				case when ?1 then '{}' else found_by end, case when ?1 then '{}' else lacking end, reviewed_by, reviewed_at
			from assigned_role where id = ?9`, x.Row.Workflow, given, d.At, x.Row.Origin, x.Row.Start, x.Row.End, nullID(x.Row.InferredByID), ids(noNull(x.Row.RuleIDs)), x.Close, id).Exec(ctx); err != nil {
			return fmt.Errorf("divide an assigned role: %w", err)
		}
	}
	for _, x := range r.Released(interval.Instant(d.At)) {
		if x.Row.ID != id {
			continue
		}
		given := x.Row.Workflow == evaluation.Calculated
		if given {
			moves = append(moves, moved{Role: id, Action: Release, From: evaluation.Approved, To: stateMachine.To(Release)})
		}
		if _, err := tx.NewRaw(`update assigned_role set workflow_state = ?0, workflow_state_changed_at = case when ?1 then ?2::timestamptz else workflow_state_changed_at end, origin = ?3, start_date = ?4, end_date = ?5,
				inferred_by_id = ?6, rule_ids = ?7, found_by = case when ?1 then '{}' else found_by end, lacking = case when ?1 then '{}' else lacking end, version = version + 1, valid_from = greatest(?2, valid_from)
			where id = ?8`, x.Row.Workflow, given, d.At, x.Row.Origin, x.Row.Start, x.Row.End, nullID(x.Row.InferredByID), ids(noNull(x.Row.RuleIDs)), id).Exec(ctx); err != nil {
			return fmt.Errorf("leave an assigned role to rules: %w", err)
		}
	}
	return remember(ctx, tx, d.At, d.Actor, d.Comment, moves)
}

func releaseType(ctx context.Context, tx bun.Tx, d Decided, id int64) error {
	if err := versionTypes(ctx, tx, d.At, []int64{id}); err != nil {
		return err
	}
	if _, err := tx.NewRaw(`update assigned_resource_type set workflow_state = ?0, workflow_state_changed_at = ?1, valid_from = greatest(?1, valid_from) where id = ?2`,
		stateMachine.To(Release), d.At, id).Exec(ctx); err != nil {
		return fmt.Errorf("leave an account to rules: %w", err)
	}
	return remember(ctx, tx, d.At, d.Actor, d.Comment, []moved{{Type: id, Action: Release, From: evaluation.Approved, To: stateMachine.To(Release)}})
}

// redundant says in words what was found.
func (m *Model) redundant(ownerID int64, r evaluation.Redundancy) *Redundant {
	out := &Redundant{OwnerID: ownerID, Given: []GivenTime{}, Left: []ApprovedTime{}}
	if r.Role != nil {
		out.RoleRow = r.Role.ID
	} else {
		out.TypeRow = r.Type.ID
	}
	for _, g := range r.Given {
		x := GivenTime{Reasons: []string{}}
		x.Start, x.End = interval.Moments(g.Interval)
		if r.Role != nil {
			for _, id := range g.RuleIDs {
				x.Reasons = append(x.Reasons, m.RoleRuleReason(id))
			}
		} else {
			x.Reasons = append(x.Reasons, m.TypeRuleReasons(g.RuleIDs)...)
			for _, id := range g.RoleIDs {
				x.Reasons = append(x.Reasons, "Comes with the role "+m.roleName(id)+".")
			}
		}
		out.Given = append(out.Given, x)
	}
	for _, i := range r.Left {
		x := ApprovedTime{}
		x.Start, x.End = interval.Moments(i)
		out.Left = append(out.Left, x)
	}
	return out
}
