package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A text that cannot be kept is refused with its object and field, wherever it stands, and letters have one form.
func TestTexts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ yaml, says string }{
		"LongIdentifier": {`policies: [{ identifier: "` + strings.Repeat("x", 10_000) + `", isProvisioningEnabled: true }]`, "identifier has 10000 characters; at most 200"},
		"LongName":       {`policies: [{ identifier: P, displayName: "` + strings.Repeat("ü", 5_000) + `", isProvisioningEnabled: true }]`, "displayName has 5000 characters"},
		"LongUser":       {`users: [{ username: "` + strings.Repeat("x", 5_000) + `" }]`, "username has 5000 characters"},
		"LongProperty":   {`entityTypes: [{ identifier: E, properties: [{ identifier: "` + strings.Repeat("x", 300) + `" }] }]`, "identifier has 300"},
		"LongTask":       {`jobs: [{ identifier: J, steps: [{ task: "` + strings.Repeat("x", 300) + `", type: Export }] }]`, "task has 300"},
		"LongExpression": {`resourceTypes: [{ identifier: R, argumentsExpression: "` + strings.Repeat("1+", 100_000) + `1" }]`, "argumentsExpression has 200001"},
		"NUL":            {`categories: [{ identifier: C, description: "a\0b" }]`, "description holds a NUL"},
		"NULInSetting":   {`connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, settings: { path: "a\0b" } }] }]`, "settings holds a NUL"},
		"NULInFilter":    {`profiles: [{ identifier: P, rules: [{ identifier: r, filters: [{ binding: A, value: "a\0b" }] }] }]`, "value holds a NUL"},
		"NULInSecret":    {`connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, secrets: { p: "\0" } }] }]`, "secrets holds a NUL"},
	} {
		m, err := Parse("x.yaml", []byte(c.yaml))
		if err == nil {
			err = m.located(m.check())
		}
		require.ErrorContains(t, err, c.says, name)
		require.ErrorContains(t, err, "x.yaml:1", name)
		require.Less(t, len(err.Error()), 1000, name)
	}
	m, err := Parse("x.yaml", []byte("singleRoles: [{ identifier: R, displayName: Mu\u0308ller, rules: [{ dimensions: { De\u0301p: { key: O\u0308 } } }] }]\nusers: [{ username: a, password: u\u0308 }]"))
	require.NoError(t, err)
	require.Equal(t, "Müller", m.SingleRoles[0].DisplayName)
	require.Equal(t, map[string]Criterion{"Dép": {Key: "Ö"}}, m.SingleRoles[0].Rules[0].Dimensions)
	require.Equal(t, "u\u0308", m.Users[0].Password)
}
