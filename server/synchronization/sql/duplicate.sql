-- Sets further rows of a key aside: the first one counts; of commands (?1) the last one.
-- ?0 delivery, ?1 whether rows are commands.
update delivery_row a
set command = 'MERGE'          -- insert, then update: must be able to insert
where ?1 and a.delivery_id = ?0 and a.command = 'UPDATE' and exists (
    select 1 from delivery_row b
    where b.delivery_id = a.delivery_id and b.entity_type_id = a.entity_type_id and b.key = a.key and b.n < a.n and b.command in ('INSERT', 'MERGE'));

with aside as (
    delete from delivery_row a
    using delivery_row b
    where a.delivery_id = ?0 and b.delivery_id = a.delivery_id and b.entity_type_id = a.entity_type_id and b.key = a.key
      and case when ?1 then a.n < b.n else a.n > b.n end
    returning a.n, a.entity_type_id, a.key)
select count(*) as n, coalesce((array_agg(t.identifier || ' ' || a.key order by a.n))[1:20], '{}') as keys
from aside a join entity_type t on t.id = a.entity_type_id
