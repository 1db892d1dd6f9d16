-- Keys that our own orders gave to targets: a synchronization follows them, so that a renamed target is neither gone nor new.
create table written_key (
    resource_id bigint      not null references resource (id),
    key         text        not null,
    n           bigint      generated always as identity,
    order_id    bigint      not null references provisioning_order (id),
    at          timestamptz not null,
    ended_at    timestamptz,
    is_done     boolean     not null default false,
    constraint written_key_pkey primary key (resource_id, key)
);
create index written_key_by_order on written_key (order_id);
comment on table written_key is 'Keys that attempts of ours gave, or may have given, to targets, until synchronized data shows them or their order has ended.';
comment on column written_key.n is 'Grows with each attempt: the order in which a target got its keys.';
comment on column written_key.at is 'When the attempt began.';
comment on column written_key.ended_at is 'When it was answered, given up or withdrawn; null: it is out.';
comment on column written_key.is_done is 'The system, or the operator, said that the target has this key.';

create table delivery_rename (
    delivery_id    bigint not null references delivery (id) on delete cascade,
    resource_id    bigint not null references resource (id),
    entity_type_id bigint not null references entity_type (id),
    old_key        text   not null,
    new_key        text,
    constraint delivery_rename_pkey primary key (delivery_id, resource_id)
);
comment on table delivery_rename is 'Targets that a delivery shows under a key that we gave them.';
comment on column delivery_rename.new_key is 'Null: we deleted it, and its key is another target''s now.';

-- references as they were, with the new keys of what a delivery shows renamed
create function followed_refs(of_delivery bigint, of_entity_type bigint, refs jsonb) returns table (property text, value text)
language sql stable as $$
    select v.property, coalesce(n.new_key, v.value)
    from ref_values(refs) v
    left join property p on p.entity_type_id = of_entity_type and p.identifier = v.property
    left join delivery_rename n on n.delivery_id = of_delivery and n.entity_type_id = p.target_entity_type_id and n.old_key = v.value
$$;
