drop trigger request_handed_stays on request_handed;
drop trigger request_handed_to_one_who_may on request_handed;
drop function request_handed_to_one_who_may();
create or replace function request_exclusion(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint) returns text language sql stable as $$
    select case
        when exists (select from local_user u where lower(u.username) = lower(account) and u.is_client) then 'api_client'
        else request_exclusion_of_person(account, requester, requester_user, requester_record, beneficiary, item)
    end
$$;
drop function request_exclusion_of_place(text, text, bigint, bigint, bigint, bigint);
drop function is_user_gone(bigint);
delete from request_handed where source = 'DELEGATED';
drop index request_handed_by_giver;
drop index request_handed_place;
alter table request_handed drop constraint request_handed_source_check, drop constraint request_handed_by_somebody, drop constraint request_handed_to_another, drop constraint request_handed_reason,
    drop column by_user_id, drop column reason, drop column chain;
alter table request_handed add constraint request_handed_source_check check (source in ('ESCALATION'));
