package directory

import (
	"context"

	"writ/server/db"
	"writ/server/page"
	"writ/server/permit"
)

// resources is how lists of resources are read, under the alias r. infinity cannot be read into a time: Forever stands for it.
var resources = page.Table[Resource]{
	From:   "resource r",
	Always: []string{"id", "entity_type_id"}, // what belongs to a resource is looked for by both
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "entityType": nil, "links": nil, "history": nil, "summary": nil, "contexts": nil,
		"key": {"key"}, "displayName": {"display_name"}, "values": {"scalars"}, "validFrom": {"valid_from"}, "validTo": {"valid_to"},
		"version": {"version"}, "isManual": {"origin"},
	},
	Columns: resourceColumns("r"),
}

func resourceColumns(alias string) []page.Column[Resource] {
	return []page.Column[Resource]{
		{Name: "id", SQL: alias + ".id", Read: func(r *Resource, row *db.Row) { r.ID = row.Int() }},
		{Name: "entity_type_id", SQL: alias + ".entity_type_id", Read: func(r *Resource, row *db.Row) { r.EntityTypeID = row.Int() }},
		{Name: "key", SQL: alias + ".key", Read: func(r *Resource, row *db.Row) { r.Key = row.Text() }},
		{Name: "display_name", SQL: alias + ".display_name", Read: func(r *Resource, row *db.Row) { r.DisplayName = row.Text() }},
		{Name: "scalars", SQL: alias + ".scalars", Read: func(r *Resource, row *db.Row) { row.JSON(&r.Scalars) }},
		{Name: "refs", SQL: alias + ".refs", Read: func(r *Resource, row *db.Row) { row.JSON(&r.Refs) }},
		{Name: "valid_from", SQL: alias + ".valid_from", Read: func(r *Resource, row *db.Row) { r.ValidFrom = row.Time() }},
		{Name: "valid_to", SQL: "least(" + alias + ".valid_to, '9999-12-31 00:00:00+00')", Read: func(r *Resource, row *db.Row) { r.ValidTo = row.Time() }},
		{Name: "version", SQL: alias + ".version", Read: func(r *Resource, row *db.Row) { r.Version = int(row.Int()) }},
		{Name: "origin", SQL: alias + ".origin", Read: func(r *Resource, row *db.Row) { r.Origin = Origin(row.Text()) }},
	}
}

// Beside gives what a list of something else reads of the resources that stand beside its rows under an alias. All is null where there is
// none: the id is 0 then.
func Beside(alias string, fields page.Fields) []page.Column[Resource] {
	t := resources
	t.Columns = resourceColumns(alias)
	return t.For(fields)
}

// SeesAllInOrders reports whether the caller may read whatever owner or target an order has, without a look at the metadata.
func SeesAllInOrders(ctx context.Context) bool {
	return permit.InCourse(ctx, []string{permit.OrderQuery}).Everything()
}
