package order

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/permit"
)

// HeldOrders are the orders of a connector that a limit holds in continuous mode.
type HeldOrders struct {
	Count   int
	Blocked json.RawMessage // the limits that were exceeded, as []Exceeded; nil: none
}

// ReleaseHeldOrdersInput names the connector whose held orders go on, and says why.
type ReleaseHeldOrdersInput struct {
	Connector string // identifier
	Reason    string
}

// ReleaseHeldOrdersPayload tells how many orders go on.
type ReleaseHeldOrdersPayload struct{ Released int }

// Held tells what a limit holds of a connector in continuous mode; nil when it holds nothing. Needs ConnectorQuery.
func (s *Service) Held(ctx context.Context, connector string) (*HeldOrders, error) {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return nil, err
	}
	var h HeldOrders
	err := s.DB.NewRaw(`select count(*) from provisioning_order o join resource_type t on t.id = o.resource_type_id
		join connection n on n.id = t.connection_id join connector c on c.id = n.connector_id
		where c.identifier = ? and o.generated_at is null and o.has_pending and o.closed_at is null and o.wait_reason = ?`, connector, string(evaluation.WaitThreshold)).Scan(ctx, &h.Count)
	if err != nil {
		return nil, fmt.Errorf("count held orders: %w", err)
	}
	if h.Count == 0 {
		return nil, nil
	}
	var blocked []json.RawMessage // the newest block that names one of the connector's resource types
	err = s.DB.NewRaw(`select g.blocked from generation g where g.blocked is not null and g.job_instance_id is null and g.resource_type_ids && (
		select array_agg(t.id) from resource_type t join connection n on n.id = t.connection_id join connector c on c.id = n.connector_id where c.identifier = ?)
		order by g.id desc limit 1`, connector).Scan(ctx, &blocked)
	if err != nil {
		return nil, fmt.Errorf("read the limits of held orders: %w", err)
	}
	if len(blocked) > 0 {
		h.Blocked = blocked[0]
	}
	return &h, nil
}

// ReleaseHeld lets the orders go on that a limit of a connector holds in continuous mode, whatever the limit says now (provisioning 8.3.3). VALIDATION
// without a reason or for an unknown connector, INVALID_TRANSITION when no limit holds anything of it. Needs JobUpdate or ConnectorUpdate.
func (s *Service) ReleaseHeld(ctx context.Context, in ReleaseHeldOrdersInput) (*ReleaseHeldOrdersPayload, error) {
	if _, err := permit.RequireAny(ctx, permit.JobUpdate, permit.ConnectorUpdate); err != nil {
		return nil, err
	}
	reason := strings.TrimSpace(in.Reason)
	if reason == "" || utf8.RuneCountInString(reason) > maxTicketMessage {
		return nil, errs.Invalid("input.reason", "Say why this many orders are right, in at most %d characters: it stands in the audit log.", maxTicketMessage)
	}
	ctx = context.WithoutCancel(ctx)
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var id int64
		var isHeld bool // else this would be a way around the limits of jobs, and around their second person
		err := tx.NewRaw(`select c.id, exists (select from provisioning_order o join resource_type t on t.id = o.resource_type_id
				join connection n on n.id = t.connection_id
				where n.connector_id = c.id and o.generated_at is null and o.has_pending and o.closed_at is null and o.wait_reason = ?)
			from connector c where c.identifier = ?`, string(evaluation.WaitThreshold), in.Connector).Scan(ctx, &id, &isHeld)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return errs.Invalid("input.connector", "There is no connector %q.", in.Connector)
		case err != nil:
			return fmt.Errorf("look for held orders: %w", err)
		case !isHeld:
			return errs.New(errs.InvalidTransition, "No limit holds orders of this system any more.").Of(in.Connector)
		}
		return event.Publish(ctx, tx, s.Clock.Now(), event.Event{Kind: EventGenerationReleased, SubjectType: "connector", SubjectID: id,
			Data: map[string]any{"connector": in.Connector, "reason": reason}})
	})
	if err != nil {
		return nil, err
	}
	g, err := s.Generate(ctx, GenerateInput{Connector: in.Connector, Force: true})
	if err != nil {
		return nil, err
	}
	return &ReleaseHeldOrdersPayload{g.Generated}, nil
}
