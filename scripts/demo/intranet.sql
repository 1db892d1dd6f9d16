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
alter table account add column if not exists "Photo" bytea;
create table if not exists account_group (
    "Login"     text not null references account ("Login") on delete cascade on update cascade,
    "GroupName" text not null references groups ("Name"),
    primary key ("Login", "GroupName")
);
-- What is there before Writ is: accounts of people who left, administrators that nobody asked for, accounts of machines. Only in a new intranet.
do $$ begin
    if not exists (select from groups) then
        insert into groups values ('administrators', 'Intranet administrators');
        insert into account ("Login", "EmployeeId", "FullName", "Email", "Department", "JobTitle") values
            ('e10025', 'E10025', 'Camille Lang', 'camille.lang@northwind.example', 'Logistics', 'Logistics Coordinator'),
            ('e10384', 'E10384', 'Joana Pinto', 'joana.pinto@northwind.example', 'Customer Support', 'Support Agent'),
            ('e10453', 'E10453', 'Magda Keller', 'magda.keller@northwind.example', 'Marketing', 'Marketing Specialist'),
            ('adm-e10050', 'E10050', 'Simon Zimmermann (admin)', 'simon.zimmermann@northwind.example', 'Logistics', 'Logistics Coordinator'),
            ('adm-e10257', 'E10257', 'P. Bauer, formerly IT', null, null, null),
            ('svc-backup', '', 'Nightly backup', null, null, null),
            ('svc-scanner', '', 'Scanner in the mail room', null, null, null);
        insert into account_group values ('adm-e10050', 'administrators'), ('adm-e10257', 'administrators');
    end if;
end $$;
insert into groups values
    ('news', 'News'), ('phonebook', 'Phone book'), ('finance-reports', 'Finance reports'), ('payment-entry', 'Payment entry'),
    ('customers', 'Customer records'), ('key-accounts', 'Key accounts'), ('source-code', 'Source code'), ('personnel', 'Personnel files'),
    ('administrators', 'Intranet administrators'), ('ledger-corporate', 'Ledger of the group'), ('ledger-accounting', 'Ledger of accounting'),
    ('ledger-controlling', 'Ledger of controlling'), ('ledger-treasury', 'Ledger of the treasury'),
    ('journals', 'Journals'), ('closing', 'Closing of months'), ('payment-approval', 'Payment approval')
on conflict do nothing;
-- Groups are members of groups: who does the closing of months reads what finance reports about, and that is a circle by mistake.
create table if not exists group_group (
    "Name"   text not null references groups ("Name"),
    "Parent" text not null references groups ("Name"),
    primary key ("Name", "Parent")
);
insert into groups values ('closing-readers', 'Readers of closed months') on conflict do nothing;
insert into group_group values ('finance-reports', 'closing-readers'), ('closing-readers', 'finance-reports') on conflict do nothing;
-- The folder system knows groups of its own, each a twin of one of the intranet; they are members of each other, too, and grant folders.
create table if not exists folder (
    "Path"  text primary key,
    "Title" text not null
);
create table if not exists folder_group (
    "Id"   text primary key,
    "Name" text not null
);
create table if not exists folder_group_group (
    "Id"     text not null references folder_group ("Id"),
    "Parent" text not null references folder_group ("Id"),
    primary key ("Id", "Parent")
);
create table if not exists folder_grant (
    "Id"   text not null references folder_group ("Id"),
    "Path" text not null references folder ("Path"),
    primary key ("Id", "Path")
);
create table if not exists group_twin (
    "Name" text not null references groups ("Name"),
    "Id"   text not null references folder_group ("Id"),
    primary key ("Name", "Id")
);
-- Who was given a folder for himself.
create table if not exists account_folder (
    "Login" text not null references account ("Login") on delete cascade on update cascade,
    "Path"  text not null references folder ("Path"),
    primary key ("Login", "Path")
);
insert into folder values ('/finance', 'Finance'), ('/finance/board', 'Papers of the board'), ('/everybody', 'Everybody') on conflict do nothing;
insert into folder_group values ('FG-1', 'Finance readers'), ('FG-2', 'Board papers'), ('FG-3', 'All staff') on conflict do nothing;
insert into folder_group_group values ('FG-1', 'FG-2') on conflict do nothing;
insert into folder_grant values ('FG-1', '/finance'), ('FG-2', '/finance/board'), ('FG-3', '/everybody') on conflict do nothing;
insert into group_twin values ('closing-readers', 'FG-1') on conflict do nothing;
-- The help desk of the intranet has a list of its own: whoever stands on it gets a group when his account is made, whatever Writ asked for.
create table if not exists help_desk (
    "Login"     text primary key,
    "GroupName" text not null references groups ("Name")
);
insert into help_desk values
    ('e10026', 'key-accounts'), ('e10037', 'key-accounts'), -- a whole role, of two people
    ('e10039', 'customers'),                                -- with it the composite role whose only part it is for him
    ('e10033', 'journals'),                                 -- half a role: closing is lacking
    ('e10052', 'payment-approval')                          -- who enters payments must not approve them
on conflict do nothing;
create or replace function give_from_help_desk() returns trigger language plpgsql as $$ begin
    insert into account_group select h."Login", h."GroupName" from help_desk h where h."Login" = new."Login" on conflict do nothing;
    return null;
end $$;
create or replace trigger give_from_help_desk after insert on account for each row execute function give_from_help_desk();
