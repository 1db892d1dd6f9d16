package order

import (
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"
)

// continuous is the mode of a connector that moves by itself (design 3).
const continuous = "continuous"

// text reads an optional text: nil and empty are the same.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// number reads an optional id: nil is 0.
func number(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// optional is nil for the zero value.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func distinct(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id int64) bool { return id == 0 })
}

// stamp is an instant as PostgreSQL must read it: a bare parameter would be an untyped text in expressions.
func stamp(t time.Time) schema.QueryAppender {
	return bun.SafeQuery("?::timestamptz", t.UTC().Format("2006-01-02T15:04:05.999999Z"))
}

// sentence writes an action as the beginning of a sentence.
func sentence(a Action) string {
	words := strings.ReplaceAll(string(a), "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// arrayOf passes ids as a PostgreSQL array; nil is the empty one.
func arrayOf(ids []int64) *pgdialect.ArrayValue { return pgdialect.Array(orEmpty(ids)) }
