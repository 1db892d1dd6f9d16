-- A webhook is an account's and not a name's: an account that is made later with the name of one that is gone has nothing of his.

alter table webhook add column owner_id bigint references local_user (id) on delete set null;
comment on column webhook.owner_id is 'Account of the creator; null: it is gone, and nothing is delivered any more. owner keeps its name.';
update webhook w set owner_id = u.id from local_user u where lower(u.username) = lower(w.owner);
create index webhook_by_owner on webhook (owner_id);
