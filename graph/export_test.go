package graph_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/audit"
)

// What an export takes stands in the log, as the server counts it and whatever the client says; an answer that cannot be told of is not given.
func TestExportsAreTold(t *testing.T) {
	t.Parallel()
	w := settle(t)
	finance := w.roles[1]
	ask := func(r *role, query string, variables, export any) result {
		return r.client.post(mustJSON(t, map[string]any{"query": query, "variables": variables, "extensions": map[string]any{"export": export}}), nil)
	}
	type told struct {
		List, Actor string
		Rows        int
		IsFirst     bool
		Fields      []string
		Filter      json.RawMessage
	}
	log := func() (all []told) {
		var rows []struct {
			Actor string
			Data  json.RawMessage
		}
		require.NoError(t, w.db.NewRaw("select actor, data from event where kind = ? order by id", audit.EventExported).Scan(w.ctx, &rows))
		for _, r := range rows {
			var one told
			require.NoError(t, json.Unmarshal(r.Data, &one))
			one.Actor = r.Actor
			all = append(all, one)
		}
		return all
	}
	const people = `query($first: Int, $after: String, $text: String) { resources(entityType: "Directory_User", first: $first, after: $after, filter: {text: $text}) { nodes { id key } pageInfo { endCursor } } }`
	got := ask(finance, people, map[string]any{"first": 500, "text": "zqp"}, map[string]any{"list": "people", "rows": 0})
	require.Empty(t, got.Errors)
	got = ask(finance, people, map[string]any{"first": 1, "after": got.Data["resources"].(map[string]any)["pageInfo"].(map[string]any)["endCursor"], "text": "zqp"}, map[string]any{"list": "people"})
	require.Empty(t, got.Errors)
	got = ask(finance, "{ me { id } }", nil, map[string]any{"list": "jobs", "rows": 7})
	require.Empty(t, got.Errors)
	all := log()
	require.Len(t, all, 3)
	require.Equal(t, told{List: "people", Actor: "finance", Rows: 2, IsFirst: true, Fields: []string{"resources"}, Filter: json.RawMessage(`{"text": "zqp"}`)}, all[0])
	require.Equal(t, told{List: "people", Actor: "finance", Rows: 0, Fields: nil, Filter: json.RawMessage(`{"text": "zqp"}`)}, all[1])
	require.Equal(t, told{List: "jobs", Actor: "finance", Rows: 7, IsFirst: true}, all[2])

	// What is no export, is refused, or comes from nobody leaves nothing.
	for _, wrong := range []any{map[string]any{}, map[string]any{"list": " "}, map[string]any{"list": 1}, map[string]any{"list": "x", "rows": -1}, "people", []int{1}} {
		got = ask(finance, "{ me { id } }", nil, wrong)
		require.Equal(t, "VALIDATION", got.Errors[0].code(), got.raw)
		require.Empty(t, got.Data["me"])
	}
	require.Empty(t, ask(finance, "{ me { id } }", nil, nil).Errors)
	ask(&role{client: w.anonymous()}, people, map[string]any{"first": 1}, map[string]any{"list": "people"})
	require.Len(t, log(), 3)

	_, err := w.db.ExecContext(w.ctx, `alter table event add constraint no_exports check (kind <> 'data.exported') not valid`)
	require.NoError(t, err)
	got = ask(finance, people, map[string]any{"first": 500}, map[string]any{"list": "people"})
	require.NotEmpty(t, got.Errors)
	require.NotContains(t, got.raw, "zqp1")
}
