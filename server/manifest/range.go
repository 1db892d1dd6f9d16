package manifest

import (
	"fmt"
	"slices"
	"strings"

	"writ/server/errs"
)

// checkRanges refuses numbers and words that are none of the possible ones, before anything is written: the database would refuse them
// too, in its own words.
func (m *Manifest) checkRanges(found *faults) {
	r := &ranges{}
	for _, k := range kinds() {
		k.checkRanges(r, m)
	}
	slices.SortStableFunc(r.list, func(a, b *errs.Error) int { return strings.Compare(a.Field, b.Field) }) // the same file always gives the same answer
	for _, e := range r.list {
		found.take(e)
	}
}

// ranges collects what is out of bounds.
type ranges struct{ faults }

func (r *ranges) fault(field, format string, args ...any) { r.add(field, format, args...) }

func (r *ranges) least(field string, v, least int) {
	if v < least {
		r.fault(field, "%s is %d or more, not %d.", lastOf(field), least, v)
	}
}

func (r *ranges) between(field string, v, least, most int) {
	if v < least || v > most {
		r.fault(field, "%s is between %d and %d, not %d.", lastOf(field), least, most, v)
	}
}

func (r *ranges) share(field string, v float64, least, most int) {
	if !(v >= float64(least) && v <= float64(most)) { // not a number is neither
		r.fault(field, "%s is between %d and %d, not %v.", lastOf(field), least, most, v)
	}
}

// word refuses what is none of a list.
func (r *ranges) word(field, list, word string) {
	if _, err := number(list, word, field); err != nil {
		r.fault(field, "%q is not one of %s.", word, strings.Join(names(list), ", "))
	}
}

func lastOf(field string) string { return field[strings.LastIndexByte(field, '.')+1:] }

// inFile turns where a problem of the model stands (table, identifier) into where it stands in a configuration.
func (m *Manifest) inFile(kind, identifier, field string) string {
	around := m.inner(&faults{}) // double names were refused before
	path := ""
	switch kind {
	case "role":
		path = "singleRole/" + identifier
		for _, r := range m.CompositeRoles {
			if r.Identifier == identifier {
				path = "compositeRole/" + identifier
			}
		}
	case "role_rule", "resource_type_rule":
		path = around[strings.ReplaceAll(kind, "_", " ")+"/"+identifier] + "." + identifier
	case "property":
		path = "entityType/" + identifier
	default:
		path = camel(strings.ToUpper(kind)) + "/" + identifier
	}
	if field != "" {
		path += "." + field
	}
	return path
}

// words of a table's name, for people.
func kindWords(kind string) string { return strings.ReplaceAll(kind, "_", " ") }

// at keeps where an error without a place comes from: the database's own guards know the row, not the file.
func at(kind, identifier string, err error) error {
	if err == nil {
		return nil
	}
	if e := errs.As(err); e != nil {
		if e.Field != "" {
			return err
		}
		c := *e
		return c.At(kind + "/" + identifier)
	}
	return fmt.Errorf("%s %s: %w", kind, identifier, err)
}
