package scim

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"writ/server/fulfil"
)

// rest is what the lists of one reading leave out: attributes that only those get who ask for them (returned: request), and members of groups, which many
// servers show by the id of the group and not in lists.
type rest struct {
	conn    *Conn
	catalog *catalog
	table   *table

	isTold  bool // the members are as the lists show them
	isAsked bool // whether somebody is in a group was asked
	isVain  bool // no group that was read by its id showed anybody yet
	looked  int  // groups that were read by their ids
}

// mostInVain is how many groups are read by their ids until it is clear that the server never says who is in one.
const mostInVain = 1000

// fill puts what lists can be asked for into the rows of a page, which was asked for so.
func (r *rest) fill(ctx context.Context, p *page, which part) *failure {
	if r == nil || len(p.rows) == 0 {
		return nil
	}
	if f := r.attributes(ctx, p, which); f != nil {
		return f
	}
	return r.look(ctx, p)
}

// attributes asks for those that come only when they are asked for.
func (r *rest) attributes(ctx context.Context, p *page, which part) *failure {
	if len(r.table.asked) == 0 {
		return nil
	}
	which.attributes = r.table.asked
	var more *page
	f := r.conn.patiently(ctx, func() (f *failure) {
		more, f = r.conn.list(ctx, r.table, which)
		return f
	})
	if f.isNo() { // then nobody gets them
		return nil
	}
	if f != nil {
		return f
	}
	by := make(map[string]map[string]any, len(more.rows))
	for _, row := range more.rows {
		by[textIn(row, "id")] = row
	}
	for _, row := range p.rows {
		merge(row, by[textIn(row, "id")])
	}
	return nil
}

// look finds out whether the members are as a page shows them: they are where it, or another list, shows any, and where nobody is in a group.
func (r *rest) look(ctx context.Context, p *page) *failure {
	col := r.table.members()
	if r.isTold = r.isTold || col == nil || slices.ContainsFunc(p.rows, col.holds); r.isTold || r.isAsked {
		return nil
	}
	var used use
	f := r.conn.patiently(ctx, func() (f *failure) {
		used, _, f = r.conn.inUse(ctx, r.catalog, r.table)
		return f
	})
	r.isTold, r.isAsked, r.isVain = used != inDoubt, f == nil, true
	return f
}

// row reads a group by its id when lists do not show who is in it.
func (r *rest) row(ctx context.Context, row map[string]any) *failure {
	if r == nil || r.isTold {
		return nil
	}
	var one map[string]any
	f := r.conn.patiently(ctx, func() (f *failure) {
		one, f = r.conn.byID(ctx, r.table, textIn(row, "id"))
		return f
	})
	if f != nil {
		return f
	}
	merge(row, one)
	r.looked++
	r.isVain = r.isVain && !r.table.members().holds(row)
	r.isTold = r.isVain && r.looked >= mostInVain
	return nil
}

// use is where a server shows who is in a group.
type use int

const (
	inDoubt use = iota
	inNone      // there is nobody in any
	inLists
)

// inUse asks for the groups that somebody is in; those that came with it are given, too.
func (c *Conn) inUse(ctx context.Context, cat *catalog, t *table) (use, *page, *failure) {
	if !cat.filters {
		return inDoubt, nil, nil
	}
	p, f := c.page(ctx, t, t.members().base()+".value pr", 1, c.set.PageSize)
	switch {
	case f.isNo(): // a filter of this kind it does not know
		return inDoubt, nil, nil
	case f != nil:
		return inDoubt, nil, f
	case len(p.rows) == 0 && p.total <= 0:
		return inNone, p, nil
	case slices.ContainsFunc(p.rows, t.members().holds):
		return inLists, p, nil
	}
	return inDoubt, p, nil
}

// merge puts into a resource what it does not have.
func merge(res, more map[string]any) {
	for name, v := range more {
		key, ok := keyIn(res, name)
		if !ok {
			res[name] = v
			continue
		}
		inner, isObject := res[key].(map[string]any)
		deeper, isMore := v.(map[string]any)
		switch {
		case isObject && isMore:
			merge(inner, deeper)
		case len(listOf(res[key])) == 0:
			res[key] = v
		}
	}
}

// toPut reads a resource with all that a PUT, which leaves nothing as it was, would take away. nil: it is not there. A group whose members are hidden is not
// written: they would be lost.
func (c *Conn) toPut(ctx context.Context, cat *catalog, t *table, id string) (map[string]any, *failure) {
	res, f := c.byID(ctx, t, id)
	col := t.members()
	if f != nil || res == nil || col == nil || col.holds(res) {
		return res, f
	}
	more, f := c.ask(ctx, t, id, []string{col.base()})
	if f != nil {
		return nil, f
	}
	if merge(res, more); col.holds(res) || t.shows.Load() {
		return res, nil
	}
	used, p, f := c.inUse(ctx, cat, t)
	if f == nil && p == nil {
		p, f = c.page(ctx, t, "", 1, c.set.PageSize) // perhaps a group shows some
	}
	if f != nil {
		return nil, f
	}
	isListed := false
	for _, row := range p.rows {
		if textIn(row, "id") == id {
			merge(res, row)
			isListed = true
		}
	}
	if i := slices.IndexFunc(p.rows, col.holds); i >= 0 && !isListed { // another group: does it show them by its id?
		if _, f := c.byID(ctx, t, textIn(p.rows[i], "id")); f != nil {
			return nil, f
		}
	}
	switch {
	case used == inNone, col.holds(res), t.shows.Load(), isListed && slices.ContainsFunc(p.rows, col.holds), used == inLists && p.total >= 0 && p.total <= len(p.rows):
		return res, nil
	}
	f = refuse("%s does not show who is in a group, and takes no PATCH: a group written as a whole would lose its members.", c.server)
	f.hint = "When there is nobody in any group yet, put somebody into one by hand: then it is seen that the application shows them."
	return nil, f
}

// ask asks for some attributes of a resource alone. nil: the server gives none.
func (c *Conn) ask(ctx context.Context, t *table, id string, attributes []string) (map[string]any, *failure) {
	at, ok := t.one(id)
	if !ok || len(attributes) == 0 {
		return nil, nil
	}
	res, f := c.object(ctx, at+"?attributes="+url.QueryEscape(strings.Join(append([]string{"id"}, attributes...), ",")))
	switch {
	case f.isNo(), f != nil && f.outcome == fulfil.NotFound:
		return nil, nil
	case f != nil:
		return nil, f
	case textIn(res, "id") != "" && textIn(res, "id") != id:
		return nil, nil
	}
	return res, nil
}
