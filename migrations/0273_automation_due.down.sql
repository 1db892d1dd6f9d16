drop index owner_state_automation_due;
alter table owner_state drop column automation_due_at;
