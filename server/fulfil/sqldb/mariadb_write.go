package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"writ/server/fulfil"
)

// announce: variables of the session are what triggers can read.
func (m mariadb) announce(ctx context.Context, w *writer, cat *catalog) error {
	if err := w.table.refuseEngine(); err != nil {
		return err
	}
	for _, l := range w.links {
		if err := cat.tables[l.table].refuseEngine(); err != nil {
			return err
		}
	}
	_, err := w.tx.ExecContext(ctx, "set @writ_order_id = ?, @writ_idempotency_key = ?", strconv.FormatInt(w.change.OrderID, 10), w.change.IdempotencyKey)
	return err
}

// refuseEngine: of a table that knows no transactions a change that went wrong could not be taken back.
func (t *table) refuseEngine() error {
	if t.engine == "" {
		return nil
	}
	if t.kind == "v" {
		return refuse("View %s may show a table that is kept by %s, which cannot take a change back: nothing is written to it. Move that table (alter table ... engine = InnoDB), or only read the view.", t.name, t.engine)
	}
	return refuse("Table %s is kept by %s, which cannot take a change back: nothing is written to it. Move it (alter table ... engine = InnoDB), or only read it.", t.name, t.engine)
}

// scanned reads the row at hand into values of columns.
func (m mariadb) scanned(rows *sql.Rows, columns []column) ([]fulfil.Value, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	raw, into, values := make([]any, len(types)), make([]any, len(types)), make([]fulfil.Value, len(types))
	for i := range raw {
		into[i] = &raw[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	for i := range raw {
		values[i] = mariaValue(raw[i], types[i].DatabaseTypeName(), columns[i])
	}
	return values, nil
}

// look compares here and not at the server, which takes texts for the same that are not, and a text for the number that it begins with. A row that
// only the server takes for the one that is meant is in its way, and somebody else's.
func (m mariadb) look(ctx context.Context, w *writer, key string) (found bool, same comparison, err error) {
	names, refs := w.columns(), w.refs()
	var selected []string
	var columns []column
	for _, name := range slices.Concat([]string{w.change.KeyColumn}, names, refs) {
		selected, columns = append(selected, m.quote(name)), append(columns, w.table.by[name])
	}
	keyColumn := columns[0]
	condition, args := m.quote(keyColumn.name)+" = ?", []any{key}
	if keyColumn.category != "S" {
		if condition, args = keyColumn.holds(m.quote(keyColumn.name), key); condition == "" {
			return false, same, nil
		}
	}
	lock := ""
	if w.table.kind == "r" {
		lock = " for update"
	}
	rows, err := w.tx.QueryContext(ctx, fmt.Sprintf("select %s from %s where %s%s", strings.Join(selected, ", "), m.c.qualified(w.table.name), condition, lock), args...)
	if err != nil {
		return false, same, err
	}
	defer rows.Close()
	near := ""
	var values []fulfil.Value
	for rows.Next() {
		this, err := m.scanned(rows, columns)
		if err != nil {
			return false, same, err
		}
		switch {
		case !sameValue(this[0], &key, keyColumn):
			near = fulfil.TextOf(this[0])
		case found:
			return false, same, w.severalRows(key)
		default:
			found, values = true, this
		}
	}
	if err := rows.Err(); err != nil {
		return false, same, err
	}
	if !found {
		if near != "" && keyColumn.isUnique {
			return false, same, &refusal{fulfil.Receipt{
				Outcome: fulfil.Conflict,
				Message: fmt.Sprintf("Table %s has no row with %s = %q, but one with %q, which its collation %s takes for the same. It may be somebody else's, so nothing was changed.", w.table.name, keyColumn.name, key, near, keyColumn.rules),
				Hint:    "Synchronize; if the row is meant, link the owner to it, else have another key computed.",
			}}
		}
		return false, same, nil
	}
	owners := make([]string, len(refs))
	for i := range refs {
		owners[i] = fulfil.TextOf(values[1+len(names)+i])
	}
	for i, name := range names {
		if _, err := mariaArgument(w.change.Changes[name], columns[1+i]); err != nil {
			return false, same, err
		}
		if !sameValue(values[1+i], w.change.Changes[name], columns[1+i]) {
			same.differ = append(same.differ, name)
		}
	}
	w.own(refs, owners)
	return true, same, nil
}

// insert writes the row; what the server stored otherwise than it was given takes it back.
func (m mariadb) insert(ctx context.Context, w *writer, key string) (string, error) {
	var columns, values []string
	var args []any
	put := func(name string, value *string) error {
		arg, err := mariaArgument(value, w.table.by[name])
		columns, values, args = append(columns, m.quote(name)), append(values, "?"), append(args, arg)
		return err
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
	if key != "" && w.change.KeyColumn != "" && !slices.Contains(columns, m.quote(w.change.KeyColumn)) {
		if err := put(w.change.KeyColumn, &key); err != nil {
			return "", err
		}
	}
	refs := w.refs()
	back, of := []string{"''"}, []column{{}}
	if w.change.KeyColumn != "" {
		back[0], of[0] = m.quote(w.change.KeyColumn), w.table.by[w.change.KeyColumn]
	}
	for _, ref := range refs {
		back, of = append(back, m.quote(ref)), append(of, w.table.by[ref])
	}
	rows, err := w.tx.QueryContext(ctx, fmt.Sprintf("insert into %s (%s) values (%s) returning %s", m.c.qualified(w.table.name), strings.Join(columns, ", "), strings.Join(values, ", "), strings.Join(back, ", ")), args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var made []fulfil.Value
	for rows.Next() {
		if made, err = m.scanned(rows, of); err != nil {
			return "", err
		}
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	if made == nil {
		return "", refuse("The server took the row for table %s without an error but wrote none. Nothing was changed.", w.table.name)
	}
	_ = rows.Close()
	if err := m.clean(ctx, w); err != nil {
		return "", err
	}
	owners := make([]string, len(refs))
	for i := range refs {
		owners[i] = fulfil.TextOf(made[1+i])
	}
	w.own(refs, owners)
	return fulfil.TextOf(made[0]), nil
}

// lossy are the warnings that say that something else was stored than was given. Strict as the session is, it still cuts blanks and rounds fractions
// with no more than a note.
var lossy = []int{1048, 1263, 1264, 1265, 1292, 1364, 1366, 1406, 1411, 1690, 1977}

func (m mariadb) clean(ctx context.Context, w *writer) error {
	rows, err := w.tx.QueryContext(ctx, "show warnings")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var level, message string
		var code int
		if err := rows.Scan(&level, &code, &message); err != nil {
			return err
		}
		if slices.Contains(lossy, code) {
			return refuse("Table %s would have stored something else than the order says: %s (%d). Nothing was changed.", w.table.name, cleaned(message), code)
		}
	}
	return rows.Err()
}

// update writes the columns that differ. Links without a foreign key go along with a row that is renamed; those with one follow it where the key says so
// (on update cascade), and elsewhere the server refuses: it checks references row by row, not at the end.
func (m mariadb) update(ctx context.Context, w *writer, key string, columns []string) error {
	sets, args := make([]string, len(columns)), []any{}
	for i, name := range columns {
		arg, err := mariaArgument(w.change.Changes[name], w.table.by[name])
		if err != nil {
			return err
		}
		sets[i], args = m.quote(name)+" = ?", append(args, arg)
	}
	condition, at := w.table.by[w.change.KeyColumn].holds(m.quote(w.change.KeyColumn), key)
	result, err := w.tx.ExecContext(ctx, fmt.Sprintf("update %s set %s where %s", m.c.qualified(w.table.name), strings.Join(sets, ", "), condition), append(args, at...)...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if n != 1 {
		return refuse("The server took the change of table %s without an error but wrote %d rows. Nothing was changed.", w.table.name, n)
	}
	if err := m.clean(ctx, w); err != nil {
		return err
	}
	for _, l := range w.renamedLinks(columns) {
		to := w.change.Changes[l.ref]
		if to == nil {
			return refuse("Column %s cannot be cleared: %s refers to it.", l.ref, l.table)
		}
		if !m.isReference(w, l) {
			arg, err := mariaArgument(to, l.by)
			if err != nil {
				return err
			}
			condition, args := m.ownedBy(l, w.owners[l.ref])
			if _, err := w.tx.ExecContext(ctx, fmt.Sprintf("update %s set %s = ? where %s", m.c.qualified(l.table), m.quote(l.owner), condition), append([]any{arg}, args...)...); err != nil {
				return err
			}
		}
	}
	for _, ref := range w.refs() {
		if to := w.change.Changes[ref]; to != nil && slices.Contains(columns, ref) {
			w.owners[ref] = *to
		}
	}
	return nil
}

// isReference: the owner of a link is a foreign key to the table.
func (m mariadb) isReference(w *writer, l link) bool {
	ref, has := w.cat.tables[l.table].refs[l.owner]
	return has && ref.table == w.table.name && ref.column == l.ref
}

// ownedBy is the condition that a link is one of an owner.
func (m mariadb) ownedBy(l link, owner string) (condition string, args []any) {
	if l.by.category == "S" && l.to.isUnique && l.by.rules == l.to.rules {
		return m.quote(l.owner) + " = ?", []any{owner}
	}
	if condition, args = l.by.holds(m.quote(l.owner), owner); condition == "" {
		return "1 = 0", nil
	}
	return condition, args
}

func (m mariadb) remove(ctx context.Context, w *writer, key string) (int64, error) {
	bare := *w
	bare.change.Changes = nil
	found, _, err := m.look(ctx, &bare, key)
	if err != nil || !found {
		return 0, err
	}
	for _, l := range w.links {
		if bare.owners[l.ref] == "" {
			continue
		}
		condition, args := m.ownedBy(l, bare.owners[l.ref])
		if _, err := w.tx.ExecContext(ctx, "delete from "+m.c.qualified(l.table)+" where "+condition, args...); err != nil {
			return 0, err
		}
	}
	condition, args := w.table.by[w.change.KeyColumn].holds(m.quote(w.change.KeyColumn), key)
	result, err := w.tx.ExecContext(ctx, "delete from "+m.c.qualified(w.table.name)+" where "+condition, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// linkChunk is how many links one statement names.
const linkChunk = 500

// writeLink looks which links there are and writes the difference. The row of the owner is locked, so nobody of ours does so at the same time.
func (m mariadb) writeLink(ctx context.Context, w *writer, l link, owner string, wanted linkChange) (changed bool, err error) {
	table, value := m.c.qualified(l.table), m.quote(l.value)
	owned, by := m.ownedBy(l, owner)
	have := map[string]bool{}
	see := func(condition string, args []any) error {
		rows, err := w.tx.QueryContext(ctx, fmt.Sprintf("select %s from %s where %s is not null and %s and %s", l.of.asText(value), table, value, owned, condition), slices.Concat(by, args)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var text sql.NullString
			if err := rows.Scan(&text); err != nil {
				return err
			}
			if !text.Valid {
				return refuse("Column %s of table %s holds a value that is longer than the server gives in one piece. Nothing was changed.", l.value, l.table)
			}
			have[l.of.spelling(text.String)] = true
		}
		return rows.Err()
	}
	if wanted.whole {
		err = see("true", nil)
	} else {
		err = m.chunks(l, slices.Concat(wanted.add, wanted.remove), see)
	}
	if err != nil {
		return false, err
	}
	var add, remove []string
	plans := map[string]bool{} // by spelling: shall be there
	if wanted.whole {
		for text := range have {
			plans[text] = false
		}
	}
	for _, text := range wanted.remove {
		plans[l.of.spelling(text)] = false
	}
	for _, text := range wanted.add {
		plans[l.of.spelling(text)] = true
	}
	for text, shall := range plans {
		switch {
		case shall && !have[text]:
			add = append(add, text)
		case !shall && have[text]:
			remove = append(remove, text)
		}
	}
	slices.Sort(add)
	slices.Sort(remove)
	if err := m.chunks(l, remove, func(condition string, args []any) error {
		_, err := w.tx.ExecContext(ctx, fmt.Sprintf("delete from %s where %s and %s", table, owned, condition), slices.Concat(by, args)...)
		return err
	}); err != nil {
		return false, err
	}
	ownerArg, err := mariaArgument(&owner, l.by)
	if err != nil {
		return false, err
	}
	for chunk := range slices.Chunk(add, linkChunk) {
		var args []any
		for _, text := range chunk {
			arg, err := mariaArgument(&text, l.of)
			if err != nil {
				return false, err
			}
			args = append(args, ownerArg, arg)
		}
		if _, err := w.tx.ExecContext(ctx, fmt.Sprintf("insert into %s (%s, %s) values %s", table, m.quote(l.owner), value, strings.TrimSuffix(strings.Repeat("(?, ?), ", len(chunk)), ", ")), args...); err != nil {
			return false, err
		}
		if err := m.clean(ctx, w); err != nil {
			return false, err
		}
	}
	return len(add)+len(remove) > 0, nil
}

// chunks hands over conditions that hold of links with these values, a few hundred at a time.
func (m mariadb) chunks(l link, values []string, fn func(condition string, args []any) error) error {
	for chunk := range slices.Chunk(values, linkChunk) {
		var parts []string
		var args []any
		for _, text := range chunk {
			if condition, with := l.of.holds(m.quote(l.value), text); condition != "" {
				parts, args = append(parts, "("+condition+")"), append(args, with...)
			}
		}
		if len(parts) == 0 {
			continue
		}
		if err := fn("("+strings.Join(parts, " or ")+")", args); err != nil {
			return err
		}
	}
	return nil
}

// spelling is the text of a value by which it is known: of numbers without a plus and zeros before them.
func (c column) spelling(text string) string {
	if c.category == "N" {
		if n, ok := wholeOf(text); ok {
			return fmt.Sprint(n)
		}
	}
	if c.typ == "uuid" {
		return strings.ToLower(text)
	}
	return text
}
