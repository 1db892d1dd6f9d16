alter table local_user add column failed_count int not null default 0, add column locked_until timestamptz;
drop table sign_in_count;
