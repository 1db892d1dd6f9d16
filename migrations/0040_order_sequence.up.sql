-- Orders that touch the same target of a managed system run one after the other: server/order/sequence.go.

create table order_key (
    order_id bigint not null references provisioning_order (id),
    line_id  bigint not null references order_line (id),
    key      uuid not null,
    is_freed boolean not null,
    primary key (order_id, line_id, key, is_freed)
);
create index order_key_by_key on order_key (key);
comment on table order_key is 'Keys of managed systems that a line of an order takes, or gives up (is_freed). Of orders that create, rename or delete only.';
comment on column order_key.key is 'Hash of system, table, column and value without regard to case: of one length, however long the value.';

-- what is open already
insert into order_key (order_id, line_id, is_freed, key)
select distinct o.id, l.id, k.is_freed, md5(concat_ws(chr(1),
    coalesce(n.connector_id || chr(1) || m.source_table, 't' || t.target_entity_type_id), coalesce(c.column_name, p.identifier), lower(k.value)))::uuid
from provisioning_order o
join assigned_resource_type a on a.id = o.assigned_resource_type_id
join resource_type t on t.id = o.resource_type_id
left join entity_mapping m on m.entity_type_id = t.target_entity_type_id
left join connection n on n.id = m.connection_id
left join resource g on g.id = coalesce(o.target_id, a.resource_id)
join property p on p.entity_type_id = t.target_entity_type_id and p.target_entity_type_id is null
left join property_mapping c on c.property_id = p.id
join order_line l on l.order_id = o.id and l.closed_at is null and (l.action = 'DELETE' or l.action = 'SET' and l.property = p.identifier)
cross join lateral (select case when c.is_primary_key or p.is_key then coalesce(g.key, o.created_key, a.created_key) else g.scalars ->> p.identifier end as held,
    case when l.action = 'SET' then l.proposed_value end as taken) v
cross join lateral (values (true, v.held), (false, v.taken)) k (is_freed, value)
where o.closed_at is null and (p.is_key or c.is_primary_key or c.is_unique_key) and k.value <> ''
    and not (l.action = 'SET' and k.is_freed and lower(coalesce(v.taken, '')) = lower(v.held));

alter table provisioning_order add swap_id bigint;
comment on column provisioning_order.swap_id is 'Orders that take each other''s keys and are sent together carry the id of the first of them.';

create view order_obstacle as
-- what takes a key waits for what gives it up
select w.order_id, h.order_id as blocker_id, 'target_key' as reason
from order_key w
join order_line wl on wl.id = w.line_id and wl.state = 1 and wl.closed_at is null
join provisioning_order y on y.id = w.order_id
join order_key h on h.key = w.key and h.is_freed and h.order_id <> w.order_id
join order_line hl on hl.id = h.line_id and hl.state not in (4, 6, 8) and hl.closed_at is null
join provisioning_order x on x.id = h.order_id and x.closed_at is null
where not w.is_freed and not (y.swap_id is not null and x.swap_id is not distinct from y.swap_id and x.generated_at is not null and hl.state in (1, 2))
union all
-- of two that take the same key the one that is under way goes first, then the older one
select w.order_id, v.order_id, 'target_key'
from order_key w
join order_line wl on wl.id = w.line_id and wl.state = 1 and wl.closed_at is null
join order_key v on v.key = w.key and not v.is_freed and v.order_id <> w.order_id
join order_line vl on vl.id = v.line_id and vl.state in (1, 2) and vl.closed_at is null
join provisioning_order x on x.id = v.order_id and x.closed_at is null
    and (x.generated_at is not null and x.id < w.order_id or vl.state = 2 or x.called_at is not null or x.lease_until > clock_timestamp())
where not w.is_freed and not exists (select from order_key a join order_key b on b.key = a.key and b.is_freed and b.order_id = w.order_id
    where a.order_id = v.order_id and not a.is_freed)
union all
-- what another target of the owner depends on goes after it
select o.id, b.id, 'dependency'
from provisioning_order o
join order_line l on l.order_id = o.id and l.action = 'DELETE' and l.state = 1 and l.closed_at is null
join resource_type t on t.depends_on_id = o.resource_type_id
join assigned_resource_type a on a.owner_id = o.owner_id and a.resource_type_id = t.id and a.valid_to = 'infinity'
join provisioning_order b on b.assigned_resource_type_id = a.id and b.closed_at is null
where exists (select from order_line d where d.order_id = b.id and d.action = 'DELETE' and d.state not in (4, 8) and d.closed_at is null);
comment on view order_obstacle is 'Which order must be done before which one may be sent, and why.';
