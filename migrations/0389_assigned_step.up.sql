-- Whoever supervises requests says who decides a step (requests 4.2 S8).

alter table request_step add column is_assigned boolean not null default false;
comment on column request_step.is_assigned is 'Those who are asked were named by whoever supervises requests (request_candidate, ASSIGNED), and no rule or right counts until none of them can decide.';
create index request_candidate_assigned on request_candidate (step_id) where source = 'ASSIGNED' and until is null;
