package sqldb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"writ/server/fulfil"
)

func (p postgres) announce(ctx context.Context, w *writer, cat *catalog) error {
	statement := "select set_config('writ.order_id', $1, true), set_config('writ.idempotency_key', $2, true)"
	if cat.flush != "" { // so that a watcher sees our own writes at once
		statement += ", " + cat.flush
	}
	_, err := w.tx.ExecContext(ctx, statement, strconv.FormatInt(w.change.OrderID, 10), w.change.IdempotencyKey)
	return err
}

// look finds the row by key, locks it, and has the server compare it with the wanted values: only it knows when two spellings of a
// number, a timestamp or a case-insensitive text are equal.
func (p postgres) look(ctx context.Context, w *writer, key string) (found bool, same comparison, err error) {
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
		strings.Join(selected, ", "), p.c.qualified(w.table.name), quote(w.change.KeyColumn), lock), args...)
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

// insert writes the row and gives its key as the database has it.
func (p postgres) insert(ctx context.Context, w *writer, key string) (string, error) {
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
	keys, err := p.returning(ctx, w, "insert into "+p.c.qualified(w.table.name)+" "+what, args)
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
func (p postgres) update(ctx context.Context, w *writer, key string, columns []string) error {
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
	statement := fmt.Sprintf("update %s set %s where %s = $1", p.c.qualified(w.table.name), strings.Join(sets, ", "), quote(w.change.KeyColumn))
	keys, err := p.returning(ctx, w, statement, args, w.renamedLinks(columns)...)
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

// remove deletes the row and its links.
func (p postgres) remove(ctx context.Context, w *writer, key string) (int64, error) {
	for _, l := range w.links {
		// Through the row and not by the owner's value: the link may refer to another column than the key.
		if err := p.exec(ctx, w, new(bool), l.table, fmt.Sprintf("delete from %s where %s in (select %s from %s where %s = $1)",
			p.c.qualified(l.table), quote(l.owner), quote(l.ref), p.c.qualified(w.table.name), quote(w.change.KeyColumn)), key); err != nil {
			return 0, err
		}
	}
	result, err := w.tx.ExecContext(ctx, fmt.Sprintf("delete from %s where %s = $1", p.c.qualified(w.table.name), quote(w.change.KeyColumn)), key)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// returning runs a statement that writes, and reads back the key and what the links refer to: a trigger may have changed them, and an
// update may have renamed the row. moved are links that follow the row to its new name in the same statement.
func (p postgres) returning(ctx context.Context, w *writer, statement string, args []any, moved ...link) (keys []string, err error) {
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
				i, p.c.qualified(l.table), quote(l.owner), slices.Index(refs, l.ref), l.ownerType, quote(l.owner), len(args), l.ownerType, others))
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

// writeLink adds and removes links of one row.
func (p postgres) writeLink(ctx context.Context, w *writer, l link, owner string, wanted linkChange) (changed bool, err error) {
	if wanted.whole {
		if err := p.exec(ctx, w, &changed, l.table, p.removal(l, "<> all"), owner, pq.Array(wanted.add)); err != nil {
			return false, err
		}
	}
	if len(wanted.remove) > 0 {
		if err := p.exec(ctx, w, &changed, l.table, p.removal(l, "= any"), owner, pq.Array(wanted.remove)); err != nil {
			return false, err
		}
	}
	if len(wanted.add) > 0 {
		if err := p.exec(ctx, w, &changed, l.table, p.addition(l), owner, pq.Array(wanted.add)); err != nil {
			return false, err
		}
	}
	return changed, nil
}

func (p postgres) exec(ctx context.Context, w *writer, changed *bool, table, statement string, args ...any) error {
	result, err := w.tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	w.meant.add(table, n)
	*changed = *changed || n > 0
	return err
}

func (p postgres) addition(l link) string {
	table, owner, value := p.c.qualified(l.table), quote(l.owner), quote(l.value)
	return fmt.Sprintf(`insert into %s (%s, %s)
select $1::text::%s, v::%s from (select distinct unnest($2::text[]) as v) n
where not exists (select 1 from %s where %s = $1::text::%s and %s = v::%s)
on conflict do nothing`, table, owner, value, l.ownerType, l.valueType, table, owner, l.ownerType, value, l.valueType)
}

func (p postgres) removal(l link, which string) string {
	return fmt.Sprintf("delete from %s where %s = $1::text::%s and %s %s ($2::text[]::%s[])",
		p.c.qualified(l.table), quote(l.owner), l.ownerType, quote(l.value), which, l.valueType)
}
