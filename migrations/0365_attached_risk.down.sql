delete from identified_risk where rule = '';
alter table identified_risk drop column attached_at, drop column attached_by, drop column attached_reason;
comment on column identified_risk.rule is 'Identifier of the rule that holds.';
