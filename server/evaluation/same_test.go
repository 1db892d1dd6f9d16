package evaluation

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// otherwise gives for each field of a T a value of T that differs from the zero one in that field only.
func otherwise[T any](t *testing.T) map[string]T {
	t.Helper()
	out := map[string]T{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		var x T
		switch v := reflect.ValueOf(&x).Elem().FieldByIndex(f.Index); v.Interface().(type) {
		case string:
			v.SetString("x")
		case bool:
			v.SetBool(true)
		case []int64:
			v.Set(reflect.ValueOf([]int64{1}))
		case map[string]int64:
			v.Set(reflect.ValueOf(map[string]int64{"x": 1}))
		case *Ground:
			v.Set(reflect.ValueOf(&Ground{}))
		case []string:
			v.Set(reflect.ValueOf([]string{"x"}))
		case []map[string]int64:
			v.Set(reflect.ValueOf([]map[string]int64{{"x": 1}}))
		case Cause:
			v.SetString("x")
		case *time.Time:
			v.Set(reflect.ValueOf(new(time.Unix(1, 0))))
		default:
			require.True(t, v.CanInt(), "%s %s", f.Name, v.Type())
			v.SetInt(1)
		}
		out[f.Name] = x
	}
	return out
}

// TestSameSeesEveryField: what a comparison leaves out is never saved when nothing else changes.
func TestSameSeesEveryField(t *testing.T) {
	t.Parallel()
	spans := func(s Span) Expected { return Expected{Properties: map[string][]Span{"x": {s}}} }
	for name, x := range otherwise[Span](t) {
		require.False(t, spans(x).Same(spans(Span{})), "Span.%s", name)
	}
	ours := func(x Own) Expected { return Expected{Ours: map[string][]Own{"x": {x}}} }
	for name, x := range otherwise[Own](t) {
		require.False(t, ours(x).Same(ours(Own{})), "Own.%s", name)
	}
	for name, x := range otherwise[Gap](t) {
		require.False(t, x.Same(&Gap{}), "Gap.%s", name)
	}
	for name, x := range otherwise[AssignedRole](t) {
		require.Equal(t, name == "ID", x.Same(&AssignedRole{}), "AssignedRole.%s", name)
	}
	for name, x := range otherwise[Ground](t) {
		require.False(t, x.Same(&Ground{}), "Ground.%s", name)
	}
	for name, x := range map[string]Expected{"TypeRules": {TypeRules: []int64{1}}, "Roles": {Roles: []int64{1}}, "Begun": {Begun: true}} {
		require.False(t, x.Same(Expected{}), "Expected.%s", name)
	}
}
