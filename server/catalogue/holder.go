package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// HolderOrigin is why somebody holds a role.
type HolderOrigin string

// The origins.
const (
	ByRule    HolderOrigin = "RULE"     // a rule of the role gives it
	ByRole    HolderOrigin = "INFERRED" // a composite role brings it
	ByRequest HolderOrigin = "MANUAL"   // a person gave it
	Found     HolderOrigin = "FOUND"    // it was found in a managed system, and nothing explains it
	ByGrace   HolderOrigin = "GRACE"    // it stays for a while though the rules do not give it any more
)

// RoleHolder is somebody who holds a role, once however many assignments say so: the strongest of them.
type RoleHolder struct {
	ID                 int64 // of the assignment
	Owner              *directory.ResourceRef
	Origin             HolderOrigin
	WorkflowState      int
	StartDate, EndDate *time.Time
	ruleIDs            []int64
	throughID          int64

	rules   []*rolemodel.RoleRule
	through *rolemodel.Role
}

// Workflow is the workflow state by its name.
func (h *RoleHolder) Workflow() assignment.WorkflowState {
	return assignment.NameOf(evaluation.Workflow(h.WorkflowState))
}

// Rules are those that give it; empty unless a rule does.
func (h *RoleHolder) Rules() []*rolemodel.RoleRule { return h.rules }

// Through is the identifier of the composite role that brings it; nil: none does.
func (h *RoleHolder) Through() *string {
	if h.through == nil {
		return nil
	}
	return &h.through.Identifier
}

// ThroughDisplayName is the name of that role.
func (h *RoleHolder) ThroughDisplayName() *string {
	if h.through == nil {
		return nil
	}
	return &h.through.DisplayName
}

// RoleHolderConnection is a page of holders.
type (
	RoleHolderConnection = page.Connection[*RoleHolder]
	RoleHolderEdge       = page.Edge[*RoleHolder]
)

// RoleHolderFilter narrows the list of holders; nil fields do not.
type RoleHolderFilter struct {
	At     *time.Time     // who holds it at this instant, by what is known now; nil: now
	Text   *string        // in name, key or values
	Origin []HolderOrigin // one of these
}

var holders = page.Table[RoleHolder]{
	From:   "assigned_role a join resource w on w.id = a.owner_id",
	Always: []string{"id", "rule_ids", "inferred_by_id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "owner": {"owner"}, "origin": {"origin"}, "workflow": {"workflow_state"}, "workflowState": {"workflow_state"},
		"startDate": {"start_date"}, "endDate": {"end_date"}, "rules": nil, "through": nil, "throughDisplayName": nil,
	},
	Columns: []page.Column[RoleHolder]{
		{Name: "id", SQL: "a.id", Read: func(h *RoleHolder, r *db.Row) { h.ID = r.Int() }},
		{Name: "rule_ids", SQL: "a.rule_ids", Read: func(h *RoleHolder, r *db.Row) { h.ruleIDs = r.Ints() }},
		{Name: "inferred_by_id", SQL: "a.inferred_by_id", Read: func(h *RoleHolder, r *db.Row) { h.throughID = r.Int() }},
		{Name: "owner", SQL: "w.id, w.key, w.display_name, (select e.identifier from entity_type e where e.id = w.entity_type_id)", Read: func(h *RoleHolder, r *db.Row) {
			h.Owner = &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		}},
		{Name: "origin", SQL: "a.origin", Read: func(h *RoleHolder, r *db.Row) { h.Origin = HolderOrigin(r.Text()) }},
		{Name: "workflow_state", SQL: "a.workflow_state", Read: func(h *RoleHolder, r *db.Row) { h.WorkflowState = int(r.Int()) }},
		{Name: "start_date", SQL: "a.start_date", Read: func(h *RoleHolder, r *db.Row) { h.StartDate = r.TimeOrNil() }},
		{Name: "end_date", SQL: "a.end_date", Read: func(h *RoleHolder, r *db.Row) { h.EndDate = r.TimeOrNil() }},
	},
}

// strength orders the assignments of one person: what a rule or a role gives stands before what was asked for or only found.
const strength = "(array_position(array['RULE', 'INFERRED', 'MANUAL', 'GRACE', 'FOUND'], %[1]s.origin), %[1]s.id)"

// Holders gives a page of the people who hold a role, by name, those that the caller may see. Needs permit.AssignmentQuery;
// NotFound without such a role. The number of statements does not grow with the page.
func (s *Service) Holders(ctx context.Context, roleID int64, a page.Args, f *RoleHolderFilter, fields page.Fields, total bool) (*RoleHolderConnection, error) {
	if _, err := permit.Require(ctx, permit.AssignmentQuery); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	role := m.Role(roleID)
	if role == nil {
		return nil, errs.Missing("There is no role %d.", roleID).Of(roleID)
	}
	if f == nil {
		f = &RoleHolderFilter{}
	}
	now := s.Clock.Now()
	at := now
	if f.At != nil {
		at = f.At.UTC()
	}
	counts := held(at, now)
	may, _ := seen(ctx, m, role.EntityTypeID)
	better := bun.SafeQuery("not exists (select from assigned_role b where b.role_id = a.role_id and b.owner_id = a.owner_id and "+
		fmt.Sprintf(strength, "b")+" < "+fmt.Sprintf(strength, "a")+" and ?)", other(counts))
	where := page.All(bun.SafeQuery("a.role_id = ?", roleID), counts, better, may)
	if f.Text != nil {
		where = page.All(where, directory.SearchBeside(ctx, m.Shape, "w", *f.Text))
	}
	if len(f.Origin) > 0 {
		where = page.All(where, bun.SafeQuery("a.origin in (?)", bun.List(f.Origin)))
	}
	c, err := holders.List(ctx, s.DB, a, fields, total, where, page.Sorting[RoleHolder]{
		Text: "w.display_name", ID: "w.id", Needs: []string{"owner"},
		At: func(h *RoleHolder) page.Position { return page.Position{Text: h.Owner.DisplayName, ID: h.Owner.ID} },
	})
	if err != nil {
		return nil, fmt.Errorf("list the holders of %d: %w", roleID, err)
	}
	for _, h := range c.Nodes() {
		h.name(m, roleID)
	}
	return c, nil
}

// other is a condition on a as one on b.
func other(c condition) condition {
	c.Query = strings.ReplaceAll(c.Query, "a.", "b.")
	return c
}

// name finds what the ids of an assignment stand for.
func (h *RoleHolder) name(m *assignment.Model, roleID int64) {
	h.rules = []*rolemodel.RoleRule{}
	for _, id := range h.ruleIDs {
		i, ok := slices.BinarySearchFunc(m.Source.RoleRules, id, func(r *rolemodel.RoleRule, id int64) int { return cmp.Compare(r.ID, id) })
		if ok && m.Source.RoleRules[i].RoleID == roleID {
			h.rules = append(h.rules, m.Source.RoleRules[i])
		}
	}
	if h.throughID != 0 {
		h.through = m.Role(h.throughID)
	}
}
