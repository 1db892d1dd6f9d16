-- Parametrised roles (role-model 3.4): dimensions that an assignment must have a value for, values that a role brings along, and the values of
-- each assignment, by dimension the id of the resource.

alter table role
    add column required_parameters text[] not null default '{}',
    add column imposed_dimensions jsonb not null default '{}';
comment on column role.imposed_dimensions is 'The key of the value by dimension.';
alter table resource_type add column required_parameters text[] not null default '{}';

alter table assigned_role add column parameters jsonb not null default '{}';
alter table assigned_role_version add column parameters jsonb not null default '{}';
comment on column assigned_role.parameters is 'The id of the resource by dimension. One role may be held several times at once with different ones.';

update model_object o set body = o.body || new.columns
from (values
    ('role', '{"required_parameters": [], "imposed_dimensions": {}}'::jsonb),
    ('resource_type', '{"required_parameters": []}'::jsonb)
) new (kind, columns)
where o.kind = new.kind;
