-- Mining rules say which roles are to be explained by rules, and how well (role-model 8).

create table mining_rule (
    id                            bigint generated always as identity primary key,
    identifier                    text not null,
    display_name                  text not null,
    policy_id                     bigint not null references policy (id),
    rule_policy_id                bigint not null references policy (id),
    entity_type_id                bigint not null references entity_type (id),
    category_id                   bigint references category (id),
    include_no_validation         boolean not null default true,
    include_simple_validation     boolean not null default true,
    include_double_validation     boolean not null default true,
    include_triple_validation     boolean not null default true,
    exclude_role                  boolean not null default false,
    rule_type                     smallint not null default 0,
    precision_min_percentage      double precision not null default 100,
    false_positive_max_percentage double precision not null default 0,
    priority                      integer not null default 0,
    version                       integer not null default 1,
    constraint mining_rule_identifier_key unique (identifier),
    constraint mining_rule_type_check check (rule_type between 0 and 2),
    constraint mining_rule_precision_check check (precision_min_percentage between 0 and 100),
    constraint mining_rule_false_positive_check check (false_positive_max_percentage between 0 and 100)
);
comment on table mining_rule is 'Which roles mining explains by rules, and how well (role-model 8.2). The highest priority comes first.';
comment on column mining_rule.rule_policy_id is 'The policy of the rules that are proposed.';

alter table context_rule
    add column min_identities_count integer not null default 0,
    add column reduction_outlier_percentage double precision not null default 0,
    add constraint context_rule_least_check check (min_identities_count >= 0),
    add constraint context_rule_outlier_check check (reduction_outlier_percentage between 0 and 100);
comment on column context_rule.min_identities_count is 'Mining: people whom a proposed rule must match.';
comment on column context_rule.reduction_outlier_percentage is 'Mining: share of the people whose rare values are no criterion.';

alter table dimension add column is_excluded_from_role_mining boolean not null default false;
