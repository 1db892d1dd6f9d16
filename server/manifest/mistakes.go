package manifest

import (
	"context"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/rolemodel"
)

// How long other mistakes are looked for, once there is one, and how many are told at most.
const (
	searchFor    = 5 * time.Second
	mostMistakes = 100
)

// faults collects mistakes of a configuration, each once.
type faults struct{ list []*errs.Error }

func (f *faults) add(field, format string, args ...any) { f.take(errs.Invalid(field, format, args...)) }

// take adds what is wrong; false: it is no mistake of whoever wrote the configuration, or none at all.
func (f *faults) take(err error) bool {
	e := errs.As(err)
	if e == nil {
		return false
	}
	for _, one := range e.All() {
		if !f.has(one) {
			f.list = append(f.list, one)
		}
	}
	return true
}

// at tells whether a mistake at a place is known.
func (f *faults) at(field string) bool {
	return slices.ContainsFunc(f.list, func(x *errs.Error) bool { return x.Field == field })
}

func (f *faults) has(e *errs.Error) bool {
	return slices.ContainsFunc(f.list, func(x *errs.Error) bool { return x.Field == e.Field && x.Message == e.Message })
}

// err is all of them as one.
func (f *faults) err() error { return errs.Join(f.list...) }

// everyMistake looks for what else is wrong in a configuration that was refused: what has a mistake is taken out, and the rest is tried and rolled back,
// until nothing in it is wrong. What is wrong only because something was taken out is not told.
func (s *Service) everyMistake(ctx context.Context, m *Manifest, refusal error) error {
	if e := errs.As(refusal); e == nil || e.Kind != errs.Validation && e.Kind != errs.Conflict {
		return refusal
	}
	all := &faults{}
	until := time.Now().Add(searchFor)
	left, gone := m.copied(), map[string]bool{}
	for err := refusal; ; {
		e := errs.As(err)
		if e == nil {
			return all.orFirst(refusal) // nothing else is wrong, or nobody can tell now
		}
		took := false
		for _, one := range e.All() {
			if !mentions(one.Message, gone) && !all.at(one.Field) { // what was emptied may be needed
				all.take(one)
			}
		}
		for _, one := range e.All() {
			names, emptied := left.without(one.Field)
			if len(names) == 0 && !emptied { // what is in force does not go with it
				names = left.withoutThoseIn(one.Message)
			}
			took = took || emptied || len(names) > 0
			for _, name := range names {
				gone[name] = true
			}
		}
		if !took || len(left.objects())+len(left.Delete) == 0 || len(all.list) >= mostMistakes || time.Now().After(until) {
			return all.orFirst(refusal)
		}
		if err = s.tryOut(ctx, left); err == nil {
			return all.orFirst(refusal)
		}
	}
}

func (f *faults) orFirst(first error) error {
	if len(f.list) <= 1 {
		return first
	}
	return errs.Join(f.list[:min(len(f.list), mostMistakes)]...)
}

// tryOut tells what is wrong with a configuration, and writes nothing.
func (s *Service) tryOut(ctx context.Context, m *Manifest) error {
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		_, c, err := s.compare(ctx, tx, m)
		if err != nil {
			return err
		}
		c.isTried = true
		problems, err := s.try(ctx, tx, c)
		if err == nil {
			err = refused(ctx, tx, s.Keyring, problems)
		}
		if err == nil {
			return errRollback
		}
		return err
	})
	if errs.As(err) == errRollback {
		return nil
	}
	return err
}

// mentions tells whether a message is about something that was taken out.
func mentions(message string, gone map[string]bool) bool {
	for _, word := range nameInText.FindAllString(message, -1) {
		word = strings.TrimRight(word, ".")
		if gone[word] && (len(word) > 1 || strings.Contains(message, `"`+word+`"`)) { // "A" begins many a sentence
			return true
		}
	}
	return false
}

var nameInText = regexp.MustCompile(`[\pL\pN_./-]+`)

// copied is a manifest whose lists may be changed.
func (m *Manifest) copied() *Manifest {
	out := &Manifest{Delete: m.Delete, places: m.places}
	for _, k := range kinds() {
		k.add(out, m)
	}
	return out
}

// without takes what stands at a place out of a manifest: the name of another object is emptied, a rule inside an object leaves it, else the object
// goes. It gives the names of what is gone.
func (m *Manifest) without(field string) (gone []string, emptied bool) {
	kind, rest, ok := strings.Cut(field, "/")
	if !ok {
		return nil, false
	}
	if kind == "accessRule" {
		for _, p := range m.Profiles {
			for _, r := range p.Rules {
				if begins(rest, r.Identifier) {
					return m.without("profile/" + p.Identifier)
				}
			}
		}
	}
	k := kindNamed(kind)
	if k == nil {
		return nil, false
	}
	best := object{}
	for _, o := range k.objects(m) {
		if begins(rest, o.identifier) && (best.kind == "" || len(o.identifier) > len(best.identifier)) {
			best = o
		}
	}
	if best.kind == "" {
		return nil, false
	}
	inside := strings.TrimPrefix(strings.TrimPrefix(rest, best.identifier), ".")
	return k.drop(m, best, inside)
}

// withoutThoseIn takes the objects out that a message mentions.
func (m *Manifest) withoutThoseIn(message string) (gone []string) {
	words := map[string]bool{}
	for _, word := range nameInText.FindAllString(message, -1) {
		words[strings.TrimRight(word, ".")] = true
	}
	for _, o := range m.objects() {
		if words[o.identifier] {
			names, _ := kindNamed(o.kind).drop(m, o, "")
			gone = append(gone, names...)
		}
	}
	return gone
}

// begins: a place is that of an identifier, or inside it.
func begins(rest, identifier string) bool {
	return rest == identifier || strings.HasPrefix(rest, identifier+".") || strings.HasPrefix(rest, identifier+"[")
}

// drop empties what names another object at a place inside an object, takes the rule at that place out, or the object when there is neither.
func (d *declared[T]) drop(m *Manifest, o object, inside string) (gone []string, emptied bool) {
	list := *d.in(m)
	var kept []T
	for _, t := range list {
		if d.named(d.identifier(t)).key() != o.key() {
			kept = append(kept, t)
			continue
		}
		full := filled(t)
		if d.normal != nil {
			full = d.normal(full)
		}
		if withoutReference(reflect.ValueOf(&full).Elem(), inside) {
			kept, emptied = append(kept, full), true
			continue
		}
		if name := withoutRule(reflect.ValueOf(&full).Elem(), inside); name != "" {
			kept, gone = append(kept, full), append(gone, name)
			continue
		}
		gone = append(gone, d.identifier(t))
	}
	*d.in(m) = kept
	return gone, emptied
}

// withoutReference empties the field at a place when it names another object; false: it does not, or it is empty.
func withoutReference(v reflect.Value, inside string) bool {
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Tag.Get("ref") == "" || !begins(inside, nameInFile(f)) || v.FieldByIndex(f.Index).IsZero() {
			continue
		}
		v.FieldByIndex(f.Index).SetZero()
		return true
	}
	return false
}

// withoutRule takes the element that a place begins with out of the lists of an object; it gives its identifier, "" when there is none.
func withoutRule(v reflect.Value, inside string) string {
	for _, f := range reflect.VisibleFields(v.Type()) {
		list := v.FieldByIndex(f.Index)
		if !f.IsExported() || list.Kind() != reflect.Slice || list.Type().Elem().Kind() != reflect.Struct || !strings.HasSuffix(f.Name, "Rules") {
			continue
		}
		for i := range list.Len() {
			name := list.Index(i).FieldByName("Identifier")
			if !name.IsValid() || name.Kind() != reflect.String || name.String() == "" || !begins(inside, name.String()) {
				continue
			}
			kept := reflect.MakeSlice(list.Type(), 0, list.Len()-1)
			kept = reflect.AppendSlice(kept, list.Slice(0, i))
			list.Set(reflect.AppendSlice(kept, list.Slice(i+1, list.Len())))
			return name.String()
		}
	}
	return ""
}

// refused turns the errors of a model into mistakes that say where they stand: also in objects this configuration does not name.
func refused(ctx context.Context, tx bun.Tx, keyring Keyring, problems []rolemodel.Problem) error {
	var wrong []rolemodel.Problem
	for _, x := range problems {
		if x.Severity == rolemodel.SeverityError {
			wrong = append(wrong, x)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	all, err := Export(ctx, tx, keyring)
	if err != nil {
		return err
	}
	f := &faults{}
	for _, x := range wrong {
		f.add(all.inFile(x.Kind, x.Identifier, x.Field), "The %s %s cannot be saved like this. %s", kindWords(x.Kind), x.Identifier, x.Message)
	}
	return f.err()
}
