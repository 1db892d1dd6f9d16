-- A plan may be about data of people, too: what would be made, changed and ended stands beside the configuration.

alter table plan add column edits jsonb not null default '[]';
comment on column plan.edits is 'Resources that it would make, change or end, value by value.';
comment on column plan.configuration is 'What is proposed, sealed: configuration as YAML, which may hold secrets, and edits of resources.';
