package manifest

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"writ/server/db"
)

// How many characters names and other texts have at most: names are in indexes, and everything of one kind is written together.
const (
	longestName = 200
	longestText = 100_000
)

// inOneForm brings all texts into one Unicode form (NFC), as data is when it is read: a key written on another system names the same
// resource. Passwords and secrets stay as they are.
func (m *Manifest) inOneForm() {
	walkTexts(reflect.ValueOf(m).Elem(), "", func(_, field, text string) string {
		if isSecretField(field) {
			return text
		}
		return norm.NFC.String(text)
	})
}

// checkTexts refuses texts that cannot be kept: names and texts that are too long, NUL characters, what is no text.
func (m *Manifest) checkTexts(found *faults) {
	walkTexts(reflect.ValueOf(m).Elem(), "", func(at, field, text string) string {
		most := longestText
		if isName(field) {
			most = longestName
		}
		n := utf8.RuneCountInString(text)
		switch {
		case strings.IndexByte(text, 0) >= 0:
			found.add(at, "%s holds a NUL character, which cannot be kept. Take it out.", field)
		case !utf8.ValidString(text):
			found.add(at, "%s is no valid text (UTF-8).", field)
		case n > most && isSecretField(field):
			found.add(at, "%s has %d characters; at most %d can be kept.", field, n, most)
		case n > most:
			found.add(at, "%s has %d characters; at most %d can be kept: %q...", field, n, most, db.Clip(text, 40))
		}
		return text
	})
}

func isSecretField(field string) bool { return field == "password" || field == "secrets" }

// isName tells whether a field names something: it is in an index, or refers to what is.
func isName(field string) bool {
	switch field {
	case "identifier", "username", "displayName", "task", "property", "column", "table", "email":
		return true
	}
	return false
}

// walkTexts gives every text of a manifest to visit, with the object around it (kind/identifier) and the name of its field, and puts what that
// gives in its place.
func walkTexts(v reflect.Value, at string, visit func(at, field, text string) string) {
	var walk func(v reflect.Value, at, field string)
	walk = func(v reflect.Value, at, field string) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem(), at, field)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				f := v.Type().Field(i)
				if !f.IsExported() {
					continue
				}
				name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
				walk(v.Field(i), at, name)
			}
		case reflect.Slice:
			for i := range v.Len() {
				here := at
				if one := v.Index(i); at == "" && one.Kind() == reflect.Struct {
					here = objectAt(field, one)
				}
				walk(v.Index(i), here, field)
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				one := reflect.New(v.Type().Elem()).Elem() // what is in a map cannot be changed in its place
				one.Set(v.MapIndex(key))
				walk(one, at, field)
				name := visit(at, field, key.String())
				v.SetMapIndex(key, reflect.Value{})
				v.SetMapIndex(reflect.ValueOf(name), one)
			}
		case reflect.String:
			text := visit(at, field, v.String())
			if v.CanSet() {
				v.SetString(text)
			}
		}
	}
	walk(v, at, "")
}

// objectAt names an object of a list: kind/identifier, as messages do.
func objectAt(list string, one reflect.Value) string {
	name := one.FieldByName("Identifier")
	if !name.IsValid() {
		name = one.FieldByName("Username")
	}
	if k := kindListed(list); k != nil && name.IsValid() {
		return k.about().name + "/" + name.String()
	}
	kind := strings.TrimSuffix(list, "s")
	if rest, ok := strings.CutSuffix(list, "ies"); ok {
		kind = rest + "y"
	}
	if !name.IsValid() {
		return kind + "/"
	}
	return kind + "/" + db.Text(name.String())
}
