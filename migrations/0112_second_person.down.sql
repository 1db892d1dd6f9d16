drop trigger second_person on job_instance;
drop function job_instance_second_person();
drop function are_one_person(text, text);
alter table job_instance drop column needs_second_person, drop column resumed_by;
