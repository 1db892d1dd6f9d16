package bulk

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// CancelBulkChangeInput names a bulk change.
type CancelBulkChangeInput struct{ ID int64 }

// CancelBulkChangePayload is the bulk change as it is then.
type CancelBulkChangePayload struct{ BulkChange *BulkChange }

// Cancel stops a bulk change of the caller after its current item, or anybody's for who may give the queue commands: monitoring is a right to read. What is
// done stays done, the rest waits as before. FORBIDDEN for somebody else's that the caller may see, NOT_FOUND for others, ALREADY_DONE when it has ended.
func (s *Service) Cancel(ctx context.Context, in CancelBulkChangeInput) (*CancelBulkChangePayload, error) {
	seen, err := s.seen(ctx)
	if err != nil {
		return nil, err
	}
	may, err := s.whose(ctx, permit.QueueCommand)
	if err != nil {
		return nil, err
	}
	p := &CancelBulkChangePayload{}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		// Whoever may not stop it waits for no item, and makes nobody wait: the one who carries it out leaves it to whoever has the lock.
		c, err := s.get(ctx, tx, in.ID, db.AnyOf(seen, may))
		if err != nil {
			return err
		}
		if _, err := s.get(ctx, tx, in.ID, may); errs.Is(err, errs.NotFound) {
			return errs.New(errs.Forbidden, "This is the bulk change of %s. To stop it you need the permission %s.", c.Actor, permit.QueueCommand).Of(in.ID)
		} else if err != nil {
			return err
		}
		if _, err := tx.NewRaw(`select from bulk_change where id = ? for update`, in.ID).Exec(ctx); err != nil {
			return fmt.Errorf("lock a bulk change: %w", err)
		}
		if c, err = s.get(ctx, tx, in.ID, may); err != nil {
			return err
		}
		p.BulkChange = c
		if c.EndedAt != nil {
			return errs.New(errs.AlreadyDone, "Bulk change %d has ended already.", in.ID).Of(in.ID)
		}
		return s.end(ctx, tx, c, Cancelled)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}
