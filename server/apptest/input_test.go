package apptest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// Bad input gets a typed error that says what and where, and changes nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin := h.As(t, "admin")
	before := footprint(t, h)
	for name, c := range map[string]struct {
		query string
		vars  apptest.Vars
		code  string
		field string
	}{
		"unknown order id to review":   {`mutation { reviewOrders(input: {orderIds: ["abc"], decision: APPROVE}) { results { id } } }`, nil, "VALIDATION", "input.orderIds[0]"},
		"both ids and filter":          {`mutation { unblockOrders(input: {orderIds: ["1"], filter: {}}) { results { id } } }`, nil, "VALIDATION", ""},
		"neither":                      {`mutation { unblockOrders(input: {}) { results { id } } }`, nil, "VALIDATION", ""},
		"unknown job":                  {`mutation { runJob(input: {job: "nonsense"}) { jobInstance { id } } }`, nil, "NOT_FOUND", "input.job"},
		"unknown job instance":         {`mutation { resumeJobInstance(input: {id: "999999"}) { jobInstance { id } } }`, nil, "NOT_FOUND", "input.id"},
		"unknown owner":                {`{ permissionsView(resourceId: "999999") { asOf } }`, nil, "NOT_FOUND", "resourceId"},
		"page too large":               {`{ orders(first: 501) { totalCount } }`, nil, "VALIDATION", "first"},
		"page too small":               {`{ orders(first: -1) { totalCount } }`, nil, "VALIDATION", "first"},
		"broken cursor":                {`{ orders(after: "nonsense") { totalCount } }`, nil, "VALIDATION", "after"},
		"unknown field":                {`{ orders { nonsense } }`, nil, "VALIDATION", ""},
		"syntax":                       {`{ orders { `, nil, "VALIDATION", ""},
		"wrong type":                   {`query($n: Int!) { orders(first: $n) { totalCount } }`, apptest.Vars{"n": "many"}, "VALIDATION", ""},
		"missing variable":             {`query($n: Int!) { orders(first: $n) { totalCount } }`, nil, "VALIDATION", ""},
		"unknown state":                {`{ orders(filter: {states: [NONSENSE]}) { totalCount } }`, nil, "VALIDATION", ""},
		"unknown resource type":        {`{ orders(filter: {resourceTypes: ["Nonsense"]}) { totalCount } }`, nil, "", ""},
		"unknown entity type":          {`{ resources(entityType: "Nonsense") { totalCount } }`, nil, "NOT_FOUND", "entityType"},
		"too many aliases":             {`{ ` + aliases(200) + ` }`, nil, "TOO_LARGE", ""},
		"too much at once":             {`{ orders(first: 500) { nodes { lines { id reasons } history { id at } attempts { message } owner { history(first: 500) { values { value } } } } } }`, nil, "TOO_LARGE", ""},
		"too deep":                     {nested(8), nil, "TOO_LARGE", ""},
		"a mail as a person's key":     {`mutation { createResource(input: {entityType: "Directory_User", key: "  ", values: []}) { resource { id } } }`, nil, "VALIDATION", "input.key"},
		"a property that is none":      {`mutation { createResource(input: {entityType: "Directory_User", key: "E1", values: [{property: "Nonsense", value: "x"}]}) { resource { id } } }`, nil, "VALIDATION", "input.values[0].property"},
		"a date that is none":          {`mutation { createResource(input: {entityType: "Directory_Position", key: "P1", values: [{property: "StartDate", value: "soon"}]}) { resource { id } } }`, nil, "VALIDATION", "input.values[0].value"},
		"a link to nothing":            {`mutation { createResource(input: {entityType: "Directory_Position", key: "P1", values: [{property: "Person", keys: ["nobody"]}]}) { resource { id } } }`, nil, "VALIDATION", "input.values[0]"},
		"a null character to look for": {`query($t: String) { orders(filter: {text: $t}) { totalCount } }`, apptest.Vars{"t": "a\x00b"}, "VALIDATION", "filter.text"},
		"a null character to keep":     {`mutation($i: ReportManualOrderErrorsInput!) { reportManualOrderErrors(input: $i) { results { id } } }`, apptest.Vars{"i": apptest.Vars{"orderIds": []string{"1"}, "message": "a\x00b"}}, "VALIDATION", "input.message"},
		"the year 0":                   {`{ orders(filter: {createdAfter: "0000-01-01T00:00:00Z"}) { totalCount } }`, nil, "VALIDATION", "filter.createdAfter"},
		"the year 10000":               {`{ resources(entityType: "Directory_User", asOf: "10000-01-01T00:00:00Z") { totalCount } }`, nil, "VALIDATION", "asOf"},
		"a date of the year 0":         {`mutation { createResource(input: {entityType: "Directory_Position", key: "P1", values: [{property: "StartDate", value: "0000-01-01"}]}) { resource { id } } }`, nil, "VALIDATION", "input.values[0].value"},
		"a key of a thousand letters":  {`mutation($k: String!) { createResource(input: {entityType: "Directory_User", key: $k, values: []}) { resource { id } } }`, apptest.Vars{"k": strings.Repeat("k", 1000)}, "VALIDATION", "input.key"},
		"time backwards":               {`mutation { testAdvanceClock(seconds: -5) }`, nil, "VALIDATION", "seconds"},
		"a stale version of a person":  {`mutation($i: UpdateResourceInput!) { updateResource(input: $i) { resource { id } } }`, apptest.Vars{"i": apptest.Vars{"id": personID(t, h, "E10001"), "version": 99, "values": []apptest.Vars{{"property": "FirstName", "value": "X"}}}}, "STALE_ITEM", ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := admin.Do(c.query, c.vars, nil)
			require.Equal(t, c.code, apptest.CodeOf(err), "%v", err)
			if f := (*apptest.Failure)(nil); errors.As(err, &f) && c.field != "" {
				require.Equal(t, c.field, f.Field, "%v", err)
			}
			if err != nil {
				require.NotContains(t, err.Error(), "pq:")
			}
		})
	}

	results, err := admin.Confirm("999999999")
	require.NoError(t, err, "ids are answered one by one")
	require.Equal(t, "NOT_FOUND", results[0].Error.Code)

	for name, c := range map[string]struct {
		body []byte
		code string
	}{
		"too long":    {append(append([]byte(`{"query": "`), bytes.Repeat([]byte("x"), 2<<20)...), []byte(`"}`)...), "TOO_LARGE"},
		"no JSON":     {[]byte("{ me }"), "VALIDATION"},
		"a batch":     {[]byte(`[{"query": "{ me { id } }"}, {"query": "{ me { id } }"}]`), "VALIDATION"},
		"many braces": {mustJSON(t, map[string]string{"query": strings.Repeat("{a", 20000)}), "TOO_LARGE"},
	} {
		require.Equal(t, c.code, apptest.CodeOf(admin.Raw(c.body, nil)), name)
	}

	nobody := h.Processes[0].Anonymous()
	require.Equal(t, "UNAUTHENTICATED", apptest.CodeOf(nobody.Do(`{ orders { totalCount } }`, nil, nil)))
	require.Equal(t, "UNAUTHENTICATED", apptest.CodeOf(nobody.Do(`mutation { login(input: {username: "admin", password: "wrong"}) { accessToken } }`, nil, nil)))
	forged := *admin
	forged.Token = admin.Token[:len(admin.Token)-6] + "AAAAAA"
	require.Equal(t, "UNAUTHENTICATED", apptest.CodeOf(forged.Do(`{ me { id } }`, nil, nil)))
	require.Equal(t, "FORBIDDEN", apptest.CodeOf(h.As(t, "employee").Do(`mutation { runJob(input: {job: "complete"}) { jobInstance { id } } }`, nil, nil)))

	req, err := http.NewRequest(http.MethodGet, h.Processes[0].URL()+"/graphql?query="+"mutation%7BtestAdvanceClock(seconds%3A1)%7D", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode, "a link must not change anything")
	h.MustWaitQuiescent(t)
	require.Equal(t, before, footprint(t, h))
}

// Test hooks do not exist without their setting, and demo logins not without the demo.
func TestWithoutHooks(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Demo: true})
	admin := h.As(t, "admin")
	require.Equal(t, "FORBIDDEN", apptest.CodeOf(admin.Do(`{ quiescent }`, nil, nil)))
	require.Equal(t, "FORBIDDEN", apptest.CodeOf(admin.Do(`mutation { testAdvanceClock(seconds: 60) }`, nil, nil)))
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: __typename b%d: me { id } ", i, i)
	}
	return b.String()
}

// nested goes from a job to its last run and back, again and again.
func nested(depth int) string {
	return `{ jobs ` + strings.Repeat("{ lastInstance { job ", depth) + "{ id }" + strings.Repeat(" } }", depth) + ` }`
}

func personID(t *testing.T, h *apptest.House, key string) string {
	t.Helper()
	var out struct {
		Resources struct{ Nodes []struct{ ID string } }
	}
	h.As(t, "admin").MustDo(t, `query($k: [String!]) { resources(entityType: "Directory_User", filter: {keys: $k}) { nodes { id } } }`, apptest.Vars{"k": []string{key}}, &out)
	require.Len(t, out.Resources.Nodes, 1)
	return out.Resources.Nodes[0].ID
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}
