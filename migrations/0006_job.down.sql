drop table delivery_change, delivery, task_log, task_instance, job_instance, job_step, job;
drop function job_schedule_changed();
