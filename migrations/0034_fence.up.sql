-- A database that was restored from a backup must not act on the world until somebody has looked: its orders may have been carried out,
-- its webhooks and mails sent, after the backup was made.

create table fence (
    is_only boolean primary key default true constraint fence_is_one check (is_only),
    since   timestamptz not null,
    reason  text not null
);
comment on table fence is 'While there is a row, nothing leaves for target systems, webhooks or mail.';
