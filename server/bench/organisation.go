package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/manifest"
	"writ/server/queue"
)

// The organisation: everybody in one of a hundred departments below ten divisions, one account per person with six attributes, and three
// roles (everybody's, the division's, the department's), each with a group.
const (
	divisions   = 10
	departments = 100
	username    = "bench"
)

// organisation is a database with people in it, and the services on it.
type organisation struct {
	*database
	*System
	plan     plan
	people   int
	password string
	random   *mathrand.Rand
	stop     func() // ends what runs beside, as in a process that serves
}

// plan is who is in an organisation and by which rules.
type plan interface {
	model(o *organisation) *manifest.Manifest
	// resources come in the order in which they refer to each other.
	resources(o *organisation, shape *directory.Shape) iter.Seq[directory.Change]
}

func (s *server) organisation(ctx context.Context, in Input, people int) (*organisation, error) {
	return s.organisationOf(ctx, in, people, usual{})
}

func (s *server) organisationOf(ctx context.Context, in Input, people int, p plan) (*organisation, error) {
	d, err := s.create(ctx)
	if err != nil {
		return nil, err
	}
	o := &organisation{database: d, plan: p, people: people, password: rand.Text(), random: mathrand.New(mathrand.NewPCG(uint64(in.Seed), uint64(people)))}
	o.stop = o.refreshStatistics(ctx)
	if err := o.fill(ctx, in); err != nil {
		o.close()
		return nil, fmt.Errorf("make an organisation of %d people: %w", people, err)
	}
	return o, nil
}

// refreshStatistics keeps the planner informed while tables fill, as every process that serves does.
func (o *organisation) refreshStatistics(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() {
		queue.Every(ctx, slog.New(slog.DiscardHandler), "statistics", 2*time.Second, func(ctx context.Context) error { return db.RefreshStatistics(ctx, o.DB) })
	})
	return func() { cancel(); beside.Wait() }
}

func (o *organisation) close() {
	o.stop()
	if o.System != nil && o.System.Close != nil {
		_ = o.System.Close()
	}
	o.drop(context.Background())
}

func (o *organisation) fill(ctx context.Context, in Input) (err error) {
	if o.System, err = in.Assemble(ctx, o.DB, o.url); err != nil {
		return err
	}
	// Connectors come with the first apply, the groups that the rules name before the second.
	model := o.plan.model(o)
	frame := *model
	frame.ResourceTypes, frame.SingleRoles = nil, nil
	if _, err := o.Manifest.Apply(ctx, &frame); err != nil {
		return err
	}
	shape, err := o.Shapes.Load(ctx, o.DB)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(slices.Collect(o.plan.resources(o, shape)), 20_000) { // a transaction each
		if err := o.write(ctx, shape, part); err != nil {
			return err
		}
	}
	if _, err := o.Manifest.Apply(ctx, model); err != nil {
		return err
	}
	// The chain was woken by the writes above; nobody works here but the benchmark.
	if _, err := o.ExecContext(ctx, "delete from river_job"); err != nil {
		return err
	}
	return o.settle(ctx)
}

func (o *organisation) write(ctx context.Context, shape *directory.Shape, changes []directory.Change) error {
	return db.InTx(ctx, o.DB, func(ctx context.Context, tx bun.Tx) error {
		_, err := directory.Write(ctx, tx, o.Clock.Now(), shape, o.Writes, changes)
		return err
	})
}

// usual is the plan described above.
type usual struct{}

// resources are groups, departments and people.
func (usual) resources(o *organisation, shape *directory.Shape) iter.Seq[directory.Change] {
	group, department, person := shape.ByIdentifier["Group"].ID, shape.ByIdentifier["Department"].ID, shape.ByIdentifier["Person"].ID
	return func(yield func(directory.Change) bool) {
		for _, r := range o.roles() {
			if !yield(directory.Change{EntityTypeID: group, Key: r, Command: directory.Insert, Scalars: map[string]string{"Name": r}}) {
				return
			}
		}
		for i := range divisions {
			if !yield(directory.Change{EntityTypeID: department, Key: division(i), Command: directory.Insert, Scalars: map[string]string{"Code": division(i), "Name": "Division " + division(i)}}) {
				return
			}
		}
		for i := range departments {
			if !yield(directory.Change{EntityTypeID: department, Key: departmentKey(i), Command: directory.Insert,
				Scalars: map[string]string{"Code": departmentKey(i), "Name": "Department " + departmentKey(i)}, Refs: map[string]any{"Parent": division(i % divisions)}}) {
				return
			}
		}
		for i := range o.people {
			key := personKey(i)
			first, last := name(o.random, 2), name(o.random, 3)
			if !yield(directory.Change{EntityTypeID: person, Key: key, Command: directory.Insert,
				Scalars: map[string]string{"EmployeeId": key, "FirstName": first, "LastName": last, "Email": strings.ToLower(first + "." + last + "." + key + "@bench.example"),
					"Title": "Title " + fmt.Sprint(o.random.IntN(20))},
				Refs: map[string]any{"Department": departmentKey(o.random.IntN(departments))}}) {
				return
			}
		}
	}
}

func division(i int) string      { return fmt.Sprintf("V%d", i) }
func departmentKey(i int) string { return fmt.Sprintf("D%02d", i) }
func personKey(i int) string     { return fmt.Sprintf("E%07d", i) }

// name makes a pronounceable name of some syllables.
func name(r *mathrand.Rand, syllables int) string {
	const consonants, vowels = "bdfghjklmnprstvz", "aeiou"
	var b strings.Builder
	for range syllables {
		b.WriteByte(consonants[r.IntN(len(consonants))])
		b.WriteByte(vowels[r.IntN(len(vowels))])
	}
	text := b.String()
	return strings.ToUpper(text[:1]) + text[1:]
}

// roles are the identifiers of the single roles, and of the group that each gives.
func (o *organisation) roles() []string {
	list := []string{"Everybody"}
	for i := range divisions {
		list = append(list, "Role_"+division(i))
	}
	for i := range departments {
		list = append(list, "Role_"+departmentKey(i))
	}
	return list
}

// model is the configuration.
func (usual) model(o *organisation) *manifest.Manifest {
	no, none := false, 0
	m := &manifest.Manifest{
		Connectors: []manifest.Connector{{Identifier: "Target", Mode: "scheduled", Connections: []manifest.Connection{{Identifier: "Target", Package: "null"}}}},
		EntityTypes: []manifest.EntityType{
			{Identifier: "Department", DisplayExpression: "{Name}", Properties: []manifest.Property{{Identifier: "Code", IsKey: true}, {Identifier: "Name"},
				{Identifier: "Parent", Target: "Department", Reverse: "Children"}}},
			{Identifier: "Person", DisplayExpression: "{FirstName} {LastName}", Properties: []manifest.Property{{Identifier: "EmployeeId", IsKey: true}, {Identifier: "FirstName"},
				{Identifier: "LastName"}, {Identifier: "Email"}, {Identifier: "Title"}, {Identifier: "Department", Target: "Department", Reverse: "Members"}}},
			{Identifier: "Group", DisplayExpression: "{Name}", Properties: []manifest.Property{{Identifier: "Name", IsKey: true}}},
			{Identifier: "Account", Connector: "Target", Source: &manifest.Source{Connection: "Target", Table: "account"}, DisplayExpression: "{Login}", Properties: []manifest.Property{
				{Identifier: "Login", Column: "Login", PrimaryKey: true}, {Identifier: "EmployeeId", Column: "EmployeeId"}, {Identifier: "FullName", Column: "FullName"},
				{Identifier: "Email", Column: "Email"}, {Identifier: "Department", Column: "Department"}, {Identifier: "Title", Column: "Title"},
				{Identifier: "Groups", Column: "Groups", Target: "Group", Collection: true, Reverse: "Members"}}},
		},
		Dimensions:   []manifest.Dimension{{Identifier: "Department", EntityType: "Department", IsHierarchical: true, ParentProperty: "Parent"}},
		Policies:     []manifest.Policy{{Identifier: "Default", IsProvisioningEnabled: true}},
		ContextRules: []manifest.ContextRule{{Identifier: "Person", SourceEntityType: "Person", Dimensions: map[string]string{"Department": "Department"}}},
		ResourceTypes: []manifest.ResourceType{{Identifier: "Account", SourceEntityType: "Person", TargetEntityType: "Account", Connection: "Target", BlockProvisioning: &no,
			MaximumInsertPercent: &none, MaximumUpdatePercent: &none, MaximumDeletePercent: &none,
			TypeRules: []manifest.TypeRule{{}},
			ScalarRules: []manifest.ScalarRule{{Property: "Login", Binding: "EmployeeId", Expression: "ToLower"}, {Property: "EmployeeId", Binding: "EmployeeId"},
				{Property: "FullName", Expression: `source.FirstName + " " + source.LastName`}, {Property: "Email", Binding: "Email", Expression: "ToLower"},
				{Property: "Department", Binding: "Department.Name"}, {Property: "Title", Binding: "Title"}},
			CorrelationRules: []manifest.CorrelationRule{{SourceBinding: "EmployeeId", TargetBinding: "EmployeeId", Confidence: 100}},
		}},
		Profiles: []manifest.Profile{{Identifier: "Bench", Rules: []manifest.AccessRule{{Identifier: "Bench", Entries: []manifest.AccessEntry{
			{Permission: "/ProvisioningPolicy"}, {Permission: "/Custom/Resources"}}}}}},
		Users: []manifest.User{{Username: username, DisplayName: "Benchmark", Password: o.password, Profiles: []manifest.AssignedProfile{{Profile: "Bench"}}}},
	}
	t := &m.ResourceTypes[0]
	for i, r := range o.roles() {
		rule := manifest.RoleRule{}
		switch {
		case i > divisions:
			rule.Dimensions = map[string]manifest.Criterion{"Department": {Key: departmentKey(i - divisions - 1)}}
		case i > 0:
			rule.Dimensions = map[string]manifest.Criterion{"Department": {Key: division(i - 1), Inherit: true}}
		}
		m.SingleRoles = append(m.SingleRoles, manifest.Role{Identifier: r, EntityType: "Person", Rules: []manifest.RoleRule{rule}})
		t.NavigationRules = append(t.NavigationRules, manifest.NavigationRule{Property: "Groups", Resource: r, SingleRole: r})
	}
	return m
}

// compute runs the role model, over everybody or who is dirty; it gives how long it took.
func (o *organisation) compute(ctx context.Context, dirty bool) (took time.Duration, err error) {
	began := time.Now()
	r, err := o.Assignments.Run(ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Dirty: dirty}, nil)
	if err != nil {
		return 0, err
	}
	if r.Failed > 0 {
		return 0, fmt.Errorf("%d of %d people could not be computed", r.Failed, r.Owners)
	}
	return time.Since(began), nil
}

// change moves one person in a hundred to another department and renames them.
func (o *organisation) change(ctx context.Context) (int, error) {
	shape, err := o.Shapes.Load(ctx, o.DB)
	if err != nil {
		return 0, err
	}
	var list []directory.Change
	for i := 0; i < o.people; i += 100 {
		list = append(list, directory.Change{EntityTypeID: shape.ByIdentifier["Person"].ID, Key: personKey(i), Command: directory.Update,
			Scalars: map[string]string{"LastName": name(o.random, 4)}, Refs: map[string]any{"Department": departmentKey(o.random.IntN(departments))}})
	}
	return len(list), o.write(ctx, shape, list)
}
