create index mail_recent on mail using btree (id) include (state);
drop index job_instance_by_state, job_instance_by_launcher, mail_by_state, mail_by_template, mail_by_recipient, delivery_change_in_turn, row_to_mend_listed,
	task_log_grave, local_user_in_turn, dirty_owner_failing, key_fault_by_age;
