package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

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
	receipt, raced := c.attempt(ctx, ch)
	// Somebody was faster between our look and our insert: look again, it may be the very same row.
	if raced && ch.TargetKey() != "" {
		receipt, _ = c.attempt(ctx, ch)
	}
	return receipt
}

// attempt is one transaction; raced tells that it found no row and could not add one either.
func (c *Conn) attempt(ctx context.Context, ch fulfil.Change) (receipt fulfil.Receipt, raced bool) {
	tx, err := c.begin(ctx, nil)
	if err != nil {
		return c.notConnected(err), false
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	w := &writer{conn: c, tx: tx, change: ch, meant: &meant{}}
	receipt, err = w.write(ctx)
	if err != nil {
		return c.notMade(ctx, err), ch.Type == fulfil.Added && pq.As(err, pqerror.UniqueViolation) != nil
	}
	if receipt.Outcome != fulfil.Done {
		return receipt, false
	}
	if receipt.Effect, err = c.effect(ctx, tx, w.meant); err != nil {
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
	meant  *meant            // what the transaction wrote so far
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
			return w.announce(ctx, cat)
		}
	}
	return missing
}

func (w *writer) announce(ctx context.Context, cat *catalog) error {
	statement := "select set_config('writ.order_id', $1, true), set_config('writ.idempotency_key', $2, true)"
	if cat.flush != "" { // so that a watcher sees our own writes at once
		statement += ", " + cat.flush
	}
	_, err := w.tx.ExecContext(ctx, statement, strconv.FormatInt(w.change.OrderID, 10), w.change.IdempotencyKey)
	return err
}

func (w *writer) find(cat *catalog) error {
	ch := w.change
	if w.table = cat.tables[ch.Table]; w.table == nil {
		return refuse("There is no table %s in schema %s of %s.", ch.Table, w.conn.schema, w.conn.target)
	}
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
		found, same, err := w.look(ctx, key)
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
	key, err := w.insert(ctx, key)
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
	found, same, err := w.look(ctx, key)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	if !found {
		return w.missing(key), nil
	}
	if len(same.differ) > 0 {
		if err := w.update(ctx, key, same.differ); err != nil {
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
	for _, l := range w.links {
		// Through the row and not by the owner's value: the link may refer to another column than the key.
		if err := w.exec(ctx, new(bool), l.table, fmt.Sprintf("delete from %s where %s in (select %s from %s where %s = $1)",
			w.conn.qualified(l.table), quote(l.owner), quote(l.ref), w.conn.qualified(w.table.name), quote(w.change.KeyColumn)), key); err != nil {
			return fulfil.Receipt{}, err
		}
	}
	result, err := w.tx.ExecContext(ctx, fmt.Sprintf("delete from %s where %s = $1", w.conn.qualified(w.table.name), quote(w.change.KeyColumn)), key)
	if err != nil {
		return fulfil.Receipt{}, err
	}
	switch n, err := result.RowsAffected(); {
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

// look finds the row by key, locks it, and has the server compare it with the wanted values: only it knows when two spellings of a
// number, a timestamp or a case-insensitive text are equal.
func (w *writer) look(ctx context.Context, key string) (found bool, same comparison, err error) {
	columns := w.columns()
	args := []any{key}
	selected := make([]string, 0, len(columns)+len(w.links))
	for _, name := range columns {
		col := w.table.by[name]
		arg, err := argument(w.change.Changes[name], col)
		if err != nil {
			return false, same, err
		}
		args = append(args, arg)
		form := "%s is not distinct from $%d"
		if !col.hasEquality() {
			form = "%s::text is not distinct from $%d::text"
		}
		selected = append(selected, fmt.Sprintf(form, quote(name), len(args)))
	}
	refs := w.refs()
	for _, ref := range refs {
		selected = append(selected, "coalesce("+quote(ref)+"::text, '')")
	}
	selected = append(selected, "true") // so that there is always something to select
	lock := ""
	if w.table.kind == "r" || w.table.kind == "p" {
		lock = " for update"
	}
	rows, err := w.tx.QueryContext(ctx, fmt.Sprintf("select %s from %s where %s = $1 limit 2%s",
		strings.Join(selected, ", "), w.conn.qualified(w.table.name), quote(w.change.KeyColumn), lock), args...)
	if err != nil {
		return false, same, err
	}
	defer rows.Close()
	equal, owners, always := make([]bool, len(columns)), make([]string, len(refs)), false
	into := make([]any, 0, len(selected))
	for i := range equal {
		into = append(into, &equal[i])
	}
	for i := range owners {
		into = append(into, &owners[i])
	}
	into = append(into, &always)
	for rows.Next() {
		if found {
			return false, same, w.severalRows(key)
		}
		if err := rows.Scan(into...); err != nil {
			return false, same, err
		}
		found = true
	}
	for i, name := range columns {
		if !equal[i] {
			same.differ = append(same.differ, name)
		}
	}
	w.own(refs, owners)
	return found, same, rows.Err()
}

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

// insert writes the row and gives its key as the database has it.
func (w *writer) insert(ctx context.Context, key string) (string, error) {
	columns, args := []string{}, []any{}
	values := []string{}
	put := func(name string, value *string) error {
		arg, err := argument(value, w.table.by[name])
		if err != nil {
			return err
		}
		args = append(args, arg)
		columns, values = append(columns, quote(name)), append(values, fmt.Sprintf("$%d", len(args)))
		return nil
	}
	for _, name := range w.columns() {
		value := w.change.Changes[name]
		if name == w.change.KeyColumn && (value == nil || *value == "") {
			continue // the computed key, or the database's own default
		}
		if err := put(name, value); err != nil {
			return "", err
		}
	}
	if key != "" && w.change.KeyColumn != "" && !slices.Contains(columns, quote(w.change.KeyColumn)) {
		if err := put(w.change.KeyColumn, &key); err != nil {
			return "", err
		}
	}
	what := "default values"
	if len(columns) > 0 {
		what = "(" + strings.Join(columns, ", ") + ") values (" + strings.Join(values, ", ") + ")"
	}
	keys, err := w.returning(ctx, "insert into "+w.conn.qualified(w.table.name)+" "+what, args)
	if err != nil {
		return "", err
	}
	if len(keys) != 1 {
		return "", refuse("The server took the row for table %s without an error but wrote %d rows; a trigger or rule of the target decides so. Nothing was changed.", w.table.name, len(keys))
	}
	w.meant.add(w.table.name, 1)
	return keys[0], nil
}

// update writes the columns that differ. When links, or plain foreign keys of other rows, refer to one of them the row is renamed, and what
// refers to it goes with it in the same statement: the server checks the references when all of it is done, so a plain foreign key does not stand
// in the way, and what else stands in those rows stays.
func (w *writer) update(ctx context.Context, key string, columns []string) error {
	args := []any{key}
	sets := make([]string, len(columns))
	for i, name := range columns {
		arg, err := argument(w.change.Changes[name], w.table.by[name])
		if err != nil {
			return err
		}
		args = append(args, arg)
		sets[i] = fmt.Sprintf("%s = $%d", quote(name), len(args))
	}
	for _, l := range w.behind { // the row may refer to itself
		if i := slices.Index(columns, l.ref); i >= 0 && l.table == w.table.name && !slices.Contains(columns, l.owner) {
			sets = append(sets, fmt.Sprintf("%s = case when %s = %s then $%d else %s end", quote(l.owner), quote(l.owner), quote(l.ref), i+2, quote(l.owner)))
		}
	}
	statement := fmt.Sprintf("update %s set %s where %s = $1", w.conn.qualified(w.table.name), strings.Join(sets, ", "), quote(w.change.KeyColumn))
	keys, err := w.returning(ctx, statement, args, w.renamedLinks(columns)...)
	if err != nil {
		return err
	}
	if len(keys) != 1 {
		return refuse("The server took the change of table %s without an error but wrote %d rows; a trigger or rule of the target decides so. Nothing was changed.", w.table.name, len(keys))
	}
	w.meant.add(w.table.name, 1)
	if v, renames := w.change.Changes[w.change.KeyColumn]; renames && slices.Contains(columns, w.change.KeyColumn) {
		key = ""
		if v != nil {
			key = *v
		}
	}
	w.meant.unsure = w.meant.unsure || keys[0] != key
	return nil
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

// returning runs a statement that writes, and reads back the key and what the links refer to: a trigger may have changed them, and an
// update may have renamed the row. moved are links that follow the row to its new name in the same statement.
func (w *writer) returning(ctx context.Context, statement string, args []any, moved ...link) (keys []string, err error) {
	refs := w.refs()
	back, names := []string{"''"}, []string{"k"}
	if w.change.KeyColumn != "" {
		back[0] = quote(w.change.KeyColumn)
	}
	for i, ref := range refs {
		back, names = append(back, "coalesce("+quote(ref)+"::text, '')"), append(names, fmt.Sprintf("r%d", i))
	}
	statement += " returning " + strings.Join(back, ", ")
	if len(moved) > 0 {
		parts := []string{fmt.Sprintf("written (%s) as (%s)", strings.Join(names, ", "), statement)}
		for i, l := range moved {
			args = append(args, w.owners[l.ref])
			others := ""
			if l.table == w.table.name { // the row itself is being written
				others = fmt.Sprintf(" and l.%s <> $1", quote(w.change.KeyColumn))
			}
			parts = append(parts, fmt.Sprintf("l%d as (update %s l set %s = written.r%d::%s from written where l.%s = $%d::text::%s%s returning 1)",
				i, w.conn.qualified(l.table), quote(l.owner), slices.Index(refs, l.ref), l.ownerType, quote(l.owner), len(args), l.ownerType, others))
		}
		for i := range moved {
			names = append(names, fmt.Sprintf("(select count(*) from l%d)", i))
		}
		statement = "with " + strings.Join(parts, ", ") + " select " + strings.Join(names, ", ") + " from written"
	}
	rows, err := w.tx.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	var key any
	owners := make([]string, len(refs))
	into := []any{&key}
	for i := range owners {
		into = append(into, &owners[i])
	}
	follow := make([]int64, len(moved))
	for i := range follow {
		into = append(into, &follow[i])
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, l := range moved {
			w.meant.add(l.table, follow[i])
		}
		keys = append(keys, fulfil.TextOf(value(key, strings.ToUpper(types[0].DatabaseTypeName()), false)))
	}
	w.own(refs, owners)
	return keys, rows.Err()
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
		if isWhole {
			all := []string{}
			if whole != nil {
				all = lines(*whole)
			}
			add = append(add, all...)
			if err := w.exec(ctx, &changed, l.table, w.removal(l, "<> all"), owner, pq.Array(add)); err != nil {
				return false, err
			}
		}
		if len(remove) > 0 {
			if err := w.exec(ctx, &changed, l.table, w.removal(l, "= any"), owner, pq.Array(remove)); err != nil {
				return false, err
			}
		}
		if len(add) > 0 {
			if err := w.exec(ctx, &changed, l.table, w.addition(l), owner, pq.Array(add)); err != nil {
				return false, err
			}
		}
	}
	return changed, nil
}

func (w *writer) exec(ctx context.Context, changed *bool, table, statement string, args ...any) error {
	result, err := w.tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	w.meant.add(table, n)
	*changed = *changed || n > 0
	return err
}

func (w *writer) addition(l link) string {
	table, owner, value := w.conn.qualified(l.table), quote(l.owner), quote(l.value)
	return fmt.Sprintf(`insert into %s (%s, %s)
select $1::text::%s, v::%s from (select distinct unnest($2::text[]) as v) n
where not exists (select 1 from %s where %s = $1::text::%s and %s = v::%s)
on conflict do nothing`, table, owner, value, l.ownerType, l.valueType, table, owner, l.ownerType, value, l.valueType)
}

func (w *writer) removal(l link, which string) string {
	return fmt.Sprintf("delete from %s where %s = $1::text::%s and %s %s ($2::text[]::%s[])",
		w.conn.qualified(l.table), quote(l.owner), l.ownerType, quote(l.value), which, l.valueType)
}

func keysOf(links []fulfil.Link) []string {
	keys := make([]string, len(links))
	for i, l := range links {
		keys[i] = l.Key
	}
	return keys
}
