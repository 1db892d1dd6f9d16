drop index plan_by_user;
drop index plan_by_state;
drop index plan_by_object;
alter table plan drop column objects;
