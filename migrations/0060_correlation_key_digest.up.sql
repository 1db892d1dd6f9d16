-- Values of any length are compared: the index holds a hash of the value, and an equal hash is checked against the value itself. An
-- index on the value holds no more than a third of a page and fails the transaction that all share.
alter table correlation_key drop constraint correlation_key_pkey;
alter table correlation_key add column digest bigint not null generated always as (hashtextextended(value, 0)) stored;
alter table correlation_key add primary key (rule_id, side, digest, resource_id);

create table key_fault (
    id          bigint generated always as identity primary key,
    resource_id bigint not null references resource (id) on delete cascade,
    side        char(1) not null check (side in ('S', 'T')),
    rule_id     bigint references resource_type_rule (id) on delete cascade,
    message     text not null,
    found_at    timestamptz not null
);
comment on table key_fault is 'Resources of which no correlation key can be made, and why: they are not matched, and hold up nobody else. rule_id null: the keys of all rules were refused.';
create unique index key_fault_once on key_fault (resource_id, side, coalesce(rule_id, 0));
create index key_fault_by_rule on key_fault (rule_id);
