package manifest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

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
