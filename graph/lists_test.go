package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/db"
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
	require.EqualValues(t, 0, c.ask(`{ webhooksPage(filter: {text: "127.0.0.1"}) { totalCount } }`, nil).at("webhooksPage", "totalCount"), "addresses are not looked through")
}
