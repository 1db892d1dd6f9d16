-- The clocks of a step (requests 9.3, 9.4): when it is reminded of, and when others are asked besides. They are set when it is its turn, by days that were
-- fixed when it was asked for, and what is due is done once, however late. And who is told of it.

alter table request_step
    add column due_days smallint not null default 5,
    add column remind_days smallint not null default 2,
    add column escalate_days smallint not null default 5,
    add column remind_at timestamptz,
    add column escalate_at timestamptz,
    add column reminded_at timestamptz,
    add column reminders smallint not null default 0,
    add column escalation smallint not null default 0,
    add constraint request_step_days check (due_days >= 0 and remind_days >= 0 and escalate_days >= 0),
    add constraint request_step_escalation check (escalation between 0 and 3);
comment on column request_step.due_days is 'After how many days it counts as late; 0: never. Fixed when it was asked for.';
comment on column request_step.remind_days is 'After how many days those who are asked are reminded; 0: never.';
comment on column request_step.escalate_days is 'After how many days others are asked besides; 0: never.';
comment on column request_step.remind_at is 'When those who are asked are reminded next; null: not any more.';
comment on column request_step.escalate_at is 'When others are asked besides; null: not any more.';
comment on column request_step.reminded_at is 'When they were reminded last, by the clock or by a person.';
comment on column request_step.escalation is 'How often others were asked besides, 3 times at most.';
update request_step set remind_at = opened_at + interval '2 days', escalate_at = due_at where state = 'OPEN';
create index request_step_remind on request_step (remind_at) where remind_at is not null and closed_at is null;
create index request_step_escalate on request_step (escalate_at) where escalate_at is not null and closed_at is null;

alter table request_item add column warn_at timestamptz;
comment on column request_item.warn_at is 'When it is said next that it expires; null: not any more.';
update request_item set warn_at = expire_at - interval '7 days' where state = 'IN_APPROVAL' and expire_at is not null;
create index request_item_warning on request_item (warn_at) where warn_at is not null and closed_at is null;

-- Who may decide a step beside those whom the rules find.
create table request_handed (
    id      bigint generated always as identity primary key,
    step_id bigint not null references request_step (id),
    user_id bigint not null references local_user (id) on delete cascade,
    source  text not null,
    since   timestamptz not null,
    constraint request_handed_source_check check (source in ('ESCALATION')),
    constraint request_handed_once unique (step_id, user_id, source)
);
create index request_handed_by_user on request_handed (user_id);
comment on table request_handed is 'Accounts that a step was given to beside those whom the rules find. Who may not decide (request_exclusion) may not by this either.';

-- What people are told by mail, collected for a minute so that it is one mail.
create table request_notice (
    id         bigint generated always as identity primary key,
    template   text not null,
    user_id    bigint not null references local_user (id) on delete cascade,
    email      text not null,
    item_id    bigint not null references request_item (id),
    step_id    bigint references request_step (id),
    text       text not null default '',
    send_after timestamptz not null
);
create index request_notice_due on request_notice (send_after);
comment on table request_notice is 'Lines of mails that are not made yet; they go when the mail is.';
