-- How the catalogue is ordered and searched: whether a category opens folded, the other categories that show a role, labels, and who owns a role
-- or resource type. The owner is named by its key, as rules name resources: it may be read later than the model is written.

alter table category add column is_collapsed boolean not null default false;

alter table role
    add column secondary_category_ids bigint[] not null default '{}',
    add column tags text[] not null default '{}',
    add column owner_entity_type_id bigint constraint role_owner_entity_type_fkey references entity_type (id),
    add column owner_key text,
    add column state smallint not null default 0 constraint role_state check (state between 0 and 1),
    add constraint role_owner_is_whole check ((owner_entity_type_id is null) = (owner_key is null));
comment on column role.secondary_category_ids is 'Categories that show the role beside its own; approvals go by its own only.';
comment on column role.state is '0: made by hand, 1: by a role mapping.';

alter table resource_type
    add column tags text[] not null default '{}',
    add column owner_entity_type_id bigint constraint resource_type_owner_entity_type_fkey references entity_type (id),
    add column owner_key text,
    add constraint resource_type_owner_is_whole check ((owner_entity_type_id is null) = (owner_key is null));

update model_object o set body = o.body || new.columns
from (values
    ('category', '{"is_collapsed": false}'::jsonb),
    ('role', '{"secondary_category_ids": [], "tags": [], "owner_entity_type_id": null, "owner_key": null, "state": 0}'::jsonb),
    ('resource_type', '{"tags": [], "owner_entity_type_id": null, "owner_key": null}'::jsonb)
) new (kind, columns)
where o.kind = new.kind;
