package assignment

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/event"
)

// Kinds of the events that this room publishes.
const (
	EventChanged    = "assignment.changed"
	EventFailed     = "assignment.failed"
	EventGapChanged = "gap.changed"
	EventRoleFound  = "found_role.changed"
	EventProlonged  = "prolonged_role.changed"
)

// saver writes the results of one batch: every table once, whatever the number of owners.
type saver struct {
	ctx    context.Context
	tx     bun.Tx
	s      *Service
	m      *Model
	now    time.Time
	read   map[int64]time.Time // when the newest reading of each target entity type began
	owners map[int64]*evaluation.Owner
	report Report
	failed map[int64]error

	changed []*evaluation.Result // owners whose result is written
	former  []int64              // owners who are gone and whose targets passed to somebody who lives
	typeIDs map[*evaluation.TypeDelta]int64
	planned []PlannedOrder
	moves   []moved
}

func (s *Service) save(ctx context.Context, tx bun.Tx, m *Model, b *evaluation.Batch, results []evaluation.Result) (Report, map[int64]error, error) {
	w := &saver{ctx: ctx, tx: tx, s: s, m: m, now: b.Now, read: b.SyncedAt, owners: map[int64]*evaluation.Owner{}, failed: map[int64]error{},
		typeIDs: map[*evaluation.TypeDelta]int64{}}
	for _, o := range b.Owners {
		w.owners[o.Resource.ID] = o
	}
	for i := range results {
		r := &results[i]
		w.report.Owners++
		switch {
		case r.Err != nil:
			w.report.Failed++
			w.failed[r.OwnerID] = r.Err
			s.Log.ErrorContext(ctx, "owner not computed", "owner", r.OwnerID, "error", r.Err)
		case r.Unchanged:
			w.report.Unchanged++
		default:
			w.changed = append(w.changed, r)
		}
	}
	if len(w.changed) == 0 {
		return w.report, w.failed, nil
	}
	for _, part := range []func() error{w.roles, w.types, w.seen, w.history, w.gaps, w.kept, w.contexts, w.states, w.facts, w.keys, w.orders, w.events, w.differences, w.found, w.risks, w.blocks, w.requested} {
		if err := part(); err != nil {
			return w.report, w.failed, fmt.Errorf("save assignments: %w", err)
		}
	}
	return w.report, w.failed, nil
}

func (w *saver) changedIDs() []int64 {
	out := make([]int64, len(w.changed))
	for i, r := range w.changed {
		out[i] = r.OwnerID
	}
	return out
}

// move notes a change of workflow state for the history. A computation that wants one which the table does not know is a mistake in it, and
// concerns its owner alone.
func (w *saver) move(ownerID int64, m moved) error {
	if m.From == m.To {
		return nil
	}
	action, ok := computed(m.From, m.To)
	if !ok {
		return fmt.Errorf("owner %d: no computation moves an assignment from %q to %q", ownerID, LabelOf(m.From), LabelOf(m.To))
	}
	m.Action = action
	w.moves = append(w.moves, m)
	return nil
}

// history writes what moved. Its author is the engine.
func (w *saver) history() error { return remember(w.ctx, w.tx, w.now, byEngine, "", w.moves) }

func (w *saver) copy(table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	return db.CopyIn(w.ctx, w.tx, table, columns, sequence(rows))
}

func sequence(rows [][]any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, r := range rows {
			if !yield(r) {
				return
			}
		}
	}
}

// gapRow is a gap on its way into the table.
type gapRow struct {
	ID       int64   `json:"id"`
	Type     int64   `json:"assigned_resource_type_id"`
	Property *string `json:"property"`
	Value    *int64  `json:"value_id"`
	Workflow int16   `json:"workflow_state"`
	Current  string  `json:"current_value"`
	Proposed string  `json:"proposed_value"`
	Roles    []int64 `json:"found_roles"`
	Close    bool    `json:"close"`
}

// gaps opens, refreshes and closes differences that wait for reconciliation.
func (w *saver) gaps() error {
	var known, fresh []gapRow
	for _, r := range w.changed {
		for i := range r.Types {
			d := &r.Types[i]
			for _, g := range d.Gaps {
				w.report.Gaps++
				o := gapRow{ID: g.ID, Type: w.typeIDs[d], Workflow: int16(g.Workflow), Value: nullID(g.ValueID), Current: g.Current, Proposed: g.Proposed, Roles: noNull(g.Roles), Close: g.Close}
				if g.Property != "" {
					o.Property = &g.Property
				}
				if g.ID != 0 {
					known = append(known, o)
				} else if !g.Close {
					fresh = append(fresh, o)
				}
			}
		}
	}
	if len(known) > 0 {
		if _, err := w.tx.NewRaw(`update gap g set workflow_state = r.workflow_state, current_value = r.current_value, proposed_value = r.proposed_value,
				found_roles = r.found_roles, version = g.version + 1, closed_at = case when r.close then ?0::timestamptz end
			from jsonb_to_recordset(?1::jsonb) r (id bigint, workflow_state smallint, current_value text, proposed_value text, found_roles bigint[], close boolean) where g.id = r.id and g.closed_at is null`,
			w.now, string(jsonb(known))).Exec(w.ctx); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	_, err := w.tx.NewRaw(`insert into gap (assigned_resource_type_id, property, value_id, workflow_state, current_value, proposed_value, found_roles, found_at)
		select assigned_resource_type_id, property, value_id, workflow_state, current_value, proposed_value, found_roles, ?0
		from jsonb_to_recordset(?1::jsonb) r (assigned_resource_type_id bigint, property text, value_id bigint, workflow_state smallint, current_value text, proposed_value text, found_roles bigint[])
		on conflict do nothing`, w.now, string(jsonb(fresh))).Exec(w.ctx)
	return err
}

func (w *saver) kept() error {
	type row struct {
		ID       int64 `json:"id"`
		Workflow int16 `json:"workflow_state"`
		Close    bool  `json:"close"`
	}
	var rows []row
	for _, r := range w.changed {
		for _, d := range r.Types {
			for _, k := range d.Kept {
				rows = append(rows, row{k.ID, int16(k.Workflow), k.Close})
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := w.tx.NewRaw(`update kept_value k set workflow_state = case when r.close then k.workflow_state else r.workflow_state end,
			closed_at = case when r.close then ?0::timestamptz end
		from jsonb_to_recordset(?1::jsonb) r (id bigint, workflow_state smallint, close boolean) where k.id = r.id`, w.now, string(jsonb(rows))).Exec(w.ctx)
	return err
}

// contexts are replaced at each evaluation of the owner (role-model 4.2).
func (w *saver) contexts() error {
	if _, err := w.tx.NewRaw(`delete from context where owner_id = any (?)`, ids(w.changedIDs())).Exec(w.ctx); err != nil {
		return err
	}
	var rows [][]any
	for _, r := range w.changed {
		for rank, c := range r.Contexts {
			rows = append(rows, []any{r.OwnerID, nullID(c.RuleID), nullID(c.RecordID), c.Start, c.End, jsonb(c.Dimensions), jsonb(sections(c)), rank})
		}
	}
	return w.copy("context", []string{"owner_id", "context_rule_id", "record_id", "start_date", "end_date", "dimensions", "sections", "rank"}, rows)
}

// sections are what stands behind a context; never null.
func sections(c evaluation.Context) []evaluation.ContextSection {
	if c.Sections == nil {
		return []evaluation.ContextSection{}
	}
	return c.Sections
}

func (w *saver) states() error {
	type row struct {
		Owner int64      `json:"owner_id"`
		Type  int64      `json:"entity_type_id"`
		Print string     `json:"fingerprint"`
		Next  *time.Time `json:"next_evaluation_at"`
		Left  *time.Time `json:"left_at"`
	}
	rows := make([]row, 0, len(w.changed))
	for _, r := range w.changed {
		rows = append(rows, row{r.OwnerID, w.owners[r.OwnerID].Resource.EntityTypeID, fmt.Sprintf("%x", r.Fingerprint), r.NextAt, w.left(r)})
	}
	_, err := w.tx.NewRaw(`insert into owner_state (owner_id, entity_type_id, fingerprint, model_version, evaluated_at, next_evaluation_at, left_at)
		select owner_id, entity_type_id, decode(fingerprint, 'hex'), ?0, ?1, next_evaluation_at, left_at
		from jsonb_to_recordset(?2::jsonb) r (owner_id bigint, entity_type_id bigint, fingerprint text, next_evaluation_at timestamptz, left_at timestamptz)
		on conflict (owner_id) do update set fingerprint = excluded.fingerprint, model_version = excluded.model_version, evaluated_at = excluded.evaluated_at,
			next_evaluation_at = excluded.next_evaluation_at, left_at = case when excluded.left_at is not null then least(owner_state.left_at, excluded.left_at) end`, w.m.Source.Version, w.now, string(jsonb(rows))).Exec(w.ctx)
	return err
}

// left tells since when an owner has left: his last context has ended, he was made to leave, or he is gone from his source. Who never had a context has not
// left.
func (w *saver) left(r *evaluation.Result) *time.Time {
	var last *time.Time
	if at := w.owners[r.OwnerID].DepartedAt; at != nil && !at.After(w.now) {
		return at
	}
	for i := range r.Contexts {
		end := r.Contexts[i].End
		if end == nil || end.After(w.now) {
			last = nil
			break
		}
		if last == nil || end.After(*last) {
			last = end
		}
	}
	if last == nil && w.owners[r.OwnerID].Resource.Gone {
		return &w.now
	}
	return last
}

// facts remembers which resources each evaluation read: when one of them changes, the owner is dirty. Most are known: what there is is read
// first, and only the difference is written.
func (w *saver) facts() error {
	known := make(map[int64][]int64, len(w.changed))
	if err := db.Select(w.ctx, w.tx, bun.SafeQuery(`select owner_id, array_agg(resource_id order by resource_id) from evaluation_fact where owner_id = any (?) group by owner_id`,
		ids(w.changedIDs())), func(r *db.Row) error {
		owner := r.Int()
		known[owner] = r.Ints()
		return nil
	}); err != nil {
		return err
	}
	var fresh, stale struct{ owners, resources []int64 }
	for _, r := range w.changed {
		was := known[r.OwnerID]
		for _, f := range r.Facts { // both are sorted
			for len(was) > 0 && was[0] < f {
				stale.owners, stale.resources, was = append(stale.owners, r.OwnerID), append(stale.resources, was[0]), was[1:]
			}
			if len(was) > 0 && was[0] == f {
				was = was[1:]
				continue
			}
			fresh.owners, fresh.resources = append(fresh.owners, r.OwnerID), append(fresh.resources, f)
		}
		for _, f := range was {
			stale.owners, stale.resources = append(stale.owners, r.OwnerID), append(stale.resources, f)
		}
	}
	if len(stale.owners) > 0 {
		if _, err := w.tx.NewRaw(`delete from evaluation_fact e using unnest(?::bigint[], ?::bigint[]) f (owner_id, resource_id)
			where e.owner_id = f.owner_id and e.resource_id = f.resource_id`, ids(stale.owners), ids(stale.resources)).Exec(w.ctx); err != nil {
			return err
		}
	}
	if len(fresh.owners) == 0 {
		return nil
	}
	_, err := w.tx.NewRaw(`insert into evaluation_fact (owner_id, resource_id) select * from unnest(?::bigint[], ?::bigint[]) on conflict do nothing`,
		ids(fresh.owners), ids(fresh.resources)).Exec(w.ctx)
	return err
}

func (w *saver) keys() error {
	var k keyRows
	for _, r := range w.changed {
		k.add("S", r.OwnerID, r.SourceKeys)
	}
	return w.s.saveKeys(w.ctx, w.tx, w.m, &k, w.changedIDs(), []string{"S"})
}

func (w *saver) orders() error {
	if len(w.planned) == 0 {
		return nil
	}
	return w.s.Orders(w.ctx, w.tx, w.now, w.planned)
}

// requested tells requests of whom something was computed.
func (w *saver) requested() error { return w.s.Requested(w.ctx, w.tx, w.m, w.now, w.changedIDs()) }

// events tells that an owner's entitlements changed; an evaluation that found the same says nothing.
func (w *saver) events() error {
	var events []event.Event
	for _, id := range w.former {
		events = append(events, event.Event{Kind: EventChanged, SubjectType: "resource", SubjectID: id, OwnerID: id, Data: map[string]int{"roles": 0, "types": 1}})
	}
	for _, r := range w.changed {
		if len(r.Roles)+len(r.Types) == 0 {
			continue
		}
		events = append(events, event.Event{Kind: EventChanged, SubjectType: "resource", SubjectID: r.OwnerID, OwnerID: r.OwnerID,
			SourceEntityType: w.m.Shape.EntityTypes[w.owners[r.OwnerID].Resource.EntityTypeID].Identifier,
			Data:             map[string]int{"roles": len(r.Roles), "types": len(r.Types)}})
	}
	return event.Publish(w.ctx, w.tx, w.now, events...)
}

// differences tells of which accounts something waits for a decision that did not, or does not any more: one event per account.
func (w *saver) differences() error {
	var events []event.Event
	for _, r := range w.changed {
		for i := range r.Types {
			d := &r.Types[i]
			var n struct {
				Opened  int `json:"opened"`
				Changed int `json:"changed"`
				Closed  int `json:"closed"`
			}
			for _, g := range d.Gaps {
				switch {
				case g.Close && g.ID != 0:
					n.Closed++
				case g.Close:
				case g.ID == 0:
					n.Opened++
				default:
					n.Changed++
				}
			}
			if n.Opened+n.Changed+n.Closed == 0 {
				continue
			}
			e := event.Event{Kind: EventGapChanged, SubjectType: "assigned_resource_type", SubjectID: w.typeIDs[d], OwnerID: r.OwnerID, Data: n}
			if t := w.m.ResourceType(d.ResourceTypeID); t != nil {
				if source := w.m.Shape.EntityTypes[t.SourceEntityTypeID]; source != nil {
					e.SourceEntityType = source.Identifier
				}
			}
			events = append(events, e)
		}
	}
	return event.Publish(w.ctx, w.tx, w.now, events...)
}

// found tells of whom a role was found, or prolonged, or is not any more: one event of each per owner.
func (w *saver) found() error {
	var events []event.Event
	for _, r := range w.changed {
		for _, about := range []struct {
			kind string
			is   func(x *evaluation.AssignedRole) bool
		}{
			{EventRoleFound, func(x *evaluation.AssignedRole) bool { return x.Origin == evaluation.OriginFound }},
			{EventProlonged, func(x *evaluation.AssignedRole) bool { return x.Workflow == evaluation.Prolonged }},
		} {
			was := map[int64]bool{}
			for _, x := range w.owners[r.OwnerID].Roles {
				was[x.ID] = about.is(x)
			}
			var n struct {
				Opened  int `json:"opened"`
				Changed int `json:"changed"`
				Closed  int `json:"closed"`
			}
			for _, d := range r.Roles {
				is := about.is(&d.Row) && !d.Close
				switch {
				case is && !was[d.Row.ID]:
					n.Opened++
				case is:
					n.Changed++
				case was[d.Row.ID]:
					n.Closed++
				}
			}
			if n.Opened+n.Changed+n.Closed == 0 {
				continue
			}
			e := event.Event{Kind: about.kind, SubjectType: "resource", SubjectID: r.OwnerID, OwnerID: r.OwnerID, Data: n}
			if source := w.m.Shape.EntityTypes[w.owners[r.OwnerID].Resource.EntityTypeID]; source != nil {
				e.SourceEntityType = source.Identifier
			}
			events = append(events, e)
		}
	}
	return event.Publish(w.ctx, w.tx, w.now, events...)
}
