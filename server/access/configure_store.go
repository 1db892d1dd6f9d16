package access

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/directory"
)

// user is what the configuration may set of a local user; the rest of the row belongs to server/auth.
type user struct {
	bun.BaseModel `bun:"table:local_user,alias:u"`
	ID            int64 `bun:",pk,autoincrement"`
	Username      string
	DisplayName   string
	PasswordHash  string
	Email         string
	// Who they are in the directory: found by the key, now or when a synchronization brings the person.
	ResourceEntityTypeID *int64
	ResourceKey          *string
	IsDemo               bool
	IsDisabled           bool
	IsClient             bool
	Scopes               []string `bun:",array"`
	ClientUntil          *time.Time
}

func upsertProfiles(ctx context.Context, tx bun.IDB, rows []*Profile) error {
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (identifier) DO UPDATE").
		Set("display_name = excluded.display_name, version = p.version + 1").
		Where("p.display_name IS DISTINCT FROM excluded.display_name").Returning("NULL").Exec(ctx)
	return explain("save profiles", err)
}

func selectProfileIDs(ctx context.Context, tx bun.IDB) (map[string]int64, error) {
	var rows []*Profile
	if err := tx.NewSelect().Model(&rows).Column("id", "identifier").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the ids of profiles: %w", err)
	}
	ids := make(map[string]int64, len(rows))
	for _, p := range rows {
		ids[p.Identifier] = p.ID
	}
	return ids, nil
}

func selectDimensions(ctx context.Context, tx bun.IDB) (map[string]bool, error) {
	var rows []string
	if err := tx.NewSelect().TableExpr("dimension").Column("identifier").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the names of dimensions: %w", err)
	}
	known := make(map[string]bool, len(rows))
	for _, d := range rows {
		known[d] = true
	}
	return known, nil
}

func selectEntityTypes(ctx context.Context, tx bun.IDB) (map[string]int64, error) {
	var rows []struct {
		ID         int64
		Identifier string
	}
	if err := tx.NewSelect().TableExpr("entity_type").Column("id", "identifier").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the names of entity types: %w", err)
	}
	ids := make(map[string]int64, len(rows))
	for _, r := range rows {
		ids[r.Identifier] = r.ID
	}
	return ids, nil
}

// UserWarnings tells which of the users wait for their person, although people of that entity type are there, as far as the caller may know who is.
// One statement.
func UserWarnings(ctx context.Context, tx bun.IDB, usernames ...string) ([]Warning, error) {
	if len(usernames) == 0 {
		return nil, nil
	}
	var rows []struct{ Username, EntityType, Key string }
	err := tx.NewRaw(`SELECT u.username, et.identifier AS entity_type, u.resource_key AS key
		FROM local_user AS u JOIN entity_type AS et ON et.id = u.resource_entity_type_id
		WHERE u.resource_id IS NULL AND u.username IN (?)
			AND EXISTS (SELECT FROM resource AS r WHERE r.entity_type_id = et.id AND r.valid_to = 'infinity') ORDER BY 1`,
		bun.List(usernames)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("look for users without their person: %w", err)
	}
	var found []Warning
	for _, r := range rows {
		if directory.MayReadAll(ctx, r.EntityType) {
			found = append(found, Warning{Kind: "user", Identifier: r.Username, Field: "resource",
				Message: fmt.Sprintf("There is no %s with the key %q (yet): until it comes, the account belongs to nobody.", r.EntityType, r.Key)})
		}
	}
	return found, nil
}

// replaceRules writes the rules, then their entries and filters anew; rows get their ids.
func replaceRules(ctx context.Context, tx bun.IDB, rows []*Rule) error {
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (identifier) DO UPDATE").
		Set(`display_name = excluded.display_name, profile_id = excluded.profile_id, entity_type = excluded.entity_type,
			version = ar.version + 1`).Returning("id").Exec(ctx)
	if err != nil {
		return explain("save access rules", err)
	}
	ids := make([]int64, len(rows))
	var entries []*Entry
	var filters []*Filter
	for i, r := range rows {
		ids[i] = r.ID
		for _, e := range r.Entries {
			e.RuleID = r.ID
			entries = append(entries, e)
		}
		for _, f := range r.Filters {
			f.RuleID = r.ID
			filters = append(filters, f)
		}
	}
	for _, table := range []string{"access_entry", "access_filter"} {
		if _, err := tx.NewDelete().TableExpr(table).Where("rule_id IN (?)", bun.List(ids)).Exec(ctx); err != nil {
			return explain("replace "+table, err)
		}
	}
	if len(entries) > 0 {
		if _, err := tx.NewInsert().Model(&entries).Exec(ctx); err != nil {
			return explain("save access entries", err)
		}
	}
	if len(filters) > 0 {
		if _, err := tx.NewInsert().Model(&filters).Exec(ctx); err != nil {
			return explain("save access filters", err)
		}
	}
	return nil
}

// upsertUsers writes the users; rows get their ids. A password is only replaced by another one.
func upsertUsers(ctx context.Context, tx bun.IDB, rows []*user) error {
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (lower(username)) DO UPDATE").
		Set(`username = excluded.username, display_name = excluded.display_name, email = excluded.email,
			resource_entity_type_id = excluded.resource_entity_type_id, resource_key = excluded.resource_key, is_demo = excluded.is_demo, is_disabled = excluded.is_disabled,
			is_client = excluded.is_client, scopes = excluded.scopes, client_until = excluded.client_until,
			password_hash = coalesce(nullif(excluded.password_hash, ''), u.password_hash)`).Returning("id").Exec(ctx)
	if err != nil {
		return explain("save users", err)
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	_, err = tx.NewRaw(`UPDATE local_user AS u SET resource_id = (SELECT r.id FROM resource AS r
		WHERE r.entity_type_id = u.resource_entity_type_id AND r.key = u.resource_key AND r.valid_to = 'infinity') WHERE u.id IN (?)`, bun.List(ids)).Exec(ctx)
	return explain("find who users are", err)
}

// FindPeople links local users with their persons, as far as these are in the directory by now.
func FindPeople(ctx context.Context, tx bun.IDB) error {
	_, err := tx.NewRaw(`UPDATE local_user AS u SET resource_id = r.id FROM resource AS r
		WHERE u.resource_key IS NOT NULL AND r.entity_type_id = u.resource_entity_type_id AND r.key = u.resource_key AND r.valid_to = 'infinity'
			AND u.resource_id IS DISTINCT FROM r.id`).Exec(ctx)
	return explain("find who users are", err)
}

// Credential is what decides whether a local user may enter.
type Credential struct {
	ID           int64
	Username     string
	PasswordHash string
	IsDisabled   bool
	IsClient     bool
	IsFederated  bool // somebody comes in by it through an identity provider
	IsSomebody   bool // it says whose it is
}

// Credentials gives those of local users, by name in lower case, and holds their rows until the transaction ends.
func Credentials(ctx context.Context, tx bun.IDB, usernames ...string) (map[string]Credential, error) {
	var rows []Credential
	err := tx.NewRaw(`SELECT id, username, password_hash, is_disabled, is_client, resource_key IS NOT NULL AS is_somebody,
			EXISTS (SELECT FROM federated_identity AS fi WHERE fi.user_id = local_user.id) AS is_federated FROM local_user
		WHERE lower(username) IN (SELECT lower(n) FROM unnest(?::text[]) AS n) ORDER BY id FOR UPDATE`, pgdialect.Array(usernames)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	found := make(map[string]Credential, len(rows))
	for _, r := range rows {
		found[strings.ToLower(r.Username)] = r
	}
	return found, nil
}

// PasswordForms gives the stored form of the password of every local user, by name in lower case: to tell whether one changed.
func PasswordForms(ctx context.Context, db bun.IDB) (map[string]string, error) {
	var rows []struct{ Username, PasswordHash string }
	if err := db.NewRaw(`SELECT lower(username) AS username, coalesce(password_hash, '') AS password_hash FROM local_user`).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	found := make(map[string]string, len(rows))
	for _, r := range rows {
		found[r.Username] = r.PasswordHash
	}
	return found, nil
}

func replaceAssigned(ctx context.Context, tx bun.IDB, userIDs []int64, rows []*AssignedProfile) error {
	_, err := tx.NewDelete().TableExpr("assigned_profile").
		Where("user_id IN (?)", bun.List(userIDs)).Where("origin = ?", Manual).Exec(ctx)
	if err == nil && len(rows) > 0 {
		_, err = tx.NewInsert().Model(&rows).Exec(ctx)
	}
	return explain("save the profiles of users", err)
}

func selectUserSpecs(ctx context.Context, db bun.IDB) ([]UserSpec, error) {
	var rows []struct {
		ID          int64
		Username    string
		DisplayName string
		Email       string
		EntityType  string
		Key         string
		IsDemo      bool
		IsDisabled  bool
		IsClient    bool
		Scopes      []string `bun:",array"`
		ClientUntil *time.Time
	}
	err := db.NewSelect().TableExpr("local_user AS u").
		Join("LEFT JOIN entity_type AS et ON et.id = u.resource_entity_type_id").
		ColumnExpr("u.id, u.username, u.display_name, u.email, u.is_demo, u.is_disabled, u.is_client, u.scopes, u.client_until").
		ColumnExpr("coalesce(et.identifier, '') AS entity_type, coalesce(u.resource_key, '') AS key").
		OrderExpr("u.username, u.id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	specs := make([]UserSpec, len(rows))
	at := make(map[int64]*UserSpec, len(rows))
	for i, r := range rows {
		specs[i] = UserSpec{
			Username: r.Username, DisplayName: r.DisplayName, Email: r.Email, EntityType: r.EntityType, Key: r.Key,
			IsDemo: r.IsDemo, IsDisabled: r.IsDisabled,
		}
		if r.IsClient {
			specs[i].Client = &ClientSpec{Scopes: r.Scopes, Until: r.ClientUntil}
		}
		at[r.ID] = &specs[i]
	}
	profiles, err := selectProfileIDs(ctx, db)
	if err != nil {
		return nil, err
	}
	name := make(map[int64]string, len(profiles))
	for identifier, id := range profiles {
		name[id] = identifier
	}
	var assigned []*AssignedProfile
	if err := db.NewSelect().Model(&assigned).Where("ap.origin = ?", Manual).OrderExpr("ap.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the profiles of users: %w", err)
	}
	for _, a := range assigned {
		if s := at[a.UserID]; s != nil {
			s.Profiles = append(s.Profiles, UserProfileSpec{
				Profile: name[a.ProfileID], Context: a.Context, StartDate: a.StartDate, EndDate: a.EndDate, IsDenied: a.IsDenied,
				Email: orEmpty(a.Email),
			})
		}
	}
	return specs, nil
}

func deleteBy(ctx context.Context, tx bun.IDB, table, column string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	_, err := tx.NewDelete().TableExpr(table).Where("? IN (?)", bun.Ident(column), bun.List(values)).Exec(ctx)
	return explain("delete from "+table, err)
}

// explain says what was being done, and turns broken rules of the database into sentences.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	return db.Explain(fmt.Errorf("%s: %w", doing, err))
}
