package fence

import (
	"context"
	"fmt"
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
	if err := s.DB.NewRaw(sqlWaiting).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read what would be sent: %w", err)
	}
	return rows, nil
}

// sqlWaiting shows of a webhook its description or host (a path may be a secret), of a mail its subject and recipient.
const sqlWaiting = `
with work as (
    select 'ORDER' as kind, 1 as place, coalesce(n.display_name, '') as receiver, o.created_at as at, o.id,
        o.kind || ' ' || t.display_name || coalesce(' of ' || nullif(r.display_name, ''), '') as example
    from provisioning_order o join resource_type t on t.id = o.resource_type_id left join resource r on r.id = o.owner_id
    left join connection n on n.id = o.connection_id
    where o.closed_at is null and (o.has_silent or o.has_pending and o.generated_at is not null)
    union all
    select 'WEBHOOK', 2, coalesce(nullif(w.description, ''), split_part(regexp_replace(w.url, '^[a-zA-Z]+://([^/?#@]*@)?', ''), '/', 1), ''), d.created_at, d.id, d.message_id
    from webhook_delivery d join webhook w on w.id = d.webhook_id where d.state in ('PENDING', 'FAILED') and not w.is_disabled
    union all
    select 'MAIL', 3, m.template, m.created_at, m.id, m.subject || ' (' || m.recipient || ')' from mail m where m.state = 'QUEUED'
), numbered as (
    select *, row_number() over (partition by kind, receiver order by at, id) as n from work
)
select kind, receiver, count(*) as count, min(at) as oldest, array_agg(example order by n) filter (where n <= 5) as examples
from numbered group by kind, place, receiver order by place, receiver`
