package assignment

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/evaluation/difference"
	"writ/server/permit"
)

// What rules recognize accounts by (role-model 5), and taking back what was decided about that (5.5). server/reconciliation calls these.

// Found is somebody whom a correlation rule finds for a target, or, without an owner, the type that a classification rule sees in it.
type Found struct {
	TargetID, OwnerID, ResourceTypeID, RuleID int64
	Confidence                                int
	Value                                     string // the equal key; empty: of a classification
	IsShared                                  bool   // the key is somebody else's too
}

// FoundBy gives what the rules say now about targets, the surest first: whose they are by their keys, then what they are. A rule that fails for a
// target says nothing about it.
func (s *Service) FoundBy(ctx context.Context, b bun.IDB, m *Model, targets []int64) (map[int64][]Found, error) {
	out := make(map[int64][]Found, len(targets))
	if err := db.Select(ctx, b, bun.SafeQuery(`select t.resource_id, n.resource_id, r.resource_type_id, r.id, r.confidence, t.value, count(*) over (partition by t.resource_id, t.rule_id, t.value) > 1
		from correlation_key t join correlation_key n on n.rule_id = t.rule_id and n.side = 'S' and n.digest = t.digest and n.value = t.value
			join resource o on o.id = n.resource_id and o.valid_to = 'infinity'
			join resource_type_rule r on r.id = t.rule_id and r.kind = 'CORRELATION'
		where t.side = 'T' and t.resource_id = any (?) order by t.resource_id, r.confidence desc, r.id, n.resource_id`, ids(targets)), func(r *db.Row) error {
		f := Found{TargetID: r.Int(), OwnerID: r.Int(), ResourceTypeID: r.Int(), RuleID: r.Int(), Confidence: int(r.Int()), Value: r.Text(), IsShared: r.Bool()}
		out[f.TargetID] = append(out[f.TargetID], f)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find owners by keys: %w", db.Explain(err))
	}
	batch := &evaluation.Batch{Now: s.Clock.Now(), Resources: map[int64]*evaluation.Resource{}}
	l := &loader{orphans: true, ctx: ctx, db: b, m: m, b: batch}
	if err := l.resources(targets, m.Hops.targetKey); err != nil {
		return nil, err
	}
	for _, id := range targets {
		target := batch.Resources[id]
		if target == nil || target.Gone {
			continue
		}
		if x := difference.Recognize(m.Compiled, batch, target); x != nil {
			out[id] = append(out[id], Found{TargetID: id, ResourceTypeID: x.Type.ID, RuleID: x.ID, Confidence: x.Confidence})
		}
	}
	return out, nil
}

// Surest is the owner that rules are sure of; nil: of nobody. unsure: two have as good a claim.
func Surest(found []Found) (best *Found, unsure bool) {
	for i := range found {
		switch f := &found[i]; {
		case f.OwnerID == 0:
			continue
		case best == nil:
			best = f
			unsure = f.IsShared
		case f.Confidence == best.Confidence && f.OwnerID != best.OwnerID:
			unsure = true
		}
	}
	return best, unsure
}

// Recognized is an account under its lock, with what it is taken for.
type Recognized struct {
	TargetID               int64
	TargetKey              string
	AssignedResourceTypeID int64 // 0: nothing recognizes it
	OwnerID                *int64
	ResourceTypeID         int64
	WorkflowState          evaluation.Workflow
	IsFrozen               bool
	IsOwnerGone            bool // not in its source any more
	HasOrder               bool // an order about it is open
	Multiple               bool // the owner may have several of the type by rules
	HasOther               bool // the owner has another one of the type
	IsMade                 bool // it was created for the owner
}

// Asked: a request gave it to its owner; rules did not.
func (x *Recognized) Asked() bool { return x.WorkflowState.ByPerson() && !x.IsFrozen }

// mostOwners is how many owners are computed at once when accounts are recognized again; further ones follow by themselves.
const mostOwners = 100

// LockRecognized locks what taking back a recognition touches, in the order in which computations do: the ranges of the owners, present ones and those
// whom rules find, then the assigned resource types.
func (s *Service) LockRecognized(ctx context.Context, tx bun.Tx, m *Model, targets []int64) ([]*Recognized, map[int64][]Found, error) {
	found, err := s.FoundBy(ctx, tx, m, targets)
	if err != nil {
		return nil, nil, err
	}
	var owners []int64
	if err := tx.NewRaw(`select owner_id from assigned_resource_type where resource_id = any (?) and valid_to = 'infinity' and owner_id is not null`, ids(targets)).Scan(ctx, &owners); err != nil {
		return nil, nil, fmt.Errorf("find the owners of accounts: %w", err)
	}
	if err := lockOwners(ctx, tx, append(owners, foundOwners(found)...)); err != nil {
		return nil, nil, err
	}
	if _, err := tx.NewRaw(`select id from assigned_resource_type where resource_id = any (?) and valid_to = 'infinity' order by id for no key update`, ids(targets)).Exec(ctx); err != nil {
		return nil, nil, fmt.Errorf("lock assigned resource types: %w", err)
	}
	var list []*Recognized
	if err := tx.NewRaw(`select x.id as target_id, x.key as target_key, coalesce(a.id, 0) as assigned_resource_type_id, a.owner_id, coalesce(a.resource_type_id, 0) as resource_type_id,
			coalesce(a.workflow_state, 0) as workflow_state, coalesce(a.is_frozen, false) as is_frozen, coalesce(w.valid_to <> 'infinity', false) as is_owner_gone,
			exists (select from provisioning_order o where o.assigned_resource_type_id = a.id and o.closed_at is null) as has_order,
			coalesce(t.correlate_multiple_resources, false) as multiple, coalesce(a.created_key = x.key, false) as is_made,
			exists (select from assigned_resource_type b where b.owner_id = a.owner_id and b.resource_type_id = a.resource_type_id and b.id <> a.id and b.valid_to = 'infinity' and b.resource_id is not null) as has_other
		from resource x left join assigned_resource_type a on a.resource_id = x.id and a.valid_to = 'infinity' left join resource_type t on t.id = a.resource_type_id left join resource w on w.id = a.owner_id
		where x.id = any (?) and x.valid_to = 'infinity' order by x.id`, ids(targets)).Scan(ctx, &list); err != nil {
		return nil, nil, fmt.Errorf("lock accounts: %w", err)
	}
	if found, err = s.FoundBy(ctx, tx, m, targets); err != nil { // as it is now that nobody changes it
		return nil, nil, err
	}
	return list, found, nil
}

// foundOwners are the first of those whom rules find, the surest of each target first.
func foundOwners(found map[int64][]Found) (owners []int64) {
	for _, target := range slices.Sorted(maps.Keys(found)) {
		for _, f := range found[target] {
			if f.OwnerID != 0 && len(owners) < mostOwners {
				owners = append(owners, f.OwnerID)
			}
		}
	}
	return owners
}

// Stays reports whether rules find the account again where it is.
func (x *Recognized) Stays(found []Found) bool {
	if x.OwnerID == nil {
		return x.AssignedResourceTypeID != 0 // what it is is looked at again in place
	}
	if x.IsOwnerGone {
		return false
	}
	if x.IsMade {
		return true
	}
	best, unsure := Surest(found)
	return best != nil && !unsure && best.Confidence >= 100 && best.OwnerID == *x.OwnerID && best.ResourceTypeID == x.ResourceTypeID && (x.Multiple || !x.HasOther)
}

// Recognize lets rules say again whose accounts are, and what (role-model 5.5): what people decided about that is over, denied owners may be found
// again, and what rules find otherwise now is not as it was. Owners are found first, in this transaction; what nobody gets is classified then. An account
// that is found where it is keeps what is known of it, and the decisions about its values. The caller has locked them, and made sure that no order
// about them is open.
func (s *Service) Recognize(ctx context.Context, tx bun.Tx, m *Model, d Decided, list []*Recognized, found map[int64][]Found) error {
	var stay, leave, moving, targets, owners []int64
	confidence := map[int64]int{}
	for _, x := range list {
		targets = append(targets, x.TargetID)
		if x.OwnerID != nil {
			owners = append(owners, *x.OwnerID)
		}
		switch {
		case x.AssignedResourceTypeID == 0:
			continue
		case x.Stays(found[x.TargetID]):
			stay = append(stay, x.AssignedResourceTypeID)
			if best, _ := Surest(found[x.TargetID]); best != nil && x.OwnerID != nil {
				confidence[x.AssignedResourceTypeID] = best.Confidence
			}
		default:
			leave = append(leave, x.AssignedResourceTypeID)
		}
		if x.IsFrozen && slices.Contains(stateMachine.From(Reset), x.WorkflowState) {
			moving = append(moving, x.AssignedResourceTypeID)
		}
	}
	if _, err := tx.NewRaw(`delete from denied_association where target_id = any (?)`, ids(targets)).Exec(ctx); err != nil {
		return fmt.Errorf("forget denied owners: %w", err)
	}
	if err := versionTypes(ctx, tx, d.At, append(slices.Clone(stay), leave...)); err != nil {
		return err
	}
	if err := s.takeBack(ctx, tx, d, moving); err != nil {
		return err
	}
	rows, rates := slices.Sorted(maps.Keys(confidence)), []int64{}
	for _, id := range rows {
		rates = append(rates, int64(confidence[id]))
	}
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`update assigned_resource_type set is_frozen = false, valid_from = greatest(?0, valid_from) where id = any (?1)`, []any{d.At, ids(stay)}},
		{`update assigned_resource_type a set confidence = k.rate from unnest(?0::bigint[], ?1::bigint[]) k (id, rate) where a.id = k.id`, []any{ids(rows), ids(rates)}},
		{`update assigned_resource_type set valid_from = greatest(?0, valid_from), valid_to = greatest(?0, valid_from) where id = any (?1) and valid_to = 'infinity'`, []any{d.At, ids(leave)}},
		{`update gap set closed_at = ?0 where closed_at is null and assigned_resource_type_id = any (?1)`, []any{d.At, ids(leave)}},
		{`update kept_value set closed_at = ?0 where closed_at is null and assigned_resource_type_id = any (?1)`, []any{d.At, ids(leave)}},
	} {
		if _, err := tx.NewRaw(q.sql, q.args...).Exec(ctx); err != nil {
			return fmt.Errorf("let rules recognize accounts: %w", err)
		}
	}
	var all []int64
	for _, list := range found {
		for _, f := range list {
			if f.OwnerID != 0 {
				all = append(all, f.OwnerID)
			}
		}
	}
	all = append(all, owners...)
	slices.Sort(all)
	if err := MarkDirty(ctx, tx, "recognized again", slices.Compact(all)...); err != nil {
		return err
	}
	return s.recognize(ctx, tx, m, targets, append(owners, foundOwners(found)...))
}

// CatchUp makes the keys by which owners are found what they must be after the changes and rules of now, as every computation does first.
func (s *Service) CatchUp(ctx context.Context) error {
	if err := s.mendStored(ctx); err != nil {
		return fmt.Errorf("compute stored values: %w", err)
	}
	if err := s.Spread(ctx); err != nil {
		return err
	}
	if err := s.mendKeys(ctx); err != nil {
		return fmt.Errorf("make correlation keys: %w", err)
	}
	return nil
}

// takeBack moves accounts that somebody kept back to what was found.
func (s *Service) takeBack(ctx context.Context, tx bun.Tx, d Decided, list []int64) error {
	list, moves, err := lockMovable(ctx, tx, Reset, list)
	if err != nil || len(list) == 0 {
		return err
	}
	if _, err := tx.NewRaw(`update assigned_resource_type set workflow_state = ?0, workflow_state_changed_at = ?1 where id = any (?2)`, stateMachine.To(Reset), d.At, ids(list)).Exec(ctx); err != nil {
		return fmt.Errorf("take back what was kept: %w", err)
	}
	return remember(ctx, tx, d.At, d.Actor, d.Comment, moves)
}

// recognize finds owners, as far as they are computed at all, and classifies what nobody gets.
func (s *Service) recognize(ctx context.Context, tx bun.Tx, m *Model, targets, owners []int64) error {
	var computed []int64
	if err := tx.NewRaw(`select r.id from resource r join entity_type t on t.id = r.entity_type_id and t.initialized_at is not null
		where r.id = any (?) and r.valid_to = 'infinity' order by r.id`, ids(owners)).Scan(ctx, &computed); err != nil {
		return fmt.Errorf("find who is computed: %w", err)
	}
	engine := permit.With(ctx, permit.System("policy"))
	if len(computed) > 0 {
		if _, err := s.compute(engine, tx, computed, false, Options{}); err != nil {
			return err
		}
	}
	var left []int64
	if err := tx.NewRaw(`select x.id from resource x where x.id = any (?) and not exists (select from assigned_resource_type a where a.resource_id = x.id and a.valid_to = 'infinity' and a.owner_id is not null)
		order by x.id`, ids(targets)).Scan(ctx, &left); err != nil {
		return fmt.Errorf("find what nobody gets: %w", err)
	}
	if len(left) == 0 {
		return nil
	}
	_, err := s.classify(engine, tx, m, left)
	return err
}

// SeenAs is what an account is taken for, as it is compared: whoever decides about it saw this.
const SeenAs = `row(a.owner_id, a.resource_type_id, a.workflow_state, a.is_frozen)::text`
