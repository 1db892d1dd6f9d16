-- Risks that people have (role-model 9.3, 12.13). A row stays when it is over, as the past of it.
create table identified_risk (
    id           bigint generated always as identity primary key,
    owner_id     bigint not null references resource (id),
    risk_id      bigint not null,
    rule         text not null,
    start_date   timestamptz,
    end_date     timestamptz,
    contributors jsonb not null default '[]',
    detected_at  timestamptz not null,
    closed_at    timestamptz
);
create unique index identified_risk_once on identified_risk (owner_id, risk_id) where closed_at is null;
create index identified_risk_open_idx on identified_risk (id) where closed_at is null;
create index identified_risk_risk_idx on identified_risk (risk_id, id) where closed_at is null;
comment on table identified_risk is 'Risks that people have, or had (role-model 9.3).';
comment on column identified_risk.risk_id is 'Of risk; no reference: what was found of a risk that is deleted goes when its owner is computed, or scores are.';
comment on column identified_risk.rule is 'Identifier of the rule that holds.';
comment on column identified_risk.start_date is 'When it holds; null: since ever.';
comment on column identified_risk.contributors is 'What makes each item of the rule hold: evaluation.Contributor.';
