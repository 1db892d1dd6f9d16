package manifest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"writ/server/access"
	"writ/server/errs"
	"writ/server/outbound"
	"writ/server/page"
)

// IdentityProvider is an OpenID provider through which people sign in (provisioning 13.2).
type IdentityProvider struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name, since it stands in the address to which the provider sends people back: /auth/oidc/<identifier>/callback. Letters, digits, _ - and . only.
	Identifier string `yaml:"identifier"`
	// Name to show on the sign-in page. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Its address, exactly as the provider itself writes it. It begins with https://; its discovery document lies below.
	Issuer string `yaml:"issuer"`
	// What this server is called there.
	ClientID string `yaml:"clientId"`
	// Secret of this server there; env:NAME and file:NAME say where it lies. Left out: as it is, but another issuer needs it anew; a new provider without one knows this server as a public client.
	ClientSecret string `yaml:"clientSecret,omitempty" secret:"true"`
	// What is asked for beside openid. Default: profile and email.
	Scopes []string `yaml:"scopes,omitempty"`
	// Claim that names new accounts. A claim inside of others is a path: realm_access.name. Default: preferred_username.
	UsernameClaim string `yaml:"usernameClaim,omitempty" default:"preferred_username"`
	// How the person in the directory is found. None: who signs in is nobody of the directory, unless his account says so.
	Person *PersonClaim `yaml:"person,omitempty"`
	// Who signs in for the first time and has no account gets one. False: only those with an account that belongs to the same person come in. Default: true.
	CreatesAccounts *bool `yaml:"createsAccounts,omitempty" default:"true"`
	// Claim that lists the groups of whoever signs in. Default: groups.
	GroupsClaim string `yaml:"groupsClaim,omitempty" default:"groups"`
	// Which profiles groups give. They are taken over at each sign-in; those given by hand stay.
	Profiles []GroupProfile `yaml:"profiles,omitempty"`
	// How many days such a profile lasts after a sign-in.
	ProfileDays int `yaml:"profileDays,omitempty" default:"7" min:"1" max:"366"`
	// Nobody signs in through it, and who did is signed out. Left out: as it is; a new one is not.
	Disabled *bool `yaml:"disabled,omitempty"`

	sealed []byte // the secret as it lies in the database
	kept   string // the issuer that the secret belongs to, when it was left out
}

// PersonClaim finds a person: the one whose property is what the claim says.
type PersonClaim struct {
	// Claim, or path of one, with a value that nobody can choose himself. Of email only an address counts that the provider has verified.
	Claim string `yaml:"claim"`
	// Identifier of the entity type of people.
	EntityType string `yaml:"entityType" ref:"entity_type"`
	// Its property that holds the same, e.g. the employee number.
	Property string `yaml:"property"`
}

// GroupProfile gives a profile to the members of a group.
type GroupProfile struct {
	// Name of the group as the provider writes it; *: everybody who signs in through it.
	Group string `yaml:"group"`
	// Identifier of the profile.
	Profile string `yaml:"profile" ref:"profile"`
}

// The names of its API.
type (
	SaveIdentityProviderInput               = SaveInput[IdentityProvider]
	IdentityProviderConfigurationConnection = page.Connection[*IdentityProvider]
)

func (p IdentityProvider) sealedForm() string { return string(p.sealed) }

func identityProviderKind() kind {
	d := &declared[IdentityProvider]{
		facts:      facts{name: "identityProvider", list: "identityProviders", table: "identity_provider", rights: ofAccess},
		in:         func(m *Manifest) *[]IdentityProvider { return &m.IdentityProviders },
		identifier: func(p IdentityProvider) string { return p.Identifier },
		normal: func(p IdentityProvider) IdentityProvider {
			if p.Scopes == nil {
				p.Scopes = []string{"profile", "email"}
			}
			p.Scopes = slices.DeleteFunc(slices.Clone(p.Scopes), func(s string) bool { return s == "openid" })
			return p
		},
		completed: func(p, current IdentityProvider) IdentityProvider {
			p.Disabled = orPtr(orElse(p.Disabled, current.Disabled), false)
			if p.ClientSecret == "" && current.ClientSecret != "" {
				p.ClientSecret, p.kept = current.ClientSecret, current.Issuer
			}
			return p
		},
		check: checkIdentityProvider,
		load:  (*reader).identityProviders,
	}
	d.steps = []func(*writer, []IdentityProvider, *change) error{each(d, (*writer).identityProvider)}
	return d
}

const (
	mostScopes = 20
	mostGroups = 500
)

// checkIdentityProvider refuses what no sign-in could work with.
func checkIdentityProvider(r *ranges, at string, p IdentityProvider) {
	if strings.Contains(p.Identifier, "/") {
		r.fault(at+".identifier", "The identifier of a provider stands in an address: leave the / out.")
	}
	if p.ClientID == "" {
		r.fault(at+".clientId", "Say what this server is called at the provider, its client ID there.")
	}
	u, err := url.Parse(p.Issuer)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(p.Issuer) > 1000:
		r.fault(at+".issuer", "The issuer is an address like https://login.example.org/realms/main, without a question mark, # or password. Take it from the discovery document of the provider.")
	case u.Scheme == "http" && outbound.IsPrivateName(u.Hostname()): // it works when the operator allows private providers
	case u.Scheme != "https":
		r.fault(at+".issuer", "The issuer begins with https://: whoever could change what travels there could sign in as anybody.")
	}
	if len(p.Scopes) > mostScopes {
		r.fault(at+".scopes", "At most %d scopes can be asked for.", mostScopes)
	}
	for n, s := range p.Scopes {
		if s == "" || len(s) > 200 || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }) {
			r.fault(fmt.Sprintf("%s.scopes[%d]", at, n), "%q is no scope: a word of printable letters.", s)
		}
	}
	if p.Person != nil && p.Person.Claim == "" {
		r.fault(at+".person.claim", "Name the claim that says who somebody is, e.g. employee_number.")
	}
	if len(p.Profiles) > mostGroups {
		r.fault(at+".profiles", "At most %d groups can give profiles.", mostGroups)
	}
	for n, g := range p.Profiles {
		if g.Group == "" {
			r.fault(fmt.Sprintf("%s.profiles[%d].group", at, n), "Name the group as the provider writes it, or * for everybody who signs in through it.")
		}
		if slices.Contains(p.Profiles[:n], g) {
			r.fault(fmt.Sprintf("%s.profiles[%d]", at, n), "The group %s gives the profile %s already.", g.Group, g.Profile)
		}
	}
}

// identityProvider writes a provider; its secret is sealed.
func (w *writer) identityProvider(p IdentityProvider) error {
	field := "identityProvider/" + p.Identifier
	row := access.IdentityProvider{Identifier: p.Identifier, DisplayName: p.DisplayName, Issuer: p.Issuer, ClientID: p.ClientID, Scopes: p.Scopes, UsernameClaim: p.UsernameClaim,
		CreatesAccounts: *p.CreatesAccounts, GroupsClaim: p.GroupsClaim, ProfileDays: p.ProfileDays, IsDisabled: *p.Disabled}
	if p.kept != "" && p.kept != p.Issuer { // it would be sent to whoever the new issuer is
		return errs.Invalid(field+".clientSecret", "The secret belongs to the issuer %s. Enter that of the new one.", p.kept)
	}
	if p.ClientSecret != "" {
		sealed, err := w.s.Keyring.Seal(access.SealedOfProvider(p.Identifier), map[string]string{access.ClientSecret: p.ClientSecret})
		if err != nil {
			return fmt.Errorf("seal the secret of %s: %w", p.Identifier, err)
		}
		row.ClientSecret = sealed
	}
	if of := p.Person; of != nil {
		entityType, err := w.id("entity_type", of.EntityType, field+".person.entityType")
		if err != nil {
			return err
		}
		property, err := w.refProperty(entityType, of.Property, field+".person.property")
		if err != nil {
			return err
		}
		row.PersonClaim, row.PersonEntityTypeID, row.PersonPropertyID = of.Claim, &entityType, &property
	}
	found := &faults{}
	for n, g := range p.Profiles {
		id, err := w.id("profile", g.Profile, fmt.Sprintf("%s.profiles[%d].profile", field, n))
		if err != nil {
			if !found.take(err) {
				return err
			}
			continue
		}
		row.Groups = append(row.Groups, access.GroupProfile{Ordinal: n, GroupName: g.Group, ProfileID: id})
	}
	if err := found.err(); err != nil {
		return err
	}
	w.written("identity_provider")
	return access.SaveIdentityProvider(w.ctx, w.tx, &row)
}

func (r *reader) identityProviders() ([]IdentityProvider, error) {
	rows, err := access.IdentityProviders(r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	var out []IdentityProvider
	for _, row := range rows {
		p := IdentityProvider{Identifier: row.Identifier, DisplayName: row.DisplayName, Issuer: row.Issuer, ClientID: row.ClientID, Scopes: row.Scopes, UsernameClaim: row.UsernameClaim,
			CreatesAccounts: &row.CreatesAccounts, GroupsClaim: row.GroupsClaim, ProfileDays: row.ProfileDays, Disabled: &row.IsDisabled, sealed: row.ClientSecret}
		if len(row.ClientSecret) > 0 {
			secrets, err := r.keyring.Open(access.SealedOfProvider(row.Identifier), row.ClientSecret)
			if err != nil {
				return nil, err
			}
			p.ClientSecret = secrets[access.ClientSecret]
		}
		if row.PersonPropertyID != nil {
			p.Person = &PersonClaim{Claim: row.PersonClaim}
			if p.Person.EntityType, err = r.nameOf("entity_type", *row.PersonEntityTypeID); err != nil {
				return nil, err
			}
			if p.Person.Property, err = r.nameOf("property", *row.PersonPropertyID); err != nil {
				return nil, err
			}
		}
		for _, g := range row.Groups {
			profile, err := r.nameOf("profile", g.ProfileID)
			if err != nil {
				return nil, err
			}
			p.Profiles = append(p.Profiles, GroupProfile{Group: g.GroupName, Profile: profile})
		}
		out = append(out, p)
	}
	return out, nil
}
