drop table api_key;
drop function api_key_stays();
drop index local_user_clients;
alter table local_user drop column is_client, drop column scopes, drop column client_until;
