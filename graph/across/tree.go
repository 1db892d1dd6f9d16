package across

import (
	"context"

	"writ/server/rolemodel"
)

// tree is what is known of the categories from where they stand.
type tree struct {
	above    map[int64]*rolemodel.Category
	children map[int64]bool
	roles    map[int64]int // in a category or below
}

func treeOf(m *rolemodel.Model, categories map[int64]*rolemodel.Category) tree {
	t := tree{above: map[int64]*rolemodel.Category{}, children: map[int64]bool{}, roles: map[int64]int{}}
	for _, c := range m.Categories {
		if c.ParentID != nil {
			t.above[c.ID], t.children[*c.ParentID] = categories[*c.ParentID], true
		}
	}
	for _, r := range m.Roles {
		if r.CategoryID == nil {
			continue
		}
		for c := categories[*r.CategoryID]; c != nil; c = t.above[c.ID] { // saving refuses cycles
			t.roles[c.ID]++
		}
	}
	return t
}

// RoleCount says how many roles stand in a category or below.
func (n *Names) RoleCount(c *rolemodel.Category) int { return n.tree.roles[c.ID] }

// HasChildren reports whether there are categories below.
func (n *Names) HasChildren(c *rolemodel.Category) bool { return n.tree.children[c.ID] }

// Path gives the names of the categories above, from the top.
func (n *Names) Path(c *rolemodel.Category) []string {
	path := []string{}
	for c = n.tree.above[c.ID]; c != nil; c = n.tree.above[c.ID] {
		path = append([]string{c.DisplayName}, path...)
	}
	return path
}

// asking are the rules that ask for a role, by that role.
type asking struct {
	roleRules map[int64][]*rolemodel.RoleRule
	typeRules map[int64][]*rolemodel.ResourceTypeRule
}

func askingOf(m *rolemodel.Model) asking {
	a := asking{roleRules: map[int64][]*rolemodel.RoleRule{}, typeRules: map[int64][]*rolemodel.ResourceTypeRule{}}
	for _, r := range m.RoleRules {
		if r.CompositeRoleID != nil {
			a.roleRules[*r.CompositeRoleID] = append(a.roleRules[*r.CompositeRoleID], r)
		}
	}
	for _, r := range m.Rules {
		if r.SingleRoleID != nil {
			a.typeRules[*r.SingleRoleID] = append(a.typeRules[*r.SingleRoleID], r)
		}
	}
	return a
}

// Bundles gives the rules that give other roles to whoever holds one. Needs permit.RoleModelQuery, as Gives does.
func (c *Catalogue) Bundles(ctx context.Context, r *rolemodel.Role) ([]*rolemodel.RoleRule, error) {
	if _, err := c.read(ctx); err != nil {
		return nil, err
	}
	n, err := c.Names(ctx)
	if err != nil {
		return nil, err
	}
	return append([]*rolemodel.RoleRule{}, n.asking.roleRules[r.ID]...), nil
}

// Gives gives the rules of resource types that ask for a role.
func (c *Catalogue) Gives(ctx context.Context, r *rolemodel.Role) ([]*rolemodel.ResourceTypeRule, error) {
	if _, err := c.read(ctx); err != nil {
		return nil, err
	}
	n, err := c.Names(ctx)
	if err != nil {
		return nil, err
	}
	return append([]*rolemodel.ResourceTypeRule{}, n.asking.typeRules[r.ID]...), nil
}

// RoleOf gives the role of a rule.
func (n *Names) RoleOf(r *rolemodel.RoleRule) *rolemodel.Role { return n.roles[r.RoleID] }

// TypeOf gives the resource type of a rule.
func (n *Names) TypeOf(r *rolemodel.ResourceTypeRule) *rolemodel.ResourceType {
	return n.types[r.ResourceTypeID]
}
