package rolemodel

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"writ/server/directory"
)

// identifierForm is what identifiers of the role model may look like (role-model, reading conventions).
var identifierForm = regexp.MustCompile(`^[\pL\pN_./-]+$`)

// propertyForm is what property identifiers may look like (role-model 1.3).
var propertyForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

// reserved are the identifiers that no entity type and no property may have, in lower case (role-model 1.9).
var reserved = words(`Id if for while return break else continue ref out class interface struct foreach do char byte string int long null public
	private protected static const abstract try catch sealed void true false finally throw Exception override readonly enum delegate`)

// IsReserved reports whether an identifier is one that no entity type and no property may have, however it is spelled (role-model 1.9).
func IsReserved(identifier string) bool { return reserved[strings.ToLower(identifier)] }

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[strings.ToLower(w)] = true
	}
	return out
}

// Validate tells what is wrong in a model, and what probably is (role-model 1 to 5). Expressions and bindings are checked by
// evaluation.Compile. The problems come in the order of the model.
func Validate(m *Model, shape *directory.Shape) []Problem {
	v := &validator{m: m, shape: shape, policies: map[int64]*Policy{}, categories: map[int64]*Category{}, roles: map[int64]*Role{}, types: map[int64]*ResourceType{}}
	for _, x := range m.Policies {
		v.policies[x.ID] = x
	}
	for _, x := range m.Categories {
		v.categories[x.ID] = x
	}
	for _, x := range m.Roles {
		v.roles[x.ID] = x
	}
	for _, x := range m.ResourceTypes {
		v.types[x.ID] = x
	}
	v.metadata()
	for _, p := range parts() {
		if p.check != nil {
			p.check(v)
		}
	}
	return v.out
}

type validator struct {
	m          *Model
	shape      *directory.Shape
	policies   map[int64]*Policy
	categories map[int64]*Category
	roles      map[int64]*Role
	types      map[int64]*ResourceType
	out        []Problem
}

func (v *validator) add(s Severity, kind, identifier, field, format string, args ...any) {
	v.out = append(v.out, Problem{Severity: s, Kind: kind, Identifier: identifier, Field: field, Message: fmt.Sprintf(format, args...)})
}

func (v *validator) fault(kind, identifier, field, format string, args ...any) {
	v.add(SeverityError, kind, identifier, field, format, args...)
}

func (v *validator) warn(kind, identifier, field, format string, args ...any) {
	v.add(SeverityWarning, kind, identifier, field, format, args...)
}

func (v *validator) identifier(kind, identifier string, seen map[string]bool) {
	if !identifierForm.MatchString(identifier) {
		v.fault(kind, identifier, "identifier", "An identifier has only letters, digits, _, -, . and /. Rename %q.", identifier)
	}
	if seen[identifier] {
		v.fault(kind, identifier, "identifier", "%q exists twice. Identifiers are unique per kind of object: rename one.", identifier)
	}
	seen[identifier] = true
}

// metadata checks entity types, properties and dimensions (1.2, 1.3, 1.6, 1.9).
func (v *validator) metadata() {
	for _, id := range slices.Sorted(maps.Keys(v.shape.EntityTypes)) {
		t := v.shape.EntityTypes[id]
		if IsReserved(t.Identifier) {
			v.fault("entity_type", t.Identifier, "identifier", "%q is a reserved word. Choose another identifier.", t.Identifier)
		}
		hasKey := false
		seen := map[string]bool{}
		for _, p := range v.shape.PropertiesOf[id] {
			hasKey = hasKey || p.IsKey
			if !propertyForm.MatchString(p.Identifier) || strings.EqualFold(p.Identifier, "Id") {
				v.fault("property", t.Identifier+"."+p.Identifier, "identifier", "A property identifier has only letters without accents and digits, begins with a letter, and is never Id.")
			}
			if seen[p.Identifier] {
				v.fault("property", t.Identifier+"."+p.Identifier, "identifier", "The entity type has this property twice.")
			}
			seen[p.Identifier] = true
			if p.IsNavigation() && p.TargetEntityTypeID == nil {
				v.fault("property", t.Identifier+"."+p.Identifier, "targetEntityType", "A navigation property must name the entity type it points to.")
			}
		}
		v.groups(t)
		v.managers(t)
		if !hasKey {
			v.fault("entity_type", t.Identifier, "properties", "At least one property must have isKey, so that its resources can be named.")
		}
	}
	columns := map[int]string{}
	for _, name := range slices.Sorted(maps.Keys(v.shape.Dimensions)) {
		d := v.shape.Dimensions[name]
		if other, taken := columns[d.ColumnMapping]; taken {
			v.fault("dimension", name, "columnMapping", "Column %d is already that of %s. Choose a free one between 0 and 127.", d.ColumnMapping, other)
		}
		columns[d.ColumnMapping] = name
		if !d.IsHierarchical {
			continue
		}
		if d.ParentProperty == nil || *d.ParentProperty == "" {
			v.fault("dimension", name, "parentProperty", "A hierarchical dimension needs the property that leads to the parent.")
			continue
		}
		p := v.shape.Property(d.EntityTypeID, *d.ParentProperty)
		if p == nil || !p.IsNavigation() || p.IsCollection || p.TargetEntityTypeID == nil || *p.TargetEntityTypeID != d.EntityTypeID {
			v.fault("dimension", name, "parentProperty", "%q must be a mono-valued navigation from the entity type to itself.", *d.ParentProperty)
		}
	}
}

// groups checks by what navigations group (1.4).
func (v *validator) groups(t *directory.EntityType) {
	for _, p := range v.shape.PropertiesOf[t.ID] {
		if p.GroupBy == "" || p.TargetEntityTypeID == nil {
			continue
		}
		g := v.shape.Property(*p.TargetEntityTypeID, p.GroupBy)
		if g == nil || g.IsNavigation() || g.Type == directory.Binary {
			to := "what it points to"
			if x := v.shape.EntityTypes[*p.TargetEntityTypeID]; x != nil {
				to = x.Identifier
			}
			v.fault("property", t.Identifier+"."+p.Identifier, "groupByProperty", "%s has no scalar property %q. Name one whose values tell groups apart.", to, p.GroupBy)
		}
	}
}

// criteria checks dimension criteria (1.6).
func (v *validator) criteria(kind, identifier string, c Criteria) {
	for _, name := range slices.Sorted(maps.Keys(c)) {
		d := v.shape.Dimensions[name]
		if d == nil {
			continue // evaluation.Compile reports it, with what it costs
		}
		if c[name].Key == "" {
			v.fault(kind, identifier, "dimensions."+name, "The criterion has no value. Name a resource by its key, or remove it.")
		}
		if c[name].Inherit && !d.IsHierarchical {
			v.fault(kind, identifier, "dimensions."+name, "%s is not hierarchical, so there is nothing below a value. Remove inherit.", name)
		}
	}
}

func (v *validator) policy(kind, identifier string, id int64) {
	if v.policies[id] == nil {
		v.fault(kind, identifier, "policy", "The policy does not exist.")
	}
}

func (v *validator) allPolicies() {
	seen := map[string]bool{}
	for _, p := range v.m.Policies {
		v.identifier("policy", p.Identifier, seen)
		for _, name := range slices.Sorted(maps.Keys(p.Dimensions)) {
			if d := v.shape.Dimensions[name]; d != nil && p.Dimensions[name].Key == "" {
				v.fault("policy", p.Identifier, "dimensions."+name, "The criterion has no value. Name a resource by its key, or remove it.")
			}
		}
	}
	if len(v.m.Policies) == 0 { // systems and profiles may be configured before the model
		v.warn("policy", "Default", "", "There is no policy yet, so nothing can be computed. Add one, usually with the identifier Default.")
	}
}

func (v *validator) allCategories() {
	seen := map[string]bool{}
	parents := map[int64][]int64{}
	for _, c := range v.m.Categories {
		v.identifier("category", c.Identifier, seen)
		v.policy("category", c.Identifier, c.PolicyID)
		if c.ParentID != nil {
			parents[c.ID] = []int64{*c.ParentID}
		}
	}
	for _, id := range cyclic(parents) {
		v.fault("category", v.categories[id].Identifier, "parent", "The parents form a circle. Break it.")
	}
}

func (v *validator) allRoles() {
	seen := map[RoleKind]map[string]bool{Single: {}, Composite: {}}
	for _, r := range v.m.Roles {
		if seen[r.Kind] == nil {
			v.fault("role", r.Identifier, "kind", "A role is SINGLE or COMPOSITE.")
			continue
		}
		v.identifier("role", r.Identifier, seen[r.Kind])
		v.policy("role", r.Identifier, r.PolicyID)
		if v.shape.EntityTypes[r.EntityTypeID] == nil {
			v.fault("role", r.Identifier, "entityType", "The entity type whose resources may hold the role does not exist.")
		}
		v.parameters("role", r.Identifier, r.RequiredParameters)
		for _, name := range slices.Sorted(maps.Keys(r.ImposedDimensions)) {
			switch {
			case r.Kind != Single:
				v.fault("role", r.Identifier, "imposedDimensions."+name, "Only single roles bring values along. Give it to a single role of this bundle.")
			case v.shape.Dimensions[name] == nil:
				v.fault("role", r.Identifier, "imposedDimensions."+name, "There is no dimension %q. Declare it or remove the value.", name)
			case r.ImposedDimensions[name] == "":
				v.fault("role", r.Identifier, "imposedDimensions."+name, "The value is missing. Name a resource by its key, or remove the dimension.")
			}
		}
		if r.CategoryID != nil && v.categories[*r.CategoryID] == nil {
			v.fault("role", r.Identifier, "category", "The category does not exist.")
		}
	}
}

// parameters checks the dimensions that assignments need a value of (3.4).
func (v *validator) parameters(kind, identifier string, names []string) {
	for i, name := range names {
		if v.shape.Dimensions[name] == nil {
			v.fault(kind, identifier, "requiredParameters", "There is no dimension %q. Declare it or take it off the list.", name)
		}
		if slices.Contains(names[:i], name) {
			v.fault(kind, identifier, "requiredParameters", "The dimension %q is there twice. Name it once.", name)
		}
	}
}

// roleRules checks role rules (3.1, 3.2).
func (v *validator) roleRules() {
	seen := map[string]bool{}
	parents := map[int64][]int64{}
	noContext := map[string]bool{}
	for _, x := range v.m.RoleRules {
		v.identifier("role_rule", x.Identifier, seen)
		v.policy("role_rule", x.Identifier, x.PolicyID)
		v.criteria("role_rule", x.Identifier, x.Dimensions)
		r := v.roles[x.RoleID]
		if r == nil {
			v.fault("role_rule", x.Identifier, "role", "The role does not exist.")
			continue
		}
		if x.CompositeRoleID != nil {
			c := v.roles[*x.CompositeRoleID]
			switch {
			case c == nil || c.Kind != Composite:
				v.fault("role_rule", x.Identifier, "compositeRole", "The role that must be held has to be a composite role.")
			case c.EntityTypeID != r.EntityTypeID:
				v.fault("role_rule", x.Identifier, "compositeRole", "%s is for another entity type than %s, so nobody can hold both.", c.Identifier, r.Identifier)
			case r.Kind == Composite:
				parents[r.ID] = append(parents[r.ID], c.ID)
			}
		}
		if x.Type == Suggested && r.ApprovalWorkflowType == 4 {
			v.fault("role_rule", x.Identifier, "type", "%s cannot be requested by hand, so suggesting it makes no sense. Use Required, or allow requests.", r.Identifier)
		}
		if len(x.Dimensions) > 0 && !noContext[r.Identifier] && !v.hasContextRule(r.EntityTypeID) {
			noContext[r.Identifier] = true
			v.warn("role_rule", x.Identifier, "dimensions", "The entity type of %s has no context rule, so no dimension can ever match.", r.Identifier)
		}
	}
	for _, id := range cyclic(parents) {
		v.fault("role", v.roles[id].Identifier, "parentRole", "Composite roles that need each other form a circle. Break it.")
	}
}

func (v *validator) hasContextRule(entityTypeID int64) bool {
	return slices.ContainsFunc(v.m.ContextRules, func(c *ContextRule) bool { return c.EntityTypeID == entityTypeID })
}

// resourceTypes checks resource types and their guards (2.5).
func (v *validator) resourceTypes() {
	seen := map[string]bool{}
	depends := map[int64][]int64{}
	for _, t := range v.m.ResourceTypes {
		const kind = "resource_type"
		v.identifier(kind, t.Identifier, seen)
		v.policy(kind, t.Identifier, t.PolicyID)
		if v.shape.EntityTypes[t.SourceEntityTypeID] == nil {
			v.fault(kind, t.Identifier, "sourceEntityType", "The entity type does not exist.")
		}
		if v.shape.EntityTypes[t.TargetEntityTypeID] == nil {
			v.fault(kind, t.Identifier, "targetEntityType", "The entity type does not exist.")
		}
		v.parameters(kind, t.Identifier, t.RequiredParameters)
		if t.CategoryID != nil && v.categories[*t.CategoryID] == nil {
			v.fault(kind, t.Identifier, "category", "The category does not exist.")
		}
		if t.RemoveOrphans && !t.AllowRemove {
			v.fault(kind, t.Identifier, "removeOrphans", "Removing orphans needs allowRemove. Allow removal, or leave orphans to reconciliation.")
		}
		if t.DependsOnID != nil {
			depends[t.ID] = []int64{*t.DependsOnID}
			if on := v.types[*t.DependsOnID]; on == nil {
				v.fault(kind, t.Identifier, "dependsOn", "The resource type it depends on does not exist.")
			} else if on.SourceEntityTypeID != t.SourceEntityTypeID {
				v.fault(kind, t.Identifier, "dependsOn", "%s has owners of another kind, so the dependency can never be met.", on.Identifier)
			}
		}
		if p := t.DependsOnOwnerProperty; p != nil && *p != "" {
			if q := v.shape.Property(t.SourceEntityTypeID, *p); q == nil || q.IsNavigation() {
				v.fault(kind, t.Identifier, "dependsOnOwnerProperty", "%q is no scalar property of the owners.", *p)
			}
		}
		for _, a := range []struct {
			field    string
			absolute int
			percent  int
		}{{"maximumInsert", t.MaximumInsert, t.MaximumInsertPercent}, {"maximumUpdate", t.MaximumUpdate, t.MaximumUpdatePercent}, {"maximumDelete", t.MaximumDelete, t.MaximumDeletePercent}} {
			if a.absolute == 0 && a.percent == 0 {
				v.warn(kind, t.Identifier, a.field, "Neither %s nor %sPercent limits this action: one mistake in a rule can touch every account. Set one of them.", a.field, a.field)
			}
		}
		if !slices.ContainsFunc(v.m.Rules, func(r *ResourceTypeRule) bool {
			return r.ResourceTypeID == t.ID && (r.Kind == CorrelationRule || r.Kind == ClassificationRule)
		}) {
			v.warn(kind, t.Identifier, "", "There is neither a correlation nor a classification rule, so existing accounts are never recognised. Add one.")
		}
	}
	for _, id := range cyclic(depends) {
		v.fault("resource_type", v.types[id].Identifier, "dependsOn", "Resource types that depend on each other form a circle: none could ever be created. Break it.")
	}
}

// rules checks the rules of resource types (2.6 to 2.9, 5.2).
func (v *validator) rules() {
	defer v.properties()
	seen := map[string]bool{}
	for _, x := range v.m.Rules {
		const kind = "resource_type_rule"
		v.identifier(kind, x.Identifier, seen)
		v.policy(kind, x.Identifier, x.PolicyID)
		v.criteria(kind, x.Identifier, x.Dimensions)
		t := v.types[x.ResourceTypeID]
		if t == nil {
			v.fault(kind, x.Identifier, "resourceType", "The resource type does not exist.")
			continue
		}
		if x.SingleRoleID != nil {
			if r := v.roles[*x.SingleRoleID]; r == nil || r.Kind != Single || r.EntityTypeID != t.SourceEntityTypeID {
				v.fault(kind, x.Identifier, "singleRole", "The role must be a single role for the owners of %s.", t.Identifier)
			}
		}
		if x.Type == Suggested && x.Kind == TypeRule && t.ApprovalWorkflowType == 4 {
			v.fault(kind, x.Identifier, "type", "%s cannot be requested by hand, so suggesting it makes no sense.", t.Identifier)
		}
		v.ofKind(kind, x, t)
		if x.OffsetReference != OffsetDefault && x.OffsetReference != OffsetAround && x.OffsetBefore >= x.OffsetAfter {
			v.warn(kind, x.Identifier, "offsetBefore", "The period ends before it begins, so the rule has no effect. offsetBefore must be smaller than offsetAfter.")
		}
	}
}

func (v *validator) ofKind(kind string, x *ResourceTypeRule, t *ResourceType) {
	of := kindOf(x.Kind)
	if of == nil {
		v.fault(kind, x.Identifier, "kind", "There is no such kind of rule: %q.", x.Kind)
		return
	}
	p := v.property(x)
	if of.fills && (p == nil || p.EntityTypeID != t.TargetEntityTypeID) {
		v.fault(kind, x.Identifier, "property", "The property is none of the target entity type of %s.", t.Identifier)
		return
	}
	if of.validate != nil {
		of.validate(v, x, p)
	}
	if x.Confidence < 0 || x.Confidence > 150 {
		v.fault(kind, x.Identifier, "confidence", "The confidence is between 0 and 150.")
	}
}

// side demands a binding or an expression.
func (v *validator) side(x *ResourceTypeRule, binding, expression *string, field, which string) {
	if empty(binding) && empty(expression) {
		v.ruleFault(x, field, "The %s needs a binding or an expression.", which)
	}
}

func (v *validator) ruleFault(x *ResourceTypeRule, field, format string, args ...any) {
	v.fault("resource_type_rule", x.Identifier, field, format, args...)
}

// properties checks what rules do together to one property.
func (v *validator) properties() {
	type place struct{ typ, property int64 }
	kinds := map[place]map[RuleKind]bool{}
	offsets := map[place][]*ResourceTypeRule{}
	for _, x := range v.m.Rules {
		if x.PropertyID == nil {
			continue
		}
		at := place{x.ResourceTypeID, *x.PropertyID}
		if kinds[at] == nil {
			kinds[at] = map[RuleKind]bool{}
		}
		kinds[at][x.Kind] = true
		if x.Kind == NavigationRule && kinds[at][QueryRule] || x.Kind == QueryRule && kinds[at][NavigationRule] {
			v.fault("resource_type_rule", x.Identifier, "property", "One property is filled by navigation rules or by query rules, not by both.")
		}
		if k := kindOf(x.Kind); k != nil && k.computed {
			for _, y := range offsets[at] {
				if y.OffsetReference == x.OffsetReference && y.SingleRoleID == nil && x.SingleRoleID == nil && y.OffsetBefore < x.OffsetAfter && x.OffsetBefore < y.OffsetAfter ||
					y.OffsetReference == OffsetDefault && x.OffsetReference == OffsetDefault && y.SingleRoleID == nil && x.SingleRoleID == nil {
					v.warn("resource_type_rule", x.Identifier, "property", "%s computes the same property at the same time; the older rule wins. Keep one, or set them apart by time offsets.", y.Identifier)
					break
				}
			}
			offsets[at] = append(offsets[at], x)
		}
	}
}

// contextRules checks context rules (4.3).
func (v *validator) contextRules() {
	seen := map[string]bool{}
	type place struct{ entityType, policy int64 }
	taken := map[place]string{}
	for _, c := range v.m.ContextRules {
		v.identifier("context_rule", c.Identifier, seen)
		v.policy("context_rule", c.Identifier, c.PolicyID)
		at := place{c.EntityTypeID, c.PolicyID}
		if other, ok := taken[at]; ok {
			v.fault("context_rule", c.Identifier, "entityType", "%s already is the context rule of this entity type in this policy.", other)
		}
		taken[at] = c.Identifier
		if v.shape.EntityTypes[c.EntityTypeID] == nil {
			v.fault("context_rule", c.Identifier, "entityType", "The entity type does not exist.")
		}
	}
}

func (v *validator) property(x *ResourceTypeRule) *directory.Property {
	if x.PropertyID == nil {
		return nil
	}
	return v.shape.Properties[*x.PropertyID]
}

func empty(s *string) bool { return s == nil || strings.TrimSpace(*s) == "" }

// cyclic gives the nodes that reach themselves, sorted.
func cyclic(edges map[int64][]int64) []int64 {
	var out []int64
	for _, from := range slices.Sorted(maps.Keys(edges)) {
		seen := map[int64]bool{}
		next := slices.Clone(edges[from])
		for len(next) > 0 {
			at := next[len(next)-1]
			next = next[:len(next)-1]
			if at == from {
				out = append(out, from)
				break
			}
			if !seen[at] {
				seen[at] = true
				next = append(next, edges[at]...)
			}
		}
	}
	return out
}
