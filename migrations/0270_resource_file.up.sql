-- Properties that hold files (photos), and the small types that were missing (role-model 1.3).

alter table property drop constraint property_type_check;
alter table property add constraint property_type_check
    check (type in ('STRING', 'BYTES', 'INT16', 'INT32', 'INT64', 'BYTE', 'DATE_TIME', 'BOOL', 'GUID', 'DOUBLE', 'BINARY', 'FOREIGN_KEY'));

create table resource_file (
    sha256  text primary key,
    content bytea not null,
    kept_at timestamptz not null,
    constraint resource_file_is_its_digest check (sha256 = encode(sha256(content), 'hex')),
    constraint resource_file_size check (length(content) between 1 and 4194304)
);
alter table resource_file alter column content set storage external; -- photos are compressed already
comment on table resource_file is 'Contents of BINARY properties, each once, whoever has it. Resources hold what stands for it: "<bytes> bytes sha256:<digest>".';
comment on column resource_file.kept_at is 'When it last came, to the week. One that nobody has for a month after that is dropped.';
