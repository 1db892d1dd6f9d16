package manifest

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
)

// Action is what applying would do to one object.
type Action string

const (
	Create Action = "CREATE"
	Update Action = "UPDATE"
	Delete Action = "DELETE"
)

// Change is one object that would be written.
type Change struct {
	Action     Action
	Kind       string
	Identifier string
	Fields     []Field
}

// Field is one difference; nil Before: added, nil After: removed.
type Field struct {
	Path          string
	Before, After *string
}

// Compare tells what applying wanted over current would change, in the order of application. Secrets show as "***".
func Compare(current, wanted *Manifest) []Change {
	return compare(current, wanted.normalised().completed(current))
}

func compare(current, wanted *Manifest) []Change {
	have := map[string]object{}
	for _, o := range current.objects() {
		have[o.key()] = o
	}
	var out []Change
	for _, o := range wanted.objects() {
		after := flatten(o.content)
		before, action := map[string]string{}, Create
		if h, ok := have[o.key()]; ok {
			before, action = flatten(h.content), Update
		}
		fields := differences(before, after, o.content)
		if len(fields) > 0 || action == Create {
			out = append(out, Change{Action: action, Kind: o.kind, Identifier: o.identifier, Fields: fields})
		}
	}
	for _, o := range wanted.going(current) {
		out = append(out, Change{Action: Delete, Kind: o.kind, Identifier: o.identifier, Fields: differences(flatten(o.content), nil, o.content)})
	}
	return out
}

func differences(before, after map[string]string, content any) []Field {
	shown := func(path, value string) *string {
		if isSecret(path, content) {
			value = "***"
		}
		return &value
	}
	var out []Field
	for p, a := range after {
		if b, ok := before[p]; !ok {
			out = append(out, Field{Path: p, After: shown(p, a)})
		} else if a != b {
			out = append(out, Field{Path: p, Before: shown(p, b), After: shown(p, a)})
		}
	}
	for p, b := range before {
		if _, ok := after[p]; !ok {
			out = append(out, Field{Path: p, Before: shown(p, b)})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

// flatten turns an object into path -> value, through its YAML form, so that what is compared is what would be written.
func flatten(content any) map[string]string {
	raw, err := yaml.Marshal(content)
	if err != nil {
		panic(fmt.Errorf("marshal a manifest object: %w", err)) // plain structs of ours
	}
	var tree any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		panic(fmt.Errorf("read back a manifest object: %w", err))
	}
	out := map[string]string{}
	walk("", tree, out)
	return out
}

func walk(path string, v any, out map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			walk(join(path, k), e, out)
		}
	case []any:
		names := make([]string, len(v))
		seen := map[string]int{}
		for i, e := range v {
			name := label(i, e)
			if seen[name]++; seen[name] > 1 {
				name += "#" + fmt.Sprint(seen[name])
			}
			names[i] = name
			walk(join(path, name), e, out)
		}
		if ordered.MatchString(path) && len(names) > 0 {
			out[join(path, "order")] = strings.Join(names, ", ")
		}
	case nil:
	default:
		out[path] = fmt.Sprint(v)
	}
}

// ordered are the lists of named elements whose order means something: what runs first, what stands first on a page.
var ordered = regexp.MustCompile(`^(steps|properties)$`)

// label names a list element by its identifier where it has one, so that a moved element is not a change.
func label(i int, e any) string {
	if m, ok := e.(map[string]any); ok {
		for _, k := range []string{"identifier", "task", "permission", "profile"} {
			if id, ok := m[k]; ok {
				return fmt.Sprint(id)
			}
		}
	}
	return fmt.Sprint(i)
}

func join(path, k string) string {
	if path == "" {
		return k
	}
	return path + "." + k
}
