package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
)

// IdentityProvider is an OpenID provider through which people sign in, as it is configured; server/auth speaks with it.
type IdentityProvider struct {
	bun.BaseModel      `bun:"table:identity_provider,alias:ip"`
	ID                 int64 `bun:",pk,autoincrement"`
	Identifier         string
	DisplayName        string
	Issuer             string
	ClientID           string
	ClientSecret       []byte   // sealed for SealedOfProvider; nil: a public client
	Scopes             []string `bun:",array"`
	UsernameClaim      string
	PersonClaim        string // with the next two: how a person is found; "": not at all
	PersonEntityTypeID *int64
	PersonPropertyID   *int64
	GroupsClaim        string
	ProfileDays        int
	CreatesAccounts    bool
	IsDisabled         bool
	Version            int `bun:",nullzero,default:1"`

	Groups []GroupProfile `bun:"-"` // by Ordinal
}

// GroupProfile is a profile that a group of a provider gives.
type GroupProfile struct {
	bun.BaseModel `bun:"table:identity_provider_profile,alias:ipp"`
	ProviderID    int64
	Ordinal       int
	GroupName     string // AnyGroup: everybody
	ProfileID     int64
}

const (
	AnyGroup     = "*"            // GroupProfile.GroupName: everybody who comes in through the provider
	ClientSecret = "clientSecret" // name of the secret among those that are sealed together
)

// SealedOfProvider names the row that the secret of a provider is sealed for.
func SealedOfProvider(identifier string) string { return "identity_provider/" + identifier }

// IdentityProviders gives all providers with their groups, by id. Two statements.
func IdentityProviders(ctx context.Context, b bun.IDB) ([]*IdentityProvider, error) {
	var rows []*IdentityProvider
	if err := b.NewSelect().Model(&rows).OrderExpr("ip.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the identity providers: %w", err)
	}
	var groups []GroupProfile
	if err := b.NewSelect().Model(&groups).OrderExpr("ipp.provider_id, ipp.ordinal").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the groups of identity providers: %w", err)
	}
	at := make(map[int64]*IdentityProvider, len(rows))
	for _, r := range rows {
		at[r.ID] = r
	}
	for _, g := range groups {
		if p := at[g.ProviderID]; p != nil {
			p.Groups = append(p.Groups, g)
		}
	}
	return rows, nil
}

// ProviderOf gives one provider with its groups; nil: there is none. hold: nobody changes it until the transaction b ends.
func ProviderOf(ctx context.Context, b bun.IDB, identifier string, hold bool) (*IdentityProvider, error) {
	p := &IdentityProvider{}
	q := b.NewSelect().Model(p).Where("ip.identifier = ?", identifier)
	if hold {
		q.For("SHARE")
	}
	err := q.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, fmt.Errorf("read an identity provider: %w", err)
	}
	if err := b.NewSelect().Model(&p.Groups).Where("ipp.provider_id = ?", p.ID).OrderExpr("ipp.ordinal").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the groups of an identity provider: %w", err)
	}
	return p, nil
}

// SaveIdentityProvider writes a provider by its identifier, and its groups anew.
func SaveIdentityProvider(ctx context.Context, tx bun.IDB, p *IdentityProvider) error {
	_, err := tx.NewInsert().Model(p).On("CONFLICT (identifier) DO UPDATE").
		Set(`display_name = excluded.display_name, issuer = excluded.issuer, client_id = excluded.client_id, client_secret = excluded.client_secret,
			scopes = excluded.scopes, username_claim = excluded.username_claim, person_claim = excluded.person_claim,
			person_entity_type_id = excluded.person_entity_type_id, person_property_id = excluded.person_property_id, groups_claim = excluded.groups_claim,
			profile_days = excluded.profile_days, creates_accounts = excluded.creates_accounts, is_disabled = excluded.is_disabled, version = ip.version + 1`).
		Returning("id").Exec(ctx)
	if err != nil {
		return db.Explain(fmt.Errorf("save an identity provider: %w", err))
	}
	if _, err := tx.NewDelete().TableExpr("identity_provider_profile").Where("provider_id = ?", p.ID).Exec(ctx); err != nil {
		return db.Explain(fmt.Errorf("replace the groups of an identity provider: %w", err))
	}
	ids := make([]int64, len(p.Groups))
	for i, g := range p.Groups {
		ids[i] = g.ProfileID
	}
	_, err = tx.NewDelete().TableExpr("assigned_profile").Where("provider_id = ?", p.ID).Where("profile_id <> ALL (?)", pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return explain("take back what an identity provider does not give any more", err)
	}
	if len(p.Groups) == 0 {
		return nil
	}
	for i := range p.Groups {
		p.Groups[i].ProviderID = p.ID
	}
	_, err = tx.NewInsert().Model(&p.Groups).Exec(ctx)
	return explain("save the groups of an identity provider", err)
}

// Person is a resource that somebody may be.
type Person struct {
	ID           int64
	EntityTypeID int64
	Key          string
	DisplayName  string
}

// FindPersons gives those whose property is a value, a key letter by letter and anything else in any case: two at most, since two are nobody. A key is found by its index, and a mail address by
// that of the search; for any other property the people of the entity type are looked through.
func FindPersons(ctx context.Context, b bun.IDB, entityTypeID, propertyID int64, value string) ([]Person, error) {
	var keyed bool
	if err := b.NewRaw("SELECT EXISTS (SELECT FROM property_mapping WHERE property_id = ? AND is_primary_key)", propertyID).Scan(ctx, &keyed); err != nil {
		return nil, fmt.Errorf("look for a person: %w", err)
	}
	q := b.NewSelect().TableExpr("resource AS r").Join("JOIN property AS p ON p.id = ?", propertyID).
		ColumnExpr("r.id, r.entity_type_id, r.key, r.display_name").
		Where("r.entity_type_id = ? AND r.valid_to = 'infinity'", entityTypeID).OrderExpr("r.id").Limit(2)
	switch {
	case keyed:
		q.Where("r.key = ?", value)
	case strings.Contains(value, "@"):
		q.Where("r.search LIKE search_pattern(?)", value).Where("lower(r.scalars ->> p.identifier) = lower(?)", value)
	default:
		q.Where("lower(r.scalars ->> p.identifier) = lower(?)", value)
	}
	var found []Person
	if err := q.Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("look for a person: %w", err)
	}
	return found, nil
}

// CreateUser makes an account without a password that belongs to a person, or to nobody (nil). 0: the name is taken, whoever took it meanwhile; unlike
// SaveUsers it never writes to an account that is there.
func CreateUser(ctx context.Context, tx bun.IDB, username, displayName, email string, p *Person) (id int64, err error) {
	u := &user{Username: username, DisplayName: orElse(displayName, username), Email: email}
	var resourceID *int64
	if p != nil {
		u.DisplayName, u.ResourceEntityTypeID, u.ResourceKey, resourceID = p.DisplayName, &p.EntityTypeID, &p.Key, &p.ID
	}
	err = tx.NewRaw(`INSERT INTO local_user (username, display_name, password_hash, email, resource_entity_type_id, resource_key, resource_id) VALUES (?, ?, '', ?, ?, ?, ?)
		ON CONFLICT (lower(username)) DO NOTHING RETURNING id`, u.Username, u.DisplayName, u.Email, u.ResourceEntityTypeID, u.ResourceKey, resourceID).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, explain("make an account", err)
}

// ProfilesOfProvider makes the profiles that a provider gives to an account those of some groups, until an instant. At most ten are given (spec 10.1),
// in the order in which the provider's configuration names them. A row that lasts nearly as long already stays: each change makes open requests ask anew
// who may decide.
func (p *IdentityProvider) ProfilesOfProvider(ctx context.Context, tx bun.IDB, userID int64, groups []string, now, until time.Time) error {
	ids := []int64{} // not nil: the database takes that for null
	for _, g := range p.Groups {
		if (g.GroupName == AnyGroup || slices.Contains(groups, g.GroupName)) && !slices.Contains(ids, g.ProfileID) && len(ids) < maxProfiles {
			ids = append(ids, g.ProfileID)
		}
	}
	_, err := tx.NewDelete().TableExpr("assigned_profile").Where("user_id = ? AND provider_id = ?", userID, p.ID).
		Where("profile_id <> ALL (?)", pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return explain("take back the profiles of a provider", err)
	}
	_, err = tx.NewRaw(`INSERT INTO assigned_profile (user_id, profile_id, origin, provider_id, start_date, end_date)
			SELECT ?, id, ?, ?, ?, ? FROM unnest(?::bigint[]) AS id
		ON CONFLICT ON CONSTRAINT assigned_profile_unique DO UPDATE SET end_date = excluded.end_date,
			start_date = CASE WHEN assigned_profile.end_date <= excluded.start_date THEN excluded.start_date ELSE least(assigned_profile.start_date, excluded.start_date) END
		WHERE assigned_profile.end_date < excluded.end_date - (excluded.end_date - excluded.start_date) / 8
			OR assigned_profile.end_date > excluded.end_date OR assigned_profile.start_date > excluded.start_date`, userID, ByProvider, p.ID, now, until, pgdialect.Array(ids)).Exec(ctx)
	return explain("give the profiles of a provider", err)
}
