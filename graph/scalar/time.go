package scalar

import (
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"writ/server/errs"
)

// MarshalDateTime writes an instant in UTC, with as many decimals as it has. The zero time is null: unknown.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	if t.IsZero() {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, `"`+t.UTC().Format(time.RFC3339Nano)+`"`)
	})
}

// UnmarshalDateTime reads RFC 3339 with any offset. Its year has four digits in UTC too: neither the database nor RFC 3339 know others, and
// the first instant of year 1 means unknown.
func UnmarshalDateTime(v any) (time.Time, error) {
	if text, ok := v.(string); ok {
		t, err := time.Parse(time.RFC3339Nano, text)
		t = t.UTC().Truncate(time.Microsecond)
		if err == nil && t.Year() >= 1 && t.Year() <= 9999 && !t.IsZero() {
			return t, nil
		}
	}
	return time.Time{}, errs.Invalid("", "%v is not an instant. Write it as 2026-03-01T09:30:00Z.", v)
}
