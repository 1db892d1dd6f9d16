package synchronization

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/machine"
)

// State of a delivery.
type State string

const (
	Exporting State = "EXPORTING" // being read, or read and waiting for its comparison
	Prepared  State = "PREPARED"  // compared: the changes are known
	Blocked   State = "BLOCKED"   // a threshold was exceeded; nothing was applied; a person decides
	Applied   State = "APPLIED"
	Dropped   State = "DROPPED" // given up, or superseded by a newer complete delivery
	Failed    State = "FAILED"  // the reading broke, or the server died over it
)

// Action moves a delivery to another state.
type Action string

const (
	Prepare Action = "PREPARE"
	Block   Action = "BLOCK"
	Apply   Action = "APPLY"
	Drop    Action = "DROP"
	Fail    Action = "FAIL"
)

// deliveryMachine is the whole machine. What is not in it is refused.
var deliveryMachine = machine.New(machine.Machine[State, Action]{
	Name: "delivery", States: []State{Exporting, Prepared, Blocked, Applied, Dropped, Failed}, Same: "=",
}, []machine.Transition[State, Action]{
	{Action: Prepare, From: []State{Exporting}, To: Prepared, Actors: []string{"run"}, Why: "read and compared"},
	{Action: Block, From: []State{Prepared}, To: Blocked, Actors: []string{"run"}, Spec: "provisioning 8.2", Why: "a threshold was exceeded; a person decides"},
	{Action: Apply, From: []State{Prepared, Blocked}, To: Applied, Actors: []string{"run", "person"}, Why: "its changes are in the directory; a blocked one was resumed by a person"},
	{Action: Drop, From: []State{Exporting, Prepared, Blocked}, To: Dropped, Actors: []string{"run", "person"}, Why: "given up, or a newer complete reading took its place"},
	{Action: Fail, From: []State{Exporting, Prepared}, To: Failed, Actors: []string{"run"}, Why: "the reading broke, or its process was lost"},
})

// move takes an action with a delivery, and writes everything else that is set on it. THE ONLY PLACE WHERE A DELIVERY
// CHANGES STATE. InvalidTransition when it is no longer where it was:
// that makes a delivery applied at most once.
func move(ctx context.Context, db bun.IDB, d *Delivery, action Action) error {
	to, was := deliveryMachine.To(action), d.State
	d.State = to
	done, err := db.NewUpdate().Model(d).Column("state", "mode", "ended_at", "counters", "blocked", "error").
		WherePK().Where("state in (?)", bun.List(deliveryMachine.From(action))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move delivery %d to %s: %w", d.ID, to, err)
	}
	if n, err := done.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		d.State = was
		return errs.New(errs.InvalidTransition, "Delivery %d cannot become %s any more.", d.ID, to).Of(d.ID)
	}
	return nil
}

// drop ends deliveries that will not be applied, and removes their lists.
func (s *Service) drop(ctx context.Context, tx bun.Tx, ds []*Delivery, action Action, why string) error {
	now := s.Clock.Now()
	for _, d := range ds {
		d.EndedAt, d.Error = &now, &why
		if err := move(ctx, tx, d, action); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`delete from delivery_change where delivery_id = ?0; delete from delivery_row where delivery_id = ?0; delete from delivery_rename where delivery_id = ?0;
			delete from row_to_mend where delivery_id = ?0 and not is_listed; delete from row_digest_table where delivery_id = ?0`, d.ID).Exec(ctx); err != nil {
			return fmt.Errorf("remove the changes of delivery %d: %w", d.ID, err)
		}
	}
	return nil
}
