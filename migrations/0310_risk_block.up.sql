-- What risks keep back from people (role-model 9.5). A row stays when it is over, as the past of it.
create table risk_block (
    id               bigint generated always as identity primary key,
    owner_id         bigint not null references resource (id),
    risk_id          bigint not null,
    rule             text not null,
    role_id          bigint,
    parameters       jsonb not null default '{}',
    resource_type_id bigint,
    property         text,
    value_id         bigint,
    start_date       timestamptz,
    end_date         timestamptz,
    contributors     jsonb not null default '[]',
    blocked_at       timestamptz not null,
    closed_at        timestamptz,
    constraint risk_block_of check ((role_id is null) = (resource_type_id is not null) and (resource_type_id is null) = (property is null))
);
create index risk_block_owner_idx on risk_block (owner_id, id) where closed_at is null;
create index risk_block_risk_idx on risk_block (risk_id, id) where closed_at is null;
create index risk_block_open_idx on risk_block (id) where closed_at is null;
comment on table risk_block is 'What risks keep back from people: roles and values that rules would newly give (role-model 9.5).';
comment on column risk_block.risk_id is 'Of risk; no reference: what is kept back for a risk that is deleted is given when its owner is computed.';
comment on column risk_block.role_id is 'The role that is kept back, with its parameters; null: one value of a resource type.';
comment on column risk_block.value_id is 'What a navigation would point to; null: a scalar, or a role.';
comment on column risk_block.start_date is 'When the risk would hold; null: since ever.';
comment on column risk_block.contributors is 'What would make each item of the rule hold, with what is kept back: evaluation.Contributor.';
insert into workflow_transition (from_state, to_state) values (5, 26), (26, 5);
