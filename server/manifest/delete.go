package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// removable is a kind of object that `delete:` may name, in the order in which they go: what refers to others before what is referred to.
type removable struct {
	list, kind, table, column string
	inner                     []string // statements that remove what stands inside it; ? is its id
}

var removables = []removable{
	{"users", "user", "local_user", "username", nil},
	{"profiles", "profile", "profile", "identifier", []string{`delete from access_rule where profile_id = ?`}},
	{"jobs", "job", "job", "identifier", nil},
	{"contextRules", "contextRule", "context_rule", "identifier", nil},
	{"resourceTypes", "resourceType", "resource_type", "identifier", []string{`delete from resource_type_rule where resource_type_id = ?`}},
	{"singleRoles", "singleRole", "role", "identifier", []string{`delete from role_rule where role_id = ?`}},
	{"compositeRoles", "compositeRole", "role", "identifier", []string{`delete from role_rule where role_id = ?`}},
	{"categories", "category", "category", "identifier", nil},
	{"policies", "policy", "policy", "identifier", nil},
	{"dimensions", "dimension", "dimension", "identifier", []string{`delete from dimension_closure where dimension_id = ?`}},
	{"entityTypes", "entityType", "entity_type", "identifier", []string{`delete from property_mapping where entity_type_id = ?`,
		`delete from entity_mapping where entity_type_id = ?`,
		`delete from property p where entity_type_id = ? and not exists (select from resource_type_rule r where r.property_id = p.id)
			and not exists (select from resource_link l where l.property_id = p.id)`}},
	{"connectors", "connector", "connector", "identifier", []string{`delete from connection k where connector_id = ?
		and not exists (select from entity_mapping m where m.connection_id = k.id) and not exists (select from resource_type t where t.connection_id = k.id)
		and not exists (select from provisioning_order o where o.connection_id = k.id)`}},
}

// checkDelete refuses lists that do not exist and objects that are both defined and deleted.
func (m *Manifest) checkDelete() error {
	defined := map[string]bool{}
	for _, o := range m.objects() {
		defined[o.key()] = true
	}
	for _, list := range slices.Sorted(maps.Keys(m.Delete)) {
		i := slices.IndexFunc(removables, func(r removable) bool { return r.list == list })
		if i < 0 {
			known := make([]string, len(removables))
			for n, r := range removables {
				known[n] = r.list
			}
			return errs.Invalid("delete."+list, "There is nothing called %q to delete from. Known: %s.", list, strings.Join(known, ", "))
		}
		for _, name := range m.Delete[list] {
			if defined[(object{kind: removables[i].kind, identifier: name}).key()] {
				return errs.Invalid("delete."+list, "The %s %s is both defined and deleted. Decide on one.", removables[i].kind, name)
			}
		}
	}
	return nil
}

// going gives the objects in force that a manifest deletes, in the order in which they go. What is not there is gone already.
func (m *Manifest) going(current *Manifest) []object {
	have := map[string]object{}
	for _, o := range current.objects() {
		have[o.key()] = o
	}
	var out []object
	for _, r := range removables {
		for _, name := range m.Delete[r.list] {
			if o, ok := have[(object{kind: r.kind, identifier: name}).key()]; ok {
				out = append(out, o)
			}
		}
	}
	return out
}

// remove deletes objects; CONFLICT names what still depends on one.
func (w *writer) remove(objects []object) error {
	for _, o := range objects {
		r := removables[slices.IndexFunc(removables, func(r removable) bool { return r.kind == o.kind })]
		var err error
		switch {
		case r.kind == "user":
			err = w.removeUser(o.identifier)
		case r.kind == "job" && w.s.Jobs != nil:
			err = w.s.Jobs.DeleteJobs(w.ctx, w.tx, []string{o.identifier})
		default:
			err = w.removeRow(r, o)
		}
		if err != nil {
			return at(o.kind, o.identifier, err)
		}
	}
	return nil
}

func (w *writer) removeRow(r removable, o object) error {
	table := r.table
	if table == "role" {
		table = "role:" + strings.ToUpper(strings.TrimSuffix(r.kind, "Role"))
	}
	id, err := w.id(table, o.identifier, o.key())
	if err != nil {
		return err
	}
	w.written(r.table)
	for _, statement := range r.inner {
		if _, err := w.tx.ExecContext(w.ctx, statement, id); err != nil {
			return fmt.Errorf("empty %s %s: %w", o.kind, o.identifier, err)
		}
	}
	needed, err := w.dependents(r.table, id)
	if err != nil {
		return err
	}
	if len(needed) > 0 {
		return errs.New(errs.Conflict, "The %s %s cannot be deleted, for others need it: %s. Change or delete those first.", o.kind, o.identifier, strings.Join(needed, "; ")).At(o.key())
	}
	_, err = w.tx.ExecContext(w.ctx, `delete from ? where id = ?`, bun.Ident(r.table), id)
	return err
}

// shownAs says how rows without a name of their own are called in a message; x is the row.
var shownAs = map[string]string{
	"assigned_profile": `(select username from local_user u where u.id = x.user_id)`,
	"entity_mapping":   `(select identifier from entity_type e where e.id = x.entity_type_id)`,
	"property":         `(select e.identifier || '.' || x.identifier from entity_type e where e.id = x.entity_type_id)`,
	"local_user":       `x.username`,
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
	return out, nil
}

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
