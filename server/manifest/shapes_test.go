package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The pages edit whatever is declared here without knowing a kind: which fields it has, of which form, with which bounds, words and references.
// `npm run gen` writes that beside the editor.
func TestShapesOfPagesAreUpToDate(t *testing.T) {
	t.Parallel()
	g := newAPI(t)
	s := &shapes{api: g, structs: map[string][]fieldShape{}, words: map[string][]string{}}
	var list []kindShape
	for _, k := range kinds() {
		if about := k.about(); about.rights == ofModel || slices.Contains([]string{"dimension", "propertyExpression", "identityProvider"}, about.name) {
			of := listOf(&Manifest{}, k).Type().Elem()
			s.add(of)
			list = append(list, kindShape{Name: about.name, List: about.list, Of: of.Name(), Word: strings.ToLower(words(about.name)), Title: titled(about.list), OfAccess: about.rights == ofAccess})
		}
	}
	var out strings.Builder
	out.WriteString("// Written by npm run gen from the declarations of server/manifest.\n\nimport type { FieldShape, KindShape } from './shape'\n\n")
	fmt.Fprintf(&out, "export const kindShapes: KindShape[] = [\n")
	for _, k := range list {
		fmt.Fprintf(&out, "  %s,\n", literal(k))
	}
	fmt.Fprintf(&out, "]\n\nexport const structShapes: Record<string, FieldShape[]> = {\n")
	for _, name := range slices.Sorted(maps.Keys(s.structs)) {
		fmt.Fprintf(&out, "  %s: [\n", name)
		for _, f := range s.structs[name] {
			fmt.Fprintf(&out, "    %s,\n", literal(f))
		}
		fmt.Fprintf(&out, "  ],\n")
	}
	fmt.Fprintf(&out, "}\n\nexport const wordLists: Record<string, string[]> = {\n")
	for _, name := range slices.Sorted(maps.Keys(s.words)) {
		fmt.Fprintf(&out, "  %s: %s,\n", name, literal(s.words[name]))
	}
	out.WriteString("}\n")
	g.file(t, "../../frontend/src/features/rolemodel/shapes.generated.ts", out.String())
}

// kindShape is a kind of objects: what one is called, its list, the struct it is, and both as people say it.
type kindShape struct {
	Name  string `json:"name"`
	List  string `json:"list"`
	Of    string `json:"of"`
	Word  string `json:"word"`
	Title string `json:"title"`

	OfAccess bool `json:"ofAccess,omitempty"` // whoever may change access may change it
}

func titled(list string) string { return words(strings.ToUpper(list[:1]) + list[1:]) }

// fieldShape is one field as a form draws it. Of is the struct of a list or a part, Words the list of a word, Ref the table of a reference, Holds what a property must hold.
type fieldShape struct {
	Name     string `json:"name"`
	Type     string `json:"type"` // text, int, float, bool, word, criteria, values, texts, ints, list, part
	Of       string `json:"of,omitempty"`
	Words    string `json:"words,omitempty"`
	Ref      string `json:"ref,omitempty"`
	Holds    string `json:"holds,omitempty"`
	Required bool   `json:"required,omitempty"`
	Nullable bool   `json:"nullable,omitempty"`
	Default  string `json:"default,omitempty"`
	Min      string `json:"min,omitempty"`
	Max      string `json:"max,omitempty"`
	Secret   bool   `json:"secret,omitempty"` // it is written and never read
	Says     string `json:"says"`
}

type shapes struct {
	*api
	structs map[string][]fieldShape
	words   map[string][]string
}

func (s *shapes) add(t reflect.Type) {
	if s.structs[t.Name()] != nil {
		return
	}
	s.structs[t.Name()] = []fieldShape{}
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous {
			s.structs[t.Name()] = append(s.structs[t.Name()], s.shape(t, f))
		}
	}
}

func (s *shapes) shape(t reflect.Type, f reflect.StructField) fieldShape {
	of, pointer := f.Type, f.Type.Kind() == reflect.Pointer
	if pointer {
		of = of.Elem()
	}
	fallback, said := f.Tag.Lookup("default")
	x := fieldShape{
		Name: nameInFile(f), Ref: f.Tag.Get("ref"), Holds: f.Tag.Get("holds"), Default: fallback, Min: f.Tag.Get("min"), Max: f.Tag.Get("max"), Says: s.docs[t.Name()+"."+f.Name],
		Nullable: pointer && !said,
	}
	optional := strings.Contains(f.Tag.Get("yaml"), "omitempty")
	switch {
	case f.Tag.Get("words") != "":
		x.Type, x.Words = "word", f.Tag.Get("words")
		x.Default = upperSnake(fallback)
		for _, name := range names(x.Words) {
			s.words[x.Words] = append(s.words[x.Words][:len(s.words[x.Words]):len(s.words[x.Words])], upperSnake(name))
		}
		s.words[x.Words] = uniqueWords(s.words[x.Words])
	case of.Kind() == reflect.Struct:
		x.Type, x.Of = "part", of.Name()
		s.add(of)
	case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct:
		x.Type, x.Of = "list", of.Elem().Name()
		s.add(of.Elem())
	case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Int:
		x.Type = "ints"
	case of.Kind() == reflect.Slice:
		x.Type = "texts"
	case of == reflect.TypeFor[map[string]Criterion]():
		x.Type = "criteria"
	case of.Kind() == reflect.Map:
		x.Type = "values"
	case of.Kind() == reflect.Bool:
		x.Type = "bool"
	case of.Kind() == reflect.Int:
		x.Type = "int"
	case of.Kind() == reflect.Float64:
		x.Type = "float"
	default:
		x.Type, x.Required, x.Secret = "text", !optional, f.Tag.Get("secret") == "true"
	}
	return x
}

func uniqueWords(list []string) (out []string) {
	for _, w := range list {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// literal writes a value as TypeScript that the formatter of the pages leaves alone as far as lines go.
func literal(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// A field of a form must be one of those the pages can draw: a new form of field is thought of here first.
func TestEveryFieldHasAShape(t *testing.T) {
	t.Parallel()
	s := &shapes{api: newAPI(t), structs: map[string][]fieldShape{}, words: map[string][]string{}}
	for _, k := range kinds() {
		if k.about().rights == ofModel {
			s.add(listOf(&Manifest{}, k).Type().Elem())
		}
	}
	for name, list := range s.structs {
		for _, f := range list {
			require.NotEmpty(t, f.Says, "%s.%s says nothing: the form has no hint", name, f.Name)
		}
	}
}
