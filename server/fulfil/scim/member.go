package scim

import (
	"context"
	"slices"

	"writ/server/fulfil"
)

// memberships reads from the groups who is in them: ids of groups by id of member. With an id only that member's are needed: the server is asked for them.
// That it finds none is believed when it has found some in this way, for there are servers that do not know such a filter and say nothing of it.
func (c *Conn) memberships(ctx context.Context, cat *catalog, id string) (map[string][]string, *failure) {
	of := map[string][]string{}
	groups := cat.groups()
	members := groups.column("members")
	others := false
	read := func(filter string) *failure {
		return c.whole(ctx, cat, groups, filter, func(res map[string]any) bool {
			list := members.texts(res)
			for _, member := range list {
				if id == "" || member == id {
					of[member] = append(of[member], textIn(res, "id"))
				}
			}
			others = others || !contains(list, id)
			return ctx.Err() == nil
		})
	}
	if id != "" && cat.filters {
		switch f := read(members.base() + ".value eq " + quoted(id)); {
		case f == nil && ctx.Err() != nil:
			return nil, c.lost(ctx, false, ctx.Err())
		case f.isNo():
		case f != nil:
			return nil, f
		case len(of[id]) > 0 || others || c.narrows.Load(): // with others it was not looked at: then these are all groups
			c.narrows.Store(c.narrows.Load() || !others)
			of[id] = inOrder(of[id])
			return of, nil
		}
	}
	f := read("")
	if f == nil && ctx.Err() != nil {
		f = c.lost(ctx, false, ctx.Err())
	}
	for member := range of {
		of[member] = inOrder(of[member])
	}
	return of, f
}

// join writes the memberships of a user to the groups. What the user shows of them is believed, unless it is left out: then the groups are looked at.
func (w *writer) join(ctx context.Context, res map[string]any, isNew bool) (changed bool, f *failure) {
	i := slices.IndexFunc(w.lists, func(c *column) bool { return c.isGroups })
	if i < 0 {
		return false, nil
	}
	col := w.lists[i]
	gone := keysOf(w.change.ChangesRemoved[col.name])
	_, whole := w.change.Changes[col.name]
	fromUser := w.conn.set.Memberships == "users"
	if id := textIn(res, "id"); !isNew && fromUser && !col.holds(res) && (whole || len(gone) > 0) { // lists may leave them out
		one, f := w.conn.byID(ctx, w.table, id)
		if f != nil {
			return false, f.looked()
		}
		merge(res, one)
	}
	isTold := isNew || fromUser && col.isShown(res)
	have := col.texts(res)
	if whole && !isTold {
		of, f := w.conn.memberships(ctx, w.cat, textIn(res, "id"))
		if f != nil {
			return false, f.looked()
		}
		have, isTold = of[textIn(res, "id")], true
	}
	l := w.listOf(col, have)
	isSeen := isNew || whole || isTold && col.holds(res) // that none is shown does not prove that there is none to take away
	if !isSeen {
		l.remove = gone
	}
	for _, group := range l.remove {
		made, f := w.member(ctx, group, textIn(res, "id"), false, isSeen)
		if f != nil {
			return changed, f
		}
		changed = changed || made
	}
	for _, group := range l.add {
		made, f := w.member(ctx, group, textIn(res, "id"), true, isTold)
		if f != nil {
			return changed, f
		}
		changed = changed || made
	}
	return changed, nil
}

// member puts a user into a group, or takes him out.
func (w *writer) member(ctx context.Context, group, user string, in, isSure bool) (made bool, f *failure) {
	groups := w.cat.groups()
	members := groups.column("members")
	res := map[string]any{"id": group}
	if !isSure {
		if res, f = w.conn.byID(ctx, groups, group); f != nil {
			return false, f.looked()
		}
		if res != nil && (in || groups.tells(res) || w.conn.puts(w.cat, groups)) && contains(members.texts(res), user) == in {
			return false, nil
		}
	}
	e := edit{lists: []listEdit{{column: members, add: []string{user}}}}
	if !in {
		e.lists[0].add, e.lists[0].remove = nil, e.lists[0].add
	}
	if res != nil {
		made, f = w.conn.update(ctx, w.cat, groups, res, e)
		w.made = w.made || made
	}
	if res == nil || f != nil && f.outcome == fulfil.NotFound {
		if !in { // with the group its members are gone
			return false, nil
		}
		return false, refuse("%s have none with id = %s.", groups.name, clip(group, 100))
	}
	return made, f
}
