package webhook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/fence"
	"writ/server/order"
)

func selectWebhooks(ctx context.Context, db bun.IDB, narrow func(*bun.SelectQuery)) ([]*Webhook, error) {
	rows := []*Webhook{}
	q := db.NewSelect().Model(&rows).ColumnExpr("w.*").
		ColumnExpr("n.pending, n.failed, n.delivered").
		Join(`CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = ?) AS pending, count(*) FILTER (WHERE state IN (?, ?)) AS failed,
			count(*) FILTER (WHERE state = ?) AS delivered FROM webhook_delivery WHERE webhook_id = w.id) AS n`, Pending, Failed, GivenUp, Delivered).
		OrderExpr("w.id")
	if narrow != nil {
		narrow(q)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("select webhooks: %w", err)
	}
	return rows, nil
}

func getWebhook(ctx context.Context, db bun.IDB, id int64) (*Webhook, error) {
	rows, err := selectWebhooks(ctx, db, func(q *bun.SelectQuery) { q.Where("w.id = ?", id) })
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, missing(id)
	}
	return rows[0], nil
}

func missing(id int64) error { return errs.Missing("There is no webhook %d.", id).Of(id) }

// lockWebhook locks without counts; NotFound when there is none. Deliveries can still be inserted beside: their foreign key does not
// need the row for itself.
func lockWebhook(ctx context.Context, tx bun.IDB, id int64) (*Webhook, error) {
	var rows []*Webhook
	if err := tx.NewSelect().Model(&rows).Where("w.id = ?", id).For("NO KEY UPDATE").Scan(ctx); err != nil {
		return nil, fmt.Errorf("lock webhook %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, missing(id)
	}
	return rows[0], nil
}

// lockReady locks a webhook that may be sent to now; nil: it is gone, disabled or rests, or the fence is up.
func lockReady(ctx context.Context, tx bun.IDB, id int64, now time.Time) (*Webhook, error) {
	var rows []*Webhook
	err := tx.NewSelect().Model(&rows).Where("w.id = ?", id).Where("NOT w.is_disabled").Where("NOT "+fence.Is).
		Where("coalesce(w.paused_until, '-infinity') <= ?", now).For("NO KEY UPDATE").Scan(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

func insertWebhook(ctx context.Context, tx bun.IDB, w *Webhook) error {
	if _, err := tx.NewInsert().Model(w).Returning("id").Exec(ctx); err != nil {
		return db.Explain(fmt.Errorf("insert a webhook: %w", err))
	}
	return nil
}

func deleteWebhook(ctx context.Context, tx bun.IDB, id int64) error {
	return exec(ctx, tx, "delete from webhook where id = ?", id)
}

func updateEnabled(ctx context.Context, tx bun.IDB, id int64) error {
	return exec(ctx, tx, `update webhook set is_disabled = false, disabled_reason = null, failures = 0, failing_since = null, paused_until = null,
		version = version + 1 where id = ?`, id)
}

func updateDisabled(ctx context.Context, tx bun.IDB, id int64, why string) error {
	return exec(ctx, tx, "update webhook set is_disabled = true, disabled_reason = ?, version = version + 1 where id = ? and not is_disabled", why, id)
}

func updateHealth(ctx context.Context, tx bun.IDB, id int64, failures int, since, until *time.Time) error {
	return exec(ctx, tx, `update webhook set failures = ?, failing_since = ?::timestamptz, paused_until = ?::timestamptz where id = ?`, failures, since, until, id)
}

func updateSecret(ctx context.Context, tx bun.IDB, id int64, sealed []byte, until time.Time) error {
	return exec(ctx, tx, `update webhook set previous_secret = secret, previous_secret_until = ?, secret = ?, version = version + 1 where id = ?`, until, sealed, id)
}

func updatePosition(ctx context.Context, tx bun.IDB, id, to int64) error {
	return exec(ctx, tx, "update webhook set position = ?, version = version + 1 where id = ?", to, id)
}

// advancePosition moves a webhook that stands where the caller believes, unless it is disabled; false: it does not stand there.
func advancePosition(ctx context.Context, tx bun.IDB, id, from, to int64) (bool, error) {
	result, err := tx.NewRaw(`update webhook set position = ? where id = ? and position = ? and not is_disabled`, to, id, from).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("move the position of a webhook: %w", err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// selectBehind gives the webhooks that events lie ahead of, of whichever kind: passing those that are none of a webhook's business once is
// cheaper than looking at them every second.
func selectBehind(ctx context.Context, db bun.IDB) ([]*Webhook, error) {
	var rows []*Webhook
	err := db.NewSelect().Model(&rows).Where("NOT w.is_disabled").
		Where("w.position < (SELECT max(position) FROM event_chain)").OrderExpr("w.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("find webhooks that are behind: %w", err)
	}
	return rows, nil
}

// selectDue gives the webhooks with a delivery that is due and could be sent: not as many on their way as there may be.
func selectDue(ctx context.Context, db bun.IDB, now time.Time, most int) ([]int64, error) {
	var ids []int64
	err := db.NewRaw(`select w.id from webhook w where not w.is_disabled and not `+fence.Is+` and coalesce(w.paused_until, '-infinity') <= ?
		and exists (select from webhook_delivery d where d.webhook_id = w.id and d.state in (?, ?) and d.next_at <= ?
			and coalesce(d.lease_until, '-infinity') < clock_timestamp())
		and (select count(*) from webhook_delivery l where l.webhook_id = w.id and l.lease_until > clock_timestamp()) < ?
		order by w.id`, now, Pending, Failed, now, most).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("find due deliveries: %w", err)
	}
	return ids, nil
}

// hasBusy reports whether a delivery is due or on its way. What rests with its endpoint waits for time.
func hasBusy(ctx context.Context, db bun.IDB, now time.Time) (bool, error) {
	var busy bool
	err := db.NewRaw(`select exists (select from webhook_delivery d join webhook w on w.id = d.webhook_id where d.state in (?, ?)
		and (d.lease_until > clock_timestamp() or d.next_at <= ? and not w.is_disabled and not `+fence.Is+` and coalesce(w.paused_until, '-infinity') <= ?))`,
		Pending, Failed, now, now).Scan(ctx, &busy)
	return busy, err
}

// claimNext leases the delivery that is due longest; nil: none, or most are on their way. The caller holds the webhook's lock, so that
// the count holds. Leases are in the machine's time: they watch over processes.
func claimNext(ctx context.Context, tx bun.IDB, webhookID int64, now time.Time, most int) (*WebhookDelivery, error) {
	var rows []*WebhookDelivery
	err := tx.NewRaw(`update webhook_delivery d set lease_until = clock_timestamp() + make_interval(secs => ?), fence = d.fence + 1, tries = d.tries + 1
		where d.id = (select n.id from webhook_delivery n where n.webhook_id = ? and n.state in (?, ?) and n.next_at <= ?
				and coalesce(n.lease_until, '-infinity') < clock_timestamp()
				and (select count(*) from webhook_delivery l where l.webhook_id = ? and l.lease_until > clock_timestamp()) < ?
			order by n.next_at, n.id limit 1 for update skip locked) returning d.*`,
		lease.Seconds(), webhookID, Pending, Failed, now, webhookID, most).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// updateReleased gives a claim back as if it had not been.
func updateReleased(ctx context.Context, tx bun.IDB, deliveryID int64, fence int) error {
	return exec(ctx, tx, "update webhook_delivery set lease_until = null, tries = tries - 1 where id = ? and fence = ?", deliveryID, fence)
}

// updateFreshStart gives every open delivery of a webhook a new round, due now.
func updateFreshStart(ctx context.Context, tx bun.IDB, webhookID int64, now time.Time) error {
	return exec(ctx, tx, "update webhook_delivery set tries = 0, since = ?, next_at = ? where webhook_id = ? and state in (?, ?)",
		now, now, webhookID, Pending, Failed)
}

// updateDueNow makes what failed of a webhook due.
func updateDueNow(ctx context.Context, tx bun.IDB, webhookID int64, now time.Time) error {
	return exec(ctx, tx, "update webhook_delivery set next_at = ? where webhook_id = ? and state = ? and next_at > ?", now, webhookID, Failed, now)
}

// unanswered is the error of an attempt about whose end nothing was noted.
const unanswered = "the server stopped before the answer was noted"

// insertAttempt notes an attempt before it is made: if this process dies, it is there.
func insertAttempt(ctx context.Context, tx bun.IDB, deliveryID int64, at time.Time) (id int64, err error) {
	err = tx.NewRaw("insert into webhook_attempt (delivery_id, at, error) values (?, ?, ?) returning id", deliveryID, at, unanswered).Scan(ctx, &id)
	return id, err
}

func updateAttempt(ctx context.Context, tx bun.IDB, id int64, a answer) error {
	var status *int
	if a.Status != 0 {
		status = &a.Status
	}
	return exec(ctx, tx, "update webhook_attempt set status = ?, duration_ms = ?, error = nullif(?, ''), response = nullif(?, '') where id = ?",
		status, a.Duration.Milliseconds(), strings.ToValidUTF8(a.Error, ""), a.Response, id)
}

// bringAttempts fills in the attempts of deliveries, oldest first.
func bringAttempts(ctx context.Context, db bun.IDB, deliveries []*WebhookDelivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	byID := make(map[int64]*WebhookDelivery, len(deliveries))
	ids := make([]int64, len(deliveries))
	for i, d := range deliveries {
		d.Attempts = []*WebhookAttempt{}
		byID[d.ID], ids[i] = d, d.ID
	}
	var rows []*WebhookAttempt
	if err := db.NewSelect().Model(&rows).Where("a.delivery_id = any (?)", pgdialect.Array(ids)).OrderExpr("a.id").Scan(ctx); err != nil {
		return fmt.Errorf("select attempts: %w", err)
	}
	for _, a := range rows {
		d := byID[a.DeliveryID]
		d.Attempts = append(d.Attempts, a)
	}
	return nil
}

// deleteOld removes some deliveries that ended before; the next sweep removes more.
func deleteOld(ctx context.Context, db bun.IDB, before time.Time) error {
	return exec(ctx, db, `delete from webhook_delivery where id in (select id from webhook_delivery where ended_at < ? order by ended_at limit 1000
		for update skip locked)`, before)
}

// selectTargetTypes gives the target entity type of the orders' resource types.
func selectTargetTypes(ctx context.Context, db bun.IDB, orders map[int64]*order.Order) (map[int64]string, error) {
	ids := make([]int64, 0, len(orders))
	for _, o := range orders {
		ids = append(ids, o.ResourceTypeID)
	}
	var rows []struct {
		ID         int64
		Identifier string
	}
	err := db.NewRaw("select t.id, e.identifier from resource_type t join entity_type e on e.id = t.target_entity_type_id where t.id = any (?)", pgdialect.Array(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("select target entity types: %w", err)
	}
	m := make(map[int64]string, len(rows))
	for _, r := range rows {
		m[r.ID] = r.Identifier
	}
	return m, nil
}

func exec(ctx context.Context, tx bun.IDB, sql string, args ...any) error {
	_, err := tx.NewRaw(sql, args...).Exec(ctx)
	return db.Explain(err)
}
