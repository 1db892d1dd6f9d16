package app

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"writ/server/assignment"
	"writ/server/cli"
	"writ/server/config"
	"writ/server/dbtest"
	"writ/server/fulfil/fulfiltest"
	"writ/server/manifest"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/synchronization"
)

func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	if !set {
		_ = flag.Set("rapid.checks", "3") // each is a company of its own
	}
	code := m.Run()
	fulfiltest.StopSamba()
	os.Exit(code)
}

// small is a company with one HR file and one real database as its managed system. Nothing runs by itself: a test moves every step.
type small struct {
	*App
	session cli.Session
	t       testing.TB
	ctx     context.Context
	dir     string
	target  *bun.DB
	forced  bool // readings of the second system pass its thresholds
}

// drawn is the test for what is drawn: it fails the drawing, so that rapid says what was drawn and looks for a smaller one. What it opens stays
// open until the test is over.
type drawn struct {
	testing.TB
	t *rapid.T
}

func (d drawn) Error(args ...any)                 { d.t.Error(args...) }
func (d drawn) Errorf(format string, args ...any) { d.t.Errorf(format, args...) }
func (d drawn) Fail()                             { d.t.Fail() }
func (d drawn) FailNow()                          { d.t.FailNow() }
func (d drawn) Failed() bool                      { return d.t.Failed() }
func (d drawn) Fatal(args ...any)                 { d.t.Fatal(args...) }
func (d drawn) Fatalf(format string, args ...any) { d.t.Fatalf(format, args...) }
func (d drawn) Log(args ...any)                   { d.t.Log(args...) }
func (d drawn) Logf(format string, args ...any)   { d.t.Logf(format, args...) }
func (d drawn) Skip(args ...any)                  { d.t.Skip(args...) }
func (d drawn) SkipNow()                          { d.t.SkipNow() }
func (d drawn) Skipf(format string, args ...any)  { d.t.Skipf(format, args...) }

const smallSchema = `create table grp (name text primary key); insert into grp values ('staff'), ('press');
	create table account (login text primary key, emp text, name text, dept text);
	create table account_group (login text not null references account (login) on update cascade, grp text not null references grp (name) on update cascade, primary key (login, grp))`

const smallConfig = `
connectors:
  - identifier: HR
    displayName: HR
    mode: scheduled
    connections: [{ identifier: HR_Files, displayName: HR, package: csv, settings: { path: hr, separator: "," } }]
  - identifier: Target
    displayName: Target
    mode: scheduled
    thresholds: { maximumInsertedLines: 1000, maximumUpdatedLines: 1, maximumDeletedLines: 1000, maxPercentageInsertedLines: 0, maxPercentageUpdatedLines: 0, maxPercentageDeletedLines: 0,
      maximumLinkInsertedLines: 1000, maximumLinkDeletedLines: 1, maxLinkPercentageInsertedLines: 0, maxLinkPercentageDeletedLines: 0 }
    connections:
      - identifier: Target_Database
        displayName: Target
        package: postgres
        settings: { schema: public, link.Groups: "account_group(login,grp)" }
        secrets: { connectionString: "TARGET" }
      - { identifier: Target_Tickets, displayName: Tickets, package: manual-ticket }
entityTypes:
  - identifier: Person
    displayName: Person
    connector: HR
    source: { connection: HR_Files, table: People }
    displayExpression: "{First} {Last}"
    properties:
      - { identifier: PersonId, column: Id, primaryKey: true }
      - { identifier: Number, column: Number }
      - { identifier: First, column: First }
      - { identifier: Last, column: Last }
      - { identifier: Login, column: Login }
      - { identifier: Team, column: Team }
  - identifier: Group
    displayName: Group
    connector: Target
    source: { connection: Target_Database, table: grp }
    displayExpression: "{Name}"
    properties: [{ identifier: Name, column: name, primaryKey: true }]
  - identifier: Account
    displayName: Account
    connector: Target
    source: { connection: Target_Database, table: account }
    displayExpression: "{Login}"
    properties:
      - { identifier: Login, column: login, primaryKey: true }
      - { identifier: Emp, column: emp }
      - { identifier: Name, column: name }
      - { identifier: Dept, column: dept }
      - { identifier: Groups, column: Groups, target: Group, collection: true, reverse: Members }
policies: [{ identifier: Default, displayName: Default, isProvisioningEnabled: true }]
singleRoles:
  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }
resourceTypes:
  - identifier: User
    displayName: User
    sourceEntityType: Person
    targetEntityType: Account
    connection: CONNECTION
    blockProvisioning: REVIEW
    allowRemove: true
    removeOrphans: ORPHANS
    typeRules: [{}]
    scalarRules:
      - { property: Login, binding: Login, expression: ToLower }
      - { property: Emp, binding: Number, expression: ToLower }
      - { property: Name, expression: 'source.First + " " + source.Last' }
      - { property: Dept, binding: Team }
    navigationRules: [{ property: Groups, resource: staff, singleRole: Staff }]
    correlationRules: [{ sourceBinding: Number, sourceExpression: ToLower, targetBinding: Emp, confidence: CONFIDENCE }]
`

const crmLink = `link.Team: "crm_team(id,login)"`

const crmConnector = `  - identifier: Crm
    mode: scheduled
    connections: [{ identifier: Crm_Database, package: postgres, settings: { schema: public, ` + crmLink + ` }, secrets: { connectionString: "TARGET" } }]
`

const crmEntity = `  - identifier: CrmUser
    connector: Crm
    source: { connection: Crm_Database, table: crm_user }
    displayExpression: "{CrmId}"
    properties:
      - { identifier: CrmId, column: id, primaryKey: true }
      - { identifier: Account, column: account, target: Account, reverse: CrmUsers }
      - { identifier: Team, column: Team, target: Account, collection: true, reverse: CrmTeams }
`

const crmType = `  - identifier: Crm
    sourceEntityType: Person
    targetEntityType: CrmUser
    connection: Crm_Database
    blockProvisioning: false
    dependsOn: User
    typeRules: [{}]
    scalarRules: [{ property: CrmId, binding: Number }]
    queryRules:
      - { property: Account, sourceBinding: Number, sourceExpression: ToLower, targetBinding: Emp, confidence: 100 }
      - { property: Team, sourceBinding: Number, sourceExpression: ToLower, targetBinding: Emp, confidence: 100 }
    correlationRules: [{ sourceBinding: Number, targetBinding: CrmId, confidence: 100 }]
`

// smallOptions: confidence 0 is 100; tickets: accounts are kept by people.
type smallOptions struct {
	confidence    string
	removeOrphans bool
	tickets       bool
	crm           bool              // a second system of its own keeps who has which account, in a column and in a table of links, as text
	crmInside     bool              // it is the same system
	timeout       bool              // what is not answered or seen for an hour is an error
	review        bool              // every order waits for a reviewer, and what is not seen for an hour is an error
	schema        string            // more of the managed database
	programs      string            // folder with the programs that connections may run
	edit          *strings.Replacer // of the configuration, at the end
}

func mustSmall(t testing.TB, o smallOptions) *small {
	t.Helper()
	target, targetURL := dbtest.MustOpenEmpty(t)
	_, err := target.ExecContext(t.Context(), smallSchema+";"+o.schema)
	require.NoError(t, err)
	db, url := dbtest.MustOpenURL(t)
	s := &small{t: t, ctx: permit.With(t.Context(), permit.System("test")), dir: t.TempDir(), target: target}
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "files", "hr"), 0o755))
	s.people()
	c := config.Config{}
	c.Database.DataDir = s.dir
	c.Database.Programs = o.programs
	c.Serve.Addr = "127.0.0.1:0"
	s.session = cli.Session{Config: c, Log: slog.New(slog.DiscardHandler), DB: db, DatabaseURL: url, Out: os.Stdout}
	s.App, err = New(s.ctx, s.session)
	require.NoError(t, err)
	s.Clock.SetOffset(0)
	if o.confidence == "" {
		o.confidence = "100"
	}
	text := strings.NewReplacer("TARGET", targetURL, "CONFIDENCE", o.confidence, "ORPHANS", map[bool]string{true: "true", false: "false"}[o.removeOrphans],
		"REVIEW", fmt.Sprint(o.review)+map[bool]string{true: "\n    transmittedStateValidityPeriod: 60"}[o.review || o.timeout],
		"CONNECTION", map[bool]string{true: "Target_Tickets", false: "Target_Database"}[o.tickets]).Replace(smallConfig)
	if o.crm {
		_, err := target.ExecContext(t.Context(), `create table crm_user (id text primary key, account text); create table crm_team (id text references crm_user (id), login text, primary key (id, login))`)
		require.NoError(t, err)
		connector, inside := strings.ReplaceAll(crmConnector, "TARGET", targetURL), strings.NewReplacer()
		if o.crmInside {
			connector, inside = "", strings.NewReplacer("connector: Crm", "connector: Target", "Crm_Database", "Target_Database", `"account_group(login,grp)"`, `"account_group(login,grp)", `+crmLink)
		}
		text = inside.Replace(strings.NewReplacer("entityTypes:", connector+"entityTypes:", "policies:", crmEntity+"policies:").Replace(text) + crmType)
	}
	if o.edit != nil {
		text = o.edit.Replace(text)
	}
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "config"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "config", "all.yaml"), []byte(text), 0o600))
	m, err := manifest.ReadFiles(filepath.Join(s.dir, "config"))
	require.NoError(t, err)
	_, err = s.Manifest.Apply(s.ctx, m)
	require.NoError(t, err)
	s.read()
	_, err = s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}}, nil)
	require.NoError(t, err)
	return s
}

// people writes the HR file: Id,Number,First,Last,Login,Team.
func (s *small) people(rows ...string) {
	s.t.Helper()
	text := "Id,Number,First,Last,Login,Team\n" + strings.Join(append(rows, ""), "\n")
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, "files", "hr", "People.csv"), []byte(text), 0o600))
}

func (s *small) synchronize(connector string) {
	s.t.Helper()
	s.later(time.Second)
	_, err := s.Synchronization.Run(s.ctx, synchronization.RunInput{Connector: connector, Force: connector == "HR"})
	require.NoError(s.t, err)
	s.later(time.Second)
}

func (s *small) later(d time.Duration) { s.Clock.SetOffset(s.Clock.Offset() + d) }

func (s *small) read() {
	s.t.Helper()
	s.synchronize("HR")
	s.synchronize("Target")
}

func (s *small) compute() assignment.Report {
	s.t.Helper()
	r, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Dirty: true}, nil)
	require.NoError(s.t, err)
	require.Zero(s.t, r.Failed)
	return r
}

// send generates and carries out what is open.
func (s *small) send() {
	s.t.Helper()
	s.later(time.Second)
	_, err := s.Orders.Generate(s.ctx, order.GenerateInput{Connector: "Target", Force: true})
	require.NoError(s.t, err)
	_, err = s.Orders.Fulfil(s.ctx, order.FulfilInput{Connector: "Target", ContinueOnError: true}, func(int, int, int) {})
	require.NoError(s.t, err)
	s.later(time.Second)
}

// around is the whole circle: HR, compute, send, read back, compute.
func (s *small) around() {
	s.t.Helper()
	s.synchronize("HR")
	s.compute()
	s.send()
	s.synchronize("Target")
	s.compute()
}

// settled checks that nothing is left to do: nothing open, and a complete computation changes nothing.
func (s *small) settled() {
	s.t.Helper()
	require.Empty(s.t, s.open())
	r, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
	require.NoError(s.t, err)
	require.Zero(s.t, r.Orders+r.Failed+r.Types+r.Gaps, "%+v", r)
}

// open lists the open orders with kind, owner, state and error.
func (s *small) open() []string {
	s.t.Helper()
	return s.list(s.DB, `select p.kind || ' ' || coalesce(w.key, '') || ' ' || p.state || ' ' || coalesce(p.error_message, '') || ' ' || (select string_agg(l.action || coalesce(' ' || l.property, '') || coalesce(' ' || l.proposed_value, ''), ', ' order by l.id)
		from order_line l where l.order_id = p.id and l.closed_at is null) from provisioning_order p left join resource w on w.id = p.owner_id where p.closed_at is null order by p.id`)
}

// accounts lists what the managed system has.
func (s *small) accounts() []string {
	s.t.Helper()
	return s.list(s.target, `select concat_ws(' ', login, emp, name, dept, (select string_agg(grp, '+' order by grp) from account_group g where g.login = a.login)) from account a order by login`)
}

// owned lists who has which living account.
func (s *small) owned() []string {
	s.t.Helper()
	return s.list(s.DB, `select coalesce(w.key, '-') || ' ' || r.key from assigned_resource_type a join resource r on r.id = a.resource_id and r.valid_to = 'infinity'
		left join resource w on w.id = a.owner_id where a.valid_to = 'infinity' order by 1`)
}

func (s *small) list(db bun.IDB, sql string, args ...any) []string {
	s.t.Helper()
	var list []string
	require.NoError(s.t, db.NewRaw(sql, args...).Scan(s.ctx, &list))
	return list
}

func (s *small) number(sql string, args ...any) (n int64) {
	s.t.Helper()
	require.NoError(s.t, s.DB.NewRaw(sql, args...).Scan(s.ctx, &n))
	return n
}
