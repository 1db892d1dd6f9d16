-- Somebody is made to leave at once (requests 12.8): everything that he has ends now, whatever his source says, and a list proves it.

create table departure (
    id            bigint generated always as identity primary key,
    person_id     bigint not null references resource (id),
    state         text not null,
    at            timestamptz not null,
    actor         text not null,
    actor_id      bigint references local_user (id) on delete set null,
    asked_by      text,
    reason        text not null,
    accounts      integer not null,
    users         bigint[] not null default '{}',
    first_event   bigint not null,
    returned_at   timestamptz,
    returned_by   text,
    return_reason text,
    constraint departure_state_check check (state in ('WAITING', 'DEPARTED', 'RETURNED', 'LAPSED')),
    constraint departure_returned check ((state = 'RETURNED') = (returned_at is not null) and (returned_at is null) = (returned_by is null)),
    constraint departure_bounded check (length(reason) between 1 and 4000 and length(return_reason) <= 4000)
);
create unique index departure_once on departure (person_id) where state in ('WAITING', 'DEPARTED');
create index departure_by_person on departure (person_id, id);
create index departure_by_time on departure (at);
create index departure_waiting on departure (at) where state = 'WAITING';
comment on table departure is 'People who were made to leave at once (requests 12.8). While it is DEPARTED, every computation ends there what the person has.';
comment on column departure.state is 'WAITING: it wants a second person; DEPARTED: in force; RETURNED: taken back; LAPSED: no second person came.';
comment on column departure.at is 'Since when all that the person had is over; while it waits, when it was asked for.';
comment on column departure.actor is 'User name of whoever made him leave; of two people, the second.';
comment on column departure.asked_by is 'User name of the first of two people; null: one was enough.';
comment on column departure.accounts is 'How many accounts were shown to whoever confirmed it.';
comment on column departure.users is 'Accounts of Writ itself that it switched off: a return switches them on again.';
comment on column departure.first_event is 'Events about the person after this one belong to the departure.';
insert into legal_move (machine, from_state, to_state) values
    ('departure', 'WAITING', 'DEPARTED'), ('departure', 'WAITING', 'LAPSED'), ('departure', 'DEPARTED', 'RETURNED');
create trigger legal_move before update of state on departure for each row when (old.state is distinct from new.state) execute function legal_move_guard('departure');

-- Nobody makes himself leave, by whichever of his accounts, and the second of two people is another one than the first.
create function departure_by_another() returns trigger language plpgsql as $$
begin
    if is_same_person(new.actor, new.person_id) then
        raise exception 'nobody makes himself leave' using errcode = '23514', constraint = 'departure_by_another';
    end if;
    if new.state = 'DEPARTED' and new.asked_by is not null and are_one_person(new.asked_by, new.actor) then
        raise exception 'a second person confirms' using errcode = '23514', constraint = 'departure_second_person';
    end if;
    return new;
end $$;
create trigger departure_by_another before insert or update of state on departure for each row when (new.state in ('WAITING', 'DEPARTED')) execute function departure_by_another();

create table departure_item (
    id           bigint generated always as identity primary key,
    departure_id bigint not null references departure (id) on delete cascade,
    kind         text not null,
    subject_id   bigint,
    label        text not null,
    constraint departure_item_kind_check check (kind in ('ACCOUNT', 'SIGN_IN', 'SESSION', 'KEY', 'DELEGATION', 'REQUEST', 'APPROVAL'))
);
create index departure_item_of on departure_item (departure_id, id);
comment on table departure_item is 'What beside accounts in systems a person had when he was made to leave: what became of it is read from where it is.';

-- Whoever was made to leave has no account of Writ that opens, whoever makes or changes it meanwhile: a configuration that is applied again, an identity
-- provider that makes accounts, a person found for an account. The lock of the departure is waited for.
create function departed_cannot_sign_in() returns trigger language plpgsql as $$
begin
    if new.resource_id is not null and not new.is_disabled then
        perform pg_advisory_xact_lock_shared(hashtext('writ.departure'), hashtext(new.resource_id::text));
        if exists (select from departure d where d.person_id = new.resource_id and d.state = 'DEPARTED') then
            new.is_disabled := true;
        end if;
    end if;
    return new;
end $$;
create trigger departed_cannot_sign_in before insert or update of is_disabled, resource_id on local_user for each row execute function departed_cannot_sign_in();
