delete from assignment_history where (from_state, to_state) in ((5, 26), (26, 5));
delete from workflow_transition where (from_state, to_state) in ((5, 26), (26, 5));
drop table risk_block;
