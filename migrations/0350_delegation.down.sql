drop trigger request_decision_for_stays on request_decision;
drop trigger request_decision_for on request_decision;
drop function request_decision_for();
create or replace function request_exclusion(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint) returns text language sql stable as $$
    select case
        when lower(account) in (lower(requester), lower(account_now(requester, requester_user))) then 'is_requester'
        when exists (select from local_user u where lower(u.username) = lower(account) and u.resource_id = beneficiary) then 'is_beneficiary'
        when is_same_person(account, beneficiary) or is_same_person(account, requester_record) or is_same_account(account, account_now(requester, requester_user)) then 'same_person'
        when exists (select from request_decision d where d.item_id = item
            and (is_same_account(account, account_now(d.decider, d.decider_user_id)) or lower(d.decider) = lower(account) or is_same_person(account, d.decider_id))) then 'decided_before'
    end
$$;
alter table request_history drop column for_account;
alter table request_decision drop constraint request_decision_not_for_parties;
alter table request_decision drop constraint request_decision_for;
alter table request_decision drop column for_id;
alter table request_decision drop column for_user_id;
alter table request_decision drop column for_account;
alter table request_decision drop column delegation_id;
drop table delegation_act;
drop function delegation_act_of_one_in_force();
drop table delegation_history;
drop table delegation;
drop function delegation_stays();
drop function delegation_in_force(bigint, timestamptz);
drop function is_without_party(bigint, bigint, timestamptz);
drop function has_left(bigint, timestamptz);
delete from legal_move where machine = 'delegation';
