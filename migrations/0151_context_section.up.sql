alter table context add column sections jsonb not null default '[]';
comment on column context.sections is 'What stands behind each record section: [{section, key, record, gap}].';
comment on column context.rank is 'Which of the contexts that count at the same time decides about a single value: the lowest.';
