-- What people approved although rules give the same, as the last analysis found it (role-model 12.10); leaving it to the rules is a bulk change.

create table redundancy_run (
    id          bigint generated always as identity primary key,
    state       text not null default 'QUEUED' check (state in ('QUEUED', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELLED')),
    actor       text not null,
    policies    text[] not null default '{}',
    error       text not null default '',
    total       int not null default 0,
    done        int not null default 0,
    found       int not null default 0,
    after_owner bigint not null default 0,
    taken_by    uuid,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    ended_at    timestamptz,
    constraint redundancy_run_ended check ((ended_at is null) = (state in ('QUEUED', 'IN_PROGRESS')))
);
comment on table redundancy_run is 'One analysis. taken_by is the worker that has it in hand, updated_at its last sign of life.';
comment on column redundancy_run.policies is 'Identifiers of the policies whose roles and resource types are looked at; none: all.';
comment on column redundancy_run.after_owner is 'Up to whom it came: another worker goes on there.';
create unique index redundancy_run_one_at_a_time on redundancy_run ((true)) where ended_at is null;

create table redundant_assignment (
    id                        bigint generated always as identity primary key,
    redundancy_run_id         bigint not null references redundancy_run (id) on delete cascade,
    owner_id                  bigint not null references resource (id),
    assigned_role_id          bigint references assigned_role (id) on delete cascade,
    assigned_resource_type_id bigint references assigned_resource_type (id) on delete cascade,
    role_id                   bigint references role (id) on delete cascade,
    resource_type_id          bigint references resource_type (id) on delete cascade,
    policy_id                 bigint not null references policy (id) on delete cascade,
    start_date                timestamptz,
    end_date                  timestamptz,
    given                     jsonb not null,
    remaining                 jsonb not null default '[]',
    constraint redundant_assignment_of_one check (num_nonnulls(assigned_role_id, assigned_resource_type_id) = 1
        and (assigned_role_id is null) = (role_id is null) and (assigned_resource_type_id is null) = (resource_type_id is null)),
    constraint redundant_assignment_role_key unique (assigned_role_id),
    constraint redundant_assignment_type_key unique (assigned_resource_type_id)
);
comment on table redundant_assignment is 'What the last analysis found: an assignment that somebody approved, [start_date, end_date), although rules give it.';
comment on column redundant_assignment.given is '[{start, end, reasons}]: when rules give it, and which, in words.';
comment on column redundant_assignment.remaining is '[{start, end}]: when nothing but the approval gives it; none: it is redundant as a whole.';
create index redundant_assignment_by_owner on redundant_assignment (owner_id, id);
create index redundant_assignment_by_policy on redundant_assignment (policy_id, id);
create index redundant_assignment_by_role on redundant_assignment (role_id, id) where role_id is not null;
create index redundant_assignment_by_type on redundant_assignment (resource_type_id, id) where resource_type_id is not null;
create index redundant_assignment_by_run on redundant_assignment (redundancy_run_id);

create index assigned_role_approved on assigned_role (owner_id) where valid_to = 'infinity' and workflow_state = 16 and not is_denied;
create index assigned_resource_type_approved on assigned_resource_type (owner_id) where valid_to = 'infinity' and workflow_state = 16 and not is_denied;

alter table bulk_change drop constraint bulk_change_kind_check, drop constraint bulk_change_decision_check;
alter table bulk_change
    add constraint bulk_change_kind_check check (kind in ('RECONCILE_RESOURCES', 'RECONCILE_ROLES', 'REVIEW_ROLES', 'REDUNDANT_ASSIGNMENTS', 'UNBLOCK_ORDERS', 'MANUAL_PROVISIONING')),
    add constraint bulk_change_decision_check check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT',
        'KEEP_ROLE', 'REMOVE_ROLE', 'APPROVE', 'DECLINE', 'LEAVE_TO_RULES', 'UNBLOCK', 'CONFIRM', 'REPORT_ERROR'));
