-- What the model was: every object of it as it stood from one version to the next, so that an explanation of the past speaks of the rules
-- of that time. Rows are whole objects, whatever their table; a later migration that gives a table a column whose default is not empty
-- writes it into the bodies, too.

create table model_object (
    kind         text not null,
    object       text not null,
    from_version bigint not null references model_version (version),
    to_version   bigint references model_version (version),
    body         jsonb not null,
    primary key (kind, object, from_version),
    constraint model_object_versions check (to_version > from_version)
);
create unique index model_object_one_open on model_object (kind, object) where to_version is null;
create index model_object_ended on model_object (to_version) where to_version is not null;
comment on table model_object is 'The objects of the role model by version: kind is their table, object their key in it.';
comment on column model_object.to_version is 'The version in which it was changed or taken out; null: it still is so.';

insert into model_object (kind, object, from_version, body)
select o.kind, o.object, v.version, o.body
from (select max(version) as version from model_version) v
cross join (
    select 'policy' as kind, id::text as object, to_jsonb(t) as body from policy t
    union all select 'category', id::text, to_jsonb(t) from category t
    union all select 'role', id::text, to_jsonb(t) from role t
    union all select 'role_rule', id::text, to_jsonb(t) from role_rule t
    union all select 'resource_type', id::text, to_jsonb(t) from resource_type t
    union all select 'resource_type_rule', id::text, to_jsonb(t) from resource_type_rule t
    union all select 'context_rule', id::text, to_jsonb(t) from context_rule t
    union all select 'record_section', id::text, to_jsonb(t) from record_section t
    union all select 'computed_property', resource_type_id || '/' || property_id, to_jsonb(t) from computed_property t) o
where v.version is not null;
