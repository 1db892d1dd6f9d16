package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// row is what is written into one line of a table, by column.
type row map[string]any

// mergeSize is how many rows go in one statement.
const mergeSize = 5000

// merge writes rows by their natural key, whatever their number in a handful of statements. Only rows that differ are touched and get a
// new version. All rows have the same columns.
func (w *writer) merge(table string, key []string, rows []row) error {
	delete(w.known, table)
	for chunk := range slices.Chunk(rows, mergeSize) {
		cols := slices.Sorted(maps.Keys(chunk[0]))
		var sets, old, fresh []string
		for _, c := range cols {
			if !slices.Contains(key, c) {
				sets = append(sets, c+" = excluded."+c)
				old, fresh = append(old, "t."+c), append(fresh, "excluded."+c)
			}
		}
		list := strings.Join(cols, ", ")
		_, err := w.tx.ExecContext(w.ctx, fmt.Sprintf(`insert into %[1]s as t (%[2]s) select %[2]s from jsonb_populate_recordset(null::%[1]s, ?::jsonb)
			on conflict (%[3]s) do update set %[4]s, version = t.version + 1 where (%[5]s) is distinct from (%[6]s)`,
			table, list, strings.Join(key, ", "), strings.Join(sets, ", "), strings.Join(old, ", "), strings.Join(fresh, ", ")), string(jsonb(chunk)))
		if err != nil {
			return fmt.Errorf("write %s: %w", table, err)
		}
	}
	return nil
}

// keepOnly deletes the rows that belong to these owners and are not named any more.
func (w *writer) keepOnly(table, ownerColumn string, owners []int64, names []string) error {
	if len(owners) == 0 {
		return nil
	}
	delete(w.known, table)
	_, err := w.tx.ExecContext(w.ctx, `delete from ? where ? in (?) and identifier not in (select jsonb_array_elements_text(?::jsonb))`,
		bun.Ident(table), bun.Ident(ownerColumn), bun.List(owners), string(jsonb(append([]string{}, names...))))
	return err
}

// names gives the identifiers of a table with their ids, read once until the table is written again. "role:SINGLE" and "role:COMPOSITE"
// are tables of their own here, "property:<entity type id>" too; connections are found in lower case.
func (w *writer) names(table string) (map[string]int64, error) {
	if found, ok := w.known[table]; ok {
		return found, nil
	}
	query := `select id, identifier, '' as part from ` + table
	base, _, _ := strings.Cut(table, ":")
	switch base {
	case "role":
		query = `select id, identifier, ':' || kind as part from role`
		w.known["role:SINGLE"], w.known["role:COMPOSITE"] = map[string]int64{}, map[string]int64{}
	case "property":
		query = `select id, identifier, ':' || entity_type_id as part from property`
		for other := range w.known {
			if strings.HasPrefix(other, "property:") {
				delete(w.known, other)
			}
		}
	case "connection":
		query = `select id, lower(identifier) as identifier, '' as part from connection`
	}
	var rows []struct {
		ID               int64
		Identifier, Part string
	}
	if err := w.tx.NewRaw(query).Scan(w.ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the names of %s: %w", base, err)
	}
	w.known[table] = map[string]int64{}
	for _, r := range rows {
		if w.known[base+r.Part] == nil {
			w.known[base+r.Part] = map[string]int64{}
		}
		w.known[base+r.Part][r.Identifier] = r.ID
	}
	return w.known[table], nil
}

// written forgets the names of a table that was just written.
func (w *writer) written(base string) {
	for table := range w.known {
		if table == base || strings.HasPrefix(table, base+":") {
			delete(w.known, table)
		}
	}
}

// id resolves an identifier; field says where it was written.
func (w *writer) id(table, identifier, field string) (int64, error) {
	found, err := w.names(table)
	if err != nil {
		return 0, err
	}
	name := identifier
	if table == "connection" {
		name = strings.ToLower(name)
	}
	id, ok := found[name]
	if !ok {
		base, kind, _ := strings.Cut(table, ":")
		return 0, errs.Invalid(field, "There is no %s %q. Define it in the same configuration or correct the name.",
			strings.TrimSpace(strings.ToLower(kind)+" "+kindWords(base)), identifier)
	}
	return id, nil
}

// maybe resolves an optional identifier.
func (w *writer) maybe(table, identifier, field string) (*int64, error) {
	if identifier == "" {
		return nil, nil
	}
	id, err := w.id(table, identifier, field)
	return &id, err
}

// criteria checks that every dimension of a rule exists and that inherit stands on a hierarchical one only.
func (w *writer) criteria(c map[string]Criterion, field string) error {
	if len(c) == 0 {
		return nil
	}
	if w.hierarchical == nil {
		var rows []struct {
			Identifier     string
			IsHierarchical bool
		}
		if err := w.tx.NewRaw(`select identifier, is_hierarchical from dimension`).Scan(w.ctx, &rows); err != nil {
			return fmt.Errorf("read the dimensions: %w", err)
		}
		w.hierarchical = map[string]bool{}
		for _, r := range rows {
			w.hierarchical[r.Identifier] = r.IsHierarchical
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		is, ok := w.hierarchical[name]
		if !ok {
			return errs.Invalid(field+".dimensions."+name, "There is no dimension %q. Define it in the same configuration or correct the name.", name)
		}
		if c[name].Inherit && !is {
			return errs.Invalid(field+".dimensions."+name, "inherit needs a hierarchical dimension, %s is not (role-model 1.6).", name)
		}
	}
	return nil
}
