package manifest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/permit"
)

// mustGroups adds groups of a directory to the house, and a resource type whose targets are their members.
func mustGroups(t *testing.T, groups ...[3]string) bundle {
	t.Helper()
	b := mustHouse(t)
	b.mustApply(t, `
entityTypes:
  - identifier: Group
    properties: [{ identifier: Name, isKey: true }, { identifier: Kind }, { identifier: Owner, target: Department }]
  - identifier: Login
    source: { connection: Database, table: l }
    properties: [{ identifier: Name, column: n, primaryKey: true }, { identifier: Member, column: m, target: Group, collection: true }]
resourceTypes:
  - identifier: Login
    sourceEntityType: Person
    targetEntityType: Login
    connection: Database
    scalarRules: [{ property: Name, binding: Number }]
    correlationRules: [{ sourceBinding: Number, targetBinding: Name, confidence: 100 }]
categories: [{ identifier: Applications }]`)
	for _, g := range groups {
		_, err := b.DB.ExecContext(b.ctx, `with made as (
				insert into resource (entity_type_id, key, display_name, valid_from, scalars) select id, ?0, ?0, now(), jsonb_strip_nulls(jsonb_build_object('Name', ?0::text, 'Kind', nullif(?1, ''))) from entity_type where identifier = 'Group' returning id),
			owner as (insert into resource (entity_type_id, key, display_name, valid_from, scalars)
				select id, ?2, ?2, now(), jsonb_build_object('Code', ?2::text) from entity_type where identifier = 'Department' and ?2 <> '' on conflict do nothing returning id)
			insert into resource_link (property_id, source_id, valid_from, target_id)
			select p.id, made.id, now(), coalesce((select id from owner), (select r.id from resource r join entity_type e on e.id = r.entity_type_id where e.identifier = 'Department' and r.key = ?2))
			from made, property p join entity_type e on e.id = p.entity_type_id where e.identifier = 'Group' and p.identifier = 'Owner' and ?2 <> ''`, g[0], g[1], g[2])
		require.NoError(t, err)
	}
	return b
}

const mapping = `
roleMappings:
  - identifier: Apps
    resourceType: Login
    property: Member
    rules: [{ items: [{ property: Kind, value: app }] }, { items: [{ property: Kind, value: tool }] }]
    whereExpression: target.Name.startsWith("SG_")
    identifierExpression: target.Name.substring(3)
    displayNameExpression: '"Use of " + target.Name.substring(3)'
    categoryIdentifierBinding: Owner.Code
    parentCategoryExpression: Literal:Applications
    approvalWorkflowType: 2
`

// Groups become roles with the rules that give them; a second run, and a role somebody made, change nothing.
func TestBuildRoleModel(t *testing.T) {
	t.Parallel()
	b := mustGroups(t, [3]string{"SG_crm", "app", "Sales"}, [3]string{"SG_erp", "tool", "Sales"}, [3]string{"SG_wiki", "app", ""}, [3]string{"SG_bad name", "app", ""},
		[3]string{"crm", "app", ""}, [3]string{"SG_other", "list", ""}, [3]string{"SG_taken", "app", ""}, [3]string{"SG_mine", "app", ""})
	b.mustApply(t, `singleRoles: [{ identifier: taken, entityType: Person, category: Applications }, { identifier: mine, entityType: Person }]`)
	b.mustApply(t, mapping)
	b.mustApply(t, `resourceTypes:
  - identifier: Login
    sourceEntityType: Person
    targetEntityType: Login
    connection: Database
    scalarRules: [{ property: Name, binding: Number }]
    navigationRules: [{ identifier: by-hand, property: Member, resource: SG_wiki, singleRole: Mail }]
    correlationRules: [{ sourceBinding: Number, targetBinding: Name, confidence: 100 }]`)

	report, err := b.BuildRoleModel(b.ctx)
	require.NoError(t, err)
	require.Equal(t, 2, report.Roles, "%v", report.Left)
	require.Equal(t, 3, report.Rules, "mine has the same policy and category, so it gets the rule")
	require.Equal(t, 1, report.Categories)
	require.Len(t, report.Left, 2)
	require.Contains(t, report.Left[0], `"bad name" is no identifier`)
	require.Contains(t, report.Left[1], "there is a role taken already")

	now, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	roles := map[string]Role{}
	for _, r := range now.SingleRoles {
		roles[r.Identifier] = r
	}
	require.Equal(t, filled(Role{Identifier: "crm", DisplayName: "Use of crm", Policy: "Default", EntityType: "Person", Category: "Sales", ApprovalWorkflowType: 2,
		State: "generated"}), roles["crm"])
	require.NotContains(t, roles, "wiki", "somebody linked that group by hand")
	require.NotContains(t, roles, "other")
	require.Equal(t, "Applications", now.Categories[len(now.Categories)-1].Parent)
	var rules []string
	for _, x := range now.ResourceTypes {
		for _, r := range x.NavigationRules {
			rules = append(rules, fmt.Sprintf("%s: %s gives %s", r.Identifier, r.SingleRole, r.Resource))
		}
	}
	require.Equal(t, []string{"by-hand: Mail gives SG_wiki", "Login-Member-crm: crm gives SG_crm", "Login-Member-erp: erp gives SG_erp", "Login-Member-mine: mine gives SG_mine"}, rules)

	before := b.dump(t)
	again, err := b.BuildRoleModel(b.ctx)
	require.NoError(t, err)
	require.Zero(t, again.Roles+again.Rules+again.Categories)
	require.Equal(t, before, b.dump(t), "a second run changes nothing")

	b.mustApply(t, `delete: { roleMappings: [Apps] }`)
	kept, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	require.Len(t, kept.SingleRoles, len(now.SingleRoles), "what it made stays")
}

// Two resources that would become one role: the first does, the other is told.
func TestTwoResourcesOneRole(t *testing.T) {
	t.Parallel()
	b := mustGroups(t, [3]string{"SG_crm", "app", ""}, [3]string{"SG_CRM", "app", ""})
	b.mustApply(t, `roleMappings: [{ identifier: Apps, resourceType: Login, property: Member, identifierExpression: target.Name.lowerAscii() }]`)
	report, err := b.BuildRoleModel(b.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, report.Rules)
	require.Len(t, report.Left, 1)
	require.Contains(t, report.Left[0], "another resource gives the role sg_crm already")
}

// A mapping that can name nothing is refused with its place.
func TestMistakesOfRoleMappings(t *testing.T) {
	t.Parallel()
	b := mustGroups(t)
	const base = "roleMappings: [{ identifier: M, resourceType: Login, property: "
	for name, c := range map[string]struct{ yaml, field, says string }{
		"scalar":              {base + "Name, identifierBinding: Name }]", "roleMapping/M.property", "navigation"},
		"unknown property":    {base + "Nope, identifierBinding: Name }]", "roleMapping/M.property", "Nope"},
		"no identifier":       {base + "Member }]", "roleMapping/M.identifierExpression", "binding or an expression"},
		"unknown binding":     {base + "Member, identifierBinding: Nope }]", "roleMapping/M.identifierExpression", "Nope"},
		"many":                {base + "Member, identifierBinding: Owner }]", "roleMapping/M.identifierExpression", ""},
		"no condition":        {base + "Member, identifierBinding: Name, whereExpression: target.Name }]", "roleMapping/M.whereExpression", ""},
		"unknown in a rule":   {base + "Member, identifierBinding: Name, rules: [{ items: [{ property: Owner, value: x }] }] }]", "roleMapping/M.rules[0].items[0].property", "Owner"},
		"wrong category path": {base + "Member, identifierBinding: Name, categoryIdentifierBinding: Owner.Nope }]", "roleMapping/M.categoryIdentifierExpression", "Nope"},
	} {
		_, err := b.apply(c.yaml)
		if name == "many" && err == nil { // a resource as a text is its key
			continue
		}
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
		require.Equal(t, c.field, errs.As(err).Field, name)
		require.Contains(t, err.Error(), c.says, name)
	}
	_, err := b.BuildRoleModel(permit.With(t.Context(), &permit.Actor{Username: "nobody"}))
	require.True(t, errs.Is(err, errs.Forbidden))
}

// A mapping whose property is needed keeps it, and says so.
func TestMappedPropertyStays(t *testing.T) {
	t.Parallel()
	b := mustGroups(t)
	b.mustApply(t, mapping)
	_, err := b.apply(`delete: { resourceTypes: [Login] }`)
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.ErrorContains(t, err, "role mapping Apps")
	_, err = b.apply(`entityTypes: [{ identifier: Login, source: { connection: Database, table: l }, properties: [{ identifier: Name, column: n, primaryKey: true }] }]`)
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.ErrorContains(t, err, "Apps")
}
