package scalar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/graph/scalar"
	"writ/server/errs"
)

func TestDateTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026-03-01T09:30:00Z":           time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC),
		"2026-03-01T09:30:00+02:00":      time.Date(2026, 3, 1, 7, 30, 0, 0, time.UTC),
		"0001-01-01T00:00:01Z":           time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC),
		"9999-12-31T23:59:59.9999999Z":   time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		"2026-03-01T09:30:00.123456789Z": time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC),
		"0000-01-01T00:00:00Z":           {}, // no such year
		"0001-01-01T00:00:00Z":           {}, // unknown
		"0001-01-01T00:00:00+01:00":      {}, // the year before in UTC
		"9999-12-31T23:59:59-01:00":      {}, // the year after in UTC
		"10000-01-01T00:00:00Z":          {},
		"2026-02-30T00:00:00Z":           {},
		"2026-01-01":                     {},
		"infinity":                       {},
		"":                               {},
	} {
		got, err := scalar.UnmarshalDateTime(text)
		if want.IsZero() {
			require.True(t, errs.Is(err, errs.Validation), "%s: %v", text, err)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	_, err := scalar.UnmarshalDateTime(1767225600)
	require.True(t, errs.Is(err, errs.Validation))
}

func TestString(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "\t\r\n", "\u202e", "\ufffd", "🙂"} {
		got, err := scalar.UnmarshalString(text)
		require.NoError(t, err)
		require.Equal(t, text, got)
	}
	for _, text := range []string{"\x00", "a\x00b"} {
		_, err := scalar.UnmarshalString(text)
		require.True(t, errs.Is(err, errs.Validation), "%q: %v", text, err)
	}
}
