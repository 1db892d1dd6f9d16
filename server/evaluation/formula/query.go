package formula

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/parser"

	"writ/server/evaluation"
)

// An expression looks resources up by query(entityType, filter) (role-model 1.7):
//
//	query("Department", it.Code == source.Code)              the departments for which the filter holds, by key
//	query("Department", d, d.Code == source.Code)            the same with a name for the candidate, for one query inside another
//
// What it reads stands in Tables: all living resources of the entity type, as far as the expressions read them, which are a part of what makes a
// model, like the keys that rules name. So nothing is read while something is computed, and when one of those resources changes, comes or goes,
// everybody is looked at again. That is why it is for tables of some size, and there is a limit.

// MaxQueried is how many resources an entity type has at most for an expression to look something up in it.
const MaxQueried = 10_000

// Table is what expressions read of the resources of one entity type that query() looks through.
type Table struct {
	Resources []*evaluation.Resource // by key; none when there are too many
	TooMany   bool                   // there are more than MaxQueried
	index     map[string]map[string][]*evaluation.Resource
}

// MarshalJSON says which resources there are; what they hold stands in Tables.Other.
func (t *Table) MarshalJSON() ([]byte, error) {
	list := make([]int64, len(t.Resources))
	for i, r := range t.Resources {
		list[i] = r.ID
	}
	return json.Marshal(struct {
		Resources []int64
		TooMany   bool
	}{list, t.TooMany})
}

// Tables are the resources that query() looks through, by entity type, and those that they lead to.
type Tables struct {
	Of    map[int64]*Table
	Other map[int64]*evaluation.Resource // what is reached from them, and they themselves, by id
}

// NewTables takes the living resources of some entity types and what is reached from them, and keeps what is read.
func NewTables(read map[int64]*Reads, of map[int64][]int64, tooMany map[int64]bool, all map[int64]*evaluation.Resource) *Tables {
	t := &Tables{Of: map[int64]*Table{}, Other: map[int64]*evaluation.Resource{}}
	for _, id := range slices.Sorted(maps.Keys(read)) {
		table := &Table{TooMany: tooMany[id]}
		t.Of[id] = table
		for _, r := range of[id] {
			t.keep(read[id], r, all)
			if x := t.Other[r]; x != nil {
				table.Resources = append(table.Resources, x)
			}
		}
	}
	for id, u := range read { // once everything is kept that another table reads of the same resources
		table := t.Of[id]
		slices.SortFunc(table.Resources, func(a, b *evaluation.Resource) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID)) })
		table.index = map[string]map[string][]*evaluation.Resource{}
		for _, name := range u.Scalars {
			table.index[name] = table.by(func(r *evaluation.Resource) []string { return []string{r.Scalars[name]} })
		}
		for _, n := range u.Navs {
			table.index[n.Name] = table.by(func(r *evaluation.Resource) (out []string) {
				for _, to := range r.Links[n.Name] {
					out = append(out, strconv.FormatInt(to, 10))
				}
				return out
			})
		}
	}
	return t
}

// keep notes what is read of a resource, and of what that leads to.
func (t *Tables) keep(u *Reads, id int64, all map[int64]*evaluation.Resource) {
	r := all[id]
	if r == nil {
		return
	}
	x := t.Other[id]
	if x == nil {
		x = &evaluation.Resource{ID: id, EntityTypeID: r.EntityTypeID, Key: r.Key, Gone: r.Gone, Scalars: map[string]string{}, Links: map[string][]int64{}}
		t.Other[id] = x
	}
	if u.Self {
		x.DisplayName = r.DisplayName
	}
	if u.All {
		maps.Copy(x.Scalars, r.Scalars)
	}
	for _, name := range u.Scalars {
		if v := r.Scalars[name]; v != "" {
			x.Scalars[name] = v
		}
	}
	for _, n := range u.Navs {
		if len(r.Links[n.Name]) > 0 {
			x.Links[n.Name] = r.Links[n.Name]
		}
		for _, to := range r.Links[n.Name] {
			t.keep(n.To, to, all)
		}
	}
}

func (t *Table) by(of func(*evaluation.Resource) []string) map[string][]*evaluation.Resource {
	out := map[string][]*evaluation.Resource{}
	for _, r := range t.Resources {
		for _, value := range of(r) {
			out[value] = append(out[value], r)
		}
	}
	return out
}

// Asked is what a query of an expression found.
type Asked struct {
	EntityTypeID int64
	Found        []*evaluation.Resource
}

// worldVariable is the world itself, for the functions that query() becomes.
const worldVariable = "world_"

// queryMark begins the names of those functions, answerMark that of what takes their results.
const queryMark, answerMark = "query_", "answer_"

// MayQuery reports whether a text may be an expression that looks something up; false is sure.
func MayQuery(text string) bool { return strings.Contains(text, "query") }

// queryMacros make of a query a look-up and a filter that CEL counts step by step. When the filter asks that a property of the candidate is something
// that does not depend on the candidate, only those are looked through that have it.
func (c *Compiler) queryMacros() []cel.EnvOption {
	expand := func(f cel.MacroExprFactory, args []ast.Expr) (ast.Expr, *cel.Error) {
		if args[0].Kind() != ast.LiteralKind {
			return nil, f.NewError(args[0].ID(), `query needs the identifier of an entity type in quotes, such as query("Department", it.Code == source.Code)`)
		}
		name, _ := args[0].AsLiteral().(types.String)
		t := c.shape.ByIdentifier[string(name)]
		if t == nil {
			return nil, f.NewError(args[0].ID(), fmt.Sprintf("query: %q is not an entity type", string(name)))
		}
		if args[1].Kind() != ast.IdentKind {
			return nil, f.NewError(args[1].ID(), "query: the second of three arguments is the name by which the filter speaks of the candidate")
		}
		of, id := args[1].AsIdent(), strconv.FormatInt(t.ID, 10)
		look := []ast.Expr{f.NewIdent(worldVariable)}
		if property, value := lookedUp(of, args[2]); property != "" {
			look = append(look, f.NewLiteral(types.String(property)), f.Copy(value))
		}
		list, err := parser.MakeFilter(f, f.NewCall(queryMark+id, look...), args[1:])
		if err != nil {
			return nil, err
		}
		return f.NewCall(answerMark+id, f.NewIdent(worldVariable), list), nil
	}
	return []cel.EnvOption{cel.Macros(
		cel.GlobalMacro("query", 2, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
			return expand(f, []ast.Expr{args[0], f.NewIdent("it"), args[1]})
		}),
		cel.GlobalMacro("query", 3, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
			return expand(f, args)
		}))}
}

// lookedUp finds the first of the conditions that all must hold which asks that a property of the candidate is something else.
func lookedUp(of string, filter ast.Expr) (property string, value ast.Expr) {
	if filter.Kind() != ast.CallKind {
		return "", nil
	}
	call := filter.AsCall()
	switch args := call.Args(); call.FunctionName() {
	case operators.LogicalAnd:
		for _, a := range args {
			if property, value = lookedUp(of, a); property != "" {
				return property, value
			}
		}
	case operators.Equals:
		for i := range args {
			s := args[i]
			if s.Kind() != ast.SelectKind || s.AsSelect().IsTestOnly() || s.AsSelect().Operand().Kind() != ast.IdentKind || s.AsSelect().Operand().AsIdent() != of {
				continue
			}
			if other := args[1-i]; isFree(other) {
				return s.AsSelect().FieldName(), other
			}
		}
	}
	return "", nil
}

// isFree: it is a constant, or a path from one of the variables that are there wherever the expression stands.
func isFree(e ast.Expr) bool {
	switch e.Kind() {
	case ast.LiteralKind:
		return true
	case ast.SelectKind:
		return !e.AsSelect().IsTestOnly() && isFree(e.AsSelect().Operand())
	case ast.IdentKind:
		_, ok := rootNames[e.AsIdent()]
		return ok
	}
	return false
}

// queryFunctions are what query() becomes, for each entity type.
func (c *Compiler) queryFunctions() []cel.EnvOption {
	out := []cel.EnvOption{cel.Variable(worldVariable, cel.DynType)}
	for id := range c.shape.EntityTypes {
		typ := types.NewObjectType(typeName(c.shape, id))
		list, mark := types.NewListType(typ), strconv.FormatInt(id, 10)
		look := func(args ...ref.Val) ref.Val {
			w := as(args[0]).w
			if w == nil || w.Tables == nil || w.Tables.Of[id] == nil {
				return types.NewErr("%s cannot be looked through here", NameOf(c.shape, id))
			}
			table := w.Tables.Of[id]
			if table.TooMany {
				return types.NewErr("query looks through at most %d resources, and there are more of %s", MaxQueried, NameOf(c.shape, id))
			}
			among := table.Resources
			if len(args) == 3 {
				among = table.with(args[1], args[2])
			}
			found := make([]ref.Val, len(among))
			for i, r := range among {
				found[i] = &object{w: w, r: r, typ: typ, asked: true}
			}
			return types.NewRefValList(types.DefaultTypeAdapter, found)
		}
		out = append(out,
			cel.Function(queryMark+mark,
				cel.Overload(queryMark+mark+"_all", []*cel.Type{cel.DynType}, list, cel.FunctionBinding(look)),
				cel.Overload(queryMark+mark+"_by", []*cel.Type{cel.DynType, cel.StringType, cel.DynType}, list, cel.FunctionBinding(look))),
			cel.Function(answerMark+mark, cel.Overload(answerMark+mark+"_list", []*cel.Type{cel.DynType, list}, list, cel.BinaryBinding(func(world, list ref.Val) ref.Val {
				return note(as(world).w, id, list)
			}))))
	}
	return out
}

// with gives those that may have a value. The filter decides: more than those that have it do no harm.
func (t *Table) with(name, value ref.Val) []*evaluation.Resource {
	property, _ := name.(types.String)
	index, ok := t.index[string(property)]
	if !ok {
		return t.Resources
	}
	switch v := value.(type) {
	case types.String:
		return index[string(v)]
	case *object:
		if v.r != nil {
			return index[strconv.FormatInt(v.r.ID, 10)]
		}
	}
	return t.Resources
}

// note tells whoever listens what a query found.
func note(w *World, id int64, list ref.Val) ref.Val {
	if w == nil || w.Asked == nil {
		return list
	}
	of := Asked{EntityTypeID: id}
	if l, ok := list.(traits.Lister); ok {
		n, _ := l.Size().(types.Int)
		for i := range int64(n) {
			if o, ok := l.Get(types.Int(i)).(*object); ok && o.r != nil {
				of.Found = append(of.Found, o.r)
			}
		}
	}
	w.Asked(of)
	return list
}

// queried gives the entity type that a function looks through; answers: it takes the result of one that does.
func queried(function string) (id int64, looks, answers bool) {
	for _, mark := range []string{queryMark, answerMark} {
		if rest, ok := strings.CutPrefix(function, mark); ok {
			if id, err := strconv.ParseInt(rest, 10, 64); err == nil {
				return id, mark == queryMark, mark == answerMark
			}
		}
	}
	return 0, false, false
}

// Merge notes in one map what another reads, too.
func Merge(into, from map[int64]*Reads) {
	for id, u := range from {
		if into[id] == nil {
			into[id] = &Reads{EntityType: id}
		}
		into[id].Add(u)
	}
}

var queryCall = regexp.MustCompile(`\bquery\s*\(`)

// errNoQuery says where a query can stand.
var errNoQuery = errors.New("query can be used by scalar rules and property expressions only: what stands here is needed before anything can be looked up")
