package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/server/errs"
	"writ/server/job"
	"writ/server/rolemodel"
)

// What a file writes as a map by name is a list in the API.

// NamedValue is one entry of a map of texts.
type NamedValue struct{ Name, Value string }

// NamedSecret says that a secret is set, and where it lies when it is a reference.
type NamedSecret struct {
	Name      string
	Reference *string // env:NAME or file:NAME; nil: it lies sealed in the database
}

// Values lists a map of texts by name.
func Values(m map[string]string) []*NamedValue {
	out := make([]*NamedValue, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, &NamedValue{name, m[name]})
	}
	return out
}

// SetValues makes a map of texts; nil stays nil: nothing was said.
func SetValues(m *map[string]string, list []*NamedValue) error {
	if list == nil {
		return nil
	}
	*m = make(map[string]string, len(list))
	for _, v := range list {
		(*m)[v.Name] = v.Value
	}
	return nil
}

// Criteria lists dimension criteria by dimension.
func Criteria(m map[string]Criterion) []*rolemodel.NamedCriterion {
	return rolemodel.Criteria(m).Named()
}

// SetCriteria makes dimension criteria.
func SetCriteria(m *map[string]Criterion, list []*rolemodel.NamedCriterion) error {
	if list == nil {
		return nil
	}
	*m = make(map[string]Criterion, len(list))
	for _, c := range list {
		(*m)[c.Dimension] = Criterion{Key: c.Key, Inherit: c.Inherit}
	}
	return nil
}

// Secrets lists which secrets are set, by name, without what they are.
func Secrets(m map[string]string) []*NamedSecret {
	out := make([]*NamedSecret, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		s := &NamedSecret{Name: name}
		if isReference(m[name]) {
			s.Reference = new(m[name])
		}
		out = append(out, s)
	}
	return out
}

// Options writes options of any kind as a JSON object.
func Options(m map[string]any) json.RawMessage {
	if m == nil {
		m = map[string]any{}
	}
	return jsonb(m)
}

// SetOptions reads options from a JSON object; nothing: none.
func SetOptions(m *map[string]any, raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return errs.Invalid("options", "The options are no JSON.").Because(err)
	}
	object, ok := plain(v).(map[string]any)
	if !ok {
		return errs.Invalid("options", "The options must be an object, by name.")
	}
	*m = object
	return nil
}

// TypedOptions reads those of a step's options that a struct of the job room has; nil: its type of task does not read them.
func TypedOptions[T any](s *Step) (*T, error) {
	if !job.Reads[T](s.Type) {
		return nil, nil
	}
	out := new(T)
	if err := json.Unmarshal(jsonb(s.Options), out); err != nil {
		return nil, fmt.Errorf("options of the step %s: %w", s.Task, err)
	}
	return out, nil
}

// SetTypedOptions adds options to those of a step; nothing, empty and false are not said. VALIDATION when the step says something else of one.
func SetTypedOptions[T any](s *Step, options *T) error {
	if options == nil {
		return nil
	}
	var said map[string]any
	if err := SetOptions(&said, jsonb(options)); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		before, there := optionNamed(s.Options, name)
		if there && !bytes.EqualFold(jsonb(before), jsonb(said[name])) { // words are read in any case
			return errs.Invalid("options."+name, "The step %s says the option %s twice, and differently. Leave it out of options.", s.Task, name)
		}
		if s.Options == nil {
			s.Options = map[string]any{}
		}
		if !there {
			s.Options[name] = said[name]
		}
	}
	return nil
}

// optionNamed finds an option by its name, which counts in any case.
func optionNamed(options map[string]any, name string) (any, bool) {
	for n, v := range options {
		if strings.EqualFold(n, name) {
			return v, true
		}
	}
	return nil, false
}

// plain turns the numbers of JSON into those of a file.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		n, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return n
	case map[string]any:
		for name, e := range v {
			v[name] = plain(e)
		}
	case []any:
		for i, e := range v {
			v[i] = plain(e)
		}
	}
	return v
}
