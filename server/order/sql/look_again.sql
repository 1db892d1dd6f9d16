-- Computes again when CLOCK has to look at open orders, without any change of theirs.
-- ?0 the condition on provisioning_order p that chooses them, ?1 earliest instant to look at
with rolled as (
    select p.id as order_id, p.states,
           /*dates of lines*/
    from provisioning_order p
    join order_line l on l.order_id = p.id
    where p.closed_at is null and ?0
    group by p.id
), fresh as (
    select n.id, case when k.at is not null then greatest(k.at, ?1) end as at
    from rolled r
    join provisioning_order n on n.id = r.order_id
    join resource_type t on t.id = n.resource_type_id
    cross join lateral (select /*look at*/ as at) k
)
update provisioning_order o set look_at = f.at from fresh f where o.id = f.id and o.look_at is distinct from f.at
