drop function event_statistics();
drop table event_checkpoint;
drop trigger event_not_emptied on event_chain;
drop trigger event_append_only on event_chain;
drop trigger event_not_emptied on event;
drop trigger event_append_only on event;
create or replace function event_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'event is append only' using errcode = '23514', constraint = 'event_append_only';
end $$;
create trigger event_append_only before update on event for each row execute function event_append_only();
