package ldap

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"writ/server/fulfil"
)

// Apply writes one change. What is as wanted already is not written again (provisioning spec 2.5):
//
//	Added     no entry with the key or the name: add. As wanted: AlreadySo, or Done when a link was missing. Otherwise: Conflict
//	Modified  no entry: NotFound. Otherwise the values that differ, then the links, then the name: it is what the entry is found by. Groups that hold
//	          what becomes another are given the new before, and lose the old afterwards (heir.go)
//	Deleted   its links in groups first, then the entry, with what is below it where the settings allow that; no entry: AlreadySo. An entry that the
//	          server keeps is put back into its groups
//
// A directory has no transactions over several requests: what was written before one that is refused stays, and a repeat goes on from there.
func (c *Conn) Apply(ctx context.Context, ch fulfil.Change) fulfil.Receipt {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var receipt fulfil.Receipt
	fresh, made := false, false
	for try := range tries {
		var again bool
		if receipt, again = c.attempt(ctx, ch, &fresh, &made, try); !again {
			break
		}
	}
	if made && (receipt.Outcome == fulfil.Throttled || receipt.Outcome == fulfil.Unreachable) { // these promise that nothing was changed
		receipt.Outcome, receipt.RetryAfter = fulfil.Unknown, 0
		receipt.Message = strings.TrimSuffix(receipt.Message, ".") + ". A part of the change was made before."
		receipt.Hint = "Read the target back before the change is repeated."
	}
	return receipt
}

// tries is how often a change is begun again because somebody else changed the entry between our look and our request, or an old session was dead.
const tries = 4

// attempt looks and writes once. again: it is worth another look.
func (c *Conn) attempt(ctx context.Context, ch fulfil.Change, fresh, made *bool, try int) (receipt fulfil.Receipt, again bool) {
	last := try == tries-1
	s, done, err := c.take(ctx, *fresh)
	if err != nil {
		return c.notMade(ctx, err), false
	}
	defer done()
	w := &writer{conn: c, s: s, change: ch, again: try > 0, resolvers: map[string]*resolver{}}
	receipt, err = w.write(ctx)
	*made = *made || w.made
	switch {
	case err == nil:
		return receipt, false
	case !w.sent:
		*fresh = true
		return c.notMade(ctx, err), s.reused && isNetwork(err) && ctx.Err() == nil && !last
	}
	receipt = w.failed(err)
	return receipt, !last && w.raced
}

// writer is one change on its session.
type writer struct {
	conn      *Conn
	s         *session
	change    fulfil.Change
	sub       *subschema
	t         *table
	sent      bool                 // a request that changes something went out, and may have been made
	made      bool                 // one was made
	raced     bool                 // the server said that the entry is not as we saw it
	again     bool                 // it said so before
	last      error                // of the last request that changes something
	resolvers map[string]*resolver // by column
	groups    map[string]string    // names of the entries of other tables that the change links to, by column and key
}

// failed is what an error means after a request that changes something went out.
func (w *writer) failed(err error) fulfil.Receipt {
	looked := w.last == nil || !errors.Is(err, w.last)
	if e := answer(err); e != nil && e.Err != nil { // before its text is cut
		text := e.Err.Error()
		for _, secret := range w.secrets() {
			text = strings.ReplaceAll(text, secret, "***")
		}
		err = &ldap.Error{ResultCode: e.ResultCode, MatchedDN: e.MatchedDN, Err: errors.New(text)}
	}
	receipt := w.conn.notConfirmed(err, looked)
	for _, text := range w.secrets() {
		receipt.Message = strings.ReplaceAll(receipt.Message, text, "***")
	}
	return receipt
}

// secrets are the values of the change that never stand in a message.
func (w *writer) secrets() (list []string) {
	for name, v := range w.change.Changes {
		if v != nil && len(*v) > 3 && strings.EqualFold(name, w.conn.passwordAttribute) {
			list = append(list, *v)
		}
	}
	return list
}

// request sends what changes something.
func (w *writer) request(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil && !w.sent {
		return err
	}
	if w.s.IsClosing() && !w.sent { // nothing goes out any more
		return ldap.NewError(ldap.ErrorNetwork, errors.New("the connection was closed"))
	}
	w.sent = true
	stop := w.s.patience(ctx)
	err := do()
	if late := stop(); err != nil && late != nil && answer(err) == nil {
		err = late
	}
	w.last, w.made = err, w.made || err == nil
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultEntryAlreadyExists, ldap.LDAPResultAttributeOrValueExists, ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultNoSuchObject) || w.conn.ad && isAdMembership(err) {
		w.raced = true
	}
	return err
}

func (w *writer) write(ctx context.Context) (fulfil.Receipt, error) {
	if err := w.prepare(ctx); err != nil {
		return fulfil.Receipt{}, err
	}
	switch w.change.Type {
	case fulfil.Added:
		return w.add(ctx)
	case fulfil.Modified:
		return w.modify(ctx)
	case fulfil.Deleted:
		return w.delete(ctx)
	}
	return fulfil.Receipt{}, refuse("A change of type %q is not known.", w.change.Type)
}

// prepare finds the table and its columns.
func (w *writer) prepare(ctx context.Context) (err error) {
	if w.sub, err = w.conn.subschema(ctx, w.s); err != nil {
		return err
	}
	ch := w.change
	if w.t, err = w.conn.table(w.sub, ch.Table); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(ch.Changes)) {
		col := w.t.column(name)
		switch {
		case col == nil:
			return refuse("Table %s has no column %s.", ch.Table, name)
		case col.attribute != nil && col.attribute.readOnly && !(ch.Type == fulfil.Added && strings.EqualFold(name, ch.KeyColumn)):
			return refuse("Attribute %s is kept by the server itself: it cannot be written.", name)
		case ch.Type != fulfil.Added && (col.name == columnDN || col.name == columnParent) && text(ch.Changes[name]) == "":
			return refuse("An entry is never without a name: column %s cannot be emptied.", name)
		}
	}
	if w.conn.ad {
		if err := w.adPrepare(); err != nil {
			return err
		}
	}
	for _, several := range []map[string][]fulfil.Link{ch.ChangesAdded, ch.ChangesRemoved} {
		for name := range several {
			col := w.t.column(name)
			switch {
			case col == nil:
				return refuse("Table %s has no column %s.", ch.Table, name)
			case col.back == nil && (col.attribute == nil || col.attribute.readOnly):
				return refuse("Column %s of table %s cannot be written. Where groups hold their members, set backlink.%s to the table and the attribute of the groups.", name, ch.Table, name)
			}
		}
	}
	return nil
}

// look reads the entry with everything that the change is about.
func (w *writer) look(ctx context.Context, key string) (*ldap.Entry, error) {
	return find(ctx, w.s, w.sub, w.t, w.change.KeyColumn, key, w.attributes())
}

// attributes are those that the change is about, the key, and what groups hold of the entry.
func (w *writer) attributes() []string {
	list := []string{w.t.keyAttribute(w.sub)}
	put := func(name string) {
		if col := w.t.column(name); col != nil && col.attribute != nil && !col.secret && !slices.Contains(list, col.attribute.asked()) {
			list = append(list, col.attribute.asked())
		}
	}
	put(w.change.KeyColumn)
	for name := range w.change.Changes {
		put(name)
	}
	for _, several := range []map[string][]fulfil.Link{w.change.ChangesAdded, w.change.ChangesRemoved} {
		for name := range several {
			if !w.asksEach(w.t.column(name)) {
				put(name)
			}
		}
	}
	if w.t.account {
		list = append(append(list, adControl, adPasswordSet, adSignedIn), adTouched...)
	}
	return w.conn.newRows(w.s, w.sub, w.t).pointing(list)
}

// texts are the changed columns that are attributes of the entry itself, in a fixed order, without the password.
func (w *writer) texts() []*column {
	var list []*column
	for _, name := range slices.Sorted(maps.Keys(w.change.Changes)) {
		if col := w.t.column(name); col.attribute != nil && !col.secret && !col.attribute.readOnly {
			list = append(list, col)
		}
	}
	return list
}

// text is the changed value of a column: names of columns are compared without regard to case.
func (w *writer) text(col *column) *string {
	for name, v := range w.change.Changes {
		if w.t.column(name) == col {
			return v
		}
	}
	return nil
}

// wanted are the values that the change gives an attribute.
func (w *writer) wanted(ctx context.Context, col *column) ([]string, error) {
	v := w.text(col)
	if col.link == nil {
		return col.attribute.values(v)
	}
	var links []fulfil.Link
	for _, key := range fulfil.ListOf(text(v)) {
		links = append(links, fulfil.Link{Key: key})
	}
	return w.linked(ctx, col, links, true)
}

func text(v *string) string {
	if v == nil {
		return ""
	}
	return *v
}

// linked are the values that links stand for. needed: one that stands for nothing is refused; else it is left out.
func (w *writer) linked(ctx context.Context, col *column, links []fulfil.Link, needed bool) ([]string, error) {
	var values []string
	if col.link == nil {
		for _, l := range links {
			v, err := col.attribute.written(l.Key)
			if err != nil {
				return nil, err
			}
			if v != "" {
				values = append(values, v)
			}
		}
		return values, nil
	}
	to := w.resolvers[col.name]
	if to == nil {
		var err error
		if to, err = w.conn.resolver(w.s, w.sub, col); err != nil {
			return nil, err
		}
		w.resolvers[col.name] = to
	}
	if err := to.fetch(ctx, links); err != nil {
		return nil, err
	}
	for _, l := range links {
		v, ok, err := to.value(ctx, l.Key)
		if err != nil {
			return nil, err
		}
		if n, isDN := parseName(l.Key); !ok && to.by == nil && isDN && len(n) > 0 { // a link that stands for no row of ours, as it was read
			v, ok = n.String(), true
		} else if !ok && to.by != nil && !needed {
			v, ok = l.Key, true
		}
		switch {
		case ok:
			values = append(values, v)
		case needed:
			return nil, refuse("Table %s has no entry with %s = %s for column %s to point to.", to.other.name, to.other.key, l.Key, col.name)
		}
	}
	return values, nil
}

// place is the name that the entry shall have: of its column dn, or of the attribute it is named by, and the entry above.
func (w *writer) place(now name) (name, error) {
	if dn := w.text(w.t.column(columnDN)); dn != nil && *dn != "" {
		n, ok := parseName(*dn)
		if !ok || len(n) == 0 {
			return nil, refuse("%q is no distinguished name.", *dn)
		}
		return n, w.inside(n)
	}
	var rdn []pair
	parent := name(nil)
	if now != nil {
		rdn, parent = slices.Clone(now[0]), now.parent()
		for i, p := range rdn {
			col := w.t.column(p.name)
			if a := w.sub.attribute(p.name); col == nil && a != nil {
				col = w.t.column(a.name)
			}
			if col == nil || !slices.Contains(w.texts(), col) {
				continue
			}
			v, err := w.nameValue(col, p.value)
			if err != nil {
				return nil, err
			}
			rdn[i].value = v
		}
	} else {
		col := w.t.column(w.t.rdn)
		if col == nil || col.attribute == nil {
			return nil, refuse("Table %s has no attribute %s, by which new entries are named.", w.t.name, w.t.rdn)
		}
		v, err := w.nameValue(col, "")
		if err != nil {
			return nil, err
		}
		rdn = []pair{{col.attribute.name, v}}
		parent, _ = parseName(w.t.base)
	}
	if above := w.text(w.t.column(columnParent)); above != nil && *above != "" {
		n, ok := parseName(*above)
		if !ok || len(n) == 0 {
			return nil, refuse("%q is no distinguished name.", *above)
		}
		parent = n
	}
	n := append(name{rdn}, parent...)
	if n.String() == now.String() {
		return n, nil
	}
	return n, w.inside(n)
}

// nameValue is the value of an attribute that the entry is named by: the one that stands in the name, while it stays among the values.
func (w *writer) nameValue(col *column, now string) (string, error) {
	values, err := col.attribute.values(w.text(col))
	if w.text(col) == nil && now == "" && strings.EqualFold(col.name, w.change.KeyColumn) && w.change.Key != "" { // a rule computed the key only
		values, err = col.attribute.values(&w.change.Key)
	}
	if err != nil {
		return "", err
	}
	if len(values) == 0 || squeezed(values[0]) == "" {
		return "", refuse("An entry of table %s is named by its %s, which has no value in the order.", w.t.name, col.name)
	}
	if now != "" && slices.Contains(values, now) {
		return now, nil
	}
	return values[0], nil
}

// inside refuses a name that the table would not show.
func (w *writer) inside(n name) error {
	if !w.t.holds(w.sub, n.String()) {
		return refuse("%s does not lie where table %s looks: %s.", n, w.t.name, w.t.base)
	}
	if w.sub.normalName(n.String()) == w.t.baseName {
		return refuse("%s is the base of table %s itself.", n, w.t.name)
	}
	return nil
}

func (w *writer) add(ctx context.Context) (fulfil.Receipt, error) {
	at, err := w.place(nil)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	var e *ldap.Entry
	if key := w.change.TargetKey(); key != "" && w.change.KeyColumn != "" {
		if e, err = w.look(ctx, key); err != nil {
			return fulfil.Receipt{}, err
		}
	}
	if e == nil && w.again { // it is named so, and may have another key. What is no row of the table is somebody else's
		if e, err = w.s.entry(ctx, at.String(), w.t.where, w.attributes()...); err != nil {
			return fulfil.Receipt{}, err
		}
	}
	if e != nil {
		return w.found(ctx, e, at)
	}
	given, names, rest, err := w.addition(ctx, at)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	made := &ldap.Entry{DN: at.String(), Attributes: asEntry(given)}
	if err := w.resolve(ctx, made); err != nil {
		return fulfil.Receipt{}, err
	}
	held, err := w.hold(given, names)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	q := ldap.NewAddRequest(at.String(), nil)
	for _, k := range slices.Sorted(maps.Keys(given)) {
		if len(given[k]) > 0 {
			q.Attribute(names[k], given[k])
		}
	}
	if err := w.request(ctx, func() error { return w.s.Add(q) }); err != nil {
		if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
			w.raced = false // the one above: that does not come by itself
		}
		return fulfil.Receipt{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		if err := w.write1(ctx, at.String(), w.t.column(name).attribute, nil, rest[name]); err != nil {
			return fulfil.Receipt{}, err
		}
	}
	if _, err := w.backlinks(ctx, made); err != nil {
		return fulfil.Receipt{}, err
	}
	if _, err := w.setPassword(ctx, at.String()); err != nil {
		return fulfil.Receipt{}, err
	}
	if err := w.finish(ctx, at.String(), held); err != nil {
		return fulfil.Receipt{}, err
	}
	return fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: w.createdKey(ctx, at.String())}, nil
}

// addition gives the values of a new entry by attributes in lower case, how these are named in requests, and the links that one request would be too
// long for, by column.
func (w *writer) addition(ctx context.Context, at name) (given map[string][]string, names map[string]string, rest map[string][]string, err error) {
	if len(w.t.classes) == 0 {
		return nil, nil, nil, refuse("Nothing says of which object classes new entries of table %s are: set objectClass.", w.t.name)
	}
	given, names, rest = map[string][]string{"objectclass": w.t.classes}, map[string]string{"objectclass": "objectClass"}, map[string][]string{}
	twice := map[string]bool{}
	put := func(a *attribute, values []string) {
		k := strings.ToLower(a.name)
		names[k] = a.asked()
		for _, v := range values {
			if mark := k + "=" + w.sub.normal(a, v); !twice[mark] {
				twice[mark] = true
				given[k] = append(given[k], v)
			}
		}
	}
	for _, p := range at[0] {
		if a := w.sub.attribute(p.name); a != nil {
			put(a, []string{p.value})
		}
	}
	for _, col := range w.texts() {
		values, err := w.wanted(ctx, col)
		if err != nil {
			return nil, nil, nil, err
		}
		if strings.EqualFold(col.attribute.name, "objectClass") {
			given["objectclass"] = nil
		}
		put(col.attribute, values)
	}
	for name, links := range w.change.ChangesAdded {
		col := w.t.column(name)
		if col.back != nil {
			continue
		}
		values, err := w.linked(ctx, col, links, true)
		if err != nil {
			return nil, nil, nil, err
		}
		put(col.attribute, values[:min(len(values), chunk)])
		rest[col.name] = values[min(len(values), chunk):]
	}
	for _, one := range w.t.must {
		if len(given[one]) == 0 && w.t.placeholder != "" {
			put(w.sub.attribute(one), []string{w.t.placeholder})
		}
	}
	return given, names, rest, nil
}

func asEntry(given map[string][]string) (list []*ldap.EntryAttribute) {
	for name, values := range given {
		list = append(list, ldap.NewEntryAttribute(name, values))
	}
	return list
}

// createdKey is the key of the entry that was made: what the order says, or what the server gave it. "" when it cannot be read now.
func (w *writer) createdKey(ctx context.Context, dn string) string {
	if key := w.change.TargetKey(); key != "" {
		return key
	}
	e, err := w.s.entry(ctx, dn, "(objectClass=*)", w.attributes()...)
	if err != nil && ctx.Err() == nil { // once more: without its key the entry is found by nobody
		w.s.end()
		s, dialled := w.conn.dialOne(ctx, w.s.at, w.conn.bindDN, w.conn.password)
		if dialled != nil {
			return ""
		}
		defer s.end()
		e, err = s.entry(ctx, dn, "(objectClass=*)", w.attributes()...)
	}
	if err != nil || e == nil {
		return ""
	}
	return w.key(e)
}

// key is that of an entry, by the key column of the mapping.
func (w *writer) key(e *ldap.Entry) string {
	if strings.EqualFold(w.change.KeyColumn, columnDN) {
		return e.DN
	}
	col := w.t.column(w.change.KeyColumn)
	if col == nil || col.attribute == nil {
		return ""
	}
	return fulfil.TextOf(col.attribute.value(rawValues(e, col.attribute.asked())))
}

// found is an addition of what is there already.
func (w *writer) found(ctx context.Context, e *ldap.Entry, at name) (fulfil.Receipt, error) {
	var differ []string
	if w.sub.normalName(e.DN) != w.sub.normalName(at.String()) {
		differ = append(differ, columnDN)
	}
	for _, col := range w.texts() {
		wanted, err := w.wanted(ctx, col)
		if err != nil {
			return fulfil.Receipt{}, err
		}
		if !w.same(col.attribute, w.values(e, col.attribute), wanted) && !w.isHeld(e, col, wanted) {
			differ = append(differ, col.name)
		}
	}
	if len(differ) > 0 {
		return fulfil.Receipt{
			Outcome: fulfil.Conflict,
			Message: fmt.Sprintf("%s is there already, with another %s.", e.DN, strings.Join(differ, ", ")),
			Hint:    "Link the owner to the entry that is there, or have another name computed.",
		}, nil
	}
	if err := w.resolve(ctx, e); err != nil {
		return fulfil.Receipt{}, err
	}
	linked, err := w.links(ctx, e)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	secret := false
	if w.password() != nil { // it was made, and then its password was not: nobody else's is changed
		without, err := w.hasNoPassword(ctx, e.DN)
		if err != nil {
			return fulfil.Receipt{}, err
		}
		if without {
			if secret, err = w.setPassword(ctx, e.DN); err != nil {
				return fulfil.Receipt{}, err
			}
		}
	}
	if w.t.account && isUnfinished(e) {
		if given, names, _, err := w.addition(ctx, at); err != nil {
			return fulfil.Receipt{}, err
		} else if held, err := w.hold(given, names); err != nil {
			return fulfil.Receipt{}, err
		} else if len(held) > 0 {
			if err := w.finish(ctx, e.DN, held); err != nil {
				return fulfil.Receipt{}, err
			}
			secret = true
		}
	}
	key := w.key(e)
	if key == "" {
		key = w.change.TargetKey()
	}
	return answerOf(linked || secret, key, "The entry was there already, with these values."), nil
}

func answerOf(changed bool, key, otherwise string) fulfil.Receipt {
	if changed {
		return fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: key}
	}
	return fulfil.Receipt{Outcome: fulfil.AlreadySo, CreatedKey: key, Message: otherwise}
}

// values are those of an attribute, without the placeholder.
func (w *writer) values(e *ldap.Entry, a *attribute) []string {
	values := e.GetEqualFoldAttributeValues(a.asked())
	if w.t.placeholder != "" && w.t.isMust(a) {
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return w.t.isPlaceholder(w.sub, v) })
	}
	return values
}

// same reports whether the server takes two lists of values for the same.
func (w *writer) same(a *attribute, x, y []string) bool {
	norm := func(list []string) []string {
		out := make([]string, len(list))
		for i, v := range list {
			out[i] = w.sub.normal(a, v)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(norm(x), norm(y))
}

func (w *writer) missing(key string) fulfil.Receipt {
	return fulfil.Receipt{
		Outcome: fulfil.NotFound,
		Message: fmt.Sprintf("Table %s has no entry with %s = %s.", w.t.name, w.change.KeyColumn, key),
		Hint:    "Synchronize, so that Writ sees that it is gone.",
	}
}

func (w *writer) modify(ctx context.Context) (fulfil.Receipt, error) {
	key := w.change.TargetKey()
	if key == "" {
		return fulfil.Receipt{}, refuse("The order names no key of the entry to change.")
	}
	e, err := w.look(ctx, key)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	if e == nil {
		return w.missing(key), nil
	}
	now, ok := parseName(e.DN)
	if !ok || len(now) == 0 {
		return fulfil.Receipt{}, refuse("The server gave the entry the name %q, which cannot be understood.", e.DN)
	}
	at, err := w.place(now)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	if err := w.resolve(ctx, e); err != nil {
		return fulfil.Receipt{}, err
	}
	heirs, err := w.heirs(ctx, e, now, at)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	var receipt fulfil.Receipt
	if err = w.announce(ctx, heirs, now, at); err == nil {
		receipt, err = w.rewrite(ctx, e, now, at, heirs)
	}
	if answer(err) != nil || errors.As(err, new(*refusal)) {
		w.withdraw(ctx, heirs)
	}
	return receipt, err
}

// rewrite makes the entry what it shall be.
func (w *writer) rewrite(ctx context.Context, e *ldap.Entry, now, at name, heirs []*heir) (fulfil.Receipt, error) {
	wrote, err := w.update(ctx, e, now, at)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	valued, err := w.settle(ctx, heirs, false)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	linked, err := w.links(ctx, e)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	secret, err := w.setPassword(ctx, e.DN)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	renamed, err := w.rename(ctx, e, now, at)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	followed, err := w.settle(ctx, heirs, true)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	return answerOf(wrote || valued || linked || secret || renamed || followed, "", "The entry had these values already."), nil
}

// update writes the values that differ: of several, only those that come and go. What the entry is named by follows from its new name.
func (w *writer) update(ctx context.Context, e *ldap.Entry, now, at name) (bool, error) {
	q := ldap.NewModifyRequest(e.DN, nil)
	wrote, leaves := false, false
	var long []func() error // too long for one request
	if password := w.password(); w.conn.ad && password != nil {
		q.Replace(adPassword, []string{adQuoted(*password)})
		wrote = true
	}
	for _, col := range w.texts() {
		wanted, err := w.wanted(ctx, col)
		if err != nil {
			return false, err
		}
		a := col.attribute
		for _, p := range now[0] { // a value that stands in the name cannot be taken out; the renaming does it
			if w.sub.attribute(p.name) == a && !slices.Contains(wanted, p.value) {
				wanted = append(wanted, p.value)
			}
		}
		for _, p := range at[0] { // and puts the new one in
			if w.sub.attribute(p.name) == a && !slices.ContainsFunc(now[0], func(o pair) bool { return o == p }) {
				wanted = slices.DeleteFunc(wanted, func(v string) bool { return v == p.value })
			}
		}
		have := w.values(e, a)
		if w.conn.ad && w.password() != nil && strings.EqualFold(a.name, adPasswordSet) && slices.Equal(wanted, []string{"0"}) { // the password would set it
			q.Replace(a.asked(), wanted)
			continue
		}
		if isChosen(a, have, wanted) {
			continue
		}
		gone, come := w.difference(a, have, wanted)
		if len(gone)+len(come) == 0 {
			continue
		}
		wrote = true
		leaves = leaves || w.mayEmpty(a, gone)
		gone, come = w.withPlaceholder(e, a, gone, come)
		switch {
		case len(come)+len(gone) > chunk:
			long = append(long, func() error { return w.write1(ctx, e.DN, a, gone, come) })
		case w.t.isMust(a) && w.t.placeholder != "":
			w.delta(q, a, gone, come)
		case a.single || a.equality == "" || len(have) == 0 || len(wanted) == 0:
			q.Replace(a.asked(), wanted)
		default:
			w.delta(q, a, gone, come)
		}
	}
	if len(q.Changes) > 0 {
		long = append(long, func() error { return w.request(ctx, func() error { return w.s.Modify(q) }) })
	}
	for _, write := range long {
		if err := write(); err != nil {
			w.emptied(err, leaves)
			return false, err
		}
	}
	return wrote, nil
}

func (w *writer) delta(q *ldap.ModifyRequest, a *attribute, gone, come []string) {
	if len(gone) > 0 {
		q.Delete(a.asked(), gone)
	}
	if len(come) > 0 {
		q.Add(a.asked(), come)
	}
}

// difference gives the values to take out and to put in. Values that the server takes for the same are written anew when they are spelled otherwise,
// so that the next reading shows what is wanted; names are not, since servers spell those in their own way.
func (w *writer) difference(a *attribute, have, wanted []string) (gone, come []string) {
	form := func(v string) string {
		if a.isDN() || a.shape == shapeExpiry {
			return w.sub.normal(a, v)
		}
		return v
	}
	is, shall, twice := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, v := range have {
		is[form(v)] = true
	}
	for _, v := range wanted {
		shall[form(v)] = true
		if n := w.sub.normal(a, v); !is[form(v)] && !twice[n] {
			twice[n] = true
			come = append(come, v)
		}
	}
	for _, v := range have {
		if !shall[form(v)] {
			gone = append(gone, v)
		}
	}
	return gone, come
}

// rename gives the entry its new name and place, and takes what groups hold of it along, where the server does not do that itself.
func (w *writer) rename(ctx context.Context, e *ldap.Entry, now, at name) (bool, error) {
	if now.String() == at.String() {
		return false, nil
	}
	for _, rdn := range at[:1] { // the attribute has several names
		for i, p := range rdn {
			for _, o := range now[0] {
				if a := w.sub.attribute(p.name); a != nil && a == w.sub.attribute(o.name) {
					rdn[i].name = o.name
				}
			}
		}
	}
	same := w.sub.normalName(now.String()) == w.sub.normalName(at.String())
	moves := w.sub.normalName(now.parent().String()) != w.sub.normalName(at.parent().String())
	if same && writeRDN(now[0]) == writeRDN(at[0]) {
		return false, nil // only the names above are spelled otherwise
	}
	above := ""
	if moves && w.conn.ad { // Samba has no number of its own for that
		there, err := w.s.entry(ctx, at.parent().String(), "(objectClass=*)", "1.1")
		if err != nil {
			return false, err
		}
		if there == nil {
			return false, refuse("%s cannot be moved below %s: that is not there.", e.DN, at.parent())
		}
	}
	if moves {
		above = at.parent().String()
	}
	err := w.request(ctx, func() error { return w.s.ModifyDN(ldap.NewModifyDNRequest(e.DN, writeRDN(at[0]), true, above)) })
	switch {
	case err == nil:
	case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return false, refuse("%s cannot be moved below %s: one of them is not there.", e.DN, at.parent())
	default:
		if ldap.IsErrorWithCode(err, ldap.LDAPResultEntryAlreadyExists) {
			w.raced = false
		}
		return false, err
	}
	return true, nil
}
