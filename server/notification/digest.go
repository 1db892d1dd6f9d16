package notification

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/permit"
)

// When a digest goes out. Continuous mode moves order by order, and nobody wants a mail per order.
const (
	digestQuiet = 10 * time.Second // nothing new came for that long: what belongs together is together
	digestLong  = time.Minute      // or it goes on and on
	digestPause = 5 * time.Minute  // between two of the same kind about the same entity type; the end of a job does not wait for it
)

// digest is a mail about what came, collected over a while.
type digest struct {
	template   string
	to         evaluation.State // orders that came into this state
	event      string           // or, of reconciliation, the events that tell of what was found; empty: orders
	permission string           // + source entity type: who is told
	page       string           // of the SPA
}

var (
	reviewDigest = digest{template: "BlockedProvisioningInformations", to: evaluation.AwaitingApproval, permission: permit.ReviewProvisioning, page: "/review"}
	foundDigest  = digest{template: "ReconcileResourcesSummary", event: assignment.EventGapChanged, permission: permit.ReconciliateResources, page: "/reconcile/resources"}
	rolesDigest  = digest{template: "ReconcileRolesSummary", event: assignment.EventRoleFound, permission: permit.ReconciliateRoles, page: "/reconcile/roles"}
	// What a computation left for role reviewers (provisioning 11): until there are requests, what risks keep back.
	policyDigest = digest{template: "RolePolicySummary", event: assignment.EventRiskBlocked, permission: permit.ReviewRoles, page: "/risks/blocked"}
	graceDigest  = digest{template: "ReviewRolesSummary", event: assignment.EventProlonged, permission: permit.ReviewRoles, page: "/reconcile/prolonged"}
	errorDigest  = digest{template: "ProvisioningErrors", to: evaluation.Errored, permission: permit.ReviewProvisioning, page: "/errors"}
)

// digests are those that are switched on.
func (s *Service) digests() []digest {
	list := []digest{reviewDigest, foundDigest, rolesDigest, policyDigest, graceDigest}
	if s.ProvisioningErrors {
		list = append(list, errorDigest)
	}
	return list
}

// window is a digest that is being collected, or the memory of when the last one went out. It is kept in the setting windowsKey.
type window struct {
	From  string    `json:"from,omitempty"`  // cursor before its first event; empty: nothing is collected
	First time.Time `json:"first,omitzero"`  // its first event
	Last  time.Time `json:"last,omitzero"`   // its newest event
	Sent  time.Time `json:"sent,omitzero"`   // the last one went out
	IsRun bool      `json:"isRun,omitempty"` // a job ended after its newest event: it does not wait for the pause
}

const windowsKey = "notification_windows"

// isDue reports whether a window has to be sent now.
func (w window) isDue(now time.Time) bool {
	if w.From == "" || !w.IsRun && now.Before(w.Sent.Add(digestPause)) {
		return false
	}
	return !now.Before(w.Last.Add(digestQuiet)) || !now.Before(w.First.Add(digestLong))
}

// collect notes what came in between two cursors, and sends what is due. jobEnded is when the newest job ended in between; zero: none did.
func (s *Service) collect(ctx context.Context, tx bun.Tx, after, next event.Cursor, jobEnded time.Time) error {
	windows, err := selectWindows(ctx, tx)
	if err != nil {
		return err
	}
	before := maps.Clone(windows)
	if next.Compare(after) > 0 {
		if err := s.note(ctx, tx, windows, after, next); err != nil {
			return err
		}
	}
	for key, w := range windows {
		if w.From != "" && !jobEnded.IsZero() && !jobEnded.Before(w.Last) {
			w.IsRun = true
			windows[key] = w
		}
	}
	now := s.Clock.Now()
	for _, d := range s.digests() {
		for _, key := range slices.Sorted(maps.Keys(windows)) {
			entityType, mine := strings.CutPrefix(key, d.template+"/")
			if w := windows[key]; mine && w.isDue(now) {
				if err := s.sendDigest(ctx, tx, d, entityType, w, next); err != nil {
					return fmt.Errorf("%s about %s: %w", d.template, entityType, err)
				}
				windows[key] = window{Sent: now}
			}
		}
	}
	if maps.Equal(before, windows) {
		return nil
	}
	return db.WriteSetting(ctx, tx, windowsKey, windows)
}

// note opens windows, and lengthens those that are open.
func (s *Service) note(ctx context.Context, tx bun.Tx, windows map[string]window, after, next event.Cursor) error {
	var rows []struct {
		SourceEntityType string
		State            evaluation.State
		First, Last      time.Time
	}
	if err := tx.NewRaw(`select e.source_entity_type, (e.data ->> 'to')::smallint as state, min(e.at) as first, max(e.at) as last
		from event_chain c join event e on e.id = c.event_id where ? group by 1, 2`, came(after, next)).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("look for orders to tell of: %w", err)
	}
	var found []struct {
		SourceEntityType, Kind string
		First, Last            time.Time
	}
	if err := tx.NewRaw(`select e.source_entity_type, e.kind, min(e.at) as first, max(e.at) as last
		from event_chain c join event e on e.id = c.event_id where ? group by 1, 2`, cameToReconcile(after, next)).Scan(ctx, &found); err != nil {
		return fmt.Errorf("look for differences to tell of: %w", err)
	}
	for _, d := range s.digests() {
		lengthen := func(entityType string, first, last time.Time) {
			key := d.template + "/" + entityType
			w := windows[key]
			if w.From == "" {
				w.From, w.First = after.String(), first.UTC()
			}
			w.Last = last.UTC()
			windows[key] = w
		}
		for _, r := range rows {
			if d.event == "" && r.State == d.to {
				lengthen(r.SourceEntityType, r.First, r.Last)
			}
		}
		for _, r := range found {
			if d.event == r.Kind {
				lengthen(r.SourceEntityType, r.First, r.Last)
			}
		}
	}
	return nil
}

// cameToReconcile is the condition of the events between two cursors that tell of something new to reconcile.
func cameToReconcile(after, next event.Cursor) any {
	return bun.SafeQuery(`e.kind in (?, ?, ?, ?) and c.position > ? and c.position <= ? and e.source_entity_type is not null and (e.kind = ? or (e.data ->> 'opened')::int > 0)`,
		assignment.EventGapChanged, assignment.EventRoleFound, assignment.EventRiskBlocked, assignment.EventProlonged, after.Position, next.Position, assignment.EventRiskBlocked)
}

// came is the condition of the events between two cursors by which an order came to review, or to an error. What a person put there
// (reconsider) is no news.
func came(after, next event.Cursor) any {
	return bun.SafeQuery(`e.kind = 'order.changed' and c.position > ? and c.position <= ? and e.source_entity_type is not null
		and e.data ->> 'to' in ('5', '3') and e.data ->> 'from' is distinct from e.data ->> 'to' and e.data ->> 'action' not like 'reconsider%'`,
		after.Position, next.Position)
}

// sendDigest writes one mail per recipient about what came since the window was opened and is still in that state.
func (s *Service) sendDigest(ctx context.Context, tx bun.Tx, d digest, entityType string, w window, next event.Cursor) error {
	from, err := event.Parse(w.From)
	if err != nil {
		return err
	}
	if d.event != "" {
		return s.sendFound(ctx, tx, d, entityType, w, from, next)
	}
	var orders []int64
	if err := tx.NewRaw(`select distinct o.id from event_chain c join event e on e.id = c.event_id join provisioning_order o on o.id = e.subject_id
		where ? and e.source_entity_type = ? and e.data ->> 'to' = ? and o.closed_at is null and ? = any (o.states) order by o.id`,
		came(from, next), entityType, fmt.Sprint(int(d.to)), d.to).Scan(ctx, &orders); err != nil {
		return fmt.Errorf("read its orders: %w", err)
	}
	if len(orders) == 0 {
		return nil // decided or gone meanwhile
	}
	holders, err := access.Holders(ctx, tx, permit.For(d.permission, entityType), s.Clock.Now())
	if err != nil {
		return err
	}
	for _, h := range holders {
		key := d.template + "/" + next.String() + "/" + entityType + "/" + h.Email
		if err := s.orderMail(ctx, tx, d.template, d.page, entityType, orders, h, key); err != nil {
			return err
		}
	}
	return nil
}

func selectWindows(ctx context.Context, tx bun.Tx) (map[string]window, error) {
	windows := map[string]window{}
	_, err := db.Setting(ctx, tx, windowsKey, &windows)
	return windows, err
}
