-- What was written when a reading is asked for: with it only those targets are read.
alter table read_back_request
    add column entity_type_id bigint references entity_type (id) on delete cascade,
    add column keys text[],
    add column effect text;
comment on column read_back_request.keys is 'Keys of the targets that were written, as the system has them. Null: not known.';
comment on column read_back_request.effect is 'What that did to the stamps of the connection, in the words of its connector. Null: not known.';
