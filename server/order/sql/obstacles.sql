-- What must be done before orders ?0 may be sent, and before that.
-- Only those that share a key, or that somebody depends on, are looked at one by one.
with recursive suspect as (
    select w.order_id from order_key w join order_key h on h.key = w.key and h.order_id <> w.order_id where w.order_id = any(?0) and not w.is_freed
    union
    select o.id from provisioning_order o where o.id = any(?0) and o.kind = 'DELETE' and o.resource_type_id in (select depends_on_id from resource_type)
), reach as (
    select b.order_id, b.blocker_id, b.reason from suspect s
    cross join lateral (select o.order_id, o.blocker_id, o.reason from order_obstacle o where o.order_id = s.order_id offset 0) b
    union
    select b.order_id, b.blocker_id, b.reason from reach r
    cross join lateral (select o.order_id, o.blocker_id, o.reason from order_obstacle o where o.order_id = r.blocker_id offset 0) b
)
select r.order_id, r.blocker_id, r.reason,
    x.has_ticket or x.is_due as is_moving,
    x.called_at is not null or x.has_silent or coalesce(x.lease_until > clock_timestamp(), false) as is_sent,
    o.connection_id is not distinct from x.connection_id as is_near
from reach r
join provisioning_order o on o.id = r.order_id
cross join lateral (select o.*, /*due*/ as is_due from provisioning_order o where o.id = r.blocker_id) x
order by 1, 2
