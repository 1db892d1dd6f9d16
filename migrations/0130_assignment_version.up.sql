-- Assignments keep their past as resources do: a row is the newest that is known, what was known before stands in a table of versions.

create table assigned_role_version (
    assigned_role_id bigint not null references assigned_role (id),
    valid_from     timestamptz not null,
    valid_to       timestamptz not null,
    workflow_state smallint not null,
    origin         text not null,
    is_denied      boolean not null,
    start_date     timestamptz,
    end_date       timestamptz,
    inferred_by_id bigint,
    rule_ids       bigint[] not null,
    primary key (assigned_role_id, valid_from),
    constraint assigned_role_version_known check (valid_from < valid_to)
);
comment on table assigned_role_version is 'What was known of an assigned role during [valid_from, valid_to). When it holds is [start_date, end_date).';
create index assigned_role_version_by_end on assigned_role_version (valid_to);

create table assigned_resource_type_version (
    assigned_resource_type_id bigint not null references assigned_resource_type (id),
    valid_from     timestamptz not null,
    valid_to       timestamptz not null,
    resource_id    bigint references resource (id),
    workflow_state smallint not null,
    is_expected    boolean not null,
    is_denied      boolean not null,
    is_frozen      boolean not null,
    start_date     timestamptz,
    end_date       timestamptz,
    confidence     integer,
    expected       jsonb not null,
    error          text,
    primary key (assigned_resource_type_id, valid_from),
    constraint assigned_resource_type_version_known check (valid_from < valid_to)
);
comment on table assigned_resource_type_version is 'What was known of an assigned resource type during [valid_from, valid_to). When it holds is [start_date, end_date), and by value in expected.';
create index assigned_resource_type_version_by_end on assigned_resource_type_version (valid_to);

create index resource_version_by_end on resource_version (valid_to);

comment on column assigned_role.valid_from is 'Since when this is known. A row that has ended (valid_to) has said since then what it was: [start_date, end_date).';
comment on column assigned_resource_type.valid_from is 'Since when this is known.';

-- Past versions had rows of their own. A row that nothing refers to, and that exactly one other row of the same owner and role (or type) goes
-- on from, is a version of the last row of that chain.
create temporary table past_role on commit drop as
    select v.id, min(n.id) as next
    from assigned_role v
    join assigned_role n on n.owner_id = v.owner_id and n.role_id = v.role_id and n.valid_from = v.valid_to and n.id <> v.id
    where v.valid_to <> 'infinity' and v.valid_from < v.valid_to and not exists (select from assignment_history h where h.assigned_role_id = v.id)
    group by v.id having count(*) = 1;
delete from past_role p where exists (select from past_role q where q.next = p.next and q.id <> p.id);
insert into assigned_role_version (assigned_role_id, valid_from, valid_to, workflow_state, origin, is_denied, start_date, end_date, inferred_by_id, rule_ids)
with recursive chain (id, of) as (
    select p.id, p.next from past_role p where not exists (select from past_role q where q.id = p.next)
    union all
    select p.id, c.of from chain c join past_role p on p.next = c.id)
select c.of, v.valid_from, v.valid_to, v.workflow_state, v.origin, v.is_denied, v.start_date, v.end_date, v.inferred_by_id, v.rule_ids
from chain c join assigned_role v on v.id = c.id;
delete from assigned_role where id in (select id from past_role);

create temporary table past_type on commit drop as
    select v.id, min(n.id) as next
    from assigned_resource_type v
    join assigned_resource_type n on n.owner_id = v.owner_id and n.resource_type_id = v.resource_type_id and n.valid_from = v.valid_to and n.id <> v.id
    where v.valid_to <> 'infinity' and v.valid_from < v.valid_to
        and not exists (select from assignment_history h where h.assigned_resource_type_id = v.id)
        and not exists (select from provisioning_order o where o.assigned_resource_type_id = v.id)
        and not exists (select from gap g where g.assigned_resource_type_id = v.id)
        and not exists (select from kept_value k where k.assigned_resource_type_id = v.id)
    group by v.id having count(*) = 1;
delete from past_type p where exists (select from past_type q where q.next = p.next and q.id <> p.id);
insert into assigned_resource_type_version (assigned_resource_type_id, valid_from, valid_to, resource_id, workflow_state, is_expected, is_denied, is_frozen, start_date,
    end_date, confidence, expected, error)
with recursive chain (id, of) as (
    select p.id, p.next from past_type p where not exists (select from past_type q where q.id = p.next)
    union all
    select p.id, c.of from chain c join past_type p on p.next = c.id)
select c.of, v.valid_from, v.valid_to, v.resource_id, v.workflow_state, v.is_expected, v.is_denied, v.is_frozen, v.start_date, v.end_date, v.confidence, v.expected, v.error
from chain c join assigned_resource_type v on v.id = c.id;
delete from assigned_resource_type where id in (select id from past_type);
