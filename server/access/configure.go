package access

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/permit"
)

// maxProfiles is how many profiles one user may have assigned (spec 10.1).
const maxProfiles = 10

// ProfileSpec is a profile as the configuration writes it.
type ProfileSpec struct {
	Identifier  string
	DisplayName string // "": the identifier
}

// RuleSpec is an access control rule as the configuration writes it.
type RuleSpec struct {
	Identifier  string
	DisplayName string // "": the identifier
	Profile     string // identifier
	EntityType  string // "": AnyEntityType
	Entries     []EntrySpec
	Filters     []FilterSpec
}

// EntrySpec is one permission of a rule.
type EntrySpec struct {
	Permission           string // with or without /Custom
	CanExecute           bool
	FullAccessProperties bool
	Priority             int
	Notify               bool // the spec's default is true: whoever reads a file sets it
}

// FilterSpec is one condition; exactly one of Value, Dimension, CurrentUser.
type FilterSpec struct {
	Binding     string
	Value       string
	Dimension   string
	CurrentUser bool
}

// UserSpec is a local user with the profiles given by hand.
type UserSpec struct {
	Username     string
	DisplayName  string // "": the username
	PasswordHash string // auth.HashPassword; "": keep the present one (a new user then cannot sign in by password)
	Email        string
	EntityType   string // with Key: the person's own resource; both "": none
	Key          string
	IsDemo       bool
	IsDisabled   bool
	Client       *ClientSpec // nil: a person's account
	Profiles     []UserProfileSpec
}

// ClientSpec makes an account one of a program (provisioning 10.1).
type ClientSpec struct {
	Scopes []string   // permission paths that its rights are cut to; at least one
	Until  *time.Time // first instant at which it may not come in any more; nil: no end
}

// UserProfileSpec gives one profile to a user.
type UserProfileSpec struct {
	Profile   string
	Context   map[string]string // dimension identifier -> key
	StartDate *time.Time
	EndDate   *time.Time
	IsDenied  bool
	Email     string // "": the user's own
}

// Warning is something odd that does not stop a configuration.
type Warning struct {
	Kind       string // accessRule, user
	Identifier string
	Field      string
	Message    string
}

// SaveProfiles creates or renames profiles by identifier; those not named stay. One statement.
func SaveProfiles(ctx context.Context, tx bun.IDB, profiles []ProfileSpec) error {
	if len(profiles) == 0 {
		return nil
	}
	rows := make([]*Profile, len(profiles))
	for i, p := range profiles {
		if p.Identifier == "" {
			return errs.Invalid("identifier", "A profile needs an identifier.")
		}
		rows[i] = &Profile{Identifier: p.Identifier, DisplayName: orElse(p.DisplayName, p.Identifier)}
	}
	return upsertProfiles(ctx, tx, rows)
}

// SaveRules creates or replaces rules by identifier, with their entries and filters; rules not named stay. An entry on "/" with execute
// is refused: nobody may hold everything (spec 10.2.8); so are data sets that do not exist and filters that could never let a row
// through (10.1). Permission paths that do not exist, and keys that are not there yet, give a warning. A fixed number of statements.
func SaveRules(ctx context.Context, tx bun.IDB, rules []RuleSpec) ([]Warning, error) {
	if len(rules) == 0 {
		return nil, nil
	}
	for _, r := range rules {
		if err := r.check(); err != nil {
			return nil, err
		}
	}
	found, err := checkDataSets(ctx, tx, rules)
	if err != nil {
		return nil, err
	}
	profiles, err := selectProfileIDs(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows := make([]*Rule, len(rules))
	for i, r := range rules {
		id, ok := profiles[r.Profile]
		if !ok {
			return nil, errs.Invalid("accessRule/"+r.Identifier+".profile", "The access rule %s is for the profile %s, which does not exist.", r.Identifier, r.Profile)
		}
		rows[i] = &Rule{
			Identifier: r.Identifier, DisplayName: orElse(r.DisplayName, r.Identifier), ProfileID: id,
			EntityType: orElse(r.EntityType, AnyEntityType),
		}
		for _, e := range r.Entries {
			rows[i].Entries = append(rows[i].Entries, &Entry{
				Permission: permit.Normalise(e.Permission), CanExecute: e.CanExecute,
				FullAccessProperties: e.FullAccessProperties, Priority: e.Priority, Notify: e.Notify,
			})
		}
		for _, f := range r.Filters {
			rows[i].Filters = append(rows[i].Filters, &Filter{
				Binding: f.Binding, Value: orNil(f.Value), Dimension: orNil(f.Dimension), CurrentUser: f.CurrentUser,
			})
		}
	}
	if err := replaceRules(ctx, tx, rows); err != nil {
		return nil, err
	}
	unknown, err := unknownPermissions(ctx, tx, rows)
	return append(found, unknown...), err
}

func (r RuleSpec) check() error {
	if r.Identifier == "" {
		return errs.Invalid("identifier", "An access rule needs an identifier.")
	}
	for i, e := range r.Entries {
		field := fmt.Sprintf("accessRule/%s.entries[%d].permission", r.Identifier, i)
		if strings.TrimSpace(e.Permission) == "" {
			return errs.Invalid(field, "The access rule %s has an entry without a permission.", r.Identifier)
		}
		if strings.ContainsFunc(e.Permission, unicode.IsSpace) {
			return errs.Invalid(field, "The permission %q of the access rule %s has blanks in it.", e.Permission, r.Identifier)
		}
		if e.CanExecute && permit.Normalise(e.Permission) == "/" {
			return errs.Invalid(field, `The access rule %s grants the execution of "/": nobody may hold everything. Name the areas it is meant for.`, r.Identifier)
		}
	}
	for i, f := range r.Filters {
		operands := 0
		for _, set := range []bool{f.Value != "", f.Dimension != "", f.CurrentUser} {
			if set {
				operands++
			}
		}
		if f.Binding == "" || operands != 1 {
			return errs.Invalid(fmt.Sprintf("accessRule/%s.filters[%d]", r.Identifier, i),
				"A filter of the access rule %s must compare a binding with exactly one of: a value, a dimension, the current user.", r.Identifier)
		}
	}
	return nil
}

// unknownPermissions warns of permission paths that do not exist.
func unknownPermissions(ctx context.Context, tx bun.IDB, rules []*Rule) ([]Warning, error) {
	n, err := selectNames(ctx, tx)
	if err != nil {
		return nil, err
	}
	var found []Warning
	for _, r := range rules {
		for i, e := range r.Entries {
			if !n.isKnown(e.Permission) {
				found = append(found, Warning{
					Kind: "accessRule", Identifier: r.Identifier, Field: fmt.Sprintf("entries[%d].permission", i),
					Message: fmt.Sprintf("There is no permission %s: the entry opens nothing.", e.Permission),
				})
			}
			if path := permit.Normalise(e.Permission); e.CanExecute && len(r.Filters) > 0 && permit.HasNoRows(path) {
				found = append(found, Warning{
					Kind: "accessRule", Identifier: r.Identifier, Field: fmt.Sprintf("entries[%d].permission", i),
					Message: fmt.Sprintf("%s is about what no filter can choose from, so this rule, which has filters, does not open it. Put it into a rule without filters.", path),
				})
			}
		}
	}
	return found, nil
}

// SaveUsers creates or changes local users by name (case-insensitively) and replaces the profiles given to them by hand; users not
// named, and profiles given by rules, stay. The person somebody is may come with a later synchronization: entity type and key are
// remembered, and UserWarnings tells who waits for theirs. A fixed number of statements.
func SaveUsers(ctx context.Context, tx bun.IDB, users []UserSpec) error {
	if len(users) == 0 {
		return nil
	}
	profiles, err := selectProfileIDs(ctx, tx)
	if err != nil {
		return err
	}
	dimensions, err := selectDimensions(ctx, tx)
	if err != nil {
		return err
	}
	types, err := selectEntityTypes(ctx, tx)
	if err != nil {
		return err
	}
	rows := make([]*user, len(users))
	seen := map[string]bool{}
	for i, u := range users {
		if err := u.check(profiles, dimensions); err != nil {
			return err
		}
		if seen[strings.ToLower(u.Username)] {
			return errs.Invalid("user/"+u.Username, "The user %s is written twice.", u.Username)
		}
		seen[strings.ToLower(u.Username)] = true
		rows[i] = &user{
			Username: u.Username, DisplayName: orElse(u.DisplayName, u.Username), PasswordHash: u.PasswordHash, Email: u.Email,
			IsDemo: u.IsDemo, IsDisabled: u.IsDisabled,
		}
		if c := u.Client; c != nil {
			rows[i].IsClient, rows[i].Scopes, rows[i].ClientUntil = true, permit.Narrowest(c.Scopes), c.Until
		}
		if u.Key == "" && u.EntityType == "" {
			continue
		}
		id, ok := types[u.EntityType]
		if !ok || u.Key == "" {
			return errs.Invalid("user/"+u.Username+".resource", "The user %s belongs to the resource %q of the entity type %q, which does not exist. Known: %s.",
				u.Username, u.Key, u.EntityType, listed(slices.Sorted(maps.Keys(types))))
		}
		rows[i].ResourceEntityTypeID, rows[i].ResourceKey = &id, &u.Key
	}
	if err := upsertUsers(ctx, tx, rows); err != nil {
		return err
	}
	var assigned []*AssignedProfile
	ids := make([]int64, len(rows))
	for i, u := range users {
		ids[i] = rows[i].ID
		for _, p := range u.Profiles {
			context := maps.Clone(p.Context)
			if context == nil {
				context = map[string]string{}
			}
			assigned = append(assigned, &AssignedProfile{
				UserID: rows[i].ID, ProfileID: profiles[p.Profile], Context: context, StartDate: p.StartDate, EndDate: p.EndDate,
				IsDenied: p.IsDenied, Email: orNil(p.Email), Origin: Manual,
			})
		}
	}
	return replaceAssigned(ctx, tx, ids, assigned)
}

func (u UserSpec) check(profiles map[string]int64, dimensions map[string]bool) error {
	if u.Username == "" || strings.TrimSpace(u.Username) != u.Username {
		return errs.Invalid("user/"+u.Username, "A user needs a name without spaces around it, got %q.", u.Username)
	}
	if err := u.checkClient(); err != nil {
		return err
	}
	if len(u.Profiles) > maxProfiles {
		return errs.Invalid("user/"+u.Username+".profiles", "The user %s has %d profiles; at most %d are allowed.", u.Username, len(u.Profiles), maxProfiles)
	}
	for i, p := range u.Profiles {
		for _, other := range u.Profiles[:i] {
			if other.Profile == p.Profile && other.IsDenied == p.IsDenied && maps.Equal(other.Context, p.Context) {
				return errs.Invalid(fmt.Sprintf("user/%s.profiles[%d]", u.Username, i), "The user %s is given the profile %s twice. Keep one, or give them different contexts.", u.Username, p.Profile)
			}
		}
		field := fmt.Sprintf("user/%s.profiles[%d]", u.Username, i)
		if _, ok := profiles[p.Profile]; !ok {
			return errs.Invalid(field, "The user %s is given the profile %s, which does not exist.", u.Username, p.Profile)
		}
		for _, d := range slices.Sorted(maps.Keys(p.Context)) {
			if !dimensions[d] {
				return errs.Invalid(field+".context", "The profile %s of %s is narrowed by the dimension %s, which does not exist.", p.Profile, u.Username, d)
			}
		}
		if p.StartDate != nil && p.EndDate != nil && !p.StartDate.Before(*p.EndDate) {
			return errs.Invalid(field, "The profile %s of %s ends before it starts.", p.Profile, u.Username)
		}
	}
	return nil
}

// checkClient refuses what a program cannot have.
func (u UserSpec) checkClient() error {
	if u.Client == nil {
		return nil
	}
	field := "user/" + u.Username
	switch {
	case len(u.Client.Scopes) == 0:
		return errs.Invalid(field+".client.scopes", `The client %s has no scope. Name the permissions that it is for; "/" for all that its profiles give.`, u.Username)
	case u.PasswordHash != "":
		return errs.Invalid(field+".password", "The client %s is a program: it comes in with a secret, never with a password. Leave the password out.", u.Username)
	case u.Key != "" || u.EntityType != "":
		return errs.Invalid(field+".resource", "The client %s is a program, and nobody of the directory. Leave the resource out, or give the person a token.", u.Username)
	}
	for i, s := range u.Client.Scopes {
		if err := permit.CheckPath(s); err != nil {
			return errs.Invalid(fmt.Sprintf("%s.client.scopes[%d]", field, i), "%s", err)
		}
	}
	return nil
}

// LoadProfiles gives all profiles as the configuration would write them, by identifier.
func LoadProfiles(ctx context.Context, db bun.IDB) ([]ProfileSpec, error) {
	rows, err := selectProfiles(ctx, db)
	if err != nil {
		return nil, err
	}
	out := make([]ProfileSpec, len(rows))
	for i, p := range rows {
		out[i] = ProfileSpec{Identifier: p.Identifier, DisplayName: p.DisplayName}
	}
	slices.SortFunc(out, func(a, b ProfileSpec) int { return strings.Compare(a.Identifier, b.Identifier) })
	return out, nil
}

// LoadRules gives all rules as the configuration would write them, by identifier.
func LoadRules(ctx context.Context, db bun.IDB) ([]RuleSpec, error) {
	rows, err := selectRules(ctx, db, nil)
	if err != nil {
		return nil, err
	}
	out := make([]RuleSpec, len(rows))
	for i, r := range rows {
		out[i] = RuleSpec{Identifier: r.Identifier, DisplayName: r.DisplayName, Profile: r.Profile.Identifier, EntityType: r.EntityType}
		for _, e := range r.Entries {
			out[i].Entries = append(out[i].Entries, EntrySpec{
				Permission: e.Permission, CanExecute: e.CanExecute, FullAccessProperties: e.FullAccessProperties,
				Priority: e.Priority, Notify: e.Notify,
			})
		}
		for _, f := range r.Filters {
			out[i].Filters = append(out[i].Filters, FilterSpec{
				Binding: f.Binding, Value: orEmpty(f.Value), Dimension: orEmpty(f.Dimension), CurrentUser: f.CurrentUser,
			})
		}
	}
	slices.SortFunc(out, func(a, b RuleSpec) int { return strings.Compare(a.Identifier, b.Identifier) })
	return out, nil
}

// LoadUsers gives all local users with the profiles given by hand, by name. Password hashes are left out.
func LoadUsers(ctx context.Context, db bun.IDB) ([]UserSpec, error) { return selectUserSpecs(ctx, db) }

// DeleteRules removes rules by identifier.
func DeleteRules(ctx context.Context, tx bun.IDB, identifiers ...string) error {
	return deleteBy(ctx, tx, "access_rule", "identifier", identifiers)
}

// DeleteProfiles removes profiles by identifier. CONFLICT while a rule or a user still has one.
func DeleteProfiles(ctx context.Context, tx bun.IDB, identifiers ...string) error {
	return deleteBy(ctx, tx, "profile", "identifier", identifiers)
}

// DeleteUsers removes local users by name, with their profiles and sessions.
func DeleteUsers(ctx context.Context, tx bun.IDB, usernames ...string) error {
	return deleteBy(ctx, tx, "local_user", "username", usernames)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
