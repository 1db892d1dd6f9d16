package manifest

import (
	"fmt"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// Approver rules about each of the six targets are written, exported and written back; whatever could never be met is refused with its place and what to do.
func TestApproverRules(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, around+"risks: [{ identifier: Both, entityType: Person, riskType: highPrivilege, rules: [{ items: [{ resourceType: Badges, property: Areas }] }] }]\n")
	for i, target := range []string{"compositeRole: Staff", "singleRole: Mail", "category: Tools, includeSubcategories: false", "policy: Other", "risk: Both", "entityType: Person"} {
		text := fmt.Sprintf("approverRules: [{ identifier: A%d, target: { %s }, find: [{ finder: REVIEWERS }] }]", i, target)
		require.Len(t, b.mustApply(t, text).Changes, 1)
		require.Empty(t, b.mustApply(t, text).Changes)
	}
	exported, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	require.Len(t, exported.ApproverRules, 6)
	raw, err := yaml.Marshal(exported.WithoutSecrets())
	require.NoError(t, err)
	require.Empty(t, b.mustApply(t, string(raw)).Changes)

	for _, c := range []struct{ rule, field, says string }{
		{"find: []", "find", "finds nobody"},
		{"find: [{ finder: BOSS }]", "find[0].finder", `"BOSS" is not one of`},
		{"find: [{ finder: profile }]", "find[0].profile", "which profile"},
		{"find: [{ finder: profile, profile: Nope }]", "find[0].profile", `"Nope"`},
		{"find: [{ finder: person }]", "find[0].keys", "by key"},
		{"find: [{ finder: reviewers, keys: [a] }]", "find[0].keys", "does not go with"},
		{"find: [{ finder: roleOwner, level: 2 }]", "find[0].level", "so many steps"},
		{"find: [{ finder: riskOwner }]", "find[0].finder", "Add the level 0"},
		{"find: [{ finder: managerOfCandidate }]", "find[0].finder", "Nobody was asked yet"},
		{"find: [{ finder: reviewers }], escalateTo: [{ finder: profile, profile: Nope }]", "escalateTo[0].profile", `"Nope"`},
		{"find: [{ finder: reviewers }], escalateTo: [{ finder: riskOwner }]", "escalateTo[0].finder", "Add the level 0"},
		{"levels: [4], find: [{ finder: reviewers }]", "levels", "no level 4"},
		{"levels: [1, 1], find: [{ finder: reviewers }]", "levels", "twice"},
		{"target: { risk: Both }, levels: [1], find: [{ finder: reviewers }]", "levels", "its approval alone"},
		{"levels: [0], actions: [REMOVE], find: [{ finder: reviewers }]", "actions", "never met"},
		{"actions: [PLAY], find: [{ finder: reviewers }]", "actions", `"PLAY" is not one of`},
		{"target: { policy: Other, category: Tools }, find: [{ finder: reviewers }]", "target.category", "one of 2"},
	} {
		_, err := b.apply("approverRules: [{ identifier: X, " + c.rule + " }]")
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", c.rule, err)
		require.ErrorContains(t, err, c.says, c.rule)
		require.Contains(t, fmt.Sprint(errs.As(err).Field), "approverRule/X."+c.field, c.rule)
	}
}

// TestFallbackApprovers: whom a policy names for the case that nobody else is found is written and exported, with a profile of the same change; what finds
// nobody is refused.
func TestFallbackApprovers(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, around)
	text := "policies: [{ identifier: Late, isProvisioningEnabled: true, dueAfterDays: 0, fallbackApprovers: [{ finder: PROFILE, profile: Night }, { finder: ROLE_OWNER }] }]\nprofiles: [{ identifier: Night }]\n"
	require.Len(t, b.mustApply(t, text).Changes, 2)
	require.Empty(t, b.mustApply(t, text).Changes)
	for _, c := range []struct{ finder, field, says string }{
		{"{ finder: profile, profile: Nope }", "profile", `"Nope"`},
		{"{ finder: riskOwner }", "finder", "Add the level 0"},
		{"{ finder: managerOfCandidate }", "finder", "Nobody was asked yet"},
	} {
		_, err := b.apply("policies: [{ identifier: Late, isProvisioningEnabled: true, fallbackApprovers: [" + c.finder + "] }]")
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", c.finder, err)
		require.ErrorContains(t, err, c.says)
		require.Contains(t, fmt.Sprint(errs.As(err).Field), "policy/Late.fallbackApprovers[0]."+c.field)
	}
}
