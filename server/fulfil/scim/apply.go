package scim

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"writ/server/fulfil"
)

// Apply writes one change. It looks first, so what is as wanted already is not written again (provisioning spec 2.5):
//
//	Added     no resource with the key: POST. An equal one: AlreadySo, or Done when a link was missing. Another with that key: Conflict
//	Modified  none: NotFound. Otherwise what differs, in one PATCH, and links that are missing or too many
//	Deleted   DELETE; none: AlreadySo
//
// Links, and lists that are longer than one request may be, are written by requests of their own. When one of them fails after another was made,
// the change may be half made: a repeat finds what is there and goes on from it.
func (c *Conn) Apply(ctx context.Context, ch fulfil.Change) fulfil.Receipt {
	w := &writer{conn: c, change: ch}
	receipt, f := w.write(ctx)
	if f == nil {
		return receipt
	}
	receipt = f.receipt()
	if w.made {
		switch receipt.Outcome { // of these, each says that nothing was made
		case fulfil.Unreachable, fulfil.Throttled, fulfil.NotFound:
			receipt.Outcome = fulfil.Unknown
		case fulfil.Conflict: // that of another value: the resource itself is there
			receipt.Outcome = fulfil.Refused
		}
		receipt.Message = "A part of the change was made, then: " + receipt.Message
	}
	return receipt
}

// writer is one change on its way.
type writer struct {
	conn   *Conn
	change fulfil.Change
	cat    *catalog
	table  *table
	key    *column
	plain  []*column // with one value, in the order of their names
	lists  []*column // with several
	made   bool      // something was written
}

func (w *writer) write(ctx context.Context) (fulfil.Receipt, *failure) {
	if f := w.prepare(ctx); f != nil {
		return fulfil.Receipt{}, f.looked()
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

// prepare finds the table and the columns, and refuses what cannot be written before anything is.
func (w *writer) prepare(ctx context.Context) *failure {
	ch := w.change
	names := map[string]bool{ch.KeyColumn: true}
	for name := range ch.Changes {
		names[name] = true
	}
	for _, several := range []map[string][]fulfil.Link{ch.ChangesAdded, ch.ChangesRemoved} {
		for name, links := range several {
			if len(links) > 0 {
				names[name] = true
			}
		}
	}
	delete(names, "")
	sorted := slices.Sorted(maps.Keys(names))
	var f *failure
	if w.cat, w.table, f = w.conn.lookup(ctx, ch.Table, sorted...); f != nil {
		return f
	}
	w.key = w.table.column(ch.KeyColumn)
	if w.key == nil {
		return refuse("The order names no key column.")
	}
	for _, name := range sorted {
		col := w.table.column(name)
		value, isChange := ch.Changes[name]
		switch linked := len(ch.ChangesAdded[name])+len(ch.ChangesRemoved[name]) > 0; {
		case linked && !col.isMany:
			return refuse("%s of %s has one value: nothing can be added to it.", name, w.table.name)
		case !isChange && !linked:
			continue
		case col.isReadOnly && col == w.key && ch.Type == fulfil.Added && fulfil.TextOf(orEmpty(value)) == "":
			continue // the server gives it
		case col.isReadOnly && !col.isGroups:
			return refuse("%s of %s is kept by the application and cannot be written.", name, w.table.name)
		case col.isMany:
			w.lists = append(w.lists, col)
		default:
			w.plain = append(w.plain, col)
			if value != nil && *value != "" {
				if _, f := col.value(*value); f != nil {
					return f
				}
			}
		}
	}
	return nil
}

func orEmpty(v *string) string {
	if v == nil {
		return ""
	}
	return *v
}

// changeOf is the wanted value of a column, by whatever spelling the order has for it. "": none.
func (w *writer) changeOf(col *column) string {
	if v, ok := w.change.Changes[col.name]; ok {
		return orEmpty(v)
	}
	for name, v := range w.change.Changes {
		if sameName(name, col.name) {
			return orEmpty(v)
		}
	}
	return ""
}

// differ are the columns with one value in which a resource is not as wanted. What a server never shows always differs, unless compared only.
func (w *writer) differ(res map[string]any, onlyShown bool) []*column {
	var list []*column
	for _, col := range w.plain {
		want := w.changeOf(col)
		if onlyShown && col.isAsked && !col.isShown(res) {
			continue
		}
		if col.isHidden {
			if !onlyShown && want != "" {
				list = append(list, col)
			}
			continue
		}
		if want != "" {
			v, _ := col.value(want) // prepare looked
			want, _ = text(v, col.kind)
		}
		if fulfil.TextOf(col.read(res)) != want {
			list = append(list, col)
		}
	}
	return list
}

// edits are what is to change in a resource.
func (w *writer) edits(res map[string]any) edit {
	e := edit{plain: map[*column]any{}}
	for _, col := range w.differ(res, false) {
		e.plain[col] = nil
		if want := w.changeOf(col); want != "" {
			e.plain[col], _ = col.value(want) // prepare looked
		}
	}
	for _, col := range w.lists {
		if !col.isGroups {
			l := w.listOf(col, col.texts(res))
			isSeen := col.isShown(res)
			if col == w.table.members() { // some servers never show them, or say that there are none, and they are not gone
				isSeen = w.table.tells(res)
			}
			if !isSeen && !w.conn.puts(w.cat, w.table) {
				l.remove = col.canonicals(keysOf(w.change.ChangesRemoved[col.name]))
			}
			if len(l.add)+len(l.remove) > 0 {
				e.lists = append(e.lists, l)
			}
		}
	}
	return e
}

// listOf is what is to change in a list: all of it when the order gives it as a value.
func (w *writer) listOf(col *column, have []string) listEdit {
	l := listEdit{column: col}
	want := slices.Clone(have)
	if whole, ok := w.change.Changes[col.name]; ok {
		want = col.canonicals(fulfil.ListOf(orEmpty(whole)))
	}
	gone := col.canonicals(keysOf(w.change.ChangesRemoved[col.name]))
	want = slices.DeleteFunc(want, func(v string) bool { return slices.Contains(gone, v) })
	want = inOrder(append(want, col.canonicals(keysOf(w.change.ChangesAdded[col.name]))...))
	for _, v := range want {
		if v != "" && !contains(have, v) {
			l.add = append(l.add, v)
		}
	}
	for _, v := range have {
		if !contains(want, v) {
			l.remove = append(l.remove, v)
		}
	}
	return l
}

// contains looks in a list that is in order.
func contains(list []string, value string) bool {
	_, found := slices.BinarySearchFunc(list, value, func(a, b string) int {
		if n := strings.Compare(strings.ToLower(a), strings.ToLower(b)); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return found
}

func keysOf(links []fulfil.Link) []string {
	keys := make([]string, len(links))
	for i, l := range links {
		keys[i] = l.Key
	}
	return keys
}

// meant looks for the resource that an order to add one is about: by its key, or, when the server gives the key, by what else is only one's.
func (w *writer) meant(ctx context.Context) (map[string]any, *failure) {
	if key := w.change.TargetKey(); key != "" {
		return w.conn.find(ctx, w.cat, w.table, w.key, key)
	}
	for _, col := range w.plain {
		if want := w.changeOf(col); col.isUnique && !col.isHidden && !col.isAsked && want != "" {
			if res, f := w.conn.find(ctx, w.cat, w.table, col, want); f != nil || res != nil {
				return res, f
			}
		}
	}
	return nil, nil
}

func (w *writer) add(ctx context.Context) (fulfil.Receipt, *failure) {
	// Many servers take a second group of the same name: two of our own orders must not make them.
	if key := w.change.TargetKey(); key != "" {
		release, ok := w.conn.adding.take(ctx, w.table.name+"/"+strings.ToLower(key))
		if !ok {
			return fulfil.Receipt{}, w.conn.lost(ctx, false, ctx.Err())
		}
		defer release()
	}
	res, f := w.meant(ctx)
	if f != nil {
		return fulfil.Receipt{}, f.looked()
	}
	if res != nil {
		return w.standing(ctx, res)
	}
	if res, f = w.post(ctx); f != nil {
		if f.outcome != fulfil.Conflict {
			return fulfil.Receipt{}, f
		}
		// Somebody was faster between our look and our POST, or has another value: it may be the very same resource.
		if res, again := w.meant(ctx); again == nil && res != nil {
			return w.standing(ctx, res)
		}
		return fulfil.Receipt{}, f
	}
	if _, f := w.complete(ctx, res, true); f != nil {
		return fulfil.Receipt{}, f
	}
	return fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: w.keyIn(res)}, nil
}

// keyIn is the key of a resource as the server has it.
func (w *writer) keyIn(res map[string]any) string {
	if key := fulfil.TextOf(w.key.read(res)); key != "" {
		return key
	}
	return w.change.TargetKey()
}

// standing is the answer for a resource that is there already.
func (w *writer) standing(ctx context.Context, res map[string]any) (fulfil.Receipt, *failure) {
	if differ := w.differ(res, true); len(differ) > 0 {
		names := make([]string, len(differ))
		for i, col := range differ {
			names[i] = col.name
		}
		return fulfil.Receipt{
			Outcome: fulfil.Conflict,
			Message: fmt.Sprintf("%s have one with %s = %s already, with another %s.", w.table.name, w.key.name, clip(w.keyIn(res), 100), strings.Join(names, ", ")),
			Hint:    "Link the owner to the one that is there, or have another key computed.",
		}, nil
	}
	changed, f := w.complete(ctx, res, false)
	if f != nil {
		return fulfil.Receipt{}, f
	}
	return answered(changed, w.keyIn(res), "It was there already, with these values."), nil
}

func answered(changed bool, key, otherwise string) fulfil.Receipt {
	if changed {
		return fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: key}
	}
	return fulfil.Receipt{Outcome: fulfil.AlreadySo, CreatedKey: key, Message: otherwise}
}

// post makes the resource, with as much of its lists as one request may hold.
func (w *writer) post(ctx context.Context) (map[string]any, *failure) {
	body := map[string]any{"schemas": []any{w.table.core}}
	if key := w.change.TargetKey(); key != "" && !w.key.isReadOnly {
		v, f := w.key.value(key)
		if f != nil {
			return nil, f
		}
		w.key.write(body, v)
	}
	e := w.edits(map[string]any{})
	for i, l := range e.lists {
		e.lists[i].add = l.add[:min(len(l.add), w.conn.set.MembersPerRequest)]
	}
	e.apply(body)
	a, f := w.conn.do(ctx, request{method: http.MethodPost, url: w.table.address, body: withSchemas(body, w.table)})
	if f != nil {
		if f.outcome == fulfil.NotFound { // not of a resource: of the endpoint
			f.outcome = fulfil.Refused
		}
		return nil, f
	}
	res, ok := a.object()
	if !ok || textIn(res, "id") == "" {
		return nil, w.conn.nonsense("%s answered with status %d, but not with the resource that it made.", w.conn.server, a.status)
	}
	w.made = true
	return res, nil
}

// complete writes the lists of a resource whose other values are as wanted, and its memberships.
func (w *writer) complete(ctx context.Context, res map[string]any, isNew bool) (changed bool, f *failure) {
	e := w.edits(res)
	if clear(e.plain); !e.isEmpty() {
		if changed, f = w.update(ctx, res, e); f != nil {
			return changed, f
		}
	}
	joined, f := w.join(ctx, res, isNew)
	return changed || joined, f
}

// update writes to the resource of the change.
func (w *writer) update(ctx context.Context, res map[string]any, e edit) (bool, *failure) {
	made, f := w.conn.update(ctx, w.cat, w.table, res, e)
	w.made = w.made || made
	return made, f
}

// missing says that the resource to change is not there.
func (w *writer) missing(key string) *failure {
	return &failure{
		outcome: fulfil.NotFound,
		message: fmt.Sprintf("%s have none with %s = %s.", w.table.name, w.key.name, clip(key, 100)),
		hint:    "Synchronize, so that Writ sees that it is gone.",
	}
}

// tries is how often a change is made anew when somebody else changed the resource in between.
const tries = 3

func (w *writer) modify(ctx context.Context) (fulfil.Receipt, *failure) {
	key := w.change.TargetKey()
	if key == "" {
		return fulfil.Receipt{}, refuse("The order names no key of the resource to change.")
	}
	for try := 1; ; try++ {
		res, f := w.conn.find(ctx, w.cat, w.table, w.key, key)
		if f != nil {
			return fulfil.Receipt{}, f.looked()
		}
		if res == nil {
			return fulfil.Receipt{}, w.missing(key)
		}
		changed := false
		if e := w.edits(res); !e.isEmpty() {
			changed, f = w.update(ctx, res, e)
		}
		if f == nil {
			var joined bool
			joined, f = w.join(ctx, res, false)
			changed = changed || joined
		}
		switch {
		case f == nil:
			return answered(changed || w.made, "", "It had these values already."), nil
		case f.status == http.StatusPreconditionFailed && try < tries:
		case f.outcome == fulfil.NotFound:
			return fulfil.Receipt{}, w.missing(key)
		default:
			return fulfil.Receipt{}, f
		}
	}
}

func (w *writer) delete(ctx context.Context) (fulfil.Receipt, *failure) {
	key := w.change.TargetKey()
	if key == "" {
		return fulfil.Receipt{}, refuse("The order names no key of the resource to delete.")
	}
	res, f := w.conn.find(ctx, w.cat, w.table, w.key, key)
	if f != nil {
		return fulfil.Receipt{}, f.looked()
	}
	gone := fulfil.Receipt{Outcome: fulfil.AlreadySo, Message: "It was gone already."}
	if res == nil {
		return gone, nil
	}
	at, ok := w.table.one(textIn(res, "id"))
	if !ok {
		return fulfil.Receipt{}, refuse("The id of the resource cannot stand in an address.")
	}
	a, f := w.conn.do(ctx, request{method: http.MethodDelete, url: at})
	if f == nil {
		f = w.conn.understood(a)
	}
	switch f = w.conn.proved(ctx, w.table, textIn(res, "id"), f); {
	case f == nil:
		return fulfil.Receipt{Outcome: fulfil.Done}, nil
	case f.outcome == fulfil.NotFound:
		return gone, nil
	}
	return fulfil.Receipt{}, f
}
