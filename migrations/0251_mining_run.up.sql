-- What mining found, kept: its rules are judged on people before anything is made of them.

create table mining_run (
    id          bigint generated always as identity primary key,
    state       text not null default 'QUEUED' check (state in ('QUEUED', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELLED')),
    actor       text not null,
    rules       text[] not null default '{}',
    error       text not null default '',
    people      int not null default 0,
    assignments int not null default 0,
    roles_total int not null default 0,
    roles_done  int not null default 0,
    taken_by    uuid,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    ended_at    timestamptz,
    constraint mining_run_ended check ((ended_at is null) = (state in ('QUEUED', 'IN_PROGRESS')))
);
comment on table mining_run is 'One look for rules. taken_by is the worker that has it in hand, updated_at its last sign of life.';
comment on column mining_run.rules is 'Identifiers of the mining rules that were asked for; none: all.';
comment on column mining_run.people is 'People with a context; assignments: the roles they hold that were looked at.';
create unique index mining_run_one_at_a_time on mining_run ((true)) where ended_at is null;

create table mining_result (
    id             bigint generated always as identity primary key,
    mining_run_id  bigint not null references mining_run (id) on delete cascade,
    role_id        bigint not null references role (id) on delete cascade,
    mining_rule_id bigint references mining_rule (id) on delete set null,
    rule_policy_id bigint not null references policy (id) on delete cascade,
    rule_type      smallint not null,
    people         int not null,
    holders        int not null,
    rightly        int not null,
    wrongly        int not null,
    unexplained    int not null,
    refused        text check (refused in ('NO_HOLDERS', 'FALSE_POSITIVE', 'PRECISION')),
    is_cut         boolean not null default false,
    proposals      jsonb not null default '[]',
    constraint mining_result_role_key unique (mining_run_id, role_id)
);
comment on table mining_result is 'What became of one role: people, holders, and what its proposed rules do together.';
comment on column mining_result.proposals is '[{criteria: {dimension: {id, key, label, inherit}}, matched, rightly, fresh}]; none: refused says why.';
create index mining_result_by_role on mining_result (role_id);
create index mining_result_by_explained on mining_result (mining_run_id, rightly desc, id desc);

create table mining_person (
    id               bigint generated always as identity primary key,
    mining_result_id bigint not null references mining_result (id) on delete cascade,
    owner_id         bigint not null references resource (id),
    would_be_given   boolean not null,
    constraint mining_person_owner_key unique (mining_result_id, owner_id)
);
comment on table mining_person is 'Who would be given a role that he does not hold, or holds one that stays unexplained.';
