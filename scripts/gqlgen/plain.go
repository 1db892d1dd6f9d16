package main

import (
	"bytes"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

// plainFile holds what this plugin writes.
const plainFile = "plain.generated.go"

// plain generates, for each object type, a function that writes those of its fields that are plain, and makes gqlgen's own function of the
// type the one for all others.
type plain struct {
	objects []*codegen.Object // written
}

// Name implements plugin.Plugin.
func (*plain) Name() string { return "plain" }

// GenerateCode implements plugin.CodeGenerator.
func (p *plain) GenerateCode(data *codegen.Data) error {
	g := &generator{objects: map[string]*codegen.Object{}}
	var list []*codegen.Object
	for _, o := range data.Objects {
		if !o.Root && !o.Stream && !o.IsReserved() && !o.IsMap() && !strings.HasPrefix(o.Name, "__") {
			g.objects[o.Name] = o
			list = append(list, o)
		}
	}
	sort.Slice(list, func(i, k int) bool { return list[i].Name < list[k].Name })
	p.objects = list
	return templates.Render(templates.Options{
		PackageName: data.Config.Exec.Package, Filename: filepath.Join(data.Config.Exec.Dir(), plainFile), GeneratedHeader: true,
		Packages: data.Config.Packages, Data: list, Template: plainTemplate,
		Funcs: map[string]any{"plainFields": g.fields, "plainCode": g.code},
	})
}

// setAside renames gqlgen's function of each type, once gqlgen has written them.
func setAside(dir string, list []*codegen.Object) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.generated.go"))
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for _, o := range list {
		left[o.Name] = true
	}
	for _, file := range files {
		if filepath.Base(file) == plainFile {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		changed := text
		for _, o := range list {
			from := []byte("func (ec *executionContext) _" + o.Name + "(ctx context.Context, sel ast.SelectionSet, obj ")
			if bytes.Contains(changed, from) {
				delete(left, o.Name)
				changed = bytes.Replace(changed, from, []byte("func (ec *executionContext) slowly_"+o.Name+"(ctx context.Context, sel ast.SelectionSet, obj "), 1)
			}
		}
		if !bytes.Equal(changed, text) {
			if err := os.WriteFile(file, changed, 0o644); err != nil {
				return err
			}
		}
	}
	for name := range left {
		return fmt.Errorf("plain: gqlgen wrote no function _%s of the form this plugin knows: look at scripts/gqlgen/plain.go", name)
	}
	return nil
}

type generator struct{ objects map[string]*codegen.Object }

// plainField is a field that can be plain.
type plainField struct {
	Name string
	Code int
	Of   string
	Go   string // statements that write it; they end with a return of false where it is not plain after all
}

// fields are those of an object that can be plain.
func (g *generator) fields(o *codegen.Object) []plainField {
	var list []plainField
	for i, f := range o.Fields {
		if code, of := g.field(f); code != "" {
			list = append(list, plainField{Name: f.Name, Code: i + 1, Of: of, Go: code})
		}
	}
	return list
}

// code is there so that the template can print a field.
func (g *generator) code(f plainField) string { return f.Go }

func (g *generator) field(f *codegen.Field) (code, of string) {
	if len(f.Args) > 0 || f.HasDirectives() || f.IsReserved() || f.HasHaser || f.VOkFunc || f.MethodHasContext || f.Batch || f.IsMap() {
		return "", ""
	}
	of = g.objectOf(f.TypeReference)
	switch {
	case f.IsResolver:
		// A relation that the list may have brought: the method Brought<Field> gives it, nil when it did not.
		name := "Brought" + templates.ToGo(f.Name)
		if !gives(f.Object.Type, name, f.TypeReference.GO) {
			return "", ""
		}
		body := g.value("v", f.TypeReference, 0)
		if body == "" {
			return "", ""
		}
		return "v := obj." + name + "()\nif v == nil {\nreturn false\n}\n" + body, of
	case f.IsMethod() && f.NoErr:
		body := g.value("v", f.TypeReference, 0)
		if body == "" {
			return "", ""
		}
		return "v := obj." + f.GoFieldName + "()\n" + body, of
	case f.IsVariable():
		body := g.value("v", f.TypeReference, 0)
		if body == "" {
			return "", ""
		}
		return "v := obj." + f.GoFieldName + "\n" + body, of
	}
	return "", ""
}

// gives reports whether a type has a method without arguments that gives a value of another type.
func gives(t types.Type, name string, result types.Type) bool {
	m, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, nil, name)
	fn, ok := m.(*types.Func)
	if !ok {
		return false
	}
	sig := fn.Type().(*types.Signature)
	return sig.Params().Len() == 0 && sig.Results().Len() == 1 && types.Identical(sig.Results().At(0).Type(), result)
}

// objectOf is the name of the object type that a reference leads to; "": none.
func (g *generator) objectOf(t *config.TypeReference) string {
	if o := g.objects[t.Definition.Name]; o != nil && t.Definition.Kind == ast.Object {
		return o.Name
	}
	return ""
}

// value writes the statements for a value of a type; "": it is not plain.
func (g *generator) value(v string, t *config.TypeReference, depth int) string {
	if t.IsPtrToSlice() || t.IsPtrToIntf() || t.IsPtrToPtr() || t.IsContext || t.HasEnumValues() || t.IsMap() || t.IsOmittable {
		return ""
	}
	if t.IsSlice() {
		i, item := fmt.Sprintf("i%d", depth), fmt.Sprintf("v%d", depth)
		body := g.value(item, t.Elem(), depth+1)
		if body == "" {
			return ""
		}
		list := fmt.Sprintf("w.Raw(\"[\")\nfor %s, %s := range %s {\nw.Item(%s)\n%s}\nw.Raw(\"]\")\n", i, item, v, i, body)
		if t.GQL.NonNull {
			return list
		}
		return fmt.Sprintf("if %s == nil {\nw.Raw(\"null\")\n} else {\n%s}\n", v, list)
	}
	body := g.one(v, t)
	if body == "" || !t.IsNilable() {
		return body
	}
	if t.GQL.NonNull {
		return fmt.Sprintf("if %s == nil {\nreturn false\n}\n%s", v, body)
	}
	return fmt.Sprintf("if %s == nil {\nw.Raw(\"null\")\n} else {\n%s}\n", v, body)
}

// one writes the statements for a value that is there.
func (g *generator) one(v string, t *config.TypeReference) string {
	if of := g.objectOf(t); of != "" && !t.IsMarshaler && t.Marshaler == nil {
		if !t.IsNilable() {
			v = "&" + v
		}
		return fmt.Sprintf("if !plain%s(w, f.Below, %s) {\nreturn false\n}\n", of, v)
	}
	if t.IsMarshaler {
		return fmt.Sprintf("%s.MarshalGQL(w)\n", v)
	}
	if t.Marshaler == nil {
		return ""
	}
	switch {
	case t.IsTargetNilable() && !t.IsNilable():
		v = "&" + v
	case !t.IsTargetNilable() && t.IsNilable():
		v = "*" + v
	}
	if t.CastType != nil {
		v = fmt.Sprintf("%s(%s)", templates.CurrentImports.LookupType(t.CastType), v)
	}
	switch name := t.Marshaler.FullName(); name {
	case "writ/graph/scalar.MarshalString", "github.com/99designs/gqlgen/graphql.MarshalString":
		return fmt.Sprintf("w.String(%s)\n", v)
	case "github.com/99designs/gqlgen/graphql.MarshalInt", "github.com/99designs/gqlgen/graphql.MarshalInt32", "github.com/99designs/gqlgen/graphql.MarshalInt64":
		return fmt.Sprintf("w.Int(int64(%s))\n", v)
	case "github.com/99designs/gqlgen/graphql.MarshalBoolean":
		return fmt.Sprintf("w.Bool(%s)\n", v)
	case "writ/graph/scalar.MarshalID":
		return fmt.Sprintf("w.ID(%s)\n", v)
	case "writ/graph/scalar.MarshalDateTime":
		return orNull(t, fmt.Sprintf("w.Time(%s)", v))
	}
	call := templates.CurrentImports.Lookup(t.Marshaler.Pkg().Path())
	if call != "" {
		call += "."
	}
	return orNull(t, fmt.Sprintf("w.Marshal(%s%s(%s))", call, t.Marshaler.Name(), v))
}

// orNull writes null where a marshaler gives it and the schema allows it.
func orNull(t *config.TypeReference, call string) string {
	if t.GQL.NonNull {
		return fmt.Sprintf("if !%s {\nreturn false\n}\n", call)
	}
	return fmt.Sprintf("if !%s {\nw.Raw(\"null\")\n}\n", call)
}

const plainTemplate = `
{{ reserveImport "context" }}
{{ reserveImport "github.com/vektah/gqlparser/v2/ast" }}
{{ reserveImport "github.com/99designs/gqlgen/graphql" }}
{{ reserveImport "writ/graph/plain" }}

// plainTypes says which fields of which types are plain.
var plainTypes = plain.Types{
{{- range $o := . }}
	{{ $o.Name | quote }}: {Implementors: {{ $o.Name | lcFirst }}Implementors, Fields: map[string]plain.Field{
	{{- range $f := plainFields $o }}
		{{ $f.Name | quote }}: {Code: {{ $f.Code }}{{ if $f.Of }}, Of: {{ $f.Of | quote }}{{ end }}},
	{{- end }}
	}},
{{- end }}
}

{{- range $o := . }}

func (ec *executionContext) _{{ $o.Name }}(ctx context.Context, sel ast.SelectionSet, obj {{ $o.Reference | ref }}) graphql.Marshaler {
	if s := plainTypes.Plan(ctx, ec.OperationContext, sel, {{ $o.Name | quote }}); s != nil {
		if m := plain.Make(func(w *plain.Writer) bool { return plain{{ $o.Name }}(w, s, obj) }); m != nil {
			return m
		}
	}
	return ec.slowly_{{ $o.Name }}(ctx, sel, obj)
}

func plain{{ $o.Name }}(w *plain.Writer, s *plain.Selection, obj {{ $o.Reference | ref }}) bool {
	w.Raw("{")
	for i := range s.Fields {
		f := &s.Fields[i]
		w.Key(i, f)
		switch f.Code {
		case 0:
			w.Raw({{ printf "%q" $o.Name | quote }})
		{{- range $f := plainFields $o }}
		case {{ $f.Code }}: // {{ $f.Name }}
			{{ plainCode $f }}
		{{- end }}
		}
	}
	w.Raw("}")
	return true
}
{{- end }}
`
