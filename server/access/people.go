package access

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/directory"
)

// mailOf is the address of an account u of a person r: its own, else the person's.
const mailOf = "coalesce(nullif(u.email, ''), mail_of(r.scalars), '')"

// AccountsOf gives the accounts of people, by person, that somebody may sign in with. One statement.
func AccountsOf(ctx context.Context, b bun.IDB, people []int64) (map[int64][]Holder, error) {
	return holdersOf(ctx, b, `select r.id as person, u.id as user_id, u.username, u.display_name, `+mailOf+` as email, r.id as resource_id
		from resource r join local_user u on u.resource_id = r.id and not u.is_disabled and not u.is_client where r.id = any (?) order by r.id, u.username`, pgdialect.Array(people))
}

// LeadersOf gives the accounts of those to whom people report, by person (Lines). Two statements.
func LeadersOf(ctx context.Context, b bun.IDB, shape *directory.Shape, people []int64) (map[int64][]Holder, error) {
	lines, err := Lines(ctx, b, shape)
	if err != nil {
		return nil, err
	}
	var properties []int64
	for _, list := range lines {
		properties = append(properties, list...)
	}
	return holdersOf(ctx, b, `select l.source_id as person, u.id as user_id, u.username, u.display_name, `+mailOf+` as email, r.id as resource_id
		from resource_link l join resource r on r.id = l.target_id and r.valid_to = 'infinity' join local_user u on u.resource_id = r.id and not u.is_disabled and not u.is_client
		where l.source_id = any (?) and l.property_id = any (?) and l.valid_to = 'infinity' and l.source_id <> l.target_id order by l.source_id, u.username`, pgdialect.Array(people), pgdialect.Array(properties))
}

func holdersOf(ctx context.Context, b bun.IDB, query string, args ...any) (map[int64][]Holder, error) {
	var rows []struct {
		Person, UserID, ResourceID   int64
		Username, DisplayName, Email string
	}
	if err := b.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the accounts of people: %w", err)
	}
	out := map[int64][]Holder{}
	for _, r := range rows {
		out[r.Person] = append(out[r.Person], Holder{UserID: r.UserID, Username: r.Username, DisplayName: r.DisplayName, Email: r.Email, ResourceID: r.ResourceID})
	}
	return out, nil
}
