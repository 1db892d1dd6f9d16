package event_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/event"
)

// FuzzParse: a cursor is understood as what it was written from, or refused.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "MS4y", "LTEuMQ", "MS4", "Li4", "====", "\x00", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS4x", "MC4w", "MS4wMg", "KzEuMQ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := event.Parse(text)
		if err != nil {
			require.True(t, errs.Is(err, errs.Validation), "%v", err)
			return
		}
		again, err := event.Parse(c.String())
		require.NoError(t, err)
		if strings.Contains(text, ".") { // others are of an earlier version, and only known once they were looked up
			require.Equal(t, c, again)
		}
	})
}
