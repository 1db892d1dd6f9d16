package plan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/rolemodel"
)

const (
	lease    = 30 * time.Second
	telling  = 500 * time.Millisecond // at most so often an event tells how far a plan came
	attempts = 3                      // of processes that die
	maxItems = 2_000_000              // of one plan
)

// errOvertaken: another process has the plan, or somebody stopped it.
var errOvertaken = errors.New("the plan is not this process's any more")

// hold is a plan that this process has in hand.
type hold struct {
	s     *Service
	plan  *Plan
	fence int
	until time.Time
	told  time.Time // when an event told last how far it is
}

// take takes a plan in one of some states, when nobody else has it; nil: it is not to be had.
func (s *Service) take(ctx context.Context, id int64, to PlanState, from ...PlanState) (*hold, error) {
	var rows []struct{ Fence int }
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`update plan set fence = fence + 1, state = ?, lease_until = clock_timestamp() + ?::interval
			where id = (select id from plan where id = ? and state in (?) and (lease_until is null or lease_until < clock_timestamp()) for update skip locked) returning fence`,
			string(to), seconds(lease), id, bun.List(from)).Scan(ctx, &rows)
	})
	if err != nil {
		return nil, fmt.Errorf("take a plan: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	p, err := s.get(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	return &hold{s: s, plan: p, fence: rows[0].Fence, until: time.Now().Add(lease)}, nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%d milliseconds", d.Milliseconds()) }

// note writes how far it came, tells that now and then, and renews the lease; errOvertaken when it is not ours any more. Joins the caller's transaction.
func (h *hold) note(ctx context.Context, tx bun.IDB, done, total int) error {
	res, err := tx.NewRaw(`update plan set done = ?, total = ?, lease_until = clock_timestamp() + ?::interval where id = ? and fence = ? and state = ?`,
		done, total, seconds(lease), h.plan.ID, h.fence, string(h.plan.State)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note how far a plan came: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, errOvertaken)
	}
	h.until = time.Now().Add(lease)
	if time.Since(h.told) < telling {
		return nil
	}
	h.told = time.Now()
	return event.Publish(ctx, tx, h.s.Clock.Now(), changed(h.plan))
}

// end ends what this process does, with the columns that say how.
func (h *hold) end(ctx context.Context, to PlanState, set string, args ...any) error {
	from := h.plan.State
	h.plan.State = to
	err := db.InTx(ctx, h.s.DB, func(ctx context.Context, tx bun.Tx) error {
		now := h.s.Clock.Now()
		res, err := tx.NewRaw(`update plan set state = ?, lease_until = null, ended_at = ?, `+set+` where id = ? and fence = ? and state = ?`,
			append(append([]any{string(to), now}, args...), h.plan.ID, h.fence, string(from))...).Exec(ctx)
		if err != nil {
			return fmt.Errorf("end plan %d: %w", h.plan.ID, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(err, errOvertaken)
		}
		return event.Publish(ctx, tx, now, changed(h.plan))
	})
	if errors.Is(err, errOvertaken) {
		return nil
	}
	return err
}

// compute computes a plan that waits, if nobody else does.
func (s *Service) compute(ctx context.Context, id int64) error {
	select {
	case s.running <- struct{}{}:
		defer func() { <-s.running }()
	case <-ctx.Done():
		return ctx.Err()
	}
	h, err := s.take(ctx, id, Running, Queued, Running)
	if err != nil || h == nil {
		return err
	}
	if h.fence > attempts {
		return h.end(ctx, Failed, "failure = ?", "The processes that computed it ended before it was done, "+fmt.Sprint(attempts)+" times. Look into the log of the server, and plan again.")
	}
	ctx, stop := h.keep(ctx)
	defer stop()
	err = s.run(ctx, h)
	switch e := errs.As(err); {
	case err == nil, errors.Is(err, errOvertaken):
		return nil
	case ctx.Err() != nil: // the process ends, or the plan was taken away: whoever has the lease next goes on
		return nil
	case e != nil && e.Kind != errs.Unavailable:
		return h.end(ctx, Failed, "failure = ?", e.Message)
	default:
		return err
	}
}

// keep renews the lease while a plan is in hand, also in steps that write nothing; the context ends when it is lost.
func (h *hold) keep(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticks := time.NewTicker(lease / 6)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
			res, err := h.s.DB.NewRaw(`update plan set lease_until = clock_timestamp() + ?::interval where id = ? and fence = ? and state in ('RUNNING', 'APPLYING')`,
				seconds(lease), h.plan.ID, h.fence).Exec(ctx)
			if err != nil {
				continue
			}
			if n, err := res.RowsAffected(); err == nil && n == 0 {
				cancel()
				return
			}
		}
	}()
	return ctx, func() { cancel(); <-done }
}

// tried is a plan whose configuration and edits passed every check.
type tried struct {
	overlay *assignment.Overlay
	payload *manifest.PlanPayload
	edited  directory.Edited
	owners  []int64 // whom it could concern; nil: everybody
}

// try writes the configuration and the edits, and takes them back.
func (s *Service) try(ctx context.Context, p *proposal) (*tried, error) {
	t := &tried{}
	var err error
	t.payload, err = s.Manifest.Try(permit.With(ctx, permit.System("plan")), p.manifest, func(ctx context.Context, tx bun.Tx) (err error) {
		if t.edited, err = s.Directory.Edit(ctx, tx, p.Edits, true); err != nil {
			return err
		}
		stored, err := s.Assignments.StoreAhead(ctx, tx, t.edited.Touched)
		if err != nil {
			return err
		}
		others := slices.Concat(t.edited.Touched, stored)
		slices.Sort(others)
		if t.overlay, err = s.Assignments.Capture(ctx, tx, slices.Compact(others)); err != nil {
			return err
		}
		for i, c := range t.edited.Changes {
			if c.Command == directory.Insert && t.overlay.Model.Computes(c.EntityTypeID) {
				return errs.Invalid(fmt.Sprintf("input.createResources[%d]", i), "%s would be new: nothing is known yet that a plan could compare with. Add it, and plan what changes for it.", c.DisplayName)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if t.overlay != nil && p.Edits.Len() > 0 && len(t.payload.Changes) == 0 {
		t.owners = t.overlay.Concerned
	}
	return t, nil
}

// edits are the resources that would be edited, in words.
func (t *tried) edits(shape *directory.Shape) []Edit {
	list := make([]Edit, len(t.edited.Changes))
	for i, c := range t.edited.Changes {
		list[i] = Edit{Action: map[directory.Command]manifest.Action{directory.Insert: manifest.Create, directory.Update: manifest.Update, directory.Delete: manifest.Delete}[c.Command],
			ID: c.ID, Key: c.Key, DisplayName: c.DisplayName, Fields: []manifest.Field{}}
		if x := shape.EntityTypes[c.EntityTypeID]; x != nil {
			list[i].EntityType = x.Identifier
		}
		for _, v := range c.Values {
			list[i].Fields = append(list[i].Fields, manifest.Field{Path: v.Property, Before: v.Before, After: v.After})
		}
	}
	return list
}

func (s *Service) run(ctx context.Context, h *hold) error {
	began := time.Now()
	p, err := s.proposed(ctx, h.plan.ID)
	if err != nil {
		return err
	}
	t, err := s.try(ctx, p)
	if err != nil {
		return err
	}
	if err := s.noteTried(ctx, h, t, p.manifest); err != nil {
		return err
	}
	if t.overlay == nil {
		first := slices.IndexFunc(t.payload.Problems, func(x rolemodel.Problem) bool { return x.Severity == rolemodel.SeverityError })
		return errs.Invalid("", "This configuration would be refused. %s", t.payload.Problems[first].Message)
	}
	return s.look(ctx, h, t, began)
}

// noteTried keeps what differs, and throws away what an attempt before has written.
func (s *Service) noteTried(ctx context.Context, h *hold, t *tried, m *manifest.Manifest) error {
	changes, problems := t.payload.Kept(m)
	edits := []Edit{}
	if t.overlay != nil {
		edits = t.edits(t.overlay.Model.Shape)
	}
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := h.note(ctx, tx, 0, 0); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`delete from plan_item where plan_id = ?0`, h.plan.ID).Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`delete from plan_owner where plan_id = ?0`, h.plan.ID).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw(`update plan set changes = ?::jsonb, edits = ?::jsonb, problems = ?::jsonb, objects = ?, fingerprint = ? where id = ?`, raw(changes), raw(edits), raw(problems), objectsOf(changes, edits), t.payload.Fingerprint, h.plan.ID).Exec(ctx)
		return err
	})
}

// objectsOf names what a plan changes, so that another one that changes the same is found by an index.
func objectsOf(changes []manifest.Change, edits []Edit) any {
	list := make([]string, 0, len(changes)+len(edits))
	for _, c := range changes {
		list = append(list, c.Kind+"/"+c.Identifier)
	}
	for _, e := range edits {
		list = append(list, "resource/"+e.EntityType+"/"+e.Key)
	}
	return pgdialect.Array(list)
}

// look computes everybody and keeps the differences.
func (s *Service) look(ctx context.Context, h *hold, t *tried, began time.Time) error {
	var x *itemizer
	var hash = sha256.New()
	total, done, items := 0, 0, 0
	in := assignment.Foresee{At: s.Clock.Now(), Owners: t.owners}
	if h.plan.AsOf != nil {
		in.At = *h.plan.AsOf
	}
	w := whole{Limits: []Limit{}, Mails: []Mail{}, Dated: h.plan.AsOf != nil, Read: t.edited.IsRead}
	automated := t.overlay.Model.Automated()
	in.Last = func(ctx context.Context, tx bun.Tx) error {
		if x == nil {
			return nil
		}
		_, exceeded, err := s.Orders.WouldExceed(ctx, tx, x.orders)
		if err != nil {
			return err
		}
		w.Limits = limitsOf(exceeded)
		if t.owners == nil {
			w.Automatic, err = automated.Total(ctx, tx, in.At)
		}
		return err
	}
	ctx = permit.With(ctx, permit.System("plan"))
	sight, err := s.Assignments.Foresee(ctx, t.overlay, in, func(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) error {
		if x == nil {
			ways, err := s.Orders.Ways(ctx, tx)
			if err != nil {
				return err
			}
			x = newItemizer(t.overlay.Model, ways, f.Batch.Now)
		}
		automated.See(f)
		list, err := x.all(ctx, tx, f)
		if err != nil {
			return err
		}
		for _, d := range list {
			w.add(d)
			items += len(d.items)
			fmt.Fprintln(hash, d.ownerID)
			hash.Write(d.digest())
		}
		if items > maxItems {
			return errs.New(errs.TooLarge, "This plan would change more than %d things, which nobody can look through. Plan a part of it.", maxItems)
		}
		done += len(f.Results)
		return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			if err := h.note(ctx, tx, done, max(total, done)); err != nil {
				return err
			}
			return write(ctx, tx, h.plan.ID, list)
		})
	}, func(n, all int) { total = all })
	if err != nil {
		return err
	}
	w.Looked, w.Waiting = sight.Owners, sight.Waiting
	if w.Mails, err = s.mails(ctx, h.plan); err != nil {
		return err
	}
	w.Seconds = time.Since(began).Seconds()
	if _, err := s.DB.ExecContext(ctx, "analyze plan_item"); err != nil {
		return fmt.Errorf("look at the size of a plan: %w", err)
	}
	return h.end(ctx, Finished, "summary = ?::jsonb, digest = ?, as_of = ?, done = ?, total = ?", raw(w), hex.EncodeToString(hash.Sum(nil)[:16]), sight.At, done, done)
}

// write writes differences: both tables once, whatever the number.
func write(ctx context.Context, tx bun.Tx, planID int64, list []*difference) error {
	if len(list) == 0 {
		return nil
	}
	owners := func(yield func([]any) bool) {
		for _, d := range list {
			if !yield([]any{planID, d.ownerID, d.typeID, raw(orEmpty(d.dimensions)), d.digest()}) {
				return
			}
		}
	}
	if err := put(ctx, tx, "plan_owner", []string{"plan_id", "owner_id", "type_id", "dimensions", "digest"}, owners); err != nil {
		return err
	}
	columns := []string{"plan_id", "owner_id", "type_id", "kind", "effect", "object", "object_name", "system", "system_name", "property", "property_name", "action",
		"before_value", "after_value", "workflow", "state", "order_kind", "is_review", "is_manual", "start_date", "end_date", "wait_reason", "error"}
	return put(ctx, tx, "plan_item", columns, func(yield func([]any) bool) {
		for _, d := range list {
			for _, i := range d.items {
				if !yield([]any{planID, d.ownerID, d.typeID, string(i.Kind), i.Effect.code(), i.Object, i.ObjectName, text(i.System), text(i.SystemName), text(i.Property),
					text(i.PropertyName), word(i.Action), i.Before, i.After, i.WorkflowCode, i.StateCode, word(i.OrderKind), i.IsReview, i.IsManual, i.StartDate, i.EndDate,
					word(i.WaitReason), text(i.Error)}) {
					return
				}
			}
		}
	})
}

func put(ctx context.Context, tx bun.Tx, table string, columns []string, rows iter.Seq[[]any]) error {
	return db.CopyIn(ctx, tx, table, columns, rows)
}

func word[T ~string](v *T) string {
	if v == nil {
		return ""
	}
	return string(*v)
}

func orEmpty(m map[string]int64) map[string]int64 {
	if m == nil {
		return map[string]int64{}
	}
	return m
}
