package graph_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"writ/server/event"
	"writ/server/permit"
)

const (
	waitFor = 20 * time.Second
	tick    = 20 * time.Millisecond

	rightsFile = "testdata/rights.txt"
	// what follows from the kinds of configuration objects, by npm run gen
	rightsOfKinds = "testdata/rights_configuration.txt"
)

// ruleBook is the list of rights: a field ("Order.lines") needs one of these.
type ruleBook map[string][]string

// rights reads the list.
func rights(t *testing.T) ruleBook {
	t.Helper()
	book := ruleBook{}
	for _, file := range []string{rightsFile, rightsOfKinds} {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for i, line := range strings.Split(string(raw), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			head, fields, ok := strings.Cut(line, ": ")
			name, right, ok2 := strings.Cut(head, " ")
			require.True(t, ok && ok2, "%s:%d: write: Type right: field field", file, i+1)
			for f := range strings.FieldsSeq(fields) {
				require.NotContains(t, book, name+"."+f, "%s:%d: the field stands here twice", file, i+1)
				book[name+"."+f] = strings.Split(right, " | ")
			}
		}
	}
	for _, d := range mustSchema(t).Types { // pages of lists are no more than their beginning and their rows
		if d.Fields.ForName("pageInfo") == nil && (d.Fields.ForName("cursor") == nil || d.Fields.ForName("node") == nil) {
			continue
		}
		for _, f := range d.Fields {
			if field := d.Name + "." + f.Name; book[field] == nil && slices.Contains(ofPages, f.Name) {
				book[field] = []string{"with"}
			}
		}
	}
	return book
}

// ofPages are the fields of a page and of its edges that need no right of their own.
var ofPages = []string{"nodes", "edges", "pageInfo", "totalCount", "totalCountIsEstimate", "cursor", "node"}

// paths gives every permission that the list names.
func (b ruleBook) paths() []string {
	all := map[string]bool{}
	for _, list := range b {
		for _, r := range list {
			if strings.HasPrefix(r, "/") {
				all[r] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// opens reports whether somebody may see a field of an object that he has.
func (b ruleBook) opens(r *role, field string) bool {
	for _, right := range b[field] {
		switch {
		case right == "open" || right == "with" || right == "hooks":
			return true
		case right == "signed":
			return r.name != "anonymous"
		case r.holds(right):
			return true
		}
	}
	return false
}

// Every field of the schema has its right in the list, so that nobody adds one without having thought of who may see it.
func TestEveryFieldHasARight(t *testing.T) {
	t.Parallel()
	book := rights(t)
	inSchema := map[string]bool{}
	for _, d := range mustSchema(t).Types {
		if d.Kind != ast.Object || d.BuiltIn {
			continue
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			field := d.Name + "." + f.Name
			inSchema[field] = true
			require.NotEmpty(t, book[field], "The field %s has no right. Decide who may see it, write that into graph/%s, and see that TestRights still passes: "+
				"it asks for the field as everybody who may not.", field, rightsFile)
		}
	}
	for field, list := range book {
		require.True(t, inSchema[field], "graph/%s has a right for %s, which the schema has not: take the line out.", rightsFile, field)
		for _, r := range list {
			require.True(t, strings.HasPrefix(r, "/") || slices.Contains([]string{"open", "signed", "hooks", "with"}, r), "graph/%s: %q of %s is no right: its head lists them.", rightsFile, r, field)
		}
	}
}

// asked are the arguments of fields whose simplest ones find nothing; $id stands for each id there is.
var asked = map[string][]string{
	"Query.assignedProfiles": {`(first: 60)`},
	"Query.miningChange":     {`(runId: "3711")`},
	"Query.resources":        {`(entityType: "Directory_User")`, `(entityType: "Directory_Department")`, `(entityType: "AD_Entry")`, `(entityType: "Directory_Position")`, `(entityType: "Directory_User", asOf: "2019-06-01T00:00:00Z")`},
	"Query.search":           {`(text: "zqp")`, `(text: "zqd")`, `(text: "zqa")`, `(text: "Reader")`, `(text: "2031")`, `(text: "2011")`},
	"Query.heldOrders":       {`(connector: "AD")`},
	"Query.plan":             {`(input: {yaml: "policies: [{identifier: Default, displayName: Other, isProvisioningEnabled: true}, {identifier: New}]\n"})`},
	"Query.checkRisks":       {`(input: {ownerId: "$id", grant: [{role: "Door", endDate: "2101-01-01T00:00:00Z"}, {role: "Lead"}, {resourceType: "AD_User"}]})`},
	"Query.riskPair": {`(input: {first: {resourceType: "AD_User", property: "Owner", resource: "boss"}, second: {resourceType: "AD_User", property: "Login"}})`,
		`(input: {first: {resourceType: "AD_User", property: "Login"}, second: {resourceType: "AD_User", property: "Login"}})`,
		`(input: {first: {resourceType: "AD_Badge", property: "Owner"}, second: {resourceType: "AD_User", property: "Login"}})`},
	"Query.riskScores":        {`(first: 12)`, `(first: 12, filter: {withPast: true})`},
	"Query.explain":           {`(input: {ownerId: "$id"})`},
	"Query.automationPreview": {`(input: {type: CATEGORY, target: "Sub", entityType: "Directory_User", workflowState: NON_CONFORMING, hoursToWait: 1, decision: DECLINE})`, `(input: {type: CATEGORY, target: "Sub", entityType: "Directory_User", workflowState: NON_CONFORMING, decision: DECLINE, dimensions: [{dimension: "Department", key: "NOWHERE"}]})`},
	"Query.indirectPreview":   {`(input: {resourceType: "AD_User", property: "Owner"})`, `(input: {resourceType: "AD_User", property: "Nothing"})`},
	"Query.rulePreview":       {`(input: {entityType: "Directory_User", dimensions: [{dimension: "Department", key: "zqd1keyq"}]})`, `(input: {entityType: "Directory_User", dimensions: [{dimension: "Department", key: "NOWHERE"}]})`},
	"Query.ruleSuggestions":   {`(input: {role: "Reader"})`, `(input: {role: "Worker"})`, `(input: {differenceId: "$id"})`},
	"Query.roleHolders":       {`(role: "81", first: 12)`, `(role: "82", first: 12)`},
	"Query.whyNot":            {`(input: {ownerId: "$id", role: "Lead"})`, `(input: {ownerId: "$id", role: "Worker", at: "2018-01-01T00:00:00Z"})`, `(input: {ownerId: "$id", resourceType: "AD_Badge"})`},
	"Query.storedPlan":        {`(id: "3701")`},
	"Query.planItems":         {`(id: "3701")`},
	"Query.planGroups":        {`(id: "3701", by: PERSON)`},
	"Query.storedValues":      {`(input: {resourceId: "$id"})`},
	"Query.request":           {`(id: "$id")`},
	"Query.checkRequest": {`(input: {items: [{role: "Worker", ownerIds: ["$id"]}]})`,
		`(input: {items: [{role: "Asked", ownerIds: ["1005"], startDate: "2019-01-01T00:00:00Z", endDate: "2100-01-01T00:00:00Z"}, {role: "Implied", ownerIds: ["1005"]}]})`},
	"Query.resourceTypeTrial": {`(input: {resourceType: "AD_User", ownerId: "$id", save: {}})`},
}

// arguments writes the arguments with which a field is asked.
func argumentsOf(schema *ast.Schema, root *ast.Definition, f *ast.FieldDefinition, ids []string) (all []string) {
	list, ok := asked[root.Name+"."+f.Name]
	if !ok {
		var required []string
		for _, a := range f.Arguments {
			switch {
			case a.Type.Name() == "ID":
				required = append(required, a.Name+`: "$id"`)
			case a.Name == "first":
				required = append(required, "first: 12")
			case a.Type.NonNull && a.DefaultValue == nil:
				required = append(required, a.Name+": "+simplest(schema, a.Type))
			}
		}
		if list = []string{""}; len(required) > 0 {
			list = []string{"(" + strings.Join(required, ", ") + ")"}
		}
	}
	for _, text := range list {
		if !strings.Contains(text, "$id") {
			all = append(all, text)
			continue
		}
		for _, id := range ids {
			all = append(all, strings.ReplaceAll(text, "$id", id))
		}
	}
	return all
}

// selections writes what can be asked below a type: one selection for each chain of relations, with all values at its end.
func selections(schema *ast.Schema, d *ast.Definition, above ...string) (all []string) {
	var values []string
	for _, f := range d.Fields {
		below := schema.Types[f.Type.Name()]
		switch {
		case strings.HasPrefix(f.Name, "__"):
		case !below.IsCompositeType():
			values = append(values, f.Name)
		case slices.Contains(above, below.Name) || below.Name == d.Name:
		case f.Name == "edges":
			all = append(all, "edges { cursor node { __typename } }")
		default:
			name := f.Name
			if f.Arguments.ForName("first") != nil { // fewer than where it is asked for itself: pages multiply
				name += "(first: 8)"
			}
			for _, s := range selections(schema, below, append(above, d.Name)...) {
				all = append(all, name+" { "+s+" }")
			}
		}
	}
	if len(values) > 0 {
		all = append([]string{strings.Join(values, " ")}, all...)
	}
	return all
}

// together joins selections into as few as a document may hold: what stands twice is asked once.
func together(list []string) (all []string) {
	const most = 120 // words: a fourth of what fields there may be
	n := most
	for _, s := range list {
		if n += len(strings.Fields(s)); n > most {
			all, n = append(all, ""), len(strings.Fields(s))
		}
		all[len(all)-1] += s + " "
	}
	return all
}

// nested joins selections into one that names each relation once: a subscription is asked everything, and a document may hold only so many fields.
func nested(list []string) string {
	var order, out []string
	below := map[string][]string{}
	for _, s := range list {
		name, rest, isRelation := strings.Cut(s, " { ")
		if !isRelation {
			out = append(out, s)
			continue
		}
		if below[name] == nil {
			order = append(order, name)
		}
		below[name] = append(below[name], strings.TrimSuffix(rest, " }"))
	}
	for _, name := range order {
		out = append(out, name+" { "+nested(below[name])+" }")
	}
	return strings.Join(out, " ")
}

// documents is nested in as many documents as it takes, each with fewer fields than one may hold.
func documents(list []string) []string {
	whole := nested(list)
	words := strings.FieldsFunc(whole, func(r rune) bool { return r == ' ' || r == '{' || r == '}' })
	if len(words) < 450 || len(list) < 2 {
		return []string{whole}
	}
	half := len(list) / 2
	return append(documents(list[:half]), documents(list[half:])...)
}

// seen notes the fields of an answer that hold something.
func seen(schema *ast.Schema, d *ast.Definition, value any, note func(field string)) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			seen(schema, d, one, note)
		}
	case map[string]any:
		for name, below := range v {
			f := d.Fields.ForName(name)
			if f == nil || isEmpty(below) {
				continue
			}
			note(d.Name + "." + name)
			if t := schema.Types[f.Type.Name()]; t.IsCompositeType() {
				seen(schema, t, below, note)
			}
		}
	}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// counted finds lists whose count is not that of the rows the caller sees, when the page holds all of them.
func counted(value any, found func(total, rows int)) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			counted(one, found)
		}
	case map[string]any:
		about, _ := v["pageInfo"].(map[string]any)
		if nodes, ok := v["nodes"].([]any); ok && about["hasNextPage"] == false {
			if total, ok := v["totalCount"].(float64); ok && int(total) != len(nodes) {
				found(int(total), len(nodes))
			}
		}
		for _, below := range v {
			counted(below, found)
		}
	}
}

type change struct{ field, arguments string }

// changes are inputs of mutations that find something to do; they are sent in this order by everybody, the one who may everything last.
var changes = []change{
	{"reviewOrders", `(input: {orderIds: ["2031", "2011", "2021"], decision: POSTPONE})`},
	{"reviewOrders", `(input: {filter: {}, decision: APPROVE})`},
	{"unblockOrders", `(input: {orderIds: ["2033", "2013"]})`},
	{"reconsiderOrders", `(input: {orderIds: ["2033", "2013"]})`},
	{"takeManualOrders", `(input: {orderIds: ["2032", "2012"]})`},
	{"releaseManualOrders", `(input: {orderIds: ["2032", "2012"]})`},
	{"reportManualOrderErrors", `(input: {orderIds: ["2032", "2012"], message: "no"})`},
	{"confirmManualOrders", `(input: {filter: {}})`},
	{"decideReconciliation", `(input: {items: [{id: "3503"}, {id: "3501"}], decision: POSTPONE})`},
	{"resetRecognition", `(input: {accounts: [{id: "1023"}, {id: "1021"}], comment: "x"})`}, // an order about each is under way
	{"decideRoleReconciliation", `(input: {items: [{id: "3553"}, {id: "3551"}], decision: POSTPONE})`},
	{"decideProlongedRoles", `(input: {items: [{id: "3593"}, {id: "3591"}], decision: DECLINE, comment: "x"})`},
	{"attachRisk", `(input: {ownerId: "1003", risk: "Through", reason: "x"})`},
	{"attachRisk", `(input: {ownerId: "1001", risk: "Through", reason: "x"})`},
	{"detachRisk", `(input: {id: "3813", reason: "x"})`},
	{"detachRisk", `(input: {id: "3811", reason: "x"})`},
	{"createDelegation", `(input: {deputyId: "9001", kinds: [APPROVALS], reason: "x"})`},
	{"updateDelegation", `(input: {id: "4102", endDate: "2100-01-01T00:00:00Z"})`},
	{"revokeDelegation", `(input: {id: "4102", comment: "x"})`},
	{"departNow", `(input: {personId: "1003", reason: "x", confirmAccounts: 99})`},
	{"undoDeparture", `(input: {personId: "1003", reason: "x"})`},
	{"refuseDelegation", `(input: {id: "4103", comment: "x"})`},
	{"reviewRequestItems", `(input: {stepIds: ["3943", "3941"], decision: DECLINE, comment: "x"})`},
	{"askRequestInformation", `(input: {stepIds: ["3944", "3942"], question: "x"})`},
	{"answerRequestInformation", `(input: {stepId: "3944", answer: "x"})`},
	{"withdrawRequestInformation", `(input: {stepIds: ["3944", "3942"]})`},
	{"delegateRequestSteps", `(input: {stepIds: ["3944", "3942"], toPersonId: "1003", reason: "x"})`},
	{"recallRequestSteps", `(input: {stepIds: ["3944", "3942"]})`},
	{"reassignRequestSteps", `(input: {stepIds: ["3944", "3942"], toPersonIds: ["1003"], reason: "x"})`},
	{"setRequestStepsDue", `(input: {stepIds: ["3944", "3942"], dueAt: "2027-01-01T00:00:00Z", reason: "x"})`},
	{"remindRequestSteps", `(input: {stepIds: ["3944", "3942"]})`},
	{"cancelRequest", `(input: {itemIds: ["3924", "3922"], comment: "x"})`},
	{"requestAssignments", `(input: {items: [{role: "Asked", ownerIds: ["1003"]}], acknowledgeFindings: [NO_APPROVER]})`},
	{"createResource", `(input: {entityType: "Directory_User", key: "$new", values: [{property: "Department", keys: ["zqd2keyq"]}]})`},
	{"createResource", `(input: {entityType: "Directory_Department", key: "$new", values: []})`},
	{"updateResource", `(input: {id: "1003", version: 1, values: [{property: "Phone", value: "1"}]})`},
	{"updateResource", `(input: {id: "1002", version: 1, values: [{property: "Phone", value: "1"}]})`},
	{"updateResource", `(input: {id: "1002", version: 1, values: [{property: "Manager", keys: ["zqp3keyq"]}]})`},
	{"updateResource", `(input: {id: "1002", version: 1, values: [{property: "Manager", keys: ["nobody"]}]})`},
	{"deleteResource", `(input: {id: "1003", version: 2})`},
	{"enableJobSchedule", `(input: {job: "Complete", enabled: false})`},
	{"runJob", `(input: {job: "Complete"})`},
	{"cancelJobInstance", `(input: {id: "512"})`},
	{"relaunchJobInstance", `(input: {id: "511"})`},
	{"resumeJobInstance", `(input: {id: "512", reason: "x"})`},
	{"dropDelivery", `(input: {id: "601", reason: "x"})`},
	{"resumeDelivery", `(input: {id: "601", reason: "x"})`},
	{"deactivateConnector", `(input: {identifier: "AD"})`},
	{"activateConnector", `(input: {identifier: "AD"})`},
	{"releaseHeldOrders", `(input: {connector: "AD", reason: "x"})`},
	{"createWebhook", `(input: {url: "https://example.org/hook"})`},
	{"rotateWebhookSecret", `(input: {id: "901"})`},
	{"enableWebhook", `(input: {id: "901"})`},
	{"disableWebhook", `(input: {id: "901"})`},
	{"replayWebhook", `(input: {id: "901", after: "$begin"})`},
	{"deleteWebhook", `(input: {id: "901"})`},
	{"createPersonalToken", `(input: {name: "x", scopes: ["/"], expiresAt: "$soon"})`},
	{"createClientSecret", `(input: {client: "zqk3clientq", name: "x", expiresAt: "$soon"})`},
	{"revokeApiKey", `(input: {id: "3911"})`},
}

// lastChanges are for the one who may everything: the others have used up what there was.
var lastChanges = []change{
	{"decideReconciliation", `(input: {filter: {kinds: [UNRECONCILED]}, decision: KEEP_CURRENT, comment: "x"})`},
	{"decideRoleReconciliation", `(input: {filter: {states: [KEPT]}, decision: REMOVE_ROLE, comment: "x"})`},
	{"decideProlongedRoles", `(input: {filter: {}, decision: APPROVE})`},
	{"requestAssignments", `(input: {clientKey: "once", items: [{role: "Asked", ownerIds: ["1005"], startDate: "2019-01-01T00:00:00Z"}], acknowledgeFindings: [NO_APPROVER, RISK_WARNING]})`},
	{"attachRisk", `(input: {ownerId: "1004", risk: "Through", reason: "x"})`},
	{"detachRisk", `(input: {id: "3814", reason: "x"})`},
	{"departNow", `(input: {personId: "1005", reason: "x", confirmAccounts: 0})`},
	{"undoDeparture", `(input: {personId: "1005", reason: "x"})`},
	{"chooseAccountOwner", `(input: {accountId: "1025", resourceType: "AD_User", ownerId: "1001", comment: "x"})`},
	{"resetRecognition", `(input: {filter: {accountId: "1028"}})`},
	{"startBulkChange", `(input: {kind: RECONCILE_RESOURCES, decision: POSTPONE})`},
	{"cancelBulkChange", `(input: {id: "3602"})`},
	{"cancelRedundancyAnalysis", `(input: {id: "3902"})`},
	{"startRedundancyAnalysis", `(input: {policies: ["Default"]})`},
	{"cancelMining", `(input: {id: "3712"})`},
	{"startMining", `(input: {rules: ["Mine"]})`},
	{"makePlan", `(input: {title: "x"})`},
	{"cancelPlan", `(input: {id: "3702"})`},
	{"applyPlan", `(input: {id: "3704"})`},
	{"deletePlan", `(input: {id: "3703"})`},
	{"updateResource", `(input: {id: "1004", version: 1, values: [{property: "Phone", value: "1"}]})`},
	{"deleteResource", `(input: {id: "1004", version: 2})`},
	{"cancelJobInstance", `(input: {id: "514"})`},
	{"relaunchJobInstance", `(input: {id: "513"})`},
	{"resumeJobInstance", `(input: {id: "515", reason: "x"})`},
	{"runJob", `(input: {job: "Third"})`},
	{"dropDelivery", `(input: {id: "603", reason: "x"})`},
	{"resumeDelivery", `(input: {id: "604", reason: "x"})`},
	{"rotateWebhookSecret", `(input: {id: "903"})`},
	{"enableWebhook", `(input: {id: "903"})`},
	{"disableWebhook", `(input: {id: "903"})`},
	{"replayWebhook", `(input: {id: "903", after: "$begin"})`},
	{"deleteWebhook", `(input: {id: "903"})`},
	{"liftFence", `(input: {comment: "x"})`},
}

// isConfiguration reports whether a field belongs to the API that reads and writes configuration, kind by kind. What is read of it is asked for as
// everything else is; what it can say is more than the world holds, and its rooms try what it writes.
func isConfiguration(field string) bool {
	name, below, _ := strings.Cut(field, ".")
	kind := strings.TrimPrefix(strings.TrimPrefix(below, "save"), "delete")
	return strings.Contains(name, "Configuration") || name == "Mutation" && (below == "applyConfiguration" || kind != below) && kind != "Resource" && kind != "Webhook"
}

// notHere are fields that hold nothing in the world of the test, for a reason.
var notHere = []string{
	"Query.quiescent", "Mutation.testAdvanceClock", // no --test-hooks
	"Mutation.login", "Mutation.refresh", "Mutation.logout", "LoginPayload.accessToken", "LoginPayload.expiresAt", "LoginPayload.me", "LogoutPayload.ok", // signed in already
	"Mutation.checkConnector",                              // no system there
	"Mutation.createDelegation", "DelegationTarget.person", // TestDelegationInput and TestDelegationTargets of server/app have them
	"CheckedItem.startDate", // one that lies ahead, which would be too far ahead or past one day (TestRequestDates of server/app has it)
	"ResourceTypeTrial.accountId", "ResourceTypeTrial.readAt", "ResourceTypeTrial.failure", "ResourceTypeTrial.values", "TrialValue.property", "TrialValue.computed", "TrialValue.read", "TrialValue.isComputed", "TrialValue.isSame",
	"StoredValues.problems", // nothing is proposed
	"ResourceTypeDifferences.endCursor", "ResourceTypeDifferences.properties", "PropertyDifference.property", "PropertyDifference.differs", "PropertyDifference.errors", "PropertyDifference.sample",
	"DifferenceExample.owner", "DifferenceExample.computed", "DifferenceExample.read", "DifferenceExample.error",
	"TrialValue.createOnly", "TrialValue.error", "TrialValue.rules", // this configuration has mistakes: nothing is tried (TestTrial of server/app does)
}

// TestRights asks for every field of the schema as everybody there is, by every way there is: queries and all relations below them, what
// changes answer, subscriptions, histories, the log. Who lacks the right that the list names sees nothing there; who has it in a rule about
// some rows sees no text of any other row, nowhere, error messages included; counts are those of the rows seen. Who may everything sees every
// field, so that no field goes untried.
func TestRights(t *testing.T) {
	t.Parallel()
	w, schema, book := settle(t), mustSchema(t), rights(t)
	found := map[string]map[string]bool{}
	requests := 0
	look := func(r *role, root *ast.Definition, query string, answer result) {
		requests++
		hidden := slices.DeleteFunc(r.hidden(answer.raw), func(text string) bool { return strings.Contains(query, text) }) // what was asked with is no news
		if len(hidden) > 0 {
			t.Errorf("%s may not see %s, and got it by\n\t%s\n\t%.300s", r.name, slices.Compact(slices.Sorted(slices.Values(hidden))), query, answer.raw)
		}
		for _, f := range answer.Errors {
			if f.code() == "INTERNAL" || f.code() == "TOO_LARGE" || f.code() == "VALIDATION" && r.name == "everything" {
				t.Errorf("%s: %s\n\t%s", r.name, query, answer.raw)
			}
		}
		seen(schema, root, answer.Data, func(field string) {
			if found[r.name] == nil {
				found[r.name] = map[string]bool{}
			}
			if !found[r.name][field] && !book.opens(r, field) {
				t.Errorf("%s has no right to %s (%s), and got it by\n\t%s\n\t%.300s", r.name, field, strings.Join(book[field], ", "), query, answer.raw)
			}
			found[r.name][field] = true
		})
		counted(answer.Data, func(total, rows int) {
			t.Errorf("%s: %d rows are counted, %d are seen by\n\t%s\n\t%.300s", r.name, total, rows, query, answer.raw)
		})
	}
	for _, r := range w.roles {
		for _, f := range schema.Query.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			below := []string{""}
			if d := schema.Types[f.Type.Name()]; d.IsCompositeType() {
				below = together(selections(schema, d))
			}
			for _, arguments := range argumentsOf(schema, schema.Query, f, w.ids(r.sees == nil && r.name != "everything")) {
				for i, s := range below {
					if s != "" {
						s = " { " + s + " }"
					}
					query := "{ " + f.Name + arguments + s + " }"
					answer := w.ask(r, query)
					look(r, schema.Query, query, answer)
					if top := answer.Data[f.Name]; i == 0 && isEmpty(top) {
						break // nothing there at all: neither is what is below it
					}
				}
			}
		}
		w.listen(r, schema, func(query string, answer result) { look(r, schema.Subscription, query, answer) })
	}
	for i, r := range append(slices.Clone(w.roles[1:]), w.roles[0]) {
		list := changes
		if r.name == "everything" {
			list = append(slices.Clone(changes), lastChanges...)
		}
		for _, c := range list {
			f := schema.Mutation.Fields.ForName(c.field)
			for k, s := range together(selections(schema, schema.Types[f.Type.Name()])) {
				arguments := strings.NewReplacer("$new", fmt.Sprintf("new%d.%d", i, k), "$begin", event.Cursor{}.String(), "$soon", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)).Replace(c.arguments)
				query := "mutation { " + c.field + arguments + " { " + s + " } }"
				answer := w.ask(r, query)
				look(r, schema.Mutation, query, answer)
				if isEmpty(answer.Data[c.field]) {
					break
				}
			}
		}
	}
	var untried []string
	for field := range book {
		if !slices.ContainsFunc(w.roles, func(r *role) bool { return found[r.name][field] }) && !slices.Contains(notHere, field) && !isConfiguration(field) {
			untried = append(untried, field)
		}
	}
	slices.Sort(untried)
	require.Empty(t, strings.Join(untried, "\n"), "these fields hold nothing for anybody, so nobody knows whether they are kept: make something of the kind in world_test.go")
	t.Logf("%d fields x %d callers, %d requests", len(book), len(w.roles), requests)
}

// ids gives the ids of everything there is, or of one thing of each kind.
func (w *world) ids(oneEach bool) []string {
	w.t.Helper()
	var ids []string
	require.NoError(w.t, w.db.NewRaw(`select id::text from (
		select id, 'r' as kind from resource where id between 1001 and 1040 union all select id, 'o' from provisioning_order union all select id, 'l' from order_line
		union all select id, 'i' from job_instance union all select id, 't' from task_instance union all select id, 'g' from task_log union all select id, 'd' from delivery
		union all select id, 'w' from webhook union all select id, 'v' from webhook_delivery union all select id, 'm' from mail union all select id, 'e' from row_to_mend union all select id, 'x' from gap union all select id, 'n' from bulk_change union all select id, 'L' from delegation
		union all select id, 'F' from assigned_role where origin = 'FOUND' union all select id, 'P' from assigned_role where workflow_state = 27 union all select id, 'M' from mining_run union all select id, 'D' from redundancy_run union all select id, 'A' from redundant_assignment union all select id, 'R' from mining_result union all select id, 'K' from identified_risk union all select id, 'Q' from request union all select id, 'I' from request_item) x
		where not ? or (kind, id) in (`+"('r', 1003), ('o', 2031), ('l', 3031), ('i', 511), ('t', 521), ('g', 531), ('d', 601), ('w', 901), ('v', 913), ('m', 801), ('e', 703), ('x', 3503), ('F', 3553), ('P', 3593), ('n', 3601), ('M', 3711), ('D', 3901), ('A', 3913), ('R', 3721), ('K', 3813), ('Q', 3903), ('I', 3923)"+`)
		order by x.id`, oneEach).Scan(w.ctx, &ids))
	return ids
}

// ask sends an operation without a network.
func (w *world) ask(r *role, query string) result {
	w.t.Helper()
	return w.inProcess(w.ctx, r.client.token, query, nil)
}

// listen subscribes to everything there is to subscribe to, from the very beginning where that can be said, and hears until it is quiet.
func (w *world) listen(r *role, schema *ast.Schema, hear func(query string, answer result)) {
	w.t.Helper()
	begin := event.Cursor{}.String()
	for _, f := range schema.Subscription.Fields {
		for _, arguments := range []string{fmt.Sprintf("(after: %q)", begin), `(jobInstanceId: "511")`, `(resourceId: "1003")`, `(resourceId: "1002")`, ""} {
			name, _, _ := strings.Cut(strings.TrimPrefix(arguments, "("), ":")
			if name == "" && len(f.Arguments) > 0 || name != "" && f.Arguments.ForName(name) == nil {
				continue
			}
			for _, asked := range documents(selections(schema, schema.Types[f.Type.Name()])) {
				query := "subscription { " + f.Name + arguments + " { " + asked + " } }"
				stream := r.client.stream(query, nil)
				heard := make(chan result)
				go func() {
					defer close(heard)
					for answer := stream.next(); answer.raw != ""; answer = stream.next() {
						heard <- answer
					}
				}()
				quiet := 150 * time.Millisecond
				if r.name == "everything" {
					quiet = time.Second
				}
				w.happen(name != "after")
				patience := 10 // of the one who should hear everything
				for open := true; open; {
					select {
					case answer, more := <-heard:
						if open = more; more {
							patience = 0
							hear(query, answer)
						}
					case <-time.After(quiet):
						if patience--; patience < 0 || r.name != "everything" {
							open = false
							break
						}
						w.happen(name != "after") // it may have happened before the subscription began
					}
				}
				stream.stop()
				for range heard { //nolint:revive // until it is closed
				}
				stream.close()
			}
		}
	}
}

// happen makes something happen for those who hear what happens from now on.
func (w *world) happen(now bool) {
	w.t.Helper()
	if !now {
		return
	}
	require.NoError(w.t, event.Publish(permit.With(w.ctx, permit.System("policy")), w.db, w.clock.Now(),
		event.Event{Kind: "job.changed", SubjectType: "job_instance", SubjectID: 511},
		event.Event{Kind: "mining_run.changed", SubjectType: "mining_run", SubjectID: 3711},
		event.Event{Kind: "request.changed", SubjectType: "request_item", SubjectID: 3921},
		event.Event{Kind: "delegation.changed", SubjectType: "delegation", SubjectID: 4101},
		event.Event{Kind: "plan.changed", SubjectType: "plan", SubjectID: 1},
		event.Event{Kind: "bulk_change.changed", SubjectType: "bulk_change", SubjectID: 1},
		event.Event{Kind: "redundancy_run.changed", SubjectType: "redundancy_run", SubjectID: 3901},
		event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: 2031, SourceEntityType: "Directory_User", OwnerID: 1003, Data: map[string]any{"from": 1, "to": 5}}))
}

// asOfNow is an instant at which something was looked at: another one each time.
var asOfNow = regexp.MustCompile(`"at":"[^"]*"`)

// Ids of others are no rights, and neither is what others are called: whoever may not see something gets the same answer for it as for what is
// not there, whatever he calls with it, and nothing is written. Every argument of every operation that takes an id, and every one that takes a
// text, is filled: with the ids of one outside of each kind and with an id nobody has, with texts of those outside and with one that is nowhere.
func TestIdsOfOthers(t *testing.T) {
	t.Parallel()
	w, schema := settle(t), mustSchema(t)
	outside := []string{"1003", "1012", "1023", "1033", "2031", "2032", "2033", "3031", "3032", "3033", "511", "512", "521", "601", "901", "913", "801", "703", "4102"}
	texts := []string{"zqp3keyq", "zqp3nameq", "zqd2keyq", "zqa3loginq", "zqp3errorq"}
	require.Eventually(t, func() bool { waiting, err := event.Pending(w.ctx, w.db); return err == nil && !waiting }, waitFor, tick)
	before := w.contents()
	requests := 0
	for _, r := range w.roles {
		if r.sees == nil && r.name != "anonymous" {
			continue
		}
		for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
			for _, f := range root.Fields {
				if strings.HasPrefix(f.Name, "__") || slices.Contains([]string{"login", "logout", "refresh"}, f.Name) {
					continue
				}
				if f.Name == "makePlan" { // keeps what it is asked, whatever that names, and looks later: its answer is another number each time
					continue
				}
				if f.Name == "resourceTypeDifferences" { // takes the same configuration as resourceTypeTrial, which is asked, and looks at everybody each time
					continue
				}
				for _, hole := range holes(schema, f) {
					if root.Name == "Subscription" && !hole.isID {
						continue
					}
					list, nothing := texts, "zqnowhereq"
					if hole.isID {
						list, nothing = outside, "987654321"
					}
					patience := 100 * time.Millisecond
					said := func(text string) (query, answer string) {
						query = strings.ToLower(root.Name) + " { " + f.Name + "(" + strings.ReplaceAll(hole.arguments, "$", text) + ")" + brief(schema, f.Type) + " }"
						requests++
						_, err := parser.ParseQuery(&ast.Source{Input: query})
						require.NoError(t, err, query)
						var got result
						if root.Name == "Subscription" {
							got = r.client.subscribed(query, patience)
						} else {
							got = w.ask(r, query)
						}
						return query, asOfNow.ReplaceAllString(strings.ReplaceAll(got.raw, text, "$"), `"at":"now"`)
					}
					_, want := said(nothing)
					if refused := strings.Contains(want, `"FORBIDDEN"`) || strings.Contains(want, `"UNAUTHENTICATED"`); refused && !hole.isID {
						list = list[:1] // one is enough to see whether something is read before the refusal
					}
					for _, text := range list {
						if r.mayName(text) {
							continue
						}
						query, got := said(text)
						if got != want && root.Name == "Subscription" { // one of them may have come too late to be heard
							patience = 10 * time.Second
							_, want = said(nothing)
							query, got = said(text)
						}
						if got != want {
							t.Errorf("%s: the answer to\n\t%s\nis\n\t%.400s\nand for what is not there\n\t%.400s", r.name, query, got, want)
						}
					}
				}
			}
		}
	}
	require.Equal(t, before, w.contents(), "something was written")
	t.Logf("%d requests", requests)
}

// Paths of properties lead nowhere where the caller may not read: filtering by the value of somebody he may not see finds the same as
// filtering by a value nobody has.
func TestFiltersAreNoOracles(t *testing.T) {
	t.Parallel()
	w := settle(t)
	steps := map[string][]string{
		"Directory_User": {"Phone", "Department", "Manager", "Reports", "Positions", "Accounts", "Heads"}, "Directory_Department": {"Budget", "Head", "Members", "Positions"},
		"AD_Entry": {"Login", "Owner"}, "Directory_Position": {"Title", "Person", "Unit"},
	}
	ends := []string{"Phone", "Budget", "Login", "Title", "Department", "Manager", "Reports", "Owner", "Person", "Unit", "Head", "Positions", "Accounts"}
	values := []string{"zqp3phoneq", "zqp3keyq", "zqp4keyq", "zqd2keyq", "zqd1budgetq", "zqa1loginq", "zqs1titleq"}
	asked := 0
	for _, r := range w.roles {
		if r.sees == nil || slices.Contains([]string{"anonymous", "nobody", "own"}, r.name) {
			continue
		}
		for entityType, first := range steps {
			for _, a := range first {
				paths := []string{a}
				for _, b := range ends {
					paths = append(paths, a+"."+b)
				}
				for _, path := range paths {
					for _, at := range []string{"", `, asOf: "2026-01-02T00:00:00Z"`} {
						if at != "" && strings.Contains(path, "s.") {
							continue // the same code, and enough paths
						}
						found := func(value string) string {
							asked++
							return w.ask(r, fmt.Sprintf(`{ resources(entityType: %q, filter: {properties: [{property: %q, value: %q}]}%s) { totalCount nodes { id } } }`, entityType, path, value, at)).raw
						}
						var none string
						for _, value := range values {
							if r.sees.MatchString(value) {
								continue
							}
							if none == "" {
								none = found("zqnowhereq")
							}
							if got := found(value); got != none {
								t.Errorf("%s learns %s by %s.%s: %s, and without it %s", r.name, value, entityType, path, got, none)
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d filters", asked)
}

// mayName reports whether somebody may know of what a text or an id stands for.
func (r *role) mayName(text string) bool {
	if marked.MatchString(text) {
		return r.sees.MatchString(text)
	}
	switch text {
	case "601": // a reading of a system that he may see
		return r.sees.MatchString("zqc1hostq")
	case "1012":
		return r.sees.MatchString("zqd2nameq")
	case "1003":
		return r.sees.MatchString("zqp3phoneq")
	case "1023":
		return r.sees.MatchString("zqa3loginq")
	case "1033":
		return r.sees.MatchString("zqs3titleq")
	}
	return false
}

// hole is a way to call a field with one id or one text ($) in it.
type hole struct {
	arguments string
	isID      bool
}

// holes gives one call for each place of a field's arguments, however deep, that takes an id or a text. The rest of the call is as simple as it
// may be.
func holes(schema *ast.Schema, f *ast.FieldDefinition) (all []hole) {
	for _, a := range f.Arguments {
		var rest []string
		for _, other := range f.Arguments {
			if other != a && other.Type.NonNull && other.DefaultValue == nil {
				rest = append(rest, other.Name+": "+simplest(schema, other.Type))
			}
		}
		for _, h := range holesOf(schema, a.Type, 0) {
			all = append(all, hole{strings.Join(append(rest, a.Name+": "+h.arguments), ", "), h.isID})
		}
	}
	return all
}

func holesOf(schema *ast.Schema, t *ast.Type, depth int) (all []hole) {
	if t.Elem != nil {
		for _, h := range holesOf(schema, t.Elem, depth) {
			all = append(all, hole{"[" + h.arguments + "]", h.isID})
		}
		return all
	}
	switch d := schema.Types[t.NamedType]; {
	case t.NamedType == "ID":
		return []hole{{`"$"`, true}}
	case t.NamedType == "String":
		return []hole{{`"$"`, false}}
	case d.Kind == ast.InputObject && depth < 4:
		given := map[string]string{}
		if ready, ok := inputs[t.NamedType]; ok {
			for _, part := range strings.Split(strings.Trim(ready, "{}"), ", ") {
				name, value, _ := strings.Cut(part, ": ")
				given[name] = value
			}
		} else {
			for _, f := range d.Fields {
				if f.Type.NonNull && f.DefaultValue == nil {
					given[f.Name] = simplest(schema, f.Type)
				}
			}
		}
		for _, f := range d.Fields {
			for _, h := range holesOf(schema, f.Type, depth+1) {
				parts := []string{f.Name + ": " + h.arguments}
				for name, value := range given {
					if name != f.Name && !(f.Name == "filter" && name == "orderIds") && !(f.Name == "lines" && (name == "decision" || name == "orderIds")) {
						parts = append(parts, name+": "+value)
					}
				}
				slices.Sort(parts)
				all = append(all, hole{"{" + strings.Join(parts, ", ") + "}", h.isID})
			}
		}
	}
	return all
}

// brief selects the values of an answer, and the counts and ids of what it lists.
func brief(schema *ast.Schema, t *ast.Type) string {
	d := schema.Types[t.Name()]
	if !d.IsCompositeType() {
		return ""
	}
	var all []string
	for _, s := range selections(schema, d) {
		if strings.Count(s, "{") <= 2 {
			all = append(all, s)
		}
	}
	return " { " + strings.Join(all, " ") + " }"
}

// subscribed gives the first thing heard, or nothing after a while.
func (c *client) subscribed(query string, patience time.Duration) result {
	c.t.Helper()
	stream := c.stream(query, nil)
	defer stream.close()
	first := make(chan result, 1)
	go func() { first <- stream.next() }()
	select {
	case got := <-first:
		return got
	case <-time.After(patience):
		stream.stop()
		<-first
		return result{}
	}
}

// contents tells what stands in every table, but for what signing in and being counted leaves behind.
func (w *world) contents() map[string]string {
	w.t.Helper()
	var tables []string
	require.NoError(w.t, w.db.NewRaw(`select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
		and table_name not in ('session', 'sign_in_count', 'event_appender') and table_name not like 'river_%'`).Scan(w.ctx, &tables))
	found := map[string]string{}
	for _, table := range tables {
		var sum string
		require.NoError(w.t, w.db.NewRaw("select coalesce(md5(string_agg(x::text, '|' order by x::text)), '') from ? x", bun.Ident(table)).Scan(w.ctx, &sum))
		found[table] = sum
	}
	return found
}
