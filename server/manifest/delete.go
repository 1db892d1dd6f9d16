package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// checkDelete refuses lists that do not exist and objects that are both defined and deleted.
func (m *Manifest) checkDelete(found *faults) {
	defined := map[string]bool{}
	for _, o := range m.objects() {
		defined[o.key()] = true
	}
	for _, list := range slices.Sorted(maps.Keys(m.Delete)) {
		k := kindListed(list)
		if k == nil {
			var known []string
			for _, k := range kinds() {
				known = append(known, k.about().list)
			}
			found.add("delete."+list, "There is nothing called %q to delete from. Known: %s.", list, strings.Join(known, ", "))
			continue
		}
		for _, name := range m.Delete[list] {
			if o := k.about().named(name); defined[o.key()] {
				found.add("delete."+list, "The %s %s is both defined and deleted. Decide on one.", o.kind, name)
			}
		}
	}
}

// going gives the objects in force that a manifest deletes, in the order in which they go. What is not there is gone already.
func (m *Manifest) going(current *Manifest) []object {
	have := map[string]object{}
	for _, o := range current.objects() {
		have[o.key()] = o
	}
	var out []object
	for _, k := range slices.Backward(kinds()) { // what refers to others before what is referred to
		for _, name := range m.Delete[k.about().list] {
			if o, ok := have[k.about().named(name).key()]; ok {
				out = append(out, o)
			}
		}
	}
	return out
}

// remove deletes objects; CONFLICT names what still depends on one.
func (w *writer) remove(objects []object) error {
	for _, o := range objects {
		if err := w.removeOne(kindNamed(o.kind).about(), o); err != nil {
			return at(o.kind, o.identifier, err)
		}
	}
	return nil
}

func (w *writer) removeOne(f *facts, o object) error {
	if f.remove != nil {
		return f.remove(w, o.identifier)
	}
	id, err := w.id(f.table, o.identifier, o.key())
	if err != nil {
		return err
	}
	w.written(f.table)
	for _, statement := range f.inside {
		if _, err := w.tx.ExecContext(w.ctx, statement, id); err != nil {
			return fmt.Errorf("empty %s %s: %w", o.kind, o.identifier, err)
		}
	}
	if err := w.unneeded(f, o, id); err != nil {
		return err
	}
	_, err = w.tx.ExecContext(w.ctx, `delete from ? where id = ?`, bun.Ident(f.table), id)
	return err
}

// unneeded refuses to delete what others still need, and names them.
func (w *writer) unneeded(f *facts, o object, id int64) error {
	table, _, _ := strings.Cut(f.table, ":")
	needed, err := w.dependents(table, id)
	if err != nil {
		return err
	}
	if len(needed) > 0 {
		return errs.New(errs.Conflict, "The %s %s cannot be deleted, for others need it: %s. Change or delete those first.", o.kind, o.identifier, strings.Join(needed, "; ")).At(o.key())
	}
	return nil
}

// shownAs says how rows without a name of their own are called in a message; x is the row.
var shownAs = map[string]string{
	"assigned_profile": `(select username from local_user u where u.id = x.user_id)`,
	"entity_mapping":   `(select identifier from entity_type e where e.id = x.entity_type_id)`,
	"property":         `(select e.identifier || '.' || x.identifier from entity_type e where e.id = x.entity_type_id)`,
	"local_user":       `x.username`,

	"identity_provider_profile": `(select identifier from identity_provider p where p.id = x.provider_id)`,
}

// dependents names the rows of other tables that refer to a row and would keep it: by their identifiers, or how many they are.
func (w *writer) dependents(table string, id int64) ([]string, error) {
	var references []struct {
		TableName, ColumnName string
		Named                 bool
	}
	err := w.tx.NewRaw(`select c.conrelid::regclass::text as table_name, a.attname::text as column_name,
			exists (select from pg_attribute n where n.attrelid = c.conrelid and n.attname = 'identifier') as named
		from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
		where c.contype = 'f' and c.confrelid = ?::regclass and c.confdeltype = 'a' and cardinality(c.conkey) = 1 order by 1, 2`, table).Scan(w.ctx, &references)
	if err != nil {
		return nil, fmt.Errorf("look for what refers to %s: %w", table, err)
	}
	var out []string
	for _, r := range references {
		name := shownAs[r.TableName]
		if name == "" && r.Named {
			name = "x.identifier"
		}
		if name == "" {
			name = "''"
		}
		var names []string
		if err := w.tx.NewRaw(`select `+name+` from ? x where ? = ? limit 1001`, bun.Ident(r.TableName), bun.Ident(r.ColumnName), id).Scan(w.ctx, &names); err != nil {
			return nil, fmt.Errorf("look for %s that refer to %s: %w", r.TableName, table, err)
		}
		if len(names) > 0 {
			out = append(out, kindWords(r.TableName)+" "+few(names))
		}
	}
	for _, l := range inLists[table] {
		var names []string
		if err := w.tx.NewRaw(`select identifier from ? where ? = any (?) limit 1001`, bun.Ident(l.table), id, bun.Ident(l.column)).Scan(w.ctx, &names); err != nil {
			return nil, fmt.Errorf("look for %s that list %s: %w", l.table, table, err)
		}
		if len(names) > 0 {
			out = append(out, kindWords(l.table)+" "+few(names))
		}
	}
	return out, nil
}

// inLists are the columns that hold lists of ids of rows of a table: no foreign key guards those.
var inLists = map[string][]struct{ table, column string }{"category": {{"role", "secondary_category_ids"}}}

func few(names []string) string {
	const most = 5
	switch {
	case names[0] == "" && len(names) > 1000:
		return "(more than 1000)"
	case names[0] == "":
		return fmt.Sprintf("(%d)", len(names))
	case len(names) > most:
		return strings.Join(names[:most], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
