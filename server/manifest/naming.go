package manifest

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// NamingReport counts what the role mappings made.
type NamingReport struct {
	Resources, Roles, Rules, Categories int
	// Left is why single resources, or mappings, made nothing: a sentence each.
	Left []string
}

// resourceBatch is how many resources are read at once.
const resourceBatch = 2000

// BuildRoleModel makes the roles, categories and navigation rules that role mappings say (role-model 3.3), in one transaction. What is there
// already is never changed: a resource that a navigation rule of the resource type gives is left alone, and a role of that name gets the rule
// only when it has the policy and the category that the mapping gives. What fails for one resource does not stop the others. Needs
// /ProvisioningPolicy/Provisioning/Start. A second run changes nothing.
func (s *Service) BuildRoleModel(ctx context.Context) (NamingReport, error) {
	var report NamingReport
	if _, err := permit.Require(ctx, permit.ProvisioningStart); err != nil {
		return report, err
	}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		mappings, err := rolemodel.All[rolemodel.RoleMapping](ctx, tx)
		if err != nil || len(mappings) == 0 {
			return err
		}
		current, err := Export(ctx, tx, s.Keyring)
		if err != nil {
			return err
		}
		shape, err := directory.LoadShape(ctx, tx)
		if err != nil {
			return err
		}
		n := newNaming(current, &report)
		for i, row := range mappings { // in the order of the export: both are by id
			if err := n.mapping(ctx, tx, shape, row, current.RoleMappings[i]); err != nil {
				return fmt.Errorf("apply the role mapping %s: %w", row.Identifier, err)
			}
		}
		p, c, err := s.compare(ctx, tx, n.made())
		if err != nil || len(p.Changes) == 0 {
			return err
		}
		return s.carryOut(ctx, tx, p, c)
	})
	return report, err
}

// naming gathers what the mappings make.
type naming struct {
	report     *NamingReport
	types      map[string]*ResourceType
	roles      map[string]*Role
	categories map[string]*Category
	touched    []string // resource types with new rules, in order
	newRoles   []string
	newFolders []string
	rules      map[string]bool // identifiers of all rules of resource types
}

func newNaming(current *Manifest, report *NamingReport) *naming {
	n := &naming{report: report, types: map[string]*ResourceType{}, roles: map[string]*Role{}, categories: map[string]*Category{}, rules: map[string]bool{}}
	for i := range current.ResourceTypes {
		t := &current.ResourceTypes[i]
		n.types[t.Identifier] = t
		for _, k := range ruleKinds() {
			k.each(t, func(identifier string) { n.rules[identifier] = true })
		}
	}
	for i := range current.SingleRoles {
		n.roles[current.SingleRoles[i].Identifier] = &current.SingleRoles[i]
	}
	for i := range current.Categories {
		n.categories[current.Categories[i].Identifier] = &current.Categories[i]
	}
	return n
}

// made is what has to be written.
func (n *naming) made() *Manifest {
	m := &Manifest{}
	for _, name := range n.newFolders {
		m.Categories = append(m.Categories, *n.categories[name])
	}
	for _, name := range n.newRoles {
		m.SingleRoles = append(m.SingleRoles, *n.roles[name])
	}
	for _, name := range n.touched {
		m.ResourceTypes = append(m.ResourceTypes, *n.types[name])
	}
	return m
}

func (n *naming) leave(format string, args ...any) {
	n.report.Left = append(n.report.Left, fmt.Sprintf(format, args...))
}

// mapping names every resource that one mapping is about.
func (n *naming) mapping(ctx context.Context, tx bun.IDB, shape *directory.Shape, row *rolemodel.RoleMapping, m RoleMapping) error {
	namer, problems := model.NewNamer(row, shape)
	if len(problems) > 0 { // since it was saved, what it reads became another
		n.leave("The role mapping %s names nothing: %s.", m.Identifier, problems[0].Message)
		return nil
	}
	linked, given := map[string]bool{}, map[string]bool{} // keys and roles that rules of this property have already
	for _, r := range n.types[m.ResourceType].NavigationRules {
		if r.Property == m.Property {
			linked[r.Resource], given[r.SingleRole] = true, true
		}
	}
	for after := int64(0); ; {
		var page []int64
		if err := tx.NewRaw(`select id from resource where entity_type_id = ? and valid_to = 'infinity' and id > ? order by id limit ?`,
			namer.EntityTypeID, after, resourceBatch).Scan(ctx, &page); err != nil {
			return fmt.Errorf("read the resources: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		after = page[len(page)-1]
		loaded, err := directory.LoadMany(ctx, tx, shape, page, namer.Follow()...)
		if err != nil {
			return err
		}
		resources := make(map[int64]*evaluation.Resource, len(loaded))
		for id, r := range loaded {
			one := evaluation.Resource(*r)
			resources[id] = &one
		}
		for _, id := range page {
			r := resources[id]
			if r == nil || linked[r.Key] {
				continue
			}
			name, about, err := namer.Name(r, resources)
			if !about && err == nil {
				continue
			}
			n.report.Resources++
			if why := n.one(m, r.Key, name, err, given); why != "" {
				n.leave("%s (%s) becomes no role by %s: %s", r.DisplayName, r.Key, m.Identifier, why)
			}
		}
	}
}

// one makes the role of one resource; why not, otherwise.
func (n *naming) one(m RoleMapping, key string, name model.Naming, failed error, given map[string]bool) (why string) {
	switch {
	case name.Identifier == "" && failed != nil:
		return failed.Error() + "."
	case !identifierForm.MatchString(name.Identifier):
		return fmt.Sprintf("%q is no identifier: letters, digits, _ - . and / only.", name.Identifier)
	case given[name.Identifier]:
		return fmt.Sprintf("another resource gives the role %s already.", name.Identifier)
	}
	category := m.Category
	if name.Category != "" {
		if c, why := n.category(m, name); why == "" {
			category = c
		} else {
			n.leave("%s gets the category of the mapping %s: %s", name.Identifier, m.Identifier, why)
		}
	}
	if role, there := n.roles[name.Identifier]; !there {
		n.roles[name.Identifier] = &Role{Identifier: name.Identifier, DisplayName: or(name.DisplayName, name.Identifier), Policy: m.RolePolicy,
			EntityType: n.types[m.ResourceType].SourceEntityType, Category: category, ApprovalWorkflowType: m.ApprovalWorkflowType, HideOnSimplifiedView: m.HideOnSimplifiedView, State: names("RoleState")[rolemodel.GeneratedRole]}
		n.newRoles = append(n.newRoles, name.Identifier)
		n.report.Roles++
	} else if role.Policy != m.RolePolicy || role.Category != category || role.EntityType != n.types[m.ResourceType].SourceEntityType {
		return fmt.Sprintf("there is a role %s already, of another policy, category or entity type.", name.Identifier)
	}
	t := n.types[m.ResourceType]
	rule := t.Identifier + "-" + m.Property + "-" + name.Identifier
	for i := 2; n.rules[rule]; i++ {
		rule = fmt.Sprintf("%s-%s-%s-%d", t.Identifier, m.Property, name.Identifier, i)
	}
	n.rules[rule], given[name.Identifier] = true, true
	t.NavigationRules = append(t.NavigationRules, NavigationRule{Identifier: rule, Policy: m.Policy, Property: m.Property, Resource: key, SingleRole: name.Identifier})
	if !slices.Contains(n.touched, t.Identifier) {
		n.touched = append(n.touched, t.Identifier)
	}
	n.report.Rules++
	return ""
}

// category finds the computed category, or makes it.
func (n *naming) category(m RoleMapping, name model.Naming) (identifier, why string) {
	switch {
	case n.categories[name.Category] != nil:
		return name.Category, ""
	case !identifierForm.MatchString(name.Category):
		return "", fmt.Sprintf("%q is no identifier of a category.", name.Category)
	case name.ParentOfIt != "" && n.categories[name.ParentOfIt] == nil:
		return "", fmt.Sprintf("there is no category %s to put %s into.", name.ParentOfIt, name.Category)
	}
	n.categories[name.Category] = &Category{Identifier: name.Category, DisplayName: or(name.CategoryDisplayName, name.Category), Policy: m.RolePolicy, Parent: name.ParentOfIt}
	n.newFolders = append(n.newFolders, name.Category)
	n.report.Categories++
	return name.Category, ""
}
