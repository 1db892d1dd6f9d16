package manifest

import (
	"fmt"
	"strings"

	"writ/server/errs"
)

// check refuses what is wrong without looking at a database: missing, malformed and double identifiers.
func (m *Manifest) check() error {
	if err := m.checkTexts(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, o := range m.objects() {
		if o.identifier == "" {
			return errs.Invalid(o.kind+"/", "A %s has no identifier. Give it one.", o.kind)
		}
		key := o.key()
		if !o.anyCase && !identifierForm.MatchString(o.identifier) {
			return errs.Invalid(key, "%q is not an identifier: letters, digits, _ - . / only.", o.identifier)
		}
		if seen[key] {
			where := ""
			if at := m.places[o.kind+"/"+o.identifier]; len(at) > 1 {
				where = ": " + strings.Join(at, " and ")
			}
			return errs.Invalid(key, "The %s %s stands twice in the configuration%s. Keep one.", o.kind, o.identifier, where)
		}
		seen[key] = true
	}
	n := m.normalised()
	if _, err := n.inner(); err != nil {
		return err
	}
	if err := m.checkDelete(); err != nil {
		return err
	}
	return n.checkRanges()
}

// inner gives what stands inside other objects and is unique by itself: table and identifier -> the object around it. VALIDATION when one
// stands twice: the second would take the first away from its object.
func (m *Manifest) inner() (map[string]string, error) {
	around := map[string]string{}
	var err error
	add := func(what, identifier, owner string) {
		key := what + "/" + identifier
		if what == "property" || what == "task" { // unique in their object only
			key = what + " of " + owner + "/" + identifier
		}
		switch other, twice := around[key]; {
		case err != nil:
		case identifier == "":
			err = errs.Invalid(owner, "A %s of %s has no identifier.", what, owner)
		case twice && other == owner:
			err = errs.Invalid(owner+"."+identifier, "The %s %s stands twice in %s. Rename one.", what, identifier, owner)
		case twice:
			err = errs.Invalid(owner+"."+identifier, "The %s %s stands in %s and in %s. Rename one: these names are unique in the whole configuration.", what, identifier, other, owner)
		}
		around[key] = owner
	}
	for _, k := range kinds() {
		k.parts(m, add)
	}
	return around, err
}

// checkOwners refuses an inner name that belongs to an object this configuration does not name: applying would take it from there.
func (m *Manifest) checkOwners(current *Manifest) error {
	mine, err := m.inner()
	if err != nil {
		return err
	}
	theirs, err := current.inner()
	if err != nil {
		return fmt.Errorf("the configuration in force: %w", err)
	}
	named := map[string]bool{}
	for _, o := range m.objects() {
		named[o.kind+"/"+o.identifier] = true
	}
	for name, owner := range mine {
		if other, ok := theirs[name]; ok && other != owner && !named[other] {
			what, identifier, _ := strings.Cut(name, "/")
			return m.located(errs.New(errs.Conflict, "The %s %s belongs to %s already. Choose another name, or name %s here too, without it.", what, identifier, other, other).At(owner + "." + identifier))
		}
	}
	return nil
}

// located adds where in which file the object stands that an error is about.
func (m *Manifest) located(err error) error {
	e := errs.As(err)
	if e == nil || len(m.places) == 0 {
		return err
	}
	kind, rest, ok := strings.Cut(e.Field, "/")
	if !ok {
		return err
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
		return err
	}
	c := *e
	c.Message += " (" + place + ")"
	return &c
}
