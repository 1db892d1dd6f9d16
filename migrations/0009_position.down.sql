drop table event_appender;
alter table event add column xid xid8 not null default pg_current_xact_id();
create index event_by_cursor on event (xid, id);
comment on table event is 'Something that happened. Append only. Read by subscriptions, webhooks and audit; cursor = (xid, id).';
alter table webhook add column cursor_xid xid8 not null default '0', add column cursor_id bigint not null default 0;
update webhook set cursor_xid = pg_current_xact_id(), cursor_id = (select coalesce(max(event_id), 0) from event_chain where event_chain.position <= webhook.position);
alter table webhook alter column cursor_xid drop default, alter column cursor_id drop default, drop column position;
delete from setting where key in ('notification_cursor', 'notification_windows');
alter table event_chain rename column position to seq;
truncate event_chain; -- its hashes are of the new form; the old appender begins again
comment on table event_chain is 'Hash chain over event, written by one appender; `writ verify` recomputes it.';
