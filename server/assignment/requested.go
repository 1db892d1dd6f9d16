package assignment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
)

// What requests mean for assigned roles (requests 3.1, 8). server/request calls these inside its own transactions, under the lock of the owners.

// PendingAction is what somebody asked to have done with an assigned role.
type PendingAction string

// What may be asked.
const (
	PendingAdd    PendingAction = "ADD"    // it is to be had; the row gives nothing before
	PendingRemove PendingAction = "REMOVE" // what a person gave is to end; it stays had until then
	PendingDeny   PendingAction = "DENY"   // what rules give is to be withheld; it stays had until then
	PendingAllow  PendingAction = "ALLOW"  // a denial is to end; it stays denied until then
	PendingExtend PendingAction = "EXTEND" // what a person gave is to end later; it ends on its day until then
)

// HeldRole is a row of somebody's assigned roles, under the lock of its owner.
type HeldRole struct {
	ID            int64
	OwnerID       int64
	RoleID        int64
	WorkflowState evaluation.Workflow
	Origin        string
	IsDenied      bool
	StartDate     *time.Time
	EndDate       *time.Time
	InferredByID  *int64
	Parameters    map[string]int64 `bun:"type:jsonb"`
	PendingAction *PendingAction
}

// SameParameters reports whether it is held with exactly these parameters.
func (h *HeldRole) SameParameters(params map[string]int64) bool {
	return (&evaluation.AssignedRole{Parameters: h.Parameters}).HasParameters(params)
}

// LockOwners keeps computations and requests away from owners until the transaction ends. Lock them before anything else of theirs, all at once.
func LockOwners(ctx context.Context, tx bun.Tx, owners []int64) error {
	return lockOwners(ctx, tx, owners)
}

// RolesOf gives the rows of owners that have not ended, in the order of their ids; of one role, or of all (0).
func RolesOf(ctx context.Context, b bun.IDB, owners []int64, roleID int64) ([]*HeldRole, error) {
	var list []*HeldRole
	if err := b.NewRaw(`select id, owner_id, role_id, workflow_state, origin, is_denied, start_date, end_date, inferred_by_id, parameters, pending_action
		from assigned_role where owner_id = any (?0) and valid_to = 'infinity' and (?1 = 0 or role_id = ?1) order by id`, ids(owners), roleID).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("read the roles of owners: %w", err)
	}
	return list, nil
}

// WantedRole is a role that somebody asked for.
type WantedRole struct {
	OwnerID, RoleID int64
	Parameters      map[string]int64
	Start, End      *time.Time
	IsDenied        bool // it is to be withheld from the owner
}

// Circuit is what approvals a request has to pass.
type Circuit struct {
	Levels int  // 0 to 3
	AtRisk bool // a risk is approved before them: level 0
}

// State is how far a request is at one of its levels (role-model 12.6): 25 at that of a risk, then 8, 9 to 10, or 11 to 13; 4 before them.
func (c Circuit) State(level int) evaluation.Workflow {
	switch {
	case level == 0 && c.AtRisk:
		return evaluation.PendingApprovalRisk
	case level == 0 || c.Levels == 0:
		return evaluation.Requested
	}
	return [...]evaluation.Workflow{evaluation.PendingApproval, evaluation.PendingApproval1Of2, evaluation.PendingApproval1Of3}[c.Levels-1] + evaluation.Workflow(level-1)
}

// end is the state of what passed.
func (c Circuit) end() evaluation.Workflow {
	if c.AtRisk {
		return evaluation.ApprovedRisk
	}
	return evaluation.Approved
}

// AskRole makes the row of a role that is asked for. It gives nothing until Granted.
func AskRole(ctx context.Context, tx bun.Tx, at time.Time, x WantedRole) (id int64, err error) {
	params := x.Parameters
	if params == nil {
		params = map[string]int64{}
	}
	action := PendingAdd
	if x.IsDenied {
		action = PendingDeny
	}
	err = tx.NewRaw(`insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, is_denied, start_date, end_date, parameters, valid_from, pending_action, pending_state)
		values (?0, ?1, ?2, ?3, 'MANUAL', ?4, ?5, ?6, ?7, ?3, ?8, ?2) returning id`, x.OwnerID, x.RoleID, evaluation.Requested, at, x.IsDenied, x.Start, x.End, string(jsonb(params)), action).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("write a role that is asked for: %w", err)
	}
	return id, nil
}

// AskAbout marks a row that is to end, or a denial; it stays as it is until Settled. False: it has ended, or something is asked about it already.
func AskAbout(ctx context.Context, tx bun.Tx, rowID int64, action PendingAction) (bool, error) {
	res, err := tx.NewRaw(`update assigned_role set pending_action = ?, pending_state = ?, version = version + 1
		where id = ? and valid_to = 'infinity' and pending_action is null`, action, evaluation.Requested, rowID).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("mark a role: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// requestedRow is a row that is asked for or about, locked.
type requestedRow struct {
	ID            int64
	WorkflowState evaluation.Workflow
	PendingAction PendingAction
	IsDenied      bool
	EndDate       *time.Time
}

// lockRequested gives the row of a request; nil: it has ended, or is asked about no more.
func lockRequested(ctx context.Context, tx bun.Tx, rowID int64) (*requestedRow, error) {
	var rows []*requestedRow
	if err := tx.NewRaw(`select id, workflow_state, pending_action, is_denied, end_date from assigned_role
		where id = ? and valid_to = 'infinity' and pending_action is not null for update`, rowID).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("lock the row of a request: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return rows[0], nil
}

// makes reports whether the row is there for the request only.
func (r *requestedRow) makes() bool {
	return r.PendingAction == PendingAdd || r.PendingAction == PendingDeny
}

// waysOn are the moves by which a request goes on, in the order in which they come: an action begins in one state only, but for approving and asking.
var waysOn = []Action{AskAboutRisk, AskOne, AskTwo, AskThree, PassFirstOfTwo, PassFirst, PassSecond, Approve, ApproveAtRisk}

// wayOn gives the moves that lead from one state of a request to another, each of them legal; skipped levels are passed one after the other.
func (c Circuit) wayOn(rowID int64, from, to evaluation.Workflow) ([]moved, error) {
	steps := []evaluation.Workflow{evaluation.Requested}
	if c.AtRisk {
		steps = append(steps, evaluation.PendingApprovalRisk)
	}
	for level := 1; level <= c.Levels; level++ {
		steps = append(steps, c.State(level))
	}
	steps = append(steps, c.end())
	i, k := slices.Index(steps, from), slices.Index(steps, to)
	if i < 0 || k < i {
		return nil, fmt.Errorf("no request goes from workflow state %d to %d", from, to)
	}
	var list []moved
	for ; i < k; i++ {
		next := slices.IndexFunc(waysOn, func(a Action) bool {
			t, ok := stateMachine.Target(a, steps[i])
			return ok && t == steps[i+1]
		})
		if next < 0 {
			return nil, fmt.Errorf("no action leads from workflow state %d to %d", steps[i], steps[i+1])
		}
		list = append(list, moved{Role: rowID, Action: waysOn[next], From: steps[i], To: steps[i+1]})
	}
	return list, nil
}

// Ask brings a request to a level of its approvals. False: its row is gone.
func Ask(ctx context.Context, tx bun.Tx, d Decided, rowID int64, level int, c Circuit) (bool, error) {
	row, err := lockRequested(ctx, tx, rowID)
	if err != nil || row == nil {
		return false, err
	}
	to := c.State(level)
	if !row.makes() {
		_, err := tx.NewRaw(`update assigned_role set pending_state = ?, version = version + 1 where id = ?`, to, rowID).Exec(ctx)
		return true, err
	}
	moves, err := c.wayOn(rowID, row.WorkflowState, to)
	if err != nil {
		return false, err
	}
	return true, moveRequested(ctx, tx, d, rowID, moves, to, "pending_state = ?0")
}

// moveRequested moves the row of a request along legal moves, and keeps what was known of it.
func moveRequested(ctx context.Context, tx bun.Tx, d Decided, rowID int64, moves []moved, to evaluation.Workflow, set string, args ...any) error {
	if err := versionRoles(ctx, tx, d.At, []int64{rowID}); err != nil {
		return err
	}
	for _, m := range moves { // the database takes one legal move at a time
		if _, err := tx.NewRaw(`update assigned_role set workflow_state = ? where id = ?`, m.To, rowID).Exec(ctx); err != nil {
			return fmt.Errorf("move the row of a request: %w", err)
		}
	}
	if _, err := tx.NewRaw(`update assigned_role set workflow_state_changed_at = ?1, valid_from = greatest(?1, valid_from), version = version + 1, `+set+` where id = ?2`,
		append([]any{to, d.At, rowID}, args...)...).Exec(ctx); err != nil {
		return fmt.Errorf("write the row of a request: %w", err)
	}
	return remember(ctx, tx, d.At, d.Actor, d.Comment, moves)
}

// Granted does what was asked for: the role is given, or withheld, in a time; or what was had, or the denial of it, ends. The computation of the owner,
// which the caller asks for, goes by that. False: the row is gone.
func (m *Model) Granted(ctx context.Context, tx bun.Tx, d Decided, rowID int64, c Circuit, start, end *time.Time) (bool, error) {
	row, err := lockRequested(ctx, tx, rowID)
	if err != nil || row == nil {
		return false, err
	}
	if row.makes() {
		moves, err := c.wayOn(rowID, row.WorkflowState, c.end())
		if err != nil {
			return false, err
		}
		if start == nil {
			start = &d.At
		}
		return true, moveRequested(ctx, tx, d, rowID, moves, c.end(), "start_date = ?3, end_date = ?4, comment = ?5, pending_action = null, pending_state = null", start, end, d.Comment)
	}
	if row.PendingAction == PendingExtend {
		return true, m.extended(ctx, tx, d, row, end)
	}
	if err := versionRoles(ctx, tx, d.At, []int64{rowID}); err != nil {
		return false, err
	}
	_, err = tx.NewRaw(`update assigned_role set end_date = least(end_date, ?0), comment = ?1, pending_action = null, pending_state = null, valid_from = greatest(?0, valid_from), version = version + 1
		where id = ?2`, d.At, d.Comment, rowID).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("end a role: %w", err)
	}
	return true, nil
}

// extended puts the end of what a person gave off, never forward; what was in its grace period is approved with it, with what its rules saw (requests 6.5).
func (m *Model) extended(ctx context.Context, tx bun.Tx, d Decided, row *requestedRow, end *time.Time) error {
	ends := "case when ?0::timestamptz is null or end_date is null then null else greatest(end_date, ?0) end"
	if row.WorkflowState == evaluation.Prolonged {
		list, err := LockProlongedRoles(ctx, tx, []int64{row.ID})
		if err != nil {
			return err
		}
		if err := m.SettleProlonged(ctx, tx, d, true, list); err != nil {
			return err
		}
		ends = "?0" // until then, and not as long as the contexts last
	} else if err := versionRoles(ctx, tx, d.At, []int64{row.ID}); err != nil {
		return err
	}
	if _, err := tx.NewRaw(`update assigned_role set end_date = `+ends+`, comment = ?1, pending_action = null, pending_state = null, valid_from = greatest(?2, valid_from), version = version + 1
		where id = ?3`, end, d.Comment, d.At, row.ID).Exec(ctx); err != nil {
		return fmt.Errorf("put the end of a role off: %w", err)
	}
	return nil
}

// EndedOnItsDay reports whether a role that a person gave, or that stayed for its grace period, is over since its end is reached.
func EndedOnItsDay(ctx context.Context, b bun.IDB, rowID int64, now time.Time) (is bool, err error) {
	err = b.NewRaw(`select exists (select from assigned_role where id = ? and end_date <= ? and workflow_state in (?))`, rowID, now,
		bun.List([]evaluation.Workflow{evaluation.Approved, evaluation.ApprovedRisk, evaluation.Prolonged, evaluation.Ended})).Scan(ctx, &is)
	if err != nil {
		return false, fmt.Errorf("look how a role ended: %w", err)
	}
	return is, nil
}

// Dropped ends a request that came to nothing: a row that was made for it goes as Declined, any other is as it was. False: the row is gone anyway.
func Dropped(ctx context.Context, tx bun.Tx, d Decided, rowID int64) (bool, error) {
	row, err := lockRequested(ctx, tx, rowID)
	if err != nil || row == nil {
		return false, err
	}
	if !row.makes() {
		_, err := tx.NewRaw(`update assigned_role set pending_action = null, pending_state = null, version = version + 1 where id = ?`, rowID).Exec(ctx)
		return true, err
	}
	if !slices.Contains(stateMachine.From(Decline), row.WorkflowState) {
		return false, errors.New("a request changed its state under its lock")
	}
	return true, moveRequested(ctx, tx, d, rowID, []moved{{Role: rowID, Action: Decline, From: row.WorkflowState, To: evaluation.Declined}}, evaluation.Declined,
		"valid_to = greatest(?1, valid_from), comment = ?3, pending_action = null, pending_state = null", d.Comment)
}

// Fits reports whether the filter of a policy takes somebody with these values of dimensions (role-model 2.2): what is below a value counts too.
func (m *Model) Fits(policyID int64, values map[string]int64) bool {
	p := m.Policy(policyID)
	if p == nil {
		return false
	}
	criteria := maps.Clone(p.Dimensions)
	for name, c := range criteria {
		if d := m.Shape.Dimensions[name]; d != nil && d.IsHierarchical {
			c.Inherit = true
			criteria[name] = c
		}
	}
	return m.Satisfies(criteria, values)
}

// ContextAt is one context of an owner.
type ContextAt struct {
	OwnerID    int64
	StartDate  *time.Time
	EndDate    *time.Time
	Dimensions map[string]int64
}

// ContextsOf gives the contexts of owners as the last computation has them, best first.
func ContextsOf(ctx context.Context, b bun.IDB, owners []int64) (map[int64][]ContextAt, error) {
	var rows []struct {
		OwnerID    int64
		StartDate  *time.Time
		EndDate    *time.Time
		Dimensions json.RawMessage
	}
	if err := b.NewRaw(`select owner_id, start_date, end_date, dimensions from context where owner_id = any (?) order by owner_id, rank, id`, ids(owners)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the contexts of owners: %w", err)
	}
	out := make(map[int64][]ContextAt, len(owners))
	for _, r := range rows {
		x := ContextAt{OwnerID: r.OwnerID, StartDate: r.StartDate, EndDate: r.EndDate}
		if err := json.Unmarshal(r.Dimensions, &x.Dimensions); err != nil {
			return nil, err
		}
		out[r.OwnerID] = append(out[r.OwnerID], x)
	}
	return out, nil
}
