package remedy_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/computation"
	"writ/server/evaluation/model"
	"writ/server/remedy"
	"writ/server/rolemodel"
)

// Entity types of the test organisation.
const (
	person     = int64(1)
	account    = int64(2)
	department = int64(3)
	group      = int64(4)
	position   = int64(5)
	title      = int64(6)
)

var now = time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

// company is a shape, a model and people, in memory.
type company struct {
	shape   *directory.Shape
	m       *rolemodel.Model
	keys    model.Keys
	res     map[int64]*evaluation.Resource
	owner   *evaluation.Owner
	records []int64
	next    int64
}

func newCompany() *company {
	c := &company{next: 1000, res: map[int64]*evaluation.Resource{}}
	s := &directory.Shape{EntityTypes: map[int64]*directory.EntityType{}, ByIdentifier: map[string]*directory.EntityType{}, Properties: map[int64]*directory.Property{},
		PropertiesOf: map[int64][]*directory.Property{}, Dimensions: map[string]*directory.Dimension{}, DimensionByID: map[int64]*directory.Dimension{}}
	for id, name := range map[int64]string{person: "Person", account: "Account", department: "Department", group: "Group", position: "Position", title: "Title"} {
		s.EntityTypes[id] = &directory.EntityType{ID: id, Identifier: name, DisplayName: name}
		s.ByIdentifier[name] = s.EntityTypes[id]
	}
	prop := func(id, of int64, name string, typ directory.PropertyType, to int64, many bool, reverse string) {
		p := &directory.Property{ID: id, EntityTypeID: of, Identifier: name, Type: typ, IsCollection: many, Position: len(s.PropertiesOf[of]), IsKey: len(s.PropertiesOf[of]) == 0}
		if to != 0 {
			p.TargetEntityTypeID = &to
		}
		if reverse != "" {
			p.ReverseIdentifier = &reverse
		}
		s.Properties[id] = p
		s.PropertiesOf[of] = append(s.PropertiesOf[of], p)
	}
	prop(11, person, "EmployeeId", directory.String, 0, false, "")
	prop(21, account, "Login", directory.String, 0, false, "")
	prop(22, account, "Level", directory.String, 0, false, "")
	prop(23, account, "Groups", directory.ForeignKey, group, true, "")
	prop(31, department, "Code", directory.String, 0, false, "")
	prop(41, group, "Cn", directory.String, 0, false, "")
	prop(51, position, "Number", directory.String, 0, false, "")
	prop(52, position, "Start", directory.DateTime, 0, false, "")
	prop(53, position, "End", directory.DateTime, 0, false, "")
	prop(54, position, "Person", directory.ForeignKey, person, false, "Positions")
	prop(55, position, "Department", directory.ForeignKey, department, false, "")
	prop(56, position, "Title", directory.ForeignKey, title, false, "")
	prop(61, title, "Code", directory.String, 0, false, "")
	parent := "Parent"
	s.Dimensions["Department"] = &directory.Dimension{ID: 1, Identifier: "Department", EntityTypeID: department, IsHierarchical: true, ParentProperty: &parent}
	s.Dimensions["Title"] = &directory.Dimension{ID: 2, Identifier: "Title", EntityTypeID: title, ColumnMapping: 1}
	c.shape = s
	c.m = &rolemodel.Model{Version: 1, Policies: []*rolemodel.Policy{{ID: 1, Identifier: "Default", IsProvisioningEnabled: true}}}
	c.m.ContextRules = []*rolemodel.ContextRule{{ID: 1, Identifier: "Person", PolicyID: 1, EntityTypeID: person, ResourcesBinding: ptr("Positions"),
		ResourcesStartBinding: ptr("Start"), ResourcesEndBinding: ptr("End"), Dimensions: map[string]string{"Department": "Department", "Title": "Title"}}}
	c.keys = model.Keys{IDs: map[int64]map[string]int64{department: {}, title: {}, group: {}}, Labels: map[int64]string{},
		Ancestors: map[string]map[int64][]int64{"Department": {}, "Title": {}}}
	return c
}

func (c *company) id() int64 { c.next++; return c.next }

// thing adds a department below a parent, a title or a group.
func (c *company) thing(entityType int64, key string, parent int64) int64 {
	id := c.id()
	c.res[id] = &evaluation.Resource{ID: id, EntityTypeID: entityType, Key: key, DisplayName: key, Scalars: map[string]string{"Code": key}, Links: map[string][]int64{}}
	c.keys.IDs[entityType][key], c.keys.Labels[id] = id, key
	if entityType == department {
		c.keys.Ancestors["Department"][id] = append([]int64{id}, c.keys.Ancestors["Department"][parent]...)
	}
	return id
}

// hire adds the person that questions are about.
func (c *company) hire() {
	id := c.id()
	c.res[id] = &evaluation.Resource{ID: id, EntityTypeID: person, Key: "E1", DisplayName: "Ann Lee", Scalars: map[string]string{"EmployeeId": "E1"}, Links: map[string][]int64{}}
	c.owner = &evaluation.Owner{Resource: c.res[id], Lookups: map[evaluation.Key][]int64{}, Denied: map[int64]bool{}}
}

// work gives the person a position; zero times are open.
func (c *company) work(from, to time.Time, department, title int64) int64 {
	id := c.id()
	r := &evaluation.Resource{ID: id, EntityTypeID: position, Key: fmt.Sprint("P", id), Scalars: map[string]string{}, Links: map[string][]int64{"Person": {c.owner.Resource.ID}}}
	for name, at := range map[string]time.Time{"Start": from, "End": to} {
		if !at.IsZero() {
			r.Scalars[name] = directory.FormatTime(at)
		}
	}
	for name, to := range map[string]int64{"Department": department, "Title": title} {
		if to != 0 {
			r.Links[name] = []int64{to}
		}
	}
	c.res[id] = r
	c.records = append(c.records, id)
	c.owner.Resource.Links["Positions"] = append(c.owner.Resource.Links["Positions"], id)
	return id
}

func (c *company) role(kind rolemodel.RoleKind) int64 {
	id := c.id()
	c.m.Roles = append(c.m.Roles, &rolemodel.Role{ID: id, Kind: kind, Identifier: fmt.Sprint("role", id), PolicyID: 1, EntityTypeID: person})
	return id
}

func (c *company) roleRule(r rolemodel.RoleRule) {
	r.ID, r.Identifier = c.id(), fmt.Sprint("rule", c.next)
	if r.PolicyID == 0 {
		r.PolicyID = 1
	}
	c.m.RoleRules = append(c.m.RoleRules, &r)
}

func (c *company) accounts() int64 {
	id := c.id()
	c.m.ResourceTypes = append(c.m.ResourceTypes, &rolemodel.ResourceType{ID: id, Identifier: "Accounts", PolicyID: 1, SourceEntityTypeID: person, TargetEntityTypeID: account,
		ConnectionID: ptr(int64(1)), AllowAdd: true, AllowRemove: true})
	return id
}

func (c *company) typeRule(typ int64, r rolemodel.ResourceTypeRule) *rolemodel.ResourceTypeRule {
	r.ID, r.Identifier, r.ResourceTypeID, r.IsMapped = c.id(), fmt.Sprint("rule", c.next), typ, true
	if r.PolicyID == 0 {
		r.PolicyID = 1
	}
	c.m.Rules = append(c.m.Rules, &r)
	return &r
}

func (c *company) batch() *evaluation.Batch {
	return &evaluation.Batch{Now: now, Owners: []*evaluation.Owner{c.owner}, Resources: c.res, SyncedAt: map[int64]time.Time{}, Force: true}
}

func (c *company) world() remedy.World {
	return remedy.World{Source: c.m, Shape: c.shape, Keys: c.keys, Batch: c.batch()}
}

// clone copies everything that a change may touch.
func (c *company) clone() *company {
	d := *c
	d.res = map[int64]*evaluation.Resource{}
	for id, r := range c.res {
		x := *r
		x.Scalars, x.Links = maps.Clone(r.Scalars), map[string][]int64{}
		for name, list := range r.Links {
			x.Links[name] = slices.Clone(list)
		}
		d.res[id] = &x
	}
	o := *c.owner
	o.Resource, o.Roles, o.Types = d.res[o.Resource.ID], slices.Clone(o.Roles), slices.Clone(o.Types)
	d.owner, d.records = &o, slices.Clone(c.records)
	m := *c.m
	m.Policies = nil
	for _, p := range c.m.Policies {
		q := *p
		m.Policies = append(m.Policies, &q)
	}
	d.m = &m
	return &d
}

// after makes changes as people would: it knows nothing of how they were found. It tells when to look.
func (c *company) after(changes []remedy.Change) (*company, time.Time) {
	d, at := c.clone(), now
	for _, x := range changes {
		switch x.Kind {
		case remedy.Value:
			if d.res[x.ResourceID].Links[x.Property] = nil; x.To != 0 {
				d.res[x.ResourceID].Links[x.Property] = []int64{x.To}
			}
		case remedy.Record:
			id := d.work(time.Time{}, time.Time{}, 0, 0)
			for _, v := range x.Values {
				d.res[id].Links[v.Property] = []int64{v.To}
			}
		case remedy.Denial:
			d.owner.Roles = slices.DeleteFunc(d.owner.Roles, func(r *evaluation.AssignedRole) bool { return r.ID == x.RowID })
			d.owner.Types = slices.DeleteFunc(d.owner.Types, func(t *evaluation.ExistingType) bool { return t.ID == x.RowID })
		case remedy.Policy:
			for _, p := range d.m.Policies {
				if p.ID == x.PolicyID {
					p.IsProvisioningEnabled = true
				}
			}
		case remedy.Time:
			at = x.At
		}
	}
	return d, at
}

// has computes the person under the whole model and tells whether the goal is there: by what is to be saved, not by reasons.
func (c *company) has(t require.TestingT, g remedy.Goal, at time.Time) bool {
	compiled, _ := model.Compile(c.m, c.shape, c.keys)
	b := c.batch()
	b.Now = at
	res := computation.Evaluate(compiled, b)[0]
	require.NoError(t, res.Err)
	in := func(from, to *time.Time) bool { return (from == nil || !from.After(at)) && (to == nil || to.After(at)) }
	if g.RoleID != 0 {
		replaced := map[int64]bool{}
		for _, d := range res.Roles {
			replaced[d.Row.ID] = d.Row.ID != 0
			if d.Row.RoleID == g.RoleID && !d.Close && !d.Row.IsDenied && in(d.Row.Start, d.Row.End) {
				return true
			}
		}
		return slices.ContainsFunc(c.owner.Roles, func(r *evaluation.AssignedRole) bool {
			return r.RoleID == g.RoleID && !r.IsDenied && !replaced[r.ID] && r.Workflow.Holds() && in(r.Start, r.End)
		})
	}
	for _, d := range res.Types {
		if d.ResourceTypeID != g.ResourceTypeID || d.CloseRow || !d.IsExpected || d.Existing != nil && d.Existing.IsDenied || !in(d.Start, d.End) {
			continue
		}
		if g.Property == "" {
			return true
		}
		for _, span := range d.Expected.Properties[g.Property] {
			if span.InForce && span.Error == "" && (g.Value == "" || span.Value == g.Value) {
				return true
			}
		}
	}
	return false
}

// draw makes a random company, and the goals that make sense in it.
func draw(rt *rapid.T) (*company, []remedy.Goal) {
	c := newCompany()
	finance := c.thing(department, "FIN", 0)
	c.thing(department, "PAY", finance)
	c.thing(department, "SAL", 0)
	for _, key := range []string{"CLK", "HEAD", "BOSS"} {
		c.thing(title, key, 0)
	}
	c.thing(group, "g1", 0)
	c.thing(group, "g2", 0)
	flip := func(label string, of int) bool { return rapid.IntRange(1, of).Draw(rt, label) == 1 }
	criteria := func() rolemodel.Criteria {
		out := rolemodel.Criteria{}
		if !flip("any department", 3) {
			out["Department"] = rolemodel.Criterion{Key: rapid.SampledFrom([]string{"FIN", "PAY", "SAL", "OLD"}).Draw(rt, "department"), Inherit: flip("below", 2)}
		}
		if flip("title", 2) {
			out["Title"] = rolemodel.Criterion{Key: rapid.SampledFrom([]string{"CLK", "HEAD", "BOSS"}).Draw(rt, "title")}
		}
		return out
	}
	policies := []int64{1}
	if flip("second policy", 3) {
		c.m.Policies = append(c.m.Policies, &rolemodel.Policy{ID: 2, Identifier: "Second", IsProvisioningEnabled: flip("on", 2), Dimensions: criteria()})
		policies = append(policies, 2)
	}
	policy := func() int64 { return rapid.SampledFrom(policies).Draw(rt, "policy") }
	var composites, singles []int64
	for range 2 {
		composites = append(composites, c.role(rolemodel.Composite))
	}
	for range 3 {
		singles = append(singles, c.role(rolemodel.Single))
	}
	for range rapid.IntRange(2, 9).Draw(rt, "role rules") {
		r := rolemodel.RoleRule{PolicyID: policy(), Dimensions: criteria(), IsDenied: flip("denied", 4), Priority: rapid.IntRange(0, 1).Draw(rt, "priority"),
			Type: rapid.SampledFrom([]rolemodel.RuleType{rolemodel.Required, rolemodel.Required, rolemodel.Required, rolemodel.Suggested}).Draw(rt, "type")}
		if flip("composite", 3) {
			if r.RoleID = composites[0]; flip("second", 2) {
				r.RoleID = composites[1]
				if flip("above", 2) {
					r.CompositeRoleID = &composites[0]
				}
			}
		} else {
			r.RoleID = rapid.SampledFrom(singles).Draw(rt, "single")
			if flip("through", 3) {
				r.CompositeRoleID = ptr(rapid.SampledFrom(composites).Draw(rt, "parent"))
			}
		}
		c.roleRule(r)
	}
	typ := c.accounts()
	byRole := func() *int64 {
		if flip("by role", 2) {
			return ptr(rapid.SampledFrom(singles).Draw(rt, "role"))
		}
		return nil
	}
	for range rapid.IntRange(0, 3).Draw(rt, "type rules") {
		c.typeRule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.TypeRule, PolicyID: policy(), Dimensions: criteria(), SingleRoleID: byRole(), IsDenied: flip("denied", 4)})
	}
	for range rapid.IntRange(0, 3).Draw(rt, "groups") {
		c.typeRule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PolicyID: policy(), Dimensions: criteria(), SingleRoleID: byRole(), IsDenied: flip("denied", 5),
			PropertyID: ptr(int64(23)), ValueKey: ptr(rapid.SampledFrom([]string{"g1", "g2"}).Draw(rt, "group"))})
	}
	for _, level := range []string{"Standard", "Vault"} {
		if flip("level "+level, 2) {
			c.typeRule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.ScalarRule, PolicyID: policy(), Dimensions: criteria(), SingleRoleID: byRole(), PropertyID: ptr(int64(22)),
				SourceExpression: ptr("Literal:" + level)})
		}
	}
	c.typeRule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.ScalarRule, PropertyID: ptr(int64(21)), SourceBinding: ptr("EmployeeId")})
	if flip("sections", 3) {
		c.m.RecordSections = []*rolemodel.RecordSection{
			{ID: 1, Identifier: "Standard", SourceEntityTypeID: person, ResourceEntityTypeID: position},
			{ID: 2, Identifier: "Place", SourceEntityTypeID: person, ResourceEntityTypeID: position, Position: 1, StartPropertyID: ptr(int64(52)), EndPropertyID: ptr(int64(53)),
				Properties: []rolemodel.SectionProperty{{Property: "Department"}}},
		}
	}
	c.hire()
	for range rapid.IntRange(0, 2).Draw(rt, "positions") {
		from, to := time.Time{}, time.Time{}
		switch rapid.IntRange(0, 5).Draw(rt, "when") {
		case 0:
			from = now.AddDate(0, 1, 0)
		case 1:
			to = now.AddDate(0, -1, 0)
		case 2:
			from, to = now.AddDate(0, -1, 0), now.AddDate(0, 1, 0)
		}
		one := func(entityType int64) int64 {
			return rapid.SampledFrom(append([]int64{0}, slices.Sorted(maps.Values(c.keys.IDs[entityType]))...)).Draw(rt, "value")
		}
		c.work(from, to, one(department), one(title))
	}
	for _, id := range slices.Concat(composites, singles) {
		if flip("by hand", 8) {
			c.owner.Roles = append(c.owner.Roles, &evaluation.AssignedRole{ID: c.id(), RoleID: id, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, IsDenied: flip("refused", 2)})
		}
	}
	if flip("refused account", 6) {
		c.owner.Types = append(c.owner.Types, &evaluation.ExistingType{ID: c.id(), ResourceTypeID: typ, Workflow: evaluation.Declined, IsDenied: true})
	}
	goals := []remedy.Goal{{ResourceTypeID: typ}, {ResourceTypeID: typ, Property: "Groups", Value: "g1"}, {ResourceTypeID: typ, Property: "Level", Value: "Vault"}, {ResourceTypeID: typ, Property: "Level"}}
	for _, id := range slices.Concat(composites, singles) {
		goals = append(goals, remedy.Goal{RoleID: id})
	}
	return c, goals
}

func find(t testing.TB, c *company, g remedy.Goal) *remedy.Answer {
	t.Helper()
	a, err := remedy.Find(c.world(), g)
	require.NoError(t, err)
	return a
}
