package assignment

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/evaluation"
)

// Options of a computation (role-model 12.2, provisioning spec 2.3).
type Options struct {
	BlockProvisioning bool // orders of this run start in Awaiting approval
	NoReview          bool // "compute role model, no provisioning review"
	Force             bool // compute also who is unchanged
	Explain           bool
}

// load reads owners with all that evaluation needs. The number of statements depends on the model, never on the number of owners.
func (s *Service) load(ctx context.Context, db bun.IDB, m *Model, ownerIDs []int64, initial bool, o Options) (*evaluation.Batch, error) {
	b := &evaluation.Batch{Now: s.Clock.Now(), Initial: initial, BlockAll: o.BlockProvisioning, NoReview: o.NoReview, Force: o.Force, Explain: o.Explain,
		Resources: map[int64]*evaluation.Resource{}}
	l := &loader{ctx: ctx, db: db, m: m, b: b, owners: map[int64]*evaluation.Owner{}, types: map[int64]*evaluation.ExistingType{}, orders: map[int64]*evaluation.ExistingOrder{}}
	if err := l.resources(ownerIDs, m.Hops.owner); err != nil {
		return nil, err
	}
	for _, id := range ownerIDs {
		if r := b.Resources[id]; r != nil {
			owner := &evaluation.Owner{Resource: r, Lookups: map[int64][]int64{}, Denied: map[int64]bool{}}
			l.owners[id], b.Owners = owner, append(b.Owners, owner)
		}
	}
	for _, part := range []func([]int64) error{l.roles, l.assignedTypes, l.openOrders, l.gaps, l.keptValues, l.states, l.denied, l.synchronized, l.matches, l.createdKeys} {
		if err := part(ownerIDs); err != nil {
			return nil, fmt.Errorf("load owners: %w", err)
		}
	}
	return b, l.targets()
}

type loader struct {
	orphans bool // the owners are targets without owner, and stand for themselves
	ctx     context.Context
	db      bun.IDB
	m       *Model
	b       *evaluation.Batch
	owners  map[int64]*evaluation.Owner
	types   map[int64]*evaluation.ExistingType
	orders  map[int64]*evaluation.ExistingOrder
}

// resources adds resources, and what they reach, to the batch.
func (l *loader) resources(list []int64, follow []directory.Follow) error {
	loaded, err := directory.LoadMany(l.ctx, l.db, l.m.Shape, list, follow...)
	if err != nil {
		return err
	}
	for id, r := range loaded {
		if have := l.b.Resources[id]; have != nil {
			maps.Copy(have.Links, r.Links) // reached before, by another path
			continue
		}
		l.b.Resources[id] = toEvaluation(r)
	}
	return nil
}

func toEvaluation(r *directory.Loaded) *evaluation.Resource {
	out := evaluation.Resource(*r)
	return &out
}

func (l *loader) roles(list []int64) error {
	var rows []struct {
		ID, OwnerID, RoleID int64
		WorkflowState       evaluation.Workflow
		Origin              string
		IsDenied            bool
		StartDate, EndDate  *time.Time
		InferredByID        *int64
		RuleIDs             []int64 `bun:"rule_ids,array"`
	}
	if err := l.db.NewRaw(`select id, owner_id, role_id, workflow_state, origin, is_denied, start_date, end_date, inferred_by_id, rule_ids
		from assigned_role where owner_id = any (?) and valid_to = 'infinity' order by id`, ids(list)).Scan(l.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if o := l.owners[r.OwnerID]; o != nil {
			row := &evaluation.AssignedRole{ID: r.ID, RoleID: r.RoleID, Workflow: r.WorkflowState, Origin: r.Origin, IsDenied: r.IsDenied,
				Start: utc(r.StartDate), End: utc(r.EndDate), RuleIDs: r.RuleIDs}
			if r.InferredByID != nil {
				row.InferredByID = *r.InferredByID
			}
			o.Roles = append(o.Roles, row)
		}
	}
	return nil
}

func (l *loader) assignedTypes(list []int64) error {
	var rows []struct {
		ID, OwnerID, ResourceTypeID int64
		ResourceID                  *int64
		WorkflowState               evaluation.Workflow
		IsExpected, IsDenied        bool
		IsFrozen                    bool
		StartDate, EndDate          *time.Time
		Confidence                  *int
		Expected                    json.RawMessage
		CreatedKey                  *string
		VerifiedAt                  *time.Time
		Error                       *string
	}
	whose, where := "owner_id", "owner_id = any (?)"
	if l.orphans {
		whose, where = "resource_id", "owner_id is null and resource_id = any (?)"
	}
	if err := l.db.NewRaw(`select id, `+whose+` as owner_id, resource_type_id, resource_id, workflow_state, is_expected, is_denied, is_frozen, start_date, end_date,
		confidence, expected, created_key, verified_at, error
		from assigned_resource_type where `+where+` and valid_to = 'infinity' order by id`, ids(list)).Scan(l.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		o := l.owners[r.OwnerID]
		if o == nil {
			continue
		}
		t := &evaluation.ExistingType{ID: r.ID, ResourceTypeID: r.ResourceTypeID, Workflow: r.WorkflowState, IsExpected: r.IsExpected, IsDenied: r.IsDenied,
			IsFrozen: r.IsFrozen, Start: utc(r.StartDate), End: utc(r.EndDate), WasVerified: r.VerifiedAt != nil}
		if r.ResourceID != nil {
			t.TargetID = *r.ResourceID
		}
		if r.Confidence != nil {
			t.Confidence = *r.Confidence
		}
		t.CreatedKey, t.Error = text(r.CreatedKey), text(r.Error)
		if err := json.Unmarshal(r.Expected, &t.Expected); err != nil {
			return fmt.Errorf("expected values of assignment %d: %w", r.ID, err)
		}
		l.types[r.ID], o.Types = t, append(o.Types, t)
	}
	return nil
}

func (l *loader) openOrders([]int64) error {
	arts := slices.Sorted(maps.Keys(l.types))
	var rows []struct {
		ID, AssignedResourceTypeID int64
		Kind                       evaluation.OrderKind
		State                      evaluation.State
		TargetID                   *int64
		IsTargetTaken              bool
		Attempt                    int
		IsManual, InFlight         bool
		ExecutedAt, ReviewedAt     *time.Time
		UnverifiedCount            int
		IsSuperseded               bool
	}
	if err := l.db.NewRaw(`select k.id, k.assigned_resource_type_id, k.kind, k.state, k.target_id, k.attempt, k.is_manual, k.lease_owner is not null as in_flight, k.executed_at,
			k.reviewed_at, k.unverified_count, k.is_superseded, k.kind = 'ASSOCIATE' and coalesce(h.claim in ('TAKEN', 'LEAVING'), false) as is_target_taken
		from (select *, case when kind = 'ASSOCIATE' then target_id end as resource_id from provisioning_order where assigned_resource_type_id = any (?) and closed_at is null offset 0) k`+claimOfTarget,
		ids(arts)).Scan(l.ctx, &rows); err != nil {
		return err
	}
	var orderIDs []int64
	for _, r := range rows {
		o := &evaluation.ExistingOrder{ID: r.ID, Kind: r.Kind, State: r.State, Attempt: r.Attempt, IsManual: r.IsManual, InFlight: r.InFlight,
			ExecutedAt: utc(r.ExecutedAt), ReviewedAt: utc(r.ReviewedAt), IsTargetTaken: r.IsTargetTaken, UnverifiedCount: r.UnverifiedCount, IsSuperseded: r.IsSuperseded}
		if r.TargetID != nil {
			o.TargetID = *r.TargetID
		}
		l.types[r.AssignedResourceTypeID].Order, l.orders[r.ID] = o, o
		orderIDs = append(orderIDs, r.ID)
	}
	var lines []struct {
		ID, OrderID                 int64
		Property                    *string
		Action                      evaluation.LineAction
		ValueID                     *int64
		CurrentValue, ProposedValue *string
		State                       evaluation.State
		PreviousState               *evaluation.State
		WorkflowState               evaluation.Workflow
		ReviewRequired, IsSent      bool
		StartDate, EndDate          *time.Time
		WaitReason                  string
		Error, ErrorClass           *string
	}
	if err := l.db.NewRaw(`select l.id, l.order_id, l.property, l.action, l.value_id, l.current_value, l.proposed_value, l.state, l.previous_state, l.workflow_state,
		l.review_required, l.id = any (o.sent_lines) as is_sent, l.start_date, l.end_date, l.wait_reason, l.error, l.error_class
		from order_line l join provisioning_order o on o.id = l.order_id where l.order_id = any (?) and l.closed_at is null order by l.id`, ids(orderIDs)).Scan(l.ctx, &lines); err != nil {
		return err
	}
	for _, r := range lines {
		line := &evaluation.ExistingLine{ID: r.ID, Property: text(r.Property), Action: r.Action, Current: text(r.CurrentValue), Proposed: text(r.ProposedValue),
			State: r.State, Workflow: r.WorkflowState, ReviewRequired: r.ReviewRequired, IsSent: r.IsSent, Start: utc(r.StartDate), End: utc(r.EndDate),
			WaitReason: r.WaitReason, Error: text(r.Error), ErrorClass: text(r.ErrorClass)}
		if r.ValueID != nil {
			line.ValueID = *r.ValueID
		}
		if r.PreviousState != nil {
			line.Previous = *r.PreviousState
		}
		l.orders[r.OrderID].Lines = append(l.orders[r.OrderID].Lines, line)
	}
	return nil
}

func (l *loader) gaps([]int64) error {
	var rows []struct {
		ID, AssignedResourceTypeID  int64
		Property                    *string
		ValueID                     *int64
		WorkflowState               evaluation.Workflow
		CurrentValue, ProposedValue *string
	}
	if err := l.db.NewRaw(`select id, assigned_resource_type_id, property, value_id, workflow_state, current_value, proposed_value from gap
		where assigned_resource_type_id = any (?) and closed_at is null order by id`, ids(slices.Sorted(maps.Keys(l.types)))).Scan(l.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		g := &evaluation.Gap{ID: r.ID, Property: text(r.Property), Workflow: r.WorkflowState, Current: text(r.CurrentValue), Proposed: text(r.ProposedValue)}
		if r.ValueID != nil {
			g.ValueID = *r.ValueID
		}
		l.types[r.AssignedResourceTypeID].Gaps = append(l.types[r.AssignedResourceTypeID].Gaps, g)
	}
	return nil
}

func (l *loader) keptValues([]int64) error {
	var rows []struct {
		ID, AssignedResourceTypeID int64
		Property                   string
		ValueID                    *int64
		WorkflowState              evaluation.Workflow
		KeptValue, KeptAgainst     *string
	}
	if err := l.db.NewRaw(`select id, assigned_resource_type_id, property, value_id, workflow_state, kept_value, kept_against from kept_value
		where assigned_resource_type_id = any (?) and closed_at is null order by id`, ids(slices.Sorted(maps.Keys(l.types)))).Scan(l.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		k := &evaluation.Kept{ID: r.ID, Property: r.Property, Workflow: r.WorkflowState, Value: text(r.KeptValue), KeptAgainst: text(r.KeptAgainst)}
		if r.ValueID != nil {
			k.ValueID = *r.ValueID
		}
		l.types[r.AssignedResourceTypeID].Kept = append(l.types[r.AssignedResourceTypeID].Kept, k)
	}
	return nil
}

func (l *loader) states(list []int64) error {
	var rows []struct {
		OwnerID, ModelVersion int64
		Fingerprint           []byte
		NextEvaluationAt      *time.Time
	}
	if err := l.db.NewRaw(`select owner_id, model_version, fingerprint, next_evaluation_at from owner_state where owner_id = any (?)`, ids(list)).Scan(l.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if o := l.owners[r.OwnerID]; o != nil {
			o.Fingerprint, o.ModelVersion, o.NextAt = r.Fingerprint, r.ModelVersion, utc(r.NextEvaluationAt)
		}
	}
	return nil
}

func (l *loader) denied(list []int64) error {
	var rows []struct{ OwnerID, TargetID int64 }
	if err := l.db.NewRaw(`select owner_id, target_id from denied_association where owner_id = any (?)`, ids(list)).Scan(l.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if o := l.owners[r.OwnerID]; o != nil {
			o.Denied[r.TargetID] = true
		}
	}
	return nil
}

// synchronized tells when the newest applied synchronization of each target entity type began (X1).
func (l *loader) synchronized([]int64) error {
	var rows []struct {
		EntityTypeID int64
		At           time.Time
	}
	if err := l.db.NewRaw(`select et.id as entity_type_id, d.at from entity_type et
		cross join lateral (select max(started_at) as at from delivery where connector_id = et.connector_id and state = 'APPLIED') d where d.at is not null`).Scan(l.ctx, &rows); err != nil {
		return err
	}
	l.b.SyncedAt = map[int64]time.Time{}
	for _, r := range rows {
		l.b.SyncedAt[r.EntityTypeID] = r.At.UTC()
	}
	return nil
}

// matches finds, by the owners' keys, the targets that correlation rules propose and the resources that query rules look up.
func (l *loader) matches([]int64) error {
	var owners, rules []int64
	var values []string
	for _, o := range l.b.Owners {
		for _, k := range l.m.SourceKeys(l.b.Now, o.Resource, l.b.Resources) {
			if k.Fault == "" {
				owners, rules, values = append(owners, o.Resource.ID), append(rules, k.RuleID), append(values, k.Value)
			}
		}
	}
	if len(owners) == 0 {
		return nil
	}
	var rows []struct {
		match
		Kind string
	}
	if err := l.db.NewRaw(`
		select k.owner_id, k.rule_id, k.resource_id, k.kind, k.owners, h.claim, h.resource_type_id, h.expected
		from (select k.owner_id, k.rule_id, t.resource_id, r.kind,
				(select count(*) from correlation_key s join resource o on o.id = s.resource_id and o.valid_to = 'infinity'
					where s.rule_id = k.rule_id and s.side = 'S' and s.digest = hashtextextended(k.value, 0) and s.value = k.value and s.resource_id <> k.owner_id) + 1 as owners
			from unnest(?::bigint[], ?::bigint[], ?::text[]) k (owner_id, rule_id, value)
			join resource_type_rule r on r.id = k.rule_id
			join correlation_key t on t.rule_id = k.rule_id and t.side = 'T' and t.digest = hashtextextended(k.value, 0) and t.value = k.value
			join resource x on x.id = t.resource_id and x.valid_to = 'infinity') k`+claimOfTarget+`
		order by k.owner_id, k.rule_id, k.resource_id`, ids(owners), ids(rules), texts(values)).Scan(l.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Kind == "QUERY" {
			o := l.owners[r.OwnerID]
			o.Lookups[r.RuleID] = append(o.Lookups[r.RuleID], r.ResourceID)
		} else if err := l.offer(&r.match); err != nil {
			return err
		}
	}
	return nil
}

// match is a target found for an owner, with the claim of whoever else has it.
type match struct {
	OwnerID, RuleID, ResourceID int64
	Owners                      int
	Claim                       *string
	ResourceTypeID              *int64
	Expected                    json.RawMessage
}

// offer makes a target a candidate of its owner, unless somebody has it.
func (l *loader) offer(m *match) error {
	o := l.owners[m.OwnerID]
	if o == nil || text(m.Claim) == "TAKEN" {
		return nil
	}
	c := evaluation.Candidate{TargetID: m.ResourceID, RuleID: m.RuleID, Owners: m.Owners, IsLeaving: text(m.Claim) == "LEAVING"}
	if text(m.Claim) == "FORMER" {
		c.Former = &evaluation.Former{ResourceTypeID: *m.ResourceTypeID}
		if err := json.Unmarshal(m.Expected, &c.Former.Expected); err != nil {
			return fmt.Errorf("expected values of the former owner of %d: %w", m.ResourceID, err)
		}
	}
	o.Candidates = append(o.Candidates, c)
	return nil
}

// createdKeys finds targets by the key that an operator or a connector reported for an order of the owner (provisioning spec 4.3).
func (l *loader) createdKeys(list []int64) error {
	var rows []*match
	// offset 0 keeps the planner from turning the look-ups by key round: while the tables are being filled it takes them for nearly empty
	if err := l.db.NewRaw(`select k.owner_id, k.resource_id, 1 as owners, h.claim, h.resource_type_id, h.expected
		from (select k.owner_id, r.id as resource_id
		from (select a.owner_id, a.created_key, t.target_entity_type_id from assigned_resource_type a join resource_type t on t.id = a.resource_type_id
			where a.owner_id = any (?) and a.valid_to = 'infinity' and a.created_key is not null and a.resource_id is null offset 0) k
		cross join lateral (select id from resource where entity_type_id = k.target_entity_type_id and key = k.created_key and valid_to = 'infinity' offset 0) r) k`+claimOfTarget+`
		order by k.owner_id, k.resource_id`, ids(list)).Scan(l.ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if err := l.offer(r); err != nil {
			return err
		}
	}
	return nil
}

// targets reads the owned and the proposed targets, and what lookups gave.
func (l *loader) targets() error {
	var list []int64
	for _, o := range l.b.Owners {
		for _, t := range o.Types {
			if t.TargetID != 0 {
				list = append(list, t.TargetID)
			}
			for _, k := range t.Kept {
				if k.ValueID != 0 {
					list = append(list, k.ValueID)
				}
			}
		}
		for _, c := range o.Candidates {
			list = append(list, c.TargetID)
		}
		for _, found := range o.Lookups {
			list = append(list, found...)
		}
	}
	return l.resources(list, l.m.Hops.target)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
