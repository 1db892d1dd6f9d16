-- What people ask for (requests 2, 4). A request is what one person submits at one moment, its items are what is wished, each decided for itself, and
-- the steps of an item are its approvals. What is wished stands as a row of assigned_role from the beginning; the item is what people read.

create table request (
    id                bigint generated always as identity primary key,
    number            text not null generated always as ('RQ-' || id) stored,
    state             text not null,
    requester_id      bigint references resource (id),
    requester_user_id bigint references local_user (id) on delete set null,
    requester         text not null,
    justification     text not null default '',
    client_key        text,
    submitted_at      timestamptz not null,
    closed_at         timestamptz,
    version           integer not null default 1,
    constraint request_number_key unique (number),
    constraint request_state_check check (state in ('SUBMITTED', 'IN_APPROVAL', 'APPROVED', 'DECLINED', 'WITHDRAWN', 'EXPIRED', 'CANCELLED', 'FULFILLED')),
    constraint request_closed check ((closed_at is null) = (state in ('SUBMITTED', 'IN_APPROVAL', 'APPROVED'))),
    constraint request_justification_bounded check (length(justification) <= 4000)
);
create unique index request_once on request (requester, client_key) where client_key is not null;
create index request_by_user on request (requester_user_id, id);
comment on column request.state is 'The roll-up of its items; written with them.';
comment on column request.requester is 'User name of who asked; stays when the account goes.';
comment on column request.client_key is 'What the asking program called it: the same key of the same user is the same request.';

create table request_item (
    id               bigint generated always as identity primary key,
    request_id       bigint not null references request (id),
    position         integer not null,
    action           text not null,
    role_id          bigint not null,
    role_kind        text not null,
    role             text not null,
    object_name      text not null,
    beneficiary_id   bigint not null references resource (id),
    parameters       jsonb not null default '{}',
    requested_start  timestamptz,
    requested_end    timestamptz,
    start_date       timestamptz,
    end_date         timestamptz,
    clamps           jsonb not null default '[]',
    state            text not null,
    level            smallint not null default 0,
    levels           smallint not null default 0,
    assigned_role_id bigint references assigned_role (id),
    risk_ids         bigint[] not null default '{}',
    is_at_risk       boolean not null default false,
    problem          text,
    outcome          text,
    closed_reason    text,
    expire_at        timestamptz,
    submitted_at     timestamptz not null,
    approved_at      timestamptz,
    closed_at        timestamptz,
    version          integer not null default 1,
    constraint request_item_place unique (request_id, position),
    constraint request_item_action_check check (action in ('ADD', 'REMOVE', 'DENY', 'ALLOW')),
    constraint request_item_state_check check (state in ('SUBMITTED', 'IN_APPROVAL', 'APPROVED', 'DECLINED', 'WITHDRAWN', 'EXPIRED', 'CANCELLED', 'FULFILLED')),
    constraint request_item_outcome_check check (outcome in ('COMPLETE', 'PARTIAL', 'ALREADY_SO', 'REFUSED_AT_REVIEW', 'ENDED_BEFORE_START')),
    constraint request_item_closed check ((closed_at is null) = (state in ('SUBMITTED', 'IN_APPROVAL', 'APPROVED'))),
    constraint request_item_approved check (approved_at is not null or state not in ('APPROVED', 'FULFILLED')),
    constraint request_item_levels check (level between 0 and levels and levels <= 3)
);
create index request_item_open on request_item (beneficiary_id) where closed_at is null;
create index request_item_refused on request_item (beneficiary_id) where outcome = 'REFUSED_AT_REVIEW';
create index request_item_by_beneficiary on request_item (beneficiary_id, id);
create index request_item_by_role on request_item (role_id) where closed_at is null;
create index request_item_expiring on request_item (expire_at) where expire_at is not null and closed_at is null;
create index request_item_waiting on request_item (id) where state in ('SUBMITTED', 'IN_APPROVAL');
comment on column request_item.role_id is 'No reference: what was asked for is told when the role is gone, by role and object_name.';
comment on column request_item.start_date is 'As it holds after all limits; null: from the approval on.';
comment on column request_item.clamps is 'What limits made of the dates: field, requested, effective, because.';
comment on column request_item.level is 'The level that waits; 0: none, or not yet.';
comment on column request_item.assigned_role_id is 'The row it makes, or takes away.';
comment on column request_item.risk_ids is 'The risks that it raised when it was asked for.';
comment on column request_item.is_at_risk is 'One of them asks for an approval of its own: a step of level 0.';
comment on column request_item.problem is 'What stands in the way now, as a sentence.';

create table request_step (
    id          bigint generated always as identity primary key,
    item_id     bigint not null references request_item (id),
    level       smallint not null,
    state       text not null,
    skip_reason text,
    opened_at   timestamptz,
    due_at      timestamptz,
    closed_at   timestamptz,
    version     integer not null default 1,
    constraint request_step_level unique (item_id, level),
    constraint request_step_state_check check (state in ('WAITING', 'OPEN', 'STUCK', 'APPROVED', 'DECLINED', 'SKIPPED', 'EXPIRED', 'CLOSED')),
    constraint request_step_skipped check ((skip_reason is not null) = (state = 'SKIPPED')),
    constraint request_step_closed check ((closed_at is null) = (state in ('WAITING', 'OPEN', 'STUCK')))
);
create index request_step_open on request_step (item_id) where state in ('OPEN', 'STUCK');
create index request_step_stuck on request_step (id) where state = 'STUCK';

-- One decision of a step, by somebody who neither asked nor gets it, and who decided no other step of the item (requests 1, 18.3).
create table request_decision (
    step_id           bigint primary key references request_step (id),
    item_id           bigint not null references request_item (id),
    decision          text not null,
    decider           text not null,
    decider_user_id   bigint references local_user (id) on delete set null,
    decider_id        bigint references resource (id),
    requester         text not null,
    requester_user_id bigint,
    requester_id      bigint,
    beneficiary_id    bigint not null,
    comment           text not null default '',
    at                timestamptz not null,
    constraint request_decision_decision_check check (decision in ('APPROVE', 'DECLINE')),
    constraint request_decision_once unique (item_id, decider),
    constraint request_decision_not_of_requester check (lower(decider) <> lower(requester) and (decider_user_id is null or decider_user_id is distinct from requester_user_id)
        and (decider_id is null or decider_id is distinct from requester_id)),
    constraint request_decision_not_of_beneficiary check (decider_id is null or decider_id <> beneficiary_id)
);
create function request_decision_not_own() returns trigger language plpgsql as $$
begin
    if is_same_person(new.decider, new.beneficiary_id) or new.requester_id is not null and is_same_person(new.decider, new.requester_id) then
        raise exception 'step % is the own one of who decides on it', new.step_id using errcode = '23514', constraint = 'request_decision_not_own';
    end if;
    return null;
end $$;
create trigger request_decision_not_own after insert or update on request_decision for each row execute function request_decision_not_own();

create table request_history (
    id         bigint generated always as identity primary key,
    request_id bigint not null references request (id),
    item_id    bigint references request_item (id),
    step_id    bigint references request_step (id),
    machine    text not null,
    at         timestamptz not null,
    actor      text not null,
    action     text not null,
    from_state text,
    to_state   text,
    comment    text not null default '',
    constraint request_history_legal foreign key (machine, from_state, to_state) references legal_move (machine, from_state, to_state)
);
create index request_history_by_request on request_history (request_id, id);
comment on column request_history.from_state is 'Null, like to_state, where the state stayed as it was, or the thing is new.';

-- Which orders an item caused.
create table request_item_order (
    item_id  bigint not null references request_item (id),
    order_id bigint not null references provisioning_order (id),
    primary key (item_id, order_id)
);
create index request_item_order_by_order on request_item_order (order_id);

insert into legal_move (machine, from_state, to_state) values
    ('request_item', 'SUBMITTED', 'IN_APPROVAL'), ('request_item', 'SUBMITTED', 'APPROVED'), ('request_item', 'SUBMITTED', 'WITHDRAWN'), ('request_item', 'SUBMITTED', 'CANCELLED'),
    ('request_item', 'IN_APPROVAL', 'APPROVED'), ('request_item', 'IN_APPROVAL', 'DECLINED'), ('request_item', 'IN_APPROVAL', 'WITHDRAWN'),
    ('request_item', 'IN_APPROVAL', 'EXPIRED'), ('request_item', 'IN_APPROVAL', 'CANCELLED'),
    ('request_item', 'APPROVED', 'CANCELLED'), ('request_item', 'APPROVED', 'FULFILLED'), ('request_item', 'APPROVED', 'DECLINED'), ('request_item', 'APPROVED', 'EXPIRED'),
    ('request_item', 'DECLINED', 'APPROVED'),
    ('request_step', 'WAITING', 'OPEN'), ('request_step', 'WAITING', 'STUCK'), ('request_step', 'WAITING', 'SKIPPED'), ('request_step', 'WAITING', 'EXPIRED'), ('request_step', 'WAITING', 'CLOSED'),
    ('request_step', 'OPEN', 'STUCK'), ('request_step', 'OPEN', 'APPROVED'), ('request_step', 'OPEN', 'DECLINED'), ('request_step', 'OPEN', 'EXPIRED'), ('request_step', 'OPEN', 'CLOSED'),
    ('request_step', 'STUCK', 'OPEN'), ('request_step', 'STUCK', 'EXPIRED'), ('request_step', 'STUCK', 'CLOSED');
create trigger legal_move before update of state on request_item for each row when (old.state is distinct from new.state) execute function legal_move_guard('request_item');
create trigger legal_move before update of state on request_step for each row when (old.state is distinct from new.state) execute function legal_move_guard('request_step');

-- What is asked about a role that somebody has: it stays had until that is decided.
alter table assigned_role add column pending_action text;
alter table assigned_role add column pending_state smallint;
alter table assigned_role add constraint assigned_role_pending check ((pending_action is null) = (pending_state is null) and pending_action in ('ADD', 'REMOVE', 'DENY', 'ALLOW') and pending_state in (2, 4, 8, 9, 10, 11, 12, 13, 25));
comment on column assigned_role.pending_action is 'What somebody asked to have done with it and is not decided; null: nothing.';
comment on column assigned_role.pending_state is 'How far that is, by the number of a workflow state; workflow_state says whether it is held meanwhile.';
