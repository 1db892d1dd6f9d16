package scim

import (
	"context"
	"slices"

	"writ/server/fulfil"
)

// memberships reads from the groups who is in them: ids of groups by id of member.
func (c *Conn) memberships(ctx context.Context, cat *catalog) (map[string][]string, *failure) {
	of := map[string][]string{}
	groups := cat.groups()
	members := groups.column("members")
	f := c.each(ctx, groups, "", func(res map[string]any) bool {
		for _, member := range members.texts(res) {
			of[member] = append(of[member], textIn(res, "id"))
		}
		return ctx.Err() == nil
	})
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
	isTold := isNew || w.conn.set.Memberships == "users" && get(res, col.attr) != nil
	have := col.texts(res)
	if _, whole := w.change.Changes[col.name]; whole && !isTold {
		of, f := w.conn.memberships(ctx, w.cat)
		if f != nil {
			return false, f.looked()
		}
		have, isTold = of[textIn(res, "id")], true
	}
	l := w.listOf(col, have)
	if !isTold {
		l.remove = keysOf(w.change.ChangesRemoved[col.name])
	}
	for _, group := range l.remove {
		made, f := w.member(ctx, group, textIn(res, "id"), false, isTold)
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
		if res != nil && (in || members.isShown(res) || w.conn.puts(w.cat)) && contains(members.texts(res), user) == in {
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
