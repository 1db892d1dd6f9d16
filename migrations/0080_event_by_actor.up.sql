-- The event log is searched by who did it.
create index event_by_actor on event (actor, id);
