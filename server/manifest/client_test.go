package manifest

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// An API client is a user without a password: written, exported, written back. What a program cannot have is refused with its place.
func TestClients(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, around)
	b.mustApply(t, `users: [{ username: crm, displayName: CRM, profiles: [{ profile: Desk }], client: { scopes: [Jobs/Job/, /Jobs, /ProvisioningPolicy/ReviewRoles], until: 2100-12-31 } },
		{ username: person, password: "a long enough password 1" }]`)
	exported, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	raw, err := yaml.Marshal(exported.WithoutSecrets())
	require.NoError(t, err)
	require.Contains(t, string(raw), "until: \"2100-12-31\"")
	again, err := Parse("export.yaml", raw)
	require.NoError(t, err)
	p, err := b.Apply(b.ctx, again)
	require.NoError(t, err)
	require.Empty(t, p.Changes)
	for _, u := range exported.Users {
		if u.Username == "crm" {
			require.Equal(t, []string{"/Custom/ProvisioningPolicy/ReviewRoles", "/Jobs"}, u.Client.Scopes, "kept as narrow as can be")
		}
	}
	require.Len(t, b.mustApply(t, `users: [{ username: crm, displayName: CRM, profiles: [{ profile: Desk }], client: { scopes: [/Jobs] } }]`).Changes, 1)

	for _, c := range []struct{ user, field, says string }{
		{"username: x, client: { scopes: [] }", "client.scopes", "needs scopes"},
		{"username: x, client: {}", "scopes", ""},
		{`username: x, client: { scopes: ["/Jobs /Job"] }`, "client.scopes[0]", "blanks"},
		{`username: x, client: { scopes: [/Jobs, ""] }`, "client.scopes[1]", "missing"},
		{"username: x, client: { scopes: [/Jobs], until: tomorrow }", "client.until", "neither a day"},
		{"username: x, password: \"a long enough password 1\", client: { scopes: [/Jobs] }", "password", "never with a password"},
		{"username: x, resource: { entityType: Person, key: a }, client: { scopes: [/Jobs] }", "resource", "nobody of the directory"},
		{"username: person, client: { scopes: [/Jobs] }", "client", "is a person's"},
		{"username: crm", "client", "is a program's"},
	} {
		_, err := b.apply("users: [{ " + c.user + " }]")
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", c.user, err)
		require.Contains(t, errs.As(err).Field, c.field, c.user)
		require.ErrorContains(t, err, c.says, c.user)
	}
	_, err = b.DB.NewRaw("update local_user set password_hash = 'x' where username = 'crm'").Exec(b.ctx)
	require.ErrorContains(t, err, "local_user_client_is_nobody", "not by hand either")
}
