-- Which stored resources the rows set aside stand for, so that they do not count as vanished: those whose key such a row has; and where
-- the key cannot be told, those that look like it, with at least half of their values in it. ?0 delivery, ?1 entity type, ?2 mapped scalars,
-- ?3 which resources r are looked at.
insert into delivery_kept (entity_type_id, key)
with aside as materialized (
    select m.id, m.key, m.texts, m.key is not null and (m.is_sure or exists (
        select from resource r where r.entity_type_id = ?1 and r.key = m.key and r.valid_to = 'infinity')) as is_known
    from row_to_mend m where m.delivery_id = ?0 and m.entity_type_id = ?1 and not m.is_listed
), missing as materialized (
    select r.key, r.scalars from resource r
    where r.entity_type_id = ?1 and r.valid_to = 'infinity' and r.origin = 'SYNC' and ?3 and exists (select from aside where not is_known)
      and not exists (select from delivery_row s where s.delivery_id = ?0 and s.entity_type_id = ?1 and s.key = r.key)
), word as (
    select distinct a.id, t.text from aside a cross join lateral unnest(a.texts) t (text) where not a.is_known
), value as (
    select m.key, v.value, count(*) over (partition by m.key) as n
    from missing m cross join lateral (select distinct m.scalars ->> p as value from unnest(?2::text[]) p where jsonb_exists(m.scalars, p)) v
)
select ?1, key from aside where is_known
union
select ?1, r.key from aside a join written_key w on w.key = a.key   -- what we renamed ourselves and the directory does not know yet
    join resource r on r.id = w.resource_id and r.entity_type_id = ?1 and r.valid_to = 'infinity'
union
select ?1, m.key from missing m where not exists (select from value v where v.key = m.key)
union
select ?1, v.key from value v join word w on w.text = v.value group by v.key, v.n, w.id having count(*) * 2 >= v.n
