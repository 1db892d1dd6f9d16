package ldap

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"writ/server/fulfil"
)

// chunk is how many values one request puts in or takes out: servers bound the length of a request.
const chunk = 1000

// links writes the links that the change adds and removes, in the entry and in the groups that hold it.
func (w *writer) links(ctx context.Context, e *ldap.Entry) (bool, error) {
	wrote := false
	names := map[string]bool{}
	for _, several := range []map[string][]fulfil.Link{w.change.ChangesAdded, w.change.ChangesRemoved} {
		for name := range several {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		col := w.t.column(name)
		if col.back != nil {
			continue
		}
		add, err := w.linked(ctx, col, w.change.ChangesAdded[name], true)
		if err != nil {
			return wrote, err
		}
		remove, err := w.linked(ctx, col, w.change.ChangesRemoved[name], false)
		if err != nil {
			return wrote, err
		}
		a := col.attribute
		have := map[string]string{}
		for _, v := range w.values(e, a) {
			have[w.sub.normal(a, v)] = v
		}
		var gone, come []string
		for _, v := range remove {
			if is, ok := have[w.sub.normal(a, v)]; ok {
				gone = append(gone, is)
				delete(have, w.sub.normal(a, v))
			}
		}
		for _, v := range add {
			if _, ok := have[w.sub.normal(a, v)]; !ok {
				come = append(come, v)
				have[w.sub.normal(a, v)] = v
			}
		}
		if len(gone)+len(come) == 0 {
			continue
		}
		gone, come = w.withPlaceholder(e, a, gone, come)
		if err := w.write1(ctx, e.DN, a, gone, come); err != nil {
			return wrote, err
		}
		wrote = true
	}
	back, err := w.backlinks(ctx, e)
	return wrote || back, err
}

// withPlaceholder adds the placeholder to a group that would lose its last member, and takes it out of one that gets its first.
func (w *writer) withPlaceholder(e *ldap.Entry, a *attribute, gone, come []string) ([]string, []string) {
	return keepMember(w.sub, w.t, a, e.GetEqualFoldAttributeValues(a.asked()), gone, come)
}

// keepMember is withPlaceholder for a group that has these members.
func keepMember(sub *subschema, t *table, a *attribute, have, gone, come []string) ([]string, []string) {
	if t.placeholder == "" || !t.isMust(a) {
		return gone, come
	}
	is := slices.IndexFunc(have, func(v string) bool { return t.isPlaceholder(sub, v) })
	members := len(have) - len(gone) + len(come)
	if is >= 0 {
		members--
	}
	switch {
	case members <= 0 && is < 0:
		come = append(come, t.placeholder)
	case members > 0 && is >= 0:
		gone = append(gone, have[is])
	}
	return gone, come
}

// write1 takes values of one attribute out and puts others in, in parts that a server takes. What comes goes first, so that a group is never without
// a member; a value that only changes its spelling has to leave first.
func (w *writer) write1(ctx context.Context, dn string, a *attribute, gone, come []string) error {
	if len(gone)+len(come) <= chunk {
		q := ldap.NewModifyRequest(dn, nil)
		w.delta(q, a, gone, come)
		if len(q.Changes) == 0 {
			return nil
		}
		return w.request(ctx, func() error { return w.s.Modify(q) })
	}
	leaving := map[string]bool{}
	for _, v := range gone {
		leaving[w.sub.normal(a, v)] = true
	}
	var again []string
	come = slices.DeleteFunc(slices.Clone(come), func(v string) bool {
		back := leaving[w.sub.normal(a, v)]
		if back {
			again = append(again, v)
		}
		return back
	})
	for _, part := range []struct {
		values []string
		put    func(q *ldap.ModifyRequest, values []string)
	}{
		{come, func(q *ldap.ModifyRequest, v []string) { q.Add(a.asked(), v) }},
		{gone, func(q *ldap.ModifyRequest, v []string) { q.Delete(a.asked(), v) }},
		{again, func(q *ldap.ModifyRequest, v []string) { q.Add(a.asked(), v) }},
	} {
		for values := range slices.Chunk(part.values, chunk) {
			q := ldap.NewModifyRequest(dn, nil)
			part.put(q, values)
			if err := w.request(ctx, func() error { return w.s.Modify(q) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// behind is a column whose links stand in another table.
type behind struct {
	of        *column
	other     *table
	attribute *attribute
}

// behind gives the columns of the table whose links stand in other tables.
func (w *writer) behind() (list []behind) {
	r := w.conn.newRows(w.s, w.sub, w.t)
	for _, name := range w.t.names {
		if col := w.t.column(name); col.back != nil {
			if other, a, err := r.back(col); err == nil { // prepare or Check tells of it
				list = append(list, behind{col, other, a})
			}
		}
	}
	return list
}

// holding gives the names of the groups that hold a value.
func (w *writer) holding(ctx context.Context, b behind, value string) (groups []string, err error) {
	filter := "(&" + b.other.where + "(" + b.attribute.name + "=" + ldap.EscapeFilter(value) + "))"
	err = w.s.each(ctx, b.other.base, b.other.scope, w.conn.pageSize, filter, []string{"1.1"}, func(e *ldap.Entry) error {
		groups = append(groups, e.DN)
		return nil
	})
	return groups, err
}

// backlinks writes the links of the change that stand in groups.
func (w *writer) backlinks(ctx context.Context, e *ldap.Entry) (wrote bool, err error) {
	r := w.conn.newRows(w.s, w.sub, w.t)
	for _, b := range w.behind() {
		for _, step := range []struct {
			links []fulfil.Link
			put   bool
		}{{w.linksOf(w.change.ChangesRemoved, b.of), false}, {w.linksOf(w.change.ChangesAdded, b.of), true}} {
			for _, l := range step.links {
				v := strings.Join(r.pointed(b.of, e), "")
				if v == "" {
					return wrote, refuse("The entry has no value that a group could hold for column %s.", b.of.name)
				}
				g, err := w.group(ctx, b, l.Key)
				if err != nil {
					return wrote, err
				}
				if g == "" && step.put {
					return wrote, refuse("Table %s has no entry with %s = %s for column %s to point to.", b.other.name, b.other.key, l.Key, b.of.name)
				}
				if g == "" {
					continue
				}
				changed, err := w.member(ctx, b, g, v, step.put)
				if err != nil {
					return wrote, err
				}
				wrote = wrote || changed
			}
		}
	}
	return wrote, nil
}

func (w *writer) linksOf(several map[string][]fulfil.Link, col *column) (links []fulfil.Link) {
	for name, list := range several {
		if strings.EqualFold(name, col.name) {
			links = append(links, list...)
		}
	}
	return links
}

// group is the name of the entry of another table with a key; "": there is none.
func (w *writer) group(ctx context.Context, b behind, key string) (string, error) {
	e, err := find(ctx, w.s, w.sub, b.other, b.other.key, key, []string{"1.1"})
	if err != nil || e == nil {
		return "", err
	}
	return e.DN, nil
}

// member puts one value into a group, or takes it out. The server is asked whether the group holds it: the list itself may be long.
func (w *writer) member(ctx context.Context, b behind, group, value string, put bool) (bool, error) {
	holds := "(" + b.attribute.name + "=" + ldap.EscapeFilter(value) + ")"
	for range tries {
		held, err := w.s.entry(ctx, group, holds, "1.1")
		if err != nil || (held != nil) == put {
			return false, err
		}
		var gone, come []string
		if put {
			come = []string{value}
		} else {
			gone = []string{value}
		}
		if b.other.placeholder != "" && b.other.isMust(b.attribute) {
			g, err := w.s.entry(ctx, group, "(objectClass=*)", b.attribute.asked())
			if err != nil {
				return false, err
			}
			if g == nil {
				return false, refuse("%s is gone.", group)
			}
			gone, come = keepMember(w.sub, b.other, b.attribute, g.GetEqualFoldAttributeValues(b.attribute.asked()), gone, come)
		}
		err = w.write1(ctx, group, b.attribute, gone, come)
		if !ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultAttributeOrValueExists) {
			return err == nil, err
		}
		w.raced = false // somebody else was at the same group: looked at again here
	}
	return false, refuse("%s was changed by somebody else again and again.", group)
}

// password is the one that the change sets.
func (w *writer) password() *string {
	for name, v := range w.change.Changes {
		if strings.EqualFold(name, w.conn.passwordAttribute) && v != nil && *v != "" {
			return v
		}
	}
	return nil
}

// setPassword has the server set a password (RFC 3062), so that it is hashed and measured as the server does it; a server that does not know that
// request gets the attribute written. It cannot be looked at, so it is written each time; null takes it away.
func (w *writer) setPassword(ctx context.Context, dn string) (bool, error) {
	var given, clear bool
	for name, v := range w.change.Changes {
		if strings.EqualFold(name, w.conn.passwordAttribute) {
			given, clear = true, v == nil || *v == ""
		}
	}
	switch {
	case !given, clear && w.change.Type == fulfil.Added:
		return false, nil
	case clear:
		has, err := w.s.entry(ctx, dn, "("+w.conn.passwordAttribute+"=*)", "1.1")
		if err != nil || has == nil {
			return false, err
		}
		q := ldap.NewModifyRequest(dn, nil)
		q.Replace(w.conn.passwordAttribute, nil)
		return true, w.request(ctx, func() error { return w.s.Modify(q) })
	}
	password := *w.password()
	if w.sub.offers(extendPassword) && strings.EqualFold(w.conn.passwordAttribute, "userPassword") {
		err := w.request(ctx, func() error {
			_, err := w.s.PasswordModify(ldap.NewPasswordModifyRequest(dn, "", password))
			return err
		})
		if ldap.IsErrorWithCode(err, ldap.LDAPResultConstraintViolation) && w.opens(ctx, dn, password) { // it is the one that is there
			return false, nil
		}
		return true, err
	}
	q := ldap.NewModifyRequest(dn, nil)
	q.Replace(w.conn.passwordAttribute, []string{password})
	return true, w.request(ctx, func() error { return w.s.Modify(q) })
}

// opens reports whether a password lets an entry in. Asked only when the server refused to set it: a wrong one is counted as a try.
func (w *writer) opens(ctx context.Context, dn, password string) bool {
	s, err := w.conn.dialOne(ctx, w.s.at, dn, password)
	if err != nil {
		return false
	}
	s.end()
	return true
}
