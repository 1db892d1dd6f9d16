package reconciliation

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// ChooseAccountOwnerInput names an account that nothing recognises, what it is, and whose.
type ChooseAccountOwnerInput struct {
	AccountID    int64
	ResourceType string // identifier
	OwnerID      *int64 // nil: nobody's
	Comment      *string
}

// ChooseAccountOwnerPayload names the account.
type ChooseAccountOwnerPayload struct{ AccountID int64 }

// ChooseAccountOwner gives an account that no rule recognises a resource type and an owner, and authorizes it. An account that waits for a decision is
// decided about with Decide. It needs ReconciliateResources of the source entity type, and the right to read the account.
func (s *Service) ChooseAccountOwner(ctx context.Context, in ChooseAccountOwnerInput) (*ChooseAccountOwnerPayload, error) {
	if err := s.MayList(ctx); err != nil {
		return nil, err
	}
	if comment := text(in.Comment); utf8.RuneCountInString(comment) > maxComment {
		return nil, errs.Invalid("input.comment", "A comment has at most %d characters; this one has %d.", maxComment, utf8.RuneCountInString(comment))
	}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.Assignments.Model(ctx, tx)
		if err != nil {
			return err
		}
		may, err := need(ctx, m, "t.id", single)
		if err != nil {
			return err
		}
		var found []struct {
			ID                       int64
			EntityType               string
			IsOwned, IsSelf, IsThere bool
		}
		caller := permit.From(ctx)
		if err := tx.NewRaw(`select t.id, s.identifier as entity_type, w.id is not null as is_there, exists (select from assigned_resource_type a where a.resource_id = x.id and a.valid_to = 'infinity') as is_owned,
				not ?0 and not t.allow_own_decisions and w.id is not null and is_same_person(?1, w.id) as is_self
			from resource_type t join entity_type s on s.id = t.source_entity_type_id join resource x on x.id = ?2 and x.valid_to = 'infinity' and x.entity_type_id = t.target_entity_type_id
				left join resource w on w.id = ?3 and w.valid_to = 'infinity' and w.entity_type_id = t.source_entity_type_id
			where t.identifier = ?4 and ?5`, caller == nil || caller.System, permit.Name(ctx), in.AccountID, in.OwnerID, in.ResourceType, may).Scan(ctx, &found); err != nil {
			return fmt.Errorf("find the account: %w", err)
		}
		switch {
		case len(found) == 0:
			return errs.Missing("There is no account %d that could be a %s, or it is not yours to decide about.", in.AccountID, in.ResourceType).Of(in.AccountID)
		case found[0].IsOwned:
			return errs.New(errs.Conflict, "This account has a type already: decide about its difference.").Of(in.AccountID)
		case in.OwnerID != nil && !found[0].IsThere:
			return errs.Invalid("input.ownerId", "There is no such owner for this account, or he is not yours to decide about.")
		case found[0].IsSelf:
			return errs.New(errs.Forbidden, "You cannot make an account your own. Somebody else has to decide on it.")
		}
		said, refused := keeping.of(commentsOf(m, found[0].ID)).Take(text(in.Comment))
		if refused != nil {
			return refused
		}
		d := assignment.Decided{At: s.Clock.Now(), Actor: permit.Name(ctx), Decision: string(Authorize), Comment: said}
		if in.OwnerID == nil {
			d.Decision = string(AuthorizeWithoutOwner)
		}
		owner := int64(0)
		if in.OwnerID != nil {
			owner = *in.OwnerID
		}
		taken, err := assignment.Adopt(ctx, tx, d, found[0].ID, owner, []int64{in.AccountID})
		if err != nil {
			return err
		}
		if len(taken) == 0 {
			return errs.New(errs.StaleItem, "Somebody or some rule was faster: the account has a type by now.").Of(in.AccountID)
		}
		if err := event.Publish(ctx, tx, d.At, event.Event{Kind: EventAdopted, SubjectType: "resource", SubjectID: in.AccountID, OwnerID: owner, SourceEntityType: found[0].EntityType,
			Data: map[string]any{"decision": d.Decision, "resourceType": in.ResourceType, "comment": d.Comment}}); err != nil {
			return err
		}
		if owner == 0 {
			return nil
		}
		return assignment.MarkDirty(ctx, tx, "reconciled", owner)
	})
	if err != nil {
		return nil, err
	}
	return &ChooseAccountOwnerPayload{AccountID: in.AccountID}, nil
}
