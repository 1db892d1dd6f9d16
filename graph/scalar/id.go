package scalar

import (
	"encoding/json"
	"io"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"writ/server/errs"
)

// MarshalID writes the id of a row.
func MarshalID(id int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, `"`+strconv.FormatInt(id, 10)+`"`)
	})
}

// UnmarshalID reads what MarshalID wrote. An id of another making is VALIDATION: no row has it.
func UnmarshalID(v any) (int64, error) {
	switch v := v.(type) {
	case string:
		if id, err := strconv.ParseInt(v, 10, 64); err == nil && id > 0 {
			return id, nil
		}
	case json.Number:
		if id, err := v.Int64(); err == nil && id > 0 {
			return id, nil
		}
	case int64:
		if v > 0 {
			return v, nil
		}
	case int:
		if v > 0 {
			return int64(v), nil
		}
	}
	return 0, errs.Invalid("", "%v is not an id of this server. Take ids from its answers as they are.", v)
}
