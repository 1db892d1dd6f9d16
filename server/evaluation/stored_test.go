package evaluation

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestStored: an expectation is written and read as encoding/json does by its tags, many rows after each other.
func TestStored(t *testing.T) {
	t.Parallel()
	instant := rapid.Custom(func(t *rapid.T) *time.Time {
		if rapid.Bool().Draw(t, "open") {
			return nil
		}
		at := time.UnixMicro(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "at")).UTC()
		return &at
	})
	text := rapid.Map(rapid.String(), func(s string) string { return strings.ReplaceAll(s, "\x00", "") }) // jsonb takes no NUL
	var draw func(t *rapid.T, v reflect.Value)                                                            // whatever fields there are: one that is not written is lost to every later computation
	draw = func(t *rapid.T, v reflect.Value) {
		switch x := v.Addr().Interface().(type) {
		case **time.Time:
			*x = instant.Draw(t, "instant")
		case *string:
			*x = text.Draw(t, "text")
		case *bool:
			*x = rapid.Bool().Draw(t, "flag")
		case *int64:
			*x = rapid.Int64().Draw(t, "number")
		case *int:
			*x = rapid.IntRange(0, 100).Draw(t, "number")
		case *int16:
			*x = rapid.Int16().Draw(t, "number")
		case *[]int64:
			*x = rapid.SliceOfN(rapid.Int64Range(1, 1<<60), 0, 300).Draw(t, "ids")
		default:
			switch v.Kind() {
			case reflect.Struct:
				for i := range v.NumField() {
					draw(t, v.Field(i))
				}
			case reflect.Slice:
				v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(1, 4).Draw(t, "length"), 4))
				for i := range v.Len() {
					draw(t, v.Index(i))
				}
			case reflect.Map:
				v.Set(reflect.MakeMap(v.Type()))
				for range rapid.IntRange(0, 4).Draw(t, "length") {
					one := reflect.New(v.Type().Elem()).Elem()
					draw(t, one)
					v.SetMapIndex(reflect.ValueOf(text.Draw(t, "name")), one)
				}
			default:
				t.Fatalf("%s cannot be drawn", v.Type())
			}
		}
	}
	expected := rapid.Custom(func(t *rapid.T) (e Expected) {
		draw(t, reflect.ValueOf(&e).Elem())
		return e
	})
	rapid.Check(t, func(t *rapid.T) {
		var s Stored
		var all, wants []string
		for range rapid.IntRange(1, 3).Draw(t, "rows") {
			e := expected.Draw(t, "expected")
			raw, err := json.Marshal(e)
			require.NoError(t, err)
			require.JSONEq(t, string(raw), string(e.Append(nil)))
			got, err := s.Read(raw)
			require.NoError(t, err)
			again, err := json.Marshal(got)
			require.NoError(t, err)
			require.JSONEq(t, string(raw), string(again))
			all, wants = append(all, string(got.Append(nil))), append(wants, string(raw))
		}
		for i := range all {
			require.JSONEq(t, wants[i], all[i], "a later row does not disturb an earlier one")
		}
	})
	var s Stored
	for _, broken := range []string{`[]`, `{"properties": {"a": [{"from": "soon"}]}}`, `{"begun": 1}`, `{"roles": ["1"]}`} {
		_, err := s.Read([]byte(broken))
		require.Error(t, err, broken)
	}
}
