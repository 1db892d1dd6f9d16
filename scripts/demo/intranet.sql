-- The intranet of the demo organisation: a second, real database that Writ reads and writes through the SQL connector.
create table if not exists groups (
    "Name"        text primary key,
    "Description" text not null
);
create table if not exists account (
    "Login"      text primary key,
    "EmployeeId" text not null,
    "FullName"   text not null,
    "Email"      text,
    "Department" text,
    "JobTitle"   text
);
create table if not exists account_group (
    "Login"     text not null references account ("Login") on delete cascade on update cascade,
    "GroupName" text not null references groups ("Name"),
    primary key ("Login", "GroupName")
);
insert into groups values
    ('news', 'News'), ('phonebook', 'Phone book'), ('finance-reports', 'Finance reports'), ('payment-entry', 'Payment entry'),
    ('customers', 'Customer records'), ('key-accounts', 'Key accounts'), ('source-code', 'Source code'), ('personnel', 'Personnel files'),
    ('administrators', 'Intranet administrators')
on conflict do nothing;
