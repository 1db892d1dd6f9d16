package assignment

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// ComputationFault is somebody who cannot be computed, a record that cannot be matched, or a value that an expression could not compute.
type ComputationFault struct {
	ID         string
	ResourceID int64
	Message    string
	Since      time.Time
	Failures   int // in a row; 0: a record of which a rule can make no key, or a value that has to wait until what it is computed from changes

	kind   string // the table it is of, and its id there
	number int64
}

// ComputationFaultConnection is a page of faults.
type ComputationFaultConnection = page.Connection[*ComputationFault]

// sqlFaulty, sqlUnmatched and sqlUncomputed are who cannot be computed, what cannot be matched, and what gets no value by an expression: the parts of one list.
const (
	sqlFaulty     = "(select owner_id as number, owner_id as resource_id, error as message, since, failures from dirty_owner where failures > 0) f join resource r on r.id = f.resource_id where ?"
	sqlUnmatched  = "(select id as number, resource_id, message, found_at as since, 0 as failures from key_fault) f join resource r on r.id = f.resource_id where ?"
	sqlUncomputed = "(select e.id as number, e.resource_id, x.property || ' has no new value by the property expression ' || x.identifier || ': ' || e.message as message, e.found_at as since, 0 as failures from property_expression_fault e join property_expression x on x.id = e.expression_id) f join resource r on r.id = f.resource_id where ?"
)

// faultTable is how faults are read.
var faultTable = page.Table[ComputationFault]{
	Always: []string{"id", "since"}, // what cursors are made of
	Fields: map[string][]string{"__typename": nil, "id": nil, "since": nil, "resource": {"resource_id"}, "message": {"message"}, "failures": {"failures"}},
	Columns: []page.Column[ComputationFault]{
		{Name: "id", SQL: "f.kind, f.number", Read: func(f *ComputationFault, r *db.Row) {
			f.kind, f.number = r.Text(), r.Int()
			f.ID = fmt.Sprint(f.kind, f.number)
		}},
		{Name: "since", SQL: "f.since", Read: func(f *ComputationFault, r *db.Row) { f.Since = r.Time() }},
		{Name: "resource_id", SQL: "f.resource_id", Read: func(f *ComputationFault, r *db.Row) { f.ResourceID = r.Int() }},
		{Name: "message", SQL: "coalesce(f.message, '')", Read: func(f *ComputationFault, r *db.Row) { f.Message = r.Text() }},
		{Name: "failures", SQL: "f.failures", Read: func(f *ComputationFault, r *db.Row) { f.Failures = int(r.Int()) }},
	},
}

// faultKey is where a page of faults ended.
type faultKey struct {
	Since  time.Time
	Kind   string
	Number int64
}

// Faults lists who cannot be computed, what cannot be matched and what gets no value, the newest first, among the resources that the caller may read and whose
// permissions he may see (MayView): messages repeat values. Needs AssignmentQuery.
func (s *Service) Faults(ctx context.Context, a page.Args, fields page.Fields, total bool) (*ComputationFaultConnection, error) {
	mine, err := permit.Require(ctx, permit.AssignmentQuery)
	if err != nil {
		return nil, err
	}
	mine = mine.OfOwners()
	if err := a.Check(); err != nil {
		return nil, err
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var after faultKey
	more, err := a.Decode(&after)
	if err != nil {
		return nil, err
	}
	var may []any
	for _, t := range shape.EntityTypes {
		if scope, err := directory.MayRead(ctx, t.Identifier); err == nil {
			may = append(may, bun.SafeQuery("(r.entity_type_id = ? and ? and ?)", t.ID, directory.Rows(shape, t.ID, "r", scope), directory.Rows(shape, t.ID, "r", mine)))
		}
	}
	where := bun.SafeQuery("(false"+strings.Repeat(" or ?", len(may))+")", may...)
	var count page.Count
	if total {
		if count, err = page.CountRows(ctx, s.DB, bun.SafeQuery("(select from "+sqlFaulty+" union all select from "+sqlUnmatched+" union all select from "+sqlUncomputed+") f", where, where, where)); err != nil {
			return nil, fmt.Errorf("count faults: %w", db.Explain(err))
		}
	}
	// Each part is read by its own index, in the order of the list, as far as the page goes.
	part := func(kind, from string) schema.QueryWithArgs {
		rest := where
		switch {
		case !more:
		case kind == after.Kind:
			rest = page.All(where, bun.SafeQuery("(f.since, f.number) < (?, ?)", after.Since, after.Number))
		case kind > after.Kind: // at the same instant they stand before it
			rest = page.All(where, bun.SafeQuery("f.since < ?", after.Since))
		default:
			rest = page.All(where, bun.SafeQuery("f.since <= ?", after.Since))
		}
		return bun.SafeQuery("(select ? as kind, f.* from "+from+" order by f.since desc, f.number desc limit ?)", db.Fixed(kind), rest, db.Fixed(a.First+1))
	}
	rows, err := faultTable.ReadFrom(ctx, s.DB, bun.SafeQuery("(? union all ? union all ?) f", part("o", sqlFaulty), part("k", sqlUnmatched), part("x", sqlUncomputed)), faultTable.For(fields), page.All(),
		"f.since desc, f.kind desc, f.number desc", a.First+1)
	if err != nil {
		return nil, fmt.Errorf("list faults: %w", db.Explain(err))
	}
	return page.MakeCounted(rows, a, count, func(f *ComputationFault) any { return faultKey{f.Since, f.kind, f.number} }), nil
}
