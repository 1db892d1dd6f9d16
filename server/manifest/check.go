package manifest

import (
	"maps"
	"slices"
	"strings"

	"writ/server/errs"
)

// check refuses what is wrong without looking at a database: missing, malformed and double identifiers.
func (m *Manifest) check() error {
	found := &faults{}
	m.checkTexts(found)
	if len(found.list) > 0 {
		return found.err()
	}
	seen := map[string]bool{}
	for _, o := range m.objects() {
		if o.identifier == "" {
			found.add(o.kind+"/", "A %s has no identifier. Give it one.", o.kind)
			continue
		}
		key := o.key()
		if !o.anyCase && !identifierForm.MatchString(o.identifier) {
			found.add(key, "%q is not an identifier: letters, digits, _ - . / only.", o.identifier)
		}
		if seen[key] {
			where := ""
			if at := m.places[o.kind+"/"+o.identifier]; len(at) > 1 {
				where = ": " + strings.Join(at, " and ")
			}
			found.add(key, "The %s %s stands twice in the configuration%s. Keep one.", o.kind, o.identifier, where)
		}
		seen[key] = true
	}
	n := m.normalised()
	n.inner(found)
	m.checkDelete(found)
	n.checkRanges(found)
	for _, k := range kinds() {
		k.unbuilt(n, found)
	}
	return found.err()
}

// inner gives what stands inside other objects and is unique by itself: table and identifier -> the object around it. It is a fault when one
// stands twice: the second would take the first away from its object.
func (m *Manifest) inner(found *faults) map[string]string {
	around := map[string]string{}
	add := func(what, identifier, owner string) {
		key := what + "/" + identifier
		if what == "property" || what == "task" { // unique in their object only
			key = what + " of " + owner + "/" + identifier
		}
		switch other, twice := around[key]; {
		case identifier == "":
			found.add(owner, "A %s of %s has no identifier.", what, owner)
		case twice && other == owner:
			found.add(owner+"."+identifier, "The %s %s stands twice in %s. Rename one.", what, identifier, owner)
		case twice:
			found.add(owner+"."+identifier, "The %s %s stands in %s and in %s. Rename one: these names are unique in the whole configuration.", what, identifier, other, owner)
		}
		around[key] = owner
	}
	for _, k := range kinds() {
		k.parts(m, add)
	}
	return around
}

// checkOwners refuses an inner name that belongs to an object this configuration does not name: applying would take it from there.
func (m *Manifest) checkOwners(current *Manifest) error {
	found := &faults{}
	mine, theirs := m.inner(found), current.inner(&faults{}) // that in force has none
	named := map[string]bool{}
	for _, o := range m.objects() {
		named[o.kind+"/"+o.identifier] = true
	}
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		owner := mine[name]
		if other, ok := theirs[name]; ok && other != owner && !named[other] {
			what, identifier, _ := strings.Cut(name, "/")
			found.take(errs.New(errs.Conflict, "The %s %s belongs to %s already. Choose another name, or name %s here too, without it.", what, identifier, other, other).At(owner + "." + identifier))
		}
	}
	return found.err()
}

// located adds where in which file the object stands that an error is about.
func (m *Manifest) located(err error) error {
	e := errs.As(err)
	if e == nil || len(m.places) == 0 {
		return err
	}
	var list []*errs.Error
	for _, one := range e.All() {
		list = append(list, m.locatedOne(one))
	}
	return errs.Join(list...)
}

func (m *Manifest) locatedOne(e *errs.Error) *errs.Error {
	kind, rest, ok := strings.Cut(e.Field, "/")
	if !ok {
		return e
	}
	if kind == "accessRule" {
		for _, p := range m.Profiles {
			for _, r := range p.Rules {
				if rest == r.Identifier || strings.HasPrefix(rest, r.Identifier+".") {
					kind, rest = "profile", p.Identifier
				}
			}
		}
	}
	// the longest identifier that fits: identifiers may hold dots
	best, place := -1, ""
	for at, where := range m.places {
		if name, ok := strings.CutPrefix(at, kind+"/"); ok && len(name) > best && (rest == name || name != "" && strings.HasPrefix(rest, name+".")) {
			best, place = len(name), where[0]
		}
	}
	if place == "" || strings.Contains(e.Message, place) {
		return e
	}
	c := *e
	c.Message += " (" + place + ")"
	return &c
}
