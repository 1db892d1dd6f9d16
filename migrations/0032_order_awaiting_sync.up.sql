-- An order waits for a reading as soon as one of its lines is out, whatever the others wait for: its roll-up hides that.
drop index provisioning_order_awaiting_sync;
create index provisioning_order_awaiting_sync on provisioning_order (connector_id, id) where states && '{2,8}' and closed_at is null;
