drop table role_mapping;
