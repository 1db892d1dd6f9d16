package manifest

import (
	"fmt"
	"strings"

	"writ/server/db"
)

// kind is what the rest of this room asks of one kind of configuration object. Its only implementation is declared, in a file of its own
// per kind (connector.go, role.go ...).
type kind interface {
	about() *facts
	objects(m *Manifest) []object
	add(to, from *Manifest)
	normalise(m *Manifest)
	complete(m, current *Manifest)
	parts(m *Manifest, add func(what, identifier, owner string))
	checkRanges(r *ranges, m *Manifest)
	unbuilt(m *Manifest, found *faults)
	write(w *writer, c *change) error
	read(r *reader) error
	hideSecrets(m *Manifest)
	drop(m *Manifest, o object, inside string) (gone []string, emptied bool)
}

// facts is what is known of a kind whatever its objects look like.
type facts struct {
	name   string // what messages, plans and the API call one object: connector
	list   string // where they stand in a file: connectors
	rights rights
	table  string    // where its rows lie
	words  wordLists // closed lists that its fields alone have
	// inside removes what belongs to the object before the object itself goes; ? is its id.
	inside []string
	// remove deletes an object by its identifier, instead of deleting the row: for kinds that another room owns.
	remove func(w *writer, identifier string) error
	// anyCase: identifiers are compared without case, and may hold anything.
	anyCase bool
}

// declared is the declaration of a kind whose objects are a T. Fields of T say by tags what is true of them alone:
//
//	yaml     name in a file and in the API
//	default  what a missing value means; =Field: that other field of the object
//	min max  bounds of a number
//	words    the values it may have, a list of the kind, or of words.go
//	secret   never shown: plain values stay in the database
//	ref      names an object of that table; row, late: see columns.go
type declared[T any] struct {
	facts
	in         func(*Manifest) *[]T
	identifier func(T) string
	// normal fills in the defaults that tags cannot say.
	normal func(T) T
	// completed fills in what a configuration may leave unsaid and then stays as current has it; the zero value: there is no such object yet.
	completed func(wanted, current T) T
	// inner names what stands inside the object and is unique by itself.
	inner func(t T, add func(what, identifier string))
	// check refuses what tags cannot say, before anything is written. The object has its defaults.
	check func(r *ranges, at string, t T)
	// refuse refuses settings that nothing follows yet: accepted without effect they would promise something.
	refuse func(t T) error
	// steps write all objects; each is done for all before the next begins.
	steps []func(w *writer, list []T, c *change) error
	load  func(r *reader) ([]T, error)
}

func (d *declared[T]) about() *facts { return &d.facts }

func (d *declared[T]) objects(m *Manifest) []object {
	list := *d.in(m)
	out := make([]object, len(list))
	for i := range list {
		out[i] = d.named(d.identifier(list[i]))
		out[i].content = list[i]
	}
	return out
}

func (d *declared[T]) add(to, from *Manifest) { *d.in(to) = append(*d.in(to), *d.in(from)...) }

func (d *declared[T]) normalise(m *Manifest) {
	*d.in(m) = mapped(*d.in(m), func(t T) T {
		t = filled(t)
		if d.normal != nil {
			t = d.normal(t)
		}
		return t
	})
}

func (d *declared[T]) complete(m, current *Manifest) {
	if d.completed == nil {
		return
	}
	there := map[string]T{}
	for _, t := range *d.in(current) {
		there[d.named(d.identifier(t)).key()] = t
	}
	*d.in(m) = mapped(*d.in(m), func(t T) T { return d.completed(t, there[d.named(d.identifier(t)).key()]) })
}

func (d *declared[T]) parts(m *Manifest, add func(what, identifier, owner string)) {
	if d.inner == nil {
		return
	}
	for _, t := range *d.in(m) {
		d.inner(t, func(what, identifier string) { add(what, identifier, d.at(t)) })
	}
}

func (d *declared[T]) checkRanges(r *ranges, m *Manifest) {
	for _, t := range *d.in(m) {
		r.bounds(d.at(t), t)
		if d.check != nil {
			d.check(r, d.at(t), t)
		}
	}
}

func (d *declared[T]) unbuilt(m *Manifest, found *faults) {
	if d.refuse == nil {
		return
	}
	for _, t := range *d.in(m) {
		found.take(d.refuse(t))
	}
}

func (d *declared[T]) write(w *writer, c *change) error {
	list := *d.in(c.wanted)
	if len(list) == 0 {
		return nil
	}
	for _, step := range d.steps {
		if err := step(w, list, c); err != nil {
			return err
		}
	}
	return nil
}

func (d *declared[T]) read(r *reader) error {
	list, err := d.load(r)
	if err != nil {
		return fmt.Errorf("export the %s: %w", d.list, err)
	}
	if len(list) > 0 {
		*d.in(r.m) = list
	}
	return nil
}

func (d *declared[T]) hideSecrets(m *Manifest) { *d.in(m) = mapped(*d.in(m), withoutSecrets[T]) }

// each makes a step of what is done object by object; an error without a place gets that of its object.
func each[T any](d *declared[T], f func(w *writer, t T) error) func(*writer, []T, *change) error {
	return func(w *writer, list []T, _ *change) error {
		for _, t := range list {
			if err := f(w, t); err != nil {
				return at(d.name, d.identifier(t), db.Explain(err))
			}
		}
		return nil
	}
}

// at is where an object stands in messages: kind/identifier.
func (d *declared[T]) at(t T) string { return d.name + "/" + d.identifier(t) }

type object struct {
	kind, identifier string
	content          any
	anyCase          bool
}

// key tells objects apart.
func (o object) key() string {
	if o.anyCase {
		return o.kind + "/" + strings.ToLower(o.identifier)
	}
	return o.kind + "/" + o.identifier
}

// named is an object of this kind without its content.
func (f *facts) named(identifier string) object {
	return object{kind: f.name, identifier: identifier, anyCase: f.anyCase}
}

// objects lists everything in the order in which it must be applied: what is referred to comes first.
func (m *Manifest) objects() []object {
	var out []object
	for _, k := range kinds() {
		out = append(out, k.objects(m)...)
	}
	return out
}

// kindNamed finds a kind by what one of its objects is called; nil if there is none.
func kindNamed(name string) kind {
	for _, k := range kinds() {
		if k.about().name == name {
			return k
		}
	}
	return nil
}

// kindListed finds a kind by its list; nil if there is none.
func kindListed(list string) kind {
	for _, k := range kinds() {
		if k.about().list == list {
			return k
		}
	}
	return nil
}
