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

	maxListed    = 1_000 // values in one list of a filter; of an enum there are no more than it has
	fileCost     = 10    // what one file with its content counts; how many bytes an answer may hold is the directory's to say
	bytesOfValue = 64    // of a text that is handed over count as one value
)

// wholes are the fields that take a whole configuration, which may be seconds of work: an operation has one of them.
var wholes = map[string]bool{"plan": true, "applyConfiguration": true, "makePlan": true}

// limits refuses operations that ask for too much, or that bring too much, before anything is executed: TOO_LARGE.
type limits struct{ schema *ast.Schema }

var (
	_ graphql.HandlerExtension        = (*limits)(nil)
	_ graphql.OperationContextMutator = (*limits)(nil)
)

func (*limits) ExtensionName() string { return "limits" }

// Validate keeps the schema.
func (l *limits) Validate(schema graphql.ExecutableSchema) error {
	l.schema = schema.Schema()
	return nil
}

// MutateOperationContext checks, and opens introspection to whoever is signed in.
func (l *limits) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	op.DisableIntrospection = permit.From(ctx) == nil
	m := measuring{schema: l.schema, variables: op.Variables, fragments: map[*ast.FragmentDefinition]measure{}}
	got := m.set(op.Operation.SelectionSet)
	if m.refused != nil {
		return gqlerror.Wrap(m.refused)
	}
	if m.introspects && op.DisableIntrospection {
		return gqlerror.Wrap(errs.New(errs.Unauthenticated, "Sign in to read the schema."))
	}
	for what, over := range map[string]struct{ got, limit int }{
		"%d fields below each other, %d are the limit":                                                                   {got.depth, maxDepth},
		"%d fields (or aliases) at the top, %d are the limit":                                                            {got.fields, maxRootFields},
		"about %d values, counting what it brings, %d are the limit: ask for smaller pages, or for fewer things at once": {got.cost, maxCost},
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
	schema    *ast.Schema
	variables map[string]any
	fragments map[*ast.FragmentDefinition]measure

	introspects bool  // it reads the schema
	wholes      int   // whole configurations it takes
	refused     error // the first thing that is refused whatever the sums are
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
	if wholes[f.Name] && (f.ObjectDefinition == nil || f.ObjectDefinition.Name == "Query" || f.ObjectDefinition.Name == "Mutation") {
		if m.wholes++; m.wholes > 1 && m.refused == nil {
			m.refused = errs.New(errs.TooLarge, "The operation asks for %s and for another whole configuration: send them one after the other.", f.Name)
		}
	}
	own := 1
	if f.Definition != nil && f.Definition.Type.Name() == "ResourceFile" {
		own = fileCost
	}
	return measure{depth: below.depth + 1, fields: 1, cost: capped(own + m.brings(f) + m.times(f)*below.cost)}
}

// brings is how much is handed over to a field: a variable counts wherever it is used, since every field works on it anew.
func (m *measuring) brings(f *ast.Field) int {
	if f.Definition == nil || len(f.Arguments) == 0 {
		return 0
	}
	sum := 0
	for name, v := range f.ArgumentMap(m.variables) {
		if a := f.Definition.Arguments.ForName(name); a != nil {
			sum = capped(sum + m.value(name, a.Type, v, false))
		}
	}
	return sum
}

// value counts what a value holds. Lists of filters end in statements, where each value is compared with each row: they have bounds of their own.
func (m *measuring) value(path string, t *ast.Type, v any, filters bool) int {
	switch v := v.(type) {
	case string:
		return 1 + len(v)/bytesOfValue
	case []any:
		if t.Elem == nil {
			return len(v) // where any JSON may stand
		}
		m.list(path, t.Elem, len(v), filters)
		sum := 1
		for _, one := range v {
			sum = capped(sum + m.value(path, t.Elem, one, filters))
		}
		return sum
	case map[string]any:
		d := m.schema.Types[t.Name()]
		filters = filters || strings.HasSuffix(t.Name(), "Filter")
		sum := 1
		for name, one := range v {
			if f := d.Fields.ForName(name); f != nil {
				sum = capped(sum + m.value(path+"."+name, f.Type, one, filters))
			}
		}
		return sum
	}
	return 1
}

// list refuses a list of an enum that is longer than the enum, and a long list in a filter.
func (m *measuring) list(path string, of *ast.Type, n int, filters bool) {
	limit := maxListed
	if d := m.schema.Types[of.Name()]; d.Kind == ast.Enum {
		limit = len(d.EnumValues)
	} else if !filters {
		return
	}
	if n > limit && m.refused == nil {
		m.refused = errs.New(errs.TooLarge, "The list %s has %d values, %d are the limit.", path, n, limit).At(path)
	}
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
