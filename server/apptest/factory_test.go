package apptest_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// factoryPassword is that of the administrator of a factory.
const factoryPassword = "a-factory-has-its-own-password"

// factory is a house with a configuration of its own: people from a CSV file, accounts in the fake target. It is everything between a
// source and a target and nothing else.
type factory struct {
	*apptest.House
	target *apptest.Target
}

// mustFactory starts one with people F00001... mode is that of both connectors; more goes into the resource type.
func mustFactory(t *testing.T, people, processes int, mode string, more ...string) *factory {
	t.Helper()
	return mustFactoryIn(t, apptest.Options{Processes: processes}, people, mode, more...)
}

// mustFactoryIn is mustFactory for a house that is started in its own way.
func mustFactoryIn(t *testing.T, o apptest.Options, people int, mode string, more ...string) *factory {
	t.Helper()
	o.TestHooks = true
	target := apptest.MustTarget(t)
	h := apptest.MustStart(t, o)
	f := &factory{h, target}
	var list []int
	for i := range people {
		list = append(list, i+1)
	}
	f.writePeople(t, list...)
	config := filepath.Join(h.DataDir, "config")
	require.NoError(t, os.MkdirAll(config, 0o755))
	text := strings.NewReplacer("$MODE", mode, "$URL", target.URL, "$PASSWORD", factoryPassword, "$MORE", strings.Join(more, "\n    ")).Replace(factoryConfig)
	require.NoError(t, os.WriteFile(filepath.Join(config, "factory.yaml"), []byte(text), 0o644))
	h.MustRun(t, "apply", config)
	h.SignIn("admin", h.Processes[0].MustLogin(t, "admin", factoryPassword))
	return f
}

func person(i int) string { return fmt.Sprintf("F%05d", i) }

// writePeople puts a file with these people in the place of the old one.
func (f *factory) writePeople(t *testing.T, people ...int) {
	t.Helper()
	dir := filepath.Join(f.DataDir, "files", "people")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	part, err := os.Create(filepath.Join(dir, ".People.csv.part"))
	require.NoError(t, err)
	w := csv.NewWriter(part)
	rows := [][]string{{"Number", "Name"}}
	for _, i := range people {
		rows = append(rows, []string{person(i), fmt.Sprintf("Worker %d", i)})
	}
	require.NoError(t, w.WriteAll(rows))
	require.NoError(t, part.Close())
	require.NoError(t, os.Rename(part.Name(), filepath.Join(dir, "People.csv")))
}

// once checks the target's own log: every person's account was made exactly once, and nothing else was done.
func (f *factory) once(t *testing.T, people int) {
	t.Helper()
	made := map[string]int{}
	for _, o := range f.target.MustLog(t) {
		if !o.Applied {
			continue
		}
		require.EqualValues(t, "Added", o.ChangeType, "operation %d on %s", o.ID, o.Key)
		made[o.Key]++
	}
	require.Len(t, made, people, "nothing is lost")
	for key, n := range made {
		require.Equal(t, 1, n, "%s was made more than once", key)
	}
}

// states counts orders by state.
func (f *factory) states(t *testing.T) map[int]int {
	t.Helper()
	var rows []struct{ State, N int }
	require.NoError(t, f.DB.NewRaw(`select state, count(*) as n from provisioning_order group by 1`).Scan(t.Context(), &rows))
	counts := map[int]int{}
	for _, r := range rows {
		counts[r.State] = r.N
	}
	return counts
}

const factoryConfig = `connectors:
  - identifier: People
    mode: $MODE
    thresholds: { maximumInsertedLines: 0, maximumUpdatedLines: 0, maximumDeletedLines: 0, maxPercentageInsertedLines: 0, maxPercentageUpdatedLines: 0, maxPercentageDeletedLines: 90,
      maximumLinkInsertedLines: 0, maximumLinkDeletedLines: 0, maxLinkPercentageInsertedLines: 0, maxLinkPercentageDeletedLines: 0 }
    connections:
      - { identifier: People_Files, package: csv, pollSeconds: 1, settings: { path: people } }
  - identifier: Target
    mode: $MODE
    thresholds: { maximumInsertedLines: 0, maximumUpdatedLines: 0, maximumDeletedLines: 0, maxPercentageInsertedLines: 0, maxPercentageUpdatedLines: 0, maxPercentageDeletedLines: 90,
      maximumLinkInsertedLines: 0, maximumLinkDeletedLines: 0, maxLinkPercentageInsertedLines: 0, maxLinkPercentageDeletedLines: 0 }
    connections:
      - { identifier: Target_HTTP, package: fake, pollSeconds: 1, settings: { url: "$URL", timeout: "5" } }
entityTypes:
  - identifier: Worker
    connector: People
    source: { connection: People_Files, table: People }
    displayExpression: "{Name}"
    properties:
      - { identifier: Number, column: Number, primaryKey: true }
      - { identifier: Name, column: Name }
  - identifier: Account
    connector: Target
    source: { connection: Target_HTTP, table: account }
    displayExpression: "{Login}"
    properties:
      - { identifier: Login, column: login, primaryKey: true }
      - { identifier: Name, column: name }
policies:
  - { identifier: Default, isProvisioningEnabled: true }
resourceTypes:
  - identifier: Worker_Account
    sourceEntityType: Worker
    targetEntityType: Account
    connection: Target_HTTP
    blockProvisioning: false
    maximumInsertPercent: 0
    $MORE
    typeRules: [{}]
    scalarRules:
      - { property: Login, binding: Number, expression: ToLower }
      - { property: Name, binding: Name }
    correlationRules:
      - { sourceBinding: Number, sourceExpression: ToLower, targetBinding: Login, confidence: 100 }
jobs:
  - identifier: complete
    steps:
      - { task: people, type: SynchronizeConnector, level: 0, options: { connector: People } }
      - { task: target, type: SynchronizeConnector, level: 0, options: { connector: Target } }
      - { task: role-model, type: ComputeRoleModel, level: 1, options: { entityTypes: [Worker] } }
      - { task: generate, type: GenerateProvisioningOrders, level: 2, options: { resourceTypes: [Worker_Account] } }
      - { task: fulfil, type: Fulfill, level: 3, dependsOn: [generate], options: { resourceTypes: [Worker_Account], continueOnError: true } }
      - { task: read-back, type: SynchronizeConnector, level: 4, options: { connector: Target } }
      - { task: verify, type: ComputeRoleModel, level: 5, options: { entityTypes: [Worker] } }
profiles:
  - identifier: Administrator
    rules:
      - identifier: everything
        entries:
          - { permission: /ProvisioningPolicy }
          - { permission: /Custom/ProvisioningPolicy }
          - { permission: /Custom/Resources }
          - { permission: /Jobs }
          - { permission: /Connectors }
          - { permission: /Settings }
users:
  - { username: admin, password: $PASSWORD, profiles: [{ profile: Administrator }] }
`
