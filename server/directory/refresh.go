package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// refreshBatch is how many resources whose label needs the hook are read at once.
const refreshBatch = 10_000

// Refresh derives again, for every living resource of some entity types (none named: of all), what follows from the metadata: display
// names, unique keys, links and hierarchies. The values stay, so no version is cut. To be called when display expressions, navigation
// properties, unique keys or dimensions changed (task UpdateEntityPropertyExpressions, end of an apply). Only what differs is written
// and marked as changed.
func Refresh(ctx context.Context, tx bun.Tx, now time.Time, shape *Shape, opts Options, entityTypeIDs ...int64) (Counts, error) {
	w, err := NewWriter(ctx, tx, now, shape, opts)
	if err != nil {
		return Counts{}, err
	}
	if len(entityTypeIDs) == 0 {
		for id := range shape.EntityTypes {
			entityTypeIDs = append(entityTypeIDs, id)
		}
	}
	types := distinct(entityTypeIDs)
	if len(types) == 0 {
		return Counts{}, nil
	}
	w.refreshes = true
	if err := w.relabel(ctx, types); err != nil {
		return Counts{}, fmt.Errorf("compute display names: %w", err)
	}
	// unique keys first: links may go through them
	_, err = tx.NewRaw(`
		delete from resource_unique_key u
		where u.entity_type_id = any (?0) and not exists (
			select 1 from property_mapping m join property p on p.id = m.property_id join resource r on r.id = u.resource_id
			where m.property_id = u.property_id and m.is_unique_key and not m.is_primary_key and r.valid_to = 'infinity' and r.scalars ->> p.identifier = u.value);
		insert into resource_unique_key (property_id, value, resource_id, entity_type_id)
		select p.id, r.scalars ->> p.identifier, r.id, r.entity_type_id
		from property_mapping m
		join property p on p.id = m.property_id and p.target_entity_type_id is null
		join resource r on r.entity_type_id = p.entity_type_id and r.valid_to = 'infinity'
		where m.is_unique_key and not m.is_primary_key and p.entity_type_id = any (?0) and r.scalars ->> p.identifier is not null
		on conflict do nothing;
		insert into directory_source (id)
		select r.id from resource r
		where r.valid_to = 'infinity' and (r.entity_type_id = any (?0)
			or r.entity_type_id in (select entity_type_id from property where target_entity_type_id = any (?0)))
		on conflict do nothing;
		analyze directory_source`, array(types)).Exec(ctx)
	if err != nil {
		return Counts{}, fmt.Errorf("derive unique keys: %w", err)
	}
	return w.Close(ctx)
}

// relabel writes the display names that differ from what the metadata says now.
func (w *Writer) relabel(ctx context.Context, types []int64) error {
	cases, hooked := labelCases(w.shape, types)
	if w.opts.DisplayName == nil {
		hooked = nil
	}
	_, err := w.tx.NewRaw(`with renamed as (
			update resource n set display_name = ?0
			where n.entity_type_id = any (?1) and n.entity_type_id <> all (?2) and n.valid_to = 'infinity' and n.display_name <> ?0
			returning n.id, n.entity_type_id)
		insert into directory_touched (resource_id, entity_type_id, command, relink) select id, entity_type_id, 'U', false from renamed`,
		cases, array(types), array(hooked)).Exec(ctx)
	if err != nil {
		return err
	}
	for from := int64(0); len(hooked) > 0; {
		var rows []struct {
			ID           int64
			EntityTypeID int64
			Key          string
			DisplayName  string
			Scalars      map[string]string `bun:"type:jsonb"`
		}
		err := w.tx.NewRaw(`select id, entity_type_id, key, display_name, scalars from resource
			where entity_type_id = any (?) and valid_to = 'infinity' and id > ? order by id limit ?`, array(hooked), from, refreshBatch).Scan(ctx, &rows)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		var ids []int64
		var names []string
		for _, r := range rows {
			from = r.ID
			if name := w.hookedLabel(r.EntityTypeID, r.Key, r.Scalars); name != r.DisplayName {
				ids, names = append(ids, r.ID), append(names, name)
			}
		}
		_, err = w.tx.NewRaw(`with renamed as (
				update resource r set display_name = v.name from unnest(?::bigint[], ?::text[]) v (id, name) where r.id = v.id
				returning r.id, r.entity_type_id)
			insert into directory_touched (resource_id, entity_type_id, command, relink) select id, entity_type_id, 'U', false from renamed`,
			array(ids), array(names)).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return w.tx.NewRaw("select count(*) from directory_touched").Scan(ctx, &w.counts.Updated)
}
