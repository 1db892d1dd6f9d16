-- Keys that orders ?0 take although they belong to the target of another owner: by an open order that gave it the key, or as read and not
-- given up since. Key by key, so that the planner looks up the few rows of each whatever it believes about the tables.
select i.id as order_id, l.proposed_value as value
from unnest(?0::bigint[]) i (id)
cross join lateral (select o.assigned_resource_type_id as art, o.swap_id, t.target_entity_type_id as type
    from provisioning_order o join resource_type t on t.id = o.resource_type_id where o.id = i.id offset 0) o
cross join lateral (select k.key, k.line_id from order_key k where k.order_id = i.id and not k.is_freed offset 0) w
cross join lateral (select x.proposed_value, exists (select from property p left join property_mapping m on m.property_id = p.id
        where p.entity_type_id = o.type and p.identifier = x.property and (m.is_primary_key or p.is_key)) as is_key
    from order_line x where x.id = w.line_id and x.closed_at is null and x.state in (:PENDING, :TRANSMITTED) offset 0) l
where exists (
        select from (select v.order_id, v.line_id from order_key v where v.key = w.key and not v.is_freed and v.order_id <> i.id offset 0) v
        cross join lateral (select from order_line x where x.id = v.line_id and x.closed_at is null and x.state = :EXECUTED offset 0) vl
        cross join lateral (select from provisioning_order x where x.id = v.order_id and x.closed_at is null offset 0) x)
    or l.is_key and exists (
        select from (select r.id, r.entity_type_id, r.key from resource r where r.entity_type_id = o.type and r.key = l.proposed_value and r.valid_to = 'infinity' offset 0) r
        left join lateral (/*key in system*/) gk on true
        cross join lateral (select a.id from assigned_resource_type a where a.resource_id = r.id and a.valid_to = 'infinity' and a.owner_id is not null and a.id <> o.art offset 0) a
        where coalesce(gk.key, r.key) = r.key and not exists (
            select from (select h.order_id, h.line_id from order_key h where h.key = w.key and h.is_freed offset 0) h
            cross join lateral (select x.state from order_line x where x.id = h.line_id offset 0) hl
            cross join lateral (select x.swap_id from provisioning_order x where x.id = h.order_id and x.assigned_resource_type_id = a.id offset 0) x
            where hl.state in (:VERIFIED, :EXECUTED) or x.swap_id = o.swap_id))
