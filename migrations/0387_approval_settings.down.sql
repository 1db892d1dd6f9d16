drop trigger request_rights_changed on policy;
create or replace function may_be_asked(account bigint) returns boolean language sql stable as $$
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
create or replace function request_decision_asked() returns trigger language plpgsql as $$
begin
    if exists (select from request_step s where s.id = new.step_id and not s.asks_reviewers) and not request_asks(new.step_id, coalesce(new.for_account, new.decider), new.at) then
        raise exception 'step % does not ask %', new.step_id, coalesce(new.for_account, new.decider) using errcode = '23514', constraint = 'request_decision_of_candidate';
    end if;
    return new;
end $$;
alter table request_step drop column falls_back;
delete from request_candidate where source = 'FALLBACK';
alter table approver_rule drop constraint approver_rule_days_check, drop column escalate_to, drop column may_delegate, drop column deputies, drop column due_after_days, drop column remind_after_days, drop column escalate_after_days;
alter table policy drop constraint policy_days_check, drop column due_after_days, drop column remind_after_days, drop column escalate_after_days, drop column expire_after_days, drop column give_back_without_approval,
    drop column implicit_approval_for_self, drop column fallback_approvers;
