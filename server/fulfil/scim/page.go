package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

// page is one answer of a list.
type page struct {
	rows   []map[string]any
	total  int    // -1: not said
	date   string // of the server's clock
	goesOn bool   // the server says that more follows (RFC 9865)
}

// part is which rows of a table are asked for.
type part struct {
	filter     string
	start      int // 0: the whole
	count      int
	attributes []string // nil: those that the server gives by itself
}

// page asks for a part of a table. startIndex 0 asks for the whole.
func (c *Conn) page(ctx context.Context, t *table, filter string, startIndex, count int) (*page, *failure) {
	return c.list(ctx, t, part{filter: filter, start: startIndex, count: count})
}

func (c *Conn) list(ctx context.Context, t *table, which part) (*page, *failure) {
	q := url.Values{}
	if which.start > 0 {
		q.Set("startIndex", strconv.Itoa(which.start))
		q.Set("count", strconv.Itoa(which.count))
	}
	if which.filter != "" {
		q.Set("filter", which.filter)
	}
	if len(which.attributes) > 0 {
		q.Set("attributes", strings.Join(append([]string{"id"}, which.attributes...), ","))
	}
	at := t.address
	if len(q) > 0 {
		at += "?" + strings.ReplaceAll(q.Encode(), "+", "%20") // some servers take + for a plus
	}
	a, f := c.do(ctx, request{method: http.MethodGet, url: at})
	if f != nil {
		return nil, f.ofList()
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
	p := &page{total: total, date: a.header.Get("Date"), goesOn: textIn(o, "nextCursor") != ""}
	for _, v := range list {
		row, ok := v.(map[string]any)
		if !ok || textIn(row, "id") == "" {
			return nil, c.nonsense("%s lists a resource of %s without an id.", c.server, t.name).looked()
		}
		p.rows = append(p.rows, row)
	}
	return p, nil
}

// How often and how long a read waits for a server that says it is asked too fast. The frame waits a minute for the next row.
const (
	waits    = 6
	waitMost = 30 * time.Second
)

// patiently asks again when the server says to come later: a table that was read nearly to its end is not thrown away for it.
func (c *Conn) patiently(ctx context.Context, ask func() *failure) *failure {
	for n, left := 0, waitMost; ; n++ {
		f := ask()
		if f == nil || f.status != http.StatusTooManyRequests || n == waits {
			return f
		}
		wait := f.wait
		if wait <= 0 {
			wait = time.Second << n
		}
		if left -= wait; left < 0 {
			return f
		}
		later := time.NewTimer(wait)
		select {
		case <-later.C:
		case <-ctx.Done():
			later.Stop()
			return c.lost(ctx, false, ctx.Err())
		}
	}
}

// passes is how often a table is read from its beginning when its pages shift.
const passes = 3

// each gives every resource of a table, once. Neither totalResults nor the length of a page is believed alone: each page begins with the last row of
// the one before, so what was added or taken away before it shows, and the end is where nothing stands behind the last row. When pages shift, the table
// is read again from its beginning, and what came already does not come again: whatever was there all the time has come once when it ends without
// a failure. stop ends it early.
func (c *Conn) each(ctx context.Context, cat *catalog, t *table, filter string, take func(row map[string]any) (goOn bool)) *failure {
	return c.read(ctx, cat, t, filter, nil, take)
}

// whole is each, with what lists leave out.
func (c *Conn) whole(ctx context.Context, cat *catalog, t *table, filter string, take func(row map[string]any) (goOn bool)) *failure {
	return c.read(ctx, cat, t, filter, &rest{conn: c, catalog: cat, table: t}, take)
}

func (c *Conn) read(ctx context.Context, cat *catalog, t *table, filter string, more *rest, take func(row map[string]any) (goOn bool)) *failure {
	if own := c.filterOf(t); own != "" {
		filter = both(own, filter)
	}
	if c.set.Paging == "none" {
		return c.atOnce(ctx, cat, t, filter, more, take)
	}
	r := &reading{conn: c, table: t, filter: filter, rest: more, take: take, came: map[string]int{}, count: c.set.PageSize}
	why := ""
	for r.pass = 1; r.pass <= passes; r.pass++ {
		var f *failure
		if why, f = r.run(ctx); f != nil || why == "" {
			return f
		}
	}
	return &failure{outcome: fulfil.Unreachable, kind: errs.Unavailable,
		message: fmt.Sprintf("%s of %s cannot be read as a whole: %s.", t.name, c.server, why)}
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

// atOnce reads a table that is not paged. A server that cuts its answer off counts what it gives, so its count alone is no proof: neither may it say that
// it gives no more than that at once, nor that more follows, nor have other rows for who asks for those behind the last.
func (c *Conn) atOnce(ctx context.Context, cat *catalog, t *table, filter string, more *rest, take func(map[string]any) bool) *failure {
	var p *page
	which := part{filter: filter}
	ask := func(start, count int) *failure {
		return c.patiently(ctx, func() (f *failure) {
			which.start, which.count = start, count
			p, f = c.list(ctx, t, which)
			return f
		})
	}
	f := ask(0, 0)
	if f != nil {
		return f
	}
	all, came := p, map[string]bool{}
	for _, row := range all.rows {
		came[textIn(row, "id")] = true
	}
	n, why := len(all.rows), ""
	switch {
	case len(came) != n || all.total > n:
		why = fmt.Sprintf("of %d rows that it counts it gives %d, and %d of them are different", all.total, n, len(came))
	case all.goesOn:
		why = fmt.Sprintf("it says that more follows on the %d rows that it gives", n)
	case cat.most > 0 && n >= cat.most:
		why = fmt.Sprintf("it gives %d rows, and never more than %d at once", n, cat.most)
	case n > 0:
		switch f := ask(n+1, 2); {
		case f.isNo(): // it cannot be asked so
		case f != nil:
			return f
		case slices.ContainsFunc(p.rows, func(row map[string]any) bool { return !came[textIn(row, "id")] }):
			why = fmt.Sprintf("it has rows behind the %d that it gives", n)
		}
	}
	if why != "" {
		return &failure{outcome: fulfil.Unreachable, kind: errs.Unavailable, field: "paging",
			message: fmt.Sprintf("%s of %s cannot be read as a whole: %s. Set paging to index.", t.name, c.server, why)}
	}
	if f := more.fill(ctx, all, part{filter: filter}); f != nil {
		return f
	}
	for _, row := range all.rows {
		if f := more.row(ctx, row); f != nil {
			return f
		}
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
	rest   *rest // nil: what lists leave out is not needed
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
			if !isNew {
				continue
			}
			if f := r.rest.row(ctx, row); f != nil {
				return "", f
			}
			if !r.take(row) {
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
		var p *page
		which := part{filter: r.filter, start: at, count: r.count}
		f := r.conn.patiently(ctx, func() (f *failure) {
			p, f = r.conn.list(ctx, r.table, which)
			return f
		})
		if f == nil {
			f = r.rest.fill(ctx, p, which)
		}
		if f == nil || !f.isTooLong || r.count <= 2 {
			return p, f
		}
		r.count = max(2, r.count/2)
	}
}
