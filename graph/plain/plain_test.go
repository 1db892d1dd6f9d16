package plain_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/graph/plain"
	"writ/graph/scalar"
)

// TestWriter: values look as gqlgen writes them.
func TestWriter(t *testing.T) {
	t.Parallel()
	written := func(fn func(w *plain.Writer) bool) string {
		m := plain.Make(fn)
		if m == nil {
			return "nothing"
		}
		var out bytes.Buffer
		m.MarshalGQL(&out)
		return out.String()
	}
	theirs := func(m graphql.Marshaler) string {
		var out bytes.Buffer
		m.MarshalGQL(&out)
		return out.String()
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("\x00\x1f\t\r\n\"\\/<&\u2028a"))), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		require.Equal(t, theirs(scalar.MarshalString(text)), written(func(w *plain.Writer) bool { w.String(text); return true }))
		n := rapid.Int64().Draw(t, "n")
		require.Equal(t, theirs(graphql.MarshalInt64(n)), written(func(w *plain.Writer) bool { w.Int(n); return true }))
		require.Equal(t, theirs(scalar.MarshalID(n)), written(func(w *plain.Writer) bool { w.ID(n); return true }))
		at := time.Unix(rapid.Int64Range(-6e10, 2e11).Draw(t, "s"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).In(time.FixedZone("", rapid.IntRange(-43200, 43200).Draw(t, "zone")))
		require.Equal(t, theirs(scalar.MarshalDateTime(at)), written(func(w *plain.Writer) bool { return w.Time(at) }))
	})
	require.Equal(t, "nothing", written(func(w *plain.Writer) bool { return w.Time(time.Time{}) }))
	require.Equal(t, "nothing", written(func(w *plain.Writer) bool { return w.Marshal(graphql.Null) }))
	require.Equal(t, "nothing", written(func(*plain.Writer) bool { panic("a method of a row broke down") }))
	require.Equal(t, "true", written(func(w *plain.Writer) bool { w.Bool(true); return true }), "what gave up left nothing behind")
}
