package db

import (
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// Condition is a piece of SQL with its arguments, which is true or false of a row.
type Condition = schema.QueryWithArgs

// AllOf is true where all of the conditions are; of none: everywhere.
func AllOf(list ...Condition) Condition { return joined(" and ", "true", list) }

// AnyOf is true where one of the conditions is; of none: nowhere.
func AnyOf(list ...Condition) Condition { return joined(" or ", "false", list) }

func joined(word, empty string, list []Condition) Condition {
	if len(list) == 0 {
		return bun.SafeQuery(empty)
	}
	args := make([]any, len(list))
	for i, c := range list {
		args[i] = c
	}
	return bun.SafeQuery("("+strings.Repeat("?"+word, len(list)-1)+"?)", args...)
}
