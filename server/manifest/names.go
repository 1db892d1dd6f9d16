package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/server/errs"
)

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
			return errs.Invalid(field+"."+name, "There is no dimension %q. Define it in the same configuration or correct the name.", name)
		}
		if c[name].Inherit && !is {
			return errs.Invalid(field+"."+name, "inherit needs a hierarchical dimension, %s is not (role-model 1.6).", name)
		}
	}
	return nil
}
