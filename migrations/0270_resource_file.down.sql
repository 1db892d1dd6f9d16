drop table resource_file;
alter table property drop constraint property_type_check;
-- what has one of the new types must be gone before: an older program does not know it
alter table property add constraint property_type_check
    check (type in ('STRING', 'INT32', 'INT64', 'DATE_TIME', 'BOOL', 'GUID', 'DOUBLE', 'FOREIGN_KEY'));
