drop index reconciliation_run_by_user;
create index reconciliation_run_by_actor on reconciliation_run (actor, id);
drop trigger assignment_history_not_own on assignment_history;
drop function assignment_history_not_own();
drop trigger gap_not_own on gap;
drop function gap_not_own();
