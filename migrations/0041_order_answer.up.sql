-- Why an order that was sent and put off waits: the last answer, until one says that it is done.
alter table provisioning_order add answer_outcome text, add answer_message text, add answer_hint text, add answered_at timestamptz;
comment on column provisioning_order.answer_outcome is 'Outcome of the last attempt; null: it was done, or there is none yet.';
