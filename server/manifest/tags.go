package manifest

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// filled gives a copy with the defaults that tags say, at every depth. Nothing of the caller's changes.
func filled[T any](t T) T {
	fill(reflect.ValueOf(&t).Elem())
	return t
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && v.Elem().Kind() == reflect.Struct {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			fill(own.Elem())
			v.Set(own)
		}
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		for i := range own.Len() {
			fill(own.Index(i))
		}
		v.Set(own)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if !f.IsExported() {
				continue
			}
			fill(v.FieldByIndex(f.Index))
			if text, ok := f.Tag.Lookup("default"); ok && v.FieldByIndex(f.Index).IsZero() {
				setDefault(v, v.FieldByIndex(f.Index), text)
			}
		}
	}
}

func setDefault(object, field reflect.Value, text string) {
	if other, ok := strings.CutPrefix(text, "="); ok {
		field.SetString(object.FieldByName(other).String())
		return
	}
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	switch field.Kind() {
	case reflect.Bool:
		field.SetBool(text == "true")
	case reflect.Int:
		field.SetInt(int64(numberOf(text)))
	case reflect.Float64:
		field.SetFloat(float64(numberOf(text)))
	default:
		field.SetString(text)
	}
}

func numberOf(tag string) int {
	n, err := strconv.Atoi(tag)
	if err != nil {
		panic(fmt.Errorf("a tag of ours: %w", err))
	}
	return n
}

// bounds refuses numbers outside of the bounds that their tags say. at is where the object stands.
func (r *ranges) bounds(at string, object any) { r.boundsOf(at, reflect.ValueOf(object)) }

func (r *ranges) boundsOf(at string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			r.boundsOf(at, v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			return
		}
		parent, list := at[:strings.LastIndexByte(at, '.')], at
		for i := range v.Len() {
			place := fmt.Sprintf("%s[%d]", list, i)
			if id := v.Index(i).FieldByName("Identifier"); id.IsValid() {
				place = parent + "." + id.String() // a named element stands by its name
			}
			r.boundsOf(place, v.Index(i))
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if !f.IsExported() {
				continue
			}
			place, field := at+"."+nameInFile(f), v.FieldByIndex(f.Index)
			least, bounded := f.Tag.Lookup("min")
			if !bounded {
				r.boundsOf(place, field)
				continue
			}
			if field.Kind() == reflect.Pointer {
				if field.IsNil() {
					continue
				}
				field = field.Elem()
			}
			most, closed := f.Tag.Lookup("max")
			switch {
			case field.Kind() == reflect.Float64:
				r.share(place, field.Float(), numberOf(least), numberOf(most))
			case closed:
				r.between(place, int(field.Int()), numberOf(least), numberOf(most))
			default:
				r.least(place, int(field.Int()), numberOf(least))
			}
		}
	}
}

// nameInFile is how a field is called in a file.
func nameInFile(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

// withoutSecrets gives a copy to show: fields whose tag says secret lose what is written plainly. References (env:NAME, file:NAME) stay,
// so that an export can be applied elsewhere.
func withoutSecrets[T any](t T) T { return hidden(t).(T) }

func hidden(object any) any {
	v := reflect.New(reflect.TypeOf(object)).Elem()
	v.Set(reflect.ValueOf(object))
	ownLists(v)
	eachSecret(v, func(v reflect.Value) {
		if secrets, ok := v.Interface().(map[string]string); ok {
			v.Set(reflect.ValueOf(referencesOf(secrets)))
			return
		}
		if !isReference(v.String()) {
			v.SetString("")
		}
	})
	return v.Interface()
}

// ownLists makes the lists of an object its own.
func ownLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
			return
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		v.Set(list)
		for i := range v.Len() {
			ownLists(v.Index(i))
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if f.IsExported() {
				ownLists(v.FieldByIndex(f.Index))
			}
		}
	}
}

func eachSecret(v reflect.Value, do func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			eachSecret(v.Index(i), do)
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			switch {
			case !f.IsExported():
			case f.Tag.Get("secret") == "true":
				do(v.FieldByIndex(f.Index))
			default:
				eachSecret(v.FieldByIndex(f.Index), do)
			}
		}
	}
}

// secretNames is what is taken for a secret by its name, wherever it stands: also a setting that a package should keep as a secret.
var secretNames = regexp.MustCompile(`(^|\.)(secrets\.|password$)`)

// isSecret reports whether a path inside an object (connections.K.secrets.password) leads to a secret.
func isSecret(path string, content any) bool {
	return secretNames.MatchString(path) || slices.ContainsFunc(secretPaths(reflect.TypeOf(content), "^"), func(p *regexp.Regexp) bool { return p.MatchString(path) })
}

// secretPaths are the paths of the fields whose tag says secret.
func secretPaths(t reflect.Type, above string) []*regexp.Regexp {
	switch {
	case t == nil:
		return nil
	case t.Kind() == reflect.Pointer:
		return secretPaths(t.Elem(), above)
	case t.Kind() == reflect.Slice:
		return secretPaths(t.Elem(), above+`.+\.`)
	case t.Kind() != reflect.Struct:
		return nil
	}
	var out []*regexp.Regexp
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() {
			continue
		}
		if f.Tag.Get("secret") == "true" {
			out = append(out, regexp.MustCompile(above+regexp.QuoteMeta(nameInFile(f))+`(\.|$)`))
			continue
		}
		out = append(out, secretPaths(f.Type, above+regexp.QuoteMeta(nameInFile(f))+`\.`)...)
	}
	return out
}
