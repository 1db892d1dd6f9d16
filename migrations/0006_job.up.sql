-- Jobs (provisioning 9) and deliveries of synchronizations (provisioning 7).

create table job (
    id            bigint generated always as identity primary key,
    identifier    text not null unique,
    display_name  text not null,
    cron          text,
    cron_time_zone text not null default 'UTC',
    is_incremental boolean not null default false,
    user_start_denied boolean not null default false,
    schedule_enabled boolean not null default true,
    next_run_at   timestamptz,
    version       int not null default 1
);
create index job_due on job (next_run_at) where schedule_enabled and cron is not null;
-- Whoever changes a schedule: its next run is computed anew by the sweep (server/job/schedule.go).
create function job_schedule_changed() returns trigger language plpgsql as $$
begin
    if (new.cron, new.cron_time_zone) is distinct from (old.cron, old.cron_time_zone) and new.next_run_at is not distinct from old.next_run_at then
        new.next_run_at := null;
    end if;
    return new;
end $$;
create trigger job_schedule_changed before update on job for each row execute function job_schedule_changed();
create table job_step (
    id         bigint generated always as identity primary key,
    job_id     bigint not null references job (id) on delete cascade,
    identifier text not null,
    display_name text not null,
    task_type  text not null,
    level      int not null default -1,
    position   int not null,
    options    jsonb not null default '{}',
    depends_on text[] not null default '{}',
    unique (job_id, identifier)
);
create table job_instance (
    id          bigint generated always as identity primary key,
    job_id      bigint not null references job (id),
    state       text not null check (state in ('QUEUED','IN_PROGRESS','COMPLETED','WARNING','ERRORED','BLOCKED','CANCELLED','ABORTED')),
    launched_by text not null,
    parent_id   bigint references job_instance (id),
    cancel_requested boolean not null default false,
    is_repair   boolean not null default false,
    progress    double precision not null default 0,
    created_at  timestamptz not null,
    started_at  timestamptz,
    ended_at    timestamptz,
    constraint job_instance_ended_iff_final check ((ended_at is not null) = (state in ('COMPLETED','WARNING','ERRORED','CANCELLED','ABORTED')))
);
comment on column job_instance.is_repair is 'It was resumed after a block: its mails go to the holders of Repair instead of Launch.';
create unique index job_instance_one_running on job_instance (job_id) where state in ('QUEUED','IN_PROGRESS');
create index job_instance_blocked on job_instance (job_id) where state = 'BLOCKED';
create index job_instance_recent on job_instance (job_id, id);
create table task_instance (
    id              bigint generated always as identity primary key,
    job_instance_id bigint not null references job_instance (id),
    step_id         bigint,
    identifier      text not null,
    display_name    text not null,
    task_type       text not null,
    level           int not null,
    position        int not null,
    options         jsonb not null default '{}',
    depends_on      text[] not null default '{}',
    scope           text not null,
    state           text not null check (state in ('WAITING','IN_PROGRESS','COMPLETED','COMPLETED_NO_OUTPUT','WARNING','ERRORED','BLOCKED','SKIPPED','CANCELLED','ABORTED')),
    is_forced       boolean not null default false,
    progress        double precision not null default 0,
    counters        jsonb not null default '{}',
    blocked         jsonb,
    error           text,
    lease_owner     text,
    lease_until     timestamptz,
    fence           bigint not null default 0,
    attempt         int not null default 0,
    started_at      timestamptz,
    ended_at        timestamptz
);
comment on column task_instance.scope is 'Task type and what it works on: of one scope only one task is in progress at a time, whatever its job.';
comment on column task_instance.fence is 'Grows whenever the task is handed to a process; what an earlier one still writes is ignored.';
create unique index task_instance_one_per_scope on task_instance (scope) where state = 'IN_PROGRESS';
create index task_instance_waiting on task_instance (scope) where state = 'WAITING';
create index task_instance_by_instance on task_instance (job_instance_id, level, position);
create index task_instance_leased on task_instance (lease_until) where state = 'IN_PROGRESS';
create table task_log (
    id               bigint generated always as identity primary key,
    task_instance_id bigint not null references task_instance (id),
    at               timestamptz not null,
    level            text not null check (level in ('DEBUG','INFO','WARN','ERROR')),
    message          text not null
);
create index task_log_by_task on task_log (task_instance_id, id);

create table delivery (
    id            bigint generated always as identity primary key,
    guid          uuid not null unique,
    connector_id  bigint not null references connector (id),
    mode          text not null check (mode in ('INITIAL','COMPLETE','INCREMENTAL')),
    state         text not null check (state in ('EXPORTING','PREPARED','BLOCKED','APPLIED','DROPPED','FAILED')),
    started_at    timestamptz not null,
    ended_at      timestamptz,
    task_instance_id bigint,
    counters      jsonb not null default '{}',
    blocked       jsonb,
    error         text
);
comment on column delivery.started_at is 'When the export began: Executed orders older than this may be verified by it (X1).';
create index delivery_by_connector on delivery (connector_id, id);
create table delivery_change (
    id             bigint generated always as identity primary key,
    delivery_id    bigint not null references delivery (id) on delete cascade,
    entity_type_id bigint not null references entity_type (id),
    key            text not null,
    command        text not null check (command in ('INSERT','UPDATE','DELETE')),
    scalars        jsonb,
    refs           jsonb,
    old_scalars    jsonb,
    old_refs       jsonb,
    unique (delivery_id, entity_type_id, key)
);
