-- Sets rows aside that contradict each other: all of a key whose rows differ, and those that share it with a row that cannot be read.
-- ?0 delivery, ?1 entity type, ?2 connector, ?3 file or table, ?4 now.
with doubtful as (
    select key from delivery_row where delivery_id = ?0 and entity_type_id = ?1
    group by key having count(*) > 1 and (count(distinct scalars) > 1 or count(distinct refs) > 1)
    union
    select key from row_to_mend where delivery_id = ?0 and entity_type_id = ?1 and not is_listed and is_sure
), gone as (
    delete from delivery_row r using doubtful x
    where r.delivery_id = ?0 and r.entity_type_id = ?1 and r.key = x.key
    returning r.key, r.line, r.n
), told as (
    insert into row_to_mend (connector_id, entity_type_id, delivery_id, kind, place, line, key, is_sure, why, since)
    select ?2, ?1, ?0, 'DUPLICATE', ?3, g.line, g.key, true,
        format('the key %s stands in several lines with different data (%s)', quote_literal(left(g.key, 60)), (
            select string_agg(line::text, ', ' order by line) from (
                select line from gone o where o.key = g.key
                union select line from row_to_mend m where m.delivery_id = ?0 and m.entity_type_id = ?1 and not m.is_listed and m.is_sure and m.key = g.key
                order by line limit 10) l)), ?4
    from gone g order by g.n
    returning place, line, why)
select (select count(*) from gone) as rows, (select count(distinct key) from gone) as keys,
    coalesce((select array_agg(format('%s, line %s: %s', place, line, why)) from (select * from told order by line limit 20) x), '{}') as examples
