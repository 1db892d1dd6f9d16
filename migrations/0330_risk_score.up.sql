-- How dangerous people are by the risks they have (role-model 9.6). A row stays when the score changes, as the past of it.
alter table context_rule add column risk_factor_type smallint not null default 0;
alter table context_rule add constraint context_rule_risk_factor_type_check check (risk_factor_type between 0 and 2);
comment on column context_rule.risk_factor_type is 'How the levels of somebody''s risks make his score: 0 there is none, 1 the highest, 2 their mean (role-model 9.6).';
create table risk_score (
    id             bigint generated always as identity primary key,
    owner_id       bigint not null references resource (id),
    entity_type_id bigint not null references entity_type (id),
    score          smallint not null,
    rank           text generated always as (lpad(score::text, 3, '0')) stored not null,
    factor         smallint not null,
    risk_ids       bigint[] not null,
    names          text[] not null,
    levels         smallint[] not null,
    computed_at    timestamptz not null,
    closed_at      timestamptz,
    constraint risk_score_range check (score between 0 and 100),
    constraint risk_score_factor_check check (factor between 1 and 2),
    constraint risk_score_parts check (cardinality(risk_ids) > 0 and cardinality(risk_ids) = cardinality(names) and cardinality(risk_ids) = cardinality(levels))
);
create unique index risk_score_once on risk_score (owner_id) where closed_at is null;
create index risk_score_rank_idx on risk_score (rank, id) where closed_at is null;
create index risk_score_open_idx on risk_score (id) where closed_at is null;
create index risk_score_owner_idx on risk_score (owner_id, id);
create index risk_score_closed_idx on risk_score (closed_at) where closed_at is not null;
create index identified_risk_closed_idx on identified_risk (closed_at) where closed_at is not null;
create index risk_block_closed_idx on risk_block (closed_at) where closed_at is not null;
comment on table risk_score is 'How dangerous people are, or were, by the risks they have (role-model 9.6).';
comment on column risk_score.rank is 'The score as a text that sorts as it.';
comment on column risk_score.factor is 'How the levels make the score: 1 the highest, 2 their mean, rounded half up.';
comment on column risk_score.risk_ids is 'The risks that it is made of, of risk, by id; no reference: a risk may be deleted since. names and levels are theirs, as they were then.';
