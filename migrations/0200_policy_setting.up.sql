-- What a policy says of its roles and resource types, and what single ones say otherwise: approvals, how long assignments last, comments of
-- decisions. Closed lists are numbers as role-model 2.1 has them; the last of a list of roles and types is "as the policy says".

alter table policy
    add column is_external boolean not null default false,
    add column has_implicit_approval boolean not null default false,
    add column prolongation_without_approval boolean not null default false,
    add column max_duration integer not null default 0 constraint policy_max_duration check (max_duration >= 0),
    add column grace_period integer not null default 0 constraint policy_grace_period check (grace_period >= 0),
    add column manual_assignment_end_date_locked_to_context_mode smallint not null default 0
        constraint policy_end_date_lock check (manual_assignment_end_date_locked_to_context_mode between 0 and 3),
    add column comment_activation_on_approve_in_review smallint not null default 1
        constraint policy_comment_on_approve check (comment_activation_on_approve_in_review between 0 and 2),
    add column comment_activation_on_decline_in_review smallint not null default 2
        constraint policy_comment_on_decline check (comment_activation_on_decline_in_review between 0 and 2),
    add column comment_activation_on_delete_gap_in_reconciliation smallint not null default 1
        constraint policy_comment_on_delete_gap check (comment_activation_on_delete_gap_in_reconciliation between 0 and 2),
    add column comment_activation_on_keep_gap_in_reconciliation smallint not null default 2
        constraint policy_comment_on_keep_gap check (comment_activation_on_keep_gap_in_reconciliation between 0 and 2);
comment on column policy.max_duration is 'Minutes that assignments given by hand last at most; 0: no limit.';
comment on column policy.grace_period is 'Minutes for which roles stay that a change of the rules takes away; 0: none.';

alter table role
    add column implicit_approval smallint not null default 0 constraint role_implicit_approval check (implicit_approval between 0 and 2),
    add column prolongation_without_approval smallint not null default 0
        constraint role_prolongation check (prolongation_without_approval between 0 and 2),
    add column max_duration integer constraint role_max_duration check (max_duration >= 0),
    add column grace_period integer constraint role_grace_period check (grace_period >= 0),
    add column manual_assignment_end_date_locked_to_context_mode smallint not null default 4
        constraint role_end_date_lock check (manual_assignment_end_date_locked_to_context_mode between 0 and 4),
    add column comment_activation_on_approve_in_review smallint not null default 3
        constraint role_comment_on_approve check (comment_activation_on_approve_in_review between 0 and 3),
    add column comment_activation_on_decline_in_review smallint not null default 3
        constraint role_comment_on_decline check (comment_activation_on_decline_in_review between 0 and 3),
    add column comment_activation_on_delete_gap_in_reconciliation smallint not null default 3
        constraint role_comment_on_delete_gap check (comment_activation_on_delete_gap_in_reconciliation between 0 and 3),
    add column comment_activation_on_keep_gap_in_reconciliation smallint not null default 3
        constraint role_comment_on_keep_gap check (comment_activation_on_keep_gap_in_reconciliation between 0 and 3);
comment on column role.max_duration is 'Null: as the policy says.';
comment on column role.grace_period is 'Null: as the policy says.';

alter table resource_type
    add column implicit_approval smallint not null default 0 constraint resource_type_implicit_approval check (implicit_approval between 0 and 2),
    add column prolongation_without_approval smallint not null default 0
        constraint resource_type_prolongation check (prolongation_without_approval between 0 and 2),
    add column manual_assignment_end_date_locked_to_context_mode smallint not null default 4
        constraint resource_type_end_date_lock check (manual_assignment_end_date_locked_to_context_mode between 0 and 4);

update model_object o set body = o.body || new.columns
from (values
    ('policy', '{"is_external": false, "has_implicit_approval": false, "prolongation_without_approval": false, "max_duration": 0, "grace_period": 0,
        "manual_assignment_end_date_locked_to_context_mode": 0, "comment_activation_on_approve_in_review": 1, "comment_activation_on_decline_in_review": 2,
        "comment_activation_on_delete_gap_in_reconciliation": 1, "comment_activation_on_keep_gap_in_reconciliation": 2}'::jsonb),
    ('role', '{"implicit_approval": 0, "prolongation_without_approval": 0, "max_duration": null, "grace_period": null,
        "manual_assignment_end_date_locked_to_context_mode": 4, "comment_activation_on_approve_in_review": 3, "comment_activation_on_decline_in_review": 3,
        "comment_activation_on_delete_gap_in_reconciliation": 3, "comment_activation_on_keep_gap_in_reconciliation": 3}'::jsonb),
    ('resource_type', '{"implicit_approval": 0, "prolongation_without_approval": 0, "manual_assignment_end_date_locked_to_context_mode": 4}'::jsonb)
) new (kind, columns)
where o.kind = new.kind;
