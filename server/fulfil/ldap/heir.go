package ldap

import (
	"context"
	"errors"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"writ/server/fulfil"
)

// heir is what groups shall hold of an entry instead of what they hold: its name or a value of it becomes another.
//
// The new one is put into the groups first, then the entry gets it, then the old one is taken out. So whatever breaks off in between, the entry stays
// in its groups, also on a server that leaves references as they are.
type heir struct {
	behind
	old, value string          // value "": it has none any more
	named      bool            // it becomes so by a renaming
	former     bool            // it is so already, and groups may hold what it was
	put        []string        // groups that have been given the new value, while the entry does not have it
	has        map[string]bool // groups in which the new value is
}

// heirs are those of a change of an entry that is named now, and at afterwards.
func (w *writer) heirs(ctx context.Context, e *ldap.Entry, now, at name) (list []*heir, err error) {
	r := w.conn.newRows(w.s, w.sub, w.t)
	for _, b := range w.behind() {
		a := r.held(b.of)
		if a == nil && w.conn.ad { // it brings references up to date itself, in the same step
			continue
		}
		before := r.pointed(b.of, e)
		after, named := []string{at.String()}, true
		if a != nil {
			if after, named, err = w.after(ctx, a, before, now, at); err != nil {
				return nil, err
			}
		}
		in := func(list []string, v string) bool {
			n := w.sub.normal(b.attribute, v)
			return slices.ContainsFunc(list, func(o string) bool { return w.sub.normal(b.attribute, o) == n })
		}
		value := ""
		if len(after) > 0 {
			value = after[0]
		}
		for _, v := range after {
			if !in(before, v) {
				value = v
				break
			}
		}
		for _, old := range before {
			if !in(after, old) {
				list = append(list, &heir{behind: b, old: old, value: value, named: named, has: map[string]bool{}})
			}
		}
		former, err := w.former(ctx, a, now)
		if err != nil {
			return nil, err
		}
		for _, old := range former {
			if !in(after, old) && !in(before, old) && value != "" {
				list = append(list, &heir{behind: b, old: old, value: value, named: true, former: true, has: map[string]bool{}})
			}
		}
	}
	return list, nil
}

// after are the values of an attribute when the change is made. named: some of them come by the renaming.
func (w *writer) after(ctx context.Context, a *attribute, before []string, now, at name) (list []string, named bool, err error) {
	list = slices.Clone(before)
	for _, col := range w.texts() {
		if col.attribute == a {
			if list, err = w.wanted(ctx, col); err != nil {
				return nil, false, err
			}
		}
	}
	is := func(p pair) bool { return w.sub.attribute(p.name) == a }
	has := func(v string) bool {
		return slices.ContainsFunc(list, func(o string) bool { return w.sub.normal(a, o) == w.sub.normal(a, v) })
	}
	if slices.Equal(now[0], at[0]) {
		for _, p := range now[0] { // it stays
			if is(p) && !has(p.value) {
				list = append(list, p.value)
			}
		}
		return list, false, nil
	}
	for _, p := range now[0] {
		if is(p) {
			named = true
			list = slices.DeleteFunc(list, func(v string) bool { return v == p.value })
		}
	}
	for _, p := range at[0] {
		if is(p) {
			named = true
			if !has(p.value) {
				list = append(list, p.value)
			}
		}
	}
	return list, named, nil
}

// former is what groups may hold of the entry since an earlier try of the change broke off: what it was when it was read last, while nobody is that now.
func (w *writer) former(ctx context.Context, a *attribute, now name) (list []string, err error) {
	was := func(col *column) string {
		if col == nil {
			return ""
		}
		for name, v := range w.change.Resource {
			if w.t.column(name) == col {
				return v
			}
		}
		return ""
	}
	if a != nil {
		col := w.t.column(a.name)
		if col == nil || w.text(col) == nil {
			return nil, nil
		}
		for _, v := range fulfil.ListOf(was(col)) {
			e, err := findBy(ctx, w.s, w.t, a, v, []string{"1.1"})
			if err != nil {
				return nil, err
			}
			if e == nil {
				list = append(list, v)
			}
		}
		return list, nil
	}
	renames := w.text(w.t.column(columnDN)) != nil || w.text(w.t.column(columnParent)) != nil
	old := slices.Clone(now)
	old[0] = slices.Clone(now[0])
	for i, p := range old[0] {
		if col := w.t.column(p.name); col != nil && col.attribute != nil && w.text(col) != nil {
			before := was(col)
			if values, err := col.attribute.values(&before); err == nil && len(values) == 1 {
				old[0][i].value, renames = values[0], true
			}
		}
	}
	if n, ok := parseName(was(w.t.column(columnParent))); ok && len(n) > 0 {
		old = append(name{old[0]}, n...)
	}
	if n, ok := parseName(was(w.t.column(columnDN))); ok && len(n) > 0 {
		old = n
	}
	if !renames || w.sub.normalName(old.String()) == w.sub.normalName(now.String()) {
		return nil, nil
	}
	e, err := w.s.entry(ctx, old.String(), "(objectClass=*)", "1.1")
	if e != nil || err != nil {
		return nil, err
	}
	return []string{old.String()}, nil
}

// announce puts the new values into the groups that hold the old ones.
func (w *writer) announce(ctx context.Context, heirs []*heir, now, at name) error {
	free := w.sub.normalName(now.String()) == w.sub.normalName(at.String())
	for _, h := range heirs {
		if h.former || h.value == "" {
			continue
		}
		groups, err := w.holding(ctx, h.behind, h.old)
		if err != nil {
			return err
		}
		if len(groups) > 0 && h.named && !free { // somebody else would be in the groups
			there, err := w.s.entry(ctx, at.String(), "(objectClass=*)", "1.1")
			if err != nil {
				return err
			}
			if there != nil {
				taken := ldap.NewError(ldap.LDAPResultEntryAlreadyExists, errors.New(at.String()+" is there already"))
				return &refusal{w.conn.refused(answer(taken))}
			}
			free = true
		}
		for _, g := range groups {
			err := w.write1(ctx, g, h.attribute, nil, []string{h.value})
			no := answer(err)
			switch {
			case err == nil:
				h.put, h.has[g] = append(h.put, g), true
			case ldap.IsErrorWithCode(err, ldap.LDAPResultAttributeOrValueExists):
				w.raced, h.has[g] = false, true
			case no != nil && h.attribute.isDN() && w.conn.refused(no).Outcome == fulfil.Refused:
				w.raced = false // it takes no name of nobody: then it brings references up to date itself, or it is said afterwards
			default:
				return err
			}
		}
	}
	return nil
}

// withdraw takes the new values out again of groups of an entry that does not get them.
func (w *writer) withdraw(ctx context.Context, heirs []*heir) {
	w.aside(func() {
		for _, h := range heirs {
			for _, g := range h.put {
				_ = w.write1(ctx, g, h.attribute, []string{h.value}, nil)
			}
		}
	})
}

// settle: the entry has its new values, or its new name.
func (w *writer) settle(ctx context.Context, heirs []*heir, named bool) (wrote bool, err error) {
	for _, h := range heirs {
		if h.named == named {
			h.put = nil
		}
	}
	for _, h := range heirs {
		if h.named != named {
			continue
		}
		did, err := w.inherit(ctx, h)
		if wrote = wrote || did; err != nil {
			return wrote, err
		}
	}
	return wrote, nil
}

// inherit takes the old value out of the groups that still hold it, and puts the new one into those that came meanwhile.
func (w *writer) inherit(ctx context.Context, h *heir) (wrote bool, err error) {
	groups, err := w.holding(ctx, h.behind, h.old)
	if err != nil {
		return false, err
	}
	for _, g := range groups {
		did := false
		if h.value == "" {
			did, err = w.member(ctx, h.behind, g, h.old, false)
		} else {
			did, err = w.replace(ctx, g, h.attribute, h.old, h.value, h.has[g])
		}
		if wrote = wrote || did; err != nil {
			return wrote, err
		}
	}
	if !h.attribute.isDN() {
		return wrote, nil
	}
	// A server that brings references up to date leaves all those of a group alone where the new name is in it already.
	for g := range h.has {
		var others []string
		for _, a := range h.other.nameColumns() {
			if a != h.attribute {
				others = append(others, a.asked())
			}
		}
		if len(others) == 0 {
			break
		}
		e, err := w.s.entry(ctx, g, "(objectClass=*)", others...)
		if err != nil || e == nil {
			return wrote, err
		}
		for _, a := range h.other.nameColumns() {
			for _, v := range e.GetEqualFoldAttributeValues(a.asked()) {
				if a == h.attribute || w.sub.normal(a, v) != w.sub.normal(a, h.old) {
					continue
				}
				if _, err := w.replace(ctx, g, a, v, h.value, false); err != nil {
					return wrote, err
				}
			}
		}
	}
	return wrote, nil
}

// replace puts one value in the place of another. has: it is there already. The server may be faster.
func (w *writer) replace(ctx context.Context, dn string, a *attribute, old, value string, has bool) (bool, error) {
	come := []string{value}
	if has {
		come = nil
	}
	err := w.write1(ctx, dn, a, []string{old}, come)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultAttributeOrValueExists) && !has {
		w.raced = false
		return w.replace(ctx, dn, a, old, value, true)
	}
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultAttributeOrValueExists) {
		w.raced = false
		return false, nil
	}
	return err == nil, err
}
