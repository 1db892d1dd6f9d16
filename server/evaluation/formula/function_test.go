package formula

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestUsernames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "jean.dupont", BuildUsername("Jean", "Dupont", ".", "", 0))
	require.Equal(t, "jean.dupont2@x", BuildUsername("Jean", "Dupont", ".", "@x", 2))
	require.Equal(t, "dupont", BuildUsername("", "Dupont", ".", "", 0))
	require.Equal(t, "jp.mueller", BuildUsernameWithInitials("Jean-Pierre", "Müller", ".", "", 0, 0))
	require.Equal(t, "je.muelle", BuildUsernameWithInitials("Jean-Pierre", "Müller", ".", "", 9, 1))
}

// TestFunctionsCutBetweenLetters: whatever the names, the limit and the try, a login is text.
func TestFunctionsCutBetweenLetters(t *testing.T) {
	t.Parallel()
	require.Equal(t, "jсмирнов", BuildUsernameWithInitials("Jan", "Смирнов", "", "", 8, 0))
	rapid.Check(t, func(t *rapid.T) {
		first, last := rapid.String().Draw(t, "first"), rapid.String().Draw(t, "last")
		limit, iteration := rapid.Int64Range(0, 12).Draw(t, "limit"), rapid.Int64Range(0, 12).Draw(t, "iteration")
		for _, login := range []string{BuildUsernameWithInitials(first, last, ".", "@x", limit, iteration), BuildUsername(first, last, "-", "", iteration)} {
			require.True(t, utf8.ValidString(login), "%q", login)
		}
		for name, f := range builtins {
			if f.least == 0 {
				text, err := f.apply(first, nil)
				require.NoError(t, err)
				require.True(t, utf8.ValidString(text), "%s gives %q", name, text)
			}
		}
	})
}

// TestValuesThatCannotBeStored: a value that no database takes is an error of this value, with a message that can be stored.
func TestValuesThatCannotBeStored(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\x00b", "a\xffb", "\xed\xa0\x80", strings.Repeat("é", maxValue)} {
		v := &Value{literal: &text}
		got, err := v.Text(&World{})
		require.Error(t, err)
		require.Empty(t, got)
		require.True(t, utf8.ValidString(err.Error()))
		require.NotContains(t, err.Error(), "\x00")
		require.Less(t, len(err.Error()), 400)
	}
}
