-- A risk that a person found somebody to have (role-model 9.5): it stands as long as nobody takes it back, whether a computation finds it or not.
alter table identified_risk add column attached_at timestamptz;
alter table identified_risk add column attached_by text;
alter table identified_risk add column attached_reason text;
alter table identified_risk add constraint identified_risk_attached check ((attached_at is null) = (attached_by is null) and (attached_at is null) = (attached_reason is null));
alter table identified_risk add constraint identified_risk_found check (rule <> '' or attached_at is not null);
comment on column identified_risk.rule is 'Identifier of the rule that holds; empty: none does, a person attached the risk.';
comment on column identified_risk.attached_at is 'Since when it is attached by hand; null: it is not.';
comment on column identified_risk.attached_by is 'By whom: the name of an actor.';
comment on column identified_risk.attached_reason is 'Why.';
