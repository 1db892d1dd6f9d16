// Package page says how Writ lists: cursor connections, the same shape for every list (GraphQL connection).
//
//	page.go     arguments, cursors, connections
//	count.go    Count: exactly, or by estimate where that would take long
//	sorted.go   Table.List, ListOf, InMemory: a page of a list that is sorted by a text and the id
//	columns.go  Table: only the columns that somebody asks for, by statements of constant text
package page

import (
	"encoding/base64"
	"encoding/json"

	"writ/server/db"
	"writ/server/errs"
)

// Default and Max are the page sizes: 50 rows when the caller says nothing, 500 at most (provisioning spec 13.2).
const (
	Default = 50
	Max     = 500
)

// Args is what a caller asks of a list: how many rows, after which cursor.
type Args struct {
	First int
	After string
}

// Of packs the two GraphQL arguments. nil first = Default.
func Of(first *int, after *string) Args {
	a := Args{First: Default}
	if first != nil {
		a.First = *first
	}
	if after != nil {
		a.After = *after
	}
	return a
}

// Check refuses a page size outside 0..Max.
func (a Args) Check() error {
	if a.First < 0 || a.First > Max {
		return errs.Invalid("first", "first must be between 0 and %d, got %d.", Max, a.First)
	}
	return nil
}

// Decode reads the cursor into the caller's key struct. An empty cursor leaves it untouched and returns false.
func (a Args) Decode(key any) (bool, error) {
	if a.After == "" {
		return false, nil
	}
	if err := Read(a.After, key); err != nil {
		return false, errs.Invalid("after", "This cursor is not one of this list. Start again without it.")
	}
	return true, nil
}

// Read takes an opaque text apart that Cursor wrote, or that somebody invented: what it gives can be sent to the database.
func Read(opaque string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(opaque)
	if err != nil {
		return err
	}
	return json.Unmarshal(db.JSON(raw), into)
}

// Cursor writes the key of a row as an opaque cursor.
func Cursor(key any) string {
	raw, err := json.Marshal(key)
	if err != nil {
		panic(err) // a key is a plain struct of ours
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Edge is a row with its cursor.
type Edge[T any] struct {
	Node   T
	Cursor string
}

// Info tells whether there is more.
type Info struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Connection is one page of a list. TotalCount counts the whole list under the same filter; of a list that is longer than Exact it may be
// what the planner believes.
type Connection[T any] struct {
	Edges                []Edge[T]
	PageInfo             Info
	TotalCount           int
	TotalCountIsEstimate bool
}

// Nodes gives the rows without their cursors.
func (c Connection[T]) Nodes() []T {
	out := make([]T, len(c.Edges))
	for i, e := range c.Edges {
		out[i] = e.Node
	}
	return out
}

// Make builds a connection from rows of which one more than asked was read; key gives a row's cursor key.
func Make[T any](rows []T, a Args, total int, key func(T) any) *Connection[T] {
	c := &Connection[T]{TotalCount: total}
	if len(rows) > a.First {
		rows = rows[:a.First]
		c.PageInfo.HasNextPage = true
	}
	c.PageInfo.HasPreviousPage = a.After != ""
	c.Edges = make([]Edge[T], 0, len(rows))
	for _, r := range rows {
		c.Edges = append(c.Edges, Edge[T]{Node: r, Cursor: Cursor(key(r))})
	}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	return c
}
