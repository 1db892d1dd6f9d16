-- The rows of a delivery become those to mend. ?0 delivery, ?1 entity type, ?2 whether the whole table was read: else older rows stay whose
-- key did not come again.
with old as (
    delete from row_to_mend o
    where o.entity_type_id = ?1 and o.is_listed and (?2 or o.key is not null and (
        exists (select from delivery_row r where r.delivery_id = ?0 and r.entity_type_id = ?1 and r.key = o.key)
        or exists (select from row_to_mend n where n.delivery_id = ?0 and n.entity_type_id = ?1 and not n.is_listed and n.key = o.key)))
    returning o.kind, o.key, o.column_name, o.why, o.since)
update row_to_mend m
set is_listed = true, texts = '{}', since = coalesce((select min(o.since) from old o
    where o.kind = m.kind and o.key is not distinct from m.key and o.column_name is not distinct from m.column_name and (m.key is not null or o.why = m.why)), m.since)
where m.delivery_id = ?0 and m.entity_type_id = ?1 and not m.is_listed
