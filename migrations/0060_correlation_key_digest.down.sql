drop table key_fault;
delete from correlation_key where octet_length(value) > 2000;
alter table correlation_key drop constraint correlation_key_pkey;
alter table correlation_key drop column digest;
alter table correlation_key add primary key (rule_id, side, value, resource_id);
