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
