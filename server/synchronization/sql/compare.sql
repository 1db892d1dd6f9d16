-- The changes that make the directory equal to what was read. Key by key; only mapped properties count, the others stay as they are.
-- ?0 delivery, ?1 entity type, ?2 mapped scalars, ?3 mapped navigations, ?4 whether the table is the whole truth, ?5 keys that are left as they
-- are, ?6 which resources r are looked at. What we renamed ourselves (delivery_rename) is met under its new key.
insert into delivery_change (delivery_id, entity_type_id, key, command, scalars, refs, old_scalars, old_refs)
select ?0, ?1, coalesce(r.key, s.key), c.command, c.scalars, c.refs, c.old_scalars, c.old_refs
from (select key, command, scalars, refs from delivery_row where delivery_id = ?0 and entity_type_id = ?1 and key <> all (?5::text[])) s
full join (select coalesce(n.new_key, r.key) as key, r.scalars, r.refs, r.origin
    from resource r
    left join delivery_rename n on n.delivery_id = ?0 and n.resource_id = r.id
    where r.entity_type_id = ?1 and r.valid_to = 'infinity' and ?6 and r.key <> all (?5::text[]) and (n.resource_id is null or n.new_key is not null)) r on r.key = s.key
cross join lateral (
    select 'DELETE' as command, null::jsonb as scalars, null::jsonb as refs, r.scalars as old_scalars, r.refs as old_refs
    where r.key is not null and (s.key is null and ?4 and r.origin = 'SYNC'
        and not exists (select from delivery_kept k where k.entity_type_id = ?1 and k.key = r.key) or s.command = 'DELETE')
    union all
    select 'INSERT', s.scalars, s.refs, null, null
    where r.key is null and s.command in ('INSERT', 'MERGE')
    union all
    select 'UPDATE',
        (select coalesce(jsonb_object_agg(k, s.scalars -> k), '{}') from unnest(?2::text[]) k where s.scalars -> k is distinct from r.scalars -> k),
        (select coalesce(jsonb_object_agg(k, s.refs -> k), '{}') from unnest(?3::text[]) k where s.refs -> k is distinct from r.refs -> k),
        (select coalesce(jsonb_object_agg(k, r.scalars -> k), '{}') from unnest(?2::text[]) k where s.scalars -> k is distinct from r.scalars -> k),
        (select coalesce(jsonb_object_agg(k, r.refs -> k), '{}') from unnest(?3::text[]) k where s.refs -> k is distinct from r.refs -> k)
    where r.key is not null and s.command in ('INSERT', 'UPDATE', 'MERGE')
      and ((r.scalars - ?2::text[]) || s.scalars <> r.scalars or (r.refs - ?3::text[]) || s.refs <> r.refs or r.origin = 'MANUAL')) c
