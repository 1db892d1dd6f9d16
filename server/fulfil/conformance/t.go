package conformance

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// T is what a case needs of whoever runs it: a test of Go, or a run outside of tests.
type T interface {
	Context() context.Context
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Skip(args ...any)
}

// require says what must be so. It ends the case that finds it otherwise.
var require checks

type checks struct{}

func (checks) fail(t T, what string, more []any) {
	t.Helper()
	if len(more) > 0 {
		if format, ok := more[0].(string); ok {
			what = fmt.Sprintf(format, more[1:]...) + ": " + what
		}
	}
	t.Fatal(what)
}

func (c checks) NoError(t T, err error, more ...any) {
	t.Helper()
	if err != nil {
		c.fail(t, "failed: "+err.Error(), more)
	}
}

func (c checks) Error(t T, err error, more ...any) {
	t.Helper()
	if err == nil {
		c.fail(t, "no error", more)
	}
}

func (c checks) True(t T, is bool, more ...any) {
	t.Helper()
	if !is {
		c.fail(t, "not so", more)
	}
}

func (c checks) False(t T, is bool, more ...any) {
	t.Helper()
	c.True(t, !is, more...)
}

func (c checks) Equal(t T, want, have any, more ...any) {
	t.Helper()
	if !reflect.DeepEqual(want, have) {
		c.fail(t, fmt.Sprintf("%#v was expected, not %#v", want, have), more)
	}
}

func (c checks) Nil(t T, have any, more ...any) {
	t.Helper()
	if !isNil(have) {
		c.fail(t, fmt.Sprintf("nothing was expected, not %#v", have), more)
	}
}

func (c checks) NotNil(t T, have any, more ...any) {
	t.Helper()
	if isNil(have) {
		c.fail(t, "nothing came", more)
	}
}

func isNil(have any) bool {
	if have == nil {
		return true
	}
	v := reflect.ValueOf(have)
	return slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Func, reflect.Chan}, v.Kind()) && v.IsNil()
}

func isEmpty(have any) bool {
	if isNil(have) {
		return true
	}
	v := reflect.ValueOf(have)
	if slices.Contains([]reflect.Kind{reflect.Map, reflect.Slice, reflect.String}, v.Kind()) {
		return v.Len() == 0
	}
	return v.IsZero()
}

func (c checks) Empty(t T, have any, more ...any) {
	t.Helper()
	if !isEmpty(have) {
		c.fail(t, fmt.Sprintf("nothing was expected, not %v", have), more)
	}
}

func (c checks) NotEmpty(t T, have any, more ...any) {
	t.Helper()
	if isEmpty(have) {
		c.fail(t, "it is empty", more)
	}
}

func (c checks) Zero(t T, have any, more ...any) {
	t.Helper()
	c.Empty(t, have, more...)
}

func (c checks) Len(t T, have any, n int, more ...any) {
	t.Helper()
	if got := reflect.ValueOf(have).Len(); got != n {
		c.fail(t, fmt.Sprintf("%d were expected, not %d", n, got), more)
	}
}

func (c checks) Less(t T, a, b int, more ...any) {
	t.Helper()
	if cmp.Compare(a, b) >= 0 {
		c.fail(t, fmt.Sprintf("less than %d was expected, not %d", b, a), more)
	}
}

// Contains: a part of a text, an item of a list, or a key of a map.
func (c checks) Contains(t T, have, part any, more ...any) {
	t.Helper()
	v, found := reflect.ValueOf(have), false
	switch v.Kind() {
	case reflect.String:
		found = strings.Contains(v.String(), fmt.Sprint(part))
	case reflect.Map:
		found = v.MapIndex(reflect.ValueOf(part)).IsValid()
	default:
		for i := range v.Len() {
			found = found || reflect.DeepEqual(v.Index(i).Interface(), part)
		}
	}
	if !found {
		c.fail(t, fmt.Sprintf("%v is not in %v", part, have), more)
	}
}

func (c checks) ElementsMatch(t T, want, have []string, more ...any) {
	t.Helper()
	a, b := slices.Clone(want), slices.Clone(have)
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		c.fail(t, fmt.Sprintf("%q were expected, not %q", a, b), more)
	}
}

func (c checks) Eventually(t T, is func() bool, most, pause time.Duration, more ...any) {
	t.Helper()
	for end := time.Now().Add(most); !is(); time.Sleep(pause) {
		if time.Now().After(end) {
			c.fail(t, fmt.Sprintf("not so after %s", most), more)
		}
	}
}
