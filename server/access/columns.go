package access

import (
	"context"

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
