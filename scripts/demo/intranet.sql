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
-- What is there before Writ is: accounts of people who left, administrators that nobody asked for, accounts of machines. Only in a new intranet.
do $$ begin
    if not exists (select from groups) then
        insert into groups values ('administrators', 'Intranet administrators');
        insert into account values
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
    ('ledger-controlling', 'Ledger of controlling'), ('ledger-treasury', 'Ledger of the treasury')
on conflict do nothing;
