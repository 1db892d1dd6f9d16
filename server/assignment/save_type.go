package assignment

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
)

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
	owners, targets := takenOver(w.changed)
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
	rows, err := selectFormer(w.ctx, w.tx, owners, targets, true)
	if err != nil || len(rows) == 0 {
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

// takenOver gives the targets that find an owner by these results, and whom.
func takenOver(results []*evaluation.Result) (owners, targets []int64) {
	for _, r := range results {
		for _, d := range r.Types {
			if r.OwnerID != 0 && d.TargetID != 0 && !d.CloseRow && (d.Existing == nil || d.Existing.TargetID != d.TargetID) {
				owners, targets = append(owners, r.OwnerID), append(targets, d.TargetID)
			}
		}
	}
	return owners, targets
}

// formerRow is a row that ends because its target has found another owner.
type formerRow struct {
	ID, ResourceTypeID int64
	OwnerID            *int64
}

// selectFormer gives the rows that end when owners get these targets: locked, for whoever ends them.
func selectFormer(ctx context.Context, idb bun.IDB, owners, targets []int64, locked bool) (rows []formerRow, err error) {
	lock := bun.Safe("")
	if locked {
		lock = "for update of a"
	}
	err = idb.NewRaw(`with k as materialized (select * from unnest(?::bigint[], ?::bigint[]) k (owner_id, resource_id))
		select a.id, a.resource_type_id, a.owner_id from assigned_resource_type a
		where a.valid_to = 'infinity' and a.id in (
			select h.id from k join assigned_resource_type h on h.resource_id = k.resource_id and h.valid_to = 'infinity' and h.owner_id is distinct from k.owner_id
				left join resource o on o.id = h.owner_id where o.valid_to is distinct from 'infinity'
			union select c.id from k cross join lateral (`+createdForLeavers+`) c)
		order by a.id ?`, ids(owners), ids(targets), lock).Scan(ctx, &rows)
	return rows, err
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
