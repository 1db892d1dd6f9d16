package formula

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"writ/server/directory"
	"writ/server/evaluation"
)

// costLimit bounds one evaluation of one expression, in CEL cost units (about one per step or ten characters).
const costLimit = 200_000

// program is a compiled, type-checked CEL expression.
type program struct {
	prog   cel.Program
	said   string // as it is written
	of     string // the rule in which it stands, in words
	today  bool   // uses today(): the result changes by itself at midnight
	again  bool   // uses iteration: there are further spellings when the first is taken
	record bool   // uses record: the result depends on the context in force
	gives  directory.PropertyType
	// constants are the values that stand in the expression as its result, such as both of `x ? "a" : "b"`; onlyConstants: it gives no others
	constants     []string
	onlyConstants bool
	queried       map[int64]*Reads // what query() looks through, by entity type, and what is read of it
}

// Compiler makes programs; one environment per combination of variable types.
type Compiler struct {
	shape *directory.Shape
	base  *cel.Env
	envs  map[Scope]*cel.Env
	Of    string // the rule whose expressions are compiled at present
	// Queried is what the expressions compiled so far look through, by entity type. Whoever wants to know it of some sets it anew before them.
	Queried map[int64]*Reads
	err     error
}

// NewCompiler makes a compiler for the formulas over a shape. One that could not be made says so at the first expression.
func NewCompiler(shape *directory.Shape) *Compiler {
	c := &Compiler{shape: shape, envs: map[Scope]*cel.Env{}, Queried: map[int64]*Reads{}}
	registry, err := types.NewRegistry()
	if err != nil {
		c.err = err
		return c
	}
	p := &provider{Registry: registry, shape: shape, fields: map[string]map[string]*types.FieldType{}, ids: map[string]int64{}}
	for id := range shape.EntityTypes {
		p.ids[typeName(shape, id)] = id
	}
	// the parts of a date are read on its own clock: UTC for instants, the zone of the installation for days
	c.base, c.err = cel.NewEnv(append(append(functions(), extensions()...), cel.DefaultUTCTimeZone(false), cel.CustomTypeProvider(p), cel.CustomTypeAdapter(p), cel.Macros(
		cel.GlobalMacro("today", 0, func(f cel.MacroExprFactory, _ ast.Expr, _ []ast.Expr) (ast.Expr, *cel.Error) {
			return f.NewIdent(todayVariable), nil
		})))...)
	return c
}

// extensions are the libraries of CEL that can be used: all of them give the same for the same, and are counted in the cost.
//
//	strings   split, join, substring, indexOf, lastIndexOf, replace, lowerAscii, upperAscii, trim, charAt, reverse, format, strings.quote
//	math      math.least, math.greatest, math.ceil, math.floor, math.round, math.abs, math.sign, bits
//	lists     slice, flatten, distinct, sort, sortBy, reverse, first, last, lists.range
//	sets      sets.contains, sets.equivalent, sets.intersects
//	optional  a.?b, list[?0], optional.of, .orValue(x), .hasValue(), optMap
func extensions() []cel.EnvOption {
	return []cel.EnvOption{ext.Strings(), ext.Math(), ext.Lists(ext.ListsMaxRangeSize(longestRange)), ext.Sets(), cel.OptionalTypes()}
}

// longestRange is how many numbers lists.range makes at most.
const longestRange = 10_000

// todayVariable is what today() becomes, so that the instant comes from the batch and not from a clock.
const todayVariable = "today_"

func typeName(s *directory.Shape, id int64) string {
	var b strings.Builder
	b.WriteString("entity.")
	for _, r := range NameOf(s, id) {
		if r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	return b.String()
}

func (c *Compiler) env(sc Scope) (*cel.Env, error) {
	if c.err != nil {
		return nil, c.err
	}
	if e := c.envs[sc]; e != nil {
		return e, nil
	}
	vars := []cel.EnvOption{cel.Variable(todayVariable, cel.TimestampType), cel.Variable("iteration", cel.IntType)}
	for name, r := range rootNames {
		if r == assignmentRoot {
			if sc.Assignment {
				vars = append(vars, cel.Variable("assignment", cel.ObjectType(assignmentType)))
			}
		} else if id := sc.entityType(r); id != 0 {
			vars = append(vars, cel.Variable(name, cel.ObjectType(typeName(c.shape, id))))
		}
	}
	if sc.Queries {
		vars = append(append(vars, c.queryMacros()...), c.queryFunctions()...)
	}
	e, err := c.base.Extend(vars...)
	if err == nil {
		c.envs[sc] = e
	}
	return e, err
}

// compile type-checks an expression and notes in which resources it reads.
func (c *Compiler) compile(sc Scope, text string, in *Trees, want ...*cel.Type) (*program, error) {
	mayQuery := sc.Queries
	sc.Queries = mayQuery && MayQuery(text) // there is a function for each entity type
	env, err := c.env(sc)
	if err != nil {
		return nil, err
	}
	checked, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		if !mayQuery && queryCall.MatchString(text) {
			return nil, errNoQuery
		}
		return nil, issues.Err()
	}
	switch checked.OutputType().Kind() {
	case types.OpaqueKind:
		return nil, fmt.Errorf("the expression gives %s, which may be nothing; end it with .orValue(...)", checked.OutputType())
	case types.ListKind, types.MapKind, types.BytesKind, types.DurationKind, types.TypeKind:
		return nil, fmt.Errorf("the expression gives %s, which is not one value", checked.OutputType())
	}
	if len(want) > 0 {
		ok := false
		for _, t := range want {
			ok = ok || checked.OutputType().IsAssignableType(t) || t.IsAssignableType(checked.OutputType())
		}
		if !ok {
			return nil, fmt.Errorf("the expression gives %s where %s is needed", checked.OutputType(), want[0])
		}
	}
	prog, err := env.Program(checked, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, err
	}
	if err := checkCalls(checked.NativeRep().Expr()); err != nil {
		return nil, err
	}
	p := &program{prog: prog, said: text, of: c.Of, gives: typeOfKind(checked.OutputType().Kind())}
	walk := &walker{shape: c.shape, sc: sc, in: in, vars: map[string][]*Reads{}}
	for _, u := range walk.expr(checked.NativeRep().Expr()) {
		u.Self = true
	}
	if walk.deep {
		return nil, fmt.Errorf("the expression follows more than %d properties one after the other", directory.MaxHops)
	}
	p.today, p.again, p.record = walk.today, walk.again, walk.record
	if p.queried = walk.queried; p.queried != nil {
		for _, u := range p.queried {
			u.Sort()
		}
		Merge(c.Queried, p.queried)
	}
	p.onlyConstants = p.results(checked.NativeRep().Expr())
	return p, nil
}

// results collects the constants that an expression gives; false: it gives others too.
func (p *program) results(e ast.Expr) bool {
	switch e.Kind() {
	case ast.LiteralKind:
		text, err := textOf(e.AsLiteral())
		if err != nil {
			return false
		}
		p.constants = append(p.constants, text)
		return true
	case ast.CallKind:
		if c := e.AsCall(); c.FunctionName() == operators.Conditional {
			first, second := p.results(c.Args()[1]), p.results(c.Args()[2])
			return first && second
		}
	}
	return false
}

// checkCalls refuses built-in functions with constant arguments that can only fail.
func checkCalls(e ast.Expr) (err error) {
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if err != nil || e.Kind() != ast.CallKind {
			return
		}
		name, args := e.AsCall().FunctionName(), e.AsCall().Args()
		f, ok := builtins[name]
		if !ok || f.check == nil || len(args) <= f.least || len(args) > f.args+1 {
			return
		}
		var texts []string
		for _, a := range args[1:] {
			if a.Kind() != ast.LiteralKind {
				return // only the computation can tell
			}
			text, err := textOf(a.AsLiteral())
			if err != nil {
				return
			}
			texts = append(texts, text)
		}
		if wrong := f.check(texts); wrong != nil {
			err = fmt.Errorf("%s: %w", name, wrong)
		}
	}))
	return err
}

// eval runs the program. The value is nil for null.
func (p *program) eval(w *World) (ref.Val, error) {
	v, _, err := p.prog.Eval(activation{w})
	if err != nil {
		return nil, p.explain(w, err)
	}
	return v, nil
}

// explain says of an expression that was cut off what it was about: the library names neither the expression nor a value.
func (p *program) explain(w *World, err error) error {
	if !strings.Contains(err.Error(), "cost limit exceeded") { // the library has no other mark for it
		return err
	}
	var of *evaluation.Resource
	longest, value := "", ""
	for _, r := range w.Vars {
		if r == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(r.Scalars)) {
			if len(r.Scalars[name]) > len(value) {
				of, longest, value = r, name, r.Scalars[name]
			}
		}
	}
	what := ""
	if of != nil {
		what = fmt.Sprintf(" The longest value it reads from is %s of %s (%s), with %d characters: %s.",
			longest, Excerpt(cmp.Or(of.DisplayName, of.Key)), Excerpt(of.Key), utf8.RuneCountInString(value), Excerpt(value))
	}
	return fmt.Errorf("the expression %s of %s takes more than %d steps and was stopped.%s %w", Excerpt(p.said), p.of, costLimit, what, err)
}

// text is the value as the directory writes it; null gives "".
func (p *program) text(w *World) (string, error) {
	v, err := p.eval(w)
	if err != nil {
		return "", err
	}
	return textOf(v)
}

func textOf(v ref.Val) (string, error) {
	switch v := v.(type) {
	case types.String:
		return string(v), nil
	case types.Bool:
		return strconv.FormatBool(bool(v)), nil
	case types.Int:
		return strconv.FormatInt(int64(v), 10), nil
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10), nil
	case types.Double:
		return strconv.FormatFloat(float64(v), 'g', -1, 64), nil
	case types.Timestamp:
		return directory.FormatDate(v.Time), nil
	case types.Null:
		return "", nil
	case *object:
		if v.r == nil {
			return "", nil
		}
		return v.r.Key, nil
	default:
		return "", fmt.Errorf("the expression gives %s, which is not a value", v.Type())
	}
}

// truth runs a boolean program; null is false.
func (p *program) truth(w *World) (bool, error) {
	v, err := p.eval(w)
	if err != nil {
		return false, err
	}
	b, ok := v.(types.Bool)
	if !ok && v.Type() != types.NullType {
		return false, fmt.Errorf("the condition gives %s instead of true or false", v.Type())
	}
	return bool(b), nil
}

// activation resolves the variables of an expression from the world.
type activation struct{ w *World }

func (a activation) ResolveName(name string) (any, bool) {
	if name == todayVariable {
		return types.Timestamp{Time: directory.Day(time.UnixMicro(a.w.Now), a.w.Zone)}, true
	}
	if name == "iteration" {
		return types.Int(a.w.Iteration), true
	}
	if name == worldVariable {
		return &object{w: a.w, assignment: true}, true
	}
	r, ok := rootNames[name]
	if !ok {
		return nil, false
	}
	if r == assignmentRoot {
		return &object{w: a.w, assignment: true}, true
	}
	return &object{w: a.w, r: a.w.Vars[r]}, true
}

func (a activation) Parent() cel.Activation { return nil }

// walker finds out which resources and properties an expression reads.
type walker struct {
	shape  *directory.Shape
	sc     Scope
	in     *Trees
	vars   map[string][]*Reads
	today  bool
	again  bool
	record bool
	deep   bool // it follows a path with too many steps
	// queried is what query() looks through
	queried map[int64]*Reads
}

// field notes that a property is read.
func (k *walker) field(of []*Reads, name string) (out []*Reads) {
	for _, u := range of {
		if n, ok := NavigationOf(k.shape, u.EntityType, name); ok {
			if u.depth >= directory.MaxHops {
				k.deep = true
				continue
			}
			out = append(out, u.Nav(name, n))
		} else if name == displayName {
			u.Self = true
		} else {
			u.Scalar(name)
		}
	}
	return out
}

// table notes that the resources of an entity type are looked through.
func (k *walker) table(id int64) *Reads {
	if k.queried == nil {
		k.queried = map[int64]*Reads{}
	}
	if k.queried[id] == nil {
		k.queried[id] = &Reads{EntityType: id}
	}
	return k.queried[id]
}

// optionalField gives the property that a.?b reads.
func optionalField(c ast.CallExpr) (string, bool) {
	if c.FunctionName() != operators.OptSelect || len(c.Args()) != 2 || c.Args()[1].Kind() != ast.LiteralKind {
		return "", false
	}
	name, ok := c.Args()[1].AsLiteral().(types.String)
	return string(name), ok
}

// call is expr of a call: what a function looks at is read whole, but for those that lead on.
func (k *walker) call(c ast.CallExpr) []*Reads {
	if name, ok := optionalField(c); ok {
		return k.field(k.expr(c.Args()[0]), name)
	}
	if id, looks, answers := queried(c.FunctionName()); looks {
		for _, a := range c.Args()[1:] {
			for _, u := range k.expr(a) {
				u.Self = true
			}
		}
		return []*Reads{k.table(id)}
	} else if answers {
		return k.expr(c.Args()[1])
	}
	var out []*Reads
	if c.IsMemberFunction() {
		out = append(out, k.expr(c.Target())...)
	}
	for _, a := range c.Args() {
		out = append(out, k.expr(a)...)
	}
	for _, u := range out {
		u.Self = true
	}
	return out
}

// expr gives the nodes of the tree that the expression may stand for; none when its value is no resource.
func (k *walker) expr(e ast.Expr) []*Reads {
	switch e.Kind() {
	case ast.IdentKind:
		name := e.AsIdent()
		if name == todayVariable {
			k.today = true
			return nil
		}
		if v, ok := k.vars[name]; ok {
			return v
		}
		if name == "iteration" {
			k.again = true
			return nil
		}
		if r, ok := rootNames[name]; ok && r != assignmentRoot && k.sc.entityType(r) != 0 {
			k.record = k.record || r == RecordRoot
			return []*Reads{k.in.of(r, k.sc)}
		}
	case ast.SelectKind:
		return k.field(k.expr(e.AsSelect().Operand()), e.AsSelect().FieldName())
	case ast.CallKind:
		return k.call(e.AsCall())
	case ast.ListKind:
		var out []*Reads
		for _, x := range e.AsList().Elements() {
			out = append(out, k.expr(x)...)
		}
		return out
	case ast.MapKind:
		for _, x := range e.AsMap().Entries() {
			k.expr(x.AsMapEntry().Key())
			for _, u := range k.expr(x.AsMapEntry().Value()) {
				u.Self, u.All = true, true
			}
		}
	case ast.StructKind:
		for _, x := range e.AsStruct().Fields() {
			k.expr(x.AsStructField().Value())
		}
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		over := k.expr(c.IterRange())
		shadow := []string{c.IterVar(), c.IterVar2(), c.AccuVar()}
		kept := map[string][]*Reads{}
		for _, n := range shadow {
			if v, ok := k.vars[n]; ok {
				kept[n] = v
			}
		}
		k.vars[c.IterVar()] = over
		if c.IterVar2() != "" {
			k.vars[c.IterVar2()] = over
		}
		k.vars[c.AccuVar()] = k.expr(c.AccuInit())
		k.expr(c.LoopCondition())
		k.vars[c.AccuVar()] = append(k.vars[c.AccuVar()], k.expr(c.LoopStep())...)
		out := k.expr(c.Result())
		for _, n := range shadow {
			if v, ok := kept[n]; ok {
				k.vars[n] = v
			} else {
				delete(k.vars, n)
			}
		}
		return out
	}
	return nil
}
