package across

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Catalogue shows the role model in force, sorted by id as the model is. Its lists need permit.RoleModelQuery.
type Catalogue struct {
	DB    *bun.DB
	Model func(ctx context.Context, db bun.IDB) (*assignment.Model, error)
	// Held gives the roles that somebody holds whom the caller may see (server/catalogue).
	Held func(ctx context.Context) (map[int64]bool, error)

	names atomic.Pointer[Names] // of the model that was read last
}

// Policies gives all policies.
func (c *Catalogue) Policies(ctx context.Context) ([]*rolemodel.Policy, error) {
	m, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	return m.Source.Policies, nil
}

// Categories gives all categories.
func (c *Catalogue) Categories(ctx context.Context) ([]*rolemodel.Category, error) {
	m, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	return m.Source.Categories, nil
}

// Roles gives the roles of a kind; nil: of both.
func (c *Catalogue) Roles(ctx context.Context, kind *rolemodel.RoleKind) ([]*rolemodel.Role, error) {
	m, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	found := []*rolemodel.Role{}
	for _, r := range m.Source.Roles {
		if kind == nil || r.Kind == *kind {
			found = append(found, r)
		}
	}
	return found, nil
}

// ResourceTypes gives all resource types.
func (c *Catalogue) ResourceTypes(ctx context.Context) ([]*rolemodel.ResourceType, error) {
	m, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	return m.Source.ResourceTypes, nil
}

func (c *Catalogue) read(ctx context.Context) (*assignment.Model, error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	return c.Model(ctx, c.DB)
}

// Names is the model indexed for what its objects point to, and sorted for lists. Names of things that are gone are empty.
type Names struct {
	model      *assignment.Model
	sorted     sorted
	policies   map[int64]*rolemodel.Policy
	categories map[int64]*rolemodel.Category
	roles      map[int64]*rolemodel.Role
	types      map[int64]*rolemodel.ResourceType
	tree       tree
	asking     asking
}

// Names reads the index. The objects that point somewhere were seen already, so no right is asked.
func (c *Catalogue) Names(ctx context.Context) (*Names, error) {
	m, err := c.Model(ctx, c.DB)
	if err != nil {
		return nil, err
	}
	if n := c.names.Load(); n != nil && n.model == m {
		return n, nil
	}
	n := &Names{
		model: m, sorted: sort(m.Source), policies: map[int64]*rolemodel.Policy{}, categories: map[int64]*rolemodel.Category{}, roles: map[int64]*rolemodel.Role{},
		types: map[int64]*rolemodel.ResourceType{},
	}
	for _, p := range m.Source.Policies {
		n.policies[p.ID] = p
	}
	for _, c := range m.Source.Categories {
		n.categories[c.ID] = c
	}
	for _, r := range m.Source.Roles {
		n.roles[r.ID] = r
	}
	for _, t := range m.Source.ResourceTypes {
		n.types[t.ID] = t
	}
	n.tree, n.asking = treeOf(m.Source, n.categories), askingOf(m.Source)
	c.names.Store(n)
	return n, nil
}

// Policy gives the identifier of a policy.
func (n *Names) Policy(id int64) string {
	if p := n.policies[id]; p != nil {
		return p.Identifier
	}
	return ""
}

// EntityType gives the identifier of an entity type.
func (n *Names) EntityType(id int64) string {
	if t := n.model.Shape.EntityTypes[id]; t != nil {
		return t.Identifier
	}
	return ""
}

// EntityTypeOrNil gives the identifier of an entity type; nil without one.
func (n *Names) EntityTypeOrNil(id *int64) *string {
	if id == nil {
		return nil
	}
	return new(n.EntityType(*id))
}

// Category gives a category; nil without one.
func (n *Names) Category(id *int64) *rolemodel.Category {
	if id == nil {
		return nil
	}
	return n.categories[*id]
}

// Categories gives categories by their ids.
func (n *Names) Categories(ids []int64) []*rolemodel.Category {
	found := make([]*rolemodel.Category, 0, len(ids))
	for _, id := range ids {
		if c := n.categories[id]; c != nil {
			found = append(found, c)
		}
	}
	return found
}

// PathOf gives the categories above something from the top down, its own last; none without one.
func (n *Names) PathOf(id *int64) []*rolemodel.Category {
	found := []*rolemodel.Category{}
	for c := n.Category(id); c != nil && len(found) <= len(n.categories); c = n.Category(c.ParentID) {
		found = append(found, c)
	}
	slices.Reverse(found)
	return found
}

// SettingsOfRole gives what is in force for a role.
func (n *Names) SettingsOfRole(r *rolemodel.Role) *rolemodel.Settings {
	return new(n.policies[r.PolicyID].OfRole(r))
}

// SettingsOfType gives what is in force for a resource type.
func (n *Names) SettingsOfType(t *rolemodel.ResourceType) *rolemodel.Settings {
	return new(n.policies[t.PolicyID].OfType(t))
}

// Role gives the identifier of a role; nil without one.
func (n *Names) Role(id *int64) *string {
	if id != nil && *id != 0 {
		if r := n.roles[*id]; r != nil {
			return &r.Identifier
		}
	}
	return nil
}

// ResourceType gives the identifier of a resource type; nil without one.
func (n *Names) ResourceType(id *int64) *string {
	if id != nil && *id != 0 {
		if t := n.types[*id]; t != nil {
			return &t.Identifier
		}
	}
	return nil
}

// Property gives the identifier of a property; nil without one.
func (n *Names) Property(id *int64) *string {
	if id != nil {
		if p := n.model.Shape.Properties[*id]; p != nil {
			return &p.Identifier
		}
	}
	return nil
}

// PropertyName gives the name of a property to show; nil without one.
func (n *Names) PropertyName(id *int64) *string {
	if id != nil {
		if p := n.model.Shape.Properties[*id]; p != nil {
			return &p.DisplayName
		}
	}
	return nil
}

// OfRoleRule says in words what a rule does.
func (n *Names) OfRoleRule(r *rolemodel.RoleRule) string { return n.model.RoleRuleSentence(r) }

// OfTypeRule says in words what a rule does.
func (n *Names) OfTypeRule(r *rolemodel.ResourceTypeRule) string { return n.model.TypeRuleSentence(r) }

// RulesOfRoles gives the rules that assign roles, by role. Needs permit.RoleModelQuery.
func (c *Catalogue) RulesOfRoles(ctx context.Context, ids []int64) (map[int64][]*rolemodel.RoleRule, error) {
	m, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	found := rulesOf(ids, m.Source.RoleRules, func(r *rolemodel.RoleRule) int64 { return r.RoleID })
	return found, nil
}

// RulesOfTypes gives the rules of resource types, by type. Needs permit.RoleModelQuery.
func (c *Catalogue) RulesOfTypes(ctx context.Context, ids []int64) (map[int64][]*rolemodel.ResourceTypeRule, error) {
	m, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	found := rulesOf(ids, m.Source.Rules, func(r *rolemodel.ResourceTypeRule) int64 { return r.ResourceTypeID })
	return found, nil
}

func rulesOf[R any](ids []int64, rules []R, of func(R) int64) map[int64][]R {
	found := make(map[int64][]R, len(ids))
	for _, id := range ids {
		found[id] = []R{}
	}
	for _, r := range rules {
		if list, ok := found[of(r)]; ok {
			found[of(r)] = append(list, r)
		}
	}
	return found
}
