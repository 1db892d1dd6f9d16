package desk

import (
	"fmt"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/request"
	"writ/server/rolemodel"
)

// heldRows are what owners have or had: their roles, and the accounts that no role brings. Whoever reads it says of whom, which goes into both halves.
var heldRows = fmt.Sprintf(`(select 'ROLE' as kind, a.id * 2 as position, a.id as row_id, a.owner_id, a.role_id as object_id, r.identifier, r.display_name as name, r.description, r.kind as role_kind, r.category_id, r.policy_id,
		a.workflow_state, a.origin, a.start_date, case when a.valid_to < 'infinity' then least(a.end_date, a.valid_to) else a.end_date end as end_date, a.valid_from, a.valid_to, a.pending_action, a.inferred_by_id, a.rule_ids, a.parameters,
		a.origin = 'MANUAL' and a.workflow_state in (%[1]s) or a.workflow_state = %[2]d as is_asked, a.workflow_state = %[3]d as is_refused,
		exists (select from assigned_role b where b.role_id = a.role_id and b.owner_id = a.owner_id and b.valid_to = 'infinity' and not b.is_denied and b.parameters = a.parameters and not (b.origin = 'MANUAL' and b.workflow_state in (%[1]s))) as is_had_again
	from assigned_role a join role r on r.id = a.role_id where not a.is_denied and a.workflow_state <> %[4]d
	union all
	select 'ACCOUNT', t.id * 2 + 1, t.id, t.owner_id, t.resource_type_id, x.identifier, x.display_name, x.description, null, x.category_id, x.policy_id,
		t.workflow_state, case when t.workflow_state in (%[5]d, %[6]d) then 'FOUND' when t.workflow_state = %[7]d then 'RULE' else 'MANUAL' end, t.start_date, case when t.valid_to < 'infinity' then least(t.end_date, t.valid_to) else t.end_date end, t.valid_from, t.valid_to, null, null::bigint,
		array (select jsonb_array_elements_text(t.expected -> 'typeRules')::bigint), '{}'::jsonb, false, t.workflow_state = %[3]d,
		exists (select from assigned_resource_type b where b.owner_id = t.owner_id and b.resource_type_id = t.resource_type_id and b.valid_to = 'infinity' and not b.is_denied)
	from assigned_resource_type t join resource_type x on x.id = t.resource_type_id where not t.is_denied and t.workflow_state <> %[8]d and (t.is_expected or t.resource_id is not null)) h`,
	pendingStates(), evaluation.RuleMissingParameters, evaluation.Declined, evaluation.Blocked, evaluation.NonConforming, evaluation.PreExisting, evaluation.Calculated, evaluation.GivenByRole)

// pendingStates lists the states of what is only asked for.
func pendingStates() string {
	text := ""
	for w := range evaluation.Workflow(200) {
		if w.Pending() {
			text += fmt.Sprintf(", %d", w)
		}
	}
	return text[2:]
}

var heldWhy = []string{"row_id", "kind", "origin", "workflow_state", "rule_ids", "inferred_by_id"}

// held is how My access is read.
var held = page.Table[Held]{
	From:   heldRows,
	Always: []string{"position", "row_id", "kind", "object_id", "name", "dates", "workflow_state"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "kind": nil, "identifier": {"identifier"}, "name": nil, "description": {"description"}, "roleKind": {"role_kind"}, "category": {"category_id"},
		"state": {"origin"}, "since": nil, "until": nil, "because": heldWhy, "why": heldWhy, "asked": {"pending_action", "origin"}, "requestItemId": nil, "requestNumber": nil,
		"giveBack": {"origin", "policy_id", "pending_action", "inferred_by_id"}, "parameters": {"parameters"}, "accounts": nil,
	},
	Columns: []page.Column[Held]{
		{Name: "position", SQL: "h.position", Read: func(h *Held, r *db.Row) { h.position = r.Int() }},
		{Name: "row_id", SQL: "h.row_id", Read: func(h *Held, r *db.Row) { h.rowID = r.Int() }},
		{Name: "kind", SQL: "h.kind", Read: func(h *Held, r *db.Row) { h.Kind = HeldKind(r.Text()) }},
		{Name: "object_id", SQL: "h.object_id", Read: func(h *Held, r *db.Row) { h.objectID = r.Int() }},
		{Name: "name", SQL: "h.name", Read: func(h *Held, r *db.Row) { h.Name = r.Text() }},
		{Name: "dates", SQL: "h.start_date, h.end_date, coalesce(h.start_date, h.valid_from), nullif(h.valid_to, 'infinity')", Read: func(h *Held, r *db.Row) {
			h.start, h.end, h.Since, h.ended = r.TimeOrNil(), r.TimeOrNil(), r.Time(), r.TimeOrNil()
			h.Until = h.end
		}},
		{Name: "workflow_state", SQL: "h.workflow_state", Read: func(h *Held, r *db.Row) { h.workflow = evaluation.Workflow(r.Int()) }},
		{Name: "identifier", SQL: "h.identifier", Read: func(h *Held, r *db.Row) { h.Identifier = r.Text() }},
		{Name: "description", SQL: "h.description", Read: func(h *Held, r *db.Row) { h.Description = r.Text() }},
		{Name: "role_kind", SQL: "h.role_kind", Read: func(h *Held, r *db.Row) {
			if k := r.TextOrNil(); k != nil {
				h.RoleKind = new(rolemodel.RoleKind(*k))
			}
		}},
		{Name: "category_id", SQL: "h.category_id", Read: func(h *Held, r *db.Row) { h.categoryID = r.IntOrNil() }},
		{Name: "policy_id", SQL: "h.policy_id", Read: func(h *Held, r *db.Row) { h.policyID = r.Int() }},
		{Name: "origin", SQL: "h.origin", Read: func(h *Held, r *db.Row) { h.origin = r.Text() }},
		{Name: "pending_action", SQL: "h.pending_action", Read: func(h *Held, r *db.Row) {
			if a := r.TextOrNil(); a != nil {
				h.Asked = new(request.RequestAction(*a))
			}
		}},
		{Name: "inferred_by_id", SQL: "h.inferred_by_id", Read: func(h *Held, r *db.Row) { h.inferredBy = r.IntOrNil() }},
		{Name: "rule_ids", SQL: "h.rule_ids", Read: func(h *Held, r *db.Row) { h.ruleIDs = r.Ints() }},
		{Name: "parameters", SQL: "h.parameters", Read: func(h *Held, r *db.Row) { r.JSON(&h.parameters) }},
	},
}
