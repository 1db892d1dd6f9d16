package db

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Row is a row of Select: each call takes the next column. A column of another type than asked fails the read.
type Row struct {
	values []any
	names  []string
	next   int
	err    error
}

func take[T any](r *Row) (v T, ok bool) {
	if r.next >= len(r.values) {
		r.err = fmt.Errorf("a row has %d columns, more were asked for", len(r.values))
		return v, false
	}
	i := r.next
	r.next++
	if r.values[i] == nil {
		return v, false
	}
	if v, ok = r.values[i].(T); !ok && r.err == nil {
		r.err = fmt.Errorf("column %s is %T, not %T", r.names[i], r.values[i], v)
	}
	return v, ok
}

func optional[T any](r *Row) *T {
	if v, ok := take[T](r); ok {
		return &v
	}
	return nil
}

// Int is a number; 0 for null.
func (r *Row) Int() int64 { v, _ := take[int64](r); return v }

// IntOrNil is a number; nil for null.
func (r *Row) IntOrNil() *int64 { return optional[int64](r) }

// SmallOrNil is a number; nil for null.
func (r *Row) SmallOrNil() *int {
	if v, ok := take[int64](r); ok {
		return new(int(v))
	}
	return nil
}

// Float is a number with a fraction; 0 for null.
func (r *Row) Float() float64 { v, _ := take[float64](r); return v }

// Bool is a truth; false for null.
func (r *Row) Bool() bool { v, _ := take[bool](r); return v }

// Text is a text; "" for null.
func (r *Row) Text() string { v, _ := take[string](r); return v }

// TextOrNil is a text; nil for null.
func (r *Row) TextOrNil() *string { return optional[string](r) }

// Time is an instant; zero for null.
func (r *Row) Time() time.Time { v, _ := take[time.Time](r); return v }

// TimeOrNil is an instant; nil for null.
func (r *Row) TimeOrNil() *time.Time { return optional[time.Time](r) }

// Bytes is a document or other raw value; nil for null.
func (r *Row) Bytes() []byte { v, _ := take[[]byte](r); return v }

// Ints is an array of numbers; nil for null. It belongs to the caller.
func (r *Row) Ints() []int64 { return r.AppendInts(nil) }

// AppendInts adds the numbers of an array to a list; nothing for null.
func (r *Row) AppendInts(list []int64) []int64 {
	raw := r.Bytes()
	if raw == nil {
		return list
	}
	list, ok := appendInts(list, raw)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("column %s is no array of numbers", r.names[r.next-1])
	}
	return list
}

// appendInts reads an array as PostgreSQL writes it: {1,-2}.
func appendInts(list []int64, raw []byte) (_ []int64, ok bool) {
	if len(raw) < 2 || raw[0] != '{' || raw[len(raw)-1] != '}' {
		return list, false
	}
	if len(raw) == 2 {
		if list == nil {
			list = []int64{}
		}
		return list, true
	}
	list = slices.Grow(list, bytes.Count(raw, comma)+1)
	for one := range bytes.SplitSeq(raw[1:len(raw)-1], comma) {
		n, err := strconv.ParseInt(string(one), 10, 64)
		if err != nil {
			return list, false
		}
		list = append(list, n)
	}
	return list, true
}

var comma = []byte{','}

// JSON reads a document into v, which stays as it is for null.
func (r *Row) JSON(v any) {
	if raw := r.Bytes(); raw != nil {
		if err := json.Unmarshal(raw, v); err != nil && r.err == nil {
			r.err = fmt.Errorf("read a document: %w", err)
		}
	}
}
