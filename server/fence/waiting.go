package fence

import (
	"context"
	"fmt"
	"strings"
	"time"

	"writ/server/permit"
)

// FencedKind is a way out.
type FencedKind string

const (
	FencedOrder   FencedKind = "ORDER"   // for a target system
	FencedWebhook FencedKind = "WEBHOOK" // for an endpoint
	FencedMail    FencedKind = "MAIL"    // for a person
)

// FencedWork is what waits for one receiver.
type FencedWork struct {
	Kind     FencedKind
	Receiver string // display name of the connection, description or host of the webhook, template of the mail
	Count    int
	Oldest   time.Time
	Examples []string `bun:",array"` // the oldest, five at most
}

// Waiting tells what would be sent, by receiver: also without a fence, then it is on its way. It names people, so
// it needs SettingsManage or Monitoring in a rule about everything.
func (s *Service) Waiting(ctx context.Context) ([]*FencedWork, error) {
	if _, err := permit.RequireWhole(ctx, permit.SettingsManage, permit.Monitoring); err != nil {
		return nil, err
	}
	rows := []*FencedWork{}
	rooms := s.Rooms()
	if len(rooms) == 0 {
		return rows, nil
	}
	if err := s.DB.NewRaw(waiting(rooms)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read what would be sent: %w", err)
	}
	return rows, nil
}

// Work is what one room would send: a query with receiver, at, id and example of each piece.
type Work struct {
	Kind FencedKind
	SQL  string
}

// waiting counts the work of all rooms by receiver, in their order.
func waiting(rooms []Work) string {
	parts := make([]string, len(rooms))
	for i, w := range rooms {
		parts[i] = fmt.Sprintf("select '%s' as kind, %d as place, x.* from (%s) x", w.Kind, i, w.SQL)
	}
	return `
with work as (` + strings.Join(parts, " union all ") + `
), numbered as (
    select *, row_number() over (partition by kind, receiver order by at, id) as n from work
)
select kind, receiver, count(*) as count, min(at) as oldest, array_agg(example order by n) filter (where n <= 5) as examples
from numbered group by kind, place, receiver order by place, receiver`
}
