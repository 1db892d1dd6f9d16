-- Differences are decided by people (role-model 13.2, 13.3): by whom, when and how stands on the difference itself, which is never deleted.
-- A list of a hundred thousand is found by resource type and property, and summed up by the shape of its values.

create function value_shape(value text) returns text language sql immutable parallel safe as $$
    select left(regexp_replace(regexp_replace(coalesce(value, ''), '[[:alpha:]]+', 'a', 'g'), '[[:digit:]]+', '9', 'g'), 60)
$$;
comment on function value_shape is 'What a value looks like: "a" for letters in a row, "9" for digits, everything else as it is; of a long one the beginning.';

alter table gap
    add column resource_type_id bigint references resource_type (id),
    add column version int not null default 1,
    add column postponed_at timestamptz,
    add column postponed_by text,
    add column decision text constraint gap_decision_known check (decision in
        ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT')),
    add column decided_by text,
    add column decided_at timestamptz,
    add column comment text not null default '',
    add column shape text not null generated always as
        (case when value_id is null then value_shape(current_value) || ' > ' || value_shape(proposed_value) else '#' || value_id::text end) stored;
update gap g set resource_type_id = a.resource_type_id from assigned_resource_type a where a.id = g.assigned_resource_type_id;
alter table gap alter column resource_type_id set not null;
alter table gap drop constraint gap_workflow_state_check;
alter table gap add constraint gap_workflow_state_check check (workflow_state in (1, 3, 24));
alter table gap add constraint gap_decided_is_closed check (decided_at is null or closed_at is not null and decision is not null and decided_by is not null);
comment on column gap.resource_type_id is 'That of its assigned resource type, which never changes: lists are found by it.';
comment on column gap.version is 'Counts what changed in it: a decision that was made on older content is refused.';
comment on column gap.postponed_at is 'Somebody put it off: it is not listed, and nothing happens to it by itself, until he takes it up again.';
comment on column gap.shape is 'What both values look like, or which resource it is about: differences of one shape have one cause.';

create function gap_has_type() returns trigger language plpgsql as $$
begin
    select a.resource_type_id into new.resource_type_id from assigned_resource_type a where a.id = new.assigned_resource_type_id;
    return new;
end $$;
create trigger gap_has_type before insert on gap for each row execute function gap_has_type();

create index gap_open on gap (id) where closed_at is null;
create index gap_open_by_type on gap (resource_type_id, property, id) where closed_at is null;

-- 18: somebody decided that what is computed takes the place of what was found. It waits for the order that brings it.
alter table kept_value drop constraint kept_value_workflow_state_check;
alter table kept_value add constraint kept_value_workflow_state_check check (workflow_state in (16, 17, 18, 24));
comment on table kept_value is 'A value a person decided to keep (16, 24), declined (17), or gave up for what was computed then (18).';
