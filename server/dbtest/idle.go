package dbtest

import "reflect"

// Idle fills every hook that is not set with one that does nothing and answers nothing: for tests that say so.
func Idle[Hooks any](hooks Hooks) Hooks {
	v := reflect.ValueOf(&hooks).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Func && f.IsNil() {
			f.Set(reflect.MakeFunc(f.Type(), func([]reflect.Value) []reflect.Value {
				out := make([]reflect.Value, f.Type().NumOut())
				for n := range out {
					out[n] = reflect.Zero(f.Type().Out(n))
				}
				return out
			}))
		}
	}
	return hooks
}
