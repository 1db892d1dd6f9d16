package auth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	stored := mustHash(t, "pässword")
	require.True(t, strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$"))
	require.NotEqual(t, stored, mustHash(t, "pässword"), "salted")
	require.True(t, matches("pässword", stored))
	require.False(t, matches("password", stored))
	for _, refused := range []string{"", strings.Repeat("x", maxPassword+1)} {
		_, err := HashPassword(refused)
		require.True(t, errs.Is(err, errs.Validation))
	}
	require.True(t, matches("x", encodeHash("x", []byte("0123456789abcdef"), cost{memory: 64, passes: 1, threads: 2})), "old parameters stay valid")
	for _, broken := range []string{"", "x", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=0,t=0,p=0$AAAA$AAAA",
		"$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$"} {
		require.False(t, matches("", broken), broken)
	}
}
