package sqldb

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

func (m mariadb) value(v any, typ string, of origin) (fulfil.Value, error) {
	if of.isLink {
		return m.links(v)
	}
	return mariaValue(v, typ, of.column), nil
}

// mariaValue is what a column holds: a moment as RFC 3339 in UTC, a date as a date, tinyint(1) and bit(1) as true or false; bytes stay bytes. A date of
// zeros is none.
func mariaValue(v any, typ string, col column) fulfil.Value {
	switch v := v.(type) {
	case nil:
		return nil
	case int64:
		return mariaNumber(strconv.FormatInt(v, 10), col)
	case uint64:
		return mariaNumber(strconv.FormatUint(v, 10), col)
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 32)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return mariaValue([]byte(v), typ, col)
	case []byte:
		switch typ {
		case "BINARY", "VARBINARY", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "GEOMETRY", "VECTOR":
			return bytes.Clone(v)
		case "BIT":
			return mariaNumber(new(big.Int).SetBytes(v).String(), col)
		case "DATE", "DATETIME", "TIMESTAMP":
			return mariaMoment(string(v), typ)
		case "TIME":
			return withoutZeros(string(v))
		case "FLOAT", "DOUBLE":
			if f, err := strconv.ParseFloat(string(v), 64); err == nil {
				bits := 64
				if typ == "FLOAT" {
					bits = 32
				}
				return strconv.FormatFloat(f, 'f', -1, bits)
			}
		}
		return mariaNumber(string(v), col)
	}
	return fmt.Sprint(v)
}

func mariaNumber(text string, col column) fulfil.Value {
	if col.isBool && (text == "0" || text == "1") {
		return strconv.FormatBool(text == "1")
	}
	return text
}

// withoutZeros is a time without the zeros at the end of its fraction.
func withoutZeros(text string) string {
	if strings.Contains(text, ".") {
		return strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// mariaMoment is a date or a moment as the rest of Writ spells it; one with a month or day 00 as the server does.
func mariaMoment(text, typ string) fulfil.Value {
	date, clock, _ := strings.Cut(text, " ")
	switch {
	case date == "0000-00-00":
		return nil
	case strings.Contains(date, "-00"):
		return text
	case typ == "DATE":
		return date
	case clock == "":
		clock = "00:00:00"
	}
	return date + "T" + withoutZeros(clock) + "Z"
}

// momentOf reads a moment in one of the spellings in which it may be wanted.
func momentOf(text string) (time.Time, bool) {
	if generalized.MatchString(text) {
		t, err := time.Parse("20060102150405Z0700", text)
		return t, err == nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// spelled is a moment as the server reads it, cut to what the column keeps.
func (c column) spelled(t time.Time) string {
	if c.typ == "date" {
		return t.Format(time.DateOnly)
	}
	layout := time.DateTime
	if c.fraction > 0 {
		layout += "." + strings.Repeat("0", c.fraction)
	}
	return t.Format(layout)
}

var (
	wholeNumber   = regexp.MustCompile(`^[+-]?\d{1,30}$`)
	decimalNumber = regexp.MustCompile(`^[+-]?(\d{1,65}(\.\d{0,38})?|\.\d{1,38})$`)
	floatNumber   = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$`)
	uuidText      = regexp.MustCompile(`^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$`)
)

// mariaArgument is what a text becomes for a column of that type; nil clears. What the server would read in its own way (a number of the digits that a
// text begins with, a fraction rounded away) is refused here.
func mariaArgument(value *string, col column) (any, error) {
	if value == nil || *value == "" && col.category != "S" {
		return nil, nil
	}
	text := *value
	no := func(what string) (any, error) {
		return nil, refuse("The value for column %s must be %s.", col.name, what)
	}
	if col.isBool {
		switch strings.ToLower(text) {
		case "true":
			text = "1"
		case "false":
			text = "0"
		}
	}
	switch col.category {
	case "N", "B":
		n, ok := wholeOf(text)
		if !ok {
			return no("a whole number")
		}
		return n, nil
	case "D":
		if !decimalNumber.MatchString(text) {
			return no("a number")
		}
	case "F":
		if !floatNumber.MatchString(text) {
			return no("a number")
		}
	case "X":
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return no("base64")
		}
		return b, nil
	case "T":
		if t, ok := momentOf(text); ok && col.typ != "time" {
			return col.spelled(t), nil
		}
	}
	return text, nil
}

// wholeOf is a whole number as the driver sends it.
func wholeOf(text string) (any, bool) {
	if !wholeNumber.MatchString(text) {
		return nil, false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
	return n, err == nil
}

// sameValue compares what the server gave with what is wanted, as the column's type does but for texts: they are the same when their bytes are.
func sameValue(have fulfil.Value, wanted *string, col column) bool {
	if wanted == nil || *wanted == "" && col.category != "S" {
		return have == nil
	}
	if have == nil {
		return false
	}
	want := *wanted
	if b, ok := have.([]byte); ok {
		raw, err := base64.StdEncoding.DecodeString(want)
		if col.typ == "binary" { // is filled up
			raw, b = bytes.TrimRight(raw, "\x00"), bytes.TrimRight(b, "\x00")
		}
		return err == nil && bytes.Equal(b, raw)
	}
	is := fulfil.TextOf(have)
	if col.isBool {
		digits := strings.NewReplacer("true", "1", "false", "0")
		is, want = digits.Replace(is), digits.Replace(strings.ToLower(want))
	}
	switch col.category {
	case "N", "D", "B":
		if !decimalNumber.MatchString(want) || !decimalNumber.MatchString(is) {
			return is == want
		}
		a, _ := new(big.Rat).SetString(is)
		b, _ := new(big.Rat).SetString(want)
		return a != nil && b != nil && a.Cmp(b) == 0
	case "F":
		a, err := strconv.ParseFloat(is, 64)
		b, failed := strconv.ParseFloat(want, 64)
		return err == nil && failed == nil && (a == b || col.typ == "float" && float32(a) == float32(b))
	case "T":
		a, ok := momentOf(is)
		b, alsoOK := momentOf(want)
		if ok && alsoOK && col.typ != "time" {
			return col.spelled(a) == col.spelled(b)
		}
		return withoutZeros(is) == withoutZeros(want)
	case "O":
		return strings.EqualFold(strings.ReplaceAll(is, "-", ""), strings.ReplaceAll(want, "-", ""))
	}
	switch col.typ {
	case "char": // the server keeps no blanks at its end
		return strings.TrimRight(is, " ") == strings.TrimRight(want, " ")
	case "enum": // the server writes its own spelling
		return strings.EqualFold(is, want)
	case "set":
		a, b := strings.Split(strings.ToLower(is), ","), strings.Split(strings.ToLower(want), ",")
		slices.Sort(a)
		slices.Sort(b)
		return slices.Equal(slices.Compact(a), slices.Compact(b))
	}
	return is == want
}

// exactly is a text expression of which only the very same text is equal: in neither case, accents nor blanks at the end it differs.
func exactly(expression string) string {
	return "convert(" + expression + " using utf8mb4) collate utf8mb4_nopad_bin"
}

// holds is the condition that an expression of a column's type holds a key; "" when nothing of that type can. The first half of it may use an index.
// A text is never compared with a number: the server would take the digits that it begins with.
func (c column) holds(expression, key string) (condition string, args []any) {
	switch c.category {
	case "S":
		return expression + " = ? and " + exactly(expression) + " = ?", []any{key, key}
	case "N", "B":
		if n, ok := wholeOf(key); ok {
			return expression + " = ?", []any{n}
		}
		return "", nil
	case "D":
		if decimalNumber.MatchString(key) {
			return expression + " = cast(? as decimal(65,30))", []any{key}
		}
		return "", nil
	case "O":
		if c.typ == "uuid" && !uuidText.MatchString(key) {
			return "", nil
		}
	}
	arg, err := mariaArgument(&key, c)
	if err != nil || arg == nil {
		return "", nil
	}
	return expression + " = ?", []any{arg}
}

// asText is an expression as a text. Bytes become base64.
func (c column) asText(expression string) string {
	if c.category == "X" {
		return "replace(to_base64(" + expression + "), char(10), '')"
	}
	return exactly(expression)
}

var errCut = errors.New("cut")

// links reads the values of a link: how many there are, how many bytes they have, and each in hexadecimal. The server cuts long ones with no more than
// a warning; then the numbers do not fit.
func (m mariadb) links(v any) (fulfil.Value, error) {
	if v == nil {
		return nil, nil
	}
	list, err := splitLinks(fulfil.TextOf(mariaValue(v, "", column{})))
	if err != nil {
		return nil, errs.New(errs.Unavailable, "%s gave only a part of the values that a link table holds for one row. Raise its max_allowed_packet.", m.c.target)
	}
	slices.SortFunc(list, func(a, b string) int { // provisioning spec 5.3
		if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(list), nil
}

func splitLinks(text string) ([]string, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 {
		return nil, errCut
	}
	count, err := strconv.Atoi(parts[0])
	length, failed := strconv.Atoi(parts[1])
	items := strings.Split(parts[2], ",")
	if err != nil || failed != nil || len(items) != count {
		return nil, errCut
	}
	list := make([]string, count)
	for i, item := range items {
		raw, err := hex.DecodeString(item)
		if err != nil {
			return nil, errCut
		}
		list[i] = string(raw)
		length -= len(raw)
	}
	if length != 0 {
		return nil, errCut
	}
	return list, nil
}
