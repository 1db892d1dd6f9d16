package manifest

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	graphql "github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

var rewrite = flag.Bool("update", false, "write generated files")

// The API of configuration is generated from the declarations: types and mutations (graph/schema/configuration.graphqls), which Go type
// each is (a part of graph/gqlgen.yml), and the resolvers, of one line each. `npm run gen` writes them.
func TestAPIOfConfigurationIsUpToDate(t *testing.T) {
	t.Parallel()
	g := newAPI(t)
	g.resolvers["queryResolver.Configuration"] = resolver{head: "func (r *queryResolver) Configuration(", body: "return r.Manifest.Configuration(ctx)",
		text: "func (r *queryResolver) Configuration(ctx context.Context) (*manifest.Configuration, error) {\n\treturn r.Manifest.Configuration(ctx)\n}"}
	g.order = append(g.order, "queryResolver.Configuration")
	for _, k := range kinds() {
		g.kind(k)
	}
	for _, list := range g.words {
		require.NotEmpty(t, vocabulary()[list], "no list of words is called %s: write it into the declaration of its kind", list)
	}
	g.file(t, "../../graph/schema/configuration.graphqls", g.schema())
	g.file(t, "../../graph/testdata/rights_configuration.txt", g.rightsOfFields(t))
	const yml = "../../graph/gqlgen.yml"
	raw, err := os.ReadFile(yml)
	require.NoError(t, err)
	before, _, found := strings.Cut(string(raw), beginGenerated)
	require.True(t, found)
	g.file(t, yml, before+beginGenerated+g.models.String())
	const resolvers = "../../graph/configuration.resolvers.go"
	raw, err = os.ReadFile(resolvers)
	if err != nil {
		require.True(t, *rewrite, "%v", err)
		raw = []byte("package graph\n\nimport (\n\t\"context\"\n\t\"encoding/json\"\n\t\"writ/server/manifest\"\n\t\"writ/server/page\"\n)\n")
	}
	text := string(raw)
	for _, name := range g.order {
		if !strings.Contains(text, g.resolvers[name].head) {
			require.True(t, *rewrite, "%s has no %s: run npm run gen", resolvers, g.resolvers[name].head)
			text += "\n" + g.resolvers[name].text + "\n"
		}
		require.Contains(t, text, g.resolvers[name].body, "the resolver %s says something else", name)
	}
	if *rewrite {
		require.NoError(t, os.WriteFile(resolvers, []byte(text), 0o644))
	}
}

const beginGenerated = "  # Generated from the kinds of server/manifest, to the end.\n"

// api gathers what is generated.
type api struct {
	docs      map[string]string // struct or struct.Field -> what its comment says
	done      map[reflect.Type]bool
	types     bytes.Buffer
	query     bytes.Buffer
	save      bytes.Buffer
	kindEnum  bytes.Buffer
	mutations bytes.Buffer
	inputs    bytes.Buffer
	models    bytes.Buffer
	words     []string
	resolvers map[string]resolver
	order     []string
}

type resolver struct{ head, body, text string }

func newAPI(t *testing.T) *api {
	t.Helper()
	g := &api{docs: map[string]string{}, done: map[reflect.Type]bool{}, resolvers: map[string]resolver{}}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	of, err := filepath.Glob("../rolemodel/*.go") // what a file writes as its room keeps it
	require.NoError(t, err)
	for _, name := range append(of, files...) {
		f, err := goparser.ParseFile(token.NewFileSet(), name, nil, goparser.ParseComments)
		require.NoError(t, err)
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				if s, ok := spec.(*ast.TypeSpec); ok {
					g.note(s, gen.Doc)
				}
			}
		}
	}
	return g
}

func (g *api) note(s *ast.TypeSpec, doc *ast.CommentGroup) {
	fields, ok := s.Type.(*ast.StructType)
	if !ok {
		return
	}
	g.docs[s.Name.Name] = line(doc)
	for _, f := range fields.Fields.List {
		for _, n := range f.Names {
			g.docs[s.Name.Name+"."+n.Name] = line(f.Doc)
		}
	}
}

func line(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }

func (g *api) file(t *testing.T, path, want string) {
	t.Helper()
	if *rewrite {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "%s is out of date: run npm run gen", path)
}

func (g *api) kind(k kind) {
	about := k.about()
	t := listOf(&Manifest{}, k).Type().Elem()
	upper := strings.ToUpper(about.name[:1]) + about.name[1:]
	list := strings.ToUpper(about.list[:1]) + about.list[1:]
	people := strings.ToLower(words(upper))
	name := t.Name() + "Configuration"
	g.struct_(t, true)
	fmt.Fprintf(&g.kindEnum, "  %q\n  %s\n", article(people)+".", upperSnake(about.name))
	fmt.Fprintf(&g.query, `  "Those of the kind %s, by identifier; null with the error FORBIDDEN for who may not read them."
  %s(
    "How many, 0 to 500; 50 when left out."
    first: Int
    "Cursor of the last row of the page before; null: the first page."
    after: String
    "Only these; null: all."
    identifiers: [String!]
  ): %sConnection
`, people, about.list, name)
	fmt.Fprintf(&g.save, "  %q\n  %s: [%sInput!]\n", "Objects of the kind "+people+" to write.", about.list, name)
	fmt.Fprintf(&g.inputs, `
"""An object of the kind %[1]s to write."""
input Save%[2]sInput {
  "The object as it shall be: what is left out gets its default."
  %[3]s: %[4]sInput!
  "Version that was read: CONFLICT when the object is at another one by now. \"0\": it must not exist yet. Null: not looked at."
  version: String
  "Tells what would happen and writes nothing. Default false."
  dryRun: Boolean
}
`, people, upper, about.name, name)
	fmt.Fprintf(&g.mutations, `  "Writes an object of the kind %[1]s, new or in place of the one with its identifier. Needs the right to write such objects; a dry run needs that to read them. VALIDATION says object, field and what to do; CONFLICT: it is at another version, or takes what belongs to another object."
  save%[2]s(
    "What to do."
    input: Save%[2]sInput!
  ): ConfigurationPayload!
  "Deletes an object of the kind %[1]s; one that is not there is gone already. CONFLICT: it is at another version, or others need it, which are named."
  delete%[2]s(
    "What to do."
    input: DeleteConfigurationInput!
  ): ConfigurationPayload!
`, people, upper)
	fmt.Fprintf(&g.models, "  Save%sInput:\n    model: writ/server/manifest.Save%sInput\n    fields:\n      %s:\n        fieldName: Object\n", upper, upper, about.name)
	g.resolve("configurationResolver", list, "obj *manifest.Configuration, first *int, after *string, identifiers []string", "*page.Connection[*manifest."+t.Name()+"]",
		fmt.Sprintf("manifest.List[manifest.%s](ctx, r.Manifest, %q, page.Of(first, after), identifiers)", t.Name(), about.name))
	g.resolve("mutationResolver", "Save"+upper, fmt.Sprintf("input manifest.SaveInput[manifest.%s]", t.Name()), "*manifest.ConfigurationPayload",
		fmt.Sprintf("manifest.SaveOne(ctx, r.Manifest, %q, input)", about.name))
	g.resolve("mutationResolver", "Delete"+upper, "input manifest.DeleteConfigurationInput", "*manifest.ConfigurationPayload",
		fmt.Sprintf("r.Manifest.DeleteOne(ctx, %q, input)", about.name))
}

func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "An " + noun
	}
	return "A " + noun
}

func (g *api) resolve(receiver, method, args, result, call string) {
	r := resolver{head: fmt.Sprintf("func (r *%s) %s(", receiver, method), body: "return " + call}
	if result != "error" {
		result = "(" + result + ", error)"
	}
	r.text = fmt.Sprintf("%sctx context.Context, %s) %s {\n\t%s\n}", r.head, args, result, r.body)
	g.resolvers[receiver+"."+method] = r
	g.order = append(g.order, receiver+"."+method)
}

// rightsOfFields is the part of the list of rights that the declarations say: who may read and write the objects of a kind; what stands in one is seen
// by who has it.
func (g *api) rightsOfFields(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("# Written by npm run gen from the rights of the kinds in server/manifest. See rights.txt for what a line says.\n\n")
	for _, k := range kinds() {
		about := k.about()
		upper := strings.ToUpper(about.name[:1]) + about.name[1:]
		fmt.Fprintf(&out, "Configuration %s: %s\nMutation %s: save%s delete%s\n", about.rights.query, about.list, about.rights.update, upper, upper)
	}
	types, err := parser.ParseSchema(&graphql.Source{Input: g.types.String()})
	require.NoError(t, err)
	for _, d := range types.Definitions {
		if d.Kind != graphql.Object {
			continue
		}
		fmt.Fprintf(&out, "%s with:", d.Name)
		for _, f := range d.Fields {
			out.WriteString(" " + f.Name)
		}
		out.WriteString("\n")
	}
	return out.String()
}

// struct_ writes the output and the input type of a struct, and those inside it.
func (g *api) struct_(t reflect.Type, whole bool) {
	if g.done[t] {
		return
	}
	g.done[t] = true
	name := t.Name() + "Configuration"
	resolver := strings.ToLower(name[:1]) + name[1:]
	var out, in, outFields, inFields, typedIn bytes.Buffer
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() {
			continue
		}
		says := g.docs[t.Name()+"."+f.Name]
		if text := f.Tag.Get("default"); text != "" && text[0] != '=' && !strings.Contains(says, "Default: ") {
			if f.Tag.Get("words") != "" {
				text = upperSnake(text)
			}
			says += " Default: " + text + "."
		}
		fieldName := nameInFile(f)
		of := g.field(f)
		if of.out != "" {
			fmt.Fprintf(&out, "  %q\n  %s: %s%s\n", says, fieldName, of.out, deprecated(of))
		}
		fmt.Fprintf(&in, "  %q\n  %s: %s%s\n", says, fieldName, of.in, deprecated(of))
		method := strings.ToUpper(fieldName[:1]) + fieldName[1:]
		if of.read != "" {
			fmt.Fprintf(&outFields, "      %s:\n        resolver: true\n", fieldName)
			g.resolve(resolver+"Resolver", method, "obj *manifest."+t.Name(), of.item, fmt.Sprintf("manifest.%s(obj.%s), nil", of.read, f.Name))
		}
		for _, group := range typedOptions {
			if of.read != "Options" {
				break
			}
			fmt.Fprintf(&out, "  %q\n  %s: %s\n", group.says+"; null: its type of task does not read them.", group.field, group.of)
			fmt.Fprintf(&in, "  %q\n  %s: %sInput\n", group.says+".", group.field, group.of)
			method := strings.ToUpper(group.field[:1]) + group.field[1:]
			fmt.Fprintf(&outFields, "      %s:\n        resolver: true\n", group.field)
			fmt.Fprintf(&typedIn, "      %s:\n        resolver: true\n", group.field)
			g.resolve(resolver+"Resolver", method, "obj *manifest."+t.Name(), "*job."+group.of, fmt.Sprintf("manifest.TypedOptions[job.%s](obj)", group.of))
			g.resolve(resolver+"InputResolver", method, fmt.Sprintf("obj *manifest.%s, data *job.%s", t.Name(), group.of), "error", "manifest.SetTypedOptions(obj, data)")
		}
		if of.write != "" {
			fmt.Fprintf(&inFields, "      %s:\n        resolver: true\n", fieldName)
			g.resolve(resolver+"InputResolver", method, fmt.Sprintf("obj *manifest.%s, data %s", t.Name(), of.writeItem), "error", fmt.Sprintf("manifest.%s(&obj.%s, data)", of.write, f.Name))
		}
	}
	says := g.says(t.Name())
	for _, verb := range []string{"Is ", "Says ", "Gives ", "Turns ", "Computes ", "Puts ", "Looks ", "Of ", "Names ", "Narrows ", "Shifts "} {
		if strings.HasPrefix(says, verb) {
			says = t.Name() + " " + strings.ToLower(verb[:1]) + says[1:]
		}
	}
	if whole {
		fmt.Fprintf(&out, "  %q\n  version: String!\n", "Names this content: give it back to save or delete what you read. Whatever changes the object, changes it.")
		fmt.Fprintf(&outFields, "      version:\n        resolver: true\n")
		g.resolve(resolver+"Resolver", "Version", "obj *manifest."+t.Name(), "string", "manifest.VersionOf(obj), nil")
		fmt.Fprintf(&g.types, `
"""One page of a list."""
type %[1]sConnection {
  "The rows."
  nodes: [%[1]s!]!
  "Whether there is more, and where to continue."
  pageInfo: PageInfo!
  "Rows of the whole list."
  totalCount: Int!
  "The list is longer than 10,000 rows, and totalCount is an estimate of the database."
  totalCountIsEstimate: Boolean!
}
`, name)
		fmt.Fprintf(&g.models, "  %[1]sConnection:\n    model: writ/server/manifest.%[1]sConnection\n", name)
	}
	fmt.Fprintf(&g.types, "\n\"\"\"%s\"\"\"\ntype %s {\n%s}\n\n\"\"\"%s\"\"\"\ninput %sInput {\n%s}\n", says, name, out.String(), says, name, in.String())
	inFields.Write(typedIn.Bytes())
	for i, suffix := range []string{"", "Input"} {
		fields := []*bytes.Buffer{&outFields, &inFields}[i]
		fmt.Fprintf(&g.models, "  %s%s:\n    model: writ/server/manifest.%s\n", name, suffix, t.Name())
		if fields.Len() > 0 {
			fmt.Fprintf(&g.models, "    fields:\n%s", fields.String())
		}
	}
}

// says is the comment of a struct without its name.
func (g *api) says(name string) string {
	_, rest, _ := strings.Cut(g.docs[name], " ")
	return strings.ToUpper(rest[:1]) + rest[1:]
}

// deprecated tells of options as JSON that they have types now.
func deprecated(of typed) string {
	if of.read != "Options" {
		return ""
	}
	return ` @deprecated(reason: "Use the typed options beside it.")`
}

// typedOptions are the types that graph/schema/job.graphqls has for the options of steps.
var typedOptions = []struct{ field, of, says string }{
	{"common", "CommonOptions", "Options of every type of task"},
	{"synchronization", "SynchronizationOptions", "Options of the tasks that read a connector"},
	{"roleModel", "RoleModelOptions", "Options of COMPUTE_ROLE_MODEL"},
	{"orders", "OrderOptions", "Options of GENERATE_PROVISIONING_ORDERS and FULFILL"},
}

// typed is how a field looks in the API.
type typed struct{ out, in, read, item, write, writeItem string }

func (g *api) field(f reflect.StructField) typed {
	t, pointer := f.Type, f.Type.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	_, said := f.Tag.Lookup("default")
	must := func(name string, required bool) typed {
		out, in := name+"!", name
		if pointer && !said {
			out = name
		}
		if required {
			in += "!"
		}
		return typed{out: out, in: in}
	}
	required := !strings.Contains(f.Tag.Get("yaml"), "omitempty")
	secret := f.Tag.Get("secret") == "true"
	switch {
	case t.Kind() == reflect.Struct:
		g.struct_(t, false)
		of := must(t.Name()+"Configuration", required)
		of.in = strings.Replace(of.in, "Configuration", "ConfigurationInput", 1)
		return of
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		g.struct_(t.Elem(), false)
		in := fmt.Sprintf("[%sConfigurationInput!]", t.Elem().Name())
		if required {
			in += "!"
		}
		return typed{out: fmt.Sprintf("[%sConfiguration!]!", t.Elem().Name()), in: in}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Int:
		return typed{out: "[Int!]!", in: "[Int!]"}
	case t.Kind() == reflect.Slice:
		return typed{out: "[String!]!", in: "[String!]"}
	case t == reflect.TypeFor[map[string]Criterion]():
		return typed{out: "[CriterionConfiguration!]!", in: "[CriterionConfigurationInput!]", read: "Criteria", item: "[]*rolemodel.NamedCriterion", write: "SetCriteria", writeItem: "[]*rolemodel.NamedCriterion"}
	case t == reflect.TypeFor[map[string]string]() && secret:
		return typed{out: "[SecretConfiguration!]!", in: "[NamedValueInput!]", read: "Secrets", item: "[]*manifest.NamedSecret", write: "SetValues", writeItem: "[]*manifest.NamedValue"}
	case t == reflect.TypeFor[map[string]string]():
		return typed{out: "[NamedValue!]!", in: "[NamedValueInput!]", read: "Values", item: "[]*manifest.NamedValue", write: "SetValues", writeItem: "[]*manifest.NamedValue"}
	case t.Kind() == reflect.Map:
		return typed{out: "JSON!", in: "JSON", read: "Options", item: "json.RawMessage", write: "SetOptions", writeItem: "json.RawMessage"}
	case f.Tag.Get("words") != "":
		if !slices.Contains(g.words, f.Tag.Get("words")) {
			g.words = append(g.words, f.Tag.Get("words"))
		}
		return must(f.Tag.Get("words"), required && !said)
	case t.Kind() == reflect.Bool:
		return must("Boolean", false)
	case t.Kind() == reflect.Int:
		return must("Int", false)
	case t.Kind() == reflect.Float64:
		return must("Float", false)
	case secret:
		return typed{in: "String"}
	}
	return must("String", required)
}

// there are enums that the schema has already, with the same values.
var thereAlready = []string{"ConnectorMode", "PropertyType", "TaskType"}

func (g *api) schema() string {
	var out bytes.Buffer
	out.WriteString(`# Generated from the kinds of server/manifest: run npm run gen.

"""Kinds of configuration objects."""
enum ConfigurationKind {
` + g.kindEnum.String() + `}
`)
	for _, list := range g.words {
		if slices.Contains(thereAlready, list) {
			continue
		}
		fmt.Fprintf(&out, "\n\"\"\"Kinds of %s.\"\"\"\nenum %s {\n", strings.ToLower(words(list)), list)
		for _, w := range vocabulary()[list] {
			if w.name == "" {
				continue // a number that is not used
			}
			fmt.Fprintf(&out, "  %q\n  %s\n", w.says, upperSnake(w.name))
		}
		out.WriteString("}\n")
		fmt.Fprintf(&g.models, "  %s:\n    model: writ/graph/scalar.Word\n", list)
	}
	out.WriteString("\n\"\"\"What a rule of a resource type computes (role-model 2.6 to 2.8, 5.2).\"\"\"\nenum RuleKind {\n")
	for _, k := range ruleKinds() {
		lists, _ := reflect.TypeOf(k).FieldByName("in")
		fmt.Fprintf(&out, "  %q\n  %s\n", g.says(lists.Type.Out(0).Elem().Elem().Name()), k.of())
	}
	out.WriteString("}\n")
	out.WriteString(g.types.String())
	out.WriteString(`
"""The configuration in force, as it is written: what is read here is what a save takes. Secrets never come out."""
type Configuration {
` + g.query.String() + `}

"""Objects to write, by kind."""
input ConfigurationInput {
` + g.save.String() + `}
`)
	out.WriteString(g.inputs.String())
	out.WriteString(`
extend type Query {
  "The configuration in force, kind by kind."
  configuration: Configuration!
}

extend type Mutation {
` + g.mutations.String() + `}
`)
	return out.String()
}
