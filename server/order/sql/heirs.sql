-- Which of the orders ?0 remove what somebody who is gone had, while it is not known yet whether somebody else takes it over: what changed no
-- later than the removal was computed has not been looked at, somebody with an equal correlation key is to be computed, or a person decides
-- about a suggestion. Whoever is being called or decided by a person goes on. Order by order: there are few.
select o.id
from unnest(?0::bigint[]) i (id)
cross join lateral (select o.id, o.owner_id, o.target_id, a.workflow_state from provisioning_order o join assigned_resource_type a on a.id = o.assigned_resource_type_id
    where o.id = i.id and o.kind = 'DELETE' and o.target_id is not null and o.called_at is null offset 0) o
left join resource w on w.id = o.owner_id
where w.valid_to is distinct from 'infinity' and o.workflow_state <> 20
  and (
    (select min(l.created_at) from order_line l where l.order_id = o.id and l.action = 'DELETE' and l.closed_at is null) >= (select min(c.at) from changed_resource c)
    or exists (
        select from correlation_key t
        join resource_type_rule r on r.id = t.rule_id and r.kind = 'CORRELATION'
        join correlation_key s on s.rule_id = t.rule_id and s.side = 'S' and s.digest = t.digest and s.value = t.value and s.resource_id is distinct from o.owner_id
        join dirty_owner d on d.owner_id = s.resource_id and not d.is_gone
        join entity_type e on e.id = d.entity_type_id and e.initialized_at is not null
        where t.resource_id = o.target_id and t.side = 'T')
    or exists (
        select from provisioning_order g join resource h on h.id = g.owner_id and h.valid_to = 'infinity'
        where g.target_id = o.target_id and g.kind = 'ASSOCIATE' and g.closed_at is null and g.states && '{0,1,5}' and g.owner_id is distinct from o.owner_id))
