package fulfil

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Row is one exported entry by column.
type Row map[string]Value

// Value is what a column holds, and one of these: nil (null, no value), string (one text), []string (several texts, of which any may hold
// anything, line breaks too) or []byte. IsValue tells. The frame sets a row aside that holds something else.
type Value any

// IsValue reports whether v is one of the types that a Value may be.
func IsValue(v Value) bool {
	switch v.(type) {
	case nil, string, []string, []byte:
		return true
	}
	return false
}

// TextOf is a value as one text: null is empty, several texts are lines, bytes are base64.
func TextOf(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []string:
		return strings.Join(v, "\n")
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	}
	return fmt.Sprint(v)
}

// ListOf is a value as several texts. A system that knows but one text for several values writes them in lines.
func ListOf(v Value) []string {
	switch v := v.(type) {
	case []string:
		return v
	default:
		if text := TextOf(v); text != "" {
			return strings.Split(text, "\n")
		}
	}
	return nil
}

// EqualValues reports whether two values are the same; null, an empty text and an empty list are.
func EqualValues(a, b Value) bool {
	x, several := a.([]string)
	y, alsoSeveral := b.([]string)
	if several && alsoSeveral {
		return slices.Equal(x, y)
	}
	return TextOf(a) == TextOf(b)
}

// MarshalJSON writes bytes as {"base64": ...}, everything else as it is.
func (r Row) MarshalJSON() ([]byte, error) {
	plain := make(map[string]any, len(r))
	for column, value := range r {
		if b, ok := value.([]byte); ok {
			value = map[string]string{"base64": base64.StdEncoding.EncodeToString(b)}
		}
		plain[column] = value
	}
	return json.Marshal(plain)
}

// UnmarshalJSON reads what MarshalJSON wrote. Anything that is no Value is an error.
func (r *Row) UnmarshalJSON(raw []byte) error {
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(raw, &columns); err != nil {
		return err
	}
	*r = make(Row, len(columns))
	for column, raw := range columns {
		value, err := valueOf(raw)
		if err != nil {
			return fmt.Errorf("column %s: %w", column, err)
		}
		(*r)[column] = value
	}
	return nil
}

func valueOf(raw json.RawMessage) (Value, error) {
	switch raw[0] {
	case 'n':
		return nil, nil
	case '[':
		list := []string{}
		err := json.Unmarshal(raw, &list)
		return list, err
	case '{':
		var b struct {
			Base64 []byte `json:"base64"`
		}
		err := json.Unmarshal(raw, &b)
		return b.Base64, err
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err
}
