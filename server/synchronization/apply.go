package synchronization

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/system"
)

// Kinds of the events that this room publishes.
const (
	EventEnded   = "synchronization.ended"
	EventDecided = "synchronization.decided"
)

// applyBatch is how many changes the writer takes at once.
const applyBatch = 20_000

// guard blocks a prepared delivery that exceeds a threshold: errs.Threshold, and nothing is written.
func (s *Service) guard(ctx context.Context, d *Delivery, c *system.Connector, in RunInput) error {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return err
	}
	before, err := s.recent(ctx, s.DB, d)
	if err != nil {
		return err
	}
	d.Counters.Warnings = unguarded(c, shape, d.Counters.EntityTypes)
	for _, w := range d.Counters.Warnings {
		in.reporter().Logf("WARN", "%s", w)
	}
	over := exceeded(d, before, c, shape)
	if len(over) == 0 {
		return nil
	}
	if in.Force {
		d.Counters.Forced = true
		for _, e := range over {
			in.reporter().Logf("WARN", "Threshold exceeded, and applied by force: %s", e)
		}
		return nil
	}
	d.Blocked = over
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := move(ctx, tx, d, Block); err != nil {
			return err
		}
		if err := system.Read(ctx, tx, d.ConnectorID, d.Counters.Tokens); err != nil { // this very data is blocked: no need to read it again
			return err
		}
		return event.Publish(ctx, tx, s.Clock.Now(), s.ended(d, c))
	})
	if err != nil {
		return err
	}
	for _, e := range over {
		in.reporter().Logf("ERROR", "Threshold exceeded: %s", e)
	}
	return refusal(d, c)
}

// apply writes the changes of a prepared or blocked delivery, all or none.
func (s *Service) apply(ctx context.Context, d *Delivery, c *system.Connector, in RunInput) error {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return err
	}
	saved := *d
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		*d = saved
		newer, err := tx.NewSelect().Table("delivery").Where("connector_id = ? and state = ? and started_at > ?", d.ConnectorID, Applied, d.StartedAt).Exists(ctx)
		if err != nil {
			return err
		}
		if newer {
			return errs.New(errs.Conflict, "Newer data of %s has been applied already.", c.DisplayName).Of(d.ID)
		}
		now := s.Clock.Now()
		d.EndedAt = &now
		if err := s.write(ctx, tx, d, shape, in); err != nil {
			return err
		}
		if err := move(ctx, tx, d, Apply); err != nil {
			return err
		}
		if err := system.Read(ctx, tx, d.ConnectorID, d.Counters.Tokens); err != nil {
			return err
		}
		for name, counts := range d.Counters.EntityTypes {
			if t := shape.ByIdentifier[name]; t != nil && !counts.Same {
				if err := promoteDigests(ctx, tx, d, t.ID, counts); err != nil {
					return err
				}
			}
		}
		if err := system.Synchronized(ctx, tx, d.ConnectorID, d.StartedAt); err != nil {
			return err
		}
		if !d.Counters.Continuous || d.changes() > 0 {
			if err := event.Publish(ctx, tx, now, s.ended(d, c)); err != nil {
				return err
			}
		} else if err := forgetIdle(ctx, tx, d); err != nil {
			return err
		}
		return s.Applied(ctx, tx, d.ConnectorID, d.StartedAt)
	})
	if err != nil {
		*d = saved
		return err
	}
	r := in.reporter()
	for name, n := range map[Counter]int{CountInserted: d.Counters.Inserted, CountUpdated: d.Counters.Updated, CountDeleted: d.Counters.Deleted,
		CountLinksInserted: d.Counters.LinksInserted, CountLinksDeleted: d.Counters.LinksDeleted, CountUnresolved: d.Counters.Unresolved} {
		r.Count(name, n)
	}
	if d.Counters.Unresolved > 0 {
		r.Logf("WARN", "%d links point to nothing yet, e.g. %v", d.Counters.Unresolved, d.Counters.Unlinked[0])
	}
	if len(d.Counters.Cycles) > 0 {
		r.Logf("WARN", "These stand above themselves and were cut out of their hierarchy: %v", d.Counters.Cycles[:min(examples, len(d.Counters.Cycles))])
	}
	return nil
}

// write brings the changes into the directory, in the name of the synchronization.
func (s *Service) write(ctx context.Context, tx bun.Tx, d *Delivery, shape *directory.Shape, in RunInput) error {
	var moves, changes bool
	if err := tx.NewRaw("select exists (select from delivery_rename where delivery_id = ?0), exists (select from delivery_change where delivery_id = ?0)", d.ID).Scan(ctx, &moves, &changes); err != nil {
		return err
	}
	if !moves && !changes { // everything is as it was
		return forgetKeys(ctx, tx, d)
	}
	opts := s.Writes
	opts.Origin = directory.Synced
	w, err := directory.NewWriter(permit.With(ctx, permit.System("synchronization")), tx, *d.EndedAt, shape, opts)
	if err != nil {
		return err
	}
	if moves {
		if _, err := w.PutFrom(ctx, bun.SafeQuery("select entity_type_id, old_key, 'DELETE', '{}'::jsonb, '{}'::jsonb from delivery_rename where delivery_id = ? and new_key is null", d.ID)); err != nil {
			return err
		}
		if err := w.RenameFrom(ctx, bun.SafeQuery("select resource_id, new_key as key from delivery_rename where delivery_id = ? and new_key is not null", d.ID)); err != nil {
			return err
		}
	}
	total := d.Counters.Inserted + d.Counters.Updated + d.Counters.Deleted
	var from int64
	for done := 0; ; {
		var to int64
		err := tx.NewRaw("select coalesce(max(id), 0) from (select id from delivery_change where delivery_id = ? and id > ? order by id limit ?) b", d.ID, from, applyBatch).Scan(ctx, &to)
		if err != nil {
			return err
		}
		if to == 0 {
			break
		}
		n, err := w.PutFrom(ctx, bun.SafeQuery(`select entity_type_id, key, command, coalesce(scalars, '{}'), coalesce(refs, '{}')
			from delivery_change where delivery_id = ? and id > ? and id <= ?`, d.ID, from, to))
		if err != nil {
			return err
		}
		from, done = to, done+n
		in.reporter().Progress(done, total)
	}
	counts, err := w.Close(ctx)
	if err != nil {
		return err
	}
	d.Counters.Unresolved, d.Counters.Unlinked = counts.Unresolved, counts.Examples
	d.Counters.Cycles = counts.Cycles
	if _, err := tx.NewRaw("delete from delivery_change where delivery_id = ?0; delete from delivery_rename where delivery_id = ?0", d.ID).Exec(ctx); err != nil {
		return fmt.Errorf("remove the changes of delivery %d: %w", d.ID, err)
	}
	return forgetKeys(ctx, tx, d)
}

// forgetIdle removes the older records of continuous readings that found nothing: one is enough to know when the last one was.
func forgetIdle(ctx context.Context, tx bun.IDB, d *Delivery) error {
	_, err := tx.NewRaw(`delete from delivery where connector_id = ? and id < ? and state = 'APPLIED' and (counters -> 'continuous')::bool
		and (counters ->> 'inserted')::int + (counters ->> 'updated')::int + (counters ->> 'deleted')::int
			+ (counters ->> 'linksInserted')::int + (counters ->> 'linksDeleted')::int = 0`, d.ConnectorID, d.ID).Exec(ctx)
	return err
}

// ended is the event that tells how a delivery went.
func (s *Service) ended(d *Delivery, c *system.Connector) event.Event {
	return event.Event{Kind: EventEnded, SubjectType: "delivery", SubjectID: d.ID, Data: map[string]any{
		"connector": c.Identifier, "state": d.State, "mode": d.Mode, "inserted": d.Counters.Inserted, "updated": d.Counters.Updated,
		"deleted": d.Counters.Deleted, "linksInserted": d.Counters.LinksInserted, "linksDeleted": d.Counters.LinksDeleted, "blocked": d.Blocked, "error": d.Error,
	}}
}
