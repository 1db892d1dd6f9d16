package graph

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// What one operation may ask for. The SPA's largest page uses a fifth of each.
const (
	maxDepth      = 12      // fields below each other; introspection has a limit of its own in the library
	maxRootFields = 30      // fields of the operation itself, aliases included
	maxCost       = 100_000 // fields of the answer, estimated: pages by `first`, other lists by listGuess
	listGuess     = 5
)

// limits refuses operations that ask for too much, before anything is executed: TOO_LARGE.
type limits struct{}

var (
	_ graphql.HandlerExtension        = limits{}
	_ graphql.OperationContextMutator = limits{}
)

func (limits) ExtensionName() string                          { return "limits" }
func (limits) Validate(schema graphql.ExecutableSchema) error { return nil }

// MutateOperationContext checks, and opens introspection to whoever is signed in.
func (limits) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	op.DisableIntrospection = permit.From(ctx) == nil
	m := measuring{variables: op.Variables, fragments: map[*ast.FragmentDefinition]measure{}}
	got := m.set(op.Operation.SelectionSet)
	if m.introspects && op.DisableIntrospection {
		return gqlerror.Wrap(errs.New(errs.Unauthenticated, "Sign in to read the schema."))
	}
	for what, over := range map[string]struct{ got, limit int }{
		"%d fields below each other, %d are the limit":             {got.depth, maxDepth},
		"%d fields (or aliases) at the top, %d are the limit":      {got.fields, maxRootFields},
		"about %d values, %d are the limit: ask for smaller pages": {got.cost, maxCost},
	} {
		if over.got > over.limit {
			return gqlerror.Wrap(errs.New(errs.TooLarge, "The operation asks for "+what+".", over.got, over.limit))
		}
	}
	return nil
}

// measure is how much a selection asks for.
type measure struct{ depth, fields, cost int }

// measuring walks a document once: a fragment is measured at its first use, so a nest of spreads costs nothing.
type measuring struct {
	variables map[string]any
	fragments map[*ast.FragmentDefinition]measure

	introspects bool // it reads the schema
}

func (m *measuring) set(set ast.SelectionSet) measure {
	var sum measure
	for _, s := range set {
		var one measure
		switch s := s.(type) {
		case *ast.Field:
			one = m.field(s)
		case *ast.InlineFragment:
			one = m.set(s.SelectionSet)
		case *ast.FragmentSpread:
			known, ok := m.fragments[s.Definition]
			if !ok {
				known = m.set(s.Definition.SelectionSet)
				m.fragments[s.Definition] = known
			}
			one = known
		}
		sum.depth = max(sum.depth, one.depth)
		sum.fields = capped(sum.fields + one.fields)
		sum.cost = capped(sum.cost + one.cost)
	}
	return sum
}

func (m *measuring) field(f *ast.Field) measure {
	if strings.HasPrefix(f.Name, "__") {
		m.introspects = m.introspects || f.Name == "__schema" || f.Name == "__type"
		return measure{depth: 1, fields: 1, cost: 1}
	}
	below := m.set(f.SelectionSet)
	return measure{depth: below.depth + 1, fields: 1, cost: capped(1 + m.times(f)*below.cost)}
}

// times is how many objects a field is expected to give.
func (m *measuring) times(f *ast.Field) int {
	if f.Definition == nil || len(f.SelectionSet) == 0 {
		return 1
	}
	if f.Definition.Arguments.ForName("first") != nil {
		switch n := f.ArgumentMap(m.variables)["first"].(type) {
		case int64:
			return int(max(0, min(n, page.Max)))
		case int:
			return max(0, min(n, page.Max))
		case json.Number:
			if n, err := n.Int64(); err == nil {
				return int(max(0, min(n, page.Max)))
			}
		}
		return page.Default
	}
	if f.Definition.Type.Elem != nil && f.Name != "nodes" && f.Name != "edges" { // those are counted by their connection's `first`
		return listGuess
	}
	return 1
}

// capped keeps sums far from overflowing.
func capped(n int) int { return min(n, 1<<40) }
