package fulfil

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"writ/server/errs"
)

// Form is what a connection can be configured with, read from the tags of the struct T: its JSON schema, its reading with defaults and bounds,
// the names of its secrets and an example. Each exported field of T is a setting:
//
//	Path     string            `setting:"path" required:"true" help:"Folder or file."`
//	Mode     string            `setting:"mode" default:"mend" oneof:"mend,empty" help:"..."`
//	Skip     int               `setting:"numberOfLinesToSkip" min:"0" max:"1000000"`
//	Timeout  time.Duration     `setting:"timeout" default:"30" min:"1" max:"3600" help:"Seconds ..."`
//	Password string            `setting:"password" secret:"true"`
//	Queries  map[string]string `setting:"query." help:"query.<table>: ..."`
//
//	setting   the name; one that ends in a dot stands for all names below it, by the rest of their name
//	required  an empty value is refused
//	default   what an empty value means
//	oneof     the only values, in any case
//	known     values worth telling of; the connector itself decides which others it takes
//	min, max  bounds of a number; a number needs a max
//	secret    sealed, and never shown
//	title, help, format   for people and for the schema; form gives the shape of a family: text or lines
//	example   what the example shows, when it is neither the default nor the name
//
// Types are string, bool, int, float64, time.Duration (whole seconds; `unit:"s"` takes fractions), []string (lines) and map[string]string.
// The zero value is ready. A mistake in the tags panics, at the latest when the Capability is asked for its Schema.
type Form[T any] struct{}

// field is one setting of a form.
type field struct {
	name     string
	index    int
	kind     reflect.Type
	tag      reflect.StructTag
	min, max float64
}

var durationType = reflect.TypeFor[time.Duration]()

func (f field) isFamily() bool { return strings.HasSuffix(f.name, ".") }
func (f field) isSecret() bool { return f.tag.Get("secret") == "true" }
func (f field) required() bool { return f.tag.Get("required") == "true" }

// isNumber reports whether the setting is a number, and whether a whole one.
func (f field) isNumber() (number, whole bool) {
	switch {
	case f.kind == durationType:
		return true, f.tag.Get("unit") != "s"
	case f.kind.Kind() == reflect.Int:
		return true, true
	}
	return f.kind.Kind() == reflect.Float64, false
}

func (Form[T]) fields() []field {
	t := reflect.TypeFor[T]()
	var list []field
	for i := range t.NumField() {
		s := t.Field(i)
		name := s.Tag.Get("setting")
		if name == "" {
			panic(fmt.Sprintf("%s.%s has no tag setting", t, s.Name))
		}
		f := field{name: name, index: i, kind: s.Type, tag: s.Tag}
		if number, whole := f.isNumber(); number {
			f.min, f.max = edge(t, name, s.Tag, "min"), edge(t, name, s.Tag, "max")
			if !whole && f.min != 0 {
				panic(fmt.Sprintf("%s: setting %s: fractions begin at 0", t, name))
			}
		} else if k := s.Type.Kind(); k != reflect.String && k != reflect.Bool && s.Type != reflect.TypeFor[[]string]() && s.Type != reflect.TypeFor[map[string]string]() {
			panic(fmt.Sprintf("%s: setting %s has the type %s, which a setting cannot have", t, name, s.Type))
		}
		if f.isFamily() != (s.Type == reflect.TypeFor[map[string]string]()) {
			panic(fmt.Sprintf("%s: setting %s: a name that ends in a dot is a map[string]string, and no other is", t, name))
		}
		list = append(list, f)
	}
	return list
}

func edge(t reflect.Type, name string, tag reflect.StructTag, which string) float64 {
	text, ok := tag.Lookup(which)
	if !ok && which == "min" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("%s: setting %s: %s is %q, which is no number", t, name, which, text))
	}
	return n
}

// Read gives the configuration. Validation, with the setting as field, when one is not known, missing, or none of its kind.
func (f Form[T]) Read(s Settings) (T, error) {
	known := []string{}
	for _, one := range f.fields() {
		known = append(known, one.name)
	}
	if err := s.Only(known...); err != nil {
		var none T
		return none, err
	}
	return f.part(s)
}

// part is Read among other settings.
func (f Form[T]) part(s Settings) (T, error) {
	var out, none T
	into := reflect.ValueOf(&out).Elem()
	for _, one := range f.fields() {
		if err := one.read(s, into.Field(one.index)); err != nil {
			return none, err
		}
	}
	return out, nil
}

func (f field) read(s Settings, into reflect.Value) error {
	fallback := f.tag.Get("default")
	if f.required() {
		if _, err := s.Required(f.name); err != nil {
			return err
		}
	}
	switch {
	case f.isFamily():
		into.Set(reflect.ValueOf(s.Below(f.name)))
		return nil
	case f.kind.Kind() == reflect.Slice:
		into.Set(reflect.ValueOf(s.List(f.name)))
		return nil
	case f.kind.Kind() == reflect.Bool:
		on, err := s.Bool(f.name, fallback == "true")
		into.SetBool(on)
		return err
	case f.kind.Kind() == reflect.String:
		text := s.Text(f.name, fallback)
		if only := f.values("oneof"); len(only) > 0 && text != "" {
			i := slices.IndexFunc(only, func(v string) bool { return strings.EqualFold(v, strings.TrimSpace(text)) })
			if i < 0 {
				return errs.Invalid(f.name, "Setting %s must be %s.", f.name, choice(only))
			}
			text = only[i]
		}
		into.SetString(text)
		return nil
	}
	return f.readNumber(s, fallback, into)
}

func (f field) readNumber(s Settings, fallback string, into reflect.Value) error {
	_, whole := f.isNumber()
	if !whole {
		otherwise, _ := strconv.ParseFloat(fallback, 64)
		n, err := s.Number(f.name, otherwise, f.max)
		if f.kind == durationType {
			into.SetInt(int64(n * float64(time.Second)))
		} else {
			into.SetFloat(n)
		}
		return err
	}
	otherwise, _ := strconv.Atoi(fallback)
	n, err := s.Int(f.name, otherwise, int(f.min), int(f.max))
	if f.kind == durationType {
		n *= int(time.Second)
	}
	into.SetInt(int64(n))
	return err
}

func (f field) values(tag string) []string {
	if text := f.tag.Get(tag); text != "" {
		return strings.Split(text, ",")
	}
	return nil
}

// choice writes "a, b or c".
func choice(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
}

// Secrets are the names of the settings that are sealed.
func (f Form[T]) Secrets() []string {
	var names []string
	for _, one := range f.fields() {
		if one.isSecret() {
			names = append(names, one.name)
		}
	}
	return names
}

// property is one setting in a JSON schema; the order of the fields is that of the text.
type property struct {
	Type        string    `json:"type"`
	Format      string    `json:"format,omitempty"`
	WriteOnly   bool      `json:"writeOnly,omitempty"`
	Title       string    `json:"title,omitempty"`
	Default     any       `json:"default,omitempty"`
	Enum        []string  `json:"enum,omitempty"`
	Items       *property `json:"items,omitempty"`
	Further     *property `json:"additionalProperties,omitempty"`
	Minimum     *float64  `json:"minimum,omitempty"`
	Maximum     *float64  `json:"maximum,omitempty"`
	Description string    `json:"description,omitempty"`
}

// Schema is the JSON schema of the settings, in the order of the fields. It panics when Check finds a mistake.
func (f Form[T]) Schema() json.RawMessage {
	if err := f.Check(); err != nil {
		panic(err)
	}
	var names bytes.Buffer
	required := []string{}
	for i, one := range f.fields() {
		if i > 0 {
			names.WriteByte(',')
		}
		if one.required() {
			required = append(required, one.name)
		}
		key, _ := json.Marshal(strings.TrimSuffix(one.name, "."))
		value := mustJSON(one.property())
		names.Write(key)
		names.WriteByte(':')
		names.Write(value)
	}
	whole := struct {
		Type       string          `json:"type"`
		Required   []string        `json:"required,omitempty"`
		Properties json.RawMessage `json:"properties"`
		Further    bool            `json:"additionalProperties"`
	}{"object", required, json.RawMessage("{" + names.String() + "}"), false}
	return mustJSON(whole)
}

// mustJSON writes what consists of texts and numbers only; < and > stay, since people read it.
func mustJSON(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

func (f field) property() property {
	p := property{Title: f.tag.Get("title"), Format: f.tag.Get("format"), Description: f.tag.Get("help"), WriteOnly: f.isSecret(),
		Enum: append(f.values("oneof"), f.values("known")...)}
	fallback, has := f.tag.Lookup("default")
	number, whole := f.isNumber()
	switch {
	case f.isFamily():
		p.Type = "object"
		if f.tag.Get("form") != "nested" {
			p.Further = &property{Type: "string"}
		}
	case f.kind.Kind() == reflect.Slice:
		p.Type, p.Items = "array", &property{Type: "string"}
	case f.kind.Kind() == reflect.Bool:
		p.Type, p.Default = "boolean", fallback == "true"
	case number:
		p.Type, p.Minimum, p.Maximum = "number", &f.min, &f.max
		if whole {
			p.Type = "integer"
		}
		if has {
			p.Default = json.RawMessage(fallback)
		}
	default:
		p.Type = "string"
		if has {
			p.Default = fallback
		}
	}
	return p
}

// Example is a connection in YAML: what is required with a value to replace, everything else as a comment with its default.
func (f Form[T]) Example(connectionPackage string) string {
	var b, secrets strings.Builder
	fmt.Fprintf(&b, "- identifier: Example\n  package: %q\n", connectionPackage)
	b.WriteString("  settings:")
	if !slices.ContainsFunc(f.fields(), func(f field) bool { return f.required() && !f.isSecret() }) {
		b.WriteString(" {}") // a key without a value would be null
	}
	b.WriteString("\n")
	for _, one := range f.fields() {
		to, value := &b, one.example()
		if one.isSecret() {
			to, value = &secrets, "env:WRIT_SECRET_"+strings.ToUpper(snake(one.name))
		}
		begin := "    # "
		if one.required() {
			begin = "    "
		}
		fmt.Fprintf(to, "%s%s: %s", begin, strings.TrimSuffix(one.name, "."), value)
		if help := one.tag.Get("help"); help != "" {
			fmt.Fprintf(to, " # %s", help)
		}
		to.WriteByte('\n')
	}
	if secrets.Len() > 0 {
		begin := "  # "
		if slices.ContainsFunc(f.fields(), func(f field) bool { return f.required() && f.isSecret() }) {
			begin = "  "
		}
		b.WriteString(begin + "secrets:\n" + secrets.String())
	}
	return b.String()
}

func (f field) example() string {
	text, ok := f.tag.Lookup("example")
	if !ok {
		text = f.tag.Get("default")
	}
	number, _ := f.isNumber()
	switch {
	case f.isFamily():
		return "{" + text + "}"
	case f.kind.Kind() == reflect.Slice:
		return "[" + text + "]"
	case number || f.kind.Kind() == reflect.Bool:
		return strings.TrimSpace(cmp.Or(text, "0"))
	}
	return strconv.Quote(text)
}

// snake writes connectionString as connection_String.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Check tells of every mistake in the tags; nil when there is none.
func (f Form[T]) Check() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	for _, one := range f.fields() {
		if r, _ := utf8.DecodeRuneInString(one.name); !unicode.IsLower(r) {
			return fmt.Errorf("setting %s: names begin in lower case", one.name)
		}
		fallback, has := one.tag.Lookup("default")
		if one.required() && has {
			return fmt.Errorf("setting %s is required and has a default", one.name)
		}
		if !has {
			continue
		}
		var out T
		s := Settings{Values: map[string]string{one.name: fallback}}
		if err := one.read(s, reflect.ValueOf(&out).Elem().Field(one.index)); err != nil {
			return fmt.Errorf("setting %s: its own default is refused: %w", one.name, err)
		}
	}
	return nil
}
