package access

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// ProfileFilter narrows a list of profiles; nil fields do not.
type ProfileFilter struct {
	Text *string // each word stands in the name or the identifier
}

// The page of profiles.
type (
	ProfileConnection = page.Connection[*Profile]
	ProfileEdge       = page.Edge[*Profile]
)

// profiles is how lists of profiles are read.
var profiles = page.Table[Profile]{
	From:   "profile p",
	Always: []string{"id"},
	Fields: map[string][]string{"__typename": nil, "id": nil, "identifier": {"identifier"}, "displayName": {"display_name"}},
	Columns: []page.Column[Profile]{
		{Name: "id", SQL: "p.id", Read: func(p *Profile, r *db.Row) { p.ID = r.Int() }},
		{Name: "identifier", SQL: "p.identifier", Read: func(p *Profile, r *db.Row) { p.Identifier = r.Text() }},
		{Name: "display_name", SQL: "p.display_name", Read: func(p *Profile, r *db.Row) { p.DisplayName = r.Text() }},
		{Name: "version", SQL: "p.version", Read: func(p *Profile, r *db.Row) { p.Version = int(r.Int()) }},
	},
}

var profilesByName = page.Sorting[Profile]{Text: "p.display_name", ID: "p.id", Needs: []string{"display_name"},
	At: func(p *Profile) page.Position { return page.Position{Text: p.DisplayName, ID: p.ID} }}

// ProfilesPage gives a page of the profiles by name. Needs permit.AccessQuery.
func (s *Service) ProfilesPage(ctx context.Context, a page.Args, f *ProfileFilter, fields page.Fields, total bool) (*ProfileConnection, error) {
	if _, err := permit.Require(ctx, permit.AccessQuery); err != nil {
		return nil, err
	}
	where := page.All()
	if f != nil && f.Text != nil {
		where = directory.SearchNames("p.display_name", "p.identifier", *f.Text)
	}
	return profiles.List(ctx, s.DB, a, fields, total, where, profilesByName)
}

// assigned is how lists of assigned profiles are read.
var assigned = page.Table[AssignedProfile]{
	From: "assigned_profile ap",
	Joins: []page.Join{
		{Alias: "u", SQL: "join local_user u on u.id = ap.user_id"},
		{Alias: "p", SQL: "join profile p on p.id = ap.profile_id"},
	},
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "username": {"username"}, "userDisplayName": {"user_display_name"}, "profile": {"profile"}, "context": {"context"},
		"startDate": {"start_date"}, "endDate": {"end_date"}, "isDenied": {"is_denied"}, "email": {"email"},
	},
	Columns: []page.Column[AssignedProfile]{
		{Name: "id", SQL: "ap.id", Read: func(a *AssignedProfile, r *db.Row) { a.ID = r.Int() }},
		{Name: "username", SQL: "u.username", Read: func(a *AssignedProfile, r *db.Row) { a.Username = r.Text() }},
		{Name: "user_display_name", SQL: "u.display_name", Read: func(a *AssignedProfile, r *db.Row) { a.UserDisplayName = r.Text() }},
		{Name: "profile", SQL: "p.id, p.identifier, p.display_name", Read: func(a *AssignedProfile, r *db.Row) {
			a.Profile = &Profile{ID: r.Int(), Identifier: r.Text(), DisplayName: r.Text()}
			a.ProfileID = a.Profile.ID
		}},
		{Name: "context", SQL: "ap.context", Read: func(a *AssignedProfile, r *db.Row) { r.JSON(&a.Context) }},
		{Name: "start_date", SQL: "ap.start_date", Read: func(a *AssignedProfile, r *db.Row) { a.StartDate = r.TimeOrNil() }},
		{Name: "end_date", SQL: "ap.end_date", Read: func(a *AssignedProfile, r *db.Row) { a.EndDate = r.TimeOrNil() }},
		{Name: "is_denied", SQL: "ap.is_denied", Read: func(a *AssignedProfile, r *db.Row) { a.IsDenied = r.Bool() }},
		{Name: "email", SQL: "ap.email", Read: func(a *AssignedProfile, r *db.Row) { a.Email = r.TextOrNil() }},
		{Name: "origin", SQL: "ap.origin", Read: func(a *AssignedProfile, r *db.Row) { a.Origin = Origin(r.Text()) }},
	},
}

var assignedByName = page.Sorting[AssignedProfile]{Text: "u.username", ID: "ap.id", Needs: []string{"username"},
	At: func(a *AssignedProfile) page.Position { return page.Position{Text: a.Username, ID: a.ID} }}

// Assigned gives who has which profile, by user name; profile is an identifier, text a part of the user's name, nil = all. It also
// shows assignments that are not valid now. Needs permit.AccessQuery.
func (s *Service) Assigned(ctx context.Context, a page.Args, profile, text *string, fields page.Fields, total bool) (*AssignedProfileConnection, error) {
	if _, err := permit.Require(ctx, permit.AccessQuery); err != nil {
		return nil, err
	}
	where := page.All()
	if profile != nil {
		of, err := selectProfileID(ctx, s.DB, *profile)
		if err != nil {
			return nil, err
		}
		where = page.All(where, bun.SafeQuery("ap.profile_id = ?", db.Fixed(of))) // how many have it decides how they are found
	}
	if text != nil && *text != "" {
		where = page.All(where, directory.SearchNames("concat_ws(' ', u.display_name, u.email)", "u.username", *text))
	}
	return assigned.List(ctx, s.DB, a, fields, total, where, assignedByName)
}
