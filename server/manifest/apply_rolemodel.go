package manifest

import (
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// inList makes an IN list that may be empty.
func inList(names []string) any {
	if len(names) == 0 {
		names = []string{""}
	}
	return bun.In(names)
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

func (w *writer) role(kind string, r Role) error {
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
	_, err = w.upsert("role", map[string]any{"kind": kind, "identifier": r.Identifier}, map[string]any{"display_name": r.DisplayName,
		"description": r.Description, "policy_id": policy, "entity_type_id": entityType, "category_id": category,
		"approval_workflow_type": r.ApprovalWorkflowType, "hide_on_simplified_view": r.HideOnSimplifiedView})
	return err
}

func (w *writer) roleRules(kind string, r Role) error {
	field := fieldOf(kind, r)
	roleID, err := w.id("role:"+kind, r.Identifier, field)
	if err != nil {
		return err
	}
	kept := make([]string, 0, len(r.Rules))
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
		if _, err := w.upsert("role_rule", map[string]any{"identifier": rule.Identifier}, map[string]any{"policy_id": policy, "role_id": roleID,
			"composite_role_id": composite, "dimensions": criteriaJSON(rule.Dimensions), "is_denied": rule.IsDenied, "priority": rule.Priority, "type": kindOf}); err != nil {
			return err
		}
		kept = append(kept, rule.Identifier)
	}
	_, err = w.tx.ExecContext(w.ctx, `delete from role_rule where role_id = ? and identifier not in (?)`, roleID, inList(kept))
	return err
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
		"block_provisioning": *t.BlockProvisioning, "discard_manual_assignments": t.DiscardManualAssignments,
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

func (w *writer) resourceTypeRules(t ResourceType) error {
	field := "resourceType/" + t.Identifier
	typeID, err := w.id("resource_type", t.Identifier, field)
	if err != nil {
		return err
	}
	targetType, err := w.id("entity_type", t.TargetEntityType, field)
	if err != nil {
		return err
	}
	rules := rulesOf(t)
	kept := make([]string, 0, len(rules))
	for _, r := range rules {
		r.at = field + "." + r.identifier
		if err := w.resourceTypeRule(typeID, targetType, r); err != nil {
			return err
		}
		kept = append(kept, r.identifier)
	}
	_, err = w.tx.ExecContext(w.ctx, `delete from resource_type_rule where resource_type_id = ? and identifier not in (?)`, typeID, inList(kept))
	return err
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

func (w *writer) resourceTypeRule(typeID, targetType int64, r typeRule) error {
	policy, err := w.id("policy", r.policy, r.at+".policy")
	if err != nil {
		return err
	}
	role, err := w.maybe("role:SINGLE", r.singleRole, r.at+".singleRole")
	if err != nil {
		return err
	}
	var property *int64
	if r.property != "" {
		id, ok := w.ids["property/"+fmt.Sprint(targetType)+"/"+r.property]
		if !ok {
			if err := w.tx.NewRaw(`select id from property where entity_type_id = ? and identifier = ?`, targetType, r.property).Scan(w.ctx, &id); err != nil {
				return errs.Invalid(r.at+".property", "The target entity type has no property %q. Known: %s.", r.property, w.propertiesOf(targetType))
			}
		}
		property = &id
	}
	kindOf, err := number(ruleTypes, or(r.ruleType, "required"), r.at+".type")
	if err != nil {
		return err
	}
	comparison, err := number(comparisons, or(r.comparison, "caseSensitive"), r.at+".comparison")
	if err != nil {
		return err
	}
	offset := Offset{Reference: "default"}
	if r.offset != nil {
		offset = *r.offset
	}
	reference, err := number(references, offset.Reference, r.at+".offset.reference")
	if err != nil {
		return err
	}
	if err := w.criteria(r.dimensions, r.at); err != nil {
		return err
	}
	_, err = w.upsert("resource_type_rule", map[string]any{"identifier": r.identifier}, map[string]any{"kind": r.kind, "policy_id": policy,
		"resource_type_id": typeID, "property_id": property, "single_role_id": role, "dimensions": criteriaJSON(r.dimensions), "is_denied": r.isDenied,
		"type": kindOf, "value_key": nullable(r.value), "source_binding": nullable(r.sourceBinding), "source_expression": nullable(r.sourceExpression),
		"target_binding": nullable(r.targetBinding), "target_expression": nullable(r.targetExpression), "comparison_type": comparison,
		"is_mapped": !r.createOnly, "confidence": r.confidence, "offset_reference": reference, "offset_before": offset.Before, "offset_after": offset.After})
	return err
}

// propertiesOf names the properties of an entity type, for a message.
func (w *writer) propertiesOf(typeID int64) string {
	var names []string
	if err := w.tx.NewRaw(`select identifier from property where entity_type_id = ? order by position, id`, typeID).Scan(w.ctx, &names); err != nil {
		return "(cannot be read)"
	}
	return strings.Join(names, ", ")
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
