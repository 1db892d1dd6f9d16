package ldap

import (
	"context"
	"errors"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"writ/server/errs"
	"writ/server/fulfil"
)

// Deletion: of an entry, and of what is below it where the settings allow that.

func (w *writer) delete(ctx context.Context) (fulfil.Receipt, error) {
	key := w.change.TargetKey()
	if key == "" {
		return fulfil.Receipt{}, refuse("The order names no key of the entry to delete.")
	}
	e, err := w.look(ctx, key)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	if e == nil {
		return fulfil.Receipt{Outcome: fulfil.AlreadySo, Message: "The entry was gone already."}, nil
	}
	if w.sub.normalName(e.DN) == w.t.baseName {
		return fulfil.Receipt{}, refuse("%s is the base of table %s itself.", e.DN, w.t.name)
	}
	if !w.t.tree { // before its links are gone
		below, err := w.hasBelow(ctx, e.DN)
		if err != nil {
			return fulfil.Receipt{}, err
		}
		if below {
			return fulfil.Receipt{}, &refusal{w.conn.refused(answer(ldap.NewError(ldap.LDAPResultNotAllowedOnNonLeaf, errors.New(e.DN+" has entries below it"))))}
		}
	}
	back, err := w.leave(ctx, e)
	if err == nil {
		err = w.remove(ctx, e.DN)
		if ldap.IsErrorWithCode(err, ldap.LDAPResultNotAllowedOnNonLeaf) && w.t.tree {
			err = w.removeTree(ctx, e.DN)
		}
	}
	if answer(err) != nil || errors.As(err, new(*refusal)) { // it stays, and so does what it is in
		back()
	}
	if err != nil {
		return fulfil.Receipt{}, err
	}
	return fulfil.Receipt{Outcome: fulfil.Done}, nil
}

// hasBelow reports whether there are entries below one, as far as we may see.
func (w *writer) hasBelow(ctx context.Context, dn string) (bool, error) {
	q := ldap.NewSearchRequest(dn, ldap.ScopeSingleLevel, ldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"1.1"}, nil)
	found, _, err := w.s.page(ctx, q, 0, nil)
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded), errors.As(err, new(*referral)):
		return true, nil
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return false, nil
	}
	return len(found) > 0, err
}

// remove deletes one entry; one that is gone meanwhile is what was wanted.
func (w *writer) remove(ctx context.Context, dn string) error {
	err := w.request(ctx, func() error { return w.s.Del(ldap.NewDelRequest(dn, nil)) })
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		w.raced = false
		return nil
	}
	return err
}

// removeTree deletes an entry and all below it, the lowest first: few servers know a request for that.
func (w *writer) removeTree(ctx context.Context, dn string) error {
	type below struct {
		dn    string
		depth int
	}
	var all []below
	err := w.s.each(ctx, dn, ldap.ScopeWholeSubtree, w.conn.pageSize, "(objectClass=*)", []string{"1.1"}, func(e *ldap.Entry) error {
		n, ok := parseName(e.DN)
		if !ok {
			return errs.Invalid("", "The server gave an entry the name %q, which cannot be understood.", e.DN)
		}
		all = append(all, below{e.DN, len(n)})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b below) int { return b.depth - a.depth })
	for _, b := range all {
		if err := w.remove(ctx, b.dn); err != nil {
			return err
		}
	}
	return nil
}
