package assignment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
)

// What decisions about roles in their grace period mean (role-model 12.9, 13.5). server/reconciliation calls these inside its own transactions.

// ProlongedRole is an assigned role under its lock that is, or was, in its grace period.
type ProlongedRole struct {
	ID            int64
	Version       int
	OwnerID       int64
	RoleID        int64
	WorkflowState evaluation.Workflow
	EndDate       *time.Time
	Parameters    map[string]int64 `bun:"type:jsonb"`
	ReviewedBy    *string
	IsOver        bool // it has ended, or is not prolonged any more
}

// LockProlongedRoles locks what a decision about prolonged roles touches, in the order in which computations do: the ranges of their owners, then the
// roles. It gives the roles, those too that are over, by id.
func LockProlongedRoles(ctx context.Context, tx bun.Tx, roleIDs []int64) ([]*ProlongedRole, error) {
	var owners []int64
	if err := tx.NewRaw(`select distinct owner_id from assigned_role where id = any (?) order by 1`, ids(roleIDs)).Scan(ctx, &owners); err != nil {
		return nil, fmt.Errorf("find the owners of roles: %w", err)
	}
	if err := lockOwners(ctx, tx, owners); err != nil {
		return nil, err
	}
	var list []*ProlongedRole
	if err := tx.NewRaw(`select id, version, owner_id, role_id, workflow_state, end_date, parameters, reviewed_by, valid_to <> 'infinity' or workflow_state <> ? as is_over
		from assigned_role where id = any (?) order by id for update`, evaluation.Prolonged, ids(roleIDs)).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("lock roles: %w", err)
	}
	return list, nil
}

// SettleProlonged approves prolonged roles (16) until the contexts of their owners end, or declines them (17): their owners' computation, which the
// caller asks for, then goes by that. An approved role carries what its rules saw, as one that somebody gave. It refuses one whose time is over.
func (m *Model) SettleProlonged(ctx context.Context, tx bun.Tx, d Decided, approve bool, list []*ProlongedRole) error {
	if len(list) == 0 {
		return nil
	}
	action := Decline
	if approve {
		action = Approve
	}
	type row struct {
		ID         int64            `json:"id"`
		Parameters map[string]int64 `json:"parameters"`
	}
	rows, all, moves := make([]row, len(list)), make([]int64, len(list)), make([]moved, len(list))
	seen, err := m.contextsOf(ctx, tx, list, d.At)
	if err != nil {
		return err
	}
	for i, r := range list {
		if r.IsOver || !slices.Contains(stateMachine.From(action), r.WorkflowState) {
			return errors.New("a role changed its state under its lock")
		}
		all[i], moves[i] = r.ID, moved{Role: r.ID, Action: action, From: r.WorkflowState, To: stateMachine.To(action)}
		rows[i] = row{r.ID, map[string]int64{}}
		maps.Copy(rows[i].Parameters, r.Parameters)
		if !approve {
			continue
		}
		for _, name := range m.parametersOf(r.RoleID) {
			if value := seen[r.OwnerID][name]; rows[i].Parameters[name] == 0 && value != 0 {
				rows[i].Parameters[name] = value
			}
		}
	}
	if err := versionRoles(ctx, tx, d.At, all); err != nil {
		return err
	}
	if _, err := tx.NewRaw(`update assigned_role a set workflow_state = ?0, workflow_state_changed_at = ?1, valid_from = greatest(?1, a.valid_from), parameters = r.parameters,
			origin = case when ?4 then 'MANUAL' else a.origin end, rule_ids = case when ?4 then '{}' else a.rule_ids end, ground = case when not ?4 then a.ground end,
			end_date = case when ?4 then (select case when bool_and(c.end_date is not null) then max(c.end_date) end from context c where c.owner_id = a.owner_id and (c.end_date is null or c.end_date > ?1)) else a.end_date end,
			reviewed_at = ?1, reviewed_by = ?2, comment = ?3, version = a.version + 1
		from jsonb_to_recordset(?5::jsonb) r (id bigint, parameters jsonb) where a.id = r.id`, stateMachine.To(action), d.At, d.Actor, d.Comment, approve, string(jsonb(rows))).Exec(ctx); err != nil {
		return fmt.Errorf("decide about prolonged roles: %w", err)
	}
	return remember(ctx, tx, d.At, d.Actor, d.Comment, moves)
}

// parametersOf are the dimensions that are parameters of a role.
func (m *Model) parametersOf(roleID int64) []string {
	r := m.Role(roleID)
	if r == nil {
		return nil
	}
	source := m.Compiled.Source(r.EntityTypeID)
	if own := source.Roles[roleID]; own != nil {
		return source.Parameters(own)
	}
	return nil
}

// contextsOf gives the values of dimensions that owners have at an instant: of the best ranked of their contexts that has one.
func (m *Model) contextsOf(ctx context.Context, tx bun.Tx, list []*ProlongedRole, at time.Time) (map[int64]map[string]int64, error) {
	owners := make([]int64, len(list))
	for i, r := range list {
		owners[i] = r.OwnerID
	}
	var rows []struct {
		OwnerID    int64
		Dimensions json.RawMessage
	}
	if err := tx.NewRaw(`select owner_id, dimensions from context where owner_id = any (?0) and (start_date is null or start_date <= ?1) and (end_date is null or end_date > ?1)
		order by owner_id, rank, id`, ids(owners), at).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the contexts of owners: %w", err)
	}
	out := map[int64]map[string]int64{}
	for _, r := range rows {
		var values map[string]int64
		if err := json.Unmarshal(r.Dimensions, &values); err != nil {
			return nil, err
		}
		if out[r.OwnerID] == nil {
			out[r.OwnerID] = map[string]int64{}
		}
		for name, id := range values {
			if out[r.OwnerID][name] == 0 {
				out[r.OwnerID][name] = id
			}
		}
	}
	return out, nil
}

// prolongedText says why a role is in its grace period, and until when.
func prolongedText(g *evaluation.Ground, end *time.Time) string {
	text := "the rules do not give it any more"
	if g != nil && len(g.Names) > 0 {
		rules, was := "the rule "+g.Names[0], "was"
		if len(g.Names) > 1 {
			rules, was = "the rules "+strings.Join(g.Names, ", "), "were"
		}
		switch g.Cause {
		case evaluation.CauseGone:
			text = rules + " " + was + " deleted or switched off"
		case evaluation.CauseOverruled:
			text = "another rule forbids what " + rules + " gave"
		default:
			text = rules + " " + was + " changed"
		}
	}
	if end == nil {
		return "it is prolonged because " + text
	}
	return fmt.Sprintf("it is prolonged until %s because %s", end.UTC().Format("2 January 2006 15:04 UTC"), text)
}
