-- Automation rules take decisions in the place of reviewers once an assignment has waited long enough (role-model 7).

create table automation_rule (
    id                    bigint generated always as identity primary key,
    identifier            text not null,
    display_name          text not null,
    type                  smallint not null,
    composite_role_id     bigint references role (id),
    single_role_id        bigint references role (id),
    resource_type_id      bigint references resource_type (id),
    category_id           bigint references category (id),
    policy_id             bigint references policy (id),
    entity_type_id        bigint references entity_type (id),
    include_subcategories boolean not null default true,
    workflow_state        smallint not null,
    hours_to_wait         integer not null default -1,
    decision              smallint not null,
    dimensions            jsonb not null default '{}',
    version               integer not null default 1,
    constraint automation_rule_identifier_key unique (identifier),
    constraint automation_rule_type_check check (type in (0, 1, 2, 4, 5)),
    constraint automation_rule_decision_check check (decision in (0, 1)),
    constraint automation_rule_hours_to_wait_check check (hours_to_wait >= -1),
    constraint automation_rule_state_check check (workflow_state in (1, 3, 5, 8, 9, 10, 11, 12, 13, 25, 27)),
    constraint automation_rule_one_target check ((composite_role_id is not null) = (type = 0) and (single_role_id is not null) = (type = 1)
        and (resource_type_id is not null) = (type = 2) and (category_id is not null) = (type = 4) and (policy_id is not null) = (type = 5)),
    constraint automation_rule_entity_type_check check ((entity_type_id is not null) = (type in (4, 5)))
);
comment on table automation_rule is 'Decisions that are taken in the place of reviewers (role-model 7).';
comment on column automation_rule.type is 'What it is about: 0 a composite role, 1 a single role, 2 a resource type, 4 a category, 5 a policy.';
comment on column automation_rule.hours_to_wait is 'Hours since the assignment came into the state; -1: never.';
comment on column automation_rule.decision is '0 approve, 1 decline.';
