package formula

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// OrderChange is what the argumentsExpression of a resource type sees of an order (provisioning spec 2.2): the variable `order`. Names are
// property identifiers of the target entity type, links are keys.
type OrderChange struct {
	Type           string             // Added, Modified or Deleted
	Changes        map[string]*string // changed scalars and single links; nil clears
	Added, Removed map[string][]string
	Source, Target *evaluation.Resource // the owner and the target as last read; nil: none. Links are not followed
}

// Arguments is a compiled argumentsExpression: it gives the texts that go with an order, such as the workflow to start or attributes that
// are not synchronized. Safe for concurrent use.
//
//	order.changeType                            "Added", "Modified", "Deleted"
//	order.IsAdded() IsUpdated() IsDeleted()     the same as tests; IsNone(): nothing to write
//	order.HasChanged("p")                       p is set, added to or removed from
//	order.TryGetScalar("p")                     its new value; "" when it does not change or is cleared
//	order.TryGetAddedNavigations("p")           keys of what is added; empty when nothing is; TryGetRemovedNavigations
//	source.p, target.p                          values of the owner and, as last read, of the target
type Arguments struct {
	prog cel.Program
	zone *time.Location
}

// CompileArguments type-checks an argumentsExpression between two entity types. It must give a map of texts; properties named in it must
// exist.
func CompileArguments(shape *directory.Shape, source, target int64, text string) (*Arguments, error) {
	return NewCompiler(shape).Arguments(source, target, text)
}

// Arguments is CompileArguments with a compiler that is there already.
func (c *Compiler) Arguments(source, target int64, text string) (*Arguments, error) {
	sc := Scope{Source: source, Target: target}
	env, err := c.env(sc)
	if err != nil {
		return nil, err
	}
	if env, err = env.Extend(append(orderFunctions(), cel.Variable("order", cel.ObjectType(orderType)))...); err != nil {
		return nil, err
	}
	checked, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		return nil, issues.Err()
	}
	if k := checked.OutputType().Kind(); k != types.MapKind && k != types.DynKind {
		return nil, fmt.Errorf("the expression gives %s where a map of texts is needed, such as {\"WorkflowIdentifier\": \"Welcome\"}", checked.OutputType())
	}
	in := &Trees{}
	walk := &walker{shape: c.shape, sc: sc, in: in, vars: map[string][]*Reads{}}
	walk.expr(checked.NativeRep().Expr())
	for _, u := range []*Reads{in.Source, in.Target} {
		if u != nil && len(u.Navs) > 0 {
			return nil, fmt.Errorf("%s leads to other resources; arguments can read values of the source and the target only", u.Navs[0].Name)
		}
	}
	if err := c.knownProperties(target, checked.NativeRep().Expr()); err != nil {
		return nil, err
	}
	prog, err := env.Program(checked, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, err
	}
	return &Arguments{prog, c.shape.Zone()}, nil
}

// Of computes the arguments of an order. Null is left out.
func (a *Arguments) Of(now time.Time, o OrderChange) (map[string]string, error) {
	w := &World{Now: interval.Instant(now), Zone: a.zone, Vars: [3]*evaluation.Resource{SourceRoot: o.Source, TargetRoot: o.Target}}
	v, _, err := a.prog.Eval(orderActivation{activation{w}, &orderValue{o}})
	if err != nil {
		return nil, err
	}
	m, ok := v.(traits.Mapper)
	if !ok {
		return nil, fmt.Errorf("the expression gives %s instead of a map of texts", v.Type())
	}
	out := map[string]string{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		k := it.Next()
		value := m.Get(k)
		if value.Type() == types.NullType {
			continue
		}
		key, err := textOf(k)
		if err != nil {
			return nil, err
		}
		if out[key], err = textOf(value); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if err = cmp.Or(Storable(key), Storable(out[key])); err != nil {
			return nil, fmt.Errorf("%s: %w", Excerpt(key), err)
		}
	}
	return out, nil
}

// knownProperties refuses names of properties that the target does not have.
func (c *Compiler) knownProperties(target int64, e ast.Expr) (err error) {
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if err != nil || e.Kind() != ast.CallKind || !slices.Contains(namingProperties, e.AsCall().FunctionName()) {
			return
		}
		args := e.AsCall().Args()
		if len(args) != 1 || args[0].Kind() != ast.LiteralKind {
			return
		}
		if name, ok := args[0].AsLiteral().(types.String); ok && c.shape.Property(target, string(name)) == nil {
			err = fmt.Errorf("%s(%q): %s has no such property", e.AsCall().FunctionName(), string(name), NameOf(c.shape, target))
		}
	}))
	return err
}

// namingProperties are the functions of an order whose argument is a property.
var namingProperties = []string{"HasChanged", "TryGetScalar", "TryGetAddedNavigations", "TryGetRemovedNavigations"}

const orderType = "entity.order_"

func orderFunctions() []cel.EnvOption {
	order := cel.ObjectType(orderType)
	test := func(name string, is func(OrderChange) bool) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("order_"+name, []*cel.Type{order}, cel.BoolType,
			cel.UnaryBinding(func(v ref.Val) ref.Val { return types.Bool(is(v.(*orderValue).OrderChange)) })))
	}
	of := func(name string, result *cel.Type, get func(o OrderChange, property string) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("order_"+name, []*cel.Type{order, cel.StringType}, result,
			cel.BinaryBinding(func(v, p ref.Val) ref.Val { return get(v.(*orderValue).OrderChange, string(p.(types.String))) })))
	}
	keys := func(list []string) ref.Val { return types.NewStringList(types.DefaultTypeAdapter, list) }
	return []cel.EnvOption{
		test("IsAdded", func(o OrderChange) bool { return o.Type == "Added" }),
		test("IsUpdated", func(o OrderChange) bool { return o.Type == "Modified" && !o.isNone() }),
		test("IsDeleted", func(o OrderChange) bool { return o.Type == "Deleted" }),
		test("IsNone", OrderChange.isNone),
		of("HasChanged", cel.BoolType, func(o OrderChange, p string) ref.Val {
			_, set := o.Changes[p]
			return types.Bool(set || len(o.Added[p])+len(o.Removed[p]) > 0)
		}),
		of("TryGetScalar", cel.StringType, func(o OrderChange, p string) ref.Val {
			if v := o.Changes[p]; v != nil {
				return types.String(*v)
			}
			return types.String("")
		}),
		of("TryGetAddedNavigations", cel.ListType(cel.StringType), func(o OrderChange, p string) ref.Val { return keys(o.Added[p]) }),
		of("TryGetRemovedNavigations", cel.ListType(cel.StringType), func(o OrderChange, p string) ref.Val { return keys(o.Removed[p]) }),
	}
}

// isNone: an association whose target already is as wanted.
func (o OrderChange) isNone() bool {
	return o.Type == "Modified" && len(o.Changes)+len(o.Added)+len(o.Removed) == 0
}

// orderField is a field of the variable order.
func orderField(name string) *types.FieldType {
	if name != "changeType" {
		return nil
	}
	return &types.FieldType{Type: types.StringType, IsSet: func(any) bool { return true },
		GetFrom: func(v any) (any, error) { return v.(*orderValue).OrderChange.Type, nil }}
}

// orderActivation adds the order to the variables.
type orderActivation struct {
	activation
	order *orderValue
}

func (a orderActivation) ResolveName(name string) (any, bool) {
	if name == "order" {
		return a.order, true
	}
	return a.activation.ResolveName(name)
}

// orderValue is an order inside an expression.
type orderValue struct{ OrderChange }

func (o *orderValue) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("an order cannot become %s", t)
}

func (o *orderValue) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("an order cannot become %s", t)
}

func (o *orderValue) Equal(other ref.Val) ref.Val { return types.Bool(other == ref.Val(o)) }

// Type is that of the variable order.
func (o *orderValue) Type() ref.Type { return types.NewObjectType(orderType) }

// Value gives itself: fields are read from it.
func (o *orderValue) Value() any { return o }
