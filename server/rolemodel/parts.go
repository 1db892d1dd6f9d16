package rolemodel

import (
	"reflect"
	"strings"
)

// Model is the whole role model of one version, as evaluation compiles it.
type Model struct {
	Version         int64
	Policies        []*Policy
	Categories      []*Category
	Roles           []*Role
	RoleRules       []*RoleRule
	ResourceTypes   []*ResourceType
	Rules           []*ResourceTypeRule
	ContextRules    []*ContextRule
	RecordSections  []*RecordSection
	AutomationRules []*AutomationRule
	Risks           []*Risk
	ApproverRules   []*ApproverRule
	IndirectRules   []*IndirectRule
	Expressions     []*PropertyExpression
	Computed        []*ComputedProperty
}

// parts is the table of what the model is made of: the list of each part, and what tells mistakes in it. Loading, versions, the keys that criteria
// name and the order of problems follow from it; the table of a part is that of its rows.
func parts() []part {
	return []part{
		list(func(m *Model) *[]*Policy { return &m.Policies }, (*validator).allPolicies),
		list(func(m *Model) *[]*Category { return &m.Categories }, (*validator).allCategories),
		list(func(m *Model) *[]*Role { return &m.Roles }, (*validator).allRoles),
		list(func(m *Model) *[]*RoleRule { return &m.RoleRules }, (*validator).roleRules),
		list(func(m *Model) *[]*ResourceType { return &m.ResourceTypes }, (*validator).resourceTypes),
		list(func(m *Model) *[]*ResourceTypeRule { return &m.Rules }, (*validator).rules),
		list(func(m *Model) *[]*ContextRule { return &m.ContextRules }, (*validator).contextRules),
		list(func(m *Model) *[]*RecordSection { return &m.RecordSections }, (*validator).recordSections),
		list(func(m *Model) *[]*AutomationRule { return &m.AutomationRules }, (*validator).automationRules),
		list(func(m *Model) *[]*Risk { return &m.Risks }, (*validator).risks),
		list(func(m *Model) *[]*ApproverRule { return &m.ApproverRules }, (*validator).approverRules),
		list(func(m *Model) *[]*IndirectRule { return &m.IndirectRules }, (*validator).indirectRules),
		list(func(m *Model) *[]*PropertyExpression { return &m.Expressions }, (*validator).propertyExpressions),
		list(func(m *Model) *[]*ComputedProperty { return &m.Computed }, nil).by("resource_type_id", "property_id"),
	}
}

// part is one of them.
type part struct {
	table  string
	object string // SQL that names a row of the table t
	order  string
	rows   func(m *Model) any
	// criteria gives those of each row; nil: its rows have none.
	criteria func(m *Model, yield func(Criteria))
	// check tells what is wrong in the rows; nil: nothing can be.
	check func(v *validator)
}

// list is a part whose rows are a T, named by their id. Its criteria are the fields that are some.
func list[T any](rows func(*Model) *[]*T, check func(*validator)) part {
	of := reflect.TypeFor[T]()
	about, _ := of.FieldByName("BaseModel")
	table, _, _ := strings.Cut(strings.TrimPrefix(about.Tag.Get("bun"), "table:"), ",")
	p := part{table: table, rows: func(m *Model) any { return rows(m) }, check: check}.by("id")
	for _, f := range reflect.VisibleFields(of) {
		if f.Type != reflect.TypeFor[Criteria]() {
			continue
		}
		before := p.criteria
		p.criteria = func(m *Model, yield func(Criteria)) {
			if before != nil {
				before(m, yield)
			}
			for _, row := range *rows(m) {
				yield(reflect.ValueOf(row).Elem().FieldByIndex(f.Index).Interface().(Criteria))
			}
		}
	}
	return p
}

// by is the part with rows that these columns name.
func (p part) by(columns ...string) part {
	p.order = strings.Join(columns, ", ")
	p.object = "t." + strings.Join(columns, " || '/' || t.")
	if len(columns) == 1 {
		p.object += "::text"
	}
	return p
}

// EachCriteria gives the dimension criteria of everything in the model that has some.
func (m *Model) EachCriteria(yield func(Criteria)) {
	for _, p := range parts() {
		if p.criteria != nil {
			p.criteria(m, yield)
		}
	}
}
