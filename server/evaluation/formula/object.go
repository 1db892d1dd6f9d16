package formula

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// object is a resource, or nothing, inside an expression. Its navigations are looked up when they are asked for, and noted as read.
// Access is null-safe: a property of nothing is nothing. A missing text is "", a missing number, date or truth value is null.
type object struct {
	w          *World
	r          *evaluation.Resource
	assignment bool
	asked      bool // query() gave it: what it leads to stands in the tables
	typ        *types.Type
}

// to is what a navigation leads to; nil: it is not there.
func (o *object) to(id int64) *evaluation.Resource {
	if o.asked {
		return o.w.Tables.Other[id]
	}
	return o.w.get(id)
}

func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a resource cannot become %s", t)
}

func (o *object) ConvertToType(t ref.Type) ref.Val {
	if t == types.StringType {
		s, _ := textOf(o)
		return types.String(s)
	}
	return types.NewErr("a resource cannot become %s", t)
}

func (o *object) Equal(other ref.Val) ref.Val {
	if other.Type() == types.NullType {
		return types.Bool(o.Type() == types.NullType)
	}
	p, ok := other.(*object)
	if !ok {
		return types.False
	}
	return types.Bool(o.r == p.r || o.r != nil && p.r != nil && o.r.ID == p.r.ID)
}

// Type is null for nothing, so that `source.Department == null` holds.
func (o *object) Type() ref.Type {
	if o.r == nil && !o.assignment {
		return types.NullType
	}
	if o.typ != nil {
		return o.typ
	}
	return types.NewObjectType("entity")
}

func (o *object) Value() any { return o }

// as takes what a property is asked of: a resource, or nothing.
func as(v any) *object {
	if o, ok := v.(*object); ok {
		return o
	}
	return &object{}
}

const assignmentType = "entity.assignment_"

// provider tells CEL the shape of the entity types.
type provider struct {
	*types.Registry
	shape  *directory.Shape
	ids    map[string]int64
	mu     sync.Mutex
	fields map[string]map[string]*types.FieldType
}

func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.ids[name]; ok || name == assignmentType || name == orderType {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Registry.FindStructType(name)
}

func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	id, ok := p.ids[name]
	if !ok {
		return p.Registry.FindStructFieldNames(name)
	}
	out := []string{displayName}
	for _, q := range p.shape.PropertiesOf[id] {
		out = append(out, q.Identifier)
	}
	return out, true
}

func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	id, ok := p.ids[name]
	if name == orderType {
		f := orderField(field)
		return f, f != nil
	}
	if !ok && name != assignmentType {
		return p.Registry.FindStructFieldType(name, field)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.fields[name][field]; t != nil {
		return t, true
	}
	t := p.field(id, name, field)
	if t == nil {
		return nil, false
	}
	if p.fields[name] == nil {
		p.fields[name] = map[string]*types.FieldType{}
	}
	p.fields[name][field] = t
	return t, true
}

func (p *provider) field(id int64, name, field string) *types.FieldType {
	if name == assignmentType {
		if field != "startDate" && field != "endDate" {
			return nil
		}
		return dateOfAssignment(field)
	}
	if n, ok := NavigationOf(p.shape, id, field); ok {
		if n.many {
			return p.collection(field, types.NewObjectType(typeName(p.shape, n.to)))
		}
		return single(field, types.NewObjectType(typeName(p.shape, n.to)))
	}
	if field == displayName {
		return &types.FieldType{Type: types.StringType,
			IsSet: func(v any) bool { o := as(v); return o.r != nil && o.r.DisplayName != "" },
			GetFrom: func(v any) (any, error) {
				if o := as(v); o.r != nil {
					return types.String(o.r.DisplayName), nil
				}
				return types.String(""), nil
			}}
	}
	q := p.shape.Property(id, field)
	if q == nil {
		return nil
	}
	return scalarField(q, p.shape.Zone())
}

func scalarField(q *directory.Property, zone *time.Location) *types.FieldType {
	name := q.Identifier
	f := &types.FieldType{IsSet: func(v any) bool { o := as(v); return o.r != nil && o.r.Scalars[name] != "" }}
	read := func(parse func(string) (ref.Val, error)) func(any) (any, error) {
		return func(v any) (any, error) {
			o := as(v)
			if o.r == nil || o.r.Scalars[name] == "" {
				return types.NullValue, nil
			}
			x, err := parse(o.r.Scalars[name])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return x, nil
		}
	}
	switch q.Type {
	case directory.Byte, directory.Int16, directory.Int32, directory.Int64:
		f.Type = types.NewNullableType(types.IntType)
		f.GetFrom = read(func(s string) (ref.Val, error) { n, err := strconv.ParseInt(s, 10, 64); return types.Int(n), err })
	case directory.Double:
		f.Type = types.NewNullableType(types.DoubleType)
		f.GetFrom = read(func(s string) (ref.Val, error) { n, err := strconv.ParseFloat(s, 64); return types.Double(n), err })
	case directory.Bool:
		f.Type = types.NewNullableType(types.BoolType)
		f.GetFrom = read(func(s string) (ref.Val, error) { b, err := strconv.ParseBool(s); return types.Bool(b), err })
	case directory.DateTime:
		f.Type = types.TimestampType
		f.GetFrom = read(func(s string) (ref.Val, error) {
			t, _, err := directory.ReadDate(s, zone)
			return types.Timestamp{Time: t}, err
		})
	default:
		f.Type = types.StringType
		f.GetFrom = func(v any) (any, error) {
			if o := as(v); o.r != nil {
				return types.String(o.r.Scalars[name]), nil
			}
			return types.String(""), nil
		}
	}
	return f
}

func single(name string, t *types.Type) *types.FieldType {
	return &types.FieldType{Type: t,
		IsSet: func(v any) bool { o := as(v); return o.r != nil && len(o.r.Links[name]) > 0 },
		GetFrom: func(v any) (any, error) {
			o := as(v)
			next := &object{w: o.w, typ: t, asked: o.asked}
			if o.r != nil && len(o.r.Links[name]) > 0 {
				next.r = o.to(o.r.Links[name][0])
			}
			return next, nil
		}}
}

func (p *provider) collection(name string, t *types.Type) *types.FieldType {
	return &types.FieldType{Type: types.NewListType(t),
		IsSet: func(v any) bool { o := as(v); return o.r != nil && len(o.r.Links[name]) > 0 },
		GetFrom: func(v any) (any, error) {
			var list []ref.Val
			if o := as(v); o.r != nil {
				for _, id := range o.r.Links[name] {
					if r := o.to(id); r != nil {
						list = append(list, &object{w: o.w, r: r, typ: t, asked: o.asked})
					}
				}
			}
			return types.NewRefValList(p, list), nil
		}}
}

func dateOfAssignment(name string) *types.FieldType {
	at := func(v any) int64 {
		o := as(v)
		if name == "startDate" {
			return o.w.From
		}
		return o.w.To
	}
	return &types.FieldType{Type: types.TimestampType,
		IsSet: func(v any) bool { return interval.Moment(at(v)) != nil },
		GetFrom: func(v any) (any, error) {
			if t := interval.Moment(at(v)); t != nil {
				return types.Timestamp{Time: *t}, nil
			}
			return types.NullValue, nil
		}}
}

// NativeToValue ends a chain of properties: a resource passes as it is, nothing becomes null.
func (p *provider) NativeToValue(v any) ref.Val {
	if o, ok := v.(*object); ok {
		if o.r == nil && !o.assignment {
			return types.NullValue
		}
		return o
	}
	return p.Registry.NativeToValue(v)
}

// functions are the built-in functions as CEL functions: the value first, then the arguments.
func functions() []cel.EnvOption {
	var out []cel.EnvOption
	for name, f := range builtins {
		call := cel.FunctionBinding(func(a ...ref.Val) ref.Val {
			args := make([]string, 0, len(a))
			for _, v := range a {
				s, err := textOf(v)
				if err != nil {
					return types.WrapErr(err)
				}
				args = append(args, s)
			}
			s, err := f.apply(args[0], args[1:])
			if err != nil {
				return types.WrapErr(err)
			}
			return types.String(s)
		})
		var ways []cel.FunctionOpt
		for n := f.least; n <= f.args; n++ { // the last arguments may be left out
			ways = append(ways, cel.Overload(fmt.Sprint(name, "_string_", n), slices.Repeat([]*cel.Type{cel.StringType}, n+1), cel.StringType, call))
		}
		out = append(out, cel.Function(name, ways...))
	}
	s, i := cel.StringType, cel.IntType
	text := func(v ref.Val) string { t, _ := textOf(v); return t }
	number := func(v ref.Val) int64 { n, _ := v.(types.Int); return int64(n) }
	return append(out,
		cel.Function("BuildUsername", cel.Overload("BuildUsername_all", []*cel.Type{s, s, s, s, i}, s,
			cel.FunctionBinding(func(a ...ref.Val) ref.Val {
				return types.String(BuildUsername(text(a[0]), text(a[1]), text(a[2]), text(a[3]), number(a[4])))
			}))),
		cel.Function("BuildUsernameWithInitials", cel.Overload("BuildUsernameWithInitials_all", []*cel.Type{s, s, s, s, i, i}, s,
			cel.FunctionBinding(func(a ...ref.Val) ref.Val {
				return types.String(BuildUsernameWithInitials(text(a[0]), text(a[1]), text(a[2]), text(a[3]), number(a[4]), number(a[5])))
			}))))
}
