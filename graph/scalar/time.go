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

// UnmarshalDateTime reads RFC 3339 with any offset.
func UnmarshalDateTime(v any) (time.Time, error) {
	if text, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, errs.Invalid("", "%v is not an instant. Write it as 2026-03-01T09:30:00Z.", v)
}
