drop index identified_risk_closed_idx, risk_block_closed_idx;
drop table risk_score;
alter table context_rule drop column risk_factor_type;
