-- Nobody decides about his own accounts: the rule of orders (order_line_history_not_own) holds for differences and for accounts that are kept, given
-- to somebody or refused, whatever verb forgets to ask.

create function gap_not_own() returns trigger language plpgsql as $$
declare
    own bigint;
begin
    select d.id into own
    from (select now.id, now.assigned_resource_type_id, who.name from changed now join before was on was.id = now.id,
            lateral (values (now.decided_by, was.decided_by), (now.postponed_by, was.postponed_by)) who (name, before)
          where who.name is not null and who.name is distinct from who.before) d
    join assigned_resource_type a on a.id = d.assigned_resource_type_id
    join resource_type t on t.id = a.resource_type_id and not t.allow_own_decisions
    where is_same_person(d.name, a.owner_id)
    limit 1;
    if found then
        raise exception 'difference % is about who decides on it', own using errcode = '23514', constraint = 'gap_not_own';
    end if;
    return null;
end $$;
create trigger gap_not_own after update on gap referencing old table as before new table as changed for each statement execute function gap_not_own();

create function assignment_history_not_own() returns trigger language plpgsql as $$
declare
    own bigint;
begin
    select a.id into own
    from (select distinct actor, assigned_resource_type_id from decided
          where assigned_resource_type_id is not null and action in ('keep', 'refuse', 'approve', 'approve_at_risk', 'decline',
            'pass_first_of_two', 'pass_first_of_three', 'pass_second_of_three')) d
    join assigned_resource_type a on a.id = d.assigned_resource_type_id
    join resource_type t on t.id = a.resource_type_id and not t.allow_own_decisions
    where is_same_person(d.actor, a.owner_id)
    limit 1;
    if found then
        raise exception 'assignment % is the own one of who decides on it', own using errcode = '23514', constraint = 'assignment_history_not_own';
    end if;
    return null;
end $$;
create trigger assignment_history_not_own after insert on assignment_history referencing new table as decided for each statement execute function assignment_history_not_own();

-- A run is that of an account, not of a name: whoever gets the name later has nothing to do with it.
drop index reconciliation_run_by_actor;
create index reconciliation_run_by_user on reconciliation_run (user_id, id);
