package assignment

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
)

// Options of a computation (role-model 12.2, provisioning spec 2.3).
type Options struct {
	BlockProvisioning bool // orders of this run start in Awaiting approval
	NoReview          bool // "compute role model, no provisioning review"
	Force             bool // compute also who is unchanged
	Explain           bool

	now time.Time // of a look ahead; zero: the clock says
}

// load reads owners with all that evaluation needs, and tells how many values that was; errTooWide: too many. The number of statements depends
// on the model, never on the number of owners.
func (s *Service) load(ctx context.Context, idb bun.IDB, m *Model, ownerIDs []int64, initial bool, o Options) (b *evaluation.Batch, values int, err error) {
	now := o.now
	if now.IsZero() {
		now = s.Clock.Now()
	}
	b = &evaluation.Batch{Now: now, Initial: initial, BlockAll: o.BlockProvisioning, NoReview: o.NoReview, Force: o.Force, Explain: o.Explain,
		Resources: map[int64]*evaluation.Resource{}}
	l := &loader{ctx: ctx, db: idb, m: m, b: b, owners: map[int64]*evaluation.Owner{}, types: map[int64]*evaluation.ExistingType{}, orders: map[int64]*evaluation.ExistingOrder{}}
	if len(ownerIDs) > 1 {
		l.limit = 2 * batchValues
	}
	if err := l.resources(ownerIDs, m.Hops.owner); err != nil {
		return nil, 0, err
	}
	for _, id := range ownerIDs {
		if r := b.Resources[id]; r != nil {
			owner := &evaluation.Owner{Resource: r, Lookups: map[evaluation.Key][]int64{}, Denied: map[int64]bool{}}
			l.owners[id], b.Owners = owner, append(b.Owners, owner)
		}
	}
	for _, part := range []func([]int64) error{l.roles, l.assignedTypes, l.departed, l.passed, l.openOrders, l.gaps, l.keptValues, l.states, l.denied, l.synchronized, l.matches, l.createdKeys} {
		if err := part(ownerIDs); err != nil {
			return nil, 0, fmt.Errorf("load owners: %w", err)
		}
	}
	for _, part := range []func() error{l.targets, l.dangling} {
		if err := part(); err != nil {
			return nil, 0, err
		}
	}
	return b, l.values, nil
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
	stored  evaluation.Stored
	values  int // read so far
	limit   int // of them; 0: none
}

// count notes values that were read.
func (l *loader) count(n int) error {
	if l.values += n; l.limit > 0 && l.values > l.limit {
		return errTooWide
	}
	return nil
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
		l.values += len(r.Scalars)
		for _, others := range r.Links {
			l.values += len(others)
		}
	}
	return l.count(0)
}

func toEvaluation(r *directory.Loaded) *evaluation.Resource { return (*evaluation.Resource)(r) }

// read runs a statement and calls each for every row.
func (l *loader) read(each func(r *db.Row) error, query string, args ...any) error {
	return db.Select(l.ctx, l.db, bun.SafeQuery(query, args...), each)
}

func instant(r *db.Row) *time.Time { return utc(r.TimeOrNil()) }

func (l *loader) roles(list []int64) error {
	return l.read(func(r *db.Row) error {
		id, o := r.Int(), l.owners[r.Int()]
		if o == nil {
			return nil
		}
		row := &evaluation.AssignedRole{ID: id, RoleID: r.Int(), Workflow: evaluation.Workflow(r.Int()), Origin: r.Text(), IsDenied: r.Bool(),
			Start: instant(r), End: instant(r), InferredByID: r.Int(), RuleIDs: r.Ints(), FoundBy: r.Ints(), Lacking: r.Ints()}
		if raw := r.Bytes(); raw != nil {
			if err := json.Unmarshal(raw, &row.Parameters); err != nil {
				return fmt.Errorf("parameters of assignment %d: %w", id, err)
			}
		}
		if raw := r.Bytes(); raw != nil {
			if err := json.Unmarshal(raw, &row.Ground); err != nil {
				return fmt.Errorf("what assignment %d stands on: %w", id, err)
			}
		}
		o.Roles = append(o.Roles, row)
		return l.count(1)
	}, `select id, owner_id, role_id, workflow_state, origin, is_denied, start_date, end_date, inferred_by_id, rule_ids, found_by, lacking, nullif(parameters, '{}'), ground
		from assigned_role where owner_id = any (?) and valid_to = 'infinity' order by id`, ids(list))
}

func (l *loader) assignedTypes(list []int64) error {
	whose, where := "owner_id", "owner_id = any (?)"
	if l.orphans {
		whose, where = "resource_id", "owner_id is null and resource_id = any (?)"
	}
	return l.read(func(r *db.Row) (err error) {
		id, o := r.Int(), l.owners[r.Int()]
		if o == nil {
			return nil
		}
		t := &evaluation.ExistingType{ID: id, ResourceTypeID: r.Int(), TargetID: r.Int(), Workflow: evaluation.Workflow(r.Int()), IsExpected: r.Bool(), IsDenied: r.Bool(),
			IsFrozen: r.Bool(), Start: instant(r), End: instant(r), Confidence: int(r.Int())}
		if t.Expected, err = l.stored.Read(r.Bytes()); err != nil {
			return fmt.Errorf("expected values of assignment %d: %w", id, err)
		}
		t.CreatedKey, t.WasVerified, t.Error = r.Text(), r.TimeOrNil() != nil, r.Text()
		l.types[id], o.Types = t, append(o.Types, t)
		return l.count(expectedValues(&t.Expected))
	}, `select id, `+whose+`, resource_type_id, resource_id, workflow_state, is_expected, is_denied, is_frozen, start_date, end_date,
		confidence, expected, created_key, verified_at, error
		from assigned_resource_type where `+where+` and valid_to = 'infinity' order by id`, ids(list))
}

func (l *loader) openOrders([]int64) error {
	var orderIDs []int64
	if err := l.read(func(r *db.Row) error {
		o := &evaluation.ExistingOrder{ID: r.Int()}
		l.types[r.Int()].Order, l.orders[o.ID] = o, o
		orderIDs = append(orderIDs, o.ID)
		o.Kind, o.State, o.TargetID, o.Attempt = evaluation.OrderKind(r.Text()), evaluation.State(r.Int()), r.Int(), int(r.Int())
		o.IsManual, o.InFlight, o.ExecutedAt, o.ReviewedAt = r.Bool(), r.Bool(), instant(r), instant(r)
		o.UnverifiedCount, o.IsSuperseded, o.IsTargetTaken = int(r.Int()), r.Bool(), r.Bool()
		return nil
	}, `select k.id, k.assigned_resource_type_id, k.kind, k.state, k.target_id, k.attempt, k.is_manual, k.lease_owner is not null as in_flight, k.executed_at,
			k.reviewed_at, k.unverified_count, k.is_superseded, k.kind = 'ASSOCIATE' and coalesce(h.claim in ('TAKEN', 'LEAVING'), false) as is_target_taken
		from (select *, case when kind = 'ASSOCIATE' then target_id end as resource_id from provisioning_order where assigned_resource_type_id = any (?) and closed_at is null offset 0) k`+claimOfTarget,
		ids(slices.Sorted(maps.Keys(l.types)))); err != nil {
		return err
	}
	return l.read(func(r *db.Row) error {
		line := &evaluation.ExistingLine{ID: r.Int()}
		o := l.orders[r.Int()]
		line.Property, line.Action, line.ValueID, line.Current, line.Proposed = r.Text(), evaluation.LineAction(r.Text()), r.Int(), r.Text(), r.Text()
		line.State, line.Previous, line.Workflow = evaluation.State(r.Int()), evaluation.State(r.Int()), evaluation.Workflow(r.Int())
		line.ReviewRequired, line.IsSent, line.Start, line.End = r.Bool(), r.Bool(), instant(r), instant(r)
		line.WaitReason, line.Error, line.ErrorClass = r.Text(), r.Text(), r.Text()
		o.Lines = append(o.Lines, line)
		return l.count(1)
	}, `select l.id, l.order_id, l.property, l.action, l.value_id, l.current_value, l.proposed_value, l.state, l.previous_state, l.workflow_state,
		l.review_required, l.id = any (o.sent_lines) as is_sent, l.start_date, l.end_date, l.wait_reason, l.error, l.error_class
		from order_line l join provisioning_order o on o.id = l.order_id where l.order_id = any (?) and l.closed_at is null order by l.id`, ids(orderIDs))
}

func (l *loader) gaps([]int64) error {
	return l.read(func(r *db.Row) error {
		g := &evaluation.Gap{ID: r.Int()}
		t := l.types[r.Int()]
		g.Property, g.ValueID, g.Workflow, g.Current, g.Proposed, g.IsPostponed = r.Text(), r.Int(), evaluation.Workflow(r.Int()), r.Text(), r.Text(), r.Bool()
		g.Roles = r.Ints()
		t.Gaps = append(t.Gaps, g)
		return nil
	}, `select id, assigned_resource_type_id, property, value_id, workflow_state, current_value, proposed_value, postponed_at is not null, found_roles from gap
		where assigned_resource_type_id = any (?) and closed_at is null order by id`, ids(slices.Sorted(maps.Keys(l.types))))
}

func (l *loader) keptValues([]int64) error {
	return l.read(func(r *db.Row) error {
		readKept(r, l.types)
		return nil
	}, `select `+keptColumns+` from kept_value
		where assigned_resource_type_id = any (?) and closed_at is null order by id`, ids(slices.Sorted(maps.Keys(l.types))))
}

const keptColumns = "id, assigned_resource_type_id, property, value_id, workflow_state, kept_value, kept_against"

// readKept takes in a decision about a value.
func readKept(r *db.Row, types map[int64]*evaluation.ExistingType) {
	k := &evaluation.Kept{ID: r.Int()}
	t := types[r.Int()]
	k.Property, k.ValueID, k.Workflow, k.Value, k.KeptAgainst = r.Text(), r.Int(), evaluation.Workflow(r.Int()), r.Text(), r.Text()
	t.Kept = append(t.Kept, k)
}

func (l *loader) states(list []int64) error {
	return l.read(func(r *db.Row) error {
		if o := l.owners[r.Int()]; o != nil {
			o.ModelVersion, o.Fingerprint, o.NextAt = r.Int(), r.Bytes(), instant(r)
		}
		return nil
	}, `select owner_id, model_version, fingerprint, next_evaluation_at from owner_state where owner_id = any (?)`, ids(list))
}

// departed notes who was made to leave at once. What a person gave him ends with that, too (requests 12.8); what somebody forbade stays forbidden.
func (l *loader) departed(list []int64) error {
	return l.read(func(r *db.Row) error {
		if o := l.owners[r.Int()]; o != nil {
			depart(o, r.Time().UTC())
		}
		return nil
	}, `select person_id, at from departure where person_id = any (?) and state = 'DEPARTED'`, ids(list))
}

// depart ends what people gave an owner until he was made to leave; what was to begin later never does.
func depart(o *evaluation.Owner, at time.Time) {
	o.DepartedAt = &at
	end := func(start, end **time.Time) {
		if *end == nil || (*end).After(at) {
			*end = &at
		}
		if *start != nil && !(*start).Before(at) {
			*start = new(at.Add(-time.Microsecond))
		}
	}
	for _, x := range o.Roles {
		if !x.IsDenied && !x.Workflow.Pending() {
			end(&x.Start, &x.End)
		}
	}
	for _, x := range o.Types {
		if !x.IsDenied && x.Workflow.ByPerson() {
			end(&x.Start, &x.End)
		}
	}
}

func (l *loader) denied(list []int64) error {
	return l.read(func(r *db.Row) error {
		if o := l.owners[r.Int()]; o != nil {
			o.Denied[r.Int()] = true
		}
		return nil
	}, `select owner_id, target_id from denied_association where owner_id = any (?)`, ids(list))
}

// synchronized tells when the newest applied synchronization of each target entity type began (X1).
func (l *loader) synchronized([]int64) error {
	l.b.SyncedAt = map[int64]time.Time{}
	return l.read(func(r *db.Row) error {
		id := r.Int()
		l.b.SyncedAt[id] = r.Time().UTC()
		return nil
	}, `select et.id, d.at from entity_type et
		cross join lateral (select max(started_at) as at from delivery where connector_id = et.connector_id and state = 'APPLIED') d where d.at is not null`)
}

// matches finds, by the owners' keys, the targets that correlation rules propose and the resources that query rules look up.
func (l *loader) matches([]int64) error {
	var owners, rules []int64
	var values []string
	for _, o := range l.b.Owners {
		for _, k := range expectation.SourceKeys(l.m.Compiled, l.b.Now, o.Resource, l.b.Resources) {
			if k.Fault == "" {
				owners, rules, values = append(owners, o.Resource.ID), append(rules, k.RuleID), append(values, k.Value)
			}
		}
	}
	if len(owners) == 0 {
		return nil
	}
	return l.read(func(r *db.Row) error {
		m := l.match(r)
		key := evaluation.Key{RuleID: r.Int()}
		kind := r.Text()
		if key.Value = r.Text(); kind == "QUERY" {
			l.owners[m.OwnerID].Lookups[key] = append(l.owners[m.OwnerID].Lookups[key], m.ResourceID)
			return nil
		}
		m.RuleID = key.RuleID
		return l.offer(&m)
	}, `
		select k.owner_id, k.resource_id, k.owners, h.claim, h.resource_type_id, h.expected, k.rule_id, k.kind, k.value
		from (select k.owner_id, k.rule_id, t.resource_id, r.kind, k.value,
				(select count(*) from correlation_key s join resource o on o.id = s.resource_id and o.valid_to = 'infinity'
					where s.rule_id = k.rule_id and s.side = 'S' and s.digest = hashtextextended(k.value, 0) and s.value = k.value and s.resource_id <> k.owner_id) + 1 as owners
			from unnest(?::bigint[], ?::bigint[], ?::text[]) k (owner_id, rule_id, value)
			join resource_type_rule r on r.id = k.rule_id
			join correlation_key t on t.rule_id = k.rule_id and t.side = 'T' and t.digest = hashtextextended(k.value, 0) and t.value = k.value
			join resource x on x.id = t.resource_id and x.valid_to = 'infinity') k`+claimOfTarget+`
		order by k.owner_id, k.rule_id, k.value, k.resource_id`, ids(owners), ids(rules), texts(values))
}

// match is a target found for an owner, with the claim of whoever else has it.
type match struct {
	OwnerID, RuleID, ResourceID int64
	Owners                      int
	Claim                       string
	ResourceTypeID              int64
	Expected                    []byte
}

// match reads owner, target, how many owners there may be, and the claim.
func (l *loader) match(r *db.Row) match {
	return match{OwnerID: r.Int(), ResourceID: r.Int(), Owners: int(r.Int()), Claim: r.Text(), ResourceTypeID: r.Int(), Expected: r.Bytes()}
}

// offer makes a target a candidate of its owner, unless somebody has it.
func (l *loader) offer(m *match) (err error) {
	o := l.owners[m.OwnerID]
	if o == nil || m.Claim == "TAKEN" {
		return nil
	}
	c := evaluation.Candidate{TargetID: m.ResourceID, RuleID: m.RuleID, Owners: m.Owners, IsLeaving: m.Claim == "LEAVING"}
	if m.Claim == "FORMER" {
		c.Former = &evaluation.Former{ResourceTypeID: m.ResourceTypeID}
		if c.Former.Expected, err = l.stored.Read(m.Expected); err != nil {
			return fmt.Errorf("expected values of the former owner of %d: %w", m.ResourceID, err)
		}
	}
	o.Candidates = append(o.Candidates, c)
	return nil
}

// createdKeys finds targets by the key that an operator or a connector reported for an order of the owner (provisioning spec 4.3).
func (l *loader) createdKeys(list []int64) error {
	// offset 0 keeps the planner from turning the look-ups by key round: while the tables are being filled it takes them for nearly empty
	return l.read(func(r *db.Row) error {
		m := l.match(r)
		return l.offer(&m)
	}, `select k.owner_id, k.resource_id, 1 as owners, h.claim, h.resource_type_id, h.expected
		from (select k.owner_id, r.id as resource_id
		from (select a.owner_id, a.created_key, t.target_entity_type_id from assigned_resource_type a join resource_type t on t.id = a.resource_type_id
			where a.owner_id = any (?) and a.valid_to = 'infinity' and a.created_key is not null and a.resource_id is null offset 0) k
		cross join lateral (select id from resource where entity_type_id = k.target_entity_type_id and key = k.created_key and valid_to = 'infinity' offset 0) r) k`+claimOfTarget+`
		order by k.owner_id, k.resource_id`, ids(list))
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
