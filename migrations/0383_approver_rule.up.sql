-- Who is asked for an approval (requests 5): rules that choose people, those who were chosen for a step and those who were not, and the guard that lets
-- nobody else decide.

alter table entity_type add column manager_binding text;
comment on column entity_type.manager_binding is 'Path of navigations from one of its resources to its manager; null: it has none.';

create table approver_rule (
    id                           bigint generated always as identity primary key,
    identifier                   text not null,
    display_name                 text not null,
    target_composite_role_id     bigint references role (id),
    target_single_role_id        bigint references role (id),
    target_category_id           bigint references category (id),
    target_include_subcategories boolean not null default true,
    target_policy_id             bigint references policy (id),
    target_risk_id               bigint references risk (id),
    target_entity_type_id        bigint references entity_type (id),
    levels                       integer[] not null,
    actions                      text[] not null,
    dimensions                   jsonb not null default '{}',
    parameters                   jsonb not null default '{}',
    find                         jsonb not null,
    combine                      smallint not null default 0,
    priority                     integer not null default 0,
    version                      integer not null default 1,
    constraint approver_rule_identifier_key unique (identifier),
    constraint approver_rule_one_target check (num_nonnulls(target_composite_role_id, target_single_role_id, target_category_id, target_policy_id, target_risk_id, target_entity_type_id) = 1),
    constraint approver_rule_levels_check check (cardinality(levels) > 0 and levels <@ array[0, 1, 2, 3]),
    constraint approver_rule_actions_check check (cardinality(actions) > 0 and actions <@ array['ADD', 'REMOVE', 'DENY', 'ALLOW']),
    constraint approver_rule_find_check check (jsonb_array_length(find) > 0),
    constraint approver_rule_combine_check check (combine in (0, 1))
);
comment on table approver_rule is 'Who is asked for which approvals (requests 5.1).';
comment on column approver_rule.levels is 'Which levels of approval it is about; 0: that of a risk.';
comment on column approver_rule.find is 'How people are found, one way after the other (requests 5.2).';
comment on column approver_rule.combine is '0: the first way that finds somebody, 1: all of them.';

alter table request_step add column rule_id bigint;
alter table request_step add column rule text;
alter table request_step add column asks_reviewers boolean not null default true;
alter table request_step add column pool_profile_id bigint references profile (id) on delete set null;
alter table request_step add column pool_match jsonb not null default '{}';
alter table request_step add column watched bigint[] not null default '{}';
alter table request_step add column watched_version bigint not null default 0;
comment on column request_step.rule_id is 'The approver rule by which people were found last; no reference, the rule may go. Null: whoever reviews the roles of the person is asked.';
comment on column request_step.rule is 'Its name.';
comment on column request_step.asks_reviewers is 'Whoever reviews the roles of the person is asked, by his right and not by name.';
comment on column request_step.pool_profile_id is 'Whoever holds this profile is asked: too many to be named one by one.';
comment on column request_step.pool_match is 'What the context of the held profile has to say: dimension, key.';
comment on column request_step.watched is 'The resources by which people were found: when one changes, it is looked anew.';
comment on column request_step.watched_version is 'The sum of their versions when it was looked last.';
create index request_step_pool on request_step (pool_profile_id) where state in ('OPEN', 'STUCK') and pool_profile_id is not null;

-- Who is, was, or might have been asked about a step. Those who are not asked are kept with the reason (requests 5.3).
create table request_candidate (
    id               bigint generated always as identity primary key,
    step_id          bigint not null references request_step (id),
    user_id          bigint references local_user (id) on delete set null,
    account          text,
    person_id        bigint references resource (id),
    name             text not null,
    found_by         text not null,
    source           text not null default 'FOUND',
    excluded_because text,
    since            timestamptz not null,
    until            timestamptz,
    constraint request_candidate_source_check check (source in ('FOUND', 'FALLBACK', 'ESCALATION', 'DELEGATED', 'ASSIGNED', 'DEPUTY')),
    constraint request_candidate_can_sign_in check (account is not null or excluded_because is not null)
);
create index request_candidate_of_step on request_candidate (step_id, id);
create index request_candidate_of_user on request_candidate (user_id) where excluded_because is null;
comment on table request_candidate is 'Who is asked by name, or would be but for what excludes him.';
comment on column request_candidate.account is 'User name, as it was; null: the person has no account.';
comment on column request_candidate.found_by is 'How he was found, as a word of the rule.';
comment on column request_candidate.excluded_because is 'Why he is not asked, by the codes of request_exclusion and more; null: he is.';
comment on column request_candidate.until is 'When he stopped to be asked, or what excluded him; null: it is so now.';

create function request_asks(step bigint, account text, at timestamptz) returns boolean language sql stable as $$
    select exists (select from request_candidate c join local_user u on u.id = c.user_id
            where c.step_id = request_asks.step and c.until is null and c.excluded_because is null and lower(u.username) = lower(request_asks.account) and not u.is_disabled and not has_left(u.id, request_asks.at))
        or exists (select from request_step s join assigned_profile p on p.profile_id = s.pool_profile_id join local_user u on u.id = p.user_id
            where s.id = request_asks.step and lower(u.username) = lower(request_asks.account) and not u.is_disabled and not has_left(u.id, request_asks.at) and not p.is_denied and p.context @> s.pool_match
                and coalesce(p.start_date, '-infinity') <= request_asks.at and coalesce(p.end_date, 'infinity') > request_asks.at
                and not exists (select from assigned_profile n where n.user_id = p.user_id and n.profile_id = p.profile_id and n.is_denied
                    and coalesce(n.start_date, '-infinity') <= request_asks.at and coalesce(n.end_date, 'infinity') > request_asks.at))
        or exists (select from request_handed h join local_user u on u.id = h.user_id where h.step_id = request_asks.step and lower(u.username) = lower(request_asks.account) and not u.is_disabled and not has_left(u.id, request_asks.at))
$$;
comment on function request_asks is 'Whether a step asks an account by name, as a holder of a profile, or since it was given to it besides. Whom it asks by his right to review roles is not told here.';

create function may_be_asked(account bigint) returns boolean language sql stable as $$
    select exists (select from request_candidate c join request_step s on s.id = c.step_id where c.user_id = may_be_asked.account and c.excluded_because is null and c.until is null and s.closed_at is null)
        or exists (select from request_handed h join request_step s on s.id = h.step_id where h.user_id = may_be_asked.account and s.closed_at is null)
        or exists (select from approver_rule a cross join lateral jsonb_array_elements(a.find) f join local_user u on u.id = may_be_asked.account
                left join resource r on r.id = u.resource_id and r.valid_to = 'infinity'
            where case f ->> 'finder'
                when 'profile' then exists (select from assigned_profile p join profile o on o.id = p.profile_id where p.user_id = u.id and o.identifier = f ->> 'profile')
                when 'person' then jsonb_exists(f -> 'keys', r.key)
                when 'roleOwner' then exists (select from role o where o.owner_entity_type_id = r.entity_type_id and o.owner_key = r.key)
                when 'resourceTypeOwner' then exists (select from resource_type o where o.owner_entity_type_id = r.entity_type_id and o.owner_key = r.key)
                when 'riskOwner' then exists (select from risk o where o.owner_entity_type_id = r.entity_type_id and o.owner_key = r.key)
                when 'reviewers' then false
                else exists (select from entity_type t join property q on q.identifier = substring(t.manager_binding from '[^.]+$') and q.target_entity_type_id = r.entity_type_id
                    join resource_link l on l.property_id = q.id and l.target_id = r.id and l.valid_to = 'infinity')
            end)
$$;
comment on function may_be_asked is 'Whether an account is asked about something, or an approver rule may find it one day: its approvals are worth a look, and those whom it lets act for itself have something to do.';

create function request_decision_asked() returns trigger language plpgsql as $$
begin
    if exists (select from request_step s where s.id = new.step_id and not s.asks_reviewers) and not request_asks(new.step_id, coalesce(new.for_account, new.decider), new.at) then
        raise exception 'step % does not ask %', new.step_id, coalesce(new.for_account, new.decider) using errcode = '23514', constraint = 'request_decision_of_candidate';
    end if;
    return new;
end $$;
create trigger request_decision_asked before insert on request_decision for each row execute function request_decision_asked();

-- Who is asked is looked at anew when rules change, and what they go by.
create trigger request_rights_changed after insert or update or delete on approver_rule for each statement execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on role for each statement execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on resource_type for each statement execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on risk for each statement execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on category for each statement execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on entity_type for each statement execute function request_rights_changed();
