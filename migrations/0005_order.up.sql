-- What is being done about it (design 4, 5). server/order/state.go is the only writer of the state columns.

create table provisioning_transition (
    from_state  smallint not null check (from_state between 0 and 8),
    to_state    smallint not null check (to_state between 0 and 8),
    primary key (from_state, to_state)
);
comment on table provisioning_transition is 'Legal moves of an order line; kept equal to the table in server/order/state.go by a test.';
-- written out once here; a later change of the table of transitions is a migration of its own
insert into provisioning_transition (from_state, to_state)
select f, t from (values
    (0, array[0,1,4,5,6,7]),
    (1, array[0,1,2,3,4,5,6,7,8]),
    (2, array[0,1,2,3,4,5,6,8]),
    (3, array[0,1,3,4,5,6,7]),
    (4, array[0,1,4,5,6,7]),
    (5, array[0,1,4,5,6,7]),
    (6, array[1,4,5,6]),
    (7, array[0,1,4,5,6,7]),
    (8, array[0,1,3,4,5,8])
) m (f, ts), unnest(m.ts) t;

create function order_roll_up(states smallint[]) returns smallint language sql immutable parallel safe as $$
    -- a plain expression, so that PostgreSQL writes it into the statement instead of calling it
    select case when 7 = any(states) then 7 when 3 = any(states) then 3 when 5 = any(states) then 5 when 2 = any(states) then 2
        when 1 = any(states) then 1 when 8 = any(states) then 8 when 4 = any(states) then 4
        when 0 = any(states) and not 6 = any(states) then 0 else 6 end::smallint
$$;
comment on function order_roll_up is 'State of an order from the states of its lines (spec 1.2): order.RollUp says the same in Go, a test compares them.';

create table provisioning_order (
    id                    bigint generated always as identity primary key,
    assigned_resource_type_id bigint not null references assigned_resource_type (id),
    kind                  text not null check (kind in ('CREATE', 'ASSOCIATE', 'UPDATE', 'DELETE')),
    state                 smallint not null check (state between 0 and 8),
    states                smallint[] not null default '{}',
    resource_type_id      bigint not null references resource_type (id),
    owner_id              bigint references resource (id),
    source_entity_type_id bigint not null references entity_type (id),
    target_id             bigint references resource (id),
    connector_id          bigint references connector (id),
    connection_id         bigint references connection (id),
    is_manual             boolean not null default false,
    wait_reason           text not null default 'none',
    due_at                timestamptz,
    look_at               timestamptz,
    generated_at          timestamptz,
    generation_id         bigint,
    job_instance_id       bigint,
    -- dispatch: claim before acting, one idempotency key per attempt, fencing by fence
    attempt               int not null default 0,
    tries                 int not null default 0,
    lease_owner           text,
    lease_until           timestamptz,
    fence                 bigint not null default 0,
    idempotency_key       uuid,
    called_at             timestamptz,
    not_before            timestamptz,
    sent_lines            bigint[] not null default '{}',
    transmitted_at        timestamptz,
    executed_at           timestamptz,
    verified_at           timestamptz,
    errored_at            timestamptz,
    error_class           text,
    error_message         text,
    error_hint            text,
    error_count           int not null default 0,
    unverified_count      int not null default 0,
    is_superseded         boolean not null default false,
    created_key           text,
    assignee              text,
    reviewed_by           text,
    reviewed_at           timestamptz,
    review_comment        text,
    postponed_at          timestamptz,
    version               int not null default 1,
    created_at            timestamptz not null,
    updated_at            timestamptz not null,
    closed_at             timestamptz,
    is_withdrawn          boolean not null default false,
    has_pending           boolean not null generated always as (closed_at is null and 1 = any(states)) stored,
    has_silent            boolean not null generated always as (closed_at is null and not is_manual and 2 = any(states)) stored,
    has_ticket            boolean not null generated always as (closed_at is null and is_manual and 2 = any(states)) stored,
    needs_review          boolean not null generated always as (closed_at is null and (5 = any(states) or 3 = any(states))) stored,
    constraint provisioning_order_closed_is_final check (closed_at is null or state in (0, 1, 3, 4, 5, 6, 7, 8))
) with (fillfactor = 50); -- every row is written again soon: half a page of room, and its indexes need no new entries
comment on table provisioning_order is 'The change wanted for one assigned resource type, until it is Verified, Inactive or withdrawn. state is the roll-up of its lines (spec 1.2).';
comment on column provisioning_order.states is 'All states present among the lines that count (spec 1.2), for filters.';
comment on column provisioning_order.due_at is 'When lines held as not due become due, as evaluation computed it.';
comment on column provisioning_order.look_at is 'Earliest instant at which CLOCK may have to move something; written with the roll-up.';
comment on column provisioning_order.tries is 'Answers in a row that said "not now" (unreachable, throttled, lost); counts toward giving up, back to 0 with any other answer.';
comment on column provisioning_order.lease_until is 'By the clock of the database, not the domain clock: a lease is between processes. Not indexed, like all columns a drain writes: those updates stay in their page.';
comment on column provisioning_order.sent_lines is 'Lines that the attempt under way, or the last one, carries.';
comment on column provisioning_order.has_silent is 'Software collected it and no answer came (P4): read back before a repeat.';
comment on column provisioning_order.generated_at is 'Passed order generation (thresholds, dependencies): may be dispatched. Null: waits for generation.';
comment on column provisioning_order.called_at is 'When the current attempt began to call the target; set and no result = read back before a repeat.';
create unique index provisioning_order_one_open on provisioning_order (assigned_resource_type_id) where closed_at is null;
create index provisioning_order_by_assigned on provisioning_order (assigned_resource_type_id, id);
create index provisioning_order_by_state on provisioning_order (state, id);
create index provisioning_order_by_type_state on provisioning_order (resource_type_id, state, id);
create index provisioning_order_by_owner on provisioning_order (owner_id, id);
create index provisioning_order_to_dispatch on provisioning_order (connection_id, kind, resource_type_id, id) where has_silent or has_pending and generated_at is not null;
create index provisioning_order_ungenerated on provisioning_order (resource_type_id, id) where generated_at is null and has_pending;
create index provisioning_order_generated on provisioning_order (generated_at) where generated_at is not null;
create index provisioning_order_to_review on provisioning_order (source_entity_type_id, id) where needs_review;
create index provisioning_order_tickets on provisioning_order (source_entity_type_id, id) where has_ticket;
create index provisioning_order_awaiting_sync on provisioning_order (connector_id, id) where state in (2, 8) and closed_at is null;
create index provisioning_order_look on provisioning_order (look_at) where look_at is not null and closed_at is null;
create index provisioning_order_by_created on provisioning_order (created_at, id);
create index provisioning_order_by_updated on provisioning_order (updated_at, id);
create index provisioning_order_errors on provisioning_order (error_class, id) where error_class is not null;

create table order_line (
    id              bigint generated always as identity primary key,
    order_id        bigint not null references provisioning_order (id),
    property        text,
    action          text not null check (action in ('CREATE', 'ASSOCIATE', 'DELETE', 'SET', 'ADD', 'REMOVE')),
    value_id        bigint references resource (id),
    current_value   text,
    proposed_value  text,
    approved_value  text,
    state           smallint not null check (state between 0 and 8),
    workflow_state  smallint not null,
    previous_state  smallint,
    review_required boolean not null default false,
    is_mapped       boolean not null default true,
    rule_ids        bigint[] not null default '{}',
    confidence      int,
    start_date      timestamptz,
    end_date        timestamptz,
    wait_reason     text not null default 'none',
    is_changed      boolean not null default false,
    postponed_at    timestamptz,
    error           text,
    error_class     text,
    unverified_count int not null default 0,
    version         int not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    closed_at       timestamptz
) with (fillfactor = 50); -- every row is written again soon: half a page of room, and its indexes need no new entries
comment on table order_line is 'One property value (or the existence of the target: property null) of an order; carries the provisioning state.';
comment on column order_line.approved_value is 'The proposed value as a reviewer approved it; null: not approved. Void when the computed value changes (A4).';
comment on column order_line.is_changed is 'Computed value changed since somebody last looked (A4).';
create index order_line_by_order on order_line (order_id);
create unique index order_line_one_open on order_line (order_id, coalesce(property, ''), action, coalesce(value_id, 0)) where closed_at is null;

create table order_line_history (
    id         bigint generated always as identity primary key,
    order_id   bigint not null references provisioning_order (id),
    line_ids   bigint[] not null default '{}',
    at         timestamptz not null,
    actor      text not null,
    action     text not null,
    from_state smallint,
    to_state   smallint,
    comment    text not null default '',
    constraint order_line_history_legal foreign key (from_state, to_state) references provisioning_transition (from_state, to_state)
);
comment on table order_line_history is 'One move that lines of an order made together, or (without lines) a remark about the order as a whole.';
create index order_line_history_by_order on order_line_history (order_id, id);
create index order_line_history_flow on order_line_history (at) include (from_state, to_state, order_id);

-- Once per statement: a drain moves thousands of lines, and a look per line would cost more than the move.
create function order_line_legal_move() returns trigger language plpgsql
    set enable_nestloop = off -- its plan is kept, and the first statement of a session may be a small one
as $$
declare
    bad record;
begin
    select was.id, was.state as from_state, will.state as to_state into bad
    from moved_from was join moved_to will on will.id = was.id
    where will.state <> was.state
      and not exists (select 1 from provisioning_transition t where t.from_state = was.state and t.to_state = will.state)
    limit 1;
    if found then
        raise exception 'illegal move of order line % from % to %', bad.id, bad.from_state, bad.to_state
            using errcode = '23514', constraint = 'order_line_legal_move';
    end if;
    return null;
end $$;
create trigger order_line_legal_move after update on order_line
    referencing old table as moved_from new table as moved_to
    for each statement execute function order_line_legal_move();

create table order_attempt (
    id              bigint generated always as identity primary key,
    order_id        bigint not null references provisioning_order (id),
    attempt         int not null,
    idempotency_key uuid not null,
    worker          text not null,
    started_at      timestamptz not null,
    ended_at        timestamptz,
    outcome         text,
    message         text,
    payload         jsonb,
    unique (order_id, attempt)
);
create index order_attempt_by_key on order_attempt (idempotency_key);

create table gap (
    id             bigint generated always as identity primary key,
    assigned_resource_type_id bigint not null references assigned_resource_type (id),
    property       text,
    value_id       bigint references resource (id),
    workflow_state smallint not null check (workflow_state in (1, 3)),
    current_value  text,
    proposed_value text,
    found_at       timestamptz not null,
    closed_at      timestamptz
);
comment on table gap is 'A difference nobody asked for, waiting on reconciliation (spec 1.6).';
create unique index gap_one_open on gap (assigned_resource_type_id, coalesce(property, ''), coalesce(value_id, 0)) where closed_at is null;

create table kept_value (
    id             bigint generated always as identity primary key,
    assigned_resource_type_id bigint not null references assigned_resource_type (id),
    property       text not null,
    value_id       bigint references resource (id),
    workflow_state smallint not null check (workflow_state in (16, 17, 24)),
    kept_value     text,
    kept_against   text,
    actor          text not null,
    comment        text not null default '',
    at             timestamptz not null,
    closed_at      timestamptz
);
comment on table kept_value is 'A value a person decided to keep (16, 24) or declined (17) against what was computed then.';
create unique index kept_value_one_open on kept_value (assigned_resource_type_id, property, coalesce(value_id, 0)) where closed_at is null;

create table generation (
    id              bigint generated always as identity primary key,
    at              timestamptz not null,
    job_instance_id bigint,
    resource_type_ids bigint[] not null,
    is_forced       boolean not null default false,
    blocked         jsonb,
    counts          jsonb not null default '{}'
);
comment on table generation is 'One order generation; blocked tells which threshold stopped it (then nothing was published).';
create index generation_recent on generation (at);
