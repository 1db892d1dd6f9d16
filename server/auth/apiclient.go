package auth

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// ApiClient is an account of a program (provisioning 10.1): made and changed as users are (saveUser), it comes in with secrets.
type ApiClient struct {
	ID           int64
	Username     string
	DisplayName  string
	Scopes       []string   // what its rights are cut to
	Until        *time.Time // first instant at which it may not come in any more; nil: no end
	IsDisabled   bool
	Secrets      int        // that open something now
	SecretsUntil *time.Time // when the last of these ends; nil: there is none
	LastUsedAt   *time.Time // to the minute; nil: never
}

// The page of clients.
type (
	ApiClientConnection = page.Connection[*ApiClient]
	ApiClientEdge       = page.Edge[*ApiClient]
)

// apiClients is how lists of clients are read at an instant.
func apiClients(now time.Time) *page.Table[ApiClient] {
	return &page.Table[ApiClient]{
		From:   "local_user u",
		Always: []string{"id"},
		Fields: map[string][]string{
			"__typename": nil, "id": nil, "username": {"username"}, "displayName": {"display_name"}, "scopes": {"scopes"}, "until": {"until"},
			"isDisabled": {"is_disabled"}, "secrets": {"secrets"}, "secretsUntil": {"secrets_until"}, "lastUsedAt": {"last_used_at"},
		},
		Columns: []page.Column[ApiClient]{
			{Name: "id", SQL: "u.id", Read: func(c *ApiClient, r *db.Row) { c.ID = r.Int() }},
			{Name: "username", SQL: "u.username", Read: func(c *ApiClient, r *db.Row) { c.Username = r.Text() }},
			{Name: "display_name", SQL: "u.display_name", Read: func(c *ApiClient, r *db.Row) { c.DisplayName = r.Text() }},
			{Name: "scopes", SQL: "array_to_string(u.scopes, ' ')", Read: func(c *ApiClient, r *db.Row) { c.Scopes = strings.Fields(r.Text()) }},
			{Name: "until", SQL: "u.client_until", Read: func(c *ApiClient, r *db.Row) { c.Until = r.TimeOrNil() }},
			{Name: "is_disabled", SQL: "u.is_disabled", Read: func(c *ApiClient, r *db.Row) { c.IsDisabled = r.Bool() }},
			{Name: "secrets", SQL: "(select count(*) from api_key k where k.user_id = u.id and k.revoked_at is null and k.expires_at > ?)", Args: []any{now},
				Read: func(c *ApiClient, r *db.Row) { c.Secrets = int(r.Int()) }},
			{Name: "secrets_until", SQL: "(select max(k.expires_at) from api_key k where k.user_id = u.id and k.revoked_at is null and k.expires_at > ?)", Args: []any{now},
				Read: func(c *ApiClient, r *db.Row) { c.SecretsUntil = r.TimeOrNil() }},
			{Name: "last_used_at", SQL: "(select max(k.last_used_at) from api_key k where k.user_id = u.id)", Read: func(c *ApiClient, r *db.Row) { c.LastUsedAt = r.TimeOrNil() }},
		},
	}
}

var clientsByName = page.Sorting[ApiClient]{Text: "u.username", ID: "u.id", Needs: []string{"username"},
	At: func(c *ApiClient) page.Position { return page.Position{Text: c.Username, ID: c.ID} }}

// ApiClients gives a page of the API clients, by name. Needs permit.AccessQuery.
func (s *Service) ApiClients(ctx context.Context, a page.Args, text *string, fields page.Fields, total bool) (*ApiClientConnection, error) {
	if _, err := permit.Require(ctx, permit.AccessQuery); err != nil {
		return nil, err
	}
	where := []schema.QueryWithArgs{bun.SafeQuery("u.is_client")}
	if text != nil {
		where = append(where, directory.SearchNames("u.display_name", "u.username", *text))
	}
	return apiClients(s.clock.Now()).List(ctx, s.db, a, fields, total, page.All(where...), clientsByName)
}
