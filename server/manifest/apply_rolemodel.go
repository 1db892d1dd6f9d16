package manifest

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// inList makes an IN list that may be empty.
func inList(names []string) any {
	if len(names) == 0 {
		names = []string{""}
	}
	return bun.List(names)
}

func (w *writer) policy(p Policy) error {
	if err := w.criteria(p.Dimensions, "policy/"+p.Identifier); err != nil {
		return err
	}
	_, err := w.upsert("policy", map[string]any{"identifier": p.Identifier}, map[string]any{"display_name": p.DisplayName,
		"is_provisioning_enabled": p.IsProvisioningEnabled, "is_simulation_enabled": p.IsSimulationEnabled, "dimensions": criteriaJSON(p.Dimensions)})
	return err
}

func (w *writer) category(c Category) error {
	policy, err := w.id("policy", c.Policy, "category/"+c.Identifier+".policy")
	if err != nil {
		return err
	}
	_, err = w.upsert("category", map[string]any{"identifier": c.Identifier},
		map[string]any{"display_name": c.DisplayName, "description": c.Description, "policy_id": policy})
	return err
}

func (w *writer) categoryParent(c Category) error {
	field := "category/" + c.Identifier + ".parent"
	parent, err := w.maybe("category", c.Parent, field)
	if err != nil {
		return err
	}
	if _, err := w.tx.ExecContext(w.ctx, `update category set parent_id = ? where identifier = ?`, parent, c.Identifier); err != nil {
		return err
	}
	var cyclic bool
	err = w.tx.NewRaw(`with recursive up(id, path, looped) as (
			select parent_id, array[id], false from category where identifier = ?
			union all
			select c.parent_id, up.path || c.id, c.id = any(up.path) from up join category c on c.id = up.id where not up.looped)
		select coalesce(bool_or(looped), false) from up`, c.Identifier).Scan(w.ctx, &cyclic)
	if err == nil && cyclic {
		return errs.Invalid(field, "The categories above %s form a cycle.", c.Identifier)
	}
	return err
}

// fieldOf is where a role stands in a configuration.
func fieldOf(kind string, r Role) string { return strings.ToLower(kind) + "Role/" + r.Identifier }

func (w *writer) roles(kind string, list []Role) error {
	rows := make([]row, len(list))
	for n, r := range list {
		field := fieldOf(kind, r)
		policy, err := w.id("policy", r.Policy, field+".policy")
		if err != nil {
			return err
		}
		entityType, err := w.id("entity_type", r.EntityType, field+".entityType")
		if err != nil {
			return err
		}
		category, err := w.maybe("category", r.Category, field+".category")
		if err != nil {
			return err
		}
		rows[n] = row{"kind": kind, "identifier": r.Identifier, "display_name": r.DisplayName, "description": r.Description, "policy_id": policy,
			"entity_type_id": entityType, "category_id": category, "approval_workflow_type": r.ApprovalWorkflowType,
			"hide_on_simplified_view": r.HideOnSimplifiedView}
	}
	w.written("role")
	return w.merge("role", []string{"kind", "identifier"}, rows)
}

func (w *writer) roleRules(kind string, list []Role) error {
	var rows []row
	var owners []int64
	var kept []string
	for _, r := range list {
		field := fieldOf(kind, r)
		roleID, err := w.id("role:"+kind, r.Identifier, field)
		if err != nil {
			return err
		}
		owners = append(owners, roleID)
		for _, rule := range r.Rules {
			at := field + "." + rule.Identifier
			policy, err := w.id("policy", rule.Policy, at+".policy")
			if err != nil {
				return err
			}
			composite, err := w.maybe("role:COMPOSITE", rule.CompositeRole, at+".compositeRole")
			if err != nil {
				return err
			}
			kindOf, err := number(ruleTypes, rule.Type, at+".type")
			if err != nil {
				return err
			}
			if err := w.criteria(rule.Dimensions, at); err != nil {
				return err
			}
			rows = append(rows, row{"identifier": rule.Identifier, "policy_id": policy, "role_id": roleID, "composite_role_id": composite,
				"dimensions": criteriaJSON(rule.Dimensions), "is_denied": rule.IsDenied, "priority": rule.Priority, "type": kindOf})
			kept = append(kept, rule.Identifier)
		}
	}
	if err := w.merge("role_rule", []string{"identifier"}, rows); err != nil {
		return err
	}
	return w.keepOnly("role_rule", "role_id", owners, kept)
}

func (w *writer) resourceType(t ResourceType) error {
	field := "resourceType/" + t.Identifier
	policy, err := w.id("policy", t.Policy, field+".policy")
	if err != nil {
		return err
	}
	source, err := w.id("entity_type", t.SourceEntityType, field+".sourceEntityType")
	if err != nil {
		return err
	}
	target, err := w.id("entity_type", t.TargetEntityType, field+".targetEntityType")
	if err != nil {
		return err
	}
	category, err := w.maybe("category", t.Category, field+".category")
	if err != nil {
		return err
	}
	connection, err := w.maybe("connection", t.Connection, field+".connection")
	if err != nil {
		return err
	}
	if t.RemoveOrphans && !*t.AllowRemove {
		return errs.Invalid(field+".removeOrphans", "removeOrphans needs allowRemove (role-model 2.5).")
	}
	_, err = w.upsert("resource_type", map[string]any{"identifier": t.Identifier}, map[string]any{
		"display_name": t.DisplayName, "description": t.Description, "policy_id": policy, "source_entity_type_id": source, "target_entity_type_id": target,
		"category_id": category, "connection_id": connection, "approval_workflow_type": *t.ApprovalWorkflowType,
		"hide_on_simplified_view": t.HideOnSimplifiedView, "allow_add": *t.AllowAdd, "allow_remove": *t.AllowRemove, "remove_orphans": t.RemoveOrphans,
		"block_provisioning": *t.BlockProvisioning, "allow_own_decisions": t.AllowOwnDecisions, "discard_manual_assignments": t.DiscardManualAssignments,
		"correlate_multiple_resources": t.CorrelateMultipleResources, "suggest_all_correlations": t.SuggestAllCorrelations,
		"depends_on_owner_property": nullable(t.DependsOnOwnerProperty), "arguments_expression": nullable(t.ArgumentsExpression),
		"fulfill_hours_ahead_of_time":       t.FulfillHoursAheadOfTime,
		"transmitted_state_validity_period": t.TransmittedStateValidityPeriod, "auto_retry_count": t.AutoRetryCount,
		"auto_retry_delay_minutes": t.AutoRetryDelayMinutes, "maximum_insert": t.MaximumInsert, "maximum_update": t.MaximumUpdate,
		"maximum_delete": t.MaximumDelete, "maximum_insert_percent": *t.MaximumInsertPercent, "maximum_update_percent": *t.MaximumUpdatePercent,
		"maximum_delete_percent": *t.MaximumDeletePercent, "ticket_synchro_is_not_available": t.TicketSynchroIsNotAvailable,
	})
	return err
}

// resourceTypeParent runs after all types exist: they may depend on each other in any order.
func (w *writer) resourceTypeParent(t ResourceType) error {
	parent, err := w.maybe("resource_type", t.DependsOn, "resourceType/"+t.Identifier+".dependsOn")
	if err != nil {
		return err
	}
	_, err = w.tx.ExecContext(w.ctx, `update resource_type set depends_on_id = ? where identifier = ?`, parent, t.Identifier)
	return err
}

func nonZero(v, fallback int) int {
	if v == 0 {
		return fallback
	}
	return v
}

// typeRule is any rule of a resource type on its way into the table.
type typeRule struct {
	identifier, kind, policy, property, singleRole, ruleType, value, at string
	sourceBinding, sourceExpression, targetBinding, targetExpression    string
	comparison                                                          string
	dimensions                                                          map[string]Criterion
	isDenied, createOnly                                                bool
	confidence                                                          int
	offset                                                              *Offset
}

func (w *writer) resourceTypeRules(list []ResourceType) error {
	var rows []row
	var owners []int64
	var kept []string
	for _, t := range list {
		field := "resourceType/" + t.Identifier
		typeID, err := w.id("resource_type", t.Identifier, field)
		if err != nil {
			return err
		}
		targetType, err := w.id("entity_type", t.TargetEntityType, field)
		if err != nil {
			return err
		}
		owners = append(owners, typeID)
		for _, r := range rulesOf(t) {
			r.at = field + "." + r.identifier
			written, err := w.resourceTypeRule(typeID, targetType, r)
			if err != nil {
				return err
			}
			rows, kept = append(rows, written), append(kept, r.identifier)
		}
	}
	if err := w.merge("resource_type_rule", []string{"identifier"}, rows); err != nil {
		return err
	}
	return w.keepOnly("resource_type_rule", "resource_type_id", owners, kept)
}

func rulesOf(t ResourceType) []typeRule {
	var out []typeRule
	for _, r := range t.TypeRules {
		out = append(out, typeRule{identifier: r.Identifier, kind: "TYPE", policy: r.Policy, singleRole: r.SingleRole, ruleType: r.Type,
			dimensions: r.Dimensions, isDenied: r.IsDenied, offset: r.Offset, confidence: 100})
	}
	for _, r := range t.ScalarRules {
		out = append(out, typeRule{identifier: r.Identifier, kind: "SCALAR", policy: r.Policy, property: r.Property, singleRole: r.SingleRole,
			sourceBinding: r.Binding, sourceExpression: r.Expression, comparison: r.Comparison, createOnly: r.CreateOnly, offset: r.Offset, confidence: 100})
	}
	for _, r := range t.NavigationRules {
		out = append(out, typeRule{identifier: r.Identifier, kind: "NAVIGATION", policy: r.Policy, property: r.Property, singleRole: r.SingleRole,
			value: r.Resource, dimensions: r.Dimensions, isDenied: r.IsDenied, offset: r.Offset, confidence: 100})
	}
	for _, r := range t.QueryRules {
		out = append(out, typeRule{identifier: r.Identifier, kind: "QUERY", policy: r.Policy, property: r.Property, sourceBinding: r.SourceBinding,
			sourceExpression: r.SourceExpression, targetBinding: r.TargetBinding, targetExpression: r.TargetExpression, offset: r.Offset, confidence: r.Confidence})
	}
	for _, r := range t.CorrelationRules {
		out = append(out, typeRule{identifier: r.Identifier, kind: "CORRELATION", policy: r.Policy, sourceBinding: r.SourceBinding,
			sourceExpression: r.SourceExpression, targetBinding: r.TargetBinding, targetExpression: r.TargetExpression, confidence: r.Confidence})
	}
	for _, r := range t.ClassificationRules {
		out = append(out, typeRule{identifier: r.Identifier, kind: "CLASSIFICATION", policy: r.Policy, targetExpression: r.Expression, confidence: r.Confidence})
	}
	return out
}

func (w *writer) resourceTypeRule(typeID, targetType int64, r typeRule) (row, error) {
	policy, err := w.id("policy", r.policy, r.at+".policy")
	if err != nil {
		return nil, err
	}
	role, err := w.maybe("role:SINGLE", r.singleRole, r.at+".singleRole")
	if err != nil {
		return nil, err
	}
	var property *int64
	if r.property != "" {
		known, err := w.names("property:" + strconv.FormatInt(targetType, 10))
		if err != nil {
			return nil, err
		}
		id, ok := known[r.property]
		if !ok {
			return nil, errs.Invalid(r.at+".property", "The target entity type has no property %q. Known: %s.", r.property, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		property = &id
	}
	kindOf, err := number(ruleTypes, or(r.ruleType, "required"), r.at+".type")
	if err != nil {
		return nil, err
	}
	comparison, err := number(comparisons, or(r.comparison, "caseSensitive"), r.at+".comparison")
	if err != nil {
		return nil, err
	}
	offset := Offset{Reference: "default"}
	if r.offset != nil {
		offset = *r.offset
	}
	reference, err := number(references, offset.Reference, r.at+".offset.reference")
	if err != nil {
		return nil, err
	}
	if err := w.criteria(r.dimensions, r.at); err != nil {
		return nil, err
	}
	return row{"identifier": r.identifier, "kind": r.kind, "policy_id": policy,
		"resource_type_id": typeID, "property_id": property, "single_role_id": role, "dimensions": criteriaJSON(r.dimensions), "is_denied": r.isDenied,
		"type": kindOf, "value_key": nullable(r.value), "source_binding": nullable(r.sourceBinding), "source_expression": nullable(r.sourceExpression),
		"target_binding": nullable(r.targetBinding), "target_expression": nullable(r.targetExpression), "comparison_type": comparison,
		"is_mapped": !r.createOnly, "confidence": r.confidence, "offset_reference": reference, "offset_before": offset.Before, "offset_after": offset.After}, nil
}

func (w *writer) contextRule(c ContextRule) error {
	field := "contextRule/" + c.Identifier
	policy, err := w.id("policy", c.Policy, field+".policy")
	if err != nil {
		return err
	}
	entityType, err := w.id("entity_type", c.SourceEntityType, field+".sourceEntityType")
	if err != nil {
		return err
	}
	for name := range c.Dimensions {
		if _, err := w.id("dimension", name, field+".dimensions."+name); err != nil {
			return err
		}
	}
	var other []string
	if err := w.tx.NewRaw(`select identifier from context_rule where policy_id = ? and entity_type_id = ? and identifier <> ?`, policy, entityType, c.Identifier).Scan(w.ctx, &other); err != nil {
		return err
	}
	if len(other) > 0 {
		return errs.Invalid(field+".sourceEntityType", "%s already is the context rule of %s in the policy %s. Change that one.", other[0], c.SourceEntityType, c.Policy)
	}
	dimensions := c.Dimensions
	if dimensions == nil {
		dimensions = map[string]string{}
	}
	_, err = w.upsert("context_rule", map[string]any{"identifier": c.Identifier}, map[string]any{"display_name": c.DisplayName, "policy_id": policy,
		"entity_type_id": entityType, "resources_binding": nullable(c.ResourcesBinding), "resources_start_binding": nullable(c.StartBinding),
		"resources_end_binding": nullable(c.EndBinding), "exclude_expression": nullable(c.ExcludeExpression), "dimensions": jsonb(dimensions)})
	return err
}
