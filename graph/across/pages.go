package across

import (
	"context"
	"slices"
	"strings"

	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// The lists of the role model in pages, by name to show. The model is in memory: a page costs no statement.

// PolicyFilter narrows the list of policies; nil fields do not.
type PolicyFilter struct{ Text *string }

// CategoryFilter narrows the list of categories; nil fields do not.
type CategoryFilter struct {
	Text   *string
	Parent *string // identifier
	IsTop  *bool
}

// RoleFilter narrows the list of roles; nil fields do not.
type RoleFilter struct {
	Kind        *rolemodel.RoleKind
	Text        *string
	Policy      *string
	Category    *string
	EntityType  *string
	Identifiers []string
	// Below: Category holds what stands below it, too.
	Below         *bool
	Tag           *string
	WithoutOwner  *bool
	IsRequestable *bool
	IsHeld        *bool // somebody holds it whom the caller may see
}

// notRequestable is the approval workflow of what only rules give.
const notRequestable = 4

// ResourceTypeFilter narrows the list of resource types; nil fields do not.
type ResourceTypeFilter struct {
	Text             *string
	Policy           *string
	SourceEntityType *string
	TargetEntityType *string
	Identifiers      []string
}

// AutomationRuleFilter narrows the list of automation rules; nil fields do not.
type AutomationRuleFilter struct {
	Text          *string
	Identifiers   []string
	Types         []string // words
	WorkflowState *string  // word
	Decision      *string  // word
	Policy        *string  // identifier
	IsEnabled     *bool
}

// The pages.
type (
	AutomationRuleConnection = page.Connection[*rolemodel.AutomationRule]
	AutomationRuleEdge       = page.Edge[*rolemodel.AutomationRule]
	PolicyConnection         = page.Connection[*rolemodel.Policy]
	CategoryConnection       = page.Connection[*rolemodel.Category]
	RoleConnection           = page.Connection[*rolemodel.Role]
	ResourceTypeConnection   = page.Connection[*rolemodel.ResourceType]
	PolicyEdge               = page.Edge[*rolemodel.Policy]
	CategoryEdge             = page.Edge[*rolemodel.Category]
	RoleEdge                 = page.Edge[*rolemodel.Role]
	ResourceTypeEdge         = page.Edge[*rolemodel.ResourceType]
)

// PoliciesPage gives a page of the policies. Needs permit.RoleModelQuery, as all pages here.
func (c *Catalogue) PoliciesPage(ctx context.Context, a page.Args, f *PolicyFilter) (*PolicyConnection, error) {
	if f == nil {
		f = &PolicyFilter{}
	}
	return pageOf(ctx, c, a, func(s *sorted) []*rolemodel.Policy { return s.policies }, positionOfPolicy, func(_ *Names, p *rolemodel.Policy) bool {
		return says(f.Text, p.DisplayName, p.Identifier)
	})
}

// CategoriesPage gives a page of the categories.
func (c *Catalogue) CategoriesPage(ctx context.Context, a page.Args, f *CategoryFilter) (*CategoryConnection, error) {
	if f == nil {
		f = &CategoryFilter{}
	}
	return pageOf(ctx, c, a, func(s *sorted) []*rolemodel.Category { return s.categories }, positionOfCategory, func(n *Names, o *rolemodel.Category) bool {
		return says(f.Text, o.DisplayName, o.Identifier) && (f.Parent == nil || n.categoryIs(o.ParentID, *f.Parent)) &&
			(f.IsTop == nil || (o.ParentID == nil) == *f.IsTop)
	})
}

// RolesPage gives a page of single and composite roles; the text is looked for in the names of their categories, too.
func (c *Catalogue) RolesPage(ctx context.Context, a page.Args, f *RoleFilter) (*RoleConnection, error) {
	if f == nil {
		f = &RoleFilter{}
	}
	var held map[int64]bool
	if f.IsHeld != nil {
		if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
			return nil, err
		}
		var err error
		if held, err = c.Held(ctx); err != nil {
			return nil, err
		}
	}
	return pageOf(ctx, c, a, func(s *sorted) []*rolemodel.Role { return s.roles }, positionOfRole, func(n *Names, r *rolemodel.Role) bool {
		category := ""
		if o := n.Category(r.CategoryID); o != nil {
			category = o.DisplayName
		}
		return (f.Kind == nil || r.Kind == *f.Kind) && (f.Policy == nil || n.Policy(r.PolicyID) == *f.Policy) &&
			(f.Category == nil || n.stands(r, *f.Category, f.Below != nil && *f.Below)) && (f.Tag == nil || slices.Contains(r.Tags, *f.Tag)) &&
			(f.WithoutOwner == nil || (r.OwnerKey == nil) == *f.WithoutOwner) && (f.EntityType == nil || n.EntityType(r.EntityTypeID) == *f.EntityType) &&
			(f.IsRequestable == nil || (r.ApprovalWorkflowType != notRequestable) == *f.IsRequestable) && (f.IsHeld == nil || held[r.ID] == *f.IsHeld) &&
			(f.Identifiers == nil || slices.Contains(f.Identifiers, r.Identifier)) && says(f.Text, r.DisplayName, r.Identifier, category)
	})
}

// ResourceTypesPage gives a page of the resource types; the text is looked for in the names of their entity types, too.
func (c *Catalogue) ResourceTypesPage(ctx context.Context, a page.Args, f *ResourceTypeFilter) (*ResourceTypeConnection, error) {
	if f == nil {
		f = &ResourceTypeFilter{}
	}
	return pageOf(ctx, c, a, func(s *sorted) []*rolemodel.ResourceType { return s.types }, positionOfType, func(n *Names, t *rolemodel.ResourceType) bool {
		return (f.Policy == nil || n.Policy(t.PolicyID) == *f.Policy) &&
			(f.SourceEntityType == nil || n.EntityType(t.SourceEntityTypeID) == *f.SourceEntityType) &&
			(f.TargetEntityType == nil || n.EntityType(t.TargetEntityTypeID) == *f.TargetEntityType) &&
			(f.Identifiers == nil || slices.Contains(f.Identifiers, t.Identifier)) &&
			says(f.Text, t.DisplayName, t.Identifier, n.entityTypeName(t.SourceEntityTypeID), n.entityTypeName(t.TargetEntityTypeID))
	})
}

// AutomationRules gives a page of the automation rules; the text is looked for in the names of what they are about, too.
func (c *Catalogue) AutomationRules(ctx context.Context, a page.Args, f *AutomationRuleFilter) (*AutomationRuleConnection, error) {
	if f == nil {
		f = &AutomationRuleFilter{}
	}
	return pageOf(ctx, c, a, func(s *sorted) []*rolemodel.AutomationRule { return s.automation }, positionOfAutomation, func(n *Names, r *rolemodel.AutomationRule) bool {
		target := n.AutomatedName(r)
		return (f.Types == nil || slices.Contains(f.Types, r.TargetWord())) && (f.WorkflowState == nil || *f.WorkflowState == r.StateWord()) &&
			(f.Decision == nil || *f.Decision == r.DecisionWord()) && (f.Policy == nil || *f.Policy == n.Policy(n.model.Source.PolicyOf(r))) &&
			(f.IsEnabled == nil || *f.IsEnabled == n.Automates(r)) && (f.Identifiers == nil || slices.Contains(f.Identifiers, r.Identifier)) &&
			says(f.Text, r.DisplayName, r.Identifier, target)
	})
}

// AutomatedIdentifier is the identifier of what an automation rule is about.
func (n *Names) AutomatedIdentifier(r *rolemodel.AutomationRule) string {
	identifier, _ := n.automated(r)
	return identifier
}

// AutomatedName is the name of what an automation rule is about.
func (n *Names) AutomatedName(r *rolemodel.AutomationRule) string {
	_, name := n.automated(r)
	return name
}

func (n *Names) automated(r *rolemodel.AutomationRule) (identifier, name string) {
	switch id := r.TargetID(); r.Type {
	case rolemodel.AutomatesComposite, rolemodel.AutomatesSingle:
		if x := n.roles[id]; x != nil {
			return x.Identifier, x.DisplayName
		}
	case rolemodel.AutomatesType:
		if x := n.types[id]; x != nil {
			return x.Identifier, x.DisplayName
		}
	case rolemodel.AutomatesCategory:
		if x := n.categories[id]; x != nil {
			return x.Identifier, x.DisplayName
		}
	case rolemodel.AutomatesPolicy:
		if x := n.policies[id]; x != nil {
			return x.Identifier, x.DisplayName
		}
	}
	return "", ""
}

// PolicyOfAutomation is the identifier of the policy that switches an automation rule on.
func (n *Names) PolicyOfAutomation(r *rolemodel.AutomationRule) string {
	return n.Policy(n.model.Source.PolicyOf(r))
}

// Automates reports whether an automation rule decides: its policy is on, and ours.
func (n *Names) Automates(r *rolemodel.AutomationRule) bool {
	p := n.policies[n.model.Source.PolicyOf(r)]
	return p != nil && p.IsProvisioningEnabled && !p.IsExternal
}

// categoryIs reports whether something stands in the category with an identifier.
func (n *Names) categoryIs(id *int64, identifier string) bool {
	o := n.Category(id)
	return o != nil && o.Identifier == identifier
}

// stands reports whether a role is shown in a category: it is its own or another one of it, or below it.
func (n *Names) stands(r *rolemodel.Role, identifier string, below bool) bool {
	for _, c := range append(n.Categories(r.SecondaryCategoryIDs), n.Category(r.CategoryID)) {
		if c != nil && (c.Identifier == identifier || below && slices.ContainsFunc(n.PathOf(&c.ID), func(o *rolemodel.Category) bool { return o.Identifier == identifier })) {
			return true
		}
	}
	return false
}

func (n *Names) entityTypeName(id int64) string {
	if t := n.model.Shape.EntityTypes[id]; t != nil {
		return t.DisplayName
	}
	return ""
}

// says is the search of every list; nil: everything.
func says(text *string, names ...string) bool {
	return text == nil || directory.Matches(*text, names...)
}

func pageOf[T any](ctx context.Context, c *Catalogue, a page.Args, of func(*sorted) []T, at func(T) page.Position, wanted func(*Names, T) bool) (*page.Connection[T], error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	n, err := c.Names(ctx)
	if err != nil {
		return nil, err
	}
	var rows []T
	for _, row := range of(&n.sorted) {
		if wanted(n, row) {
			rows = append(rows, row)
		}
	}
	return page.InMemory(rows, a, at)
}

// sorted is the model in the order of its lists.
type sorted struct {
	policies   []*rolemodel.Policy
	categories []*rolemodel.Category
	roles      []*rolemodel.Role
	types      []*rolemodel.ResourceType
	automation []*rolemodel.AutomationRule
}

func sort(m *rolemodel.Model) sorted {
	return sorted{
		policies: byPosition(m.Policies, positionOfPolicy), categories: byPosition(m.Categories, positionOfCategory), roles: byPosition(m.Roles, positionOfRole),
		types: byPosition(m.ResourceTypes, positionOfType), automation: byPosition(m.AutomationRules, positionOfAutomation),
	}
}

func byPosition[T any](rows []T, at func(T) page.Position) []T {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b T) int { return at(a).Compare(at(b)) })
	return rows
}

func position(name string, id int64) page.Position {
	return page.Position{Text: strings.ToLower(name), ID: id}
}

func positionOfPolicy(p *rolemodel.Policy) page.Position     { return position(p.DisplayName, p.ID) }
func positionOfCategory(c *rolemodel.Category) page.Position { return position(c.DisplayName, c.ID) }
func positionOfRole(r *rolemodel.Role) page.Position         { return position(r.DisplayName, r.ID) }
func positionOfType(t *rolemodel.ResourceType) page.Position { return position(t.DisplayName, t.ID) }

func positionOfAutomation(a *rolemodel.AutomationRule) page.Position {
	return position(a.DisplayName, a.ID)
}
