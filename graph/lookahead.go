package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"writ/server/order"
	"writ/server/page"
)

// selectionOf tells the list of orders which relations the operation asks for, so that it brings them itself: one statement each instead of
// a resolver per row. It looks below the current field for orders, through connections, edges and changes.
func selectionOf(ctx context.Context) order.Selection {
	var s order.Selection
	s.Fields = page.Fields{} // no order is shown: totalCount alone
	orders(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field, &s)
	return s
}

// orders reads the selections of a field together: it may stand in a document more than once.
func orders(op *graphql.OperationContext, f graphql.CollectedField, s *order.Selection) {
	isOrder := f.Definition.Type.Name() == "Order"
	for _, below := range graphql.CollectFields(op, f.Selections, nil) {
		switch name := below.Name; {
		case isOrder:
			s.Fields = append(s.Fields, name)
			relation(op, below, s)
		case name == "totalCount", name == "totalCountIsEstimate":
			s.Total = true
		case name == "nodes", name == "edges", name == "node", name == "order":
			orders(op, below, s)
		}
	}
}

func relation(op *graphql.OperationContext, f graphql.CollectedField, s *order.Selection) {
	switch f.Name {
	case "owner":
		s.Owner, s.OwnerFields = true, append(s.OwnerFields, names(op, f)...)
	case "target":
		s.Target, s.TargetFields = true, append(s.TargetFields, names(op, f)...)
	case "resourceType":
		s.ResourceType, s.TypeFields = true, append(s.TypeFields, names(op, f)...)
	case "lines":
		s.Lines, s.LineFields = true, append(s.LineFields, names(op, f)...)
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

// rowsOf tells a list of one kind of object which fields the operation asks of its rows, and whether it asks for the total.
func rowsOf(ctx context.Context) (fields page.Fields, total bool) {
	fields = page.Fields{}
	op := graphql.GetOperationContext(ctx)
	for _, f := range graphql.CollectFields(op, graphql.GetFieldContext(ctx).Field.Selections, nil) {
		switch f.Name {
		case "totalCount", "totalCountIsEstimate":
			total = true
		case "nodes":
			fields = append(fields, names(op, f)...)
		case "edges":
			for _, node := range graphql.CollectFields(op, f.Selections, nil) {
				fields = append(fields, names(op, node)...)
			}
		}
	}
	return fields, total
}

// fieldsOf tells a list without pages which fields the operation asks of its rows.
func fieldsOf(ctx context.Context) page.Fields {
	return names(graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field)
}

// names are the fields that a selection asks for, by their names in the schema.
func names(op *graphql.OperationContext, f graphql.CollectedField) []string {
	below := graphql.CollectFields(op, f.Selections, nil)
	list := make([]string, len(below))
	for i, b := range below {
		list[i] = b.Name
	}
	return list
}
