-- Orders of the resource types ?0 that wait for generation, those of people who were made to leave at once or the others (whose), with everything that may hold them (spec 2.4, 2.6).
select o.id, o.resource_type_id, o.owner_id, o.wait_reason, o.state,
    l.has_create, l.create_released, l.has_delete, l.has_error,
    case when l.has_create and l.holds then is_key_held(o.id) else false end as is_key_held,
    -- scalar subqueries with a limit, so that the planner looks up the few rows instead of hashing whole tables
    t.depends_on_id is null or (
        select true from assigned_resource_type a
        join resource_type d on d.id = a.resource_type_id
        where a.owner_id = o.owner_id and a.resource_type_id = t.depends_on_id and a.valid_to = 'infinity'
          and ((select r.valid_to = 'infinity' from resource r where r.id = a.resource_id)
            or d.ticket_synchro_is_not_available and (a.verified_at is not null or (
                select true from provisioning_order x
                where x.assigned_resource_type_id = a.id and x.kind <> 'DELETE' and x.states && '{:VERIFIED,:EXECUTED}' limit 1)))
        limit 1) is not null as has_dependency,
    t.depends_on_owner_property is null or coalesce(w.scalars ->> t.depends_on_owner_property, '') <> '' as has_owner_property
from provisioning_order o
join resource_type t on t.id = o.resource_type_id
left join resource w on w.id = o.owner_id
cross join lateral (
    select coalesce(bool_or(x.action = 'CREATE' and x.state = :PENDING), false) as has_create,
           coalesce(bool_and(x.state in (:PENDING, :VERIFIED, :EXECUTED)) filter (where x.action = 'CREATE'), true) as create_released,
           coalesce(bool_or(x.action = 'DELETE' and x.state = :PENDING), false) as has_delete,
           coalesce(bool_or(x.state = :ERROR), false) as has_error,
           coalesce(bool_or(x.action = 'SET' and x.state in (:NONE, :ERRORED, :AWAITING_APPROVAL, :INACTIVE)), false) as holds
    from order_line x where x.order_id = o.id and (x.closed_at is null or x.state = :VERIFIED)
) l
where o.has_pending and o.generated_at is null and o.resource_type_id = any(?0)
  and /*whose*/
order by o.id
