package model

import (
	"cmp"
	"fmt"
	"strings"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// Namer names resources as a role mapping says (role-model 3.3). Immutable; safe for concurrent use.
type Namer struct {
	// EntityTypeID is whose resources become roles.
	EntityTypeID int64
	rules        []rolemodel.NamingRule
	where        *formula.Value // nil: all
	identifier   *formula.Value
	others       [4]*formula.Value // display name, category, its display name, the category above it; nil: not said
	shape        *directory.Shape
	reads        *formula.Reads
}

// Naming is what a mapping makes of a resource. Empty: not said.
type Naming struct {
	Identifier, DisplayName                   string
	Category, CategoryDisplayName, ParentOfIt string
}

// NewNamer prepares a mapping. Whatever is wrong in it is told; it names nothing then.
func NewNamer(m *rolemodel.RoleMapping, shape *directory.Shape) (*Namer, []rolemodel.Problem) {
	b := &builder{m: &rolemodel.Model{}, shape: shape, exprs: formula.NewCompiler(shape)}
	b.exprs.Of = "the role mapping " + m.Identifier
	fault := func(field string) func(error) {
		return func(err error) { b.problem(rolemodel.SeverityError, "role_mapping", m.Identifier, field, "%s", err) }
	}
	p := shape.Properties[m.PropertyID]
	if p == nil || !p.IsNavigation() || p.TargetEntityTypeID == nil {
		fault("property")(fmt.Errorf("the property must be a navigation of the targets: what it points to becomes roles"))
		return nil, b.problems
	}
	n := &Namer{EntityTypeID: *p.TargetEntityTypeID, rules: m.Rules, shape: shape, reads: &formula.Reads{EntityType: *p.TargetEntityTypeID}}
	sc, in := formula.Scope{Target: n.EntityTypeID}, &formula.Trees{Target: n.reads}
	for i, rule := range m.Rules {
		for j, item := range rule.Items {
			if q := shape.Property(n.EntityTypeID, item.Property); q == nil || q.IsNavigation() {
				fault(fmt.Sprintf("rules[%d].items[%d].property", i, j))(fmt.Errorf("%q is no scalar property of %s", item.Property, formula.NameOf(shape, n.EntityTypeID)))
			}
		}
	}
	said := func(s *string) bool { return s != nil && strings.TrimSpace(*s) != "" }
	if said(m.WhereExpression) {
		n.where = b.exprs.Condition(sc, m.WhereExpression, in, fault("whereExpression"))
	}
	n.identifier = b.exprs.Value(sc, formula.TargetRoot, m.IdentifierBinding, m.IdentifierExpression, in, fault("identifierExpression"))
	for i, v := range []struct {
		field               string
		binding, expression *string
	}{{"displayName", m.DisplayNameBinding, m.DisplayNameExpression}, {"categoryIdentifier", m.CategoryIdentifierBinding, m.CategoryIdentifierExpression},
		{"categoryDisplayName", m.CategoryDisplayNameBinding, m.CategoryDisplayNameExpression}, {"parentCategory", m.ParentCategoryBinding, m.ParentCategoryExpression}} {
		if said(v.binding) || said(v.expression) {
			n.others[i] = b.exprs.Value(sc, formula.TargetRoot, v.binding, v.expression, in, fault(v.field+"Expression"))
		}
	}
	n.reads.Sort()
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	return n, nil
}

// Follow is what Name reads beyond the resources themselves, for directory.LoadMany.
func (n *Namer) Follow() []directory.Follow {
	var levels []directory.Follow
	var walk func(u *formula.Reads, depth int)
	walk = func(u *formula.Reads, depth int) {
		for _, nav := range u.Navs {
			if depth == len(levels) {
				levels = append(levels, directory.Follow{})
			}
			if nav.Reverse {
				levels[depth].Reverse = append(levels[depth].Reverse, nav.Prop)
			} else {
				levels[depth].Forward = append(levels[depth].Forward, nav.Prop)
			}
			walk(nav.To, depth+1)
		}
	}
	walk(n.reads, 0)
	return levels
}

// Name names one resource; false: the mapping is not about it. resources must hold what Follow reaches. An error concerns this resource only,
// or, with a name, only its category.
func (n *Namer) Name(r *evaluation.Resource, resources map[int64]*evaluation.Resource) (out Naming, ok bool, err error) {
	w := &formula.World{Resources: resources, Zone: n.shape.Zone()}
	w.Vars[formula.TargetRoot] = r
	if !n.about(r) {
		return out, false, nil
	}
	if n.where != nil {
		if ok, err = n.where.Truth(w); err != nil || !ok {
			return out, false, err
		}
	}
	if out.Identifier, err = n.identifier.Text(w); err != nil {
		return out, true, err
	}
	var failed error
	for i, to := range []*string{&out.DisplayName, &out.Category, &out.CategoryDisplayName, &out.ParentOfIt} {
		if n.others[i] == nil {
			continue
		}
		if *to, err = n.others[i].Text(w); err != nil {
			*to = ""
			failed = cmp.Or(failed, err)
		}
	}
	return out, true, failed
}

func (n *Namer) about(r *evaluation.Resource) bool {
	for _, rule := range n.rules {
		all := true
		for _, item := range rule.Items {
			all = all && r.Scalars[item.Property] == item.Value
		}
		if all {
			return true
		}
	}
	return len(n.rules) == 0
}
