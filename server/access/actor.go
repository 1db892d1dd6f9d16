package access

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/permit"
)

// ActorOf gives an account with the rights it has at an instant, for work that goes on without its session; nil when it is gone or disabled, or
// belongs to a demonstration and this server shows none.
func ActorOf(ctx context.Context, db bun.IDB, userID int64, demo bool, now time.Time) (*permit.Actor, error) {
	var rows []struct {
		Username, DisplayName string
		ResourceID            int64
		IsDemo                bool
		IsClient              bool
		IsAsked               bool
	}
	if err := db.NewRaw(`select u.username, u.display_name, coalesce(r.id, 0) as resource_id, u.is_demo, u.is_client, may_be_asked(u.id) as is_asked from local_user u
		left join resource r on r.id = u.resource_id and r.valid_to = 'infinity' where u.id = ? and not u.is_disabled and coalesce(u.client_until, 'infinity') > ?`, userID, now).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find an account: %w", err)
	}
	if len(rows) == 0 || rows[0].IsDemo && !demo {
		return nil, nil
	}
	grants, err := Grants(ctx, db, userID, now)
	if err != nil {
		return nil, err
	}
	return &permit.Actor{UserID: userID, Username: rows[0].Username, Name: rows[0].DisplayName, ResourceID: rows[0].ResourceID, Grants: grants, IsAsked: rows[0].IsAsked, Program: rows[0].IsClient}, nil
}
