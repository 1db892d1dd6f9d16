package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// What others need stays, and they are named; plan says so too.
func TestDeleteInUse(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, `compositeRoles: [{ identifier: Staff, entityType: Person }]
categories: [{ identifier: Tools }]
singleRoles: [{ identifier: Phone, entityType: Person, category: Tools, rules: [{ identifier: phone-rule, compositeRole: Staff }] }]
jobs: [{ identifier: hr, steps: [{ task: read, type: Export, options: { connector: Spare } }] }]
connectors: [{ identifier: Spare }]`)
	before := b.dump(t)
	for name, c := range map[string]struct {
		yaml, field string
		kind        errs.Kind
		says        []string
	}{
		"role of a rule":           {`delete: { singleRoles: [Mail] }`, "singleRole/Mail", errs.Conflict, []string{"resource type rule account-type"}},
		"composite of a rule":      {`delete: { compositeRoles: [Staff] }`, "compositeRole/Staff", errs.Conflict, []string{"role rule phone-rule"}},
		"category of a role":       {`delete: { categories: [Tools] }`, "category/Tools", errs.Conflict, []string{"role Phone"}},
		"policy of everything":     {`delete: { policies: [Default] }`, "policy/Default", errs.Conflict, []string{"role ", "resource type Account", "context rule People"}},
		"profile of a user":        {`delete: { profiles: [Desk] }`, "profile/Desk", errs.Conflict, []string{"assigned profile ana"}},
		"entity type of everybody": {`delete: { entityTypes: [Person] }`, "entityType/Person", errs.Conflict, []string{"resource type Account", "role "}},
		"entity type of a link":    {`delete: { entityTypes: [Department], dimensions: [Department] }`, "entityType/Department", errs.Conflict, []string{"property Person.Department"}},
		"connector of an account":  {`delete: { connectors: [App] }`, "connector/App", errs.Conflict, []string{"entity type Account", "connection Database"}},
		"connector of a job":       {`delete: { connectors: [Spare] }`, "job/hr.steps[0].options.connector", errs.Validation, []string{"Spare"}},
		"dimension of a context":   {`delete: { dimensions: [Department] }`, "contextRule/People", errs.Validation, []string{"Department"}},
		"unknown list":             {`delete: { robots: [R2] }`, "delete.robots", errs.Validation, []string{"robots", "singleRoles"}},
		"defined and deleted":      {"policies: [{ identifier: P }]\ndelete: { policies: [P] }", "delete.policies", errs.Validation, []string{"both defined and deleted"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, try := range []func() error{
				func() error { _, err := b.apply(c.yaml); return err },
				func() error {
					p, err := b.Plan(b.ctx, PlanInput{YAML: c.yaml})
					if err == nil && len(p.Problems) > 0 && p.Problems[0].Severity == "ERROR" {
						_, err = b.apply(c.yaml) // the plan shows it as a problem of the model
					}
					return err
				},
			} {
				err := try()
				require.True(t, errs.Is(err, c.kind), "%v", err)
				require.Contains(t, errs.As(err).Field, c.field)
				for _, text := range c.says {
					require.Contains(t, errs.As(err).Message, text)
				}
			}
		})
	}
	require.Equal(t, before, b.dump(t))
}

// Everything can go together, and twice.
func TestDelete(t *testing.T) {
	t.Parallel()
	b := setup(t)
	empty := b.dump(t)
	h := mustHouse(t)
	const all = `delete:
  users: [ANA, nobody]
  profiles: [Desk]
  jobs: [nightly]
  contextRules: [People]
  resourceTypes: [Account]
  singleRoles: [Mail]
  policies: [Default]
  dimensions: [Department]
  entityTypes: [Account, Person, Department]
  connectors: [HR, App]`
	p := h.mustApply(t, all)
	require.Len(t, p.Changes, 13)
	require.Equal(t, Change{Action: Delete, Kind: "user", Identifier: "ana"}, Change{Action: p.Changes[0].Action, Kind: p.Changes[0].Kind, Identifier: p.Changes[0].Identifier})
	require.NotEmpty(t, p.Changes[0].Fields)
	after := h.dump(t)
	for _, table := range []string{"connector", "connection", "entity_type", "property", "property_mapping", "entity_mapping", "dimension", "policy", "role", "role_rule",
		"resource_type", "resource_type_rule", "context_rule", "job", "job_step", "profile", "access_rule", "access_entry", "access_filter", "local_user", "assigned_profile"} {
		require.Equal(t, empty[table], after[table], table)
	}
	require.Empty(t, h.mustApply(t, all).Changes, "what is not there is gone already")
	h.mustApply(t, house)
}

// A role goes together with what needs it, in one file.
func TestDeleteWithWhatNeedsIt(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	p := b.mustApply(t, `resourceTypes:
  - identifier: Account
    sourceEntityType: Person
    targetEntityType: Account
    connection: Database
    typeRules: [{ identifier: account-type }]
    scalarRules: [{ property: Login, binding: Number }, { property: Phone, binding: Phone }]
    correlationRules: [{ sourceBinding: Number, targetBinding: Login, confidence: 100 }]
delete: { singleRoles: [Mail] }`)
	require.Len(t, p.Changes, 2)
	require.Equal(t, 0, b.count(t, "role"))
}
