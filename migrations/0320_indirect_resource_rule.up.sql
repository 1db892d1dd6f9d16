-- Indirect resource rules: what accounts have through the things they are members of, and through their twins in other systems (role-model 6).

create table indirect_resource_rule (
    id                                 bigint generated always as identity primary key,
    identifier                         text not null,
    display_name                       text not null,
    resource_type_id                   bigint not null references resource_type (id),
    property                           text not null,
    correspondence                     text not null default '',
    correspondence_membership_property text not null default '',
    entitlement                        text not null default '',
    version                            integer not null default 1,
    constraint indirect_resource_rule_identifier_key unique (identifier),
    constraint indirect_resource_rule_resource_type_and_property_key unique (resource_type_id, property),
    constraint indirect_resource_rule_other_system check ((correspondence = '') = (correspondence_membership_property = '')),
    constraint indirect_resource_rule_entitlement_needs_other_system check (entitlement = '' or correspondence <> '')
);
comment on table indirect_resource_rule is 'What accounts have through what they are members of (role-model 6).';
comment on column indirect_resource_rule.property is 'Membership navigation, of the account and of what it points to.';
comment on column indirect_resource_rule.correspondence is 'Navigation from a permission to its twin in another system; empty: none.';
comment on column indirect_resource_rule.correspondence_membership_property is 'Membership navigation of the twins.';
comment on column indirect_resource_rule.entitlement is 'Navigation from a twin to what it grants; empty: being its member is what counts.';
