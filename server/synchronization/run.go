package synchronization

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/system"
)

// syncLock is the first half of the advisory locks on connectors ("sync" in ASCII).
const syncLock = 0x73796e63

// lockPause is how long a task waits before it asks for a taken lock again.
const lockPause = 100 * time.Millisecond

// lock takes the connector for one run. wait: until it is free or the context ends; else ok is false when somebody has it.
func (s *Service) lock(ctx context.Context, connectorID int64, wait bool) (release func(), ok bool, err error) {
	if wait {
		release, err = db.Hold(ctx, s.DB, lockPause, syncLock, int32(connectorID))
		ok = err == nil
	} else {
		release, ok, err = db.TryHold(ctx, s.DB, syncLock, int32(connectorID))
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("lock connector %d: %w", connectorID, err)
	}
	return release, ok, err
}

// Run synchronizes a connector: export, prepare, synchronize. It waits while another run has the connector. The delivery is given also
// with an error, when there was one already: Threshold when it is BLOCKED, Validation or Unavailable when the reading broke (FAILED,
// nothing was applied). nil without an error: the connector is left out (deactivated, nothing mapped, or incrementally while a delivery is
// blocked). The caller has checked the right to do this.
func (s *Service) Run(ctx context.Context, in RunInput) (*Delivery, error) {
	c, release, err := s.take(ctx, in.Connector)
	if err != nil {
		return nil, err
	}
	defer release()
	return s.run(ctx, c, in)
}

func (s *Service) run(ctx context.Context, c *system.Connector, in RunInput) (*Delivery, error) {
	d, err := s.export(ctx, c, in)
	if d == nil || err != nil {
		return d, err
	}
	err = s.prepare(ctx, d, in.reporter())
	if errors.Is(err, errMixed) {
		err = s.readWhole(ctx, d, c, in)
	}
	if err != nil {
		return d, err
	}
	last, err := s.synchronizeAll(ctx, c, in)
	if last != nil {
		d = last
	}
	return d, err
}

// readWhole reads and compares everything in the place of what changed.
func (s *Service) readWhole(ctx context.Context, d *Delivery, c *system.Connector, in RunInput) error {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return err
	}
	tables, why, err := s.toRead(ctx, c, shape, in)
	if err == nil && why != "" {
		err = errs.New(errs.Unavailable, "%s", why)
	}
	if err == nil {
		err = s.empty(ctx, d)
	}
	if err != nil {
		s.fail(ctx, d, err)
		return err
	}
	if err := s.readInto(ctx, d, c, tables, in, false); err != nil {
		return err
	}
	return s.prepare(ctx, d, in.reporter())
}

func (s *Service) take(ctx context.Context, identifier string) (*system.Connector, func(), error) {
	c, err := system.Find(ctx, s.DB, identifier)
	if err != nil {
		return nil, nil, err
	}
	release, _, err := s.lock(ctx, c.ID, true)
	return c, release, err
}

// Export is the first task of a job: it reads the connector and leaves the delivery EXPORTING. nil without an error: as with Run.
func (s *Service) Export(ctx context.Context, in RunInput) (*Delivery, error) {
	c, release, err := s.take(ctx, in.Connector)
	if err != nil {
		return nil, err
	}
	defer release()
	return s.export(ctx, c, in)
}

// Prepare is the second task: it compares the newest reading of the connector, or a new one when the database lost it in a crash. nil without
// an error: there is none.
func (s *Service) Prepare(ctx context.Context, in RunInput) (*Delivery, error) {
	c, release, err := s.take(ctx, in.Connector)
	if err != nil {
		return nil, err
	}
	defer release()
	d, err := findWhere(ctx, s.DB, nil, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("y.connector_id = ?", c.ID).Where("y.state = ?", Exporting)
	})
	if d == nil || err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, d, in.reporter()); !errors.Is(err, errStagedLost) {
		return d, err
	}
	in.reporter().Logf("WARN", "What was read is lost, because the database was restarted. It is read again.")
	if d, err = s.export(ctx, c, in); d == nil || err != nil {
		return d, err
	}
	return d, s.prepare(ctx, d, in.reporter())
}

// Synchronize is the third task: it applies the prepared deliveries of the connector in the order of their arrival and gives the last
// one. Threshold when one is BLOCKED. nil without an error: there was nothing to apply.
func (s *Service) Synchronize(ctx context.Context, in RunInput) (*Delivery, error) {
	c, release, err := s.take(ctx, in.Connector)
	if err != nil {
		return nil, err
	}
	defer release()
	return s.synchronizeAll(ctx, c, in)
}

func (s *Service) synchronizeAll(ctx context.Context, c *system.Connector, in RunInput) (*Delivery, error) {
	var last *Delivery
	for {
		d, err := findWhere(ctx, s.DB, nil, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("y.connector_id = ?", c.ID).Where("y.state = ?", Prepared)
		})
		if d == nil || err != nil {
			return last, err
		}
		if in.TaskInstanceID != 0 { // the task whose page shows the changes if they are blocked
			if _, err := s.DB.NewRaw("update delivery set task_instance_id = ? where id = ?", in.TaskInstanceID, d.ID).Exec(ctx); err != nil {
				return d, err
			}
		}
		if err := s.synchronize(ctx, d, c, in); err != nil {
			return d, err
		}
		last = d
	}
}

func (s *Service) synchronize(ctx context.Context, d *Delivery, c *system.Connector, in RunInput) error {
	if err := s.guard(ctx, d, c, in); err != nil {
		return err
	}
	err := s.apply(ctx, d, c, in)
	if errs.Is(err, errs.Conflict) { // overtaken: it will never be applied. Anything else leaves it PREPARED for another try
		s.fail(ctx, d, err)
	}
	return err
}

// Resume applies a blocked delivery in spite of its threshold (provisioning 8.3.3): the validation run. InvalidTransition when it is
// not blocked any more. Needs JobUpdate or ConnectorUpdate.
func (s *Service) Resume(ctx context.Context, deliveryID int64, r Reporter) (*Delivery, error) {
	if _, err := permit.RequireAny(ctx, permit.JobUpdate, permit.ConnectorUpdate); err != nil {
		return nil, err
	}
	d, err := find(ctx, s.DB, deliveryID)
	if err != nil {
		return nil, err
	}
	c, err := system.FindByID(ctx, s.DB, d.ConnectorID)
	if err != nil {
		return nil, err
	}
	release, _, err := s.lock(ctx, c.ID, true)
	if err != nil {
		return nil, err
	}
	defer release()
	if d, err = find(ctx, s.DB, deliveryID); err != nil { // it may have moved while we waited
		return nil, err
	}
	if d.State != Blocked {
		return d, errs.New(errs.InvalidTransition, "Delivery %d is not blocked (any more).", d.ID).Of(d.ID)
	}
	d.Counters.Forced = true
	return d, s.apply(ctx, d, c, RunInput{Connector: c.Identifier, Force: true, Reporter: r})
}

// Drop gives a blocked delivery up: its list of changes is removed, the directory stays. Needs JobUpdate or ConnectorUpdate.
func (s *Service) Drop(ctx context.Context, deliveryID int64) (*Delivery, error) {
	if _, err := permit.RequireAny(ctx, permit.JobUpdate, permit.ConnectorUpdate); err != nil {
		return nil, err
	}
	var d *Delivery
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
		if d, err = find(ctx, tx, deliveryID); err != nil {
			return err
		}
		if d.State != Blocked && d.State != Prepared {
			return errs.New(errs.InvalidTransition, "Delivery %d is neither blocked nor prepared.", d.ID).Of(d.ID)
		}
		return s.giveUp(ctx, tx, d)
	})
	return d, err
}

// DropOfTasks drops the blocked deliveries of tasks that were given up, in the transaction that gives them up. The caller has checked the
// right to the tasks.
func (s *Service) DropOfTasks(ctx context.Context, tx bun.Tx, taskInstanceIDs ...int64) error {
	var blocked []*Delivery
	if err := tx.NewSelect().Model(&blocked).Where("y.task_instance_id IN (?) AND y.state = ?", bun.List(taskInstanceIDs), Blocked).
		Order("y.id").For("UPDATE").Scan(ctx); err != nil {
		return fmt.Errorf("read the deliveries of tasks: %w", err)
	}
	for _, d := range blocked { // one per connector of a job
		if err := s.giveUp(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) giveUp(ctx context.Context, tx bun.Tx, d *Delivery) error {
	if err := s.drop(ctx, tx, []*Delivery{d}, Drop, "Given up by "+permit.Name(ctx)+"."); err != nil {
		return err
	}
	c, err := system.FindByID(ctx, tx, d.ConnectorID)
	if err != nil {
		return err
	}
	return event.Publish(ctx, tx, s.Clock.Now(), s.ended(d, c))
}
