package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/server/fulfil"
)

// Apply writes one change in one transaction. What is as wanted already is not written again (provisioning spec 2.5):
//
//	Added     no row with the key: insert. Equal row: AlreadySo, or Done when a link was missing. Another row with that key: Conflict
//	Modified  no row: NotFound. Otherwise the columns that differ and the links that are missing or too many; a row that is renamed takes its
//	          links along
//	Deleted   links first, then the row; no row: AlreadySo
func (c *Conn) Apply(ctx context.Context, ch fulfil.Change) fulfil.Receipt {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer c.renew()
	receipt, raced := c.attempt(ctx, ch)
	// Somebody was faster between our look and our insert: look again, it may be the very same row, or link.
	if raced && ch.TargetKey() != "" {
		receipt, _ = c.attempt(ctx, ch)
	}
	return receipt
}

// attempt is one transaction; raced tells that what it did not find it could not add either.
func (c *Conn) attempt(ctx context.Context, ch fulfil.Change) (receipt fulfil.Receipt, raced bool) {
	tx, err := c.dialect.begin(ctx, nil)
	if err != nil {
		return c.notConnected(err), false
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	w := &writer{conn: c, tx: tx, change: ch, meant: &meant{}}
	receipt, err = w.write(ctx)
	if err != nil {
		return c.notMade(ctx, err), ch.Type != fulfil.Deleted && c.isTaken(err)
	}
	if receipt.Outcome != fulfil.Done {
		return receipt, false
	}
	if receipt.Effect, err = c.dialect.effect(ctx, tx, w.meant); err != nil {
		return c.notMade(ctx, err), false
	}
	if err := tx.Commit(); err != nil {
		return c.notConfirmed(err), false
	}
	return receipt, false
}

// writer is one change in its transaction.
type writer struct {
	conn   *Conn
	tx     *sql.Tx
	change fulfil.Change
	table  *table
	links  []link
	behind []link            // foreign keys, beside the links, that follow a value of this change
	owners map[string]string // by ref column of a link: the value that identifies the row there
	cat    *catalog
	meant  *meant // what the transaction wrote so far
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

// prepare finds the table and its links, once more from the server when something is not known, and tells the database who is writing.
func (w *writer) prepare(ctx context.Context) error {
	var missing error
	for _, fresh := range []bool{false, true} {
		cat, err := w.conn.catalog(ctx, w.tx, fresh)
		if err != nil {
			return err
		}
		if missing = w.find(cat); missing == nil {
			w.meant.flushes = cat.flush != ""
			return w.conn.dialect.announce(ctx, w, cat)
		}
	}
	return missing
}

func (w *writer) find(cat *catalog) error {
	ch := w.change
	if w.table = cat.tables[ch.Table]; w.table == nil {
		return refuse("There is no table %s in schema %s of %s.", ch.Table, w.conn.schema, w.conn.target)
	}
	w.cat = cat
	links, err := w.conn.linksOf(cat, ch.Table)
	if err != nil {
		return refuse("%s", err.Error())
	}
	w.links, w.behind = links, nil
	if ch.Type == fulfil.Modified {
		for _, name := range w.columns() {
			for _, l := range cat.referrers(w.table, name) {
				if !slices.ContainsFunc(links, func(x link) bool { return x.table == l.table && x.owner == l.owner }) {
					w.behind = append(w.behind, l)
				}
			}
		}
	}
	wanted := slices.Collect(maps.Keys(ch.Changes))
	if ch.KeyColumn != "" {
		wanted = append(wanted, ch.KeyColumn)
	}
	for _, name := range wanted {
		if _, ok := w.table.by[name]; !ok && w.link(name) == nil {
			return refuse("Table %s has no column %s.", ch.Table, name)
		}
	}
	for _, several := range []map[string][]fulfil.Link{ch.ChangesAdded, ch.ChangesRemoved} {
		for name := range several {
			if w.link(name) == nil {
				return refuse("Column %s of table %s takes several values, but no setting link.%s names the link table that holds them.", name, ch.Table, name)
			}
		}
	}
	return nil
}

func (w *writer) link(column string) *link {
	for i := range w.links {
		if w.links[i].column == column {
			return &w.links[i]
		}
	}
	return nil
}

// columns are the changed columns of the table itself, in a fixed order.
func (w *writer) columns() []string {
	var names []string
	for name := range w.change.Changes {
		if w.link(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (w *writer) add(ctx context.Context) (fulfil.Receipt, error) {
	key := w.change.TargetKey()
	if key != "" && w.change.KeyColumn != "" {
		found, same, err := w.conn.dialect.look(ctx, w, key)
		switch {
		case err != nil:
			return fulfil.Receipt{}, err
		case found && len(same.differ) > 0:
			return fulfil.Receipt{
				Outcome: fulfil.Conflict,
				Message: fmt.Sprintf("Table %s has a row with %s = %s already, with another %s.", w.table.name, w.change.KeyColumn, key, strings.Join(same.differ, ", ")),
				Hint:    "Link the owner to the row that is there, or have another key computed.",
			}, nil
		case found:
			changed, err := w.writeLinks(ctx)
			return w.answer(changed, key, "The row was there already, with these values."), err
		}
	}
	key, err := w.conn.dialect.insert(ctx, w, key)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	if _, err := w.writeLinks(ctx); err != nil {
		return fulfil.Receipt{}, err
	}
	return fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: key}, nil
}

// missing says that the row to change is not there.
func (w *writer) missing(key string) fulfil.Receipt {
	return fulfil.Receipt{
		Outcome: fulfil.NotFound,
		Message: fmt.Sprintf("Table %s has no row with %s = %s.", w.table.name, w.change.KeyColumn, key),
		Hint:    "Synchronize, so that Writ sees that it is gone.",
	}
}

func (w *writer) modify(ctx context.Context) (fulfil.Receipt, error) {
	key := w.change.TargetKey()
	if key == "" {
		return fulfil.Receipt{}, refuse("The order names no key of the row to change.")
	}
	found, same, err := w.conn.dialect.look(ctx, w, key)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	if !found {
		return w.missing(key), nil
	}
	if len(same.differ) > 0 {
		if err := w.conn.dialect.update(ctx, w, key, same.differ); err != nil {
			return fulfil.Receipt{}, err
		}
	}
	linked, err := w.writeLinks(ctx)
	return w.answer(linked || len(same.differ) > 0, "", "The row had these values already."), err
}

func (w *writer) answer(changed bool, key, otherwise string) fulfil.Receipt {
	if changed {
		return fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: key}
	}
	return fulfil.Receipt{Outcome: fulfil.AlreadySo, CreatedKey: key, Message: otherwise}
}

func (w *writer) delete(ctx context.Context) (fulfil.Receipt, error) {
	key := w.change.TargetKey()
	if key == "" {
		return fulfil.Receipt{}, refuse("The order names no key of the row to delete.")
	}
	switch n, err := w.conn.dialect.remove(ctx, w, key); {
	case err != nil:
		return fulfil.Receipt{}, err
	case n == 0:
		return fulfil.Receipt{Outcome: fulfil.AlreadySo, Message: "The row was gone already."}, nil
	case n > 1:
		return fulfil.Receipt{}, w.severalRows(key)
	}
	w.meant.add(w.table.name, 1)
	return fulfil.Receipt{Outcome: fulfil.Done}, nil
}

func (w *writer) severalRows(key string) error {
	return refuse("Several rows of table %s have %s = %s; nothing was changed. The key of a mapping must be unique.", w.table.name, w.change.KeyColumn, key)
}

// comparison is what look found out: the changed columns whose value differs.
type comparison struct{ differ []string }

// refs are the columns that the links of this change refer to, and the foreign keys behind it.
func (w *writer) refs() []string {
	var refs []string
	for _, l := range slices.Concat(w.links, w.behind) {
		if !slices.Contains(refs, l.ref) {
			refs = append(refs, l.ref)
		}
	}
	return refs
}

func (w *writer) own(refs, owners []string) {
	w.owners = map[string]string{}
	for i, ref := range refs {
		w.owners[ref] = owners[i]
	}
}

// renamedLinks gives the links, and the foreign keys beside them, whose owner is among the columns.
func (w *writer) renamedLinks(columns []string) []link {
	var moved []link
	for _, l := range slices.Concat(w.links, w.behind) {
		if slices.Contains(columns, l.ref) && w.owners[l.ref] != "" {
			moved = append(moved, l)
		}
	}
	return moved
}

// writeLinks adds and removes links; changed tells whether any was missing or too many. A link column among the scalar changes stands for
// the whole set.
func (w *writer) writeLinks(ctx context.Context) (changed bool, err error) {
	for _, l := range w.links {
		add, remove := keysOf(w.change.ChangesAdded[l.column]), keysOf(w.change.ChangesRemoved[l.column])
		whole, isWhole := w.change.Changes[l.column]
		if !isWhole && len(add)+len(remove) == 0 {
			continue
		}
		owner := w.owners[l.ref]
		if owner == "" {
			return false, refuse("The row has no %s, which %s refers to: its %s cannot be written.", l.ref, l.table, l.column)
		}
		wanted := linkChange{add: add, remove: remove, whole: isWhole}
		if isWhole && whole != nil {
			wanted.add = append(wanted.add, lines(*whole)...)
		}
		wrote, err := w.conn.dialect.writeLink(ctx, w, l, owner, wanted)
		if err != nil {
			return false, err
		}
		changed = changed || wrote
	}
	return changed, nil
}

func keysOf(links []fulfil.Link) []string {
	keys := make([]string, len(links))
	for i, l := range links {
		keys[i] = l.Key
	}
	return keys
}
