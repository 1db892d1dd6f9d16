package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/server/audit"
	"writ/server/errs"
	"writ/server/permit"
)

// A query says with the extension "export" that its answer leaves the house, as a file for instance:
//
//	{"query": "...", "extensions": {"export": {"list": "people"}}}
//
// The log then tells who took which list, by which filter and how many rows: what the answer holds is counted here, whatever the client says. The answer
// is given only when the event is written. rows beside list says how many rows a client takes that it had read before; it is for answers without a list.
// Whoever reads pages and says nothing leaves no such event: that nobody can tell from looking at them.
const exportExtension = "export"

// longestList is how long the name of a list may be.
const longestList = 100

// exportOf reads the extension; nil: the operation is none.
func exportOf(op *graphql.OperationContext) (*audit.Export, error) {
	said, ok := op.Extensions[exportExtension]
	if !ok || said == nil {
		return nil, nil
	}
	refuse := func(format string, args ...any) (*audit.Export, error) {
		return nil, errs.Invalid("extensions.export", format, args...)
	}
	raw, err := json.Marshal(said)
	if err != nil {
		return refuse("Say which list it is: {list: \"people\"}.")
	}
	var in struct {
		List string `json:"list"`
		Rows int    `json:"rows"`
	}
	if err := json.Unmarshal(raw, &in); err != nil || strings.TrimSpace(in.List) == "" || len(in.List) > longestList || in.Rows < 0 {
		return refuse("Say which list it is, {list: \"people\"}, with %d bytes at most, and rows as a number.", longestList)
	}
	filter := maps.Clone(op.Variables)
	first := filter["after"] == nil
	delete(filter, "first")
	delete(filter, "after")
	return &audit.Export{List: in.List, Rows: in.Rows, Filter: filter, IsFirst: first}, nil
}

// exporting writes what an export took into the log, before it is given.
func (r *Resolver) exporting(ctx context.Context, of *audit.Export, present graphql.ErrorPresenterFunc, next graphql.ResponseHandler) graphql.ResponseHandler {
	return func(c context.Context) *graphql.Response {
		response := next(c)
		if response == nil || permit.From(ctx) == nil {
			return response
		}
		taken := *of
		for field, rows := range rowsIn(response.Data) {
			taken.Fields = append(taken.Fields, field)
			taken.Rows += rows
		}
		slices.Sort(taken.Fields)
		if err := r.Audit.Exported(ctx, taken); err != nil {
			return &graphql.Response{Errors: gqlerror.List{present(ctx, err)}}
		}
		return response
	}
}

// rowsIn counts the rows of the lists of an answer, by field: pages and plain lists.
func rowsIn(data json.RawMessage) map[string]int {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return nil
	}
	rows := map[string]int{}
	for name, raw := range fields {
		var list []json.RawMessage
		var page struct{ Nodes, Edges []json.RawMessage }
		switch raw = bytes.TrimSpace(raw); {
		case bytes.HasPrefix(raw, []byte("[")) && json.Unmarshal(raw, &list) == nil:
			rows[name] = len(list)
		case json.Unmarshal(raw, &page) == nil:
			if n := max(len(page.Nodes), len(page.Edges)); n > 0 {
				rows[name] = n
			}
		}
	}
	return rows
}
