package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/permit"
)

// one object of each kind, and the area whose right it needs.
var ofEachKind = map[string]struct{ yaml, area string }{
	"connector":     {"connectors: [{ identifier: C }]", "/Connectors"},
	"entityType":    {"entityTypes: [{ identifier: E, properties: [{ identifier: Key, isKey: true }] }]", "/Metadata"},
	"policy":        {"policies: [{ identifier: P2, isProvisioningEnabled: true }]", "/ProvisioningPolicy"},
	"category":      {"categories: [{ identifier: Cat }]", "/ProvisioningPolicy"},
	"singleRole":    {"singleRoles: [{ identifier: R, entityType: Person }]", "/ProvisioningPolicy"},
	"job":           {"jobs: [{ identifier: J, steps: [] }]", "/Jobs"},
	"profile":       {"profiles: [{ identifier: P }]", "/AccessControl"},
	"user":          {"users: [{ username: u }]", "/AccessControl"},
	"deleteJob":     {"delete: { jobs: [Nope] }", "/Jobs"},
	"deleteUser":    {"delete: { users: [nobody] }", "/AccessControl"},
	"deleteProfile": {"delete: { profiles: [Nope] }", "/AccessControl"},
}

func TestPlanNeedsTheRightsOfWhatItNames(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	for _, area := range []string{"/Connectors", "/Metadata", "/ProvisioningPolicy", "/Jobs", "/AccessControl"} {
		ctx := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{{Path: area, CanExecute: true}}})
		for kind, c := range ofEachKind {
			_, err := b.Plan(ctx, PlanInput{YAML: c.yaml})
			_, applied := b.applyAs(ctx, c.yaml)
			if c.area == area {
				require.False(t, errs.Is(err, errs.Forbidden), "%s with %s: %v", kind, area, err)
				continue
			}
			require.True(t, errs.Is(err, errs.Forbidden), "%s with %s: %v", kind, area, err)
			require.True(t, errs.Is(applied, errs.Forbidden), "%s with %s: %v", kind, area, applied)
		}
		_, err := b.Plan(ctx, PlanInput{YAML: "connectors: [{ identifier: C }]\nusers: [{ username: u }]"})
		require.True(t, errs.Is(err, errs.Forbidden), "one of two is not enough: %v", err)
	}
	reader := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{{Path: permit.ConnectorQuery, CanExecute: true}}})
	_, err := b.applyAs(reader, "connectors: [{ identifier: C }]")
	require.True(t, errs.Is(err, errs.Forbidden), "reading is not writing: %v", err)
	_, err = b.Plan(t.Context(), PlanInput{YAML: "users: ["})
	require.True(t, errs.Is(err, errs.Unauthenticated), "before anything is read: %v", err)
}

// A plan gives the same answer to a secret that is right and to one that is wrong.
func TestPlanTellsNothingOfSecrets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const yaml = "connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, settings: { path: x }%s }] }]"
	with := func(secret string) string { return fmt.Sprintf(yaml, ", secrets: { password: "+secret+" }") }
	b.mustApply(t, with("right"))
	ctx := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{{Path: "/Connectors", CanExecute: true}}})
	plan := func(yaml string) []Change {
		p, err := b.Plan(ctx, PlanInput{YAML: yaml})
		require.NoError(t, err)
		return p.Changes
	}
	right, wrong := plan(with("right")), plan(with("wrong"))
	require.Equal(t, wrong, right)
	require.Len(t, right, 1)
	require.Len(t, right[0].Fields, 1)
	require.Equal(t, "connections.K.secrets.password", right[0].Fields[0].Path)
	require.Equal(t, "will be written", *right[0].Fields[0].After)
	require.Nil(t, right[0].Fields[0].Before)
	require.Empty(t, plan(fmt.Sprintf(yaml, "")), "a secret that is not named stays")
}

// A plan, or a dry run, looks at no stored password and makes no new form of one: the time that takes would tell whether a guess is right, as often as one
// likes, past the limits of signing in.
func TestPlanLooksAtNoPassword(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustApply(t, "users: [{ username: ann, password: right }]")
	looked := 0
	same, hash := b.SamePassword, b.HashPassword
	b.SamePassword = func(plain, stored string) bool { looked++; return same(plain, stored) }
	b.HashPassword = func(plain string) (string, error) { looked++; return hash(plain) }
	b.CheckPassword = func(plain string) error {
		if len(plain) > 10 {
			return errs.Invalid("password", "too long")
		}
		return nil
	}
	ctx := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: []permit.Grant{{Path: permit.AccessQuery, CanExecute: true}}})
	for _, name := range []string{"ann", "ANN", "new"} {
		var told [][]Change
		for _, guess := range []string{"right", "wrong"} {
			p, err := b.Plan(ctx, PlanInput{YAML: "users: [{ username: " + name + ", password: " + guess + " }]"})
			require.NoError(t, err)
			dry, err := SaveOne(ctx, b.Service, "user", SaveUserInput{Object: User{Username: name, Password: guess}, DryRun: true})
			require.NoError(t, err)
			require.Equal(t, p.Changes, dry.Changes)
			told = append(told, p.Changes)
		}
		require.Equal(t, told[0], told[1])
	}
	require.Zero(t, looked)
	_, err := b.Plan(ctx, PlanInput{YAML: "users: [{ username: ann, password: longer than ten }]"})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	b.mustApply(t, "users: [{ username: ann, password: other }]")
	require.Positive(t, looked)
}

// A plan warns of keys that no resource has only those who may know which resources there are.
func TestPlanTellsNoKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustApply(t, "entityTypes: [{ identifier: Person, properties: [{ identifier: Key, isKey: true }] }]\nprofiles: [{ identifier: P }]")
	_, err := b.DB.ExecContext(t.Context(), `insert into resource (entity_type_id, key, display_name, valid_from) select id, 'E1', 'Ann', now() from entity_type where identifier = 'Person'`)
	require.NoError(t, err)
	const yaml = `
users: [{ username: u, resource: { entityType: Person, key: %[1]s } }]
profiles: [{ identifier: P, rules: [{ identifier: R, entityType: Person, filters: [{ binding: Id, value: %[1]s }], entries: [{ permission: /Monitoring }] }] }]`
	warnings := func(key string, grants ...permit.Grant) (n int) {
		for i := range grants {
			grants[i].CanExecute = true
		}
		ctx := permit.With(t.Context(), &permit.Actor{Username: "u", Grants: append(grants, permit.Grant{Path: permit.AccessQuery, CanExecute: true})})
		p, err := b.Plan(ctx, PlanInput{YAML: fmt.Sprintf(yaml, key)})
		require.NoError(t, err)
		for _, x := range p.Problems {
			if strings.Contains(x.Message, "with the key") {
				n++
			}
		}
		return n
	}
	read := permit.Grant{Path: permit.Resource("Person", "Query"), EntityType: "Person"}
	narrow := read
	narrow.Filters = []permit.Filter{{Binding: "Key", Value: "E1"}}
	require.Equal(t, 2, warnings("E2", read))
	require.Zero(t, warnings("E1", read))
	require.Equal(t, warnings("E1"), warnings("E2"), "who may read nobody learns nothing")
	require.Equal(t, warnings("E1", narrow), warnings("E2", narrow), "nor who may read some of them")
}

// Neither does it tell, of what the role model names by key, that it is there: everybody who may read a policy could ask for every number of a person.
func TestPlanTellsNoKeysOfRules(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.Problems = assignment.Check
	_, err := b.DB.ExecContext(t.Context(), `insert into resource (entity_type_id, key, display_name, valid_from) select id, 'KEY1', 'Ann', now() from entity_type`)
	require.NoError(t, err)
	var dimension, entityType string
	require.NoError(t, b.DB.NewRaw(`select d.identifier, e.identifier from dimension d join entity_type e on e.id = d.entity_type_id order by d.id limit 1`).Scan(t.Context(), &dimension, &entityType))
	ways := map[string]string{
		"role": "singleRoles: [{ identifier: R, entityType: Person, rules: [{ dimensions: { " + dimension + ": { key: %s } } }] }]",
	}
	told := func(yaml, key string, grants ...permit.Grant) (n int) {
		for i := range grants {
			grants[i].CanExecute = true
		}
		p, err := b.Plan(permit.With(t.Context(), &permit.Actor{Username: "u", Grants: append(grants, permit.Grant{Path: permit.RoleModelQuery, CanExecute: true})}), PlanInput{YAML: fmt.Sprintf(yaml, key)})
		require.NoError(t, err)
		for _, x := range p.Problems {
			if strings.Contains(x.Message, "with key") || strings.Contains(x.Message, "no such resource") {
				n++
			}
		}
		return n
	}
	for name, yaml := range ways {
		read := permit.Grant{Path: permit.Resource(entityType, "Query"), EntityType: entityType}
		narrow := read
		narrow.Filters = []permit.Filter{{Binding: "Key", Value: "KEY1"}}
		require.Positive(t, told(yaml, "KEY2", read), name)
		require.Zero(t, told(yaml, "KEY1", read), name)
		require.Equal(t, told(yaml, "KEY1"), told(yaml, "KEY2"), name)
		require.Equal(t, told(yaml, "KEY1", narrow), told(yaml, "KEY2", narrow), name)
	}
}
