package access

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/page"
	"writ/server/permit"
)

// Profile is a named set of access control rules, e.g. Helpdesk.
type Profile struct {
	bun.BaseModel `bun:"table:profile,alias:p"`
	ID            int64 `bun:",pk,autoincrement"`
	Identifier    string
	DisplayName   string
	Version       int `bun:",nullzero,default:1"`
}

// AssignedProfile gives a profile to a user, for a time and a scope; IsDenied withholds it instead.
type AssignedProfile struct {
	bun.BaseModel   `bun:"table:assigned_profile,alias:ap"`
	ID              int64 `bun:",pk,autoincrement"`
	UserID          int64
	ProfileID       int64
	Context         map[string]string `bun:"type:jsonb"` // dimension identifier -> key; a dimension not named does not narrow
	StartDate       *time.Time        // nil: since ever
	EndDate         *time.Time        // first instant without it; nil: for ever
	IsDenied        bool
	Email           *string // address for mails because of this profile; nil: the user's own
	Origin          Origin
	Username        string   `bun:",scanonly"`
	UserDisplayName string   `bun:",scanonly"`
	Profile         *Profile `bun:"-"`
}

// DimensionKey is a value of a dimension.
type DimensionKey struct{ Dimension, Key string }

// Scope lists the context by dimension.
func (p *AssignedProfile) Scope() []*DimensionKey {
	out := make([]*DimensionKey, 0, len(p.Context))
	for _, name := range slices.Sorted(maps.Keys(p.Context)) {
		out = append(out, &DimensionKey{name, p.Context[name]})
	}
	return out
}

// Origin says who assigned a profile.
type Origin string

const (
	Manual Origin = "MANUAL" // a person or the configuration
	ByRule Origin = "RULE"   // a profile rule

	ByProvider Origin = "PROVIDER" // a group of an identity provider, for a while after a sign-in
)

// AnyEntityType in Rule.EntityType: the rule is about every data set.
const AnyEntityType = "*"

// Rule is one access control rule of a profile: entries (permissions) narrowed by filters, of which all must hold.
type Rule struct {
	bun.BaseModel `bun:"table:access_rule,alias:ar"`
	ID            int64 `bun:",pk,autoincrement"`
	Identifier    string
	DisplayName   string
	ProfileID     int64
	EntityType    string // data set of the filters, e.g. Directory_User; AnyEntityType
	Version       int    `bun:",nullzero,default:1"`

	Profile *Profile  `bun:"-"`
	Entries []*Entry  `bun:"-"`
	Filters []*Filter `bun:"-"`
}

// Entry is one permission of a rule.
type Entry struct {
	bun.BaseModel        `bun:"table:access_entry,alias:ae"`
	ID                   int64 `bun:",pk,autoincrement"`
	RuleID               int64
	Permission           string // normalised (permit.Normalise)
	CanExecute           bool   // false: readable in the course of that permission, but does not open it (10.2.3)
	FullAccessProperties bool
	Priority             int
	Notify               bool // false on a full path: the right without its mail (10.4)
}

// Filter compares a property with exactly one of: a constant, the signed-in user, a dimension of the assigned profile.
type Filter struct {
	bun.BaseModel `bun:"table:access_filter,alias:af"`
	ID            int64 `bun:",pk,autoincrement"`
	RuleID        int64
	Binding       string  // property path from the rule's entity type, e.g. Department
	Value         *string // constant; key of the resource for a navigation
	Dimension     *string // identifier: the assigned profile's context gives the value, or no narrowing if it has none
	CurrentUser   bool    `bun:"is_current_user"`
}

// Service answers the API's questions about access.
type Service struct {
	DB    *bun.DB
	Clock *clock.Clock
}

// AssignedProfileConnection is one page of assigned profiles; AssignedProfileEdge one of its rows.
type (
	AssignedProfileConnection = page.Connection[*AssignedProfile]
	AssignedProfileEdge       = page.Edge[*AssignedProfile]
)

// Profiles gives all profiles by name. Needs permit.AccessQuery.
func (s *Service) Profiles(ctx context.Context) ([]*Profile, error) {
	if _, err := permit.Require(ctx, permit.AccessQuery); err != nil {
		return nil, err
	}
	return selectProfiles(ctx, s.DB)
}

// Rules gives the rules with their entries and filters; profile narrows to one identifier, nil = all. Needs permit.AccessQuery.
func (s *Service) Rules(ctx context.Context, profile *string) ([]*Rule, error) {
	if _, err := permit.Require(ctx, permit.AccessQuery); err != nil {
		return nil, err
	}
	return selectRules(ctx, s.DB, profile)
}

// ProfilesOf gives the profiles a user holds now: valid and not denied.
func ProfilesOf(ctx context.Context, db bun.IDB, userID int64, now time.Time) ([]*Profile, error) {
	return selectProfilesOf(ctx, db, userID, now)
}
