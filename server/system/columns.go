package system

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// ConnectorFilter narrows a list of connectors; nil fields do not.
type ConnectorFilter struct {
	Text          *string  // each word stands in the name or the identifier
	Identifiers   []string // those
	Mode          *string  // continuous or scheduled
	IsDeactivated *bool
}

// The page of connectors.
type (
	ConnectorConnection = page.Connection[*Connector]
	ConnectorEdge       = page.Edge[*Connector]
)

// connectors is how a page of connectors is found; describe brings what stands in them.
var connectors = page.Table[Connector]{
	From: "connector c",
	Columns: []page.Column[Connector]{
		{Name: "id", SQL: "c.id", Read: func(c *Connector, r *db.Row) { c.ID = r.Int() }},
		{Name: "display_name", SQL: "c.display_name", Read: func(c *Connector, r *db.Row) { c.DisplayName = r.Text() }},
	},
}

var connectorsByName = page.Sorting[Connector]{Text: "c.display_name", ID: "c.id",
	At: func(c *Connector) page.Position { return page.Position{Text: c.DisplayName, ID: c.ID} }}

// Page gives a page of the connectors by name. Needs ConnectorQuery.
func (s *Service) Page(ctx context.Context, a page.Args, f *ConnectorFilter, fields page.Fields, total bool) (*ConnectorConnection, error) {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return nil, err
	}
	where := page.All()
	if f != nil {
		if f.Text != nil {
			where = page.All(where, directory.SearchNames("c.display_name", "c.identifier", *f.Text))
		}
		if f.Identifiers != nil {
			where = page.All(where, bun.SafeQuery("c.identifier = any (?)", array(f.Identifiers)))
		}
		if f.Mode != nil {
			where = page.All(where, bun.SafeQuery("c.mode = ?", *f.Mode))
		}
		if f.IsDeactivated != nil {
			where = page.All(where, bun.SafeQuery("c.is_deactivated = ?", *f.IsDeactivated))
		}
	}
	c, err := connectors.List(ctx, s.DB, a, nil, total, where, connectorsByName)
	if err != nil || fields.Within() || len(c.Edges) == 0 {
		return c, err
	}
	ids := make([]int64, len(c.Edges))
	for i, e := range c.Edges {
		ids[i] = e.Node.ID
	}
	found, err := s.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, e := range c.Edges {
		if whole := found[e.Node.ID]; whole != nil { // it may be gone since
			c.Edges[i].Node = whole
		}
	}
	return c, nil
}
