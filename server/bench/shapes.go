package bench

import (
	"context"
	"fmt"
	"iter"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"writ/server/directory"
	"writ/server/manifest"
)

// shapes are the organisations of part f: from the easy one to the hard one that peers publish, and a wide one that asks for memory.
var shapes = []gridRow{{1, 10, 1}, {1, 50, 10}, {5, 10, 10}, {5, 50, 10}, {5, 50, 100}, {1, 400, 1}}

// shapes are those to measure: a small benchmark takes the easy one alone.
func (in Input) shapes() []gridRow {
	if in.People < listPeople/2 {
		return shapes[:1]
	}
	return shapes
}

// shapeRuns are what is measured in turn, by their names with accounts and without.
var shapeRuns = []struct {
	found, open string
	change      func(*shaped)
}{
	{"first look", "creation", nil},
	{"other model", "other model, orders open", func(w *shaped) { w.extraRoles = 1 }},
	{"one attribute", "one attribute, orders open", func(w *shaped) { w.upper = true }},
}

// shapePeople is how many people a shape has: some thousand values each must fit into a run.
func (in Input) shapePeople() int { return min(max(in.People/100, 100), 1000) }

// recomputations prints part f.
func recomputations(ctx context.Context, s *server, in Input) error {
	t := &table{title: "f) Role model over a database by its shape: a source, targets with an account for everybody, roles",
		columns: []string{"targets", "attributes each", "roles each person", "run", "people", "people/s", "own CPU", "database CPU", "allocated", "most memory"}}
	for _, g := range in.shapes() {
		for _, found := range []bool{true, false} {
			if err := g.recompute(ctx, s, in, found, t); err != nil {
				return fmt.Errorf("%d targets, %d attributes, %d roles: %w", g.targets, g.attributes, g.roles, err)
			}
		}
	}
	t.note("The source has as many attributes as each target. Each role gives a group on one of the targets; there are %d times as many roles that other departments have.", elsewhere)
	t.note("First look: every account is found, compared and linked. Creation: there are no accounts, each is ordered with all its values, and the orders stay open.")
	t.note("Other model: a rule was added, so that everybody is computed again, and nothing comes of it. One attribute: a rule of each target changed, which makes or changes an order.")
	t.note("CPU and allocation are those of one person; memory is that of the process.")
	t.print(in.Out)
	return nil
}

// recompute measures one shape; found: there is an account for everybody already.
func (g gridRow) recompute(ctx context.Context, s *server, in Input, found bool, t *table) error {
	people := in.shapePeople()
	w := &shaped{gridRow: g, people: people, found: found}
	o, err := s.organisationOf(ctx, in, people, w)
	if err != nil {
		return err
	}
	defer o.close()
	for _, run := range shapeRuns {
		name := run.found
		if !found {
			name = run.open
		}
		if run.change != nil {
			run.change(w)
			if _, err := o.Manifest.Apply(ctx, w.model(o)); err != nil {
				return err
			}
			if _, err := o.ExecContext(ctx, "delete from river_job"); err != nil {
				return err
			}
		}
		if err := o.settle(ctx); err != nil {
			return err
		}
		m, err := o.measured(ctx, func() (time.Duration, error) { return o.compute(ctx, false) })
		if err != nil {
			return err
		}
		t.add(g.targets, g.attributes, g.roles, name, people, perSecond(people, m.took), m.own/time.Duration(people), m.database/time.Duration(people),
			size(m.allocated/uint64(people)), size(m.most))
	}
	return w.check(ctx, o)
}

// shaped is the plan of one shape.
type shaped struct {
	gridRow
	people     int
	found      bool // everybody has an account on each target
	extraRoles int  // roles that nobody gets
	upper      bool // the first attribute of each target is written in capitals
}

// check makes sure that what was measured is what was meant.
func (w *shaped) check(ctx context.Context, o *organisation) error {
	var expected, orders, roles int
	changed := w.people * w.targets // nobody's order is missing
	if w.found && !w.upper {
		changed = 0
	}
	if err := o.NewRaw(`select (select count(*) from assigned_resource_type where valid_to = 'infinity' and resource_id is null <> ? and is_expected),
		(select count(*) from provisioning_order where closed_at is null), (select count(*) from assigned_role where valid_to = 'infinity')`, w.found).Scan(ctx, &expected, &orders, &roles); err != nil {
		return err
	}
	if want := w.people * w.targets; expected != want || orders != changed || roles != w.people*w.roles {
		return fmt.Errorf("%d accounts as expected, %d orders and %d roles instead of %d, %d and %d", expected, orders, roles, want, changed, w.people*w.roles)
	}
	return nil
}

func targetName(n int) string { return "Target" + strconv.Itoa(n) }
func shapeRole(i int) string  { return "Role" + strconv.Itoa(i) }

// roleOf is what a role is for: those of department d, whose group is on target n.
func (w *shaped) roleOf(i int) (department, target int) {
	return i % (1 + elsewhere), i / (1 + elsewhere) % w.targets
}

func (w *shaped) model(*organisation) *manifest.Manifest {
	no, none := false, 0
	connector := func(name string) manifest.Connector {
		return manifest.Connector{Identifier: name, Mode: "scheduled", Connections: []manifest.Connection{{Identifier: name, Package: "null"}}}
	}
	source := func(name string) *manifest.Source { return &manifest.Source{Connection: name, Table: "account"} }
	attributes := func(first ...manifest.Property) []manifest.Property {
		for i := range w.attributes {
			first = append(first, manifest.Property{Identifier: attribute(i), Column: attribute(i)})
		}
		return first
	}
	m := &manifest.Manifest{
		Connectors: []manifest.Connector{connector("Source")},
		EntityTypes: []manifest.EntityType{
			{Identifier: "Department", DisplayExpression: "{Code}", Properties: []manifest.Property{{Identifier: "Code", IsKey: true}}},
			{Identifier: "Group", DisplayExpression: "{Name}", Properties: []manifest.Property{{Identifier: "Name", IsKey: true}}},
			{Identifier: "Person", Connector: "Source", Source: source("Source"), DisplayExpression: "{EmployeeId}", Properties: attributes(
				manifest.Property{Identifier: "EmployeeId", Column: "EmployeeId", PrimaryKey: true},
				manifest.Property{Identifier: "Department", Column: "Department", Target: "Department", Reverse: "Members"})},
		},
		Dimensions:   []manifest.Dimension{{Identifier: "Department", EntityType: "Department"}},
		Policies:     []manifest.Policy{{Identifier: "Default", IsProvisioningEnabled: true}},
		ContextRules: []manifest.ContextRule{{Identifier: "Person", SourceEntityType: "Person", Dimensions: map[string]string{"Department": "Department"}}},
	}
	for n := range w.targets {
		name := targetName(n)
		m.Connectors = append(m.Connectors, connector(name))
		m.EntityTypes = append(m.EntityTypes, manifest.EntityType{Identifier: name, Connector: name, Source: source(name), DisplayExpression: "{Login}", Properties: attributes(
			manifest.Property{Identifier: "Login", Column: "Login", PrimaryKey: true},
			manifest.Property{Identifier: "Groups", Column: "Groups", Target: "Group", Collection: true, Reverse: "MembersOn" + name})})
		t := manifest.ResourceType{Identifier: name, SourceEntityType: "Person", TargetEntityType: name, Connection: name, BlockProvisioning: &no,
			MaximumInsertPercent: &none, MaximumUpdatePercent: &none, MaximumDeletePercent: &none, TypeRules: []manifest.TypeRule{{}},
			ScalarRules:      []manifest.ScalarRule{{Property: "Login", Binding: "EmployeeId"}},
			CorrelationRules: []manifest.CorrelationRule{{SourceBinding: "EmployeeId", TargetBinding: "Login", Confidence: 100}}}
		for i := range w.attributes {
			rule := manifest.ScalarRule{Property: attribute(i), Binding: attribute(i)}
			if i%10 == 9 {
				rule.Expression = "ToLower"
			}
			if i == 0 && w.upper {
				rule.Expression = "ToUpper"
			}
			t.ScalarRules = append(t.ScalarRules, rule)
		}
		m.ResourceTypes = append(m.ResourceTypes, t)
	}
	for i := range w.roles * (1 + elsewhere) {
		department, target := w.roleOf(i)
		m.SingleRoles = append(m.SingleRoles, manifest.Role{Identifier: shapeRole(i), EntityType: "Person",
			Rules: []manifest.RoleRule{{Dimensions: map[string]manifest.Criterion{"Department": {Key: departmentKey(department)}}}}})
		t := &m.ResourceTypes[target]
		t.NavigationRules = append(t.NavigationRules, manifest.NavigationRule{Property: "Groups", Resource: shapeRole(i), SingleRole: shapeRole(i)})
	}
	for i := range w.extraRoles {
		m.SingleRoles = append(m.SingleRoles, manifest.Role{Identifier: fmt.Sprintf("Nobody%d", i), EntityType: "Person",
			Rules: []manifest.RoleRule{{Dimensions: map[string]manifest.Criterion{"Department": {Key: "nowhere"}}}}})
	}
	return m
}

// resources are groups, departments, people, and their accounts as the rules want them.
func (w *shaped) resources(o *organisation, shape *directory.Shape) iter.Seq[directory.Change] {
	change := func(entityType, key string, scalars map[string]string, refs map[string]any) directory.Change {
		return directory.Change{EntityTypeID: shape.ByIdentifier[entityType].ID, Key: key, Command: directory.Insert, Scalars: scalars, Refs: refs}
	}
	return func(yield func(directory.Change) bool) {
		groups := map[[2]int][]string{} // by department and target
		for i := range w.roles * (1 + elsewhere) {
			department, target := w.roleOf(i)
			at := [2]int{department, target}
			groups[at] = append(groups[at], shapeRole(i))
			if !yield(change("Group", shapeRole(i), map[string]string{"Name": shapeRole(i)}, nil)) {
				return
			}
		}
		for i := range 1 + elsewhere {
			if !yield(change("Department", departmentKey(i), map[string]string{"Code": departmentKey(i)}, nil)) {
				return
			}
		}
		for i := range w.people {
			key, department := personKey(i), o.random.IntN(1+elsewhere)
			person, account := map[string]string{"EmployeeId": key}, map[string]string{"Login": key}
			for a := range w.attributes {
				value := name(o.random, 4)
				person[attribute(a)], account[attribute(a)] = value, value
				if a%10 == 9 {
					account[attribute(a)] = strings.ToLower(value)
				}
			}
			if !yield(change("Person", key, person, map[string]any{"Department": departmentKey(department)})) {
				return
			}
			for n := range w.targets {
				if !w.found {
					break
				}
				if !yield(change(targetName(n), key, account, map[string]any{"Groups": groups[[2]int{department, n}]})) {
					return
				}
			}
		}
	}
}

// costs are what a run took: of this process and of the database.
type costs struct {
	took, own, database time.Duration
	allocated, most     uint64 // bytes
}

// measured runs something and takes its costs.
func (o *organisation) measured(ctx context.Context, run func() (time.Duration, error)) (c costs, err error) {
	debug.FreeOSMemory()
	forgetMost()
	before, err := o.used(ctx, os.Getpid())
	if err != nil {
		return c, err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c.allocated = m.TotalAlloc
	if c.took, err = run(); err != nil {
		return c, err
	}
	runtime.ReadMemStats(&m)
	c.allocated = m.TotalAlloc - c.allocated
	after, err := o.used(ctx, os.Getpid())
	if err != nil {
		return c, err
	}
	c.own, c.database, c.most = after.own.since(before.own, 1), after.database.since(before.database, 1), mostMemory("self")
	return c, nil
}

// forgetMost lets Linux count the most memory of this process anew.
func forgetMost() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// mostMemory is how much memory a process (its number, or self) had at most, this one since then; 0: this machine does not tell.
func mostMemory(pid string) uint64 {
	raw, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return n * 1024
		}
	}
	return 0
}

// size shows bytes as people read them.
func size(bytes uint64) string {
	switch {
	case bytes >= 1<<20:
		return thousands(float64(bytes>>20)) + " MB"
	default:
		return thousands(float64(bytes>>10)) + " kB"
	}
}
