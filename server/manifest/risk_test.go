package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// A risk that could never be had, or that would be had by everybody, is refused with its place and what to do (role-model 9.2).
func TestMistakesOfRisks(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, around)
	const login, phone = `{ resourceType: Account, property: Login }`, `{ resourceType: Account, property: Phone }`
	risk := func(rest string) string { return "risks: [{ identifier: R, entityType: Person, " + rest + " }]" }
	before := b.dump(t)
	for name, x := range map[string]struct{ text, field, says string }{
		"segregation of one":     {risk("rules: [{ items: [" + login + "] }]"), "risk/R.rules", "at least one rule needs 2 items"},
		"no rule":                {risk("rules: []"), "risk/R.rules", "no rule"},
		"no item":                {risk("riskType: highPrivilege, rules: [{ items: [] }]"), "risk/R.rules[0].items", "everybody"},
		"level":                  {risk("level: 101, rules: [{ items: [" + login + ", " + phone + "] }]"), "risk/R.level", "100"},
		"type":                   {risk("riskType: highPrivilege, rules: [{ items: [{ resourceType: Nope, property: Login }] }]"), "risk/R.rules[0].items[0].resourceType", "Nope"},
		"property":               {risk("riskType: highPrivilege, rules: [{ items: [{ resourceType: Account, property: Nope }] }]"), "risk/R.rules[0].items[0].property", "Nope"},
		"resource of a scalar":   {risk("riskType: highPrivilege, rules: [{ items: [{ resourceType: Account, property: Login, resource: x }] }]"), "risk/R.rules[0].items[0].resource", "any value"},
		"file":                   {risk("riskType: highPrivilege, rules: [{ items: [{ resourceType: Badges, property: Face }] }]"), "risk/R.rules[0].items[0].property", "files"},
		"twice":                  {risk("rules: [{ items: [" + login + ", " + login + "] }]"), "risk/R.rules[0].items[1]", "already"},
		"any and one":            {risk("rules: [{ items: [{ resourceType: Badges, property: Office, resource: IT }, { resourceType: Badges, property: Office }] }]"), "risk/R.rules[0].items[1]", "already"},
		"two rules of one name":  {risk("riskType: highPrivilege, rules: [{ identifier: a, items: [" + login + "] }, { identifier: a, items: [" + phone + "] }]"), "risk/R.rules[1].identifier", "twice"},
		"owners of another kind": {"risks: [{ identifier: R, entityType: Department, riskType: highPrivilege, rules: [{ items: [" + login + "] }] }]", "risk/R.rules[0].items[0].resourceType", "another kind"},
	} {
		_, err := b.apply(x.text)
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
		require.Contains(t, errs.As(err).Field, x.field, name)
		require.Contains(t, err.Error(), x.says, name)
	}
	require.Equal(t, before, b.dump(t))

	b.mustApply(t, risk("exemptionPolicy: blockingUnlessOverride, rules: [{ items: ["+login+", "+phone+"] }]"))
	_, err := b.apply("delete: { resourceTypes: [Account] }")
	require.Error(t, err, "a risk that names it keeps it")
}
