-- Tries to sign in are counted before a password is looked at, for each address, account and device.

create table sign_in_count (
    key   text primary key,
    used  double precision not null,
    at    timestamptz not null,
    until timestamptz not null
);
create index sign_in_count_by_end on sign_in_count (until);
comment on table sign_in_count is 'Wrong passwords by address, account and device, and the addresses an account is known from.';
comment on column sign_in_count.used is 'Tries at that time; ten run down in a minute.';
comment on column sign_in_count.until is 'The row means nothing after this.';
alter table local_user drop column failed_count, drop column locked_until;
