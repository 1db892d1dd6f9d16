package bench

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/computation"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// gridRow is one shape of role model: per person so many targets, attributes on each, roles.
type gridRow struct{ targets, attributes, roles int }

// gridRows end in the hard one that peers publish.
var gridRows = []gridRow{{1, 10, 1}, {1, 10, 10}, {1, 50, 10}, {5, 10, 10}, {5, 50, 10}, {5, 50, 100}}

// elsewhere is how many times as many roles belong to other departments: they have to be told apart, too.
const elsewhere = 9

// gridBatch is how many people one call computes, gridSpan how long a row is measured at least.
const (
	gridBatch = 100
	gridSpan  = time.Second
)

// grid prints part d.
func grid(ctx context.Context, _ *server, in Input) error {
	t := &table{title: "d) Evaluation without a database: one goroutine, everybody from scratch",
		columns: []string{"targets", "attributes each", "roles each person", "rules in the model", "per person", "people/s", "values/s"}}
	for _, g := range gridRows {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := g.measure(in, t); err != nil {
			return fmt.Errorf("%d targets, %d attributes, %d roles: %w", g.targets, g.attributes, g.roles, err)
		}
	}
	t.note("Each role gives a group on one of the targets; there are %d times as many roles that other departments have. A value is an attribute or a group that is wanted.", elsewhere)
	t.print(in.Out)
	return nil
}

func (g gridRow) measure(in Input, t *table) error {
	w := newWorld(g, in.Seed)
	c, problems := model.Compile(w.model, w.shape, w.keys)
	if len(problems) > 0 {
		return fmt.Errorf("the model is faulty: %s", problems[0].Message)
	}
	batch := w.batch()
	if err := g.check(computation.Evaluate(c, batch)); err != nil { // and warms up
		return err
	}
	people := 0
	began := time.Now()
	for time.Since(began) < gridSpan {
		people += len(computation.Evaluate(c, batch))
	}
	took := time.Since(began)
	t.add(g.targets, g.attributes, g.roles, len(w.model.RoleRules)+len(w.model.Rules), took/time.Duration(people), perSecond(people, took),
		perSecond(people*(g.targets*g.attributes+g.roles), took))
	return nil
}

// check makes sure that what is measured is what is meant.
func (g gridRow) check(results []evaluation.Result) error {
	for _, r := range results {
		lines := 0
		for _, d := range r.Types {
			if d.Order != nil {
				lines += len(d.Order.Lines)
			}
		}
		// a line per attribute and group, and one for the creation of each target
		if r.Err != nil {
			return r.Err
		}
		if want := g.targets*(g.attributes+1) + g.roles; len(r.Roles) != g.roles || lines != want {
			return fmt.Errorf("%d roles and %d lines instead of %d and %d", len(r.Roles), lines, g.roles, want)
		}
	}
	return nil
}

// The entity types of a world; target n is firstTarget + n.
const (
	personType     = int64(1)
	departmentType = int64(2)
	groupType      = int64(3)
	firstTarget    = int64(10)
)

// world is a role model and people in memory.
type world struct {
	gridRow
	random *mathrand.Rand
	model  *rolemodel.Model
	shape  *directory.Shape
	keys   model.Keys
	res    map[int64]*evaluation.Resource
	last   int64 // id given last
}

func newWorld(g gridRow, seed int64) *world {
	w := &world{gridRow: g, random: mathrand.New(mathrand.NewPCG(uint64(seed), 0)), res: map[int64]*evaluation.Resource{}, last: 1000,
		keys: model.Keys{IDs: map[int64]map[string]int64{departmentType: {}, groupType: {}}, Labels: map[int64]string{}, Ancestors: map[string]map[int64][]int64{"Department": {}}}}
	w.metadata()
	w.model = &rolemodel.Model{Version: 1, Policies: []*rolemodel.Policy{{ID: 1, Identifier: "Default", IsProvisioningEnabled: true}},
		ContextRules: []*rolemodel.ContextRule{{ID: 1, Identifier: "Person", PolicyID: 1, EntityTypeID: personType, Dimensions: map[string]string{"Department": "Department"}}}}
	for i := range 1 + elsewhere {
		w.thing(departmentType, departmentKey(i))
	}
	types := w.types()
	for i := range g.roles * (1 + elsewhere) {
		w.role(i, types[i/(1+elsewhere)%g.targets])
	}
	return w
}

func (w *world) id() int64 { w.last++; return w.last }

// metadata makes the shape: people and targets with as many attributes, targets with groups.
func (w *world) metadata() {
	var properties []*directory.Property
	property := func(of int64, name string, typ directory.PropertyType, to int64, many bool) {
		p := &directory.Property{ID: w.id(), EntityTypeID: of, Identifier: name, Type: typ, IsCollection: many, Position: len(properties), IsKey: name == "Key"}
		if to != 0 {
			p.TargetEntityTypeID = &to
		}
		properties = append(properties, p)
	}
	types := []*directory.EntityType{{ID: personType, Identifier: "Person"}, {ID: departmentType, Identifier: "Department"}, {ID: groupType, Identifier: "Group"}}
	for _, t := range types {
		property(t.ID, "Key", directory.String, 0, false)
	}
	property(personType, "Department", directory.ForeignKey, departmentType, false)
	for i := range w.attributes {
		property(personType, attribute(i), directory.String, 0, false)
	}
	for n := range int64(w.targets) {
		of := firstTarget + n
		types = append(types, &directory.EntityType{ID: of, Identifier: fmt.Sprintf("Target%d", n)})
		for i := range w.attributes {
			property(of, attribute(i), directory.String, 0, false)
		}
		property(of, "Groups", directory.ForeignKey, groupType, true)
	}
	w.shape = directory.NewShape(types, properties, nil, nil, []*directory.Dimension{{ID: 1, Identifier: "Department", EntityTypeID: departmentType}})
}

func attribute(i int) string { return fmt.Sprintf("A%d", i) }

func (w *world) thing(entityType int64, key string) {
	id := w.id()
	w.res[id] = &evaluation.Resource{ID: id, EntityTypeID: entityType, Key: key, DisplayName: key, Scalars: map[string]string{"Key": key}, Links: map[string][]int64{}}
	w.keys.IDs[entityType][key], w.keys.Labels[id] = id, key
	if entityType == departmentType {
		w.keys.Ancestors["Department"][id] = []int64{id}
	}
}

// types makes a resource type per target: everybody gets it, each attribute is computed; every tenth through a function.
func (w *world) types() []*rolemodel.ResourceType {
	connection := int64(1)
	var list []*rolemodel.ResourceType
	for n := range int64(w.targets) {
		t := &rolemodel.ResourceType{ID: w.id(), Identifier: fmt.Sprintf("Target%d", n), PolicyID: 1, SourceEntityTypeID: personType, TargetEntityTypeID: firstTarget + n,
			ConnectionID: &connection, AllowAdd: true, AllowRemove: true}
		list = append(list, t)
		w.rule(t, rolemodel.ResourceTypeRule{Kind: rolemodel.TypeRule})
		for i := range w.attributes {
			name, r := attribute(i), rolemodel.ResourceTypeRule{Kind: rolemodel.ScalarRule, IsMapped: true}
			r.PropertyID, r.SourceBinding = &w.shape.Property(t.TargetEntityTypeID, name).ID, &name
			if i%10 == 9 {
				lower := "ToLower"
				r.SourceExpression = &lower
			}
			w.rule(t, r)
		}
	}
	w.model.ResourceTypes = list
	return list
}

func (w *world) rule(t *rolemodel.ResourceType, r rolemodel.ResourceTypeRule) {
	r.ID, r.PolicyID, r.ResourceTypeID = w.id(), 1, t.ID
	r.Identifier = fmt.Sprintf("rule%d", r.ID)
	w.model.Rules = append(w.model.Rules, &r)
}

// role makes a single role of one department with its group on a target.
func (w *world) role(i int, t *rolemodel.ResourceType) {
	name := fmt.Sprintf("Role%d", i)
	w.thing(groupType, name)
	r := &rolemodel.Role{ID: w.id(), Kind: rolemodel.Single, Identifier: name, PolicyID: 1, EntityTypeID: personType}
	w.model.Roles = append(w.model.Roles, r)
	w.model.RoleRules = append(w.model.RoleRules, &rolemodel.RoleRule{ID: w.id(), Identifier: name, PolicyID: 1, RoleID: r.ID,
		Dimensions: rolemodel.Criteria{"Department": {Key: departmentKey(i % (1 + elsewhere))}}})
	w.rule(t, rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PropertyID: &w.shape.Property(t.TargetEntityTypeID, "Groups").ID, ValueKey: &name, SingleRoleID: &r.ID})
}

// batch makes people who own nothing yet.
func (w *world) batch() *evaluation.Batch {
	b := &evaluation.Batch{Now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), Resources: w.res, SyncedAt: map[int64]time.Time{}}
	for range gridBatch {
		id := w.id()
		r := &evaluation.Resource{ID: id, EntityTypeID: personType, Key: fmt.Sprintf("P%d", id), Scalars: map[string]string{},
			Links: map[string][]int64{"Department": {w.keys.IDs[departmentType][departmentKey(w.random.IntN(1+elsewhere))]}}}
		for i := range w.attributes {
			r.Scalars[attribute(i)] = name(w.random, 4)
		}
		w.res[id] = r
		b.Owners = append(b.Owners, &evaluation.Owner{Resource: r, Lookups: map[evaluation.Key][]int64{}, Denied: map[int64]bool{}})
	}
	return b
}
