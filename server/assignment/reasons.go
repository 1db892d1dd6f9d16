package assignment

import (
	"cmp"
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

// Policy finds a policy of the model; nil if it is gone.
func (m *Model) Policy(id int64) *rolemodel.Policy {
	return find(m.Source.Policies, func(p *rolemodel.Policy) bool { return p.ID == id })
}

// ResourceType finds a resource type of the model; nil if it is gone.
func (m *Model) ResourceType(id int64) *rolemodel.ResourceType {
	return find(m.Source.ResourceTypes, func(t *rolemodel.ResourceType) bool { return t.ID == id })
}

// Risk finds a risk of the model; nil if it is gone.
func (m *Model) Risk(id int64) *rolemodel.Risk {
	return find(m.Source.Risks, func(r *rolemodel.Risk) bool { return r.ID == id })
}

// riskName is what people call a risk, with its level.
func (m *Model) riskName(id int64) string {
	if r := m.Risk(id); r != nil {
		return fmt.Sprintf("%s (level %d)", r.DisplayName, r.Level)
	}
	return "that is deleted"
}

// rolesBehind names the roles that rules of resource types ask for, each once.
func (m *Model) rolesBehind(rules []int64) []string {
	var out []string
	for _, id := range rules {
		if x := m.Compiled.Rules[id]; x != nil && x.RoleID != 0 {
			if r := m.Role(x.RoleID); r != nil && !slices.Contains(out, r.DisplayName) {
				out = append(out, r.DisplayName)
			}
		}
	}
	return out
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

// RoleRuleReason says in words to whom a rule gives a role. Rules have no names, and their identifiers say nothing to a reader: what they
// do stands for them.
func (m *Model) RoleRuleReason(id int64) string {
	r := find(m.Source.RoleRules, func(r *rolemodel.RoleRule) bool { return r.ID == id })
	if r == nil {
		return "Given by a rule that no longer exists."
	}
	return m.RoleRuleSentence(r)
}

// RoleRuleSentence says in words to whom a rule gives a role, or from whom it withholds it.
func (m *Model) RoleRuleSentence(r *rolemodel.RoleRule) string {
	return fmt.Sprintf("%s %s.", verb(r.IsDenied, r.Type), m.population(r.CompositeRoleID, r.Dimensions))
}

// asks reports whether a context with these values satisfies the criteria of one of the rules of a role; of those that are gone nobody knows.
func (m *Model) asks(rules []int64, values map[string]int64) bool {
	for _, id := range rules {
		r := find(m.Source.RoleRules, func(r *rolemodel.RoleRule) bool { return r.ID == id })
		if r == nil || m.Satisfies(r.Dimensions, values) && (r.CompositeRoleID == nil || m.givesBy(*r.CompositeRoleID, values)) {
			return true
		}
	}
	return len(rules) == 0
}

// givesBy reports whether a context with these values is a reason to have a composite role; one that no rule gives came from elsewhere. Composite roles that
// need each other in a circle are not saved.
func (m *Model) givesBy(roleID int64, values map[string]int64) bool {
	var rules []int64
	for _, r := range m.Source.RoleRules {
		if r.RoleID == roleID && !r.IsDenied {
			rules = append(rules, r.ID)
		}
	}
	return m.asks(rules, values)
}

// Satisfies reports whether somebody with these values of dimensions meets criteria.
func (m *Model) Satisfies(criteria rolemodel.Criteria, values map[string]int64) bool {
	for name, c := range criteria {
		d := m.Shape.Dimensions[name]
		if d == nil {
			return false
		}
		wanted := m.keys.IDs[d.EntityTypeID][c.Key]
		if has := values[name]; has == 0 || has != wanted && !(c.Inherit && slices.Contains(m.keys.Ancestors[name][has], wanted)) {
			return false
		}
	}
	return true
}

// RuleValue is what a rule of a resource type brings: a value of a property, or, with an empty identifier of the property, the target itself. ok: there is
// such a rule.
func (m *Model) RuleValue(ruleID int64) (of RuleValue, ok bool) {
	r := m.typeRule(ruleID)
	if r == nil {
		return RuleValue{}, false
	}
	of.Type = m.ResourceType(r.ResourceTypeID)
	if of.Type == nil {
		return RuleValue{}, false
	}
	if r.PropertyID == nil || r.ValueKey == nil {
		return of, true
	}
	p := m.Shape.Properties[*r.PropertyID]
	if p == nil || p.TargetEntityTypeID == nil {
		return RuleValue{}, false
	}
	of.Property, of.PropertyName, of.IsCollection = p.Identifier, p.DisplayName, p.IsCollection
	of.ID = m.keys.IDs[*p.TargetEntityTypeID][*r.ValueKey]
	of.Label = cmp.Or(m.keys.Labels[of.ID], *r.ValueKey)
	return of, true
}

// FoundReason says in words from what a role was read.
func (m *Model) FoundReason(ruleID int64) string {
	v, ok := m.RuleValue(ruleID)
	if !ok || v.Property == "" {
		return "Found in a managed system, by a rule that no longer exists."
	}
	return fmt.Sprintf("Found: %s of %s holds %s.", v.PropertyName, v.Type.DisplayName, v.Label)
}

// RuleValue is a value that a rule brings.
type RuleValue struct {
	Type                   *rolemodel.ResourceType
	Property, PropertyName string // empty: the target itself
	IsCollection           bool
	ID                     int64 // of the resource that is the value; 0: there is none
	Label                  string
}

func verb(isDenied bool, t rolemodel.RuleType) string {
	switch {
	case isDenied:
		return "Withheld from"
	case t == rolemodel.Suggested:
		return "Suggested for"
	default:
		return "Given to"
	}
}

// TypeRuleReasons are those of several rules, in their order.
func (m *Model) TypeRuleReasons(ids []int64) []string {
	reasons := make([]string, 0, len(ids))
	for _, id := range ids {
		if text := m.TypeRuleReason(id); !slices.Contains(reasons, text) {
			reasons = append(reasons, text)
		}
	}
	return reasons
}

// TypeRuleReason says in words to whom a rule gives a resource type, or from what it computes a value.
func (m *Model) TypeRuleReason(id int64) string {
	r := m.typeRule(id)
	if r == nil {
		return "Computed by a rule that no longer exists."
	}
	return m.TypeRuleSentence(r)
}

// TypeRuleSentence says in words what a rule of a resource type does, and for whom.
func (m *Model) TypeRuleSentence(r *rolemodel.ResourceTypeRule) string {
	switch r.Kind {
	case rolemodel.NavigationRule:
		return fmt.Sprintf("%s: %s %s.", m.fixedValue(r), strings.ToLower(verb(r.IsDenied, r.Type)), m.population(r.SingleRoleID, r.Dimensions))
	case rolemodel.TypeRule:
		return fmt.Sprintf("%s %s.", verb(r.IsDenied, r.Type), m.population(r.SingleRoleID, r.Dimensions))
	case rolemodel.CorrelationRule, rolemodel.ClassificationRule:
		return m.finds(r)
	case rolemodel.QueryRule:
		return fmt.Sprintf("Looked up%s for %s.", m.from(r), m.population(r.SingleRoleID, r.Dimensions))
	default:
		return fmt.Sprintf("Computed%s for %s.", m.from(r), m.population(r.SingleRoleID, r.Dimensions))
	}
}

func (m *Model) typeRule(id int64) *rolemodel.ResourceTypeRule {
	return find(m.Source.Rules, func(r *rolemodel.ResourceTypeRule) bool { return r.ID == id })
}

// fixedValue names the resource that a navigation rule gives.
func (m *Model) fixedValue(r *rolemodel.ResourceTypeRule) string {
	if r.ValueKey == nil {
		return "Nothing"
	}
	if r.PropertyID != nil {
		if p := m.Shape.Properties[*r.PropertyID]; p != nil && p.TargetEntityTypeID != nil {
			return m.keyName(*p.TargetEntityTypeID, *r.ValueKey)
		}
	}
	return *r.ValueKey
}

// finds says by what a rule finds the owner or the type of a target.
func (m *Model) finds(r *rolemodel.ResourceTypeRule) string {
	var owners, targets int64
	if t := m.ResourceType(r.ResourceTypeID); t != nil {
		owners, targets = t.SourceEntityTypeID, t.TargetEntityTypeID
	}
	owner, target := m.side(owners, r.SourceBinding, r.SourceExpression), m.side(targets, r.TargetBinding, r.TargetExpression)
	switch {
	case owner != "" && target != "":
		return fmt.Sprintf("Found by %s, equal to %s of the owner: %d %% sure.", target, owner, r.Confidence)
	case target != "":
		return fmt.Sprintf("Found by %s: %d %% sure.", target, r.Confidence)
	default:
		return fmt.Sprintf("Found: %d %% sure.", r.Confidence)
	}
}

// from says what a rule computes its value from, with a space before; empty: it has no source.
func (m *Model) from(r *rolemodel.ResourceTypeRule) string {
	var owners int64
	if t := m.ResourceType(r.ResourceTypeID); t != nil {
		owners = t.SourceEntityTypeID
	}
	if text := m.side(owners, r.SourceBinding, r.SourceExpression); text != "" {
		return " from " + text
	}
	return ""
}

// side says where one side of a rule takes its value: a path from a resource of the entity type, an expression, or both.
func (m *Model) side(entityTypeID int64, binding, expression *string) string {
	formula := ""
	if expression != nil {
		formula = strings.TrimSpace(*expression)
	}
	if literal, ok := strings.CutPrefix(formula, "Literal:"); ok {
		return fmt.Sprintf("the fixed value %q", literal)
	}
	if binding == nil || *binding == "" {
		return formula
	}
	if formula == "" {
		return m.path(entityTypeID, *binding)
	}
	return m.path(entityTypeID, *binding) + " with " + formula
}

// path gives the names of the properties along a path: "Department, its Name"; the path itself where
// something along it is not known, such as the record that a rule starts from.
func (m *Model) path(entityTypeID int64, binding string) string {
	hops := strings.Split(binding, ".")
	for i, hop := range hops {
		p := m.Shape.Property(entityTypeID, hop)
		if p == nil {
			return binding
		}
		hops[i], entityTypeID = p.DisplayName, 0
		if p.TargetEntityTypeID != nil {
			entityTypeID = *p.TargetEntityTypeID
		}
	}
	return strings.Join(hops, ", its ")
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
