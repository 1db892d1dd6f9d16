drop index provisioning_order_awaiting_sync;
create index provisioning_order_awaiting_sync on provisioning_order (connector_id, id) where state in (2, 8) and closed_at is null;
