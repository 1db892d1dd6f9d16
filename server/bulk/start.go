package bulk

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/reconciliation"
	"writ/server/request"
)

// StartBulkChangeInput says what is done to which.
type StartBulkChangeInput struct {
	Filters
	Kind        *BulkKind
	Decision    *BulkDecision
	Value       *directory.PropertyValueInput
	Entitlement *request.EntitlementInput
	IDs         []int64
	Again       *int64
	Comment     *string
}

// StartBulkChangePayload is the bulk change as it begins.
type StartBulkChangePayload struct{ BulkChange *BulkChange }

// Bounds.
const (
	maxIDs     = 5000
	maxItems   = 1_000_000 // of one bulk change
	maxOpen    = 20        // of one account
	maxComment = 2000      // characters
	maxReport  = 4000      // of what is said about orders: operators tell what went wrong (provisioning 4.3)
)

// Start freezes what a filter finds, or what is named, under the rights of the caller, and lets the server go through it. Needs the right to the single
// decision and the one to make many at once. VALIDATION when nothing is found that could be decided so, or a comment is missing.
func (s *Service) Start(ctx context.Context, in StartBulkChangeInput) (*StartBulkChangePayload, error) {
	if err := s.MayLook(ctx); err != nil {
		return nil, err
	}
	if in.Again != nil {
		return s.again(ctx, in)
	}
	if in.Kind == nil || in.Decision == nil {
		return nil, errs.Invalid("input", "Say of which kind the bulk change is, and what is decided.")
	}
	if len(in.IDs) > maxIDs {
		return nil, errs.New(errs.TooLarge, "At most %d are named one by one; these are %d. Use a filter for more.", maxIDs, len(in.IDs)).At("input.ids")
	}
	c := &BulkChange{Kind: *in.Kind, Decision: *in.Decision, Comment: text(in.Comment)}
	if err := in.payload(c); err != nil {
		return nil, err
	}
	chosen := bun.SafeQuery("true")
	if in.IDs != nil {
		chosen = bun.SafeQuery("s.id = any (?)", pgdialect.Array(in.IDs))
	}
	return s.begin(ctx, c, in.Filters, chosen)
}

// payload keeps what is set or asked for with the bulk change, and refuses what its kind does not need or lacks.
func (in StartBulkChangeInput) payload(c *BulkChange) error {
	sets, asks := c.Kind == UpdateProperty, c.Kind == AssignEntitlements || c.Kind == RemoveEntitlements
	c.payload.Approvals = c.Kind == ReviewRoles && in.Approvals != nil
	switch {
	case sets != (in.Value != nil):
		return errs.Invalid("input.value", "A value goes with UPDATE_PROPERTY, and that needs one.")
	case asks != (in.Entitlement != nil):
		return errs.Invalid("input.entitlement", "A role goes with ASSIGN_ENTITLEMENTS and REMOVE_ENTITLEMENTS, and those need one.")
	case (sets || asks) && in.People == nil:
		return errs.Invalid("input.people", "Say of which entity type they are.")
	case sets || asks:
		c.payload = Payload{EntityType: in.People.EntityType, Value: in.Value, Entitlement: in.Entitlement}
	}
	return nil
}

// again tries the failed items of a bulk change of the caller again, in a new one.
func (s *Service) again(ctx context.Context, in StartBulkChangeInput) (*StartBulkChangePayload, error) {
	if in.Kind != nil || in.Decision != nil || in.IDs != nil || in.Value != nil || in.Entitlement != nil || len(in.given()) > 0 {
		return nil, errs.Invalid("input.again", "Give either the number of a bulk change to try again, or what is to be done.")
	}
	may, err := s.own(ctx)
	if err != nil {
		return nil, err
	}
	was, err := s.get(ctx, s.DB, *in.Again, may)
	if err != nil {
		return nil, err
	}
	if was.EndedAt == nil {
		return nil, errs.New(errs.Conflict, "Bulk change %d goes on. Wait until it has ended.", was.ID).Of(was.ID)
	}
	c := &BulkChange{Kind: was.Kind, Decision: was.Decision, Comment: was.Comment, AgainID: &was.ID, payload: was.payload}
	if in.Comment != nil {
		c.Comment = *in.Comment
	}
	return s.begin(ctx, c, Filters{}, bun.SafeQuery("s.id in (select subject_id from bulk_item where bulk_change_id = ? and state = 'FAILED')", was.ID))
}

// Begin is Start for a decision of reconciliation.
func (s *Service) Begin(ctx context.Context, asked reconciliation.Asked) (int64, error) {
	c := &BulkChange{Kind: ReconcileResources, Decision: BulkDecision(asked.Decision), Comment: asked.Comment}
	switch {
	case asked.Roles != nil:
		c.Kind = ReconcileRoles
	case asked.Prolonged != nil:
		c.Kind = ReviewRoles
	case asked.Recognized != nil:
		c.Kind = ResetRecognition
	}
	p, err := s.begin(ctx, c, Filters{Differences: asked.Differences, Roles: asked.Roles, Prolonged: asked.Prolonged, Recognized: asked.Recognized}, bun.SafeQuery("true"))
	if err != nil {
		return 0, err
	}
	return p.BulkChange.ID, nil
}

func (s *Service) begin(ctx context.Context, c *BulkChange, f Filters, chosen db.Condition) (*StartBulkChangePayload, error) {
	a := permit.From(ctx)
	if a == nil || a.UserID == 0 {
		return nil, errs.Invalid("input.filter", "Only somebody with an account can decide by a filter. Name the items.")
	}
	k, err := kindOf(c.Kind, c.Decision)
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(c.payload)
	if err != nil {
		return nil, fmt.Errorf("keep what a bulk change sets: %w", err)
	}
	most := maxComment
	if k.filter == byOrders {
		most = maxReport
	}
	if n := utf8.RuneCountInString(c.Comment); n > most {
		return nil, errs.Invalid("input.comment", "A comment has at most %d characters; this one has %d.", most, n)
	}
	now := s.Clock.Now()
	c.UserID, c.Actor, c.State, c.CreatedAt = &a.UserID, permit.Name(ctx), Queued, now
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`select pg_advisory_xact_lock(hashtext('writ.bulk'), hashtext(?::text))`, a.UserID).Exec(ctx); err != nil { // one start of an account after the other
			return fmt.Errorf("wait for other starts: %w", err)
		}
		open, err := openBefore(ctx, tx, a.UserID, math.MaxInt64)
		if err != nil {
			return err
		}
		if open >= maxOpen {
			return errs.New(errs.TooLarge, "%d bulk changes of yours go on. Wait for them, or stop some.", open)
		}
		w, err := s.prepare(ctx, tx, c, f)
		if err != nil {
			return err
		}
		if err := w.Explained(ctx, tx); err != nil {
			return err
		}
		if named, ok := w.(interface{ About() string }); ok {
			c.About = named.About()
		}
		if err := tx.NewRaw(`insert into bulk_change (kind, decision, about, payload, comment, user_id, actor, again_id, total, created_at, updated_at)
				values (?, ?, ?, ?::jsonb, ?, ?, ?, ?, 0, ?, clock_timestamp()) returning id`,
			string(c.Kind), string(c.Decision), c.About, string(payload), c.Comment, a.UserID, c.Actor, c.AgainID, now.UTC()).Scan(ctx, &c.ID); err != nil {
			return fmt.Errorf("note a bulk change: %w", err)
		}
		res, err := tx.NewRaw(`insert into bulk_item (bulk_change_id, subject_id, name, about, seal) select ?, s.id, s.name, s.about, s.seal from (?) s where ? limit ?`,
			c.ID, w.Select(), chosen, maxItems+1).Exec(ctx)
		if err != nil {
			return fmt.Errorf("freeze the items of a bulk change: %w", db.Explain(err))
		}
		n, err := res.RowsAffected()
		switch {
		case err != nil:
			return err
		case n == 0:
			return errs.Invalid("input.filter", "The filter finds nothing that could be decided so.")
		case n > maxItems:
			return errs.New(errs.TooLarge, "That is more than %d at once. Narrow the filter.", maxItems)
		}
		c.Total = int(n)
		if _, err := tx.NewRaw(`update bulk_change set total = ? where id = ?`, n, c.ID).Exec(ctx); err != nil {
			return fmt.Errorf("count the items of a bulk change: %w", err)
		}
		if err := event.Publish(ctx, tx, now, changed(c)); err != nil {
			return err
		}
		return queueUp(ctx, tx, c.ID, open)
	})
	if err != nil {
		return nil, err
	}
	return &StartBulkChangePayload{c}, nil
}

func changed(c *BulkChange) event.Event {
	return event.Event{Kind: EventChanged, SubjectType: "bulk_change", SubjectID: c.ID,
		Data: map[string]any{"state": c.State, "kind": c.Kind, "decision": c.Decision, "total": c.Total, "done": c.Done, "skipped": c.Skipped, "failed": c.Failed}}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
