package manifest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/job"
	"writ/server/permit"
)

const demoConfig = "../../scripts/demo/config"

type bundle struct {
	*Service
	ctx context.Context
}

func setup(t *testing.T) bundle {
	t.Helper()
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), t.TempDir())
	require.NoError(t, err)
	db, clk := dbtest.MustOpen(t), clock.New()
	tasks := map[job.TaskType]job.TaskFunc{}
	for _, t := range job.TaskTypes() {
		tasks[t] = nil // nothing runs here
	}
	return bundle{
		Service: New(Rooms{DB: db, Clock: clk, Keyring: unsealing{ring}, Jobs: job.New(db, clk, slog.New(slog.DiscardHandler), tasks, dbtest.Idle(job.Hooks{})),
			Packages: []string{"csv", "manual-ticket", "postgres"}},
			dbtest.Idle(Hooks{Problems: assignment.Check, HashPassword: func(p string) (string, error) { return "hash of " + p, nil },
				SamePassword: func(p, stored string) bool { return stored == "hash of "+p }})),
		ctx: permit.With(t.Context(), permit.System("test")),
	}
}

// unsealing keeps references as they are written, as server/app does.
type unsealing struct{ *fulfil.Keyring }

func (u unsealing) Open(of string, sealed []byte) (map[string]string, error) {
	return u.Unseal(of, sealed)
}

func (b bundle) mustApply(t *testing.T, yaml string) *PlanPayload {
	t.Helper()
	p, err := b.apply(yaml)
	require.NoError(t, err)
	return p
}

func (b bundle) apply(yaml string) (*PlanPayload, error) {
	m, err := Parse("test.yaml", []byte(yaml))
	if err != nil {
		return nil, err
	}
	return b.Apply(b.ctx, m)
}

func (b bundle) applyAs(ctx context.Context, yaml string) (*PlanPayload, error) {
	m, err := Parse("test.yaml", []byte(yaml))
	if err != nil {
		return nil, err
	}
	return b.Apply(ctx, m)
}

func TestDemoConfiguration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m, err := ReadFiles(demoConfig)
	require.NoError(t, err)

	first, err := b.Apply(b.ctx, m)
	require.NoError(t, err)
	require.NotEmpty(t, first.Changes)
	version := b.count(t, "model_version")

	again, err := b.Apply(b.ctx, m)
	require.NoError(t, err)
	require.Empty(t, again.Changes, "the same configuration changes nothing")
	require.Equal(t, version, b.count(t, "model_version"))

	exported, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	require.Empty(t, Compare(exported, m), "what is exported is what was applied")
	require.Empty(t, Compare(m.normalised().completed(&Manifest{}), exported))
}

func (b bundle) count(t *testing.T, table string) (n int) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw("select count(*) from "+table).Scan(b.ctx, &n))
	return n
}

func TestPlanWritesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m, err := ReadFiles(demoConfig)
	require.NoError(t, err)

	p, err := b.PlanManifest(b.ctx, m)
	require.NoError(t, err)
	require.NotEmpty(t, p.Changes)
	for _, table := range []string{"connector", "entity_type", "role", "resource_type", "job", "profile", "local_user", "event"} {
		require.Zero(t, b.count(t, table), table)
	}
}

const small = `
entityTypes:
  - { identifier: Person, properties: [{ identifier: Number, primaryKey: true, column: n }, { identifier: Name }] }
policies: [{ identifier: Default, isProvisioningEnabled: true }]
`

func TestPlanShowsFields(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustApply(t, small+`singleRoles: [{ identifier: Mail, entityType: Person, rules: [{}] }]`)
	m, err := Parse("x", []byte(`singleRoles: [{ identifier: Mail, displayName: E-mail, entityType: Person, rules: [{ priority: 3 }] }]`))
	require.NoError(t, err)

	p, err := b.PlanManifest(b.ctx, m)
	require.NoError(t, err)
	require.Len(t, p.Changes, 1)
	require.Equal(t, Update, p.Changes[0].Action)
	paths := map[string]string{}
	for _, f := range p.Changes[0].Fields {
		paths[f.Path] = *f.After
	}
	require.Equal(t, map[string]string{"displayName": "E-mail", "rules.Mail-1.priority": "3"}, paths)
}

func TestRulesAreReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustApply(t, small+`singleRoles: [{ identifier: Mail, entityType: Person, rules: [{}, { priority: 1 }] }]`)
	require.Equal(t, 2, b.count(t, "role_rule"))
	b.mustApply(t, `singleRoles: [{ identifier: Mail, entityType: Person, rules: [{}] }]`)
	require.Equal(t, 1, b.count(t, "role_rule"))
}

func TestRootIsReadableInContext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustApply(t, `profiles: [{ identifier: P, rules: [{ identifier: R, entries: [{ permission: /, canExecute: false }] }] }]`)
}

func TestApplyNeedsThePermission(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Apply(permit.With(t.Context(), &permit.Actor{Username: "nobody"}), &Manifest{})
	require.True(t, errs.Is(err, errs.Forbidden))
}

func TestUsedPropertyStays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustApply(t, small+`---
entityTypes: [{ identifier: Account, properties: [{ identifier: Login, primaryKey: true, column: l }, { identifier: Phone }] }]
resourceTypes: [{ identifier: T, sourceEntityType: Person, targetEntityType: Account, scalarRules: [{ property: Phone, binding: Name }] }]`)
	_, err := b.apply(`entityTypes: [{ identifier: Account, properties: [{ identifier: Login, primaryKey: true, column: l }] }]`)
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.ErrorContains(t, err, "Phone")
}

func TestFolderWithoutFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := ReadFiles(dir)
	require.ErrorContains(t, err, "holds no .yaml file")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(small), 0o600))
	m, err := ReadFiles(dir)
	require.NoError(t, err)
	require.Len(t, m.EntityTypes, 1)
}

// The limits of one entity type are configuration like those of its connector.
func TestThresholdsOfAnEntityType(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	limited := func(limits string) string {
		return `entityTypes: [{ identifier: Department, connector: HR, source: { connection: Files, table: d` + limits + ` },
  properties: [{ identifier: Code, column: c, primaryKey: true }, { identifier: Parent, column: p, target: Department }] }]`
	}
	require.Empty(t, b.mustApply(t, limited("")).Changes)
	p := b.mustApply(t, limited(", thresholds: { maximumDeletedLines: 3, maxPercentageInsertedLines: 40 }"))
	require.Len(t, p.Changes, 1)
	require.Len(t, p.Changes[0].Fields, 2)
	var row []int64
	require.NoError(t, b.DB.NewRaw(`select array[maximum_deleted_lines, max_percentage_inserted_lines, maximum_inserted_lines]::bigint[] from entity_mapping m
		join entity_type e on e.id = m.entity_type_id where e.identifier = 'Department'`).Scan(b.ctx, pgdialect.Array(&row)))
	require.Equal(t, []int64{3, 40, 0}, row)
	require.Empty(t, b.mustApply(t, limited(", thresholds: { maximumDeletedLines: 3, maxPercentageInsertedLines: 40 }")).Changes)
	require.Len(t, b.mustApply(t, limited("")).Changes, 1, "left out: off")
	_, err := b.apply(limited(", thresholds: { maxPercentageDeletedLines: 101 }"))
	require.Equal(t, "entityType/Department.source.thresholds.maxPercentageDeletedLines", errs.As(err).Field)
}
