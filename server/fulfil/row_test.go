package fulfil_test

import (
	"context"
	"encoding/json"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
)

// TestValuesSurviveJSON: every type of value is what it was after writing and reading, and nothing else is read.
func TestValuesSurviveJSON(t *testing.T) {
	t.Parallel()
	row := fulfil.Row{"null": nil, "text": "a\nb", "empty": "", "list": []string{"a\nb", "", "c"}, "none": []string{}, "bytes": []byte{0, 0xff}}
	raw, err := json.Marshal(row)
	require.NoError(t, err)
	var back fulfil.Row
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, row, back)
	for _, bad := range []string{`{"a": 1}`, `{"a": true}`, `{"a": ["x", 1]}`, `{"a": {"base64": "!"}}`, `[]`} {
		require.Error(t, json.Unmarshal([]byte(bad), &back), bad)
	}
}

// TestFormsOfValues: as one text, as several, and which are the same.
func TestFormsOfValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		value fulfil.Value
		text  string
		list  []string
	}{
		{nil, "", nil}, {"", "", nil}, {"a", "a", []string{"a"}}, {"a\nb", "a\nb", []string{"a", "b"}},
		{[]string{}, "", []string{}}, {[]string{"a\nb", "c"}, "a\nb\nc", []string{"a\nb", "c"}}, {[]byte("hi"), "aGk=", []string{"aGk="}},
	} {
		require.True(t, fulfil.IsValue(tc.value))
		require.Equal(t, tc.text, fulfil.TextOf(tc.value))
		require.Equal(t, tc.list, fulfil.ListOf(tc.value))
		require.True(t, fulfil.EqualValues(tc.value, tc.value))
	}
	require.True(t, fulfil.EqualValues(nil, []string{}))
	require.False(t, fulfil.EqualValues([]string{"a\nb"}, []string{"a", "b"}))
	for _, other := range []any{1, true, []any{"a"}, map[string]string{}} {
		require.False(t, fulfil.IsValue(other))
	}
}

// TestWrongTypesStopAtTheFrame: whoever takes rows from a guarded connector can rely on their types.
func TestWrongTypesStopAtTheFrame(t *testing.T) {
	t.Parallel()
	wrong := wrongTypes{&conn{}}
	g := fulfil.Guard("hr", &fulfil.Opened{Connector: wrong, Exporter: wrong, Reader: wrong}, fulfil.Limits{})
	var faults []string
	for e, err := range g.Exporter.Export(t.Context(), "t") {
		require.NoError(t, err)
		if e.Fault == nil {
			faults = append(faults, "none")
			continue
		}
		faults = append(faults, e.Fault.Column+": "+e.Fault.Why)
	}
	require.Equal(t, []string{"none", "n: the connector gave a int, which is no value"}, faults)
	_, _, err := g.Reader.Read(t.Context(), "t", "id", "2")
	require.ErrorContains(t, err, "gave a int in column n")
}

type wrongTypes struct{ *conn }

func (wrongTypes) Export(_ context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return fulfil.Numbered(table, func(yield func(fulfil.Row, error) bool) {
		_ = yield(fulfil.Row{"id": "1"}, nil) && yield(fulfil.Row{"id": "2", "n": 7}, nil)
	})
}

func (wrongTypes) Read(context.Context, string, string, string) (fulfil.Row, bool, error) {
	return fulfil.Row{"id": "2", "n": 7}, true, nil
}
