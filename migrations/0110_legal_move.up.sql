-- What provisioning_transition is for order lines, for everything else with states: not even SQL by hand makes an illegal move.

create table legal_move (
    machine    text not null,
    from_state text not null,
    to_state   text not null,
    primary key (machine, from_state, to_state)
);
comment on table legal_move is 'Legal moves by machine, kept equal to the tables in the state.go files by tests. A move that leaves the state as it is needs no row.';
insert into legal_move (machine, from_state, to_state) values
    ('job_instance', 'QUEUED', 'IN_PROGRESS'), ('job_instance', 'QUEUED', 'CANCELLED'), ('job_instance', 'IN_PROGRESS', 'COMPLETED'), ('job_instance', 'IN_PROGRESS', 'WARNING'), ('job_instance', 'IN_PROGRESS', 'ERRORED'), ('job_instance', 'IN_PROGRESS', 'BLOCKED'), ('job_instance', 'IN_PROGRESS', 'CANCELLED'), ('job_instance', 'IN_PROGRESS', 'ABORTED'), ('job_instance', 'BLOCKED', 'IN_PROGRESS'), ('job_instance', 'BLOCKED', 'CANCELLED'),
    ('task_instance', 'WAITING', 'IN_PROGRESS'), ('task_instance', 'WAITING', 'SKIPPED'), ('task_instance', 'WAITING', 'CANCELLED'), ('task_instance', 'IN_PROGRESS', 'COMPLETED'), ('task_instance', 'IN_PROGRESS', 'COMPLETED_NO_OUTPUT'), ('task_instance', 'IN_PROGRESS', 'WARNING'), ('task_instance', 'IN_PROGRESS', 'ERRORED'), ('task_instance', 'IN_PROGRESS', 'BLOCKED'), ('task_instance', 'IN_PROGRESS', 'ABORTED'), ('task_instance', 'BLOCKED', 'WAITING'), ('task_instance', 'BLOCKED', 'CANCELLED'),
    ('delivery', 'EXPORTING', 'PREPARED'), ('delivery', 'EXPORTING', 'FAILED'), ('delivery', 'EXPORTING', 'DROPPED'), ('delivery', 'PREPARED', 'APPLIED'), ('delivery', 'PREPARED', 'BLOCKED'), ('delivery', 'PREPARED', 'DROPPED'), ('delivery', 'PREPARED', 'FAILED'), ('delivery', 'BLOCKED', 'APPLIED'), ('delivery', 'BLOCKED', 'DROPPED'),
    ('webhook_delivery', 'PENDING', 'DELIVERED'), ('webhook_delivery', 'PENDING', 'FAILED'), ('webhook_delivery', 'PENDING', 'GIVEN_UP'), ('webhook_delivery', 'FAILED', 'PENDING'), ('webhook_delivery', 'FAILED', 'DELIVERED'), ('webhook_delivery', 'FAILED', 'GIVEN_UP'), ('webhook_delivery', 'DELIVERED', 'PENDING'), ('webhook_delivery', 'GIVEN_UP', 'PENDING'),
    ('mail', 'QUEUED', 'SENT'), ('mail', 'QUEUED', 'FAILED'), ('mail', 'QUEUED', 'DROPPED'), ('mail', 'FAILED', 'SENT'), ('mail', 'FAILED', 'DROPPED');

create function legal_move_guard() returns trigger language plpgsql as $$
begin
    if not exists (select 1 from legal_move m where m.machine = tg_argv[0] and m.from_state = old.state and m.to_state = new.state) then
        raise exception 'illegal move of % % from % to %', tg_argv[0], old.id, old.state, new.state
            using errcode = '23514', constraint = tg_argv[0] || '_legal_move';
    end if;
    return new;
end $$;
create trigger legal_move before update of state on job_instance
    for each row when (old.state is distinct from new.state) execute function legal_move_guard('job_instance');
create trigger legal_move before update of state on task_instance
    for each row when (old.state is distinct from new.state) execute function legal_move_guard('task_instance');
create trigger legal_move before update of state on delivery
    for each row when (old.state is distinct from new.state) execute function legal_move_guard('delivery');
create trigger legal_move before update of state on webhook_delivery
    for each row when (old.state is distinct from new.state) execute function legal_move_guard('webhook_delivery');
create trigger legal_move before update of state on mail
    for each row when (old.state is distinct from new.state) execute function legal_move_guard('mail');
