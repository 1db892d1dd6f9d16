package scalar

import (
	"encoding/json"
	"io"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"writ/server/errs"
)

// MarshalJSON writes stored JSON as it is; nothing is null.
func MarshalJSON(raw json.RawMessage) graphql.Marshaler {
	if len(raw) == 0 {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(raw) })
}

// UnmarshalJSON takes any value.
func UnmarshalJSON(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, errs.Invalid("", "This is not a JSON value.").Because(err)
	}
	return raw, nil
}

// MarshalStringMap writes an object of texts, keys sorted.
func MarshalStringMap(m map[string]string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		if m == nil {
			m = map[string]string{}
		}
		_ = json.NewEncoder(w).Encode(m) // sorts keys
	})
}

// UnmarshalStringMap takes an object whose values are texts.
func UnmarshalStringMap(v any) (map[string]string, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errs.Invalid("", "This must be an object of texts.")
	}
	m := make(map[string]string, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		text, ok := object[key].(string)
		if !ok {
			return nil, errs.Invalid(key, "The value of %s must be a text.", key)
		}
		m[key] = text
	}
	return m, nil
}
