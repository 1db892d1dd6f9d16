package graph_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"writ/server/auth"
)

const responseJSON = "application/graphql-response+json"

// What a request gets before, and besides, its data: GraphQL over HTTP.
func TestStatus(t *testing.T) {
	t.Parallel()
	c := setup(t, auth.Config{}).anonymous()
	large := `{"query": "{ __typename }", "extensions": {"x": "` + strings.Repeat("x", 1<<20) + `"}}`
	for name, in := range map[string]struct {
		body   string
		header map[string]string
		status int
		kind   string
		code   string // "": no error
	}{
		"OK":                 {`{"query": "{ __typename }"}`, nil, 200, "application/json", ""},
		"OKNewType":          {`{"query": "{ __typename }"}`, map[string]string{"Accept": responseJSON}, 200, responseJSON, ""},
		"OKByQuality":        {`{"query": "{ __typename }"}`, map[string]string{"Accept": "application/json;q=0.5, " + responseJSON}, 200, responseJSON, ""},
		"OKStreamLast":       {`{"query": "{ __typename }"}`, map[string]string{"Accept": responseJSON + ", application/json, text/event-stream, multipart/mixed"}, 200, responseJSON, ""},
		"OKNulls":            {`{"query": "{ __typename }", "variables": null, "operationName": null, "extensions": null}`, nil, 200, "application/json", ""},
		"NotAcceptable":      {`{"query": "{ __typename }"}`, map[string]string{"Accept": "text/html"}, 406, "application/json", "VALIDATION"},
		"WrongType":          {`{"query": "{ __typename }"}`, map[string]string{"Content-Type": "text/plain"}, 415, "application/json", "VALIDATION"},
		"WrongCharset":       {`{"query": "{ __typename }"}`, map[string]string{"Content-Type": "application/json; charset=latin1"}, 415, "application/json", "VALIDATION"},
		"NoJSON":             {`{`, nil, 400, "application/json", "VALIDATION"},
		"Empty":              {``, nil, 400, "application/json", "VALIDATION"},
		"TwoValues":          {`{"query": "{ __typename }"} {}`, nil, 400, "application/json", "VALIDATION"},
		"NoQuery":            {`{"qeury": "{ __typename }"}`, nil, 400, "application/json", "VALIDATION"},
		"Batch":              {`[{"query": "{ __typename }"}]`, nil, 400, "application/json", "VALIDATION"},
		"WrongVariables":     {`{"query": "{ __typename }", "variables": ["x"]}`, nil, 400, "application/json", "VALIDATION"},
		"TooLarge":           {large, nil, 413, "application/json", "TOO_LARGE"},
		"ParseOld":           {`{"query": "{"}`, nil, 200, "application/json", "VALIDATION"},
		"ParseNew":           {`{"query": "{"}`, map[string]string{"Accept": responseJSON}, 400, responseJSON, "VALIDATION"},
		"ValidationOld":      {`{"query": "{ nothing }"}`, nil, 200, "application/json", "VALIDATION"},
		"ValidationNew":      {`{"query": "{ nothing }"}`, map[string]string{"Accept": responseJSON}, 400, responseJSON, "VALIDATION"},
		"VariableNew":        {`{"query": "query($id: ID!) { order(id: $id) { id } }"}`, map[string]string{"Accept": responseJSON}, 400, responseJSON, "VALIDATION"},
		"UnknownOperation":   {`{"query": "query A { __typename }", "operationName": "B"}`, map[string]string{"Accept": responseJSON}, 400, responseJSON, "VALIDATION"},
		"Subscription":       {`{"query": "subscription { jobsChanged { state } }"}`, nil, 400, "application/json", "VALIDATION"},
		"ResolverRefusesNew": {`{"query": "{ me { id } }"}`, map[string]string{"Accept": responseJSON}, 200, responseJSON, "UNAUTHENTICATED"},
	} {
		got := c.post(in.body, in.header)
		require.Equal(t, in.status, got.status, name+": "+got.raw)
		require.Equal(t, in.kind+"; charset=utf-8", got.kind, name)
		if in.code == "" {
			require.Empty(t, got.Errors, name)
			continue
		}
		require.NotEmpty(t, got.Errors, name)
		require.Equal(t, in.code, got.Errors[0].code(), name)
		executed := strings.HasPrefix(name, "Resolver")
		require.Equal(t, executed, strings.Contains(got.raw, `"data"`), name+": only what was executed has data")
	}
}

func TestGET(t *testing.T) {
	t.Parallel()
	c := setup(t, auth.Config{}).anonymous()
	get := func(query string) result {
		r, err := http.NewRequestWithContext(c.ctx, http.MethodGet, c.url+"?"+url.Values{"query": {query}}.Encode(), nil)
		require.NoError(t, err)
		return c.do(r, nil)
	}
	require.Equal(t, "Query", get("{ __typename }").Data["__typename"])
	refused := get(`mutation { login(input: {username: "nobody", password: "secret"}) { accessToken } }`)
	require.Equal(t, http.StatusMethodNotAllowed, refused.status)
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPut, c.url, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusMethodNotAllowed, c.do(r, nil).status)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	c := setup(t, auth.Config{}).as("nobody")
	var aliases, bomb strings.Builder
	for i := range 31 {
		fmt.Fprintf(&aliases, "a%d: __typename ", i)
	}
	bomb.WriteString("{ ...f0 } fragment f39 on Query { __typename }")
	for i := range 39 {
		fmt.Fprintf(&bomb, " fragment f%d on Query { ...f%d ...f%d }", i, i+1, i+1)
	}
	deep := "{ jobs { lastInstance { " + strings.Repeat("job { lastInstance { ", 5) + "id" + strings.Repeat(" } }", 5) + " } } }"
	for name, query := range map[string]string{
		"Aliases":        "{ " + aliases.String() + "}",
		"FragmentBomb":   bomb.String(),
		"Depth":          deep,
		"Cost":           "{ " + strings.Repeat("jobs { lastInstance { tasks { log(first: 500) { id at level message } } } } ", 1) + " orders(first: 500) { nodes { history { id } lines { id } owner { links { targets { id key displayName } } contexts { dimensions { value { id key } } } } } } }",
		"CostByVariable": "query($n: Int = 500) { orders(first: $n) { nodes { owner { history(first: $n) { values { value } } } } } }",
	} {
		got := c.ask(query, nil)
		require.NotEmpty(t, got.Errors, name)
		require.Equal(t, "TOO_LARGE", got.Errors[0].code(), "%s: %s", name, got.raw)
	}

	many := func(field string) string {
		var b strings.Builder
		for i := range 30 {
			fmt.Fprintf(&b, "a%d: %s ", i, field)
		}
		return b.String()
	}
	kinds, systems := make([]string, 40_000), make([]string, 40_000)
	for i := range kinds {
		kinds[i], systems[i] = "CREATE", fmt.Sprintf("x%d", i)
	}
	for name, asked := range map[string]struct {
		query     string
		variables map[string]any
	}{
		"ListOfEnum":  {"query($f: OrderFilter) { orders(filter: $f) { totalCount } }", map[string]any{"f": map[string]any{"kinds": kinds}}},
		"ListWritten": {"{ orders(filter: {kinds: [" + strings.Repeat("CREATE ", 50) + "]}) { totalCount } }", nil},
		"ListOfText":  {"query($f: OrderFilter) { orders(filter: $f) { totalCount } }", map[string]any{"f": map[string]any{"connectors": systems}}},
		"InMutation":  {"mutation($f: OrderFilter) { reviewOrders(input: {filter: $f, decision: APPROVE}) { results { id } } }", map[string]any{"f": map[string]any{"connectors": systems}}},
		"TextOften":   {"query($t: String!) { " + many("search(text: $t) { id }") + "}", map[string]any{"t": strings.Repeat("a ", 400_000)}},
		"PlanOften":   {"query($y: String!) { " + many("plan(input: {yaml: $y}) { problems { message } }") + "}", map[string]any{"y": "policies: []"}},
		"DryRunOften": {"mutation { " + many("applyConfiguration(input: {dryRun: true}) { dryRun }") + "}", nil},
	} {
		got := c.ask(asked.query, asked.variables)
		require.NotEmpty(t, got.Errors, name)
		require.Equal(t, "TOO_LARGE", got.Errors[0].code(), "%s: %.300s", name, got.raw)
	}

	// What the pages ask for, and introspection, stay far below.
	for name, query := range map[string]string{
		"Page":          "{ orders(first: 500) { totalCount nodes { id state owner { id displayName } resourceType { displayName } lines { id property state proposedValue } } } }",
		"Introspection": "{ __schema { types { name fields { name args { name type { name ofType { name ofType { name ofType { name } } } } } type { name ofType { name ofType { name ofType { name } } } } } } } }",
	} {
		for _, f := range c.ask(query, nil).Errors {
			require.NotEqual(t, "TOO_LARGE", f.code(), name)
		}
	}
}

// Every list in every filter, of whatever operation, has a bound: each value in it is compared with each row.
func TestListsOfFilters(t *testing.T) {
	t.Parallel()
	c, schema := setup(t, auth.Config{}).as("nobody"), mustSchema(t)
	tried := 0
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, f := range root.Fields {
			for _, a := range f.Arguments {
				for _, path := range listsIn(schema, a.Type, a.Name, false, 0) {
					list := make([]any, 1_001)
					for i := range list {
						list[i] = path.one
					}
					value := any(list)
					for _, name := range slices.Backward(path.names) {
						value = map[string]any{name: value}
					}
					var rest []string
					for _, other := range f.Arguments {
						if other != a && other.Type.NonNull && other.DefaultValue == nil {
							rest = append(rest, other.Name+": "+simplest(schema, other.Type))
						}
					}
					below := ""
					if schema.Types[f.Type.Name()].IsCompositeType() {
						below = " { __typename }"
					}
					query := fmt.Sprintf("%s($v: %s) { %s(%s)%s }", strings.ToLower(root.Name), strings.TrimSuffix(a.Type.String(), "!"), f.Name, strings.Join(append(rest, a.Name+": $v"), ", "), below)
					if a.Type.NonNull {
						query = strings.Replace(query, "($v: "+strings.TrimSuffix(a.Type.String(), "!"), "($v: "+a.Type.String(), 1)
					}
					got := c.ask(query, map[string]any{"v": path.whole(schema, a.Type, value)})
					require.NotEmpty(t, got.Errors, "%s %v: %s", query, path.names, got.raw)
					require.Equal(t, "TOO_LARGE", got.Errors[0].code(), "%s %v: %.300s", query, path.names, got.raw)
					tried++
				}
			}
		}
	}
	require.Greater(t, tried, 30)
	t.Logf("%d lists", tried)
}

// listIn is a list in a filter, by the names that lead to it, and a value that it may hold.
type listIn struct {
	names []string
	one   any
}

func listsIn(schema *ast.Schema, t *ast.Type, name string, filters bool, depth int) (found []listIn) {
	d := schema.Types[t.Name()]
	if t.Elem != nil {
		if !filters || d.Kind == ast.InputObject {
			return nil
		}
		if d.Kind == ast.Enum {
			return []listIn{{nil, d.EnumValues[0].Name}}
		}
		return []listIn{{nil, "1"}}
	}
	if d.Kind != ast.InputObject || depth > 3 {
		return nil
	}
	for _, f := range d.Fields {
		for _, l := range listsIn(schema, f.Type, f.Name, filters || strings.HasSuffix(d.Name, "Filter"), depth+1) {
			found = append(found, listIn{append([]string{f.Name}, l.names...), l.one})
		}
	}
	return found
}

// whole adds to a value what its types need beside it.
func (l listIn) whole(schema *ast.Schema, t *ast.Type, value any) any {
	fields, ok := value.(map[string]any)
	if !ok {
		return value
	}
	for _, f := range schema.Types[t.Name()].Fields {
		switch given, has := fields[f.Name]; {
		case has:
			fields[f.Name] = l.whole(schema, f.Type, given)
		case f.Type.NonNull && f.DefaultValue == nil:
			fields[f.Name] = plainest(schema, f.Type)
		}
	}
	return fields
}

// plainest is a value of a type, as JSON.
func plainest(schema *ast.Schema, t *ast.Type) any {
	switch d := schema.Types[t.Name()]; {
	case t.Elem != nil:
		return []any{}
	case d.Kind == ast.Enum:
		return d.EnumValues[0].Name
	case d.Kind == ast.InputObject:
		return listIn{}.whole(schema, t, map[string]any{})
	case d.Name == "Int" || d.Name == "Int64":
		return 1
	case d.Name == "Boolean":
		return false
	default:
		return "1"
	}
}

// The refresh token travels in a cookie, and only on requests that a foreign page cannot send.
func TestSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{TestHooks: true})
	c := b.as("nobody")
	me := c.ask("{ me { username testHooks demo profiles { identifier } permissions resource { id } scopes { reviewProvisioning } } }", nil)
	require.Empty(t, me.Errors)
	require.Equal(t, map[string]any{"username": "nobody", "testHooks": true, "demo": false, "profiles": []any{}, "permissions": []any{},
		"resource": nil, "scopes": map[string]any{"reviewProvisioning": []any{}}}, me.Data["me"])

	old := c.token
	c.token = "expired"
	got := c.ask("mutation { refresh { accessToken expiresAt me { username } } }", nil)
	require.Empty(t, got.Errors, "the cookie is enough, whatever the header says")
	c.token = got.Data["refresh"].(map[string]any)["accessToken"].(string)
	require.NotEqual(t, old, c.token)

	foreign := c.post(`{"query": "mutation { refresh { accessToken } }"}`, map[string]string{"Sec-Fetch-Site": "cross-site"})
	require.Equal(t, "FORBIDDEN", foreign.Errors[0].code())

	require.Empty(t, c.ask("mutation { logout { ok } }", nil).Errors)
	require.Equal(t, "UNAUTHENTICATED", c.ask("{ me { username } }", nil).Errors[0].code())
	require.Equal(t, "UNAUTHENTICATED", c.ask("mutation { refresh { accessToken } }", nil).Errors[0].code())
}
