package auth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/permit"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	w := &browser{bundle: b}
	out, err := w.login("ana", "secret") // names have no case
	require.NoError(t, err)
	require.Equal(t, "Ana", out.Me.Username)
	require.Equal(t, []string{permit.JobQuery}, out.Me.Permissions)
	require.Equal(t, "Admin", out.Me.Profiles[0].Identifier)
	require.NotEmpty(t, w.cookie)
	require.WithinDuration(t, b.wall().Add(10*time.Minute), out.ExpiresAt, 5*time.Second)
	require.Equal(t, 1, b.events("access.signed_in"))

	a := b.who(out.AccessToken)
	require.Equal(t, "Ana", a.Username)
	require.Len(t, a.Grants, 1)
	require.Nil(t, b.who(out.AccessToken+"x"))
	require.Nil(t, b.who(""))
}

func TestLoginRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	for name, in := range map[string]LoginInput{
		"WrongPassword": {"ana", "Secret"}, "NoPassword": {"ana", ""}, "NoUser": {"bob", "secret"}, "Disabled": {"gone", "secret"},
		"NoHash": {"nopassword", ""}, "DemoWithoutDemo": {"demo.hr", DefaultDemoPassword}, "NoName": {"", ""},
	} {
		_, err := (&browser{bundle: b}).login(in.Username, in.Password)
		unauthenticated(t, err)
		require.Equal(t, refused().Error(), err.Error(), name+": one sentence for all")
	}
	require.Equal(t, 7, b.events("access.sign_in_failed"))
	_, err := b.Login(b.ctx, LoginInput{"ana", "secret"})
	require.True(t, errs.Is(err, errs.Forbidden), "without a request that can carry the cookie")
}

func TestLoginDemo(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{Demo: true, DemoPassword: "shared"})
	_, err := (&browser{bundle: b}).login("demo.hr", "shared")
	require.NoError(t, err)
	_, err = (&browser{bundle: b}).login("demo.hr", DefaultDemoPassword)
	unauthenticated(t, err)
	_, err = (&browser{bundle: b}).login("ana", "shared")
	unauthenticated(t, err)
}
