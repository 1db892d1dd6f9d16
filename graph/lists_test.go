package graph_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"writ/graph/generated"
	"writ/server/db"
	"writ/server/event"
)

// pagedLists are the lists that come whole and in pages, with what makes many rows of each.
var pagedLists = []struct{ page, whole, many, find string }{
	{"policiesPage", "policies", "insert into policy (id, identifier, display_name) overriding system value select 90000 + n, 'many' || n, 'Many ' || n from generate_series(1, 60) n", "many 60"},
	{"categoriesPage", "categories", "insert into category (id, identifier, display_name, policy_id) overriding system value select 90000 + n, 'many' || n, 'Many ' || n, 71 from generate_series(1, 60) n", "many 60"},
	{"rolesPage", "roles", `insert into role (id, kind, identifier, display_name, policy_id, entity_type_id) overriding system value
		select 90000 + n, 'SINGLE', 'many' || n, 'Many ' || n, 71, (select min(id) from entity_type) from generate_series(1, 60) n`, "many 60"},
	{"profilesPage", "profiles", "insert into profile (id, identifier, display_name) overriding system value select 90000 + n, 'many' || n, 'Many ' || n from generate_series(1, 60) n", "many 60"},
	{"connectorsPage", "connectors", "insert into connector (id, identifier, display_name) overriding system value select 90000 + n, 'many' || n, 'Many ' || n from generate_series(1, 60) n", "many 60"},
	{"jobsPage", "jobs", "insert into job (id, identifier, display_name) overriding system value select 90000 + n, 'many' || n, 'Many ' || n from generate_series(1, 60) n", "many 60"},
	{"webhooksPage", "webhooks", `insert into webhook (id, url, description, filter, secret, owner, created_at, position) overriding system value
		select 90000 + n, 'http://127.0.0.1/' || n, 'Many ' || n, '{}', '', 'o', now(), 0 from generate_series(1, 60) n`, "many 60"},
	{"resourceTypesPage", "resourceTypes", "", ""},
}

// Pages of a list, one after the other, hold what the whole list holds, each row once; a text finds one of many; and a page costs as many
// statements with many rows as with few.
func TestPagedLists(t *testing.T) {
	t.Parallel()
	w := settle(t)
	b, c := w.bundle, w.roles[0].client
	ids := func(list any) (out []string) {
		for _, n := range list.([]any) {
			out = append(out, n.(map[string]any)["id"].(string))
		}
		return out
	}
	statements := func(list string) int {
		ctx, counted := db.CountQueries(b.ctx)
		require.Empty(t, b.inProcess(ctx, c.token, fmt.Sprintf("{ %s(first: 50) { totalCount nodes { id } } }", list), nil).Errors)
		return counted.N()
	}
	for _, l := range pagedLists {
		statements(l.page)
		before := statements(l.page)
		if l.many != "" {
			_, err := b.db.ExecContext(b.ctx, l.many+"; insert into model_version (at, actor, fingerprint) values (now(), '', '')")
			require.NoError(t, err, l.page)
		}
		statements(l.page) // a model that changed is read once
		require.Equal(t, before, statements(l.page), "%s: statements of a page", l.page)
		want := ids(c.ask("{ "+l.whole+" { id } }", nil).at(l.whole))
		var got []string
		for after := "null"; ; {
			answer := c.ask(fmt.Sprintf("{ %s(first: 7, after: %s) { totalCount nodes { id } edges { cursor } pageInfo { hasNextPage endCursor } } }", l.page, after), nil)
			require.Empty(t, answer.Errors, l.page)
			require.EqualValues(t, len(want), answer.at(l.page, "totalCount"), l.page)
			got = append(got, ids(answer.at(l.page, "nodes"))...)
			info := answer.at(l.page, "pageInfo").(map[string]any)
			if info["hasNextPage"] != true {
				break
			}
			after = fmt.Sprintf("%q", info["endCursor"])
		}
		require.ElementsMatch(t, want, got, l.page)
		if l.find != "" {
			found := c.ask(fmt.Sprintf("{ %s(filter: {text: %q}) { totalCount } }", l.page, strings.ToUpper(l.find)), nil)
			require.Empty(t, found.Errors, l.page)
			require.EqualValues(t, 1, found.at(l.page, "totalCount"), l.page)
		}
	}
	require.EqualValues(t, 1, c.ask(`{ rolesPage(filter: {identifiers: ["many7"], kind: SINGLE}) { totalCount } }`, nil).at("rolesPage", "totalCount"))
	require.EqualValues(t, 0, c.ask(`{ rolesPage(filter: {identifiers: ["many7"], kind: COMPOSITE}) { totalCount } }`, nil).at("rolesPage", "totalCount"))
	require.EqualValues(t, 1, c.ask(`{ connectorsPage(filter: {identifiers: ["many7", "none"]}) { totalCount } }`, nil).at("connectorsPage", "totalCount"))
	require.EqualValues(t, 0, c.ask(`{ webhooksPage(filter: {text: "127.0.0.1"}) { totalCount } }`, nil).at("webhooksPage", "totalCount"), "addresses are not looked through")
}

// lists are all lists with pages: each with the way to it, where %s stands for its selection.
func (w *world) lists() map[string]string {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	lists := map[string]string{}
	for _, f := range schema.Query.Fields {
		if strings.HasSuffix(f.Type.Name(), "Connection") && !slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull }) {
			lists[f.Type.Name()] = "{ " + f.Name + "(first: 20) %s }"
		}
	}
	maps.Copy(lists, map[string]string{
		"ResourceConnection":        `{ resources(entityType: "Directory_User", first: 20) %s }`,
		"WebhookDeliveryConnection": "{ webhooks { deliveries(first: 20) %s } }",
		"DeliveryConnection":        "{ connectors { deliveriesPage(first: 20) %s } }",
		"DeliveryChangeConnection":  "{ delivery(id: 601) { changes(first: 20) %s } }",
		"LackingConnection":         "{ lacking(ownerId: 1001, first: 20) %s }",
		"RoleHolderConnection":      "{ roleHolders(role: 82, first: 20) %s }",
		"DelegationActConnection":   "{ delegationActs(id: 4101, first: 20) %s }",
		"BulkItemConnection":        "{ bulkItems(id: 3601, first: 20) %s }",
		"PlanItemConnection":        "{ planItems(id: 3701, first: 20) %s }",
		"PlanGroupConnection":       "{ planGroups(id: 3701, by: PERSON, first: 20) %s }",
		"MiningResultConnection":    "{ miningResults(runId: 3711, first: 20) %s }",
		"CatalogueEntryConnection":  "{ requestCatalogue(ownerId: 1005, first: 20) %s }",
		"MiningPersonConnection":    "{ miningPeople(resultId: 3721, wouldBeGiven: true, first: 20) %s }",
		// Computed for one question, of no table:
		"RulePreviewPersonConnection":     "",
		"AutomationPreviewItemConnection": "",
	})
	for name, t := range schema.Types {
		if strings.HasSuffix(name, "Connection") && !strings.HasSuffix(name, "ConfigurationConnection") && t.Fields.ForName("totalCount") != nil {
			require.Contains(w.t, lists, name, "a list that no test asks: say here how it is asked")
		}
	}
	return lists
}

// Each field alone is what it is among all fields, of every list that there is: a column that a field needs is read when only that field is asked.
func TestFieldsOfListsAlone(t *testing.T) {
	t.Parallel()
	w := settle(t)
	_, err := w.db.ExecContext(w.ctx, "update assigned_role set origin = 'FOUND', workflow_state = 1 where owner_id = 1002 and role_id = 81")
	require.NoError(t, err)
	c, schema := w.roles[0].client, generated.NewExecutableSchema(generated.Config{}).Schema()
	for name, query := range w.lists() {
		if query == "" {
			continue
		}
		node := schema.Types[schema.Types[name].Fields.ForName("nodes").Type.Name()]
		var fields []string
		for _, f := range node.Fields {
			if strings.HasPrefix(f.Name, "__") || slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }) {
				continue
			}
			selection := f.Name
			if of := schema.Types[f.Type.Name()]; of.IsCompositeType() {
				var leaves []string
				for _, below := range of.Fields {
					if !schema.Types[below.Type.Name()].IsCompositeType() && len(below.Arguments) == 0 && !strings.HasPrefix(below.Name, "__") {
						leaves = append(leaves, below.Name)
					}
				}
				if of.Kind == ast.Union || len(leaves) == 0 {
					leaves = []string{"__typename"}
				}
				selection += " { " + strings.Join(leaves, " ") + " }"
			}
			fields = append(fields, selection)
		}
		all := c.ask(fmt.Sprintf(query, "{ totalCount nodes { "+strings.Join(fields, " ")+" } }"), nil)
		require.Empty(t, all.Errors, name)
		whole := nodesOf(all.Data)
		for _, f := range node.Fields {
			if f.Type.NonNull && schema.Types[f.Type.Name()].Kind == ast.Enum {
				for _, row := range whole {
					require.NotEqual(t, "", row[f.Name], "%s.%s: a field that the list does not read", name, f.Name)
				}
			}
		}
		assert.NotEmpty(t, whole, "%s: world_test.go has no row of it", name)
		for _, selection := range fields {
			alone := c.ask(fmt.Sprintf(query, "{ nodes { "+selection+" } }"), nil)
			require.Empty(t, alone.Errors, name)
			nodes := nodesOf(alone.Data)
			require.Len(t, nodes, len(whole))
			field, _, _ := strings.Cut(selection, " ")
			for i, n := range nodes {
				require.Equal(t, whole[i][field], n[field], "%s.%s", name, field)
			}
		}
	}
}

// nodesOf gives the rows of all lists in an answer.
func nodesOf(v any) (rows []map[string]any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			rows = append(rows, nodesOf(one)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name != "nodes" {
				rows = append(rows, nodesOf(v[name])...)
				continue
			}
			for _, row := range v[name].([]any) {
				rows = append(rows, row.(map[string]any))
			}
		}
	}
	return rows
}

const manyRows = `
alter table job_instance alter id restart with 100000;
alter table task_log alter id restart with 100000;
alter table mail alter id restart with 100000;
alter table webhook_delivery alter id restart with 100000;
alter table delivery alter id restart with 100000;
alter table delivery_change alter id restart with 100000;
alter table row_to_mend alter id restart with 100000;
alter table local_user alter id restart with 100000;
alter table profile alter id restart with 100000;
alter table assigned_profile alter id restart with 100000;
alter table resource alter id restart with 100000;
alter table key_fault alter id restart with 100000;
alter table bulk_change alter id restart with 100000;
alter table redundant_assignment alter id restart with 100000;
alter table plan alter id restart with 100000;
alter table identified_risk alter id restart with 100000;
alter table risk_block alter id restart with 100000;
alter table risk_score alter id restart with 100000;
insert into job_instance (job_id, state, launched_by, created_at, started_at, ended_at)
	select 501, case when n % 1000 = 0 then 'ERRORED' else 'COMPLETED' end, 'user' || n % 500, now(), now(), now() from generate_series(1, 30000) n;
insert into task_log (task_instance_id, at, level, message) select 521, now(), case when n % 2000 = 0 then 'ERROR' else 'INFO' end, 'line ' || n from generate_series(1, 30000) n;
insert into mail (template, recipient, dedupe_key, subject, text_body, html_body, state, created_at)
	select 'RunJobNotification', 'r' || n % 5000, 'k' || n, 's', 't', '', case when n % 1000 = 0 then 'FAILED' else 'SENT' end, now() from generate_series(1, 30000) n;
insert into webhook_delivery (webhook_id, message_id, event_id, state, body, since, created_at, ended_at)
	select 901 + n % 3, 'm' || n, n, 'DELIVERED', '{}', now(), now(), now() from generate_series(1, 30000) n;
insert into webhook_attempt (delivery_id, at, status) select id, now(), 200 from webhook_delivery where message_id like 'm%';
insert into delivery (guid, connector_id, mode, state, started_at, ended_at) select gen_random_uuid(), 31 + n % 2, 'COMPLETE', 'APPLIED', now(), now() from generate_series(1, 30000) n;
insert into delivery_change (delivery_id, entity_type_id, key, command, scalars, refs, old_scalars, old_refs)
	select 601 + n % 2, 13, 'many' || n, 'UPDATE', '{}', '{}', '{}', '{}' from generate_series(1, 30000) n;
insert into row_to_mend (connector_id, entity_type_id, delivery_id, is_listed, kind, place, line, why, since)
	select 31, 13, 602, true, 'UNREADABLE', 'entries', n, 'w', now() from generate_series(1, 30000) n;
insert into local_user (username, display_name, password_hash) select 'many' || n, 'Many ' || n, '' from generate_series(1, 30000) n;
insert into profile (identifier, display_name) values ('rare', 'Rare'), ('often', 'Often');
insert into assigned_profile (user_id, profile_id) select u.id, p.id from local_user u join profile p on p.identifier = case when u.id % 5000 = 0 then 'rare' else 'often' end where u.username like 'many%';
insert into resource (entity_type_id, key, display_name, valid_from) select 11, 'many' || n, 'Many ' || n, now() from generate_series(1, 30000) n;
insert into dirty_owner (owner_id, entity_type_id, since, failures, error) select id, 11, now() - id * interval '1 second', 1, 'e' from resource where key like 'many%';
insert into key_fault (resource_id, side, rule_id, message, found_at) select id, 'T', 96, 'm', now() - id * interval '1 second' from resource where key like 'many%';
insert into identified_risk (owner_id, risk_id, rule, detected_at) select id, 3801, 'Danger-1', now() from resource where key like 'many%';
insert into risk_score (owner_id, entity_type_id, score, factor, risk_ids, names, levels, computed_at, closed_at) select id, 11, (id + k) % 100, 1, '{3801}', '{Danger}', '{80}', now(), case when k > 0 then now() end from resource, generate_series(0, 2) k where key like 'many%';
insert into risk_block (owner_id, risk_id, rule, resource_type_id, property, blocked_at) select id, 3801, 'Danger-1', 91, 'Owner', now() from resource where key like 'many%';
insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, valid_from) select id, 86, 16, now(), 'MANUAL', now() from resource where key like 'many%';
insert into redundant_assignment (redundancy_run_id, owner_id, assigned_role_id, role_id, policy_id, given) select 3901, owner_id, id, role_id, 71, '[]' from assigned_role where owner_id in (select id from resource where key like 'many%');
insert into event (at, kind, actor, subject_type, subject_id) select now(), case when n % 2000 = 0 then 'rare.kind' else 'often.kind' end, case when n % 3000 = 0 then 'rare' else 'often' end, 'mail', n from generate_series(1, 30000) n;
insert into bulk_change (kind, decision, state, actor, total, created_at, updated_at, ended_at) select 'RECONCILE_RESOURCES', 'KEEP_CURRENT', case when n % 1000 = 0 then 'CANCELLED' else 'DONE' end, 'x', 1, now(), now(), now() from generate_series(1, 30000) n;
insert into bulk_item (bulk_change_id, subject_id, state, ended_at) select 3601, 100000 + n, case when n % 1000 = 0 then 'FAILED' else 'DONE' end, now() from generate_series(1, 30000) n;
insert into plan (title, state, user_id, actor, configuration, changes, objects, created_at)
	select 'Many ' || n, case when n % 1000 = 0 then 'FAILED' when n % 2 = 0 then 'FINISHED' else 'APPLIED' end, case when n % 3000 = 0 then (select min(id) from local_user) end, 'x', '',
	'[{"Action": "UPDATE", "Kind": "singleRole", "Identifier": "M", "Fields": []}]', array['singleRole/M' || n % 3000], now() from generate_series(1, 30000) n;
insert into plan_item (plan_id, owner_id, type_id, kind, effect, object) select 100000 + n % 300, 1001 + n % 4, 11, 'ROLE', 1, 'R' || n from generate_series(1, 30000) n;
`

// Of large tables, lists find their page by an index that gives the rows in their order: no table is read as a whole, and a page sorts few rows.
func TestListsUseIndexes(t *testing.T) {
	t.Parallel()
	w := settle(t)
	b, c := w.bundle, w.roles[0].client
	_, err := b.db.ExecContext(b.ctx, manyRows)
	require.NoError(t, err)
	require.Eventually(t, func() bool { waiting, err := event.Pending(b.ctx, b.db); return err == nil && !waiting }, 4*waitFor, tick)
	_, err = b.db.ExecContext(b.ctx, "analyze")
	require.NoError(t, err)
	large := []string{"job_instance", "task_log", "mail", "webhook_delivery", "webhook_attempt", "delivery", "delivery_change", "row_to_mend", "local_user", "assigned_profile", "dirty_owner", "key_fault",
		"event", "event_chain", "resource", "bulk_change", "bulk_item", "plan", "plan_item", "identified_risk", "risk_block", "risk_score", "redundant_assignment"}
	for _, query := range []string{
		`{ jobInstances(first: 50) { nodes { id state launchedBy } } }`,
		`{ jobInstances(first: 50, states: [ERRORED]) { totalCount nodes { id } } }`,
		`{ jobInstances(first: 50, states: [ERRORED, COMPLETED], job: "Complete") { nodes { id } } }`,
		`{ jobInstances(first: 50, launchedBy: "user7") { totalCount nodes { id } } }`,
		`{ jobInstance(id: 511) { tasks { log(first: 50) { id message } } } }`,
		`{ jobInstance(id: 511) { tasks { log(first: 50, levels: [ERROR]) { id message } } } }`,
		`{ jobInstance(id: 511) { tasks { log(first: 50, text: "line 7") { id message } } } }`,
		`{ mails(first: 50) { nodes { id subject } } }`,
		`{ mails(first: 50, filter: {states: [FAILED]}) { totalCount nodes { id } } }`,
		`{ mails(first: 50, filter: {templates: ["ProvisioningErrors"]}) { totalCount nodes { id } } }`,
		`{ mails(first: 50, filter: {recipient: "R77"}) { totalCount nodes { id } } }`,
		`{ webhooks { deliveries(first: 5) { nodes { id state attempts { status } } } } }`,
		`{ connectors { deliveriesPage(first: 5) { nodes { id state counts { read } } } } }`,
		`{ connectors { deliveries(first: 5) { id } } }`,
		`{ delivery(id: 601) { changes(first: 50) { nodes { key entityType } } } }`,
		`{ rowsToMend(first: 50) { nodes { id connector entityType } } }`,
		`{ rowsToMend(first: 50, connector: "AD") { nodes { id } } }`,
		`{ assignedProfiles(first: 50) { nodes { id username } } }`,
		`{ assignedProfiles(first: 50, profile: "often") { nodes { id username profile { displayName } } } }`,
		`{ assignedProfiles(first: 50, profile: "rare") { totalCount nodes { id username } } }`,
		`{ computationFaults(first: 50) { nodes { id message since } } }`,
		`{ auditEvents(first: 50) { nodes { cursor at kind } } }`,
		`{ auditEvents(first: 50, filter: {kinds: ["rare.kind"]}) { totalCount nodes { cursor } } }`,
		`{ auditEvents(first: 50, filter: {kinds: ["often.kind"]}) { nodes { cursor } } }`,
		`{ auditEvents(first: 50, filter: {actor: "rare"}) { totalCount nodes { cursor } } }`,
		`{ auditEvents(first: 50, filter: {subjectType: "mail", subjectId: "801"}) { totalCount nodes { cursor } } }`,
		`{ bulkChanges(first: 50) { nodes { id } } }`,
		`{ bulkChanges(first: 50, filter: {states: [CANCELLED]}) { totalCount nodes { id } } }`,
		`{ bulkItems(id: 3601, first: 50) { nodes { subjectId name } } }`,
		`{ bulkItems(id: 3601, first: 50, filter: {states: [FAILED]}) { totalCount nodes { subjectId } } }`,
		`{ redundancyRuns(first: 50) { nodes { id state } } }`,
		`{ redundantAssignments(first: 50) { nodes { id objectName owner { displayName } given { reasons } } } }`,
		`{ redundantAssignments(first: 50, filter: {policies: ["Default"], isWhole: true}) { nodes { id policyName } } }`,
		`{ redundantAssignments(first: 50, filter: {objects: ["Reader"]}) { totalCount nodes { id } } }`,
		`{ redundantAssignments(first: 50, filter: {ownerId: "1001"}) { totalCount nodes { id } } }`,
		`{ plans(first: 50) { nodes { id title state } } }`,
		`{ plans(first: 50, filter: {states: [FAILED]}) { totalCount nodes { id } } }`,
		`{ plans(first: 50, filter: {states: [FINISHED, APPLYING]}) { nodes { id } } }`,
		`{ plans(first: 50, filter: {mine: true}) { totalCount nodes { id } } }`,
		`{ plans(first: 50) { nodes { id overlaps { id } summary { people } edits { key } moved { why } } } }`,
		`{ planItems(id: 100001, first: 50) { nodes { id object } } }`,
		`{ identifiedRisks(first: 50) { nodes { id owner { displayName } risk { level } } } }`,
		`{ identifiedRisks(first: 50, filter: {risk: "Danger", minimumLevel: 50}) { totalCount nodes { id } } }`,
		`{ identifiedRisks(first: 50, filter: {owner: "1001"}) { totalCount nodes { id contributors { reasons } } } }`,
		`{ riskScores(first: 50) { totalCount nodes { id score owner { displayName } parts { name level } } } }`,
		`{ riskScores(first: 50, orderBy: SCORE_ASC, filter: {minimumScore: 90}) { nodes { id score } } }`,
		`{ riskScores(first: 50, orderBy: NEWEST_FIRST, filter: {owner: "1001", withPast: true}) { totalCount nodes { id score endedAt } } }`,
		`{ requests(first: 50) { nodes { id number state } } }`,
		`{ requestItems(first: 50) { nodes { id state owner { displayName } canDecide } } }`,
		`{ requestItems(first: 50, filter: {ownerId: "1001"}) { totalCount nodes { id steps { level } } } }`,
		`{ requestItems(first: 50, filter: {toDecideByMe: true}, orderBy: OLDEST) { nodes { id } } }`,
		`{ myAccess(first: 50) { totalCount nodes { id state why giveBack accounts { login } } } }`,
		`{ myAccess(first: 50, filter: {view: ON_THE_WAY}, orderBy: END) { totalCount nodes { id } } }`,
		`{ myAccess(first: 50, filter: {view: ENDED}, orderBy: NEWEST) { totalCount nodes { id } } }`,
		`{ myTasks(first: 50) { nodes { id } } }`,
		`{ myTeam(first: 50) { totalCount nodes { id roles risks } } }`,
		`{ riskBlocks(first: 50) { nodes { id role owner { displayName } risk { level } } } }`,
		`{ riskBlocks(first: 50, filter: {owner: "1001"}) { totalCount nodes { id contributors { reasons } } } }`,
	} {
		ctx, counted := db.CountQueries(b.ctx)
		require.Empty(t, b.inProcess(ctx, c.token, query, nil).Errors, query)
		seen := 0
		for _, text := range counted.Texts() {
			if strings.Contains(text, "$1") || strings.Contains(text, ") counted") || !strings.HasPrefix(strings.ToLower(text), "select") && !strings.HasPrefix(strings.ToLower(text), "with") {
				continue
			}
			var lines []string
			require.NoError(t, b.db.NewRaw("explain (analyze, timing off) "+text).Scan(t.Context(), &lines), text)
			plan := strings.Join(lines, "\n")
			for _, table := range large {
				require.NotRegexp(t, `Seq Scan on `+table+`\b`, plan, "%s\n%s", query, text)
			}
			if i := strings.Index(plan, "top-N heapsort"); i >= 0 {
				require.NotRegexp(t, `rows=\d{5,} loops`, plan, "sorts many\n%s\n%s", query, text)
			}
			seen++
		}
		require.NotZero(t, seen, query)
	}
}

// A search in a plan finds by the object, by the property and its name, and by the values.
func TestSearchInPlan(t *testing.T) {
	t.Parallel()
	w := settle(t)
	_, err := w.db.ExecContext(w.ctx, "update plan_item set property = 'zqcodeq', property_name = 'Telephone of zqworkq', object_name = 'zqobjectq' where owner_id = 1001")
	require.NoError(t, err)
	for _, text := range []string{"ZQCODE", "zqworkq", "zqobjectq", "zqp1planbeforeq", "zqp1planafterq"} {
		answer := w.roles[0].client.ask(fmt.Sprintf("{ planItems(id: 3701, filter: {text: %q}) { totalCount } planGroups(id: 3701, by: PERSON, filter: {text: %q}) { totalCount } }", text, text), nil)
		require.Empty(t, answer.Errors, text)
		require.EqualValues(t, 1, answer.at("planItems", "totalCount"), text)
		require.EqualValues(t, 1, answer.at("planGroups", "totalCount"), text)
	}
}

// A page of plans costs the same number of statements for few and for many, whatever is asked of each, for those who see everybody and for others; and a
// list reads the documents of a plan only when they are asked for.
func TestPlansCostTheSame(t *testing.T) {
	t.Parallel()
	w := settle(t)
	b := w.bundle
	_, err := b.db.ExecContext(b.ctx, "update plan p set state = 'OUT_OF_DATE', edits = f.edits, moved = f.moved, summary = f.summary from plan f where f.id = 3701") // all have all
	require.NoError(t, err)
	for _, role := range w.roles {
		if role.client.ask("{ plans(first: 1) { nodes { id } } }", nil).Errors != nil {
			continue
		}
		statements := func(query string) (int, []string) {
			ctx, counted := db.CountQueries(b.ctx)
			require.Empty(t, b.inProcess(ctx, role.client.token, query, nil).Errors, query)
			return counted.N(), counted.Texts()
		}
		for _, below := range []string{"id title", "actorName", "changes { kind } problems { message }", "summary { people hiddenPeople }", "edits { key }", "moved { displayName }", "overlaps { id title }"} {
			query := "{ plans(first: %d) { totalCount nodes { " + below + " } } }"
			statements(fmt.Sprintf(query, 1))
			few, _ := statements(fmt.Sprintf(query, 1))
			many, texts := statements(fmt.Sprintf(query, 4))
			require.Equal(t, few, many, "%s: %s\n%s", role.name, below, strings.Join(texts, "\n"))
			if below == "id title" {
				require.NotRegexp(t, `\b(changes|edits|problems|summary|moved|configuration)\b`, strings.Join(texts, "\n"))
			}
		}
	}
}
