package order

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/fulfil"
)

// Nothing is created without what designates it. Reviewers cannot decline that alone (keep), the roll-up takes a generated order back and
// generation holds it (wait reason key) as long as such a line may not be sent (is_key_held, the same rule in SQL), and the claim refuses what
// still comes without, since the key is another property by now (refuseKeyless).

// designates gives the lines that designate what an order creates: that of its key, or where the system gives the key itself, those of the
// unique keys.
func (o *lockedOrder) designates(shape *directory.Shape) (list []*reviewLine, names map[int64]string) {
	key := shape.KeyProperty(o.TargetEntityTypeID)
	unique := map[string]*directory.Property{}
	for _, p := range shape.UniqueKeys(o.TargetEntityTypeID) {
		unique[p.Identifier] = p
	}
	names = map[int64]string{}
	for _, l := range o.lines {
		if l.Action == evaluation.LineSet && key != nil && text(l.Property) == key.Identifier {
			names[l.ID] = key.DisplayName
			return []*reviewLine{l}, names
		}
	}
	for _, l := range o.lines {
		if p := unique[text(l.Property)]; l.Action == evaluation.LineSet && p != nil {
			list, names[l.ID] = append(list, l), p.DisplayName
		}
	}
	return list, names
}

// creation is the line that creates the target, while it was not sent and not declined; nil: the target is there, or is not wanted.
func (o *lockedOrder) creation() *reviewLine {
	for _, l := range o.lines {
		if l.Action == evaluation.LineCreate && slices.Contains([]State{evaluation.None, evaluation.Pending, evaluation.Errored, evaluation.AwaitingApproval, evaluation.Error}, l.State) {
			return l
		}
	}
	return nil
}

// keepKeys refuses to decline what designates a target that is created all the same. Whoever declines a whole order of which the rest was
// approved before declines the creation.
func (r *review) keepKeys(ctx context.Context, tx bun.Tx, orders []*lockedOrder) error {
	var shape *directory.Shape
	for _, o := range orders {
		creation := o.creation()
		declines := slices.ContainsFunc(o.steps, func(s step) bool { return s.action == Decline })
		if o.err != nil || o.isDecided || creation == nil || !declines {
			continue
		}
		if shape == nil {
			var err error
			if shape, err = r.shape(ctx, tx); err != nil {
				return err
			}
		}
		list, names := o.designates(shape)
		i := slices.IndexFunc(list, func(l *reviewLine) bool {
			return slices.ContainsFunc(o.steps, func(s step) bool { return s.action == Decline && s.LineID == l.ID })
		})
		switch {
		case i < 0:
		case r.whole:
			r.decline(o, creation, Move{LineID: creation.ID, Comment: r.comment})
		default:
			l := list[i]
			o.fail(errs.Invalid("input.lines", "%s (%s) designates what order %d creates, and nothing can be created without it. Approve it with the rest, or decline the whole creation instead.",
				names[l.ID], db.Clip(text(l.ProposedValue), 200), o.ID))
		}
	}
	return nil
}

// isKeyless: it creates something that gets its key from the system, as far as the order says.
func (e *errand) isKeyless() bool {
	return e.Change.Type == fulfil.Added && e.Change.Key == "" && e.refusal == nil
}

// refuseKeyless refuses, without a call, creations whose key comes from a rule and is not among what would be sent.
func (s *Service) refuseKeyless(ctx context.Context, tx bun.Tx, list []*errand) error {
	if !slices.ContainsFunc(list, (*errand).isKeyless) {
		return nil
	}
	shape, err := s.shape(ctx, tx)
	if err != nil {
		return err
	}
	byProperty := map[int64][]*errand{}
	for _, e := range list {
		if !e.isKeyless() {
			continue
		}
		if p := shape.KeyProperty(e.Document.order().ResourceType.TargetEntityType.ID); p != nil {
			byProperty[p.ID] = append(byProperty[p.ID], e)
		}
	}
	if len(byProperty) == 0 {
		return nil
	}
	var ruled []struct{ ResourceTypeID, PropertyID int64 }
	err = tx.NewRaw(`select distinct r.resource_type_id, r.property_id from resource_type_rule r join policy p on p.id = r.policy_id and p.is_provisioning_enabled
		where r.kind = 'SCALAR' and r.property_id = any (?) order by 1, 2`, arrayOf(slices.Sorted(maps.Keys(byProperty)))).Scan(ctx, &ruled)
	if err != nil {
		return fmt.Errorf("look which keys are computed: %w", err)
	}
	for _, r := range ruled {
		for _, e := range byProperty[r.PropertyID] {
			if e.Document.order().ResourceType.ID == r.ResourceTypeID {
				e.refusal = &fulfil.Receipt{Outcome: fulfil.Refused, Message: fmt.Sprintf("The key %s has no value in this order, and nothing can be created without it.", shape.Properties[r.PropertyID].DisplayName),
					Hint: "Compute the role model: the order gets its key, and is sent then."}
			}
		}
	}
	return nil
}
