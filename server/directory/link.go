package directory

import (
	"context"
	"slices"

	"github.com/uptrace/bun/dialect/pgdialect"
)

func array[T any](s []T) any {
	if s == nil {
		s = []T{}
	}
	return pgdialect.Array(s)
}

// linking is the advisory lock under which links are derived. Without it, a resource and another one that refers to it, written by two
// transactions at once, would not see each other and the link would be missed.
const linking = 0x6c696e6b // "link"

// links brings resource_link, resource_unique_key and unresolved_ref up to what was written.
func (w *Writer) links(ctx context.Context) error {
	var unique []int64
	for id := range w.shape.EntityTypes {
		for _, p := range w.shape.UniqueKeys(id) {
			unique = append(unique, p.ID)
		}
	}
	slices.Sort(unique)
	if _, err := w.tx.ExecContext(ctx, "select pg_advisory_xact_lock(?)", linking); err != nil {
		return err
	}
	if len(unique) > 0 {
		if _, err := w.tx.ExecContext(ctx, statement("unique"), array(unique), MaxKey); err != nil {
			return err
		}
	}
	if _, err := w.tx.ExecContext(ctx, statement("link"), w.now); err != nil {
		return err
	}
	if err := w.tx.NewRaw("select count(*) from directory_link_change").Scan(ctx, &w.counts.LinksDeleted); err != nil {
		return err
	}
	opened, err := w.tx.NewRaw(`with opened as (
		insert into resource_link (property_id, source_id, target_id, valid_from)
		select distinct property_id, source_id, target_id, ?::timestamptz from directory_wanted where target_id is not null
		on conflict (source_id, property_id, target_id) where valid_to = 'infinity' do nothing
		returning source_id, property_id, target_id)
		insert into directory_link_change select source_id, property_id, target_id from opened`, w.now).Exec(ctx)
	if err != nil {
		return err
	}
	n, err := opened.RowsAffected()
	if err != nil {
		return err
	}
	w.counts.LinksInserted = int(n)
	if _, err := w.tx.ExecContext(ctx, statement("passed")); err != nil {
		return err
	}
	if _, err := w.tx.ExecContext(ctx, statement("unresolved")); err != nil {
		return err
	}
	if err := w.tx.NewRaw("select count(*) from directory_wanted where target_id is null").Scan(ctx, &w.counts.Unresolved); err != nil {
		return err
	}
	if w.counts.Unresolved == 0 {
		return nil
	}
	return w.tx.NewRaw(`select t.identifier as entity_type, r.key, p.identifier as property, u.value
		from directory_wanted u
		join resource r on r.id = u.source_id
		join property p on p.id = u.property_id
		join entity_type t on t.id = r.entity_type_id
		where u.target_id is null
		order by r.key, p.identifier, u.value limit 20`).Scan(ctx, &w.counts.Examples)
}
