package scalar_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/graph/scalar"
	"writ/server/errs"
)

// FuzzScalars: each scalar takes any JSON value as it comes from a request, and what it takes it writes as valid JSON that it takes again.
func FuzzScalars(f *testing.F) {
	for _, text := range []string{
		`"1"`, `1`, `-1`, `1.5`, `1e400`, `9223372036854775808`, `null`, `true`, `[]`, `{}`, `{"a":"b"}`, `{"a":1}`, `"2026-03-01T09:30:00Z"`, `"0000-01-01T00:00:00Z"`,
		`"9999-12-31T23:59:59-12:00"`, `"\u0000"`, `"\ud800"`, `[[[[]]]]`, `{"":{"":[null]}}`, `"+1"`, `"01"`, `" 1"`, `"0x1"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		var out bytes.Buffer
		valid := func() {
			require.True(t, json.Valid(out.Bytes()), "%q", out.String())
			out.Reset()
		}
		if id, err := scalar.UnmarshalID(v); err == nil {
			scalar.MarshalID(id).MarshalGQL(&out)
			valid()
		} else {
			require.NotNil(t, errs.As(err), "%v", err)
		}
		if at, err := scalar.UnmarshalDateTime(v); err == nil {
			scalar.MarshalDateTime(at).MarshalGQL(&out)
			var again string
			require.NoError(t, json.Unmarshal(out.Bytes(), &again))
			same, err := scalar.UnmarshalDateTime(again)
			require.NoError(t, err)
			require.True(t, at.Equal(same))
			out.Reset()
		}
		if raw, err := scalar.UnmarshalJSON(v); err == nil {
			scalar.MarshalJSON(raw).MarshalGQL(&out)
			valid()
		}
		if m, err := scalar.UnmarshalStringMap(v); err == nil {
			scalar.MarshalStringMap(m).MarshalGQL(&out)
			valid()
		}
		if s, err := scalar.UnmarshalString(v); err == nil {
			require.NotContains(t, s, "\x00")
			scalar.MarshalString(s).MarshalGQL(&out)
			valid()
		}
	})
}
