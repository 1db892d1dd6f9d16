-- What is asked before a step is decided, and answered (requests 9.1). Its clocks stand still meanwhile: they are moved ahead when something is asked, as far
-- as an answer may take, and back by what was not needed.

alter table request_step drop constraint request_step_state_check;
alter table request_step drop constraint request_step_closed;
alter table request_step
    add constraint request_step_state_check check (state in ('WAITING', 'OPEN', 'INFO_REQUESTED', 'STUCK', 'APPROVED', 'DECLINED', 'SKIPPED', 'EXPIRED', 'CLOSED')),
    add constraint request_step_closed check ((closed_at is null) = (state in ('WAITING', 'OPEN', 'INFO_REQUESTED', 'STUCK'))),
    add column asked_at timestamptz,
    add column answer_by timestamptz,
    add column still_until timestamptz,
    add column stood bigint not null default 0,
    add constraint request_step_asked check ((asked_at is not null and answer_by is not null and still_until is not null) = (state = 'INFO_REQUESTED')),
    add constraint request_step_stood check (stood >= 0);
comment on column request_step.answer_by is 'When the step goes on though nobody answered; null: nothing is asked.';
comment on column request_step.still_until is 'Until when the clocks stand still at most: so far they were moved ahead when it was asked.';
comment on column request_step.stood is 'How long the clocks stood still altogether, in milliseconds.';

drop index request_step_open;
create index request_step_open on request_step (item_id) where state in ('OPEN', 'INFO_REQUESTED', 'STUCK');
drop index request_step_look;
create index request_step_look on request_step (looked_at nulls first) where state in ('OPEN', 'INFO_REQUESTED', 'STUCK');
create index request_step_answer on request_step (answer_by) where answer_by is not null;
create or replace function request_rights_changed() returns trigger language plpgsql as $$
begin
    if exists (select from request_step where state in ('OPEN', 'INFO_REQUESTED', 'STUCK')) then
        insert into request_rights_changed default values on conflict do nothing;
    end if;
    return null;
end $$;

create or replace function request_decision_not_own() returns trigger language plpgsql as $$
declare
    q request;
    i request_item;
    s request_step;
    why text;
begin
    select * into s from request_step where id = new.step_id;
    select * into i from request_item where id = s.item_id;
    select * into q from request where id = i.request_id;
    if s.item_id is distinct from new.item_id or i.beneficiary_id is distinct from new.beneficiary_id or q.requester is distinct from new.requester then
        raise exception 'the decision of step % does not say what it is about', new.step_id using errcode = '23514', constraint = 'request_decision_of_its_step';
    end if;
    if s.state not in ('OPEN', 'INFO_REQUESTED') then
        raise exception 'step % does not wait for a decision', new.step_id using errcode = '23514', constraint = 'request_decision_of_open_step';
    end if;
    why := request_exclusion(new.decider, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, i.id);
    if why is not null then
        raise exception 'step % is not for %: %', new.step_id, new.decider, why using errcode = '23514',
            constraint = case why when 'decided_before' then 'request_decision_once' else 'request_decision_not_own' end;
    end if;
    return new;
end $$;

create table request_comment (
    id                bigint generated always as identity primary key,
    item_id           bigint not null references request_item (id),
    step_id           bigint references request_step (id),
    kind              text not null,
    author            text not null,
    author_user_id    bigint references local_user (id) on delete set null,
    addressee         text,
    addressee_id      bigint references resource (id),
    addressee_user_id bigint references local_user (id) on delete set null,
    text              text not null,
    at                timestamptz not null,
    ended_at          timestamptz,
    constraint request_comment_kind_check check (kind in ('QUESTION', 'ANSWER', 'SYSTEM')),
    constraint request_comment_bounded check (length(text) between 1 and 4000),
    constraint request_comment_asked check ((addressee is not null) = (kind = 'QUESTION'))
);
create index request_comment_by_item on request_comment (item_id, id);
create index request_comment_asked_person on request_comment (addressee_id) where kind = 'QUESTION' and ended_at is null;
create index request_comment_asked_user on request_comment (addressee_user_id) where kind = 'QUESTION' and ended_at is null;
comment on table request_comment is 'What is asked about a request and answered, for everybody who sees the item.';
comment on column request_comment.addressee is 'Who is asked, by name; addressee_id the person, addressee_user_id the account of one who asked without being a person.';
comment on column request_comment.ended_at is 'Of a question: when it was answered or given up; null: it waits.';

insert into legal_move (machine, from_state, to_state) values
    ('request_step', 'OPEN', 'INFO_REQUESTED'), ('request_step', 'INFO_REQUESTED', 'OPEN'), ('request_step', 'INFO_REQUESTED', 'STUCK'), ('request_step', 'INFO_REQUESTED', 'APPROVED'), ('request_step', 'INFO_REQUESTED', 'DECLINED'),
    ('request_step', 'INFO_REQUESTED', 'SKIPPED'), ('request_step', 'INFO_REQUESTED', 'EXPIRED'), ('request_step', 'INFO_REQUESTED', 'CLOSED');
