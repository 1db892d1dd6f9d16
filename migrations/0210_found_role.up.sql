-- Roles that are read from what accounts hold (role-model 12.5): which rules they were read by, what they would bring besides, and what a person
-- decided about them. A difference names the roles that explain it.

alter table assigned_role
    add column version      int not null default 1,
    add column found_by     bigint[] not null default '{}',
    add column lacking      bigint[] not null default '{}',
    add column reviewed_by  text,
    add column reviewed_at  timestamptz,
    add column postponed_at timestamptz,
    add column postponed_by text,
    add constraint assigned_role_reviewed_by_somebody check ((reviewed_at is null) = (reviewed_by is null)),
    add constraint assigned_role_postponed_by_somebody check ((postponed_at is null) = (postponed_by is null));
comment on column assigned_role.version is 'Counts changes of what a person decides about: a decision on older content is refused.';
comment on column assigned_role.found_by is 'Of a found role: the rules of resource types whose values the accounts of its owner hold, by id.';
comment on column assigned_role.lacking is 'Of a found role: the rules of resource types that it would make true besides, by id.';
create index assigned_role_found on assigned_role (id) where valid_to = 'infinity' and origin = 'FOUND';
create index assigned_role_found_by_role on assigned_role (role_id, id) where valid_to = 'infinity' and origin = 'FOUND';

alter table gap add column found_roles bigint[] not null default '{}';
comment on column gap.found_roles is 'The roles of the same owner that were read from this value, by id: deciding about it decides about them.';

alter table gap drop constraint gap_decision_known;
alter table gap add constraint gap_decision_known check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER',
    'DELETE_ACCOUNT', 'KEEP_ROLE', 'REMOVE_ROLE'));

-- A decision about many is about differences, or about roles.
alter table reconciliation_run
    add column subject text not null default 'RESOURCE' check (subject in ('RESOURCE', 'ROLE')),
    drop constraint reconciliation_run_decision_check,
    add constraint reconciliation_run_decision_known check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE',
        'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT', 'KEEP_ROLE', 'REMOVE_ROLE'));

-- Nobody decides about a role of his own, whatever verb forgets to ask.
create function assigned_role_not_own() returns trigger language plpgsql as $$
begin
    if new.reviewed_by is distinct from old.reviewed_by and is_same_person(new.reviewed_by, new.owner_id)
        or new.postponed_by is distinct from old.postponed_by and is_same_person(new.postponed_by, new.owner_id) then
        raise exception 'role % is the own one of who decides on it', new.id using errcode = '23514', constraint = 'assigned_role_not_own';
    end if;
    return null;
end $$;
create trigger assigned_role_not_own after update of reviewed_by, postponed_by on assigned_role for each row
    when (new.reviewed_by is distinct from old.reviewed_by or new.postponed_by is distinct from old.postponed_by) execute function assigned_role_not_own();
