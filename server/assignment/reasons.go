package assignment

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/server/rolemodel"
)

// Role finds a role of the model; nil if it is gone.
func (m *Model) Role(id int64) *rolemodel.Role {
	return find(m.Source.Roles, func(r *rolemodel.Role) bool { return r.ID == id })
}

// ResourceType finds a resource type of the model; nil if it is gone.
func (m *Model) ResourceType(id int64) *rolemodel.ResourceType {
	return find(m.Source.ResourceTypes, func(t *rolemodel.ResourceType) bool { return t.ID == id })
}

// CategoryName gives the label of a category; nil without one.
func (m *Model) CategoryName(id *int64) *string {
	if id == nil {
		return nil
	}
	if c := find(m.Source.Categories, func(c *rolemodel.Category) bool { return c.ID == *id }); c != nil {
		return &c.DisplayName
	}
	return nil
}

// RoleRuleReason says in words which rule gives a role.
func (m *Model) RoleRuleReason(id int64) string {
	r := find(m.Source.RoleRules, func(r *rolemodel.RoleRule) bool { return r.ID == id })
	if r == nil {
		return "Given by a rule that no longer exists."
	}
	return fmt.Sprintf("Rule %s%s.", r.Identifier, conditions(r.Dimensions))
}

// TypeRuleReason says in words which rule gives a resource type or computes a value.
func (m *Model) TypeRuleReason(id int64) string {
	r := find(m.Source.Rules, func(r *rolemodel.ResourceTypeRule) bool { return r.ID == id })
	if r == nil {
		return "Computed by a rule that no longer exists."
	}
	var how []string
	if r.SourceBinding != nil {
		how = append(how, "from "+*r.SourceBinding)
	}
	if r.SourceExpression != nil {
		how = append(how, "by "+*r.SourceExpression)
	}
	if r.SingleRoleID != nil {
		if role := m.Role(*r.SingleRoleID); role != nil {
			how = append(how, "because of the role "+role.DisplayName)
		}
	}
	text := "Rule " + r.Identifier
	if len(how) > 0 {
		text += ": " + strings.Join(how, ", ")
	}
	return text + conditions(r.Dimensions) + "."
}

func conditions(c rolemodel.Criteria) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		text := name + " is " + c[name].Key
		if c[name].Inherit {
			text += " or below"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return ""
	}
	return " where " + strings.Join(parts, " and ")
}

func find[T any](list []*T, match func(*T) bool) *T {
	if i := slices.IndexFunc(list, match); i >= 0 {
		return list[i]
	}
	return nil
}
