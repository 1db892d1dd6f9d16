package model

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// Section is a compiled record section (role-model 4.5): properties of records that change together.
type Section struct {
	ID         int64
	Identifier string
	Start, End *formula.Value // nil: not said
	Key, Sort  *formula.Value // nil: none
	Least      *string        // what the sort key of a donor reaches at least; nil: any may give
	Kept       bool           // a missing date is none
	Extends    bool
	Standard   bool // it owns what no section lists
	Boundary   bool // its dates say when the owner is here
	Own        []SectionProperty
}

// SectionProperty is a property of records, in the section that owns it.
type SectionProperty struct {
	Name    string
	Link    bool
	Extends bool // its value reaches into gaps
}

// sections compiles the record sections of a context rule. It comes after the rules: what they read of a record and no section lists belongs
// to the section without properties.
func (b *builder) sections(s *Source, r *ContextRule) {
	all := b.m.SectionsOf(s.entityType, r.Record)
	if len(all) == 0 {
		return
	}
	p := &parting{builder: b, rule: r, at: map[string]*Section{}, read: propertiesOf(r.Reads, b.shape)}
	in, sc := &formula.Trees{Source: s.Reads, Record: r.Reads}, formula.Scope{Source: s.entityType, Record: r.Record}
	for _, x := range all {
		r.Sections = append(r.Sections, p.section(x, sc, in))
	}
	for i, x := range all {
		p.dates(x, r.Sections[i])
	}
	p.rest()
	if !slices.ContainsFunc(r.Sections, func(c *Section) bool { return c.Boundary }) {
		for _, c := range r.Sections {
			c.Boundary = c.Standard
		}
	}
}

// parting deals the properties of records out to their sections.
type parting struct {
	*builder
	rule *ContextRule
	at   map[string]*Section // nil: in none
	read []SectionProperty   // what the rules read of a record
}

// propertiesOf are what is read of a resource itself.
func propertiesOf(u *formula.Reads, shape *directory.Shape) []SectionProperty {
	var out []SectionProperty
	names := u.Scalars
	if u.All {
		names = nil
		for _, p := range shape.PropertiesOf[u.EntityType] {
			if !p.IsNavigation() {
				names = append(names, p.Identifier)
			}
		}
		slices.Sort(names)
	}
	for _, name := range names {
		out = append(out, SectionProperty{Name: name})
	}
	for _, n := range u.Navs {
		out = append(out, SectionProperty{Name: n.Name, Link: true})
	}
	return out
}

// section compiles one section with the properties that it lists.
func (p *parting) section(x *rolemodel.RecordSection, sc formula.Scope, in *formula.Trees) *Section {
	fault := func(field string) func(error) {
		return func(err error) {
			p.problem(rolemodel.SeverityError, "record_section", x.Identifier, field, "%s", err)
		}
	}
	date := func(field string, id *int64) *formula.Value {
		if id == nil {
			return nil
		}
		q := p.shape.Properties[*id]
		if q == nil {
			fault(field)(errors.New("there is no such property"))
			return nil
		}
		v := p.exprs.Value(sc, formula.RecordRoot, &q.Identifier, nil, in, fault(field))
		if err := p.exprs.MustBeDate(v); err != nil {
			v.Broken = err
			fault(field)(err)
		}
		return v
	}
	text := func(field string, expression *string) *formula.Value {
		if expression == nil || *expression == "" {
			return nil
		}
		return p.exprs.Value(sc, formula.RecordRoot, nil, expression, in, fault(field))
	}
	c := &Section{ID: x.ID, Identifier: x.Identifier, Least: x.ExtendedSortKey, Kept: x.BoundaryKind == rolemodel.BoundaryKept, Extends: x.Extends(),
		Standard: x.IsDefault(), Boundary: x.IsDefaultBoundariesSection}
	c.Start, c.End = date("startProperty", x.StartPropertyID), date("endProperty", x.EndPropertyID)
	c.Key, c.Sort = text("instanceKeyExpression", x.InstanceKeyExpression), text("sortKeyExpression", x.SortKeyExpression)
	for i, listed := range x.Properties {
		q := p.shape.Property(sc.Record, listed.Property)
		if q == nil {
			fault(fmt.Sprintf("properties[%d].property", i))(fmt.Errorf("%s has no property %q", formula.NameOf(p.shape, sc.Record), listed.Property))
			continue
		}
		if listed.IsExcluded {
			p.at[q.Identifier] = nil
			continue
		}
		p.at[q.Identifier] = c
		one := SectionProperty{Name: q.Identifier, Extends: c.Extends && listed.Extends()}
		if n, ok := formula.NavigationOf(p.shape, sc.Record, q.Identifier); ok {
			one.Link = true
			in.Record.Nav(q.Identifier, n)
		} else {
			in.Record.Scalar(q.Identifier)
		}
		c.Own = append(c.Own, one)
	}
	return c
}

// dates gives a section its own dates, where rules read them and nothing else is said: they go with the rest of it.
func (p *parting) dates(x *rolemodel.RecordSection, c *Section) {
	all := c.Extends && !slices.ContainsFunc(c.Own, func(q SectionProperty) bool { return !q.Extends })
	for _, id := range []*int64{x.StartPropertyID, x.EndPropertyID} {
		if id == nil || p.shape.Properties[*id] == nil {
			continue
		}
		name := p.shape.Properties[*id].Identifier
		if _, dealt := p.at[name]; !dealt && slices.ContainsFunc(p.read, func(q SectionProperty) bool { return q.Name == name }) {
			p.at[name] = c
			c.Own = append(c.Own, SectionProperty{Name: name, Extends: all})
		}
	}
}

// rest deals out what rules read and no section lists. The key of a record is never in a section by itself: it would make every record a thing
// of its own.
func (p *parting) rest() {
	for _, q := range p.read {
		of, dealt := p.at[q.Name]
		if dealt {
			if of == nil {
				p.rule.Hidden = append(p.rule.Hidden, q)
			}
			continue
		}
		if key := p.shape.Property(p.rule.Record, q.Name); key != nil && key.IsKey {
			p.rule.OfRecord = append(p.rule.OfRecord, q)
			continue
		}
		i := slices.IndexFunc(p.rule.Sections, func(c *Section) bool { return c.Standard })
		if i < 0 {
			p.rule.Hidden = append(p.rule.Hidden, q)
			continue
		}
		q.Extends = p.rule.Sections[i].Extends
		p.rule.Sections[i].Own = append(p.rule.Sections[i].Own, q)
	}
}

// ValueOf is the value of a property as a text that tells it from any other.
func (q SectionProperty) ValueOf(r *evaluation.Resource) string {
	if r == nil {
		return "\x00-"
	}
	if !q.Link {
		if v := r.Scalars[q.Name]; v != "" {
			return "\x00" + strconv.Itoa(len(v)) + ":" + v
		}
		return "\x00-"
	}
	if len(r.Links[q.Name]) == 0 {
		return "\x00-"
	}
	return fmt.Sprint("\x00", r.Links[q.Name])
}

// IsIn reports whether a record says something of the property.
func (q SectionProperty) IsIn(r *evaluation.Resource) bool {
	if q.Link {
		return len(r.Links[q.Name]) > 0
	}
	return r.Scalars[q.Name] != ""
}
