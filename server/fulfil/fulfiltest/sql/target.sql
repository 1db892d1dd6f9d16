-- A small application with accounts, as a managed system. search_path is the schema of the target when this runs.

create table account (
    login     text primary key,
    name      text,
    mail      text unique,
    enabled   boolean,
    valid_to  timestamptz,
    quota     numeric,
    phones    text[]
);

create table account_group (
    login      text not null references account (login) on update cascade on delete cascade,
    group_name text not null,
    primary key (login, group_name)
);

-- Every change of an account or a membership, by whom. Append only.
create table operation_log (
    id              bigint generated always as identity primary key,
    at              timestamptz not null default clock_timestamp(),
    who             text not null default session_user,
    application     text not null default coalesce(current_setting('application_name', true), ''),
    transaction_id  bigint not null default txid_current(),
    order_id        text not null default coalesce(current_setting('writ.order_id', true), ''),
    idempotency_key text not null default coalesce(current_setting('writ.idempotency_key', true), ''),
    operation       text not null,
    table_name      text not null,
    key             text not null,
    before          jsonb,
    after           jsonb
);

-- How the application behaves from now on. A null column matches everything; times null = until forgotten.
create table behaviour (
    id           bigint generated always as identity primary key,
    action       text not null check (action in ('refuse', 'hang')),
    on_table     text,
    on_operation text check (on_operation in ('INSERT', 'UPDATE', 'DELETE')),
    on_key       text,
    message      text not null default 'refused by the application',
    sqlstate     text not null default 'P0001',
    milliseconds int not null default 0,
    times        int
);

create function refuse_log_change() returns trigger language plpgsql as $$
begin
    raise exception 'the operation log is append only';
end $$;
create trigger append_only before update or delete or truncate on operation_log execute function refuse_log_change();

-- A refusal rolls back, so uses are counted by a sequence, which does not.
create function count_behaviour() returns trigger language plpgsql security definer set search_path from current as $$
begin
    execute format('create sequence behaviour_use_%s', new.id);
    return new;
end $$;
create trigger counted before insert on behaviour for each row execute function count_behaviour();

create function behave() returns trigger language plpgsql security definer set search_path from current as $$
declare
    b behaviour;
    k text := case when tg_op = 'DELETE' then old.login else new.login end;
begin
    for b in
        select * from behaviour
        where coalesce(on_table = tg_table_name, true) and coalesce(on_operation = tg_op, true) and coalesce(on_key = k, true)
        order by id
    loop
        continue when b.times is not null and nextval(format('behaviour_use_%s', b.id)::regclass) > b.times;
        if b.action = 'hang' then
            perform pg_sleep(b.milliseconds / 1000.0);
        else
            raise exception using message = b.message, errcode = b.sqlstate;
        end if;
    end loop;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger behave before insert or update or delete on account for each row execute function behave();
create trigger behave before insert or update or delete on account_group for each row execute function behave();

create function write_log() returns trigger language plpgsql security definer set search_path from current as $$
begin
    insert into operation_log (operation, table_name, key, before, after)
    values (tg_op, tg_table_name, case when tg_op = 'DELETE' then old.login else new.login end,
            case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
    return null;
end $$;
create trigger logged after insert or update or delete on account for each row execute function write_log();
create trigger logged after insert or update or delete on account_group for each row execute function write_log();
