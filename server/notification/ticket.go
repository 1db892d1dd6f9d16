package notification

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/event"
	"writ/server/permit"
)

// opened is the part of the event ticket.opened that is read here.
type opened struct {
	OrderIDs []int64 `json:"orderIds"`
}

// tickets writes one summary mail per recipient and source entity type for the tickets opened since last time (spec 11.2). Recipients
// hold the full path of PerformManualProvisioning with Notify, and see only the tickets inside their data filters.
func (s *Service) tickets(ctx context.Context, tx bun.Tx, rows []event.Row) error {
	byType, last := map[string][]int64{}, map[string]string{}
	for _, r := range rows {
		if r.Kind != kindTicketOpened {
			continue
		}
		var o opened
		if err := json.Unmarshal(r.Data, &o); err != nil {
			s.Log.ErrorContext(ctx, "an event is no news", "event", r.Cursor.String(), "error", err)
			continue
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
			key := "ticket.opened/" + last[entityType] + "/" + entityType + "/" + h.Email
			if err := s.orderMail(ctx, tx, "PerformManualProvisioningSummary", "/manual", entityType, byType[entityType], h, key); err != nil {
				return err
			}
		}
	}
	return nil
}
