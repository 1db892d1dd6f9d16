package sqldb

import (
	"database/sql"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"writ/server/fulfil"
)

func (postgres) value(v any, typ string, of origin) (fulfil.Value, error) {
	return value(v, typ, of.column.isArray()), nil
}

func (postgres) having(_ *table, keyColumn, key string) (condition string, args []any) {
	return "t." + quote(keyColumn) + " = $1 limit 2", []any{key}
}

// isKey: the server has compared them already, as its types do.
func (postgres) isKey(*table, string, fulfil.Value, string) bool { return true }

// value is what a column holds: a timestamp as RFC 3339 in UTC, a date as a date, a boolean as true or false; bytes stay bytes, an array is
// its elements (NULL elements left out). typ is the driver's name of the type.
func value(v any, typ string, isArray bool) fulfil.Value {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if typ == "BPCHAR" { // the padding of char(n) is not part of the value
			return strings.TrimRight(v, " ")
		}
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		bits := 64
		if typ == "FLOAT4" {
			bits = 32
		}
		return strconv.FormatFloat(v, 'f', -1, bits)
	case time.Time:
		return timeText(v, typ)
	case []byte:
		if typ == "BYTEA" {
			return v
		}
		if isArray || strings.HasPrefix(typ, "_") {
			return elements(string(v), typ)
		}
		return string(v)
	}
	return fmt.Sprint(v)
}

func timeText(t time.Time, typ string) string {
	switch typ {
	case "DATE":
		return t.Format(time.DateOnly)
	case "TIME":
		return t.Format("15:04:05.999999")
	case "TIMETZ":
		return t.Format("15:04:05.999999Z07:00")
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func elements(literal, typ string) fulfil.Value {
	var items []sql.NullString
	if err := pq.Array(&items).Scan([]byte(literal)); err != nil {
		return literal // several dimensions: as the server writes it
	}
	list := make([]string, 0, len(items))
	for _, item := range items {
		if item.Valid {
			list = append(list, elementText(item.String, typ))
		}
	}
	return list
}

func elementText(element, typ string) string {
	switch typ {
	case "_BOOL":
		return strconv.FormatBool(element == "t")
	case "_TIMESTAMPTZ", "_TIMESTAMP":
		if t, err := pq.ParseTimestamp(time.UTC, element); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return element
}

// generalized is an instant as directories write it and the value format datetime does; the server does not read it.
var generalized = regexp.MustCompile(`^\d{14}(\.\d+)?Z$`)

// argument is what a text becomes for a column of that type. nil clears. The server reads the text as the column's type, so a text that
// is none is its message, not ours; only what it could not read is prepared here.
func argument(value *string, col column) (any, error) {
	switch {
	case value == nil:
		return nil, nil
	case col.isArray():
		return pq.Array(lines(*value)), nil
	case col.typ == "bytea":
		b, err := base64.StdEncoding.DecodeString(*value)
		if err != nil {
			return nil, refuse("The value for column %s must be base64.", col.name)
		}
		return b, nil
	case strings.HasPrefix(col.typ, "timestamp") && generalized.MatchString(*value):
		t, err := time.Parse("20060102150405Z0700", *value) // reads a fraction, too
		if err != nil {
			return nil, refuse("The value for column %s is no instant.", col.name)
		}
		return t.UTC().Format(time.RFC3339Nano), nil
	case *value == "" && !col.isString(): // no number, date or boolean is spelled with nothing
		return nil, nil
	}
	return *value, nil
}

// lines splits several values; none when the text is empty.
func lines(value string) []string {
	if value == "" {
		return []string{}
	}
	return strings.Split(value, "\n")
}
