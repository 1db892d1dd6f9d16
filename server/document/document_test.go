package document_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/document"
)

// thing is a document of a known shape.
type thing struct {
	Name  string            `json:"name"`
	N     int64             `json:"n"`
	Is    bool              `json:"is"`
	Words map[string]string `json:"words"`
	List  []int64           `json:"list"`
}

func read(raw []byte) (t thing, err error) {
	r := document.Read(raw)
	r.Each(func(name string) {
		switch name {
		case "name":
			t.Name = r.Text()
		case "n":
			t.N = r.Int()
		case "is":
			t.Is = r.Bool()
		case "words":
			r.Each(func(k string) {
				if t.Words == nil {
					t.Words = map[string]string{}
				}
				t.Words[k] = r.Text()
			})
		case "list":
			t.List = nil
			r.List(func() { t.List = append(t.List, r.Int()) })
		default:
			r.Skip()
		}
	})
	return t, r.End()
}

func TestReads(t *testing.T) {
	t.Parallel()
	got, err := read([]byte(` { "name" : "a \"b\" é \u00e9\ud83d\ude00\n", "other": {"x": [1, {"y": null}], "z": "}"}, "n": -12, "is": true,
		"words": {"a": "b", "": ""}, "list": [1, 2, 9223372036854775807] } `))
	require.NoError(t, err)
	require.Equal(t, thing{"a \"b\" é é😀\n", -12, true, map[string]string{"a": "b", "": ""}, []int64{1, 2, math.MaxInt64}}, got)

	got, err = read([]byte(`{"name": null, "n": null, "is": null, "words": null, "list": null}`))
	require.NoError(t, err)
	require.Equal(t, thing{}, got)

	for _, broken := range []string{``, `{`, `{"name"`, `{"name":}`, `{"name": "a}`, `{"name": 1}`, `{"n": "1"}`, `{"n": 1.5}`, `{"n": 12345678901234567890}`, `{"is": 1}`,
		`{"list": [1,]}`, `{"list": [1 2]}`, `{"words": []}`, `{"x": tru}`, `{} {}`, `[]`, "{\"name\": \"\n\"}", `{"name": "\x"}`} {
		_, err := read([]byte(broken))
		require.Error(t, err, broken)
	}
}

// FuzzRead: what is read of a document is what encoding/json reads, and what the one takes the other takes.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"name": "a", "n": 1, "is": false, "words": {"a": "b\\"}, "list": [1, -2]}`, `{"list": [], "words": {}, "x": [[[]]]}`, `{"name": "\ud800\u0000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want map[string]json.RawMessage
		var typed thing
		if json.Unmarshal(raw, &want) != nil || json.Unmarshal(raw, &typed) != nil || want == nil {
			return
		}
		typed = thing{} // names of the wrong case are other names here
		for name, into := range map[string]any{"name": &typed.Name, "n": &typed.N, "is": &typed.Is, "words": &typed.Words, "list": &typed.List} {
			if v, ok := want[name]; ok && json.Unmarshal(v, into) != nil {
				return
			}
		}
		got, err := read(raw)
		if err != nil {
			return // a name that comes twice, in two shapes
		}
		require.Equal(t, typed.Name, got.Name)
		require.Equal(t, typed.N, got.N)
		require.Equal(t, typed.Is, got.Is)
	})
}

// FuzzText: what is written reads as the same text, with what jsonb cannot hold replaced.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "a\"b\\c\n\t\x01é😀\u2028<>&", "\x00\xff", "\ufffd"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw := document.AppendText(nil, s)
		var got string
		require.NoError(t, json.Unmarshal(raw, &got))
		require.Equal(t, db.Text(runes(s)), got)
		require.Equal(t, got, document.Read(raw).Text())
	})
}

// runes replaces each byte that is no UTF-8 by itself, as encoding/json does; strings.ToValidUTF8 takes a run of them together.
func runes(s string) string { return string([]rune(s)) }
