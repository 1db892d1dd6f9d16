-- When an automation rule will decide about an assignment, its owner is computed again (role-model 7.3, 12.3).

alter table owner_state add column automation_due_at timestamptz;
comment on column owner_state.automation_due_at is 'When an automation rule decides next about something of the owner; null: none waits.';
create index owner_state_automation_due on owner_state (automation_due_at) where automation_due_at is not null;
