-- Of the resources of a collection that have the same value of this property, an owner holds one at a time (role-model 1.4).

alter table property add column group_by text not null default '',
    add constraint property_group_of_navigation check (group_by = '' or type = 'FOREIGN_KEY' and is_collection);
comment on column property.group_by is 'Property of the pointed entity type: of those with the same value of it an owner holds one at a time. Empty: any number.';
