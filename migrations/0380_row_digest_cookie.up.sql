alter table row_digest_table add column cookie text default '' not null;
comment on column row_digest_table.cookie is 'The moment in the history of the table up to which it is known, as its connector tells it (fulfil.Tracker); empty: it cannot be told.';
