package computation

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

// section is a compiled record section (role-model 4.5): properties of records that change together.
type section struct {
	id         int64
	identifier string
	start, end *formula.Value // nil: not said
	key, sort  *formula.Value // nil: none
	least      *string        // what the sort key of a donor reaches at least; nil: any may give
	kept       bool           // a missing date is none
	extends    bool
	standard   bool // it owns what no section lists
	boundary   bool // its dates say when the owner is here
	own        []sectionProperty
}

// sectionProperty is a property of records, in the section that owns it.
type sectionProperty struct {
	name    string
	link    bool
	extends bool // its value reaches into gaps
}

// sections compiles the record sections of a context rule. It comes after the rules: what they read of a record and no section lists belongs
// to the section without properties.
func (b *builder) sections(s *source, r *contextRule) {
	all := b.m.SectionsOf(s.entityType, r.record)
	if len(all) == 0 {
		return
	}
	p := &parting{builder: b, rule: r, at: map[string]*section{}, read: propertiesOf(r.reads, b.shape)}
	in, sc := &formula.Trees{Source: s.reads, Record: r.reads}, formula.Scope{Source: s.entityType, Record: r.record}
	for _, x := range all {
		r.sections = append(r.sections, p.section(x, sc, in))
	}
	for i, x := range all {
		p.dates(x, r.sections[i])
	}
	p.rest()
	if !slices.ContainsFunc(r.sections, func(c *section) bool { return c.boundary }) {
		for _, c := range r.sections {
			c.boundary = c.standard
		}
	}
}

// parting deals the properties of records out to their sections.
type parting struct {
	*builder
	rule *contextRule
	at   map[string]*section // nil: in none
	read []sectionProperty   // what the rules read of a record
}

// propertiesOf are what is read of a resource itself.
func propertiesOf(u *formula.Reads, shape *directory.Shape) []sectionProperty {
	var out []sectionProperty
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
		out = append(out, sectionProperty{name: name})
	}
	for _, n := range u.Navs {
		out = append(out, sectionProperty{name: n.Name, link: true})
	}
	return out
}

// section compiles one section with the properties that it lists.
func (p *parting) section(x *rolemodel.RecordSection, sc formula.Scope, in *formula.Trees) *section {
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
	c := &section{id: x.ID, identifier: x.Identifier, least: x.ExtendedSortKey, kept: x.BoundaryKind == rolemodel.BoundaryKept, extends: x.Extends(),
		standard: x.IsDefault(), boundary: x.IsDefaultBoundariesSection}
	c.start, c.end = date("startProperty", x.StartPropertyID), date("endProperty", x.EndPropertyID)
	c.key, c.sort = text("instanceKeyExpression", x.InstanceKeyExpression), text("sortKeyExpression", x.SortKeyExpression)
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
		one := sectionProperty{name: q.Identifier, extends: c.extends && listed.Extends()}
		if n, ok := formula.NavigationOf(p.shape, sc.Record, q.Identifier); ok {
			one.link = true
			in.Record.Nav(q.Identifier, n)
		} else {
			in.Record.Scalar(q.Identifier)
		}
		c.own = append(c.own, one)
	}
	return c
}

// dates gives a section its own dates, where rules read them and nothing else is said: they go with the rest of it.
func (p *parting) dates(x *rolemodel.RecordSection, c *section) {
	all := c.extends && !slices.ContainsFunc(c.own, func(q sectionProperty) bool { return !q.extends })
	for _, id := range []*int64{x.StartPropertyID, x.EndPropertyID} {
		if id == nil || p.shape.Properties[*id] == nil {
			continue
		}
		name := p.shape.Properties[*id].Identifier
		if _, dealt := p.at[name]; !dealt && slices.ContainsFunc(p.read, func(q sectionProperty) bool { return q.name == name }) {
			p.at[name] = c
			c.own = append(c.own, sectionProperty{name: name, extends: all})
		}
	}
}

// rest deals out what rules read and no section lists. The key of a record is never in a section by itself: it would make every record a thing
// of its own.
func (p *parting) rest() {
	for _, q := range p.read {
		of, dealt := p.at[q.name]
		if dealt {
			if of == nil {
				p.rule.hidden = append(p.rule.hidden, q)
			}
			continue
		}
		if key := p.shape.Property(p.rule.record, q.name); key != nil && key.IsKey {
			p.rule.ofRecord = append(p.rule.ofRecord, q)
			continue
		}
		i := slices.IndexFunc(p.rule.sections, func(c *section) bool { return c.standard })
		if i < 0 {
			p.rule.hidden = append(p.rule.hidden, q)
			continue
		}
		q.extends = p.rule.sections[i].extends
		p.rule.sections[i].own = append(p.rule.sections[i].own, q)
	}
}

// valueOf is the value of a property as a text that tells it from any other.
func (q sectionProperty) valueOf(r *evaluation.Resource) string {
	if r == nil {
		return "\x00-"
	}
	if !q.link {
		if v := r.Scalars[q.name]; v != "" {
			return "\x00" + strconv.Itoa(len(v)) + ":" + v
		}
		return "\x00-"
	}
	if len(r.Links[q.name]) == 0 {
		return "\x00-"
	}
	return fmt.Sprint("\x00", r.Links[q.name])
}

func (q sectionProperty) isIn(r *evaluation.Resource) bool {
	if q.link {
		return len(r.Links[q.name]) > 0
	}
	return r.Scalars[q.name] != ""
}
