package manifest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/rolemodel"
)

// Between the struct of a file and the row of a room stands nothing but their fields. A field goes into the one of the same name; tags say
// otherwise:
//
//	row     the name of the field in the row; !Name: its opposite; -: no column, the declaration takes care
//	ref     an identifier in the file, an id in the row (its name with ID at the end); a list of them is a list of ids. A table that names() knows
//	holds   what a property that is named must hold: scalar, navigation, file; the pages offer no others
//	late    the reference may lead to an object that comes later: written once all are there
//	words   a word in the file, its place in the list of words.go in the row
//	inline  a small struct whose fields begin with this in the row
//
// A text that may be missing is null in the row, and empty in the file.

// toRow fills in a row of a room from an object of a file. at is where that stands. Without late, references that may lead to something
// that is not there yet are left out.
func (w *writer) toRow(at string, from, row any, late bool) error {
	src, dst := reflect.ValueOf(from), reflect.ValueOf(row).Elem()
	found := &faults{}
	for _, f := range reflect.VisibleFields(src.Type()) {
		name, goes := rowField(f)
		if !goes || f.Tag.Get("late") != "" && !late {
			continue
		}
		if err := w.toField(at+"."+nameInFile(f), f, src.FieldByIndex(f.Index), dst, name); err != nil && !found.take(err) {
			return err
		}
	}
	return found.err()
}

func (w *writer) toField(at string, f reflect.StructField, v, row reflect.Value, name string) error {
	if prefix, ok := f.Tag.Lookup("inline"); ok {
		if v.IsNil() {
			v = reflect.New(v.Type().Elem())
			fill(v.Elem())
		}
		for _, inner := range reflect.VisibleFields(v.Elem().Type()) {
			field, _ := rowField(inner)
			if err := w.toField(at+"."+nameInFile(inner), inner, v.Elem().FieldByIndex(inner.Index), row, prefix+field); err != nil {
				return err
			}
		}
		return nil
	}
	if opposite, ok := strings.CutPrefix(name, "!"); ok {
		row.FieldByName(opposite).SetBool(!v.Bool())
		return nil
	}
	to := row.FieldByName(name)
	if table := f.Tag.Get("ref"); table != "" && v.Kind() == reflect.Slice {
		return w.toRefs(at, table, v.Interface().([]string), to)
	} else if table != "" {
		return w.toRef(at, table, v.String(), to)
	}
	if list := f.Tag.Get("words"); list != "" {
		n, err := number(list, v.String(), at)
		if err != nil {
			return err
		}
		to.SetInt(int64(n))
		return nil
	}
	if criteria, ok := v.Interface().(map[string]Criterion); ok {
		if err := w.criteria(criteria, at); err != nil {
			return err
		}
		to.Set(reflect.ValueOf(rolemodel.Criteria(criteria)))
		return nil
	}
	if v.Kind() == reflect.Pointer && to.Kind() != reflect.Pointer { // it has its default by now
		v = v.Elem()
	}
	switch {
	case to.Kind() == reflect.Pointer && v.Kind() == reflect.String:
		to.Set(reflect.ValueOf(nullable(v.String())))
	default:
		to.Set(v.Convert(to.Type()))
	}
	return nil
}

func (w *writer) toRef(at, table, identifier string, to reflect.Value) error {
	if identifier == "" && to.Kind() == reflect.Pointer {
		to.SetZero()
		return nil
	}
	id, err := int64(0), error(nil)
	if table == "property" { // of the entity type of the targets
		id, err = w.refProperty(w.target, identifier, at)
	} else {
		id, err = w.id(table, identifier, at)
	}
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.ValueOf(&id))
	} else {
		to.SetInt(id)
	}
	return err
}

// toRefs finds what a list names, each once.
func (w *writer) toRefs(at, table string, identifiers []string, to reflect.Value) error {
	ids := make([]int64, len(identifiers))
	for i, identifier := range identifiers {
		place := fmt.Sprintf("%s[%d]", at, i)
		id, err := w.id(table, identifier, place)
		if err != nil {
			return err
		}
		if slices.Contains(ids[:i], id) {
			return errs.Invalid(place, "%s is there twice. Name it once.", identifier)
		}
		ids[i] = id
	}
	to.Set(reflect.ValueOf(ids))
	return nil
}

// fromRow fills in an object of a file from a row of a room.
func (r *reader) fromRow(row, object any) error {
	src, dst := reflect.ValueOf(row).Elem(), reflect.ValueOf(object).Elem()
	for _, f := range reflect.VisibleFields(dst.Type()) {
		if name, goes := rowField(f); goes {
			if err := r.fromField(f, src, dst.FieldByIndex(f.Index), name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) fromField(f reflect.StructField, row, to reflect.Value, name string) error {
	if prefix, ok := f.Tag.Lookup("inline"); ok {
		small := reflect.New(to.Type().Elem())
		for _, inner := range reflect.VisibleFields(small.Elem().Type()) {
			field, _ := rowField(inner)
			if err := r.fromField(inner, row, small.Elem().FieldByIndex(inner.Index), prefix+field); err != nil {
				return err
			}
		}
		without := reflect.New(to.Type().Elem())
		fill(without.Elem())
		if !reflect.DeepEqual(small.Interface(), without.Interface()) { // else the file says nothing
			to.Set(small)
		}
		return nil
	}
	if opposite, ok := strings.CutPrefix(name, "!"); ok {
		to.SetBool(!row.FieldByName(opposite).Bool())
		return nil
	}
	v := row.FieldByName(name)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch {
	case f.Tag.Get("ref") != "" && v.Kind() == reflect.Slice:
		list := make([]string, v.Len())
		for i := range list {
			name, err := r.nameOf(f.Tag.Get("ref"), v.Index(i).Int())
			if err != nil {
				return err
			}
			list[i] = name
		}
		if len(list) > 0 {
			to.Set(reflect.ValueOf(list))
		}
	case f.Tag.Get("ref") != "":
		name, err := r.nameOf(f.Tag.Get("ref"), v.Int())
		if err != nil {
			return err
		}
		to.SetString(name)
	case f.Tag.Get("words") != "":
		to.SetString(vocabulary()[f.Tag.Get("words")][v.Int()].name)
	case v.Kind() == reflect.Map || v.Kind() == reflect.Slice:
		if v.Len() > 0 {
			to.Set(v.Convert(to.Type()))
		}
	case to.Kind() == reflect.Pointer:
		own := reflect.New(to.Type().Elem())
		own.Elem().Set(v.Convert(to.Type().Elem()))
		to.Set(own)
	default:
		to.Set(v.Convert(to.Type()))
	}
	return nil
}

// rowField says which field of a row one of a file goes into; goes: it goes into one at all.
func rowField(f reflect.StructField) (name string, goes bool) {
	if !f.IsExported() {
		return "", false
	}
	name = f.Tag.Get("row")
	switch {
	case name == "-":
		return "", false
	case name != "":
		return name, true
	case f.Tag.Get("ref") != "":
		return f.Name + "ID", true
	}
	return f.Name, true
}

// saved makes the steps of a kind whose rows the role model keeps: base is a row without what the object says. They are deleted there, too.
func saved[T, R any](d *declared[T], base func() *R) []func(*writer, []T, *change) error {
	d.remove = removed[R](&d.facts)
	table, _, _ := strings.Cut(d.table, ":")
	save := func(late bool) func(*writer, []T, *change) error {
		return func(w *writer, list []T, _ *change) error {
			rows := make([]*R, len(list))
			found := &faults{}
			for n, t := range list {
				rows[n] = base()
				if err := w.toRow(d.at(t), t, rows[n], late); err != nil && !found.take(err) {
					return err
				}
			}
			if err := found.err(); err != nil {
				return err
			}
			w.written(table)
			if late {
				return rolemodel.Save(w.ctx, w.tx, rows)
			}
			return rolemodel.Save(w.ctx, w.tx, rows, lateFields[T]()...)
		}
	}
	if len(lateFields[T]()) == 0 {
		return []func(*writer, []T, *change) error{save(true)}
	}
	return []func(*writer, []T, *change) error{save(false), save(true)}
}

// lateFields are the fields of rows that a first step leaves out.
func lateFields[T any]() []string {
	var out []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if f.Tag.Get("late") != "" {
			name, _ := rowField(f)
			out = append(out, name)
		}
	}
	return out
}

// loaded reads the objects of a kind whose rows the role model keeps.
func loaded[T, R any](mine func(*R) bool) func(r *reader) ([]T, error) {
	return func(r *reader) ([]T, error) {
		rows, err := rolemodel.All[R](r.ctx, r.db)
		if err != nil {
			return nil, err
		}
		var out []T
		for _, row := range rows {
			if mine != nil && !mine(row) {
				continue
			}
			var t T
			if err := r.fromRow(row, &t); err != nil {
				return nil, err
			}
			out = append(out, t)
		}
		return out, nil
	}
}

// nameOf gives the identifier behind an id; all of a table are read at once.
func (r *reader) nameOf(table string, id int64) (string, error) {
	table, _, _ = strings.Cut(table, ":")
	known := r.names[table]
	if known == nil {
		var rows []struct {
			ID         int64
			Identifier string
		}
		if err := r.db.NewRaw(`select id, identifier from `+table).Scan(r.ctx, &rows); err != nil {
			return "", fmt.Errorf("read the names of %s: %w", table, err)
		}
		known = map[int64]string{}
		for _, x := range rows {
			known[x.ID] = x.Identifier
		}
		r.names[table] = known
	}
	return known[id], nil
}

// refProperty finds a property of one entity type: what a rule fills.
func (w *writer) refProperty(entityType int64, identifier, at string) (int64, error) {
	known, err := w.names(fmt.Sprintf("property:%d", entityType))
	if err != nil {
		return 0, err
	}
	id, ok := known[identifier]
	if !ok {
		return 0, errs.Invalid(at, "The target entity type has no property %q. Known: %s.", identifier, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	return id, nil
}

// removed deletes an object of the role model, unless others need it.
func removed[R any](f *facts) func(w *writer, identifier string) error {
	return removedBy(f, func(w *writer, id int64) error { return rolemodel.Empty[R](w.ctx, w.tx, id) }, rolemodel.Remove[R])
}

// removedBy deletes an object by what its room offers, unless others need it: first what belongs to it (empty; nil: nothing), then itself.
func removedBy(f *facts, empty func(w *writer, id int64) error, remove func(ctx context.Context, tx bun.IDB, id int64) error) func(w *writer, identifier string) error {
	return func(w *writer, identifier string) error {
		o := f.named(identifier)
		id, err := w.id(f.table, identifier, o.key())
		if err != nil {
			return err
		}
		base, _, _ := strings.Cut(f.table, ":")
		w.written(base)
		if empty != nil {
			if err := empty(w, id); err != nil {
				return fmt.Errorf("empty %s %s: %w", o.kind, identifier, err)
			}
		}
		if err := w.unneeded(f, o, id); err != nil {
			return err
		}
		return remove(w.ctx, w.tx, id)
	}
}
