package manifest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/fulfil"
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
	return bundle{
		Service: &Service{DB: dbtest.MustOpen(t), Clock: clock.New(), Keyring: unsealing{ring}, HashPassword: func(p string) (string, error) { return "hash of " + p, nil }},
		ctx:     permit.With(t.Context(), permit.System("test")),
	}
}

// unsealing keeps references as they are written, as server/app does.
type unsealing struct{ *fulfil.Keyring }

func (u unsealing) Open(sealed []byte) (map[string]string, error) { return u.Unseal(sealed) }

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
	if err := m.check(); err != nil {
		return nil, err
	}
	return b.Apply(b.ctx, m)
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
	require.Empty(t, Compare(m.normalised(), exported))
	for _, c := range exported.WithoutSecrets().Connectors {
		for _, k := range c.Connections {
			require.Empty(t, k.Secrets)
		}
	}
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

func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ yaml, says string }{
		"unknown field":        {`policies: [{ identifier: P, colour: red }]`, "colour"},
		"not yaml":             {"policies: [", "test.yaml"},
		"no identifier":        {`policies: [{ displayName: P }]`, "has no identifier"},
		"twice":                {`policies: [{ identifier: P }, { identifier: P }]`, "stands twice"},
		"bad identifier":       {`policies: [{ identifier: "a b" }]`, "is not an identifier"},
		"unknown entity type":  {small + `singleRoles: [{ identifier: R, entityType: Nobody }]`, `There is no entity type "Nobody"`},
		"unknown role in rule": {small + `singleRoles: [{ identifier: R, entityType: Person, rules: [{ compositeRole: X }] }]`, `"X"`},
		"unknown rule type":    {small + `singleRoles: [{ identifier: R, entityType: Person, rules: [{ type: perhaps }] }]`, "perhaps"},
		"unknown dimension":    {small + `singleRoles: [{ identifier: R, entityType: Person, rules: [{ dimensions: { Planet: { key: Mars } } }] }]`, "Planet"},
		"flat dimension inherits": {small + `
dimensions: [{ identifier: Kin, entityType: Person, column: 0 }]
singleRoles: [{ identifier: R, entityType: Person, rules: [{ dimensions: { Kin: { key: A, inherit: true } } }] }]`, "hierarchical"},
		"reserved property": {`entityTypes: [{ identifier: T, properties: [{ identifier: Class, primaryKey: true }] }]`, "reserved"},
		"no property":       {`entityTypes: [{ identifier: T, properties: [] }]`, "no property"},
		"source without primary key": {`
connectors: [{ identifier: C, connections: [{ identifier: K, package: csv }] }]
entityTypes: [{ identifier: T, source: { connection: K, table: t }, properties: [{ identifier: A, column: a }] }]`, "primaryKey"},
		"everything to a profile":      {`profiles: [{ identifier: P, rules: [{ identifier: R, entries: [{ permission: / }] }] }]`, "nobody may hold everything"},
		"filter without operand":       {`profiles: [{ identifier: P, rules: [{ identifier: R, filters: [{ binding: A }], entries: [] }] }]`, "exactly one"},
		"task that depends on nothing": {`jobs: [{ identifier: J, steps: [{ task: a, type: Export, dependsOn: [b] }] }]`, `no task "b"`},
		"category cycle":               {small + `categories: [{ identifier: A, parent: B }, { identifier: B, parent: A }]`, "cycle"},
		"bad date": {small + `
profiles: [{ identifier: P }]
users: [{ username: u, profiles: [{ profile: P, startDate: tomorrow }] }]`, "tomorrow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			_, err := b.apply(c.yaml)
			require.ErrorContains(t, err, c.says)
			require.NotNil(t, errs.As(err), "a typed error, not %v", err)
			for _, table := range []string{"policy", "entity_type", "role", "profile", "job", "category", "local_user"} {
				require.Zero(t, b.count(t, table), "%s: nothing is half written", table)
			}
		})
	}
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
