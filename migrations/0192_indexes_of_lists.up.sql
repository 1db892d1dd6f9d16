-- Each order and each filter of a list finds its rows by an index that ends in the id.
create index job_instance_by_state on job_instance (state, id);
create index job_instance_by_launcher on job_instance (launched_by, id);
create index mail_by_state on mail (state, id);
create index mail_by_template on mail (template, id);
create index mail_by_recipient on mail (lower(recipient), id);
create index delivery_change_in_turn on delivery_change (delivery_id, id);
create index row_to_mend_listed on row_to_mend (id) where is_listed;
create index task_log_grave on task_log (task_instance_id, id) where level in ('WARN', 'ERROR');
create index local_user_in_turn on local_user (username);
create index dirty_owner_failing on dirty_owner (since, owner_id) where failures > 0;
create index key_fault_by_age on key_fault (found_at, id);
drop index mail_recent;
