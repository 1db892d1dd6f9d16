// Package wired finds, when a service is made, what was forgotten: a collaborator that is missing would otherwise drop work in silence, or
// panic in the middle of it.
package wired

import (
	"fmt"
	"reflect"
)

// Need panics, with the name of what is made, when a field of the struct is not set. It is a mistake of the program, to be seen at its start.
func Need(what string, hooks any) {
	v := reflect.ValueOf(hooks)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			panic(fmt.Sprintf("%s: %s is needed", what, v.Type().Field(i).Name))
		}
	}
}
