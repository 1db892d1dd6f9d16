package assignment

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
)

// Passed notes whose targets hold references that mean other resources now, since the names that stand there passed on: what Writ wrote there stays
// its own work. passed is a query as directory.Options.Passed gives it. The owners are dirty by what changed; their next computation takes the notes in.
func Passed(ctx context.Context, tx bun.Tx, now time.Time, passed string) error {
	_, err := tx.NewRaw(`with passed as materialized (?0)
		insert into passed_reference (assigned_resource_type_id, property, name, was_id, is_id, at)
		select a.id, p.identifier, v.name, v.was_id, v.is_id, ?1::timestamptz
		from passed v join property p on p.id = v.property_id
		join assigned_resource_type a on a.resource_id = v.source_id and a.valid_to = 'infinity' and a.owner_id is not null
		union
		select a.id, null, v.name, v.was_id, v.is_id, ?1::timestamptz -- written, and not read yet
		from passed v join evaluation_fact f on f.resource_id = v.was_id
		join provisioning_order o on o.owner_id = f.owner_id and o.closed_at is null and o.kind <> 'DELETE'
		join assigned_resource_type a on a.id = o.assigned_resource_type_id and a.valid_to = 'infinity'
		where v.source_id is null
		order by 1, 2, 3, 4, 5`, bun.Safe(passed), now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note references that passed on: %w", err)
	}
	return nil
}

// passed has what is Writ's own work follow the names that passed on since the last computation.
func (l *loader) passed([]int64) error {
	notes := map[int64][]evaluation.Passed{}
	if err := l.read(func(r *db.Row) error {
		id, t := r.Int(), l.types[r.Int()]
		t.Passed = append(t.Passed, id)
		notes[t.ID] = append(notes[t.ID], evaluation.Passed{Property: r.Text(), Name: r.Text(), Was: r.Int(), Is: r.Int(), At: r.Time()})
		return nil
	}, `select id, assigned_resource_type_id, property, name, was_id, is_id, at from passed_reference where assigned_resource_type_id = any (?) order by at, id`,
		ids(slices.Sorted(maps.Keys(l.types)))); err != nil {
		return err
	}
	for id, list := range notes {
		t := l.types[id]
		rt := l.m.ResourceType(t.ResourceTypeID)
		if rt == nil || rt.TicketSynchroIsNotAvailable {
			continue // nobody will show what stands there
		}
		t.Expected, t.Followed = t.Expected.Follow(list, func(property string) bool {
			p := l.m.Shape.Property(rt.TargetEntityTypeID, property)
			return p != nil && p.IsCollection
		})
	}
	return nil
}

// dangling reads what points to nothing in the targets of owners, where some of it may be our own work.
func (l *loader) dangling() error {
	var list []int64
	for _, o := range l.b.Owners {
		any := slices.ContainsFunc(o.Types, func(t *evaluation.ExistingType) bool { return t.Expected.HasTexts() }) ||
			slices.ContainsFunc(o.Candidates, func(c evaluation.Candidate) bool { return c.Former != nil && c.Former.Expected.HasTexts() })
		if !any {
			continue
		}
		for _, t := range o.Types {
			list = append(list, t.TargetID)
		}
		for _, c := range o.Candidates {
			list = append(list, c.TargetID)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return l.read(func(r *db.Row) error {
		t, p, text := l.b.Resources[r.Int()], l.m.Shape.Properties[r.Int()], r.Text()
		if t == nil || p == nil {
			return nil
		}
		if t.Dangling == nil {
			t.Dangling = map[string][]string{}
		}
		t.Dangling[p.Identifier] = append(t.Dangling[p.Identifier], text)
		return l.count(1)
	}, `select source_id, property_id, value from unresolved_ref where source_id = any (?) order by source_id, property_id, value`, ids(list))
}

// forgetPassed drops the notes that a computation took in.
func forgetPassed(ctx context.Context, tx bun.Tx, b *evaluation.Batch, failed map[int64]error) error {
	var taken []int64
	for _, o := range b.Owners {
		if failed[o.Resource.ID] != nil {
			continue
		}
		for _, t := range o.Types {
			taken = append(taken, t.Passed...)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	if _, err := tx.NewRaw(`delete from passed_reference where id = any (?)`, ids(taken)).Exec(ctx); err != nil {
		return fmt.Errorf("forget references that passed on: %w", err)
	}
	return nil
}
