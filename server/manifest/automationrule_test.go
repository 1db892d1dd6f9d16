package manifest

import (
	"fmt"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// Automation rules about each of the five targets are written, exported and written back; whatever is none is refused with its place and what to do.
func TestAutomationRules(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, around)
	targets := map[string]string{"compositeRole": "compositeRole: Staff", "singleRole": "singleRole: Mail", "resourceType": "resourceType: Account",
		"category": "category: Tools, entityType: Person", "policy": "policy: Other, entityType: Person"}
	for typ, of := range targets {
		for _, state := range []string{"nonConforming", "preExisting"} {
			text := fmt.Sprintf("automationRules: [{ identifier: A-%s-%s, type: %s, %s, workflowState: %s, hoursToWait: 48, decision: decline }]", typ, state, typ, of, state)
			require.Len(t, b.mustApply(t, text).Changes, 1)
		}
	}
	exported, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	require.Len(t, exported.AutomationRules, 10)
	raw, err := yaml.Marshal(exported.WithoutSecrets())
	require.NoError(t, err)
	require.Empty(t, b.mustApply(t, string(raw)).Changes)

	for _, c := range []struct{ rule, field, says string }{
		{"type: policy, policy: Other, workflowState: nonConforming, decision: decline", "entityType", "Name the entity type of the owners"},
		{"type: category, category: Tools, workflowState: nonConforming, decision: decline", "entityType", "Name the entity type of the owners"},
		{"type: singleRole, singleRole: Mail, entityType: Person, workflowState: nonConforming, decision: decline", "entityType", "Leave it out"},
		{"type: singleRole, workflowState: nonConforming, decision: decline", "singleRole", "says which one"},
		{"type: singleRole, singleRole: Mail, policy: Other, workflowState: nonConforming, decision: decline", "policy", `"Other" does not go with the type singleRole`},
		{"type: singleRole, singleRole: Staff, workflowState: nonConforming, decision: decline", "singleRole", `There is no single role "Staff"`},
		{"type: role, singleRole: Mail, workflowState: nonConforming, decision: decline", "type", `"role" is not one of compositeRole, singleRole, resourceType, category, policy`},
		{`type: "", singleRole: Mail, workflowState: nonConforming, decision: decline`, "type", `"" is not one of`},
		{"type: singleRole, singleRole: Mail, workflowState: approved, decision: decline", "workflowState", `"approved" is not one of nonConforming, preExisting`},
		{"type: singleRole, singleRole: Mail, workflowState: nonConforming, decision: perhaps", "decision", `"perhaps" is not one of approve, decline`},
		{"type: singleRole, singleRole: Mail, workflowState: nonConforming, decision: decline, hoursToWait: -2", "hoursToWait", "between -1 and 876000"},
		{"type: singleRole, singleRole: Mail, workflowState: pendingApproval, decision: decline", "workflowState", "there are no requests"},
		{"type: singleRole, singleRole: Mail, workflowState: pendingRiskApproval, decision: approve", "workflowState", "there are no requests"},
		{"type: singleRole, singleRole: Mail, workflowState: missingParameters, decision: approve", "workflowState", "waits for a value"},
		{"type: singleRole, singleRole: Mail, workflowState: nonConforming, decision: decline, dimensions: { Nope: { key: IT } }", "dimensions.Nope", "There is no dimension"},
	} {
		_, err := b.apply("automationRules: [{ identifier: X, " + c.rule + " }]")
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", c.rule, err)
		require.Contains(t, errs.As(err).Field, "automationRule/X."+c.field, c.rule)
		require.ErrorContains(t, err, c.says, c.rule)
	}
	_, err = b.apply("delete: { singleRoles: [Mail] }")
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.ErrorContains(t, err, "A-singleRole-")
}

// Whoever never decides is told so, unless it takes something out of another rule.
func TestAutomationRuleThatNeverDecides(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	never := func() (n int) {
		p, err := b.apply("automationRules: [{ identifier: Leave, type: singleRole, singleRole: Mail, workflowState: nonConforming, decision: approve }]")
		require.NoError(t, err)
		for _, x := range p.Problems {
			if x.Kind == "automation_rule" && x.Field == "hoursToWait" {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, never())
	b.mustApply(t, "automationRules: [{ identifier: All, type: policy, policy: Default, entityType: Person, workflowState: nonConforming, hoursToWait: 48, decision: decline }]")
	require.Zero(t, never())
}
