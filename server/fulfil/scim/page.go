package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"writ/server/errs"
	"writ/server/fulfil"
)

// page is one answer of a list.
type page struct {
	rows  []map[string]any
	total int    // -1: not said
	date  string // of the server's clock
}

// page asks for a part of a table. startIndex 0 asks for the whole.
func (c *Conn) page(ctx context.Context, t *table, filter string, startIndex, count int) (*page, *failure) {
	q := url.Values{}
	if startIndex > 0 {
		q.Set("startIndex", strconv.Itoa(startIndex))
		q.Set("count", strconv.Itoa(count))
	}
	if filter != "" {
		q.Set("filter", filter)
	}
	at := t.address
	if len(q) > 0 {
		at += "?" + strings.ReplaceAll(q.Encode(), "+", "%20") // some servers take + for a plus
	}
	a, f := c.do(ctx, request{method: http.MethodGet, url: at})
	if f != nil {
		return nil, f.looked()
	}
	o, ok := a.object()
	list, isList := get(o, "Resources").([]any)
	total := -1
	switch n := get(o, "totalResults").(type) {
	case json.Number:
		if v, err := n.Int64(); err == nil && v >= 0 {
			total = int(v)
		}
	case string:
		if v, err := strconv.Atoi(n); err == nil && v >= 0 {
			total = v
		}
	}
	if !ok || !isList && (total < 0 || get(o, "Resources") != nil) {
		return nil, c.nonsense("What %s answers is not a list of SCIM.", t.address).looked()
	}
	p := &page{total: total, date: a.header.Get("Date")}
	for _, v := range list {
		row, ok := v.(map[string]any)
		if !ok || textIn(row, "id") == "" {
			return nil, c.nonsense("%s lists a resource of %s without an id.", c.server, t.name).looked()
		}
		p.rows = append(p.rows, row)
	}
	return p, nil
}

// passes is how often a table is read from its beginning when its pages shift.
const passes = 3

// each gives every resource of a table, once. Neither totalResults nor the length of a page is believed alone: each page begins with the last row of
// the one before, so what was added or taken away before it shows, and the end is where nothing stands behind the last row. When pages shift, the table
// is read again from its beginning, and what came already does not come again: whatever was there all the time has come once when it ends without
// a failure. stop ends it early.
func (c *Conn) each(ctx context.Context, t *table, filter string, take func(row map[string]any) (goOn bool)) *failure {
	if own := c.filterOf(t); own != "" {
		filter = both(own, filter)
	}
	if c.set.Paging == "none" {
		return c.atOnce(ctx, t, filter, take)
	}
	r := &reading{conn: c, table: t, filter: filter, take: take, came: map[string]int{}, count: c.set.PageSize}
	why := ""
	for r.pass = 1; r.pass <= passes; r.pass++ {
		var f *failure
		if why, f = r.run(ctx); f != nil || why == "" {
			return f
		}
	}
	return &failure{outcome: fulfil.Unreachable, kind: errs.Unavailable,
		message: fmt.Sprintf("%s of %s cannot be read as a whole: %s. When the server gives all rows at once and does not page, set paging to none.", t.name, c.server, why)}
}

// filterOf is the filter of the settings.
func (c *Conn) filterOf(t *table) string {
	for name, text := range c.set.Filters {
		if sameName(name, t.name) {
			return text
		}
	}
	return ""
}

func both(a, b string) string {
	if b == "" {
		return a
	}
	return "(" + a + ") and (" + b + ")"
}

// atOnce reads a table that is not paged.
func (c *Conn) atOnce(ctx context.Context, t *table, filter string, take func(map[string]any) bool) *failure {
	p, f := c.page(ctx, t, filter, 0, 0)
	if f != nil {
		return f
	}
	came := map[string]bool{}
	for _, row := range p.rows {
		came[textIn(row, "id")] = true
	}
	if len(came) != len(p.rows) || p.total > len(p.rows) {
		return &failure{outcome: fulfil.Unreachable, kind: errs.Unavailable, field: "paging",
			message: fmt.Sprintf("%s of %s cannot be read as a whole: of %d rows that it counts it gives %d, and %d of them are different. Set paging to index.", t.name, c.server, p.total, len(p.rows), len(came))}
	}
	for _, row := range p.rows {
		if !take(row) {
			return nil
		}
	}
	return nil
}

// reading is one table on its way.
type reading struct {
	conn   *Conn
	table  *table
	filter string
	take   func(map[string]any) bool
	came   map[string]int // id -> pass in which it came last
	pass   int
	count  int
}

// run is one pass. why tells why it may have left something out.
func (r *reading) run(ctx context.Context) (why string, f *failure) {
	n, last := 0, "" // rows of this pass
	for overlap := false; ; {
		at := n + 1
		if overlap {
			at = n
		}
		p, f := r.page(ctx, at)
		if f != nil {
			return "", f
		}
		rows := p.rows
		if overlap {
			if len(rows) == 0 || textIn(rows[0], "id") != last {
				return fmt.Sprintf("the rows from number %d on are not those that stood there before", n), nil
			}
			rows = rows[1:]
		}
		for _, row := range rows {
			id := textIn(row, "id")
			if r.came[id] == r.pass {
				return fmt.Sprintf("it gives %s twice", clip(id, 100)), nil
			}
			isNew := r.came[id] == 0
			r.came[id] = r.pass
			n, last = n+1, id
			if n > r.conn.set.MaximumRows {
				return "", &failure{outcome: fulfil.Refused, kind: errs.Validation, field: "maximumRows",
					message: fmt.Sprintf("%s of %s have more than %d rows, or no end.", r.table.name, r.conn.server, r.conn.set.MaximumRows)}
			}
			if isNew && !r.take(row) {
				return "", nil
			}
		}
		switch {
		case len(rows) > 0:
			overlap = true
		case overlap && p.total > n: // a server that gives one row at a time gives the last one again
			overlap = false
		case p.total > n:
			return fmt.Sprintf("it counts %d rows and gives %d", p.total, n), nil
		default:
			return "", nil
		}
	}
}

// page asks for the rows from a number on, fewer when their text is too long.
func (r *reading) page(ctx context.Context, at int) (*page, *failure) {
	for {
		p, f := r.conn.page(ctx, r.table, r.filter, at, r.count)
		if f == nil || !f.isTooLong || r.count <= 2 {
			return p, f
		}
		r.count = max(2, r.count/2)
	}
}
