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
		have, err := w.held(ctx, e, col, slices.Concat(add, remove))
		if err != nil {
			return wrote, err
		}
		var gone, come []string
		for _, v := range remove {
			if is, ok := have[w.sub.normal(a, v)]; ok {
				gone = append(gone, is)
				delete(have, w.sub.normal(a, v))
			} else if err := w.refusePrimary(ctx, e.DN, a, v); err != nil {
				return wrote, err
			}
		}
		for _, v := range add {
			if _, ok := have[w.sub.normal(a, v)]; ok {
				continue
			}
			have[w.sub.normal(a, v)] = v
			is := false
			if w.again { // the server said that there is something: it is asked only then, of each
				if is, err = w.primary(ctx, e.DN, a, v); err != nil {
					return wrote, err
				}
			}
			if !is {
				come = append(come, v)
			}
		}
		if len(gone)+len(come) == 0 {
			continue
		}
		leaves := w.mayEmpty(a, gone)
		gone, come = w.withPlaceholder(e, a, gone, come)
		if err := w.write1(ctx, e.DN, a, gone, come); err != nil {
			w.emptied(err, leaves)
			return wrote, err
		}
		wrote = true
	}
	back, err := w.backlinks(ctx, e)
	return wrote || back, err
}

// held gives values of a column by their normal form: all that the entry has, or those of a few that are asked for.
func (w *writer) held(ctx context.Context, e *ldap.Entry, col *column, of []string) (map[string]string, error) {
	have, a := map[string]string{}, col.attribute
	if !w.asksEach(col) {
		of = w.values(e, a)
	}
	for _, v := range of {
		if w.asksEach(col) {
			if held, err := w.holds(ctx, e.DN, a, v); err != nil {
				return nil, err
			} else if !held {
				continue
			}
		}
		have[w.sub.normal(a, v)] = v
	}
	return have, nil
}

// withPlaceholder adds the placeholder to a group that would lose its last member, and takes it out of one that gets its first.
func (w *writer) withPlaceholder(e *ldap.Entry, a *attribute, gone, come []string) ([]string, []string) {
	if !w.t.keeps(a) {
		return gone, come
	}
	have := e.GetEqualFoldAttributeValues(a.asked())
	is := slices.IndexFunc(have, func(v string) bool { return w.t.isPlaceholder(w.sub, v) })
	members := len(have) - len(gone) + len(come)
	if is >= 0 {
		members--
	}
	switch {
	case members <= 0 && is < 0:
		come = append(come, w.t.placeholder)
	case members > 0 && is >= 0:
		gone = append(gone, have[is])
	}
	return gone, come
}

// keeps reports whether entries keep the placeholder in an attribute that would be empty else.
func (t *table) keeps(a *attribute) bool { return t.placeholder != "" && t.isMust(a) }

// mayEmpty reports whether somebody else may make what goes the last of its attribute.
func (w *writer) mayEmpty(a *attribute, gone []string) bool { return len(gone) > 0 && w.t.keeps(a) }

// emptied has an entry looked at again that others took members out of at the same time: it needs the placeholder now.
func (w *writer) emptied(err error, leaves bool) {
	if leaves && ldap.IsErrorWithCode(err, ldap.LDAPResultObjectClassViolation) {
		w.raced = true
	}
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

// holding gives the names of the groups that hold one of some values.
func (w *writer) holding(ctx context.Context, b behind, values ...string) (groups []string, err error) {
	err = w.s.each(ctx, b.other.base, b.other.scope, w.conn.pageSize, b.other.holding(b.attribute, values), []string{"1.1"}, func(e *ldap.Entry) error {
		groups = append(groups, e.DN)
		return nil
	})
	return groups, err
}

// whole is the list of links that the change gives a column that stands in groups. is=false: it gives none.
func (w *writer) whole(col *column) (links []fulfil.Link, is bool) {
	for name, v := range w.change.Changes {
		if w.t.column(name) == col {
			for _, key := range fulfil.ListOf(text(v)) {
				links = append(links, fulfil.Link{Key: key})
			}
			return links, true
		}
	}
	return nil, false
}

// resolve finds whatever the change points to, before anything is written: what cannot be is refused as a whole.
func (w *writer) resolve(ctx context.Context, e *ldap.Entry) error {
	for _, col := range w.texts() {
		if _, err := w.wanted(ctx, col); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.change.ChangesAdded)) {
		if col := w.t.column(name); col.back == nil {
			if _, err := w.linked(ctx, col, w.change.ChangesAdded[name], true); err != nil {
				return err
			}
		}
	}
	r := w.conn.newRows(w.s, w.sub, w.t)
	w.groups = map[string]string{}
	for _, b := range w.behind() {
		links, _ := w.whole(b.of)
		links = append(links, w.linksOf(w.change.ChangesAdded, b.of)...)
		if len(links) > 0 && len(r.pointed(b.of, e)) == 0 {
			return refuse("The entry has no value that a group could hold for column %s.", b.of.name)
		}
		for _, l := range links {
			g, err := w.group(ctx, b, l.Key)
			if err != nil {
				return err
			}
			if g == "" {
				return refuse("Table %s has no entry with %s = %s for column %s to point to.", b.other.name, b.other.key, plain(l.Key), b.of.name)
			}
			w.groups[b.of.name+"\x00"+l.Key] = g
		}
	}
	return nil
}

// backlinks writes the links of the change that stand in groups.
func (w *writer) backlinks(ctx context.Context, e *ldap.Entry) (wrote bool, err error) {
	r := w.conn.newRows(w.s, w.sub, w.t)
	for _, b := range w.behind() {
		values := r.pointed(b.of, e)
		if len(values) == 0 { // resolve refuses to put it anywhere
			continue
		}
		var out, in []string
		for _, l := range w.linksOf(w.change.ChangesRemoved, b.of) {
			g, err := w.group(ctx, b, l.Key)
			if err != nil {
				return wrote, err
			}
			if g != "" {
				out = append(out, g)
			}
		}
		for _, l := range w.linksOf(w.change.ChangesAdded, b.of) {
			in = append(in, w.groups[b.of.name+"\x00"+l.Key])
		}
		if links, is := w.whole(b.of); is {
			stay := map[string]bool{}
			for _, l := range links {
				g := w.groups[b.of.name+"\x00"+l.Key]
				in, stay[w.sub.normalName(g)] = append(in, g), true
			}
			have, err := w.holding(ctx, b, values...)
			if err != nil {
				return wrote, err
			}
			for _, g := range have {
				if !stay[w.sub.normalName(g)] {
					out = append(out, g)
				}
			}
		}
		for _, g := range out {
			for _, v := range values {
				changed, err := w.member(ctx, b, g, v, false)
				if wrote = wrote || changed; err != nil {
					return wrote, err
				}
			}
		}
		for _, g := range in {
			changed, err := w.join(ctx, b, g, values)
			if wrote = wrote || changed; err != nil {
				return wrote, err
			}
		}
	}
	return wrote, nil
}

// join puts an entry into a group that holds none of its values.
func (w *writer) join(ctx context.Context, b behind, group string, values []string) (bool, error) {
	for _, v := range values[1:] {
		if held, err := w.holds(ctx, group, b.attribute, v); held || err != nil {
			return false, err
		}
	}
	return w.member(ctx, b, group, values[0], true)
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

// holds asks the server whether an attribute of an entry has a value: the list itself may be long.
func (w *writer) holds(ctx context.Context, dn string, a *attribute, value string) (bool, error) {
	e, err := w.s.entry(ctx, dn, "("+a.name+"="+ldap.EscapeFilter(value)+")", "1.1")
	return e != nil, err
}

// member puts one value into a group, or takes it out. That it was the last member the server says, whoever took the others out.
func (w *writer) member(ctx context.Context, b behind, group, value string, put bool) (bool, error) {
	keeps, last := b.other.keeps(b.attribute), false
	for range tries {
		held, err := w.holds(ctx, group, b.attribute, value)
		if err == nil && !held {
			if put {
				held, err = w.primary(ctx, group, b.attribute, value)
			} else {
				err = w.refusePrimary(ctx, group, b.attribute, value)
			}
		}
		if err != nil || held == put {
			return false, err
		}
		gone, come := []string{value}, []string(nil)
		switch {
		case put:
			gone, come = nil, []string{value}
			nobody := false
			if keeps {
				nobody, err = w.holds(ctx, group, b.attribute, b.other.placeholder)
			}
			if err != nil {
				return false, err
			}
			if nobody {
				gone = []string{b.other.placeholder}
			}
		case last:
			come = []string{b.other.placeholder}
		}
		err = w.write1(ctx, group, b.attribute, gone, come)
		switch {
		case keeps && !put && !last && ldap.IsErrorWithCode(err, ldap.LDAPResultObjectClassViolation):
			last = true
		case ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultAttributeOrValueExists), isAdMembership(err):
			w.raced, last = false, false // somebody else was at the same group: looked at again here
		default:
			return err == nil, err
		}
	}
	return false, refuse("%s was changed by somebody else again and again.", group)
}

// leave takes an entry out of all groups. back puts it in again.
func (w *writer) leave(ctx context.Context, e *ldap.Entry) (back func(), err error) {
	var undo []func()
	back = func() {
		w.aside(func() {
			for _, one := range undo {
				one()
			}
		})
	}
	r := w.conn.newRows(w.s, w.sub, w.t)
	for _, b := range w.behind() {
		if w.conn.ad && r.held(b.of) == nil { // they go with it
			continue
		}
		for _, v := range r.pointed(b.of, e) {
			groups, err := w.holding(ctx, b, v)
			if err != nil {
				return back, err
			}
			for _, g := range groups {
				changed, err := w.member(ctx, b, g, v, false)
				if err != nil {
					return back, err
				}
				if changed {
					undo = append(undo, func() { _, _ = w.member(ctx, b, g, v, true) })
				}
			}
		}
	}
	return back, nil
}

// aside does what does not count for the answer.
func (w *writer) aside(do func()) {
	raced, last := w.raced, w.last
	do()
	w.raced, w.last = raced, last
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

// hasNoPassword asks for what is certain: who may write a password may not ask for it everywhere, and then nothing is known of it.
func (w *writer) hasNoPassword(ctx context.Context, dn string) (bool, error) {
	if w.conn.ad {
		return false, nil
	}
	without, err := w.s.entry(ctx, dn, "(!("+w.conn.passwordAttribute+"=*))", "1.1")
	return without != nil, err
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
	if w.conn.ad { // goes with the other values: see update and finish
		return false, nil
	}
	switch {
	case !given, clear && w.change.Type == fulfil.Added:
		return false, nil
	case clear:
		if without, err := w.hasNoPassword(ctx, dn); err != nil || without {
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
