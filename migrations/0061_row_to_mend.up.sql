create table row_to_mend (
    id             bigint generated always as identity primary key,
    connector_id   bigint not null references connector (id) on delete cascade,
    entity_type_id bigint not null references entity_type (id) on delete cascade,
    delivery_id    bigint not null,
    is_listed      boolean not null default false,
    kind           text not null check (kind in ('UNREADABLE', 'DUPLICATE', 'NO_KEY')),
    place          text not null,
    line           bigint not null,
    key            text,
    is_sure        boolean not null default false,
    column_name    text,
    value          text,
    why            text not null,
    texts          text[] not null default '{}',
    since          timestamptz not null
);
comment on table row_to_mend is 'Rows of a system that were set aside because they cannot be read: what is stored of them stays. Of the newest reading of each table.';
comment on column row_to_mend.is_listed is 'The comparison of its reading is done: it has taken the place of the rows of the reading before.';
comment on column row_to_mend.is_sure is 'The key stands where it should; else it is only what stands at its place in a row that is damaged.';
comment on column row_to_mend.texts is 'What could be read of the row, to recognise what it stands for; emptied when the comparison is done.';
create index row_to_mend_by_connector on row_to_mend (connector_id, id) where is_listed;
create index row_to_mend_by_type on row_to_mend (entity_type_id, is_listed);
create index row_to_mend_by_delivery on row_to_mend (delivery_id) where not is_listed;

alter table delivery_row add column line bigint not null default 0;
alter table entity_mapping add column maximum_rejected integer check (maximum_rejected >= 0);
comment on column entity_mapping.maximum_rejected is 'How many rows of one reading may be set aside; more refuse it. Null: ten, or one of a hundred when that is more.';
