// Package plain writes answers straight from what a list brought: objects whose selected fields are plain values (fields and methods of
// structs that need neither a resolver, nor a context, nor arguments, and cannot fail) go into one buffer, without a context, a goroutine and
// a closure per field. What of a selection is not plain goes gqlgen's own way, and so does any object for which a value is missing that must
// be there: errors are told by gqlgen alone. graph/generated holds a function per object type, made by scripts/gqlgen.
//
//	plain.go   Types: which selections are plain; With: once per operation
//	writer.go  Writer: JSON as gqlgen writes it
package plain

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Field is what is known of a field of an object type that can be plain.
type Field struct {
	Code int    // its place among the fields of the type, from 1 on; 0 is __typename
	Of   string // type of the object or of the objects that it holds; "": a value
}

// Type is an object type.
type Type struct {
	Implementors []string
	Fields       map[string]Field // those that can be plain
}

// Types are all object types of a schema.
type Types map[string]*Type

// Selection is what an operation asks of an object, ready to be written. All of it is plain.
type Selection struct{ Fields []Selected }

// Selected is a field of a selection.
type Selected struct {
	Code  int
	Key   string // the name of the answer, quoted, with its colon
	Below *Selection
}

// plans are those of one operation, by selection.
type plans struct{ known sync.Map }

type plansKey struct{}

type planKey struct {
	first *ast.Selection
	n     int
	of    string
}

// With lets the objects of an operation be written plainly.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, plansKey{}, &plans{}) }

// Plan gives what an operation asks of an object of a type; nil: not all of it is plain, or the operation wants it the long way (no With).
func (t Types) Plan(ctx context.Context, op *graphql.OperationContext, set ast.SelectionSet, of string) *Selection {
	p, ok := ctx.Value(plansKey{}).(*plans)
	if !ok || len(set) == 0 {
		return nil
	}
	key := planKey{&set[0], len(set), of}
	if known, ok := p.known.Load(key); ok {
		return known.(*Selection)
	}
	s := t.plan(op, set, of)
	p.known.Store(key, s)
	return s
}

func (t Types) plan(op *graphql.OperationContext, set ast.SelectionSet, of string) *Selection {
	about := t[of]
	if about == nil {
		return nil
	}
	fields := graphql.CollectFields(op, set, about.Implementors)
	s := &Selection{Fields: make([]Selected, len(fields))}
	for i, f := range fields {
		if len(f.Deferrables) > 0 {
			return nil
		}
		s.Fields[i].Key = `"` + f.Alias + `":` // a name of GraphQL needs no escape
		if f.Name == "__typename" {
			continue
		}
		known, ok := about.Fields[f.Name]
		if !ok {
			return nil
		}
		s.Fields[i].Code = known.Code
		if known.Of != "" {
			if s.Fields[i].Below = t.plan(op, f.Selections, known.Of); s.Fields[i].Below == nil {
				return nil
			}
		}
	}
	return s
}
