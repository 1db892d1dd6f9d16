drop trigger request_item_never_widens on request_item;
drop function request_item_never_widens();
drop trigger request_decision_narrows_stays on request_decision;
drop trigger request_decision_narrows on request_decision;
drop function request_decision_narrows();
alter table request_decision drop column changed_dates;
