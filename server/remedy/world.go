package remedy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// World is what the question is asked about: the model, and a batch of one owner as server/assignment loads it.
type World struct {
	Source *rolemodel.Model
	Shape  *directory.Shape
	Keys   model.Keys
	Batch  *evaluation.Batch
}

// mostLenders bounds how many records are tried for one gap.
const mostLenders = 8

// newRecord is the id of the record that a Record change adds: no resource has it.
const newRecord = -1

// part is what of a model a goal depends on: the roles that lead to it with their rules, and the resource type with its own.
func part(m *rolemodel.Model, g Goal) *rolemodel.Model {
	out := &rolemodel.Model{Version: m.Version, Policies: m.Policies, ContextRules: m.ContextRules, RecordSections: m.RecordSections}
	roles := map[int64]bool{g.RoleID: g.RoleID != 0}
	if g.ResourceTypeID != 0 {
		for _, t := range m.ResourceTypes {
			if t.ID == g.ResourceTypeID {
				out.ResourceTypes = append(out.ResourceTypes, t)
			}
		}
		for _, r := range m.Rules {
			if r.ResourceTypeID != g.ResourceTypeID || r.Kind == rolemodel.ClassificationRule {
				continue
			}
			out.Rules = append(out.Rules, r)
			if r.SingleRoleID != nil {
				roles[*r.SingleRoleID] = true
			}
		}
		for _, c := range m.Computed {
			if c.ResourceTypeID == g.ResourceTypeID {
				out.Computed = append(out.Computed, c)
			}
		}
	}
	for grown := true; grown; {
		grown = false
		for _, r := range m.RoleRules {
			if roles[r.RoleID] && r.CompositeRoleID != nil && !roles[*r.CompositeRoleID] {
				roles[*r.CompositeRoleID], grown = true, true
			}
		}
	}
	for _, r := range m.Roles {
		if roles[r.ID] {
			out.Roles = append(out.Roles, r)
		}
	}
	for _, r := range m.RoleRules {
		if roles[r.RoleID] {
			out.RoleRules = append(out.RoleRules, r)
		}
	}
	return out
}

// Wanted are the resources that the criteria about a goal name: whoever asks loads them beside the owner, so that values made of them are known.
func (w World) Wanted(g Goal) []int64 {
	m, seen := part(w.Source, g), map[int64]bool{}
	add := func(c rolemodel.Criteria) {
		for name, one := range c {
			if d := w.Shape.Dimensions[name]; d != nil {
				if id := w.Keys.IDs[d.EntityTypeID][one.Key]; id != 0 {
					seen[id] = true
				}
			}
		}
	}
	for _, r := range m.RoleRules {
		add(r.Dimensions)
	}
	for _, r := range m.Rules {
		add(r.Dimensions)
	}
	return slices.Sorted(maps.Keys(seen))
}

// compiled is the part of the model with policies switched on by changes.
func (f *finder) compiled(changes []Change) (*rolemodel.Model, *model.Compiled) {
	on := map[int64]bool{}
	var key []string
	for _, c := range changes {
		if c.Kind == Policy {
			on[c.PolicyID], key = true, append(key, c.key())
		}
	}
	name := strings.Join(key, ";")
	if have, ok := f.models[name]; ok {
		return have.source, have.compiled
	}
	m := *f.source
	m.Policies = slices.Clone(m.Policies)
	for i, p := range m.Policies {
		if on[p.ID] {
			q := *p
			q.IsProvisioningEnabled = true
			m.Policies[i] = &q
		}
	}
	c, _ := model.Compile(&m, f.world.Shape, f.world.Keys)
	f.models[name] = modelOf{&m, c}
	return &m, c
}

type modelOf struct {
	source   *rolemodel.Model
	compiled *model.Compiled
}

// changed is the batch with changes made: what they touch is a copy.
func (f *finder) changed(changes []Change) *evaluation.Batch {
	b := *f.world.Batch
	b.Explain, b.Force = true, true
	owner := *b.Owners[0]
	b.Owners = []*evaluation.Owner{&owner}
	if len(changes) == 0 {
		return &b
	}
	b.Resources = maps.Clone(b.Resources)
	edit := func(id int64) *evaluation.Resource {
		r := *b.Resources[id]
		r.Links = maps.Clone(r.Links)
		if r.Links == nil {
			r.Links = map[string][]int64{}
		}
		b.Resources[id] = &r
		if id == owner.Resource.ID {
			owner.Resource = &r
		}
		return &r
	}
	for i := range changes {
		c := &changes[i]
		switch c.Kind {
		case Value:
			r := edit(c.ResourceID)
			if r.Links[c.Property] = nil; c.To != 0 {
				r.Links[c.Property] = []int64{f.known(&b, c.To)}
			}
		case Record:
			f.addRecord(&b, c, edit)
		case Denial:
			owner.Roles = slices.DeleteFunc(slices.Clone(owner.Roles), func(r *evaluation.AssignedRole) bool { return c.RoleID != 0 && r.ID == c.RowID })
			owner.Types = slices.DeleteFunc(slices.Clone(owner.Types), func(t *evaluation.ExistingType) bool { return c.ResourceTypeID != 0 && t.ID == c.RowID })
		case Time:
			b.Now = c.At
		}
	}
	return &b
}

// known makes sure that a resource which somebody is to lead to is in the batch.
func (f *finder) known(b *evaluation.Batch, id int64) int64 {
	if b.Resources[id] == nil {
		b.Resources[id] = &evaluation.Resource{ID: id, DisplayName: f.world.Keys.Labels[id], Scalars: map[string]string{}, Links: map[string][]int64{}}
	}
	return id
}

func (f *finder) addRecord(b *evaluation.Batch, c *Change, edit func(int64) *evaluation.Resource) {
	owner := b.Owners[0].Resource
	rule := f.contextRules[c.ContextRuleID]
	p := f.world.Shape.Reverse(owner.EntityTypeID, *rule.ResourcesBinding)
	record := &evaluation.Resource{ID: newRecord, EntityTypeID: p.EntityTypeID, Scalars: map[string]string{}, Links: map[string][]int64{p.Identifier: {owner.ID}}}
	for _, v := range c.Values {
		record.Links[v.Property] = []int64{f.known(b, v.To)}
	}
	b.Resources[newRecord] = record
	r := edit(owner.ID)
	r.Links[*rule.ResourcesBinding] = append(slices.Clone(r.Links[*rule.ResourcesBinding]), newRecord)
}

// place is where the value of a dimension comes from: a property of a resource.
type place struct {
	resource int64
	property string
}

// placeOf follows the binding of a dimension from the record behind a context to the resource whose property it is. False: a resource on the
// way is missing, or the path cannot be followed.
func (f *finder) placeOf(s *state, rule *rolemodel.ContextRule, c *evaluation.Step, dimension string, lender int64) (place, bool) {
	path, ok := rule.Dimensions[dimension]
	if !ok {
		return place{}, false
	}
	if _, rest, found := strings.Cut(path, ":"); found {
		path = rest
	}
	hops := strings.Split(strings.TrimSpace(path), ".")
	at := int64(0)
	switch hops[0] {
	case "source":
		at, hops = s.owner.Resource.ID, hops[1:]
	case "record":
		hops = hops[1:]
	}
	if len(hops) == 0 {
		return place{}, false
	}
	if at == 0 {
		at = f.recordOf(c, hops[0], lender)
	}
	for ; len(hops) > 1; hops = hops[1:] {
		r := s.batch.Resources[at]
		if r == nil || len(r.Links[hops[0]]) != 1 {
			return place{}, false
		}
		at = r.Links[hops[0]][0]
	}
	r := s.batch.Resources[at]
	if r == nil {
		return place{}, false
	}
	if p := f.world.Shape.Property(r.EntityTypeID, hops[0]); p == nil || !p.IsNavigation() || p.IsCollection {
		return place{}, false
	}
	return place{at, hops[0]}, true
}

// lenders are the records that may say something for a gap of a context for which nothing is said yet: any of the owner. Without such a gap there
// is one answer, 0: it is not asked.
func (f *finder) lenders(s *state, rule *rolemodel.ContextRule, c *evaluation.Step) []int64 {
	if rule.ResourcesBinding == nil || !slices.ContainsFunc(c.Sections, func(x evaluation.ContextSection) bool { return x.IsGap && x.RecordID == 0 }) {
		return []int64{0}
	}
	records := s.owner.Resource.Links[*rule.ResourcesBinding]
	if len(records) == 0 {
		return []int64{0}
	}
	return records[:min(len(records), mostLenders)]
}

// recordOf is the record of a context that says a property: with record sections that of the section which lists it, else the one without list.
func (f *finder) recordOf(c *evaluation.Step, property string, lender int64) int64 {
	rest := int64(0)
	for _, of := range c.Sections {
		for _, x := range f.source.RecordSections {
			if x.ID != of.SectionID {
				continue
			}
			if len(x.Properties) == 0 {
				rest = of.RecordID
			}
			if slices.ContainsFunc(x.Properties, func(p rolemodel.SectionProperty) bool { return p.Property == property }) {
				return cmp.Or(of.RecordID, lender, c.ResourceID)
			}
		}
	}
	return cmp.Or(rest, c.ResourceID)
}

// recordValue is how a new record of a context rule gets a value of a dimension. False: not by one navigation of its own.
func (f *finder) recordValue(rule *rolemodel.ContextRule, k criterion) (RecordValue, bool) {
	path := strings.TrimPrefix(rule.Dimensions[k.dimension], "record.")
	if path == "" || strings.ContainsAny(path, ".:") {
		return RecordValue{}, false
	}
	return RecordValue{Dimension: k.dimension, Property: path, To: k.wanted, Below: k.below}, true
}

// canAdd reports whether a record that counts under a context rule is one that points to the owner.
func (f *finder) canAdd(rule *rolemodel.ContextRule) bool {
	if rule.ResourcesBinding == nil {
		return false
	}
	p := f.world.Shape.Reverse(f.world.Batch.Owners[0].Resource.EntityTypeID, *rule.ResourcesBinding)
	return p != nil && !p.IsCollection
}
