-- The roll-up of the orders touched (spec 1.2), with everything that follows from their lines alone.
-- ?0 order ids, locked by the caller; ?1 ids that must pass generation (again), ?2 now, ?3 answers to some of them as JSON, written in the same go
with answered as (
    select * from /*results*/
), rolled as (
    select l.order_id,
           coalesce(array_agg(distinct l.state order by l.state) filter (where l.closed_at is null or l.state in (:NONE, :VERIFIED, :INACTIVE)), '{}') as states,
           bool_and(l.closed_at is not null) as is_done,
           /*dates of lines*/,
           -- what must not go out as long as this is so: half an account, or one whose creation is not released (spec 2.4.4)
           bool_or(l.closed_at is null and (l.state = :ERROR or l.action = 'CREATE' and l.state in (:NONE, :AWAITING_APPROVAL, :INACTIVE))) as is_incomplete,
           bool_or(l.closed_at is null and l.action = 'CREATE' and l.state = :PENDING) and bool_or(l.closed_at is null and l.action = 'SET' and l.state in (:NONE, :ERRORED, :AWAITING_APPROVAL, :INACTIVE)) as may_lack_key,
           max(l.wait_reason) filter (where l.closed_at is null and l.state = :NONE) as held_because,
           -- what went back before it was answered is not on its way any more
           array_agg(l.id order by l.id) filter (where l.state in (:NONE, :AWAITING_APPROVAL, :INACTIVE)) as taken_back
    from order_line l
    where l.order_id = any(?0)
    group by l.order_id
)
update provisioning_order o
set state = order_roll_up(r.states),
    states = r.states,
    version = o.version + 1,
    updated_at = ?2,
    closed_at = case when r.is_done then coalesce(o.closed_at, ?2) else o.closed_at end,
    sent_lines = case when o.sent_lines && r.taken_back then array(select s from unnest(o.sent_lines) s where not s = any(r.taken_back)) else o.sent_lines end,
    generated_at = case when o.id = any(?1) or r.is_incomplete or case when r.may_lack_key then is_key_held(o.id) else false end then null else o.generated_at end,
    -- what was created has a target once it was seen
    target_id = case when o.kind = 'CREATE' and order_roll_up(r.states) = :VERIFIED then coalesce(a.resource_id, o.target_id) else o.target_id end,
    verified_at = case when order_roll_up(r.states) = :VERIFIED then coalesce(o.verified_at, ?2) end,
    wait_reason = case
        when :PENDING = any(r.states) then case when o.id = any(?1) then 'none' else o.wait_reason end
        else coalesce(r.held_because, 'none') end,
    error_class = case when :ERRORED = any(r.states) then n.error_class end,
    error_message = case when :ERRORED = any(r.states) then n.error_message end,
    error_hint = case when :ERRORED = any(r.states) then n.error_hint end,
    -- a ticket that was withdrawn is nobody's any more
    assignee = case when not :TRANSMITTED = any(r.states) and (:PENDING = any(r.states) or :AWAITING_APPROVAL = any(r.states)) then null else o.assignee end,
    transmitted_at = case when not :TRANSMITTED = any(r.states) and (:PENDING = any(r.states) or :AWAITING_APPROVAL = any(r.states)) then null else n.transmitted_at end,
    /*set result*/,
    look_at = case when not r.is_done then /*look at*/ end
from rolled r
join provisioning_order p on p.id = r.order_id
join assigned_resource_type a on a.id = p.assigned_resource_type_id
join resource_type t on t.id = p.resource_type_id
join entity_type e on e.id = p.source_entity_type_id
left join connector c on c.id = p.connector_id
left join answered g on g.id = p.id
cross join lateral (/*columns of result*/) n
where o.id = r.order_id and o.id = any(?0) and p.id = any(?0)
returning o.id, o.state, o.version, o.kind, o.owner_id, o.generated_at is not null as is_generated,
    t.identifier as resource_type, e.identifier as source_entity_type,
    coalesce(c.identifier, '') as connector, coalesce(o.connector_id, 0) as connector_id, coalesce(o.connection_id, 0) as connection_id,
    coalesce(c.mode, '') as mode
