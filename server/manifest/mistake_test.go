package manifest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/csv"
	"writ/server/fulfil/sqldb"
	"writ/server/job"
	"writ/server/permit"
)

// house is a small configuration that is right. Every mistake is made on top of it.
const house = `
connectors:
  - { identifier: HR, connections: [{ identifier: Files, package: csv, settings: { path: hr } }] }
  - { identifier: App, connections: [{ identifier: Database, package: postgres, secrets: { connectionString: "postgres://app:pw@db.test/app" } }] }
entityTypes:
  - identifier: Department
    connector: HR
    source: { connection: Files, table: d }
    properties: [{ identifier: Code, column: c, primaryKey: true }, { identifier: Parent, column: p, target: Department }]
  - identifier: Person
    connector: HR
    source: { connection: Files, table: p }
    properties:
      - { identifier: Number, column: n, primaryKey: true }
      - { identifier: Name, column: name }
      - { identifier: Age, column: age, type: int32 }
      - { identifier: Phone, column: phone }
      - { identifier: Site, column: site }
      - { identifier: Face, column: face, type: binary }
      - { identifier: Department, column: d, target: Department }
  - identifier: Account
    connector: App
    source: { connection: Database, table: a }
    properties: [{ identifier: Login, column: l, primaryKey: true }, { identifier: Phone, column: p }, { identifier: Old, column: o, type: bool }]
dimensions: [{ identifier: Department, entityType: Department, isHierarchical: true, parentProperty: Parent }]
policies: [{ identifier: Default, isProvisioningEnabled: true }]
contextRules: [{ identifier: People, sourceEntityType: Person, dimensions: { Department: Department } }]
singleRoles: [{ identifier: Mail, entityType: Person, rules: [{ identifier: mail-rule }] }]
resourceTypes:
  - identifier: Account
    sourceEntityType: Person
    targetEntityType: Account
    connection: Database
    typeRules: [{ identifier: account-type, singleRole: Mail }]
    scalarRules: [{ property: Login, binding: Number }, { property: Phone, binding: Phone }]
    correlationRules: [{ sourceBinding: Number, targetBinding: Login, confidence: 100 }]
jobs: [{ identifier: nightly, steps: [{ task: read, type: Export, options: { scope: all } }] }]
profiles:
  - identifier: Desk
    rules: [{ identifier: desk, entityType: Person, filters: [{ binding: Site, value: Paris }], entries: [{ permission: /Jobs }] }]
users: [{ username: ana, profiles: [{ profile: Desk }] }]
`

type exportOptions struct {
	Scope     string
	Connector string
	Dirty     bool
}

// mustHouse gives a service as the server has it, and the house.
func mustHouse(t *testing.T) bundle {
	t.Helper()
	b := setup(t)
	b.Jobs.Options = map[job.TaskType]any{"Export": exportOptions{}}
	packages := fulfil.Packages{"csv": csv.Package{}, "postgres": sqldb.Postgres{}}
	dir := t.TempDir()
	b.CheckConnection = func(ctx context.Context, p string, settings, secrets map[string]string) error {
		pkg, err := packages.Get(p)
		if err != nil {
			return err
		}
		values := maps.Clone(settings)
		maps.Copy(values, secrets)
		c, err := pkg.Open(ctx, fulfil.Settings{Values: values, DataDir: dir})
		if err != nil {
			return err
		}
		return c.Close()
	}
	b.mustApply(t, house)
	return b
}

// dump is everything in the database but what River keeps: what a mistake must not change.
func (b bundle) dump(t *testing.T) map[string]string {
	t.Helper()
	var tables []string
	require.NoError(t, b.DB.NewRaw(`select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
		and table_name not like 'river%' order by 1`).Scan(b.ctx, &tables))
	require.Greater(t, len(tables), 30)
	var parts []string
	for _, name := range tables {
		parts = append(parts, fmt.Sprintf(`select '%s' as name, coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as sum from %q t`, name, name))
	}
	var rows []struct{ Name, Sum string }
	require.NoError(t, b.DB.NewRaw(strings.Join(parts, " union all ")).Scan(b.ctx, &rows))
	out := map[string]string{}
	for _, r := range rows {
		out[r.Name] = r.Sum
	}
	return out
}

// mistake is one wrong configuration and what its author is told.
type mistake struct {
	yaml  string
	kind  errs.Kind // "" = VALIDATION
	field string    // begins with
	says  []string
}

var mistakes = map[string]mistake{
	// files
	"malformed":          {"policies: [", "", "test.yaml:1:", []string{"test.yaml:1:"}},
	"tab":                {"policies:\n\t- identifier: P\n", "", "test.yaml:2:", []string{"test.yaml:2:"}},
	"list at the top":    {"- identifier: P\n", "", "test.yaml:1:", []string{"test.yaml:1:"}},
	"unknown list":       {"policies: []\nrobots: []\n", "", "test.yaml:2:1", []string{"robots"}},
	"unknown key":        {"policies:\n  - identifier: P\n    colour: red\n", "", "test.yaml:3:5", []string{"colour"}},
	"wrong type":         {"dimensions:\n  - identifier: D\n    column: first\n", "", "test.yaml:3:13", []string{"first"}},
	"text for a list":    {"jobs:\n  - identifier: J\n    steps: all\n", "", "test.yaml:3:12", nil},
	"key twice":          {"policies:\n  - identifier: P\n    identifier: Q\n", "", "test.yaml:3:5", []string{"identifier"}},
	"empty":              {"", "", "test.yaml", []string{"test.yaml is empty"}},
	"comments only":      {"# nothing\n---\n# at all\n", "", "test.yaml", []string{"is empty"}},
	"huge":               {"policies: [{ identifier: P, displayName: \"" + strings.Repeat("x", 9<<20) + "\" }]", errs.TooLarge, "test.yaml", []string{"bytes", "Split"}},
	"billion laughs":     {laughs(10), errs.TooLarge, "test.yaml", []string{"aliases", "line"}},
	"laughs in settings": {"connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, settings: { a: x } }] }]\njobs:\n  - identifier: J\n    steps:\n      - task: t\n        type: Export\n        options:\n" + indented(laughs(10), 10), errs.TooLarge, "test.yaml", nil},
	"alias of itself":    {"jobs:\n  - identifier: J\n    steps: [{ task: t, type: Export, options: { a: &a [*a] } }]\n", "", "test.yaml", []string{"*a"}},
	"unknown alias":      {"policies: [*nobody]\n", "", "test.yaml", []string{"nobody"}},
	"deep brackets":      {"policies: " + strings.Repeat("[", 100_000), errs.TooLarge, "test.yaml", []string{"line 1"}},
	"brackets":           {"policies: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), errs.TooLarge, "test.yaml", []string{"line 1"}},
	"deep dashes":        {"policies:\n" + strings.Repeat("- ", 100_000), errs.TooLarge, "test.yaml", []string{"line 2"}},
	"deep maps":          {"jobs:\n  - identifier: J\n    steps:\n      - task: t\n        type: Export\n        options:\n" + steps(80), errs.TooLarge, "test.yaml", []string{"inside each other"}},
	"binary":             {"\x00\x01\x02", "", "test.yaml", nil},

	// names
	"no identifier":        {`policies: [{ displayName: P }]`, "", "policy/", []string{"has no identifier", "test.yaml:1"}},
	"bad identifier":       {`policies: [{ identifier: "a b" }]`, "", "policy/a b", []string{"is not an identifier", "test.yaml:1"}},
	"twice":                {"policies:\n- { identifier: P }\n- { identifier: P }", "", "policy/P", []string{"stands twice", "test.yaml:2 and test.yaml:3"}},
	"user in other case":   {`users: [{ username: Bob }, { username: bob }]`, "", "user/bob", []string{"stands twice"}},
	"rule twice":           {`singleRoles: [{ identifier: R, entityType: Person, rules: [{ identifier: x }, { identifier: x }] }]`, "", "singleRole/R.x", []string{"stands twice"}},
	"rule in two roles":    {`singleRoles: [{ identifier: R, entityType: Person, rules: [{ identifier: x }] }, { identifier: S, entityType: Person, rules: [{ identifier: x }] }]`, "", "singleRole/S.x", []string{"singleRole/R"}},
	"rule of another role": {`singleRoles: [{ identifier: R, entityType: Person, rules: [{ identifier: mail-rule }] }]`, errs.Conflict, "singleRole/R.mail-rule", []string{"singleRole/Mail"}},
	"rule of a profile":    {`profiles: [{ identifier: P, rules: [{ identifier: desk, entries: [{ permission: /Jobs }] }] }]`, errs.Conflict, "profile/P.desk", []string{"profile/Desk"}},
	"connection elsewhere": {`connectors: [{ identifier: C, connections: [{ identifier: files, package: csv, settings: { path: x } }] }]`, errs.Conflict, "connector/C.files", []string{"connector/HR"}},
	"property twice":       {`entityTypes: [{ identifier: T, properties: [{ identifier: A, primaryKey: true }, { identifier: A }] }]`, "", "entityType/T.A", []string{"stands twice"}},
	"task twice":           {`jobs: [{ identifier: J, steps: [{ task: a, type: Export }, { task: a, type: Export }] }]`, "", "job/J.a", []string{"stands twice"}},

	// metadata
	"unknown connector":         {`entityTypes: [{ identifier: T, connector: Nope, properties: [{ identifier: A, isKey: true }] }]`, "", "entityType/T.connector", []string{`no connector "Nope"`, "test.yaml:1"}},
	"unknown connection":        {`entityTypes: [{ identifier: T, source: { connection: Nope, table: t }, properties: [{ identifier: A, column: a, primaryKey: true }] }]`, "", "entityType/T.source.connection", []string{"Nope"}},
	"unknown package":           {`connectors: [{ identifier: C, connections: [{ identifier: K, package: telepathy }] }]`, "", "connector/C.K.package", []string{"telepathy", "csv, manual-ticket, postgres"}},
	"unknown mode":              {`connectors: [{ identifier: C, mode: sometimes }]`, "", "connector/C.mode", []string{"sometimes", "continuous or scheduled"}},
	"unknown setting":           {`connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, settings: { path: x, pth: y } }] }]`, "", "connector/C.K.settings.pth", []string{"pth", "separator"}},
	"missing setting":           {`connectors: [{ identifier: C, connections: [{ identifier: K, package: csv }] }]`, "", "connector/C.K.settings.path", []string{"path"}},
	"path outside":              {`connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, settings: { path: /etc } }] }]`, "", "connector/C.K.settings.path", nil},
	"no connection string":      {`connectors: [{ identifier: C, connections: [{ identifier: K, package: postgres }] }]`, "", "connector/C.K.settings.connectionString", []string{"connectionString"}},
	"wrong connection string":   {`connectors: [{ identifier: C, connections: [{ identifier: K, package: postgres, secrets: { connectionString: "pw:topsecret" } }] }]`, "", "connector/C.K.settings.connectionString", []string{"postgres://user:password@host"}},
	"wrong number":              {`connectors: [{ identifier: C, connections: [{ identifier: K, package: postgres, settings: { timeout: soon }, secrets: { connectionString: "postgres://h/d" } }] }]`, "", "connector/C.K.settings.timeout", []string{"whole number"}},
	"bad deactivated":           {`connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, deactivated: maybe }] }]`, "", "connector/C.K.deactivated", []string{"maybe"}},
	"negative threshold":        {`connectors: [{ identifier: C, thresholds: { maximumDeletedLines: -1 } }]`, "", "connector/C", []string{"maximumDeletedLines"}},
	"negative poll":             {`connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, pollSeconds: -5, settings: { path: x } }] }]`, "", "connector/C.K.pollSeconds", []string{"-5"}},
	"reserved property":         {`entityTypes: [{ identifier: T, properties: [{ identifier: Class, primaryKey: true }] }]`, "", "entityType/T.Class", []string{"reserved"}},
	"reserved entity type":      {`entityTypes: [{ identifier: Class, properties: [{ identifier: A, isKey: true }] }]`, "", "entityType/Class", []string{"reserved"}},
	"accented property":         {`entityTypes: [{ identifier: T, properties: [{ identifier: "Prénom", primaryKey: true }] }]`, "", "entityType/T.Prénom", []string{"letters without accents"}},
	"no property":               {`entityTypes: [{ identifier: T, properties: [] }]`, "", "entityType/T.properties", []string{"no property"}},
	"no key":                    {`entityTypes: [{ identifier: T, properties: [{ identifier: A }] }]`, "", "entityType/T.properties", []string{"isKey"}},
	"unknown property type":     {`entityTypes: [{ identifier: T, properties: [{ identifier: A, isKey: true, type: colour }] }]`, "", "entityType/T.A.type", []string{"colour", "int32"}},
	"unknown format":            {`entityTypes: [{ identifier: T, properties: [{ identifier: A, isKey: true, column: a, format: roman }] }]`, "", "entityType/T.A.format", []string{"roman"}},
	"unknown target":            {`entityTypes: [{ identifier: T, properties: [{ identifier: A, isKey: true }, { identifier: B, target: Nope }] }]`, "", "entityType/T.B.target", []string{"Nope"}},
	"source without key":        {`entityTypes: [{ identifier: T, source: { connection: Files, table: t }, properties: [{ identifier: A, column: a }] }]`, "", "entityType/T", []string{"primaryKey"}},
	"key that points":           {`entityTypes: [{ identifier: T, properties: [{ identifier: A, column: a, primaryKey: true, target: T }] }]`, "", "entityType/T.A.primaryKey", []string{"a key is one value"}},
	"key of several values":     {`entityTypes: [{ identifier: T, properties: [{ identifier: A, column: a, primaryKey: true, collection: true }] }]`, "", "entityType/T.A.primaryKey", []string{"a key is one value"}},
	"two primary keys":          {`entityTypes: [{ identifier: T, source: { connection: Files, table: t }, properties: [{ identifier: A, column: a, primaryKey: true }, { identifier: B, column: b, primaryKey: true }] }]`, "", "entityType/T", []string{"primaryKey"}},
	"unknown display property":  {`entityTypes: [{ identifier: T, displayExpression: "{Nope}", properties: [{ identifier: A, isKey: true }] }]`, "", "entityType/T", []string{"Nope"}},
	"dimension of nothing":      {`dimensions: [{ identifier: X, entityType: Nope, column: 5 }]`, "", "dimension/X.entityType", []string{"Nope"}},
	"dimension column taken":    {`dimensions: [{ identifier: X, entityType: Department, column: 0 }]`, "", "dimension/X", []string{"Column 0"}},
	"dimension column too high": {`dimensions: [{ identifier: X, entityType: Department, column: 128 }]`, "", "dimension/X", []string{"127"}},
	"no parent property":        {`dimensions: [{ identifier: X, entityType: Department, column: 5, isHierarchical: true }]`, "", "dimension/X.parentProperty", []string{"parentProperty"}},
	"wrong parent property":     {`dimensions: [{ identifier: X, entityType: Department, column: 5, isHierarchical: true, parentProperty: Code }]`, "", "dimension/X.parentProperty", []string{"Code"}},

	// role model
	"unknown policy":           {`singleRoles: [{ identifier: R, entityType: Person, policy: Nope }]`, "", "singleRole/R.policy", []string{"Nope"}},
	"unknown entity type":      {`singleRoles: [{ identifier: R, entityType: Nobody }]`, "", "singleRole/R.entityType", []string{`no entity type "Nobody"`}},
	"unknown category":         {`singleRoles: [{ identifier: R, entityType: Person, category: Nope }]`, "", "singleRole/R.category", []string{"Nope"}},
	"category cycle":           {`categories: [{ identifier: A, parent: B }, { identifier: B, parent: A }]`, "", "category/", []string{"cycle"}},
	"role cycle":               {`compositeRoles: [{ identifier: A, entityType: Person, rules: [{ compositeRole: B }] }, { identifier: B, entityType: Person, rules: [{ compositeRole: A }] }]`, "", "", []string{"circle"}},
	"unknown composite":        {`singleRoles: [{ identifier: R, entityType: Person, rules: [{ compositeRole: X }] }]`, "", "singleRole/R.R-1.compositeRole", []string{`"X"`}},
	"unknown rule type":        {`singleRoles: [{ identifier: R, entityType: Person, rules: [{ type: perhaps }] }]`, "", "singleRole/R.R-1.type", []string{"perhaps", "required"}},
	"suggested role":           {`singleRoles: [{ identifier: R, entityType: Person, rules: [{ type: suggested }] }]`, "", "singleRole/R.R-1.type", []string{"suggested", "required"}},
	"requested composite role": {`compositeRoles: [{ identifier: R, entityType: Person, rules: [{ type: requestedAutomatically }] }]`, "", "compositeRole/R.R-1.type", []string{"basket"}},
	"suggested type":           {rt(`typeRules: [{ type: suggested }]`), "", "resourceType/T.T-type-1.type", []string{"suggested"}},
	"unknown dimension":        {`singleRoles: [{ identifier: R, entityType: Person, rules: [{ dimensions: { Planet: { key: Mars } } }] }]`, "", "singleRole/R.R-1.dimensions.Planet", []string{"Planet"}},
	"criterion without value":  {`singleRoles: [{ identifier: R, entityType: Person, rules: [{ dimensions: { Department: {} } }] }]`, "", "singleRole/R", []string{"no value"}},
	"workflow type too high":   {`singleRoles: [{ identifier: R, entityType: Person, approvalWorkflowType: 9 }]`, "", "singleRole/R.approvalWorkflowType", []string{"9"}},
	"unknown role in a rule":   {rt(`typeRules: [{ singleRole: Nope }]`), "", "resourceType/T.T-type-1.singleRole", []string{"Nope"}},
	"unknown target property":  {rt(`scalarRules: [{ property: Nope, binding: Number }]`), "", "resourceType/T.T-Nope.property", []string{"Nope", "Login"}},
	"unknown source property":  {rt(`scalarRules: [{ property: Login, binding: Nope }]`), "", "resourceType/T", []string{"Nope"}},
	"expression does not read": {rt(`scalarRules: [{ property: Login, expression: "source.Number +" }]`), "", "resourceType/T.T-Login.", []string{"Syntax error"}},
	"expression of a stranger": {rt(`scalarRules: [{ property: Login, expression: "source.Nope" }]`), "", "resourceType/T", []string{"Nope"}},
	"expression of wrong type": {rt(`scalarRules: [{ property: Login, expression: "[1, 2]" }]`), "", "resourceType/T", nil},
	"condition that is none":   {rt(`classificationRules: [{ expression: 'target.Login + "x"', confidence: 100 }]`), "", "resourceType/T", nil},
	"confidence too high":      {rt(`correlationRules: [{ sourceBinding: Number, targetBinding: Login, confidence: 900 }]`), "", "resourceType/T", []string{"150"}},
	"correlation of nothing":   {rt(`correlationRules: [{ sourceBinding: Number, targetBinding: Nope, confidence: 100 }]`), "", "resourceType/T", []string{"Nope"}},
	"scalar as navigation":     {rt(`navigationRules: [{ property: Login, resource: x }]`), "", "resourceType/T", []string{"scalar"}},
	"unknown comparison":       {rt(`scalarRules: [{ property: Login, binding: Number, comparison: vague }]`), "", "resourceType/T.T-Login.comparison", []string{"vague"}},
	"unknown offset":           {rt(`typeRules: [{ offset: { reference: sometime } }]`), "", "resourceType/T.T-type-1.offset.reference", []string{"sometime"}},
	"orphans that stay":        {rt(`removeOrphans: true, allowRemove: false`), "", "resourceType/T.removeOrphans", []string{"allowRemove"}},
	"percent over hundred":     {rt(`maximumDeletePercent: 130`), "", "resourceType/T.maximumDeletePercent", []string{"130"}},
	"depends on itself":        {rt(`dependsOn: T`), "", "", []string{"circle"}},
	"depends on nothing":       {rt(`dependsOn: Nope`), "", "resourceType/T.dependsOn", []string{"Nope"}},
	"context of nothing":       {`contextRules: [{ identifier: X, sourceEntityType: Account, resourcesBinding: Nope }]`, "", "contextRule/X", []string{"Nope"}},
	"context twice":            {`contextRules: [{ identifier: X, sourceEntityType: Person }]`, "", "contextRule/X", []string{"People"}},
	"context of a dimension":   {`contextRules: [{ identifier: X, sourceEntityType: Account, dimensions: { Nope: Login } }]`, "", "contextRule/X.dimensions.Nope", []string{"Nope"}},

	// jobs
	"no step":            {`jobs: [{ identifier: J, steps: [] }]`, "", "job/J.steps", []string{"at least one step"}},
	"unknown task type":  {`jobs: [{ identifier: J, steps: [{ task: a, type: Dance }] }]`, "", "job/J.steps[0].type", []string{"Dance", "Export"}},
	"job cycle":          {`jobs: [{ identifier: J, steps: [{ task: a, type: Export, level: 0, dependsOn: [b] }, { task: b, type: Export, level: 0, dependsOn: [a] }] }]`, "", "job/J.steps[0].dependsOn[0]", []string{"wait for each other"}},
	"depends on itself ": {`jobs: [{ identifier: J, steps: [{ task: a, type: Export, level: 0, dependsOn: [a] }] }]`, "", "job/J.steps[0].dependsOn[0]", []string{"wait"}},
	"depends on no task": {`jobs: [{ identifier: J, steps: [{ task: a, type: Export, dependsOn: [b] }] }]`, "", "job/J.steps[0].dependsOn[0]", []string{`no step "b"`}},
	"bad level":          {`jobs: [{ identifier: J, steps: [{ task: a, type: Export, level: -3 }] }]`, "", "job/J.steps[0].level", []string{"-3"}},
	"bad cron":           {`jobs: [{ identifier: J, cron: "99 * * * *", steps: [{ task: a, type: Export }] }]`, "", "job/J.cron", []string{"99", "0 2 * * *"}},
	"bad zone":           {`jobs: [{ identifier: J, cron: "0 2 * * *", cronTimeZone: Mars/Olympus, steps: [{ task: a, type: Export }] }]`, "", "job/J.cronTimeZone", []string{"Mars"}},
	"unknown option":     {`jobs: [{ identifier: J, steps: [{ task: a, type: Export, options: { colour: red } }] }]`, "", "job/J.steps[0].options.colour", []string{"colour", "connector", "continueOnError"}},
	"wrong option":       {`jobs: [{ identifier: J, steps: [{ task: a, type: Export, options: { dirty: maybe } }] }]`, "", "job/J.steps[0].options.dirty", []string{"true or false"}},
	"job of a connector": {`jobs: [{ identifier: J, steps: [{ task: a, type: Export, options: { connector: Nope } }] }]`, "", "job/J.steps[0].options.connector", []string{"Nope", "App", "HR"}},

	// access
	"everything":           {`profiles: [{ identifier: P, rules: [{ identifier: R, entries: [{ permission: / }] }] }]`, "", "accessRule/R.entries[0].permission", []string{"nobody may hold everything"}},
	"everything disguised": {`profiles: [{ identifier: P, rules: [{ identifier: R, entries: [{ permission: " // " }] }] }]`, "", "accessRule/R.entries[0].permission", nil},
	"no permission":        {`profiles: [{ identifier: P, rules: [{ identifier: R, entries: [{ canExecute: true }] }] }]`, "", "accessRule/R.entries[0].permission", nil},
	"strength of an entry": {`profiles: [{ identifier: P, rules: [{ identifier: R, entries: [{ permission: /Jobs, priority: 3 }] }] }]`, "", "accessRule/R.entries[0].priority", []string{"add up"}},
	"all properties":       {`profiles: [{ identifier: P, rules: [{ identifier: R, entries: [{ permission: /Jobs, fullAccessProperties: true }] }] }]`, "", "accessRule/R.entries[0].fullAccessProperties", []string{"visibility group"}},
	"no operand":           {`profiles: [{ identifier: P, rules: [{ identifier: R, filters: [{ binding: Name }], entries: [] }] }]`, "", "accessRule/R.filters[0]", []string{"exactly one"}},
	"two operands":         {`profiles: [{ identifier: P, rules: [{ identifier: R, filters: [{ binding: Name, value: a, currentUser: true }], entries: [] }] }]`, "", "accessRule/R.filters[0]", []string{"exactly one"}},
	"unknown binding":      {`profiles: [{ identifier: P, rules: [{ identifier: R, entityType: Person, filters: [{ binding: Nmae, value: a }], entries: [] }] }]`, "", "accessRule/R.filters[0].binding", []string{"Nmae", "Name, Number", "test.yaml:1"}},
	"unknown data set":     {`profiles: [{ identifier: P, rules: [{ identifier: R, entityType: Persn, entries: [] }] }]`, "", "accessRule/R.entityType", []string{"Persn"}},
	"unknown profile":      {`users: [{ username: bob, profiles: [{ profile: Nope }] }]`, "", "user/bob.profiles[0]", []string{"Nope"}},
	"eleven profiles":      {`users: [{ username: bob, profiles: [` + strings.Repeat("{ profile: Desk }, ", 11) + `] }]`, "", "user/bob.profiles", []string{"at most 10"}},
	"profile twice":        {`users: [{ username: bob, profiles: [{ profile: Desk }, { profile: Desk }] }]`, "", "user/bob.profiles[1]", []string{"Desk"}},
	"bad date":             {`users: [{ username: bob, profiles: [{ profile: Desk, startDate: tomorrow }] }]`, "", "user/bob.profiles[0].startDate", []string{"tomorrow", "2026-03-01"}},
	"dates in disorder":    {`users: [{ username: bob, profiles: [{ profile: Desk, startDate: "2026-03-01T00:00:00Z", endDate: "2026-02-01T00:00:00Z" }] }]`, "", "user/bob.profiles[0]", []string{"ends before it starts"}},
	"context of nothing ":  {`users: [{ username: bob, profiles: [{ profile: Desk, context: { Planet: Mars } }] }]`, "", "user/bob.profiles[0].context", []string{"Planet"}},
	"person of nothing":    {`users: [{ username: bob, resource: { entityType: Nope, key: x } }]`, "", "user/bob.resource", []string{"Nope"}},
	"name with blanks":     {`users: [{ username: " bob" }]`, "", "user/ bob", []string{"spaces"}},

	// what is in use
	"property of a rule":       {`entityTypes: [{ identifier: Account, connector: App, source: { connection: Database, table: a }, properties: [{ identifier: Login, column: l, primaryKey: true }, { identifier: Old, column: o, type: bool }] }]`, errs.Conflict, "entityType/Account.Phone", []string{"Phone", "Account-Phone"}},
	"property of a binding":    {person("Phone"), "", "resourceType/Account", []string{"Phone"}},
	"property of a filter":     {person("Site"), "", "accessRule/desk.filters[0].binding", []string{"desk", "Site"}},
	"property of a context":    {person("Department"), "", "contextRule/People", []string{"Department"}},
	"parent of a dimension":    {`entityTypes: [{ identifier: Department, connector: HR, source: { connection: Files, table: d }, properties: [{ identifier: Code, column: c, primaryKey: true }] }]`, "", "dimension/Department.parentProperty", []string{"Parent"}},
	"role of a rule of a type": {`singleRoles: [{ identifier: Mail, entityType: Department }]`, "", "resourceType/Account", []string{"owners"}},
}

// rt is a resource type T with something wrong in it.
func rt(wrong string) string {
	return `resourceTypes: [{ identifier: T, sourceEntityType: Person, targetEntityType: Account, connection: Database, ` + wrong + ` }]`
}

// person is Person without one of its properties.
func person(without string) string {
	out := `entityTypes: [{ identifier: Person, connector: HR, source: { connection: Files, table: p }, properties: [{ identifier: Number, column: n, primaryKey: true }`
	for _, p := range []string{"{ identifier: Name, column: name }", "{ identifier: Age, column: age, type: int32 }", "{ identifier: Phone, column: phone }",
		"{ identifier: Site, column: site }", "{ identifier: Department, column: d, target: Department }"} {
		if !strings.Contains(p, "identifier: "+without+",") {
			out += ", " + p
		}
	}
	return out + `] }]`
}

// laughs is the file of a few hundred bytes that is ten billion values.
func laughs(levels int) string {
	out := "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n"
	for i := 1; i < levels; i++ {
		alias := fmt.Sprintf("*a%d", i-1)
		out += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.Join([]string{alias, alias, alias, alias, alias, alias, alias, alias, alias, alias}, ", "))
	}
	return out
}

func indented(text string, by int) string {
	pad := strings.Repeat(" ", by)
	return pad + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+pad) + "\n"
}

func steps(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.Repeat(" ", 10+i) + "a:\n")
	}
	return out.String()
}

// TestMistakes: whoever writes a wrong configuration is told what is wrong, where, and what to do; nothing is half written. plan says the
// same as apply, or shows the same as a problem.
func TestMistakes(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	before := b.dump(t)
	for name, c := range mistakes {
		t.Run(name, func(t *testing.T) {
			_, err := b.apply(c.yaml)
			require.Error(t, err)
			e := errs.As(err)
			require.NotNil(t, e, "a typed error, not %v", err)
			t.Logf("%s | %s", e.Field, e.Message)
			want := c.kind
			if want == "" {
				want = errs.Validation
			}
			require.Equal(t, want, e.Kind, e.Message)
			require.True(t, strings.HasPrefix(e.Field, c.field), "field %q, want %q (%s)", e.Field, c.field, e.Message)
			for _, text := range c.says {
				require.Contains(t, e.Message, text)
			}
			require.NotContains(t, e.Message, "topsecret")
			require.Less(t, len(e.Message), 2000, "a message people can read")
			p, err := b.Plan(b.ctx, PlanInput{YAML: c.yaml})
			if err == nil {
				require.NotEmpty(t, p.Problems, "the plan shows it too")
				require.EqualValues(t, "ERROR", p.Problems[0].Severity)
			}
		})
	}
	require.Equal(t, before, b.dump(t), "nothing is half written")
}

// TestAllMistakesAtOnce: of a file with several mistakes each is told, with its place, whatever they are; what only follows from another is not.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	before := b.dump(t)
	var names []string
	for name, c := range mistakes {
		m, err := Parse("test.yaml", []byte(c.yaml))
		if err == nil && c.kind == "" && strings.Contains(c.field, "/") && len(m.objects()) == 1 && m.objects()[0].identifier != "" && len(m.objects()[0].identifier) < 100 {
			names = append(names, name)
		}
	}
	require.Greater(t, len(names), 60)
	slices.Sort(names)
	r := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for tried < 25 {
		texts, wanted, objects := "", map[string]mistake{}, map[string]bool{}
		for range 5 {
			name := names[r.IntN(len(names))]
			m, err := Parse("test.yaml", []byte(mistakes[name].yaml))
			require.NoError(t, err)
			o := m.objects()[0]
			alone := o.identifier // T of a role is none of T of a resource type
			if objects[alone] || about(mistakes[name], objects) {
				continue
			}
			objects[alone] = true
			wanted[name] = mistakes[name]
			texts += "---\n" + mistakes[name].yaml + "\n"
		}
		if len(wanted) < 2 {
			continue
		}
		tried++
		_, err := b.apply(texts)
		e := errs.As(err)
		require.NotNil(t, e, "%v\n%s", err, texts)
		var told []string
		for _, one := range e.All() {
			told = append(told, one.Field+": "+one.Message)
		}
		for name, c := range wanted {
			require.True(t, slices.ContainsFunc(e.All(), func(one *errs.Error) bool { return strings.HasPrefix(one.Field, c.field) }), "%s: %s is not told of\n%s\n%s", name, c.field, strings.Join(told, "\n"), texts)
		}
	}
	require.Equal(t, before, b.dump(t), "nothing is half written")
}

// about tells whether a mistake is about an object that is in a file.
func about(c mistake, objects map[string]bool) bool {
	for name := range objects {
		if slices.Contains(nameInText.FindAllString(c.yaml, -1), name) {
			return true
		}
	}
	return false
}

// The house itself is right, and a second time it changes nothing.
func TestHouse(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	before := b.dump(t)
	p := b.mustApply(t, house)
	require.Empty(t, p.Changes)
	require.Equal(t, before, b.dump(t))
}

// Brackets in texts and comments are no nesting.
func TestBracketsInTexts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustApply(t, strings.Repeat("# from 1 [included to 2 (left out)\n", 500)+"policies: [{ identifier: P, displayName: \""+strings.Repeat("[", 190)+"\" }]")
}

// Two files that define the same thing: both places are named.
func TestTwiceInTwoFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"a.yaml": "# first\npolicies:\n  - identifier: P\n", "b.yaml": "policies: [{ identifier: P }]\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	m, err := ReadFiles(dir)
	require.NoError(t, err)
	require.ErrorContains(t, m.check(), "a.yaml:3 and b.yaml:1")
}

// What cannot be read is told of all files at once, each with its line.
func TestUnreadableAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a.yaml": "policies:\n  - identifier: P\n    colour: red\n  - { identifier: Q, shape: round }\njobs:\n  - identifier: J\n    steps: [{ task: t, type: Export, opts: {} }]\nrobots: []\n",
		"b.yaml": "policies: [",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	_, err := ReadFiles(dir)
	var places []string
	for _, e := range errs.As(err).All() {
		places = append(places, e.Field)
	}
	require.Equal(t, []string{"a.yaml:3:5", "a.yaml:4:22", "a.yaml:7:38", "a.yaml:8:1"}, places[:4])
	require.Len(t, places, 5)
	require.True(t, strings.HasPrefix(places[4], "b.yaml:1:"), places[4])
}

// What is odd and possible is told by plan and by apply.
func TestWarnings(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	const odd = `profiles: [{ identifier: P, rules: [{ identifier: R, entries: [{ permission: /Jobs/Jobb }] }] }]`
	planned, err := b.Plan(b.ctx, PlanInput{YAML: odd})
	require.NoError(t, err)
	applied := b.mustApply(t, odd)
	for _, p := range []*PlanPayload{planned, applied} {
		var found []string
		for _, x := range p.Problems {
			if x.Kind == "accessRule" {
				found = append(found, string(x.Severity)+" "+x.Identifier+" "+x.Field+" "+x.Message)
			}
		}
		require.Len(t, found, 1)
		require.Contains(t, found[0], "WARNING R entries[0].permission There is no permission /Jobs/Jobb")
	}
}

// A plan somebody looked at is applied as it was, or not at all.
func TestStalePlan(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	const wanted = `policies: [{ identifier: Other }]`
	planned, err := b.Plan(b.ctx, PlanInput{YAML: wanted})
	require.NoError(t, err)
	m, err := Parse("test.yaml", []byte(wanted))
	require.NoError(t, err)
	changed, err := Parse("test.yaml", []byte(`policies: [{ identifier: Another }]`))
	require.NoError(t, err)

	_, err = b.ApplyPlanned(b.ctx, changed, planned.Fingerprint)
	require.True(t, errs.Is(err, errs.StaleItem), "other files: %v", err)

	b.mustApply(t, `categories: [{ identifier: C }]`)
	before := b.dump(t)
	_, err = b.ApplyPlanned(b.ctx, m, planned.Fingerprint)
	require.True(t, errs.Is(err, errs.StaleItem), "another configuration: %v", err)
	require.ErrorContains(t, err, "Plan again")
	require.Equal(t, before, b.dump(t))

	again, err := b.PlanManifest(b.ctx, m)
	require.NoError(t, err)
	done, err := b.ApplyPlanned(b.ctx, m, again.Fingerprint)
	require.NoError(t, err)
	require.Equal(t, again.Changes, done.Changes)
}

// A file does not say everything: what it leaves unsaid stays as people left it.
func TestUnsaidStays(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, `jobs: [{ identifier: timed, cron: "0 2 * * *", steps: [{ task: a, type: Export }] }]
users: [{ username: ana, password: secret, profiles: [{ profile: Desk }] }]`)
	_, err := b.DB.ExecContext(b.ctx, `update job set schedule_enabled = false where identifier = 'timed'; update local_user set is_disabled = true;
		insert into assigned_profile (user_id, profile_id, origin) select u.id, p.id, 'RULE' from local_user u, profile p`)
	require.NoError(t, err)
	p := b.mustApply(t, `jobs: [{ identifier: timed, displayName: Timed, cron: "0 2 * * *", steps: [{ task: a, type: Export }] }]
users: [{ username: ANA, displayName: Ana, profiles: [{ profile: Desk }] }]
connectors: [{ identifier: App, displayName: Application, connections: [] }]`)
	require.Len(t, p.Changes, 3)
	for _, c := range p.Changes {
		require.Equal(t, Update, c.Action)
	}
	var kept struct {
		Enabled, Disabled bool
		Hash              string
		ByRule, Secrets   int
	}
	require.NoError(t, b.DB.NewRaw(`select (select schedule_enabled from job where identifier = 'timed') as enabled, (select is_disabled from local_user) as disabled,
		(select password_hash from local_user) as hash, (select count(*) from assigned_profile where origin = 'RULE') as by_rule,
		(select count(*) from connection where secrets is not null) as secrets`).Scan(b.ctx, &kept))
	require.False(t, kept.Enabled)
	require.True(t, kept.Disabled)
	require.Equal(t, "hash of secret", kept.Hash)
	require.Equal(t, 1, kept.ByRule)
	require.Equal(t, 1, kept.Secrets)

	b.mustApply(t, `users: [{ username: ana, displayName: Ana, disabled: false, password: other, profiles: [{ profile: Desk }] }]`)
	p = b.mustApply(t, `users: [{ username: ana, displayName: Ana, password: third, profiles: [{ profile: Desk }] }]`)
	require.Len(t, p.Changes, 1)
	require.Equal(t, "password", p.Changes[0].Fields[0].Path, "a new password is a change that is told, without the password")
	require.NotContains(t, *p.Changes[0].Fields[0].Before+*p.Changes[0].Fields[0].After, "third")
	p = b.mustApply(t, `users: [{ username: ana, displayName: Ana, password: third, profiles: [{ profile: Desk }] }]`)
	require.Empty(t, p.Changes, "the same password is none")
	require.NoError(t, b.DB.NewRaw(`select is_disabled as disabled, password_hash as hash from local_user`).Scan(b.ctx, &kept))
	require.False(t, kept.Disabled)
	require.Equal(t, "hash of third", kept.Hash)
}

// What the order means something for is compared in its order.
func TestOrderOfSteps(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, `jobs: [{ identifier: J, steps: [{ task: a, type: Export }, { task: b, type: Export }] }]`)
	p := b.mustApply(t, `jobs: [{ identifier: J, steps: [{ task: b, type: Export }, { task: a, type: Export }] }]`)
	require.Len(t, p.Changes, 1)
	require.Equal(t, "steps.order", p.Changes[0].Fields[0].Path)
	require.Equal(t, "b, a", *p.Changes[0].Fields[0].After)
}

// Nobody without the right gets as far as an answer.
func TestPlanNeedsThePermission(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Plan(permit.With(t.Context(), &permit.Actor{Username: "nobody"}), PlanInput{YAML: house})
	require.True(t, errs.Is(err, errs.Forbidden))
}
