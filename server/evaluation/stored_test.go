package evaluation

import (
	"encoding/json"
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
	ids := rapid.SliceOfN(rapid.Int64Range(1, 1<<60), 0, 300)
	span := rapid.Custom(func(t *rapid.T) Span {
		return Span{From: instant.Draw(t, "from"), To: instant.Draw(t, "to"), Value: text.Draw(t, "value"), ID: rapid.Int64().Draw(t, "id"), Rules: ids.Draw(t, "rules"),
			Error: text.Draw(t, "error"), Confidence: rapid.IntRange(0, 100).Draw(t, "confidence"), CreateOnly: rapid.Bool().Draw(t, "createOnly"),
			Comparison: rapid.Int16().Draw(t, "comparison"), InForce: rapid.Bool().Draw(t, "inForce")}
	})
	own := rapid.Custom(func(t *rapid.T) Own {
		return Own{Value: text.Draw(t, "value"), ID: rapid.Int64().Draw(t, "id"), Comparison: rapid.Int16().Draw(t, "comparison"), Since: rapid.Int64().Draw(t, "since"), Renamed: rapid.Bool().Draw(t, "renamed")}
	})
	expected := rapid.Custom(func(t *rapid.T) Expected {
		return Expected{Properties: rapid.MapOfN(text, rapid.SliceOfN(span, 1, 4), 0, 4).Draw(t, "properties"), TypeRules: ids.Draw(t, "typeRules"), Roles: ids.Draw(t, "roles"),
			Ours: rapid.MapOfN(text, rapid.SliceOfN(own, 1, 3), 0, 3).Draw(t, "ours"), Begun: rapid.Bool().Draw(t, "begun")}
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
