package scim

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"writ/server/errs"
	"writ/server/fulfil"
)

// Schema gives the resource types with their columns.
func (c *Conn) Schema(ctx context.Context) ([]fulfil.Table, error) {
	cat, f := c.catalog(ctx, true)
	if f != nil {
		return nil, f.err()
	}
	tables := make([]fulfil.Table, len(cat.tables))
	for i, t := range cat.tables {
		tables[i].Name = t.name
		for _, col := range t.columns {
			tables[i].Columns = append(tables[i].Columns, col.name)
		}
	}
	return tables, nil
}

// Export reads a table page by page.
func (c *Conn) Export(ctx context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return fulfil.Numbered(table, func(yield func(fulfil.Row, error) bool) {
		cat, t, f := c.lookup(ctx, table)
		if f != nil {
			yield(nil, f.err())
			return
		}
		rows, f := c.rows(ctx, cat, t, "")
		if f != nil {
			yield(nil, f.err())
			return
		}
		stopped := false
		f = c.whole(ctx, cat, t, "", func(res map[string]any) bool {
			stopped = ctx.Err() != nil || !yield(rows(res), nil)
			return !stopped
		})
		switch {
		case f != nil:
			yield(nil, f.err())
		case stopped && ctx.Err() != nil:
			yield(nil, ctx.Err())
		}
	})
}

// rows gives what makes rows of the resources of a table, or of the only one with an id.
func (c *Conn) rows(ctx context.Context, cat *catalog, t *table, id string) (func(map[string]any) fulfil.Row, *failure) {
	var groupsOf map[string][]string
	groups := t.column("groups")
	if groups != nil && groups.isGroups && c.set.Memberships == "groups" {
		var f *failure
		if groupsOf, f = c.memberships(ctx, cat, id); f != nil {
			return nil, f
		}
	}
	return func(res map[string]any) fulfil.Row {
		row := make(fulfil.Row, len(t.columns))
		for _, col := range t.columns {
			row[col.name] = col.read(res)
		}
		if groupsOf != nil {
			row[groups.name] = nil
			if list := groupsOf[textIn(res, "id")]; len(list) > 0 {
				row[groups.name] = list
			}
		}
		return row
	}, nil
}

// Read looks for one resource.
func (c *Conn) Read(ctx context.Context, table, keyColumn, key string) (fulfil.Row, bool, error) {
	cat, t, f := c.lookup(ctx, table, keyColumn)
	if f != nil {
		return nil, false, f.err()
	}
	res, f := c.find(ctx, cat, t, t.column(keyColumn), key)
	if f != nil || res == nil {
		if f != nil {
			return nil, false, f.err()
		}
		return nil, false, nil
	}
	rows, f := c.rows(ctx, cat, t, textIn(res, "id"))
	if f != nil {
		return nil, false, f.err()
	}
	return rows(res), true, nil
}

// one is the address of a resource. ok is false for an id that would lead to another address.
func (t *table) one(id string) (string, bool) {
	return t.address + "/" + url.PathEscape(id), id != "" && id != "." && id != ".."
}

// byID reads a resource. nil: it is not there.
func (c *Conn) byID(ctx context.Context, t *table, id string) (map[string]any, *failure) {
	at, ok := t.one(id)
	if !ok {
		return nil, nil
	}
	res, f := c.object(ctx, at)
	switch {
	case f != nil && f.isPage: // when the endpoint is there, it is the application that says so, in its way
		if _, absent := c.page(ctx, t, "", 1, 1); absent == nil {
			return nil, nil
		}
		return nil, f
	case f != nil && f.outcome == fulfil.NotFound:
		return nil, nil
	case f != nil:
		return nil, f
	case textIn(res, "id") != id:
		return nil, c.nonsense("%s answers with another resource than %s of %s.", c.server, clip(id, 100), t.name).looked()
	}
	if m := t.members(); m != nil && m.holds(res) {
		t.shows.Store(true)
	}
	more, f := c.ask(ctx, t, id, t.asked)
	if f != nil {
		return nil, f
	}
	merge(res, more)
	return res, nil
}

// isPart reports that a resource came in a list, and that its id may give more of it.
func (t *table) isPart(res map[string]any) bool {
	m := t.members()
	return len(t.asked) > 0 || m != nil && !m.holds(res)
}

// tells reports that a group that was read by its id says who is in it.
func (t *table) tells(res map[string]any) bool {
	m := t.members()
	return m.holds(res) || m.isShown(res) && t.shows.Load()
}

// proved is what a change that was answered with 404 means. The word may be of a member, of the way, or of somebody who does not know: the resource is gone
// when it is not found by its id, and otherwise the change is refused.
func (c *Conn) proved(ctx context.Context, t *table, id string, f *failure) *failure {
	if f == nil || f.status != http.StatusNotFound {
		return f
	}
	res, lost := c.byID(ctx, t, id)
	switch {
	case lost != nil:
		return lost.looked()
	case res == nil:
		return &failure{outcome: fulfil.NotFound, kind: errs.NotFound, status: f.status, message: t.name + " have no such resource any more."}
	}
	f.outcome, f.kind, f.isPage, f.hint = fulfil.Refused, errs.Validation, false, ""
	return f
}

// find reads the resource whose column has a value. nil: there is none. What a filter gives is looked at: there are servers that leave it out of
// account, and such that compare without case, and somebody else must not be taken for who is meant.
func (c *Conn) find(ctx context.Context, cat *catalog, t *table, col *column, key string) (map[string]any, *failure) {
	if sameName(col.name, "id") {
		return c.byID(ctx, t, key)
	}
	res, f := c.search(ctx, cat, t, col, key)
	if f != nil || res == nil || !t.isPart(res) {
		return res, f
	}
	return c.byID(ctx, t, textIn(res, "id"))
}

// search is find in the lists.
func (c *Conn) search(ctx context.Context, cat *catalog, t *table, col *column, key string) (map[string]any, *failure) {
	if col.isMany || col.isHidden || col.isAsked {
		return nil, refuse("%s cannot be a key.", col.name)
	}
	if _, f := col.value(key); f != nil { // no number, no boolean: nobody has it
		return nil, nil
	}
	key = col.canonical(key)
	if cat.filters {
		found, f := c.among(ctx, cat, t, col, key, col.is(key))
		if f == nil && found == nil && strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
			return c.among(ctx, cat, t, col, key, "") // there are servers that do not read what is escaped in a filter
		}
		if f == nil || f.status != http.StatusBadRequest && f.status != http.StatusForbidden && f.status != http.StatusNotImplemented {
			return found, f
		}
	}
	return c.among(ctx, cat, t, col, key, "")
}

// among looks through the resources that a filter gives.
func (c *Conn) among(ctx context.Context, cat *catalog, t *table, col *column, key, filter string) (map[string]any, *failure) {
	var exact []map[string]any
	isKept := true // the server kept to the filter
	look := func(res map[string]any) bool {
		v, _ := col.read(res).(string)
		if v == key {
			exact = append(exact, res)
		}
		isKept = isKept && strings.EqualFold(v, key)
		return true
	}
	whole := false
	if filter != "" && c.filterOf(t) == "" && c.set.Paging != "none" {
		p, f := c.page(ctx, t, filter, 1, c.set.PageSize)
		if f != nil {
			return nil, f
		}
		if whole = p.total >= 0 && p.total <= len(p.rows); whole { // a few at most: no proof is needed that nothing follows
			for _, row := range p.rows {
				look(row)
			}
			if whole = isKept; !whole { // it gives others, and counts perhaps what it gives
				exact = nil
			}
		}
	}
	if !whole {
		if f := c.each(ctx, cat, t, filter, look); f != nil {
			return nil, f
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0], nil
	case len(exact) > 1:
		f := refuse("Several of %s have %s = %s. The key of a mapping must be unique.", t.name, col.name, clip(key, 100))
		f.kind = errs.Conflict
		return nil, f
	}
	return nil, nil
}
