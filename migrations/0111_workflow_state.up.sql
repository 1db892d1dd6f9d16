-- Workflow states move by a table, as provisioning states do: legal pairs, a guard, and a history with author and action.

create table workflow_transition (
    from_state smallint not null,
    to_state   smallint not null,
    primary key (from_state, to_state)
);
comment on table workflow_transition is 'Legal moves of an assignment (role-model 12.6); kept equal to the table in server/assignment/state.go by a test.';
insert into workflow_transition (from_state, to_state) values
    (0, 1), (0, 3), (0, 18), (0, 118),
    (1, 3), (1, 16), (1, 18), (1, 20), (1, 118),
    (2, 4), (2, 8), (2, 9), (2, 11), (2, 16), (2, 17), (2, 25),
    (3, 16), (3, 18), (3, 20), (3, 118),
    (4, 2), (4, 8), (4, 9), (4, 11), (4, 16), (4, 17), (4, 25),
    (5, 16), (5, 18),
    (8, 16), (8, 17), (8, 116),
    (9, 10), (9, 17),
    (10, 16), (10, 17), (10, 116),
    (11, 12), (11, 17),
    (12, 13), (12, 17),
    (13, 16), (13, 17), (13, 116),
    (16, 1), (16, 17), (16, 18), (16, 19), (16, 20), (16, 24), (16, 118),
    (17, 1), (17, 3), (17, 18), (17, 118),
    (18, 1), (18, 5), (18, 16), (18, 26), (18, 27), (18, 118),
    (20, 16), (20, 18), (20, 118),
    (21, 4),
    (22, 4),
    (23, 4),
    (24, 1), (24, 16), (24, 18), (24, 118),
    (25, 8), (25, 9), (25, 11), (25, 17), (25, 116),
    (26, 18),
    (27, 1), (27, 16), (27, 17), (27, 18), (27, 19), (27, 118),
    (116, 1), (116, 17), (116, 18), (116, 19), (116, 20), (116, 24), (116, 118),
    (118, 1), (118, 16), (118, 18), (118, 20);

create function workflow_legal_move() returns trigger language plpgsql as $$
begin
    if not exists (select 1 from workflow_transition t where t.from_state = old.workflow_state and t.to_state = new.workflow_state) then
        raise exception 'illegal move of % % from workflow state % to %', tg_table_name, old.id, old.workflow_state, new.workflow_state
            using errcode = '23514', constraint = tg_table_name || '_legal_move';
    end if;
    return new;
end $$;
create trigger workflow_legal_move before update of workflow_state on assigned_role
    for each row when (old.workflow_state is distinct from new.workflow_state) execute function workflow_legal_move();
create trigger workflow_legal_move before update of workflow_state on assigned_resource_type
    for each row when (old.workflow_state is distinct from new.workflow_state) execute function workflow_legal_move();

-- not validated: rows that are there were written by the same product, and a look at all of them would hold everybody up
alter table assigned_role add constraint assigned_role_workflow_known
    check (workflow_state in (0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 24, 25, 26, 27, 116, 118)) not valid;
alter table assigned_resource_type add constraint assigned_resource_type_workflow_known
    check (workflow_state in (0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 24, 25, 26, 27, 116, 118)) not valid;

create table assignment_history (
    id         bigint generated always as identity primary key,
    assigned_role_id          bigint references assigned_role (id),
    assigned_resource_type_id bigint references assigned_resource_type (id),
    at         timestamptz not null,
    actor      text not null,
    action     text not null,
    from_state smallint not null,
    to_state   smallint not null,
    comment    text not null default '',
    constraint assignment_history_legal foreign key (from_state, to_state) references workflow_transition (from_state, to_state),
    constraint assignment_history_of_one check (num_nonnulls(assigned_role_id, assigned_resource_type_id) = 1)
);
comment on table assignment_history is 'One change of workflow state of one assignment: who, when, by what. How it began stands on the assignment itself.';
create index assignment_history_by_role on assignment_history (assigned_role_id, id) where assigned_role_id is not null;
create index assignment_history_by_type on assignment_history (assigned_resource_type_id, id) where assigned_resource_type_id is not null;
