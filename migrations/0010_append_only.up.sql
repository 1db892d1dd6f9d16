-- What was recorded stays: events, their chain, and signed checkpoints of it can be added and nothing else, also by the owner of the tables.

create table event_checkpoint (
    position   bigint primary key,
    hash       bytea not null,
    at         timestamptz not null,
    public_key bytea not null,
    signature  bytea not null
);
comment on table event_checkpoint is 'Signed now and then: at that position the chain had that hash. A chain that was cut off or written anew does not fit.';

create or replace function event_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append only', tg_table_name using errcode = '23514', constraint = 'event_append_only';
end $$;
drop trigger event_append_only on event;
create trigger event_append_only before update or delete on event for each row execute function event_append_only();
create trigger event_not_emptied before truncate on event for each statement execute function event_append_only();
create trigger event_append_only before update or delete on event_chain for each row execute function event_append_only();
create trigger event_not_emptied before truncate on event_chain for each statement execute function event_append_only();
create trigger event_append_only before update or delete on event_checkpoint for each row execute function event_append_only();
create trigger event_not_emptied before truncate on event_checkpoint for each statement execute function event_append_only();

-- The server's role need not own these tables; then it could not let the planner look at them.
create function event_statistics() returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
    analyze (skip_locked) event, event_chain;
end $$;
