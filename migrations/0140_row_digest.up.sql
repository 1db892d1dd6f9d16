-- What each row of a table was when it was read last: the next reading compares only those that changed. Unlogged: when a crash or a
-- failover empties both, everything is read and compared once. delivery_id 0: in force; else of a delivery that is not applied yet.
create unlogged table row_digest_table (
    entity_type_id bigint not null references entity_type (id) on delete cascade,
    delivery_id    bigint not null,
    version        bigint not null,
    signature      bytea not null,
    stamp          text not null,
    buckets        integer not null check (buckets > 0),
    rows           bigint not null,
    loose          bigint not null,
    stored         bigint not null,
    stored_links   bigint not null,
    completed_at   timestamptz not null,
    primary key (entity_type_id, delivery_id)
);
comment on table row_digest_table is 'Of which reading the digests of a table are.';
comment on column row_digest_table.version is 'The delivery that brought them; of a delivery: those that it was compared with, 0 when with none.';
comment on column row_digest_table.signature is 'Everything beside the data that decides what a row becomes: mapping, settings, time zone, program.';
comment on column row_digest_table.stamp is 'What the connector called the content of the table; empty: it cannot tell.';
comment on column row_digest_table.loose is 'Keys that are looked at in every reading, because the directory may not be as their row is.';
comment on column row_digest_table.stored is 'Resources that are stored, for percentages.';
comment on column row_digest_table.completed_at is 'When everything was compared last.';

create unlogged table row_digest (
    entity_type_id bigint not null,
    delivery_id    bigint not null,
    bucket         integer not null,
    entries        bytea not null,
    primary key (entity_type_id, delivery_id, bucket),
    foreign key (entity_type_id, delivery_id) references row_digest_table (entity_type_id, delivery_id) on delete cascade
);
comment on column row_digest.entries is 'Keys and the digests of their rows, one after the other: server/synchronization/digest.go.';
