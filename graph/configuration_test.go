package graph_test

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"writ/server/auth"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/job"
	"writ/server/manifest"
	"writ/server/permit"
)

// configured is a server with an object of every kind, a value in each of its fields, and somebody who may do everything.
func configured(t *testing.T) (*bundle, *client) {
	t.Helper()
	b := setup(t, auth.Config{})
	m := b.resolver.Manifest
	m.Jobs = job.New(b.db, b.clock, slog.New(slog.DiscardHandler), map[job.TaskType]job.TaskFunc{"Export": nil}, dbtest.Idle(job.Hooks{}))
	m.Jobs.Options = map[job.TaskType]any{"Export": struct{ Scope string }{}}
	everything, err := manifest.ReadFiles("../server/manifest/testdata/everything.yaml")
	require.NoError(t, err)
	_, err = m.Apply(permit.With(b.ctx, permit.System("test")), everything)
	require.NoError(t, err)
	return b, b.holding("admin", "/Connectors", "/Metadata", "/ProvisioningPolicy", "/Jobs", "/AccessControl")
}

type sealedMaps struct{ openMapRing }

func (sealedMaps) Open(of string, sealed []byte) (map[string]string, error) {
	return openMapRing{}.Unseal(of, sealed)
}

// kindOfConfiguration is a kind as the schema shows it.
type kindOfConfiguration struct {
	list, field, mutation string
	object                *ast.Definition
}

func kindsOf(schema *ast.Schema) []kindOfConfiguration {
	var out []kindOfConfiguration
	for _, f := range schema.Types["Configuration"].Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		object := schema.Types[strings.TrimSuffix(f.Type.NamedType, "Connection")]
		for _, save := range schema.Mutation.Fields {
			input, ok := strings.CutPrefix(save.Name, "save")
			if !ok {
				continue
			}
			of := schema.Types["Save"+input+"Input"].Fields[0]
			if of.Type.NamedType == object.Name+"Input" && pluralOf(of.Name) == f.Name {
				out = append(out, kindOfConfiguration{list: f.Name, field: of.Name, mutation: input, object: object})
			}
		}
	}
	return out
}

func pluralOf(name string) string {
	if base, ok := strings.CutSuffix(name, "y"); ok {
		return base + "ies"
	}
	return name + "s"
}

// allFields selects everything of a type, at every depth.
func allFields(schema *ast.Schema, d *ast.Definition) string {
	var out []string
	for _, f := range d.Fields {
		inner := schema.Types[f.Type.Name()]
		if inner.IsCompositeType() {
			out = append(out, f.Name+" { "+allFields(schema, inner)+" }")
		} else if !strings.HasPrefix(f.Name, "__") {
			out = append(out, f.Name)
		}
	}
	return strings.Join(out, " ")
}

// What can be written can be read, field by field, and what was read changes nothing when it is written back.
func TestConfigurationReadsAndWritesTheSame(t *testing.T) {
	t.Parallel()
	schema := mustSchema(t)
	_, c := configured(t)
	kinds := kindsOf(schema)
	require.Len(t, kinds, len(schema.Types["ConfigurationInput"].Fields))
	for _, k := range kinds {
		sameFields(t, schema, k.object)
		got := c.ask(fmt.Sprintf("{ configuration { %s(first: 20) { totalCount nodes { %s } } } }", k.list, allFields(schema, k.object)), nil)
		require.Empty(t, got.Errors, k.list)
		nodes := got.at("configuration", k.list, "nodes").([]any)
		require.NotEmpty(t, nodes, k.list)
		for _, n := range nodes {
			input := n.(map[string]any)
			version := input["version"]
			asInput(schema, k.object, input)
			text := fmt.Sprintf(`mutation($o: %sInput!, $v: String) { save%s(input: {%s: $o, version: $v, dryRun: true}) { dryRun changes { action fields { path before after } } versions { version } } }`,
				k.object.Name, k.mutation, k.field)
			saved := c.ask(text, map[string]any{"o": input, "v": version})
			require.Empty(t, saved.Errors, "%s %v", k.mutation, input)
			require.Empty(t, saved.at("save"+k.mutation, "changes"), "%s: %s", k.mutation, saved.raw)
			require.Equal(t, version, saved.at("save"+k.mutation, "versions").([]any)[0].(map[string]any)["version"])
		}
	}
}

func (r result) at(path ...string) any {
	var v any = r.Data
	for _, p := range path {
		v = v.(map[string]any)[p]
	}
	return v
}

// sameFields compares what a type can be written with and read with; secrets are written only.
func sameFields(t *testing.T, schema *ast.Schema, d *ast.Definition) {
	t.Helper()
	for _, f := range schema.Types[d.Name+"Input"].Fields {
		out := d.Fields.ForName(f.Name)
		if out == nil {
			require.Contains(t, []string{"password", "clientSecret"}, f.Name, "%s.%s cannot be read", d.Name, f.Name)
			continue
		}
		if inner := schema.Types[f.Type.Name()]; inner.Kind == ast.InputObject && inner.Name != "NamedValueInput" {
			sameFields(t, schema, schema.Types[out.Type.Name()])
		}
	}
}

// asInput takes off what only comes out: the version, secrets, and fields that say nothing.
func asInput(schema *ast.Schema, d *ast.Definition, node map[string]any) {
	for name, v := range node {
		f := d.Fields.ForName(name)
		switch v := v.(type) {
		case nil:
			delete(node, name)
		case map[string]any:
			if inner := schema.Types[f.Type.Name()]; inner.IsCompositeType() {
				asInput(schema, inner, v)
			}
		case []any:
			for _, e := range v {
				if inner := schema.Types[f.Type.Name()]; inner.IsCompositeType() {
					asInput(schema, inner, e.(map[string]any))
				}
			}
		}
		if name == "version" || f.Type.Name() == "SecretConfiguration" {
			delete(node, name)
		}
	}
}

// Options of steps have types: each type of task takes its own group and refuses the others, what is written by types is read as types and as
// JSON, and who says an option in both ways must say the same.
func TestTypedOptionsOfSteps(t *testing.T) {
	t.Parallel()
	b, c := configured(t)
	tasks := map[job.TaskType]job.TaskFunc{}
	for _, k := range job.TaskTypes() {
		tasks[k] = nil
	}
	jobs := job.New(b.db, b.clock, slog.New(slog.DiscardHandler), tasks, dbtest.Idle(job.Hooks{}))
	b.resolver.Manifest.Jobs = jobs
	const save = `mutation($s: StepConfigurationInput!) { saveJob(input: {job: {identifier: "Typed", steps: [$s]}}) { changes { action } } }`
	const read = `{ configuration { jobs(identifiers: ["Typed"]) { nodes { steps { options
		common { continueOnError scope } synchronization { connector mode commandColumn forceSynchronization } orders { connector resourceTypes forceProvisioning }
		roleModel { entityTypes dirty blockProvisioning blockAllResourceTypeProvisioning noProvisioningReview } } } } } }`
	groups := map[string]map[string]any{
		"synchronization": {"connector": "HR", "mode": "INITIAL", "commandColumn": "c", "forceSynchronization": true},
		"roleModel":       {"entityTypes": []any{"Person"}, "dirty": true, "blockProvisioning": true, "blockAllResourceTypeProvisioning": false, "noProvisioningReview": true},
		"orders":          {"connector": "HR", "resourceTypes": []any{"Account"}, "forceProvisioning": false},
	}
	of := map[job.TaskType]string{job.TaskExport: "synchronization", job.TaskPrepareSynchronization: "synchronization", job.TaskSynchronize: "synchronization",
		job.TaskSynchronizeConnector: "synchronization", job.TaskComputeRoleModel: "roleModel", job.TaskGenerateProvisioningOrders: "orders", job.TaskFulfill: "orders"}
	for _, kind := range job.TaskTypes() {
		common := map[string]any{"continueOnError": true, "scope": "s"}
		step := map[string]any{"task": "a", "type": upper(t, string(kind)), "common": common}
		for group, options := range groups {
			if group != of[kind] {
				step[group] = options
				refused := c.ask(save, map[string]any{"s": step})
				require.Equal(t, "VALIDATION", refused.Errors[0].code(), "%s takes no %s", kind, group)
				require.Contains(t, refused.Errors[0].Extensions["field"], "job/Typed.steps[0].options.")
				delete(step, group)
			}
		}
		if of[kind] != "" {
			step[of[kind]] = groups[of[kind]]
		}
		require.Empty(t, c.ask(save, map[string]any{"s": step}).Errors, kind)
		got := c.ask(read, nil)
		require.Empty(t, got.Errors)
		shown := got.at("configuration", "jobs", "nodes").([]any)[0].(map[string]any)["steps"].([]any)[0].(map[string]any)
		require.Equal(t, common, shown["common"])
		for group, options := range groups {
			if group == of[kind] {
				require.Equal(t, options, shown[group], kind)
			} else {
				require.Nil(t, shown[group], "%s %s", kind, group)
			}
		}
		require.Equal(t, "s", shown["options"].(map[string]any)["scope"], "the JSON says the same")
		step["options"] = map[string]any{"scope": "other"}
		twice := c.ask(save, map[string]any{"s": step})
		require.Equal(t, "VALIDATION", twice.Errors[0].code())
		step["options"] = map[string]any{"scope": "S"}
		require.Empty(t, c.ask(save, map[string]any{"s": step}).Errors)
	}
}

// Saving and deleting go by versions, tell what they do, and leave the same trace as a file.
func TestSaveAndDelete(t *testing.T) {
	t.Parallel()
	b, c := configured(t)
	const save = `mutation($o: CategoryConfigurationInput!, $v: String, $dry: Boolean) { saveCategory(input: {category: $o, version: $v, dryRun: $dry}) {
		dryRun changes { action kind identifier fields { path before after } } versions { version } } }`
	category := map[string]any{"identifier": "Rooms", "displayName": "Rooms"}
	version := func(r result) any { return r.at("saveCategory", "versions").([]any)[0].(map[string]any)["version"] }

	dry := c.ask(save, map[string]any{"o": category, "dry": true})
	require.Empty(t, dry.Errors)
	require.Equal(t, "CREATE", dry.at("saveCategory", "changes").([]any)[0].(map[string]any)["action"])
	require.Equal(t, "0", version(dry))
	made := c.ask(save, map[string]any{"o": category, "v": "0"})
	require.Empty(t, made.Errors)
	first := version(made)
	require.Equal(t, "CONFLICT", c.ask(save, map[string]any{"o": category, "v": "0"}).Errors[0].code(), "it exists")

	category["displayName"] = "Rooms and keys"
	changed := c.ask(save, map[string]any{"o": category, "v": first})
	require.Empty(t, changed.Errors)
	require.NotEqual(t, first, version(changed))
	category["displayName"] = "Somebody else's"
	stale := c.ask(save, map[string]any{"o": category, "v": first})
	require.Equal(t, "CONFLICT", stale.Errors[0].code())
	require.Equal(t, "category/Rooms", stale.Errors[0].Extensions["field"])
	require.Contains(t, stale.Errors[0].Message, version(changed))

	decomposed := c.ask(save, map[string]any{"o": map[string]any{"identifier": "Rooms", "displayName": "Cafe\u0301"}, "dry": true})
	require.Contains(t, decomposed.raw, "Caf\u00e9", "texts have the form that those of files have")
	wrong := c.ask(save, map[string]any{"o": map[string]any{"identifier": "Rooms", "parent": "Nope"}})
	require.Equal(t, "VALIDATION", wrong.Errors[0].code())
	require.Equal(t, "category/Rooms.parent", wrong.Errors[0].Extensions["field"])
	both := c.ask(save, map[string]any{"o": map[string]any{"identifier": "Rooms", "parent": "Nope", "policy": "Nobody"}})
	require.Len(t, both.Errors, 1)
	require.Equal(t, []any{
		map[string]any{"code": "VALIDATION", "field": "category/Rooms.policy", "message": both.Errors[0].Message},
	}, both.Errors[0].Extensions["problems"].([]any)[:1])
	require.Len(t, both.Errors[0].Extensions["problems"], 2, "all mistakes at once")
	needed := c.ask(`mutation { deletePolicy(input: {identifier: "Default"}) { dryRun } }`, nil)
	require.Equal(t, "CONFLICT", needed.Errors[0].code())
	require.Contains(t, needed.Errors[0].Message, "others need it: ")

	gone := c.ask(`mutation($v: String) { deleteCategory(input: {identifier: "Rooms", version: $v}) { changes { action } versions { version } } }`, map[string]any{"v": version(changed)})
	require.Empty(t, gone.Errors)
	require.Equal(t, "0", gone.at("deleteCategory", "versions").([]any)[0].(map[string]any)["version"])
	var told []string
	require.NoError(t, b.db.NewRaw(`select data->'changes'->>0 from event where kind = 'configuration.changed' order by id desc limit 3`).Scan(b.ctx, &told))
	require.Equal(t, []string{"DELETE category Rooms", "UPDATE category Rooms", "CREATE category Rooms"}, told)
}

// Several objects go together or not at all, and each needs the right to its kind.
func TestApplyConfiguration(t *testing.T) {
	t.Parallel()
	b, c := configured(t)
	const apply = `mutation($i: ApplyConfigurationInput!) { applyConfiguration(input: $i) { changes { action kind identifier fields { path after } } } }`
	both := map[string]any{
		"save": map[string]any{
			"categories":  []any{map[string]any{"identifier": "Rooms", "parent": "House"}, map[string]any{"identifier": "House"}},
			"singleRoles": []any{map[string]any{"identifier": "Key", "entityType": "Person", "category": "Rooms", "rules": []any{map[string]any{"dimensions": []any{map[string]any{"dimension": "Department", "key": "IT", "inherit": true}}}}}},
		},
		"delete": []any{map[string]any{"kind": "CONTEXT_RULE", "identifier": "Nope"}},
	}
	done := c.ask(apply, map[string]any{"i": both})
	require.Empty(t, done.Errors)
	require.Len(t, done.at("applyConfiguration", "changes"), 3)
	kept := c.ask(`{ configuration { singleRoles(identifiers: ["Key"]) { totalCount nodes { rules { dimensions { dimension key inherit } type } } } } }`, nil)
	require.Empty(t, kept.Errors)
	require.JSONEq(t, `{"rules":[{"dimensions":[{"dimension":"Department","key":"IT","inherit":true}],"type":"REQUIRED"}]}`,
		mustJSON(t, kept.at("configuration", "singleRoles", "nodes").([]any)[0]))

	half := map[string]any{"save": map[string]any{"categories": []any{map[string]any{"identifier": "Half"}}, "policies": []any{map[string]any{"identifier": "bad name", "isProvisioningEnabled": true}}}}
	require.Equal(t, "VALIDATION", c.ask(apply, map[string]any{"i": half}).Errors[0].code())
	stale := map[string]any{"save": map[string]any{"categories": []any{map[string]any{"identifier": "Half"}}}, "versions": []any{map[string]any{"kind": "CATEGORY", "identifier": "House", "version": "1"}}}
	require.Equal(t, "CONFLICT", c.ask(apply, map[string]any{"i": stale}).Errors[0].code())
	require.EqualValues(t, 0, c.ask(`{ configuration { categories(identifiers: ["Half"]) { totalCount } } }`, nil).at("configuration", "categories", "totalCount"), "all or nothing")

	// the right to one kind is none to another, and reading is not writing
	modeller := b.holding("modeller", permit.RoleModelUpdate, permit.RoleModelQuery)
	reader := b.holding("reader", permit.RoleModelQuery)
	user := map[string]any{"save": map[string]any{"categories": []any{map[string]any{"identifier": "House"}}, "users": []any{map[string]any{"username": "eve"}}}}
	require.Equal(t, "FORBIDDEN", modeller.ask(apply, map[string]any{"i": user}).Errors[0].code())
	require.Empty(t, modeller.ask(`mutation { saveCategory(input: {category: {identifier: "Mine"}}) { dryRun } }`, nil).Errors)
	require.Equal(t, "FORBIDDEN", modeller.ask(`mutation { saveUser(input: {user: {username: "eve"}}) { dryRun } }`, nil).Errors[0].code())
	require.Equal(t, "FORBIDDEN", reader.ask(`mutation { saveCategory(input: {category: {identifier: "Mine"}}) { dryRun } }`, nil).Errors[0].code())
	require.Empty(t, reader.ask(`mutation { saveCategory(input: {category: {identifier: "Mine"}, dryRun: true}) { dryRun } }`, nil).Errors)
	part := reader.ask(`{ configuration { categories { totalCount } users { totalCount } } }`, nil)
	require.Equal(t, "FORBIDDEN", part.Errors[0].code())
	require.NotNil(t, part.at("configuration", "categories"))
	require.Nil(t, part.at("configuration", "users"))
}

// Secrets go in and never come out, and a plan tells nothing of them.
func TestSecretsAreWrittenOnly(t *testing.T) {
	t.Parallel()
	b, c := configured(t)
	const save = `mutation($u: UserConfigurationInput!, $dry: Boolean) { saveUser(input: {user: $u, dryRun: $dry}) { changes { fields { path before after } } versions { version } } }`
	user := map[string]any{"username": "ana", "password": "canary-1", "profiles": []any{map[string]any{"profile": "Desk"}}}
	first := c.ask(save, map[string]any{"u": user})
	require.Empty(t, first.Errors)
	right, user2 := c.ask(save, map[string]any{"u": user, "dry": true}), map[string]any{"username": "ana", "password": "canary-2", "profiles": user["profiles"]}
	wrong := c.ask(save, map[string]any{"u": user2, "dry": true})
	require.Equal(t, right.raw, wrong.raw, "whether it is the one in force is nobody's to know")
	require.Contains(t, right.raw, "will be written")
	again := c.ask(save, map[string]any{"u": user2})
	require.NotEqual(t, first.at("saveUser", "versions"), again.at("saveUser", "versions"), "another password is another version")

	connector := `mutation { saveConnector(input: {connector: {identifier: "S", connections: [{identifier: "S", package: "null", settings: [{name: "a", value: "b"}],
		secrets: [{name: "plain", value: "canary-3"}, {name: "elsewhere", value: "env:THERE"}]}]}}) { changes { fields { path after } } } }`
	saved := c.ask(connector, nil)
	require.Empty(t, saved.Errors)
	read := c.ask(`{ configuration { connectors(identifiers: ["S"]) { nodes { connections { settings { name value } secrets { name reference } } } } users { nodes { username } } } }`, nil)
	require.Empty(t, read.Errors)
	require.Contains(t, read.raw, `{"name":"elsewhere","reference":"env:THERE"},{"name":"plain","reference":null}`)
	for _, r := range []result{first, right, wrong, again, saved, read} {
		require.NotContains(t, r.raw, "canary")
	}
	var rows []string
	require.NoError(t, b.db.NewRaw(`select data::text from event`).Scan(b.ctx, &rows))
	require.NotContains(t, strings.Join(rows, " "), "canary")
}

// A list costs the same number of statements however long it is, and goes in pages.
func TestConfigurationInPages(t *testing.T) {
	t.Parallel()
	b, c := configured(t)
	var seen []string
	after := ""
	for {
		got := c.ask(`query($a: String) { configuration { entityTypes(first: 2, after: $a) { totalCount pageInfo { hasNextPage endCursor } nodes { identifier } } } }`, map[string]any{"a": after})
		require.Empty(t, got.Errors)
		for _, n := range got.at("configuration", "entityTypes", "nodes").([]any) {
			seen = append(seen, n.(map[string]any)["identifier"].(string))
		}
		info := got.at("configuration", "entityTypes", "pageInfo").(map[string]any)
		if info["hasNextPage"] != true {
			require.EqualValues(t, len(seen), got.at("configuration", "entityTypes", "totalCount"))
			break
		}
		after = info["endCursor"].(string)
	}
	require.True(t, slices.IsSorted(seen), "%v", seen)
	count := func() int {
		least := math.MaxInt
		for range 5 { // who asks is remembered for a moment: on a slow machine it is read again now and then, which is no part of the list
			ctx, counted := db.CountQueries(b.ctx)
			require.Empty(t, b.inProcess(ctx, c.token, `{ configuration { singleRoles { nodes { identifier rules { identifier policy } } } } }`, nil).Errors)
			least = min(least, counted.N())
		}
		return least
	}
	few := count()
	for i := range 3 {
		require.Empty(t, c.ask(fmt.Sprintf(`mutation { saveSingleRole(input: {singleRole: {identifier: "R%d", entityType: "Person", rules: [{}]}}) { dryRun } }`, i), nil).Errors)
	}
	require.Equal(t, few, count())
}

// Who may do everything but what a kind needs can neither read nor write nor delete objects of it, nor try to.
func TestEachKindNeedsItsRight(t *testing.T) {
	t.Parallel()
	schema, book := mustSchema(t), rights(t)
	b, _ := configured(t)
	areas := []string{"/Connectors", "/Metadata", "/ProvisioningPolicy", "/Jobs", "/AccessControl"}
	without := map[string]*client{}
	for i, area := range areas {
		others := slices.Delete(slices.Clone(areas), i, i+1)
		without[area] = b.holding(fmt.Sprintf("without%d", i), others...)
	}
	for _, k := range kindsOf(schema) {
		right := book["Configuration."+k.list]
		require.Len(t, right, 1, k.list)
		area := "/" + strings.Split(right[0], "/")[1]
		c := without[area]
		require.NotNil(t, c, "%s needs %s", k.list, right[0])
		require.Equal(t, "FORBIDDEN", c.ask(fmt.Sprintf("{ configuration { %s { totalCount } } }", k.list), nil).Errors[0].code(), k.list)
		for _, dry := range []string{"false", "true"} {
			object := simplest(schema, ast.NonNullNamedType(k.object.Name+"Input", nil))
			require.Equal(t, "FORBIDDEN", c.ask(fmt.Sprintf("mutation { save%s(input: {%s: %s, dryRun: %s}) { dryRun } }", k.mutation, k.field, object, dry), nil).Errors[0].code(), k.mutation)
			require.Equal(t, "FORBIDDEN", c.ask(fmt.Sprintf(`mutation { delete%s(input: {identifier: "Generated", dryRun: %s}) { dryRun } }`, k.mutation, dry), nil).Errors[0].code(), k.mutation)
		}
	}
}
