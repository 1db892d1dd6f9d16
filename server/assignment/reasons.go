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

// RoleRuleReason says in words which rule gives a role, and to whom.
func (m *Model) RoleRuleReason(id int64) string {
	r := find(m.Source.RoleRules, func(r *rolemodel.RoleRule) bool { return r.ID == id })
	if r == nil {
		return "Given by a rule that no longer exists."
	}
	return fmt.Sprintf("Given by the rule %s to %s.", r.Identifier, m.population(r.CompositeRoleID, r.Dimensions))
}

// TypeRuleReason says in words which rule gives a resource type or computes a value, and from what.
func (m *Model) TypeRuleReason(id int64) string {
	r := m.typeRule(id)
	if r == nil {
		return "Computed by a rule that no longer exists."
	}
	if r.Kind == rolemodel.TypeRule || r.Kind == rolemodel.NavigationRule {
		return fmt.Sprintf("Given by the rule %s to %s.", r.Identifier, m.population(r.SingleRoleID, r.Dimensions))
	}
	return fmt.Sprintf("Computed by the rule %s%s for %s.", r.Identifier, m.from(r), m.population(r.SingleRoleID, r.Dimensions))
}

func (m *Model) typeRule(id int64) *rolemodel.ResourceTypeRule {
	return find(m.Source.Rules, func(r *rolemodel.ResourceTypeRule) bool { return r.ID == id })
}

// from says what a rule computes its value from, with a space before; empty: it has no source.
func (m *Model) from(r *rolemodel.ResourceTypeRule) string {
	expression := ""
	if r.SourceExpression != nil {
		expression = strings.TrimSpace(*r.SourceExpression)
	}
	if literal, ok := strings.CutPrefix(expression, "Literal:"); ok {
		return fmt.Sprintf(" from the fixed value %q", literal)
	}
	var parts []string
	if r.SourceBinding != nil && *r.SourceBinding != "" {
		parts = append(parts, *r.SourceBinding)
	}
	if expression != "" {
		parts = append(parts, "with "+expression)
	}
	if len(parts) == 0 {
		return ""
	}
	if len(parts) == 1 && expression != "" {
		return " from " + expression
	}
	return " from " + strings.Join(parts, " ")
}

// population says whom a rule concerns.
func (m *Model) population(roleID *int64, c rolemodel.Criteria) string {
	var parts []string
	if roleID != nil {
		parts = append(parts, "who has the role "+m.roleName(*roleID))
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		value := c[name].Key
		if d := m.Shape.Dimensions[name]; d != nil {
			value = m.keyName(d.EntityTypeID, value)
		}
		text := fmt.Sprintf("whose %s is %s", m.dimension(name), value)
		if c[name].Inherit {
			text += " or below"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "everybody"
	}
	return "everybody " + and(parts)
}

func find[T any](list []*T, match func(*T) bool) *T {
	if i := slices.IndexFunc(list, match); i >= 0 {
		return list[i]
	}
	return nil
}
