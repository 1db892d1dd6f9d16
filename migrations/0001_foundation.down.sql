drop table event_chain;
drop table event;
drop function event_append_only();
drop table setting;
