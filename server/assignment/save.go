package assignment

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/event"
)

// Kinds of the events that this room publishes.
const (
	EventChanged    = "assignment.changed"
	EventFailed     = "assignment.failed"
	EventGapChanged = "gap.changed"
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
	for _, part := range []func() error{w.roles, w.types, w.seen, w.history, w.gaps, w.kept, w.contexts, w.states, w.facts, w.keys, w.orders, w.events, w.differences} {
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

// roleRow is an assigned role on its way into the table.
type roleRow struct {
	ID         int64      `json:"id"`
	Workflow   int16      `json:"workflow_state"`
	Origin     string     `json:"origin"`
	IsDenied   bool       `json:"is_denied"`
	Start      *time.Time `json:"start_date"`
	End        *time.Time `json:"end_date"`
	InferredBy *int64     `json:"inferred_by_id"`
	RuleIDs    []int64    `json:"rule_ids"`
}

// roles ends what is lost, updates what changed, adds what is new. The id of an assigned role stays the same for life.
func (w *saver) roles() error {
	var ended, updates []roleRow
	var fresh [][]any
	for _, r := range w.changed {
		was := make(map[int64]evaluation.Workflow, len(w.owners[r.OwnerID].Roles))
		for _, x := range w.owners[r.OwnerID].Roles {
			was[x.ID] = x.Workflow
		}
		for _, d := range r.Roles {
			w.report.Roles++
			rules := d.Row.RuleIDs
			if rules == nil {
				rules = []int64{}
			}
			row := roleRow{d.Row.ID, int16(d.Row.Workflow), d.Row.Origin, d.Row.IsDenied, d.Row.Start, d.Row.End, nullID(d.Row.InferredByID), rules}
			switch {
			case d.Close && d.Row.ID != 0:
				ended = append(ended, row)
			case d.Row.ID != 0:
				if err := w.move(r.OwnerID, moved{Role: d.Row.ID, From: was[d.Row.ID], To: d.Row.Workflow}); err != nil {
					return err
				}
				updates = append(updates, row)
			default:
				var to any = "infinity"
				if d.Close {
					to = w.now // only what is known of the past
				}
				fresh = append(fresh, []any{r.OwnerID, d.Row.RoleID, row.Workflow, w.now, row.Origin, row.IsDenied, row.Start, row.End, row.InferredBy, rules, w.now, to})
			}
		}
	}
	if err := w.endRoles(ended); err != nil {
		return err
	}
	if err := w.updateRoles(updates); err != nil {
		return err
	}
	return w.copy("assigned_role", []string{"owner_id", "role_id", "workflow_state", "workflow_state_changed_at", "origin", "is_denied", "start_date", "end_date",
		"inferred_by_id", "rule_ids", "valid_from", "valid_to"}, fresh)
}

// endRoles ends rows: from now on they say when the role was held, which is not longer than until now.
func (w *saver) endRoles(rows []roleRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := versionRoles(w.ctx, w.tx, w.now, idsOf(rows)); err != nil {
		return err
	}
	_, err := w.tx.NewRaw(`update assigned_role a set start_date = r.start_date, end_date = least(r.end_date, ?0), valid_from = greatest(?0, a.valid_from),
			valid_to = greatest(?0, a.valid_from)
		from jsonb_to_recordset(?1::jsonb) r (id bigint, start_date timestamptz, end_date timestamptz) where a.id = r.id`, w.now, string(jsonb(rows))).Exec(w.ctx)
	return err
}

func (w *saver) updateRoles(rows []roleRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := versionRoles(w.ctx, w.tx, w.now, idsOf(rows)); err != nil {
		return err
	}
	_, err := w.tx.NewRaw(`update assigned_role a set workflow_state = r.workflow_state,
			workflow_state_changed_at = case when a.workflow_state = r.workflow_state then a.workflow_state_changed_at else ?0 end,
			origin = r.origin, is_denied = r.is_denied, start_date = r.start_date, end_date = r.end_date, inferred_by_id = r.inferred_by_id, rule_ids = r.rule_ids,
			valid_from = greatest(?0, a.valid_from)
		from jsonb_to_recordset(?1::jsonb) r (id bigint, workflow_state smallint, origin text, is_denied boolean, start_date timestamptz, end_date timestamptz,
			inferred_by_id bigint, rule_ids bigint[])
		where a.id = r.id`, w.now, string(jsonb(rows))).Exec(w.ctx)
	return err
}

func idsOf(rows []roleRow) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
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

// typeRow is an assigned resource type on its way into the table.
type typeRow struct {
	ID         int64           `json:"id"`
	TargetID   *int64          `json:"resource_id"`
	Workflow   int16           `json:"workflow_state"`
	IsExpected bool            `json:"is_expected"`
	Start      *time.Time      `json:"start_date"`
	End        *time.Time      `json:"end_date"`
	Confidence *int            `json:"confidence"`
	Expected   json.RawMessage `json:"expected"` // nil: as it is
	Error      *string         `json:"error"`
	Verified   bool            `json:"verified"`
	Close      bool            `json:"close"`
	UnseenAt   *time.Time      `json:"unseen_at"`
	Versioned  bool            `json:"versioned"` // what is known of it changes, not only what is our own work
}

// types updates rows that changed, and adds new ones. The id of an assigned resource type stays the same for life, since orders refer to it.
func (w *saver) types() error {
	var updates []typeRow
	var fresh [][]any
	var waiting []*evaluation.TypeDelta
	var owners []int64
	for _, r := range w.changed {
		for i := range r.Types {
			d := &r.Types[i]
			w.report.Types++
			if d.Existing == nil {
				waiting, owners = append(waiting, d), append(owners, r.OwnerID)
				continue
			}
			if d.RowChanged || d.CloseRow {
				if err := w.move(r.OwnerID, moved{Type: d.Existing.ID, From: d.Existing.Workflow, To: d.Workflow}); err != nil {
					return err
				}
				updates = append(updates, w.typeRow(d))
			}
			w.plan(d.Existing.ID, r.OwnerID, d)
		}
	}
	if err := w.adopt(); err != nil {
		return err
	}
	if err := w.updateTypes(updates); err != nil {
		return err
	}
	newIDs, err := db.NextIDs(w.ctx, w.tx, "assigned_resource_type", len(waiting))
	if err != nil {
		return err
	}
	for i, d := range waiting {
		row := w.typeRow(d)
		var verifiedAt *time.Time
		if row.Verified {
			verifiedAt = &w.now
		}
		fresh = append(fresh, []any{newIDs[i], nullID(owners[i]), d.ResourceTypeID, row.TargetID, row.Workflow, w.now, row.IsExpected, row.Start, row.End, row.Confidence,
			row.Expected, row.Error, verifiedAt, row.UnseenAt, w.now})
		w.plan(newIDs[i], owners[i], d)
	}
	return w.copy("assigned_resource_type", []string{"id", "owner_id", "resource_type_id", "resource_id", "workflow_state", "workflow_state_changed_at", "is_expected",
		"start_date", "end_date", "confidence", "expected", "error", "verified_at", "unseen_at", "valid_from"}, fresh)
}

// seen notes that the newest readings have been looked at, also where nothing follows from them.
func (w *saver) seen() error {
	types, at := make([]int64, 0, len(w.read)), make([]time.Time, 0, len(w.read))
	for id, began := range w.read {
		types, at = append(types, id), append(at, began)
	}
	_, err := w.tx.NewRaw(`update assigned_resource_type a set unseen_at = null from unnest(?::bigint[], ?::timestamptz[]) e (id, at) join resource_type t on t.target_entity_type_id = e.id
		where a.owner_id = any (?) and a.valid_to = 'infinity' and a.unseen_at < e.at and t.id = a.resource_type_id`, ids(types), pgdialect.Array(at), ids(w.changedIDs())).Exec(w.ctx)
	return err
}

// adopt ends the rows of targets that have found an owner now: rows without owner, and those of owners who are gone. What waited there
// for reconciliation ends with them, and their orders are withdrawn. The rows are locked, so that a computation of the former owner is
// either over or finds its row ended.
func (w *saver) adopt() error {
	var owners, targets []int64
	for _, r := range w.changed {
		for _, d := range r.Types {
			if r.OwnerID != 0 && d.TargetID != 0 && !d.CloseRow && (d.Existing == nil || d.Existing.TargetID != d.TargetID) {
				owners, targets = append(owners, r.OwnerID), append(targets, d.TargetID)
			}
		}
	}
	if len(targets) == 0 {
		return nil
	}
	// to whom a target was only proposed has to be told that it is somebody's
	if _, err := w.tx.NewRaw(`insert into dirty_owner (owner_id, entity_type_id, is_gone, reason)
		select distinct r.id, r.entity_type_id, r.valid_to <> 'infinity', 'somebody else has the target' from unnest(?::bigint[], ?::bigint[]) k (owner_id, resource_id)
		join evaluation_fact f on f.resource_id = k.resource_id and f.owner_id <> k.owner_id
		join provisioning_order o on o.owner_id = f.owner_id and o.target_id = k.resource_id and o.kind = 'ASSOCIATE' and o.closed_at is null
		join resource r on r.id = f.owner_id order by r.id
		`+onceMore, ids(owners), ids(targets)).Exec(w.ctx); err != nil {
		return err
	}
	var rows []struct {
		ID, ResourceTypeID int64
		OwnerID            *int64
	}
	if err := w.tx.NewRaw(`with k as materialized (select * from unnest(?::bigint[], ?::bigint[]) k (owner_id, resource_id))
		select a.id, a.resource_type_id, a.owner_id from assigned_resource_type a
		where a.valid_to = 'infinity' and a.id in (
			select h.id from k join assigned_resource_type h on h.resource_id = k.resource_id and h.valid_to = 'infinity' and h.owner_id is distinct from k.owner_id
				left join resource o on o.id = h.owner_id where o.valid_to is distinct from 'infinity'
			union select c.id from k cross join lateral (`+createdForLeavers+`) c)
		order by a.id for update of a`,
		ids(owners), ids(targets)).Scan(w.ctx, &rows); err != nil || len(rows) == 0 {
		return err
	}
	ended := make([]int64, len(rows))
	byID := make(map[int64]int, len(rows))
	for i, r := range rows {
		ended[i], byID[r.ID] = r.ID, i
		if r.OwnerID != nil {
			w.former = append(w.former, *r.OwnerID)
		}
	}
	if err := versionTypes(w.ctx, w.tx, w.now, ended); err != nil {
		return err
	}
	for _, sql := range []string{
		`update assigned_resource_type set valid_from = greatest(?0, valid_from), valid_to = greatest(?0, valid_from) where id = any (?1)`,
		`update gap set closed_at = ?0 where closed_at is null and assigned_resource_type_id = any (?1)`,
		`update kept_value set closed_at = ?0 where closed_at is null and assigned_resource_type_id = any (?1)`,
	} {
		if _, err := w.tx.NewRaw(sql, w.now, ids(ended)).Exec(w.ctx); err != nil {
			return err
		}
	}
	var orders []struct {
		ID, AssignedResourceTypeID int64
		Kind                       evaluation.OrderKind
	}
	if err := w.tx.NewRaw(`select id, assigned_resource_type_id, kind from provisioning_order where assigned_resource_type_id = any (?) and closed_at is null order by id`,
		ids(ended)).Scan(w.ctx, &orders); err != nil {
		return err
	}
	for _, o := range orders {
		r := rows[byID[o.AssignedResourceTypeID]]
		p := PlannedOrder{AssignedResourceTypeID: r.ID, ResourceTypeID: r.ResourceTypeID, PassesOn: true,
			Delta: &evaluation.OrderDelta{OrderID: o.ID, Kind: o.Kind, Withdraw: true}}
		if r.OwnerID != nil {
			p.OwnerID = *r.OwnerID
		}
		w.report.Orders++
		w.planned = append(w.planned, p)
	}
	return nil
}

func (w *saver) typeRow(d *evaluation.TypeDelta) typeRow {
	row := typeRow{TargetID: nullID(d.TargetID), Workflow: int16(d.Workflow), IsExpected: d.IsExpected, Start: d.Start, End: d.End,
		Close: d.CloseRow, Verified: d.IsExpected && d.TargetID != 0}
	if e := d.Existing; e != nil {
		row.ID = e.ID
		row.Versioned = d.CloseRow || e.TargetID != d.TargetID || e.Workflow != d.Workflow || e.IsExpected != d.IsExpected || !sameInstant(e.Start, d.Start) || !sameInstant(e.End, d.End) ||
			e.Confidence != d.Confidence || e.Error != d.Error || !e.Expected.Means(d.Expected)
	}
	if d.Existing == nil || d.Existing.Followed || !d.Existing.Expected.Same(d.Expected) {
		row.Expected = d.Expected.Append(nil)
	}
	if d.Confidence != 0 {
		row.Confidence = &d.Confidence
	}
	if d.Error != "" {
		row.Error = &d.Error
	}
	row.UnseenAt = d.Expected.Unseen(w.read[w.m.ResourceType(d.ResourceTypeID).TargetEntityTypeID])
	return row
}

// sameInstant compares two instants of which either may be missing.
func sameInstant(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func (w *saver) plan(id, ownerID int64, d *evaluation.TypeDelta) {
	w.typeIDs[d] = id
	if d.Order == nil {
		return
	}
	w.report.Orders++
	w.planned = append(w.planned, PlannedOrder{AssignedResourceTypeID: id, OwnerID: ownerID, SourceEntityTypeID: w.m.ResourceType(d.ResourceTypeID).SourceEntityTypeID,
		ResourceTypeID: d.ResourceTypeID, Delta: d.Order})
}

func (w *saver) updateTypes(rows []typeRow) error {
	if len(rows) == 0 {
		return nil
	}
	var versioned, going, targets, ended []int64 // targets: 0 = none
	for i := range rows {
		r := &rows[i]
		if r.Versioned {
			versioned = append(versioned, r.ID)
		}
		if r.Close {
			ended = append(ended, r.ID)
			continue
		}
		target := int64(0)
		if r.TargetID != nil {
			target = *r.TargetID
		}
		going, targets = append(going, r.ID), append(targets, target)
	}
	if err := versionTypes(w.ctx, w.tx, w.now, versioned); err != nil {
		return err
	}
	// a target that is let go, or whose owner is gone, may be wanted by others with an equal key: they are looked at when it is spread
	if _, err := directory.MarkChanged(w.ctx, w.tx, w.now, `select a.resource_id
		from (select id, nullif(target, 0) as resource_id, false as close from unnest(?::bigint[], ?::bigint[]) k (id, target)
			union all select unnest(?::bigint[]), null, true) r
		join assigned_resource_type a on a.id = r.id
		where r.close or a.resource_id is distinct from r.resource_id or exists (select from resource w where w.id = a.owner_id and w.valid_to <> 'infinity')`,
		ids(going), ids(targets), ids(ended)); err != nil {
		return err
	}
	// targets change hands inside one batch: they are let go before they are taken
	if _, err := w.tx.NewRaw(`update assigned_resource_type a set resource_id = null from unnest(?::bigint[], ?::bigint[]) r (id, target)
		where a.id = r.id and a.resource_id is distinct from nullif(r.target, 0) and a.resource_id is not null`, ids(going), ids(targets)).Exec(w.ctx); err != nil {
		return err
	}
	// json and not jsonb: each document is taken apart once, as the column it becomes
	_, err := w.tx.NewRaw(`update assigned_resource_type a set
			resource_id = case when r.close then a.resource_id else r.resource_id end,
			workflow_state = r.workflow_state,
			workflow_state_changed_at = case when a.workflow_state = r.workflow_state then a.workflow_state_changed_at else ?0 end,
			is_expected = r.is_expected, start_date = r.start_date, end_date = r.end_date, confidence = r.confidence, expected = coalesce(r.expected, a.expected), error = r.error, unseen_at = r.unseen_at,
			verified_at = case when r.verified then coalesce(a.verified_at, ?0) else a.verified_at end,
			valid_from = case when r.versioned then greatest(?0, a.valid_from) else a.valid_from end,
			valid_to = case when r.close then greatest(?0, a.valid_from) else 'infinity'::timestamptz end
		from json_to_recordset(?1::json) r (id bigint, resource_id bigint, workflow_state smallint, is_expected boolean, start_date timestamptz, end_date timestamptz,
			confidence int, expected jsonb, error text, verified boolean, close boolean, unseen_at timestamptz, versioned boolean)
		where a.id = r.id`, w.now, string(jsonb(rows))).Exec(w.ctx)
	return err
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
				o := gapRow{ID: g.ID, Type: w.typeIDs[d], Workflow: int16(g.Workflow), Value: nullID(g.ValueID), Current: g.Current, Proposed: g.Proposed, Close: g.Close}
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
				version = g.version + 1, closed_at = case when r.close then ?0::timestamptz end
			from jsonb_to_recordset(?1::jsonb) r (id bigint, workflow_state smallint, current_value text, proposed_value text, close boolean) where g.id = r.id and g.closed_at is null`,
			w.now, string(jsonb(known))).Exec(w.ctx); err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	_, err := w.tx.NewRaw(`insert into gap (assigned_resource_type_id, property, value_id, workflow_state, current_value, proposed_value, found_at)
		select assigned_resource_type_id, property, value_id, workflow_state, current_value, proposed_value, ?0
		from jsonb_to_recordset(?1::jsonb) r (assigned_resource_type_id bigint, property text, value_id bigint, workflow_state smallint, current_value text, proposed_value text)
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

// left tells since when an owner has left: his last context has ended, or he is gone from his source. Who never had a context has not left.
func (w *saver) left(r *evaluation.Result) *time.Time {
	var last *time.Time
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
