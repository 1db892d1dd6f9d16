-- What an endpoint is told of: changes of orders, and what happens to differences and found roles.
alter table webhook add column events text[] not null default '{ORDER_CHANGED}';
alter table webhook add constraint webhook_events_known check (events <@ '{ORDER_CHANGED,GAP_CHANGED,GAP_DECIDED,FOUND_ROLE_CHANGED,FOUND_ROLE_DECIDED}'::text[] and events <> '{}');
