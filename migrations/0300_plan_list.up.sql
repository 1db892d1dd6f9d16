-- The list of plans is read by indexes in each order and filter, and plans that change the same find each other without looking into every open one.

alter table plan add column objects text[] not null default '{}';
comment on column plan.objects is 'What it changes, by kind and identifier: by them plans that change the same find each other.';
update plan set objects = array(select (c ->> 'Kind') || '/' || (c ->> 'Identifier') from jsonb_array_elements(changes) c
    union select 'resource/' || (e ->> 'EntityType') || '/' || (e ->> 'Key') from jsonb_array_elements(edits) e);
create index plan_by_object on plan using gin (objects) where state in ('FINISHED', 'APPLYING');
create index plan_by_state on plan (state, id);
create index plan_by_user on plan (user_id, id);
