package assignment

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// modelAt compiles the model as it was known at an instant: its rules, and the names and trees that they speak of. The shape of the data is
// that of now. Invalid when the model of then is not kept, or cannot be computed with the entity types of now.
func (s *Service) modelAt(ctx context.Context, idb bun.IDB, known time.Time) (*Model, error) {
	version, err := rolemodel.VersionAt(ctx, idb, known)
	if err != nil {
		return nil, err
	}
	first, err := rolemodel.FirstVersion(ctx, idb)
	if err != nil {
		return nil, err
	}
	if version != 0 && version < first {
		return nil, errs.Invalid("knownAt", "The role model of %s is not kept. Ask for a later instant.", known.UTC().Format("2 January 2006 15:04 MST"))
	}
	source, err := rolemodel.LoadVersion(ctx, idb, version)
	if err != nil {
		return nil, err
	}
	shape, err := s.Shapes.Load(ctx, idb)
	if err != nil {
		return nil, err
	}
	keys, err := referenceDataAt(ctx, idb, source, shape, known)
	if err != nil {
		return nil, err
	}
	m, problems := compiled(source, shape, keys)
	if m == nil {
		return nil, errs.Invalid("knownAt", "The role model of %s does not fit the entity types of now: %s.", known.UTC().Format("2 January 2006 15:04 MST"), problems[0].Message)
	}
	return m, nil
}

// referenceDataAt is referenceData as it was known at an instant.
func referenceDataAt(ctx context.Context, idb bun.IDB, m *rolemodel.Model, shape *directory.Shape, at time.Time) (keys model.Keys, err error) {
	keys = model.Keys{IDs: map[int64]map[string]int64{}, Labels: map[int64]string{}}
	if keys.Ancestors, err = directory.AncestorsAt(ctx, idb, shape, at); err != nil {
		return keys, err
	}
	types, names := required(m, shape)
	var found []resourceName
	if err := idb.NewRaw(`select r.id, r.entity_type_id, r.key, r.display_name from unnest(?0::bigint[], ?1::text[]) k (type, key)
		join resource r on r.entity_type_id = k.type and r.key = k.key
			and (r.valid_from <= ?2 and r.valid_to > ?2 or exists (select from resource_version v where v.resource_id = r.id and v.valid_from <= ?2 and v.valid_to > ?2))
		order by r.id`, ids(types), texts(names), at).Scan(ctx, &found); err != nil {
		return keys, fmt.Errorf("read keys of the role model of then: %w", err)
	}
	name(keys, found)
	if err := groupValues(&keys, m, shape, func(list []int64) (map[int64]*directory.Loaded, error) {
		return directory.LoadManyAt(ctx, idb, shape, at, list)
	}); err != nil {
		return keys, fmt.Errorf("read groups of the role model of then: %w", err)
	}
	keys.Tables, err = tables(model.Queried(m, shape), tableReader{
		list: func(id int64) (list []int64, err error) {
			err = idb.NewRaw(`select r.id from resource r where r.entity_type_id = ?0
				and (r.valid_from <= ?1 and r.valid_to > ?1 or exists (select from resource_version v where v.resource_id = r.id and v.valid_from <= ?1 and v.valid_to > ?1))
				order by r.id limit ?2`, id, at, formula.MaxQueried+1).Scan(ctx, &list)
			return list, err
		},
		load: func(list []int64, follow []directory.Follow) (map[int64]*directory.Loaded, error) {
			return directory.LoadManyAt(ctx, idb, shape, at, list, follow...)
		},
	})
	return keys, err
}

// loadPast reads an owner as it was known at an instant, for an explanation: what it was, what it was linked to, and what it had. Orders,
// differences and what systems showed are not computed again: follows tells them as they were kept. nil: it was not known then.
func (s *Service) loadPast(ctx context.Context, idb bun.IDB, m *Model, ownerID int64, a axes) (*evaluation.Batch, error) {
	b := &evaluation.Batch{Now: a.at, Force: true, Explain: true, Resources: map[int64]*evaluation.Resource{}, SyncedAt: map[int64]time.Time{}}
	loaded, err := directory.LoadManyAt(ctx, idb, m.Shape, a.known, []int64{ownerID}, m.Hops.owner...)
	if err != nil {
		return nil, err
	}
	for id, r := range loaded {
		b.Resources[id] = toEvaluation(r)
	}
	r := b.Resources[ownerID]
	if r == nil {
		return nil, nil
	}
	o := &evaluation.Owner{Resource: r, Lookups: map[evaluation.Key][]int64{}, Denied: map[int64]bool{}}
	b.Owners = append(b.Owners, o)
	roles, err := a.roles(ctx, idb, ownerID)
	if err != nil {
		return nil, fmt.Errorf("read the roles of then: %w", err)
	}
	for _, x := range roles {
		o.Roles = append(o.Roles, &evaluation.AssignedRole{ID: x.ID, RoleID: x.RoleID, Workflow: evaluation.Workflow(x.WorkflowState), Origin: x.Origin, IsDenied: x.IsDenied,
			Start: utc(x.StartDate), End: utc(x.EndDate), InferredByID: orZero(x.InferredByID), RuleIDs: x.RuleIDs, Parameters: x.Parameters})
	}
	types, err := a.types(ctx, idb, ownerID)
	if err != nil {
		return nil, fmt.Errorf("read the resource types of then: %w", err)
	}
	rows := map[int64]*evaluation.ExistingType{}
	for _, x := range types {
		t := &evaluation.ExistingType{ID: x.ID, ResourceTypeID: x.ResourceTypeID, TargetID: orZero(x.ResourceID), Workflow: evaluation.Workflow(x.WorkflowState),
			IsExpected: x.IsExpected, IsDenied: x.IsDenied, IsFrozen: x.IsFrozen, Start: utc(x.StartDate), End: utc(x.EndDate), Confidence: x.Confidence,
			Expected: x.expected, CreatedKey: text(x.CreatedKey), WasVerified: x.VerifiedAt != nil && !x.VerifiedAt.After(a.known), Error: text(x.Error)}
		rows[x.ID], o.Types = t, append(o.Types, t)
	}
	if err := db.Select(ctx, idb, bun.SafeQuery("select at from departure where person_id = ?0 and state in ('DEPARTED', 'RETURNED') and at <= ?1 and coalesce(returned_at, 'infinity') > ?1", ownerID, a.known), func(r *db.Row) error {
		depart(o, r.Time().UTC())
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read whether he had left: %w", err)
	}
	lookedUp(m, b, o)
	if err := keptThen(ctx, idb, rows, a.done()); err != nil {
		return nil, err
	}
	return b, db.Select(ctx, idb, bun.SafeQuery("select target_id from denied_association where owner_id = ? and at <= ?", ownerID, a.known), func(r *db.Row) error {
		o.Denied[r.Int()] = true
		return nil
	})
}

// lookedUp gives query rules what they had found by then: the resources that their values are made of. Correlation keys have no past.
func lookedUp(m *Model, b *evaluation.Batch, o *evaluation.Owner) {
	made := map[int64][]int64{}
	for _, t := range o.Types {
		for _, span := range slices.Concat(slices.Collect(maps.Values(t.Expected.Properties))...) {
			for _, rule := range span.Rules {
				if span.ID != 0 {
					made[rule] = append(made[rule], span.ID)
				}
			}
		}
	}
	for _, k := range expectation.SourceKeys(m.Compiled, b.Now, o.Resource, b.Resources) {
		key := evaluation.Key{RuleID: k.RuleID, Value: k.Value}
		o.Lookups[key] = append(o.Lookups[key], made[k.RuleID]...)
	}
}

// keptThen reads the decisions about values that were in force.
func keptThen(ctx context.Context, idb bun.IDB, rows map[int64]*evaluation.ExistingType, at time.Time) error {
	return db.Select(ctx, idb, bun.SafeQuery(`select `+keptColumns+` from kept_value
		where assigned_resource_type_id = any (?0) and at <= ?1 and (closed_at is null or closed_at > ?1) order by id`, ids(slices.Sorted(maps.Keys(rows))), at), func(r *db.Row) error {
		readKept(r, rows)
		return nil
	})
}
