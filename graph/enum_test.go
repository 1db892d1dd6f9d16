package graph_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
	graphql "github.com/vektah/gqlparser/v2/ast"

	"writ/graph/scalar"
)

// Enums whose values are kept as texts of no type of their own, and where these are tied to the schema. Those of configuration.graphqls are
// generated from the words of server/manifest.
var tiedElsewhere = map[string]string{"ConnectorMode": "connector_mode_check, below"}

func isGenerated(d *graphql.Definition) bool {
	return strings.HasSuffix(d.Position.Src.Name, "configuration.graphqls") && d.Name != "RuleKind" // whose words are constants
}

// Values that the door adds to those of a room.
var besides = map[string][]string{"ErrorCode": {"INTERNAL"}} // of errors without a kind

// Closed lists of the database: the enum that shows each.
var stored = map[string]string{
	"connection.deactivated": "Deactivation", "connector.mode": "ConnectorMode", "delivery.mode": "DeliveryMode", "delivery.state": "DeliveryState",
	"delivery_change.command": "ChangeCommand", "gap.decision": "ReconciliationDecision", "job_instance.state": "JobInstanceState", "mail.state": "MailState", "mining_run.state": "MiningRunState", "redundancy_run.state": "RedundancyRunState", "mining_result.refused": "MiningRefusal", "order_line.action": "LineAction", "plan.state": "PlanState", "plan_item.kind": "PlanItemKind", "property.type": "PropertyType",
	"provisioning_order.kind": "OrderKind", "bulk_change.kind": "BulkKind", "bulk_change.decision": "BulkDecision", "bulk_change.state": "BulkState", "bulk_item.state": "BulkItemState", "resource_type_rule.kind": "RuleKind", "role.kind": "RoleKind", "row_to_mend.kind": "MendKind",
	"order_attempt.outcome": "AttemptOutcome", "outage.outcome": "AttemptOutcome",
	"provisioning_order.answer_outcome": "AttemptOutcome", "order_line.error_class": "ErrorClass", "provisioning_order.error_class": "ErrorClass",
	"order_line.wait_reason": "WaitReason", "provisioning_order.wait_reason": "WaitReason",
	"departure.state": "DepartureState", "departure_item.kind": "DepartureKind",
	"delegation.state": "DelegationState", "request.state": "RequestState", "request_item.state": "RequestState", "request_item.action": "RequestAction", "request_item.outcome": "RequestOutcome", "request_step.state": "RequestStepState", "request_decision.decision": "StepDecision", "request_comment.kind": "RequestCommentKind",
	"task_instance.state": "TaskInstanceState", "task_log.level": "LogLevel", "webhook_delivery.state": "WebhookDeliveryState",
}

// Closed lists of the database that nothing shows.
var storedUnseen = []string{"assigned_profile.origin", "assigned_role.origin", "assigned_role_version.origin", "resource.origin", "delivery_row.command", "request_handed.source", "request_candidate.source"}

// Each enum of the schema has the values of the constants of its Go type, in both directions, and of the constraint of the database where it is
// stored: a value that is added in one place and not in the others is found here, not by whoever gets an answer that his client cannot read.
func TestEnumsAreConstants(t *testing.T) {
	t.Parallel()
	schema, goTypes, words := mustSchema(t), goTypesOfEnums(t), constants(t)
	enums := map[string][]string{}
	for name, d := range schema.Types {
		if d.Kind != graphql.Enum || d.BuiltIn {
			continue
		}
		for _, v := range d.EnumValues {
			enums[name] = append(enums[name], v.Name)
		}
		slices.Sort(enums[name])
		if _, ok := tiedElsewhere[name]; ok || isGenerated(d) {
			continue
		}
		of := goTypes(name)
		require.NotEmpty(t, of, "the enum %s has no Go type: name one in graph/gqlgen.yml", name)
		require.NotEmpty(t, words[of], "%s, the Go type of the enum %s, has no constants", of, name)
		var got []string
		for _, w := range words[of] {
			got = append(got, upper(t, w))
		}
		got = append(got, besides[name]...)
		slices.Sort(got)
		require.Equal(t, slices.Compact(got), enums[name], "the constants of %s and the values of the enum %s", of, name)
	}

	require.Subset(t, words["job.TaskCounter"], words["synchronization.Counter"], "what a synchronization counts, a task shows")

	closed := closedLists(t)
	for column, list := range closed {
		if slices.Contains(storedUnseen, column) {
			continue
		}
		require.Contains(t, stored, column, "a closed list of the database: say in graph/enum_test.go which enum shows it")
		var got []string
		for _, w := range list {
			got = append(got, upper(t, w))
		}
		slices.Sort(got)
		require.Equal(t, got, enums[stored[column]], "%s and the enum %s", column, stored[column])
	}
	for _, column := range append(slices.Collect(maps.Keys(stored)), storedUnseen...) {
		require.Contains(t, closed, column, "the database has no closed list")
	}
}

// closedLists are the columns of the database that take the words of a list alone, by table.column; "none" stands for null.
func closedLists(t *testing.T) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile("../migrations/schema.sql")
	require.NoError(t, err)
	table, lists := "", map[string][]string{}
	begins := regexp.MustCompile(`^create table (\w+)`)
	closed := regexp.MustCompile(`CHECK \(\((\w+) = ANY \(ARRAY\[((?:'[A-Za-z_0-9]+'::text(?:, )?)+)\]\)\)\)`)
	for line := range strings.Lines(string(raw)) {
		if m := begins.FindStringSubmatch(line); m != nil {
			table = m[1]
		}
		m := closed.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, w := range regexp.MustCompile(`'(\w+)'`).FindAllStringSubmatch(m[2], -1) {
			if w[1] != "none" {
				lists[table+"."+m[1]] = append(lists[table+"."+m[1]], w[1])
			}
		}
	}
	return lists
}

// Columns that are written without a struct, or as plain texts by one, and the Go type whose constants they hold.
var wordColumns = map[string]string{
	"order_line.wait_reason": "evaluation.WaitReason", "provisioning_order.wait_reason": "evaluation.WaitReason", "order_line.error_class": "order.ErrorClass",
	"provisioning_order.error_class": "order.ErrorClass", "provisioning_order.answer_outcome": "order.AttemptOutcome", "order_attempt.outcome": "order.AttemptOutcome",
	"outage.outcome": "order.AttemptOutcome",
}

// What a task may be, the process says that is wired with its tasks: SaveJobs refuses others. Moves are guarded together with their states.
var openColumns = []string{"job_step.task_type", "task_instance.task_type", "order_line_history.action", "assignment_history.action"}

// Each column that a struct keeps in a type with constants is a closed list of the database, and so are those that are written without one: a
// word that nobody reads is found when it is written.
func TestWordColumnsHaveConstraints(t *testing.T) {
	t.Parallel()
	words, closed := constants(t), closedLists(t)
	of := maps.Clone(wordColumns)
	folders, err := filepath.Glob("../server/*")
	require.NoError(t, err)
	for _, dir := range folders {
		for _, f := range parsed(t, strings.TrimPrefix(dir, "../")) {
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.StructType)
				if ok {
					columnsOf(s, filepath.Base(dir), words, of)
				}
				return true
			})
		}
	}
	require.Greater(t, len(of), len(wordColumns)+10)
	for column, kind := range of {
		if slices.Contains(openColumns, column) {
			continue
		}
		require.Contains(t, closed, column, "it holds a %s: give it a check constraint of its words", kind)
		var want []string
		for _, w := range words[kind] {
			if w != "none" {
				want = append(want, w)
			}
		}
		require.ElementsMatch(t, want, closed[column], "the constraint of %s and the constants of %s", column, kind)
	}
}

// columnsOf adds the columns of a struct that is a row whose type has constants.
func columnsOf(s *ast.StructType, room string, words map[string][]string, to map[string]string) {
	table := ""
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		if m := regexp.MustCompile(`bun:"table:(\w+)`).FindStringSubmatch(f.Tag.Value); m != nil {
			table = m[1]
		}
	}
	for _, f := range s.Fields.List {
		of := f.Type
		if p, ok := of.(*ast.StarExpr); ok {
			of = p.X
		}
		kind := ""
		switch of := of.(type) {
		case *ast.Ident:
			kind = room + "." + of.Name
		case *ast.SelectorExpr:
			if x, ok := of.X.(*ast.Ident); ok {
				kind = x.Name + "." + of.Sel.Name
			}
		}
		if table == "" || len(words[kind]) == 0 {
			continue
		}
		for _, name := range f.Names {
			column := strings.ToLower(regexp.MustCompile(`([a-z0-9])([A-Z])`).ReplaceAllString(name.Name, "${1}_$2"))
			if f.Tag != nil {
				if m := regexp.MustCompile(`bun:"(\w+)`).FindStringSubmatch(f.Tag.Value); m != nil {
					column = m[1]
				}
			}
			if f.Tag == nil || !strings.Contains(f.Tag.Value, `bun:"-"`) && !strings.Contains(f.Tag.Value, "scanonly") {
				to[table+"."+column] = kind
			}
		}
	}
}

// upper writes a word as the schema spells it.
func upper(t *testing.T, word string) string {
	t.Helper()
	var b strings.Builder
	scalar.MarshalWord(word).MarshalGQL(&b)
	text, err := strconv.Unquote(b.String())
	require.NoError(t, err)
	return text
}

// goTypesOfEnums finds the Go type of an enum as the generator does: by gqlgen.yml, else the first bound package that has a type of that name.
// Of a pair of functions it is the type that they marshal.
func goTypesOfEnums(t *testing.T) func(enum string) string {
	t.Helper()
	raw, err := os.ReadFile("gqlgen.yml")
	require.NoError(t, err)
	var c struct {
		Autobind []string
		Models   map[string]struct{ Model any }
	}
	require.NoError(t, yaml.Unmarshal(raw, &c))
	marshalled := map[string]string{}
	for _, f := range parsed(t, "scalar") {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if name, is := strings.CutPrefix(nameOf(fn, ok), "Marshal"); is && len(fn.Type.Params.List) == 1 {
				if of, ok := fn.Type.Params.List[0].Type.(*ast.SelectorExpr); ok {
					marshalled[name] = of.X.(*ast.Ident).Name + "." + of.Sel.Name
				}
			}
		}
	}
	return func(enum string) string {
		var models []string
		switch m := c.Models[enum].Model.(type) {
		case string:
			models = []string{m}
		case []any:
			for _, one := range m {
				models = append(models, one.(string))
			}
		}
		for _, m := range models {
			if name, ok := strings.CutPrefix(m, "writ/graph/scalar."); ok && marshalled[name] != "" {
				return marshalled[name]
			} else if !ok {
				return strings.TrimPrefix(m, "writ/server/")
			}
		}
		for _, pkg := range c.Autobind {
			for _, f := range parsed(t, strings.TrimPrefix(pkg, "writ/")) {
				if o := f.Scope.Lookup(enum); o != nil && o.Kind == ast.Typ { //nolint:staticcheck // no types are needed
					room := strings.TrimPrefix(strings.TrimPrefix(pkg, "writ/"), "server/")
					if of, ok := o.Decl.(*ast.TypeSpec).Type.(*ast.SelectorExpr); ok { // an alias
						return of.X.(*ast.Ident).Name + "." + of.Sel.Name
					}
					return room + "." + enum
				}
			}
		}
		return ""
	}
}

func nameOf(fn *ast.FuncDecl, ok bool) string {
	if !ok {
		return ""
	}
	return fn.Name.Name
}

var (
	parsedFolders = map[string][]*ast.File{}
	parsing       sync.Mutex
)

func parsed(t *testing.T, dir string) []*ast.File {
	t.Helper()
	parsing.Lock()
	defer parsing.Unlock()
	if _, ok := parsedFolders[dir]; !ok {
		path := filepath.Join("..", dir)
		if dir == "scalar" {
			path = dir
		}
		files, err := filepath.Glob(filepath.Join(path, "*.go"))
		require.NoError(t, err)
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
				require.NoError(t, err)
				parsedFolders[dir] = append(parsedFolders[dir], f)
			}
		}
	}
	return parsedFolders[dir]
}

// constants are those of text types, by room.Type.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	folders, err := filepath.Glob("../server/*")
	require.NoError(t, err)
	for _, dir := range append(folders, "../graph/across") {
		dir = strings.TrimPrefix(dir, "../")
		for _, f := range parsed(t, dir) {
			for _, d := range f.Decls {
				gen, ok := d.(*ast.GenDecl)
				if !ok || gen.Tok != token.CONST {
					continue
				}
				for _, spec := range gen.Specs {
					s := spec.(*ast.ValueSpec)
					of, ok := s.Type.(*ast.Ident)
					if !ok || len(s.Values) != 1 {
						continue
					}
					if lit, ok := s.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						text, err := strconv.Unquote(lit.Value)
						require.NoError(t, err)
						if text == "" { // stands for none
							continue
						}
						key := strings.TrimPrefix(dir, "server/") + "." + of.Name
						found[key] = append(found[key], text)
					}
				}
			}
		}
	}
	return found
}
