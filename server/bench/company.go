package bench

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/job"
	"writ/server/manifest"
)

// rowPeople are the sizes at which one changed row is measured, unless the input is smaller: what it costs should not depend on them.
const rowPeople = 10_000

// rounds is how many rows are changed, one after the other; span is how long each gets, so that what follows a change is counted with it.
const (
	rowRounds = 15
	rowSpan   = 4 * time.Second
	rowIdle   = 6 * time.Second // how long a process that has nothing to do is watched, to take that off
)

// targetVariable names the target of the benchmark to the process that is measured.
const targetVariable = "WRIT_SECRET_BENCH_TARGET"

// company is an organisation whose people come from files, and whose accounts lie in a database of their own.
type company struct {
	*organisation
	target *database
	files  string // folder of the HR files
	list   []employee
	p      *process
}

// employee is a line of the file of people.
type employee struct {
	key, first, last, title string
	department              int
}

// oneRow prints part g: a line of the HR file changes, until the orders that follow are Verified.
func oneRow(ctx context.Context, s *server, in Input) error {
	t := &table{title: "g) One changed row: from the HR file to Verified in the target (CSV to PostgreSQL, two orders of values and links)",
		columns: []string{"people", "changes", "half", "90 %", "server CPU", "database CPU", "both", "idle beside"}}
	if in.Work == nil {
		return nil
	}
	sizes := []int{min(in.People, rowPeople)}
	if in.People > rowPeople {
		sizes = append(sizes, in.People)
	}
	for _, people := range sizes {
		if err := rowsOf(ctx, s, in, people, t); err != nil {
			return fmt.Errorf("a changed row of %d people: %w", people, err)
		}
	}
	t.note("CPU time is what one change costs until everything is quiet again, without what the process costs when it idles. The database's includes the target's, which is on the same server.")
	t.print(in.Out)
	return nil
}

func rowsOf(ctx context.Context, s *server, in Input, people int, t *table) error {
	c, err := s.company(ctx, in, people)
	if err != nil {
		return err
	}
	defer c.close()
	before, err := c.used(ctx, c.p.pid())
	if err != nil {
		return err
	}
	if err := pause(ctx, rowIdle); err != nil {
		return err
	}
	after, err := c.used(ctx, c.p.pid())
	if err != nil {
		return err
	}
	idle := func(a, b cpu) time.Duration {
		return time.Duration(float64(a.since(b, 1)) * float64(rowSpan) / float64(rowIdle))
	}
	idleOwn, idleDatabase := idle(after.own, before.own), idle(after.database, before.database)
	var took, own, database []time.Duration
	for i := range rowRounds + 1 {
		before, err := c.used(ctx, c.p.pid())
		if err != nil {
			return err
		}
		began := time.Now()
		passed, err := c.change(ctx)
		if err != nil {
			return err
		}
		if err := pause(ctx, time.Until(began.Add(max(rowSpan, passed+time.Second)))); err != nil {
			return err
		}
		share := float64(time.Since(began)) / float64(rowSpan)
		after, err := c.used(ctx, c.p.pid())
		if err != nil {
			return err
		}
		if i == 0 { // the first one warms up
			continue
		}
		took = append(took, passed)
		own = append(own, after.own.since(before.own, 1)-time.Duration(float64(idleOwn)*share))
		database = append(database, after.database.since(before.database, 1)-time.Duration(float64(idleDatabase)*share))
	}
	slices.Sort(took)
	slices.Sort(own)
	slices.Sort(database)
	t.add(people, rowRounds, took[len(took)/2], took[len(took)*9/10], own[len(own)/2], database[len(database)/2], own[len(own)/2]+database[len(database)/2],
		time.Duration(float64(idleOwn+idleDatabase)/rowSpan.Seconds()))
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// company makes the files, the target with everybody's account in it, the configuration, and a process that works; its first job has read and
// computed everything when it is given.
func (s *server) company(ctx context.Context, in Input, people int) (c *company, err error) {
	d, err := s.create(ctx)
	if err != nil {
		return nil, err
	}
	c = &company{organisation: &organisation{database: d, people: people, password: "bench bench bench", random: mathrand.New(mathrand.NewPCG(uint64(in.Seed), uint64(people))), stop: func() {}}}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	for range people {
		i := len(c.list)
		c.list = append(c.list, employee{personKey(i), name(c.random, 2), name(c.random, 3), "Title " + fmt.Sprint(c.random.IntN(20)), c.random.IntN(departments)})
	}
	if c.target, err = s.bare(ctx); err != nil {
		return c, err
	}
	if err := c.fillTarget(ctx); err != nil {
		return c, fmt.Errorf("fill the target: %w", err)
	}
	if err := os.Setenv(targetVariable, c.target.url); err != nil {
		return c, err
	}
	if c.System, err = in.Assemble(ctx, d.DB, d.url); err != nil {
		return c, err
	}
	model := c.companyModel()
	frame := *model
	frame.ResourceTypes, frame.SingleRoles, frame.ContextRules, frame.Jobs = nil, nil, nil, model.Jobs[:1]
	if _, err := c.Manifest.Apply(ctx, &frame); err != nil {
		return c, err
	}
	folder, err := os.MkdirTemp("", "writ-bench-")
	if err != nil {
		return c, err
	}
	c.files = filepath.Join(folder, "files", "hr")
	if err := os.MkdirAll(c.files, 0o700); err != nil {
		return c, err
	}
	if err := c.writeDepartments(); err != nil {
		return c, err
	}
	if err := c.writePeople(); err != nil {
		return c, err
	}
	addr, err := free(ctx)
	if err != nil {
		return c, err
	}
	if c.p, err = begin(ctx, "Writ", in.Work(addr, d.url, folder), addr, "/readyz"); err != nil {
		_ = os.RemoveAll(folder)
		return c, err
	}
	c.p.clean = append(c.p.clean, folder)
	if err := c.p.login(ctx, c.password); err != nil {
		return c, err
	}
	if err := c.job(ctx, "read"); err != nil {
		return c, err
	}
	// The roles name the groups, which are there now.
	if _, err := c.Manifest.Apply(ctx, model); err != nil {
		return c, err
	}
	if err := c.job(ctx, "compute"); err != nil {
		return c, err
	}
	if err := c.quiet(ctx); err != nil {
		return c, err
	}
	return c, c.settle(ctx)
}

func (c *company) close() {
	if c.p != nil {
		c.p.stop()
	}
	c.organisation.close()
	if c.target != nil {
		c.target.drop(context.Background())
	}
}

// bare is a database without our tables.
func (s *server) bare(ctx context.Context) (*database, error) {
	d := &database{name: "writ_bench_" + strings.ToLower(name(mathrand.New(mathrand.NewPCG(mathrand.Uint64(), 1)), 8)), server: s}
	if _, err := s.admin.ExecContext(ctx, "create database ? template template0", bun.Ident(d.name)); err != nil {
		return nil, fmt.Errorf("make a target for the benchmark: %w", db.Explain(err))
	}
	var err error
	if d.url, err = db.Rename(s.base, d.name); err == nil {
		d.DB, err = db.Open(ctx, d.url)
	}
	if err != nil {
		d.drop(ctx)
		return nil, err
	}
	return d, nil
}

// fillTarget makes everybody's account as the model wants it: nothing is left to be done.
func (c *company) fillTarget(ctx context.Context) error {
	_, err := c.target.ExecContext(ctx, `create table groups (name text primary key, description text);
		create table account (login text primary key, employee_id text, full_name text, email text, department text, title text);
		create table account_group (login text not null references account on update cascade on delete cascade, name text not null references groups, primary key (login, name))`)
	if err != nil {
		return err
	}
	return db.InTx(ctx, c.target.DB, func(ctx context.Context, tx bun.Tx) error {
		err := db.CopyIn(ctx, tx, "groups", []string{"name", "description"}, func(yield func([]any) bool) {
			for _, r := range c.roles() {
				if !yield([]any{r, r}) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		err = db.CopyIn(ctx, tx, "account", []string{"login", "employee_id", "full_name", "email", "department", "title"}, func(yield func([]any) bool) {
			for _, e := range c.list {
				if !yield([]any{strings.ToLower(e.key), e.key, e.first + " " + e.last, e.mail(), "Department " + departmentKey(e.department), e.title}) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		return db.CopyIn(ctx, tx, "account_group", []string{"login", "name"}, func(yield func([]any) bool) {
			for _, e := range c.list {
				for _, g := range []string{"Everybody", "Role_" + division(e.department%divisions), "Role_" + departmentKey(e.department)} {
					if !yield([]any{strings.ToLower(e.key), g}) {
						return
					}
				}
			}
		})
	})
}

func (e employee) mail() string {
	return strings.ToLower(e.first + "." + e.last + "." + e.key + "@bench.example")
}

func (c *company) writeDepartments() error {
	lines := [][]string{{"Code", "Name", "Parent"}}
	for i := range divisions {
		lines = append(lines, []string{division(i), "Division " + division(i), ""})
	}
	for i := range departments {
		lines = append(lines, []string{departmentKey(i), "Department " + departmentKey(i), division(i % divisions)})
	}
	return c.file("Departments.csv", lines)
}

func (c *company) writePeople() error {
	lines := [][]string{{"EmployeeId", "FirstName", "LastName", "Email", "Title", "Department"}}
	for _, e := range c.list {
		lines = append(lines, []string{e.key, e.first, e.last, e.mail(), e.title, departmentKey(e.department)})
	}
	return c.file("People.csv", lines)
}

// file writes beside and renames, as whoever delivers files should.
func (c *company) file(name string, lines [][]string) error {
	part := filepath.Join(c.files, "."+name)
	f, err := os.Create(part)
	if err != nil {
		return err
	}
	if err := errors.Join(csv.NewWriter(f).WriteAll(lines), f.Close()); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(c.files, name))
}

// companyModel is the model of the other parts with files and a database around it.
func (c *company) companyModel() *manifest.Manifest {
	m := usual{}.model(c.organisation)
	m.Connectors = []manifest.Connector{
		{Identifier: "HR", Thresholds: &manifest.Thresholds{MaxPercentageDeletedLines: 5}, Connections: []manifest.Connection{{Identifier: "HR", Package: "csv", Settings: map[string]string{"path": "hr"}}}},
		{Identifier: "Target", Thresholds: &manifest.Thresholds{MaxPercentageDeletedLines: 5}, Connections: []manifest.Connection{{Identifier: "Target", Package: "postgres",
			Settings: map[string]string{"link.account.groups": "account_group(login,name)"}, Secrets: map[string]string{"connectionString": "env:" + targetVariable}}}},
	}
	columns := map[string]map[string]string{
		"Department": nil, "Person": nil, "Group": {"Name": "name"},
		"Account": {"Login": "login", "EmployeeId": "employee_id", "FullName": "full_name", "Email": "email", "Department": "department", "Title": "title", "Groups": "groups"},
	}
	sources := map[string][3]string{"Department": {"HR", "HR", "Departments"}, "Person": {"HR", "HR", "People"}, "Group": {"Target", "Target", "groups"}, "Account": {"Target", "Target", "account"}}
	for i := range m.EntityTypes {
		t := &m.EntityTypes[i]
		from := sources[t.Identifier]
		t.Connector, t.Source = from[0], &manifest.Source{Connection: from[1], Table: from[2]}
		for j := range t.Properties {
			p := &t.Properties[j]
			p.Column = p.Identifier
			if known := columns[t.Identifier]; known != nil {
				p.Column = known[p.Identifier]
			}
			p.IsKey, p.PrimaryKey = false, j == 0
		}
	}
	step := func(task string, kind job.TaskType, options map[string]any) manifest.Step {
		return manifest.Step{Task: task, Type: kind, Options: options}
	}
	m.Jobs = []manifest.Job{
		{Identifier: "read", Steps: []manifest.Step{step("hr", "SynchronizeConnector", map[string]any{"connector": "HR"}), step("target", "SynchronizeConnector", map[string]any{"connector": "Target"})}},
		{Identifier: "compute", Steps: []manifest.Step{step("keys", "ComputeCorrelationKeys", nil), step("model", "ComputeRoleModel", map[string]any{"entityTypes": []string{"Person"}}),
			step("generate", "GenerateProvisioningOrders", map[string]any{"resourceTypes": []string{"Account"}})}},
	}
	m.Profiles[0].Rules[0].Entries = append(m.Profiles[0].Rules[0].Entries, manifest.AccessEntry{Permission: "/Jobs"})
	return m
}

// job runs a job and waits for its end.
func (c *company) job(ctx context.Context, identifier string) error {
	body, err := c.p.ask(ctx, operation("mutation($in: RunJobInput!) { runJob(input: $in) { jobInstance { id } } }", map[string]any{"in": map[string]string{"job": identifier}}), "")
	if err != nil {
		return err
	}
	var started struct {
		Data struct {
			RunJob struct{ JobInstance struct{ ID string } }
		}
	}
	if err := json.Unmarshal(body, &started); err != nil || started.Data.RunJob.JobInstance.ID == "" {
		return fmt.Errorf("run job %s: %s", identifier, body)
	}
	for {
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
		body, err := c.p.ask(ctx, operation("query($id: ID!) { jobInstance(id: $id) { state tasks { error } } }", map[string]any{"id": started.Data.RunJob.JobInstance.ID}), "")
		if err != nil {
			return err
		}
		var now struct {
			Data struct {
				JobInstance struct{ State string }
			}
		}
		if err := json.Unmarshal(body, &now); err != nil {
			return fmt.Errorf("job %s: %s", identifier, body)
		}
		switch now.Data.JobInstance.State {
		case "COMPLETED":
			return nil
		case "ERRORED", "BLOCKED", "CANCELLED", "WARNING":
			return fmt.Errorf("job %s ended: %s", identifier, body)
		}
	}
}

// quiet waits until no order is open and nobody is to be computed.
func (c *company) quiet(ctx context.Context) error {
	for deadline := time.Now().Add(5 * time.Minute); ; {
		var busy int
		if err := c.NewRaw(`select (select count(*) from provisioning_order where closed_at is null and state <> 4) + (select count(*) from dirty_owner) + (select count(*) from changed_resource)`).Scan(ctx, &busy); err != nil {
			return err
		}
		if busy == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d orders and owners are still under way", busy)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// change moves one person to another department and waits until every order that follows is Verified.
func (c *company) change(ctx context.Context) (time.Duration, error) {
	e := &c.list[c.random.IntN(len(c.list))]
	e.department = (e.department + 1 + c.random.IntN(departments-1)) % departments
	var last int64
	if err := c.NewRaw("select coalesce(max(id), 0) from provisioning_order").Scan(ctx, &last); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := c.writePeople(); err != nil {
		return 0, err
	}
	for {
		var verified bool
		if err := c.NewRaw("select coalesce(bool_and(state = 4), false) from provisioning_order where id > ?", last).Scan(ctx, &verified); err != nil {
			return 0, err
		}
		if verified {
			return time.Since(began), nil
		}
		if time.Since(began) > time.Minute {
			return 0, fmt.Errorf("the orders of %s are not verified within a minute", e.key)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return 0, err
		}
	}
}
