package manifest

import (
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation/model"
	"writ/server/page"
	"writ/server/rolemodel"
)

// RoleMapping makes single roles of entitlements by a naming convention, when the task BuildRoleModel runs (role-model 3.3). What it made stays, whatever becomes of it.
type RoleMapping struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of the policy of the rules it makes. Default: Default.
	Policy string `yaml:"policy,omitempty" default:"Default" ref:"policy"`
	// Identifier of the resource type that the entitlements belong to.
	ResourceType string `yaml:"resourceType" ref:"resource_type"`
	// Identifier of the navigation of its targets: each resource it can point to becomes a role.
	Property string `yaml:"property" ref:"property"`
	// Which of these resources; one rule must hold. None: all.
	Rules []NamingRule `yaml:"rules,omitempty"`
	// Condition over the resource, CEL with the variable target; empty: none.
	WhereExpression string `yaml:"whereExpression,omitempty"`
	// Path from the resource to the identifier of its role; empty: the expression computes alone.
	IdentifierBinding string `yaml:"identifierBinding,omitempty"`
	// Expression that gives the identifier; empty: the binding as it is.
	IdentifierExpression string `yaml:"identifierExpression,omitempty"`
	// Path to the name to show.
	DisplayNameBinding string `yaml:"displayNameBinding,omitempty"`
	// Expression that gives the name to show. Neither: the identifier.
	DisplayNameExpression string `yaml:"displayNameExpression,omitempty"`
	// Path to the identifier of the category, which is made when there is none.
	CategoryIdentifierBinding string `yaml:"categoryIdentifierBinding,omitempty"`
	// Expression that gives the identifier of the category. Neither, or it fails: the category below.
	CategoryIdentifierExpression string `yaml:"categoryIdentifierExpression,omitempty"`
	// Path to the name of a category that is made.
	CategoryDisplayNameBinding string `yaml:"categoryDisplayNameBinding,omitempty"`
	// Expression that gives the name of a category that is made. Neither: its identifier.
	CategoryDisplayNameExpression string `yaml:"categoryDisplayNameExpression,omitempty"`
	// Path to the identifier of the category above one that is made.
	ParentCategoryBinding string `yaml:"parentCategoryBinding,omitempty"`
	// Expression that gives the identifier of the category above, which must be there. Neither: top level.
	ParentCategoryExpression string `yaml:"parentCategoryExpression,omitempty"`
	// Identifier of the category when none is computed; empty: none.
	Category string `yaml:"category,omitempty" ref:"category"`
	// Identifier of the policy of the roles. Default: that of the mapping.
	RolePolicy string `yaml:"rolePolicy,omitempty" default:"=Policy" ref:"policy"`
	// How many approvals a request for such a role needs, 0 to 3; 4: it cannot be requested. Default: 0.
	ApprovalWorkflowType int `yaml:"approvalWorkflowType,omitempty" min:"0" max:"4"`
	// The roles are not shown to people who look at a short list.
	HideOnSimplifiedView bool `yaml:"hideOnSimplifiedView,omitempty"`
}

// NamingRule holds for a resource when every item does; NamingItem when its property has the value.
type (
	NamingRule = rolemodel.NamingRule
	NamingItem = rolemodel.NamingItem
)

// The names of its API.
type (
	SaveRoleMappingInput               = SaveInput[RoleMapping]
	RoleMappingConfigurationConnection = page.Connection[*RoleMapping]
)

func roleMappingKind() kind {
	d := &declared[RoleMapping]{
		facts:      facts{name: "roleMapping", list: "roleMappings", table: "role_mapping", rights: ofModel},
		in:         func(m *Manifest) *[]RoleMapping { return &m.RoleMappings },
		identifier: func(m RoleMapping) string { return m.Identifier },
		load:       loaded[RoleMapping, rolemodel.RoleMapping](nil),
	}
	d.remove = removed[rolemodel.RoleMapping](&d.facts)
	d.steps = []func(*writer, []RoleMapping, *change) error{func(w *writer, list []RoleMapping, _ *change) error { return w.roleMappings(d, list) }}
	return d
}

// roleMappings writes mappings that can name something.
func (w *writer) roleMappings(d *declared[RoleMapping], list []RoleMapping) error {
	types, err := rolemodel.All[rolemodel.ResourceType](w.ctx, w.tx)
	if err != nil {
		return err
	}
	targets := map[string]int64{}
	for _, t := range types {
		targets[t.Identifier] = t.TargetEntityTypeID
	}
	shape, err := directory.LoadShape(w.ctx, w.tx)
	if err != nil {
		return err
	}
	rows := make([]*rolemodel.RoleMapping, len(list))
	for n, m := range list {
		rows[n] = &rolemodel.RoleMapping{}
		w.target = targets[m.ResourceType]
		if err := w.toRow(d.at(m), m, rows[n], true); err != nil {
			return err
		}
		if _, problems := model.NewNamer(rows[n], shape); len(problems) > 0 {
			return errs.Invalid(d.at(m)+"."+problems[0].Field, "The role mapping %s cannot be saved like this. %s.", m.Identifier, problems[0].Message)
		}
	}
	w.written(d.table)
	return rolemodel.Save(w.ctx, w.tx, rows)
}
