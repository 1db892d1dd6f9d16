package assignment

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/event"
)

// keyFault is a resource of which a rule can make no correlation key although there is something to compare.
type keyFault struct {
	Resource int64  `json:"resource_id"`
	Side     string `json:"side"`
	Rule     *int64 `json:"rule_id"` // nil: the database refused all its keys
	Message  string `json:"message"`
}

// noteKeyFaults makes the faults of these resources and sides equal to what was found. A new one is told once.
func (s *Service) noteKeyFaults(ctx context.Context, tx bun.Tx, m *Model, faults []keyFault, resources []int64, sides []string) error {
	if faults == nil {
		faults = []keyFault{}
	}
	list := string(jsonb(faults))
	if _, err := tx.NewRaw(`delete from key_fault f where f.resource_id = any (?) and f.side = any (?) and not exists (
			select from jsonb_to_recordset(?::jsonb) n (resource_id bigint, side char(1), rule_id bigint)
			where n.resource_id = f.resource_id and n.side = f.side and n.rule_id is not distinct from f.rule_id)`,
		ids(resources), texts(sides), list).Exec(ctx); err != nil {
		return fmt.Errorf("forget faults of keys: %w", err)
	}
	if len(faults) == 0 {
		return nil
	}
	now := s.Clock.Now()
	var fresh []struct {
		ResourceID, EntityTypeID int64
		Message                  string
	}
	if err := tx.NewRaw(`with noted as (
			insert into key_fault (resource_id, side, rule_id, message, found_at)
			select resource_id, side, rule_id, message, ?0 from jsonb_to_recordset(?1::jsonb) n (resource_id bigint, side char(1), rule_id bigint, message text)
			order by resource_id, side, rule_id
			on conflict (resource_id, side, coalesce(rule_id, 0)) do update set message = excluded.message
			returning resource_id, message, xmax = 0 as is_new)
		select n.resource_id, r.entity_type_id, n.message from noted n join resource r on r.id = n.resource_id where n.is_new order by n.resource_id`,
		now, list).Scan(ctx, &fresh); err != nil {
		return fmt.Errorf("note faults of keys: %w", err)
	}
	events := make([]event.Event, 0, len(fresh))
	for _, f := range fresh {
		events = append(events, event.Event{Kind: EventFailed, SubjectType: "resource", SubjectID: f.ResourceID, OwnerID: f.ResourceID,
			SourceEntityType: m.Shape.EntityTypes[f.EntityTypeID].Identifier, Data: Failed{f.Message}})
	}
	return event.Publish(ctx, tx, now, events...)
}

// noteRefused notes a resource whose rows the database refused.
func (s *Service) noteRefused(ctx context.Context, tx bun.Tx, id int64, side string, cause error) error {
	m, err := s.Model(ctx, tx)
	if err != nil {
		return err
	}
	return s.noteKeyFaults(ctx, tx, m, []keyFault{{Resource: id, Side: side, Message: refusal(cause)}}, []int64{id}, []string{side})
}

// refusal is what the database said about values of one resource.
func refusal(cause error) string {
	return db.Clip("The database cannot store what was computed: "+cause.Error(), 500)
}
