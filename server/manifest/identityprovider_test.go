package manifest

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// An identity provider is written, exported without its secret, and written back; its secret stays with its issuer. What no sign-in could work with is
// refused with its place.
func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, around)
	const before = `identityProviders: [{ identifier: company, issuer: "https://login.example.org/main", clientId: writ, clientSecret: topsecret,
		person: { claim: number, entityType: Person, property: Number }, profiles: [{ group: desk, profile: Desk }, { group: "*", profile: Desk }] }]`
	b.mustApply(t, before)
	exported, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	require.Equal(t, "topsecret", exported.IdentityProviders[0].ClientSecret)
	require.Equal(t, []string{"profile", "email"}, exported.IdentityProviders[0].Scopes)
	raw, err := yaml.Marshal(exported.WithoutSecrets())
	require.NoError(t, err)
	require.NotContains(t, string(raw), "topsecret")
	again, err := Parse("export.yaml", raw)
	require.NoError(t, err)
	p, err := b.Apply(b.ctx, again)
	require.NoError(t, err)
	require.Empty(t, p.Changes)

	// The issuer changes: whoever it is now does not get the secret of before.
	_, err = b.apply(`identityProviders: [{ identifier: company, issuer: "https://evil.example.org", clientId: writ }]`)
	require.True(t, errs.Is(err, errs.Validation), err)
	require.Equal(t, "identityProvider/company.clientSecret", errs.As(err).Field)
	b.mustApply(t, `identityProviders: [{ identifier: company, issuer: "https://login.example.com", clientId: writ, clientSecret: "env:WRIT_SECRET_LOGIN" }]`)
	// Who came in under a name is not made somebody else by a configuration that names him.
	_, err = b.DB.ExecContext(b.ctx, `insert into local_user (username, display_name, password_hash) values ('breakglass', 'Mallory', '');
		insert into federated_identity (provider_id, issuer, subject, user_id, linked_at, last_used_at) select p.id, p.issuer, 's', u.id, now(), now() from identity_provider p, local_user u where u.username = 'breakglass'`)
	require.NoError(t, err)
	for _, u := range []string{`password: "a long enough password 1"`, `resource: { entityType: Person, key: a }`, `client: { scopes: [/Jobs] }`} {
		_, err = b.apply(`users: [{ username: BreakGlass, ` + u + `, profiles: [{ profile: Desk }] }]`)
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", u, err)
	}
	b.mustApply(t, `users: [{ username: breakglass, displayName: Mallory, profiles: [{ profile: Desk }] }]`)
	b.mustApply(t, `{ profiles: [{ identifier: Guest }], identityProviders: [{ identifier: company, issuer: "https://login.example.com", clientId: writ, profiles: [{ group: g, profile: Guest }] }] }`)
	_, err = b.apply(`delete: { profiles: [Guest] }`)
	require.ErrorContains(t, err, "company")
	b.mustApply(t, `delete: { identityProviders: [company], profiles: [Guest] }`)

	for _, c := range []struct{ provider, field, says string }{
		{`identifier: x, issuer: "http://login.example.org", clientId: w`, "x.issuer", "https://"},
		{`identifier: x, issuer: "https://login.example.org?a=b", clientId: w`, "x.issuer", "question mark"},
		{`identifier: x, issuer: "https://u:p@login.example.org", clientId: w`, "x.issuer", "password"},
		{`identifier: x, issuer: "javascript:alert(1)", clientId: w`, "x.issuer", ""},
		{`identifier: x, issuer: login.example.org, clientId: w`, "x.issuer", "address"},
		{`identifier: x/y, issuer: "https://login.example.org", clientId: w`, "x/y.identifier", "/"},
		{`identifier: x, issuer: "https://login.example.org", clientId: ""`, "x.clientId", "client ID"},
		{`identifier: x, issuer: "https://login.example.org", clientId: w, scopes: ["a b"]`, "x.scopes[0]", "no scope"},
		{`identifier: x, issuer: "https://login.example.org", clientId: w, profileDays: 367`, "x.profileDays", "366"},
		{`identifier: x, issuer: "https://login.example.org", clientId: w, person: { claim: "", entityType: Person, property: Number }`, "x.person.claim", "claim"},
		{`identifier: x, issuer: "https://login.example.org", clientId: w, person: { claim: c, entityType: Person, property: None }`, "x.person.property", "None"},
		{`identifier: x, issuer: "https://login.example.org", clientId: w, profiles: [{ group: a, profile: None }]`, "x.profiles[0].profile", "None"},
		{`identifier: x, issuer: "https://login.example.org", clientId: w, profiles: [{ group: "", profile: Desk }]`, "x.profiles[0].group", "group"},
	} {
		_, err := b.apply("identityProviders: [{ " + c.provider + " }]")
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", c.provider, err)
		require.Contains(t, errs.As(err).Field, c.field, c.provider)
		require.ErrorContains(t, err, c.says, c.provider)
	}
}
