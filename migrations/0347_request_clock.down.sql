drop table request_notice, request_handed;
drop index request_item_warning;
alter table request_item drop column warn_at;
drop index request_step_escalate;
drop index request_step_remind;
alter table request_step drop constraint request_step_days, drop constraint request_step_escalation,
    drop column due_days, drop column remind_days, drop column escalate_days, drop column remind_at, drop column escalate_at, drop column reminded_at, drop column reminders, drop column escalation;
