package rolemodel

import (
	"github.com/uptrace/bun"

	"writ/server/directory"
)

// PropertyExpression says how the value of a property is computed from others, to be kept (role-model 1.7).
type PropertyExpression struct {
	bun.BaseModel `bun:"table:property_expression,alias:pe"`
	ID            int64 `bun:",pk,autoincrement"`
	Identifier    string
	DisplayName   string
	EntityTypeID  int64
	Property      string // identifier
	Binding       string // empty: none
	Expression    string // empty: none
	Priority      int    // of several for one property the smallest is asked first, the next when it gives nothing
	Version       int
}

// propertyExpressions checks what values are computed for; what they read is checked by evaluation (model.Compile).
func (v *validator) propertyExpressions() {
	seen := map[string]bool{}
	type place struct {
		property string
		of       int64
		priority int
	}
	taken := map[place]string{}
	for _, x := range v.m.Expressions {
		v.identifier("property_expression", x.Identifier, seen)
		t := v.shape.EntityTypes[x.EntityTypeID]
		if t == nil {
			continue
		}
		p := v.shape.Property(x.EntityTypeID, x.Property)
		if p == nil {
			v.fault("property_expression", x.Identifier, "property", "%s has no property %q. Declare it, or correct the name.", t.Identifier, x.Property)
			continue
		}
		if why := uncomputable(v.shape, p); why != "" {
			v.fault("property_expression", x.Identifier, "property", "%s of %s %s", p.Identifier, t.Identifier, why)
			continue
		}
		for _, r := range v.m.Rules {
			if r.PropertyID != nil && *r.PropertyID == p.ID && r.Kind != CorrelationRule && r.Kind != ClassificationRule {
				v.fault("property_expression", x.Identifier, "property", "%s of %s is filled by the rule %s: two cannot fill it. Remove the rule, or the expression.", p.Identifier, t.Identifier, r.Identifier)
				break
			}
		}
		at := place{p.Identifier, x.EntityTypeID, x.Priority}
		if other, twice := taken[at]; twice {
			v.fault("property_expression", x.Identifier, "priority", "%s computes %s, too, with the same priority. Say by the priority which is asked first: the smallest number.", other, p.Identifier)
		}
		taken[at] = x.Identifier
	}
}

// uncomputable says why values of a property cannot be computed; empty: they can.
func uncomputable(s *directory.Shape, p *directory.Property) string {
	m := s.PropertyMappings[p.ID]
	switch {
	case m != nil && m.ColumnName != "":
		return "is read from a column, which would undo what is computed. Compute a property without a column."
	case p.IsKey:
		return "is a key, by which resources are named. Compute a property that is none."
	case p.Type == directory.Binary:
		return "holds a file, which no expression gives."
	case p.IsCollection:
		return "has several values, and an expression gives one."
	}
	return ""
}
