package notification

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/directory"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/queue"
)

// shownTickets is how many lines a summary names (spec 11.2: first 20 lines).
const shownTickets = 20

// Ticket is one line of the summary.
type Ticket struct {
	ID           int64
	Owner        string
	ResourceType string
	Action       string // create, edit, delete
}

// TicketSummary is what the template of the manual provisioning mail gets.
type TicketSummary struct {
	Name       string // recipient
	EntityType string // label of the source entity type
	Total      int
	Tickets    []Ticket // the first of them
	More       int
	Link       string
}

// opened is the part of the event ticket.opened that is read here.
type opened struct {
	OrderIDs []int64 `json:"orderIds"`
}

// tickets writes one summary mail per recipient and source entity type for the tickets opened since last time (spec 11.2). Recipients
// hold the full path of PerformManualProvisioning with Notify, and see only the tickets inside their data filters.
func (s *Service) tickets(ctx context.Context, tx bun.Tx, rows []event.Row) error {
	byType, last := map[string][]int64{}, map[string]string{}
	for _, r := range rows {
		var o opened
		if err := json.Unmarshal(r.Data, &o); err != nil {
			return fmt.Errorf("event %s: %w", r.Cursor, err)
		}
		byType[r.SourceEntityType] = append(byType[r.SourceEntityType], o.OrderIDs...)
		last[r.SourceEntityType] = r.Cursor.String()
	}
	for _, entityType := range slices.Sorted(maps.Keys(byType)) {
		holders, err := access.Holders(ctx, tx, permit.For(permit.ManualProvisioning, entityType), s.Clock.Now())
		if err != nil {
			return err
		}
		for _, h := range holders {
			if err := s.ticketMail(ctx, tx, entityType, byType[entityType], h, last[entityType]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) ticketMail(ctx context.Context, tx bun.Tx, entityType string, orders []int64, h access.Holder, key string) error {
	if h.Email == "" {
		s.Log.WarnContext(ctx, "no address for a recipient of manual orders", "user", h.Username)
		return nil
	}
	shape, err := s.Shapes.Load(ctx, tx)
	if err != nil {
		return err
	}
	t := shape.ByIdentifier[entityType]
	if t == nil {
		return nil // the entity type was removed meanwhile, its tickets with it
	}
	var lines []Ticket
	if err := tx.NewRaw(`select o.id, r.display_name as owner, rt.display_name as resource_type,
			case o.kind when 'CREATE' then 'create' when 'DELETE' then 'delete' else 'edit' end as action
		from provisioning_order o join resource r on r.id = o.owner_id join resource_type rt on rt.id = o.resource_type_id
		where o.id = any (?) and ? order by r.display_name, o.id`, pgdialect.Array(orders), directory.Rows(shape, t.ID, "r", h.Scope)).Scan(ctx, &lines); err != nil {
		return fmt.Errorf("tickets of %s: %w", h.Username, err)
	}
	if len(lines) == 0 {
		return nil
	}
	summary := TicketSummary{Name: h.DisplayName, EntityType: t.DisplayName, Total: len(lines), Tickets: lines[:min(len(lines), shownTickets)],
		More: max(0, len(lines)-shownTickets), Link: s.PublicURL + "/manual/" + entityType}
	return s.queueMail(ctx, tx, "PerformManualProvisioningSummary", h.Email, "ticket.opened/"+key+"/"+entityType+"/"+h.Email, summary)
}

// queueMail writes a mail and asks for it to be sent, in the caller's transaction. The key makes it happen once.
func (s *Service) queueMail(ctx context.Context, tx bun.Tx, template, to, key string, data any) error {
	m, err := render(template, data)
	if err != nil {
		return err
	}
	var id []int64
	if err := tx.NewRaw(`insert into mail (template, recipient, dedupe_key, subject, text_body, html_body, state, created_at) values (?, ?, ?, ?, ?, ?, 'QUEUED', ?)
		on conflict (dedupe_key) do nothing returning id`, template, to, key, m.Subject, m.Text, m.HTML, s.Clock.Now()).Scan(ctx, &id); err != nil {
		return fmt.Errorf("queue mail to %s: %w", to, err)
	}
	if len(id) == 0 {
		return nil
	}
	return queue.Insert(ctx, tx, SendArgs{MailID: id[0]}, nil)
}
