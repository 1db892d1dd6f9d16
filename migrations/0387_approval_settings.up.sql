-- How approvals wait and whom they need, by policy and by approver rule (requests 2.5, 5.1, 5.4, 9.4).

alter table policy
    add column due_after_days integer not null default 5,
    add column remind_after_days integer not null default 2,
    add column escalate_after_days integer not null default 5,
    add column expire_after_days integer not null default 60,
    add column give_back_without_approval boolean not null default true,
    add column implicit_approval_for_self boolean not null default false,
    add column fallback_approvers jsonb not null default '[]',
    add constraint policy_days_check check (due_after_days between 0 and 3650 and remind_after_days between 0 and 3650 and escalate_after_days between 0 and 3650 and expire_after_days between 0 and 3650);
comment on column policy.due_after_days is 'Days until an approval is late; 0: never. Of approvals that begin from now on.';
comment on column policy.fallback_approvers is 'How people are found when nobody else is found, one way after the other.';

alter table approver_rule
    add column escalate_to jsonb not null default '[]',
    add column may_delegate boolean not null default true,
    add column deputies boolean not null default true,
    add column due_after_days integer,
    add column remind_after_days integer,
    add column escalate_after_days integer,
    add constraint approver_rule_days_check check (due_after_days between 0 and 3650 and remind_after_days between 0 and 3650 and escalate_after_days between 0 and 3650);
comment on column approver_rule.escalate_to is 'How people are found who are asked besides when nobody decided in time; none: the managers of those who are asked.';
comment on column approver_rule.due_after_days is 'Days until an approval is late; 0: never; null: as the policy of the role says.';

alter table request_step add column falls_back boolean not null default false;
comment on column request_step.falls_back is 'Nobody else was found when it was looked last, and those are asked whom the policy names for that.';

create trigger request_rights_changed after insert or update or delete on policy for each statement execute function request_rights_changed();

create or replace function may_be_asked(account bigint) returns boolean language sql stable as $$
    select exists (select from request_candidate c join request_step s on s.id = c.step_id where c.user_id = may_be_asked.account and c.excluded_because is null and c.until is null and s.closed_at is null)
        or exists (select from request_handed h join request_step s on s.id = h.step_id where h.user_id = may_be_asked.account and s.closed_at is null)
        or exists (select from (select a.find || a.escalate_to from approver_rule a union all select p.fallback_approvers from policy p where p.fallback_approvers <> '[]') ways (list)
                cross join lateral jsonb_array_elements(ways.list) f join local_user u on u.id = may_be_asked.account
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

-- Who acts for somebody decides in his place only where the approver rule lets him.
create or replace function request_decision_asked() returns trigger language plpgsql as $$
begin
    if exists (select from request_step s where s.id = new.step_id and not s.asks_reviewers) and not request_asks(new.step_id, coalesce(new.for_account, new.decider), new.at) then
        raise exception 'step % does not ask %', new.step_id, coalesce(new.for_account, new.decider) using errcode = '23514', constraint = 'request_decision_of_candidate';
    end if;
    if new.delegation_id is not null and exists (select from request_step s join approver_rule a on a.id = s.rule_id where s.id = new.step_id and not a.deputies) then
        raise exception 'step % takes no deputies', new.step_id using errcode = '23514', constraint = 'request_decision_takes_no_deputy';
    end if;
    return new;
end $$;
