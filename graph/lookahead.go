package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"writ/server/order"
)

// selectionOf tells the list of orders which relations the operation asks for, so that it brings them itself: one statement each instead of
// a resolver per row. It looks below the current field for orders, through connections, edges and changes.
func selectionOf(ctx context.Context) order.Selection {
	var s order.Selection
	orders(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field.Field, &s)
	return s
}

func orders(op *graphql.OperationContext, f *ast.Field, s *order.Selection) {
	isOrder := f.Definition.Type.Name() == "Order"
	for _, below := range graphql.CollectFields(op, f.SelectionSet, nil) {
		switch name := below.Name; {
		case isOrder:
			relation(name, s)
		case name == "totalCount":
			s.Total = true
		case name == "nodes", name == "edges", name == "node", name == "order":
			orders(op, below.Field, s)
		}
	}
}

func relation(name string, s *order.Selection) {
	switch name {
	case "owner":
		s.Owner = true
	case "target":
		s.Target = true
	case "resourceType":
		s.ResourceType = true
	case "lines":
		s.Lines = true
	case "history":
		s.History = true
	case "attempts":
		s.Attempts = true
	case "payload":
		s.Payload = true
	case "isOwn":
		s.Own = true
	}
}
