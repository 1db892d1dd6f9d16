-- Whoever supervises requests says who decides a step (requests 4.2 S8).

alter table request_step add column is_assigned boolean not null default false;
comment on column request_step.is_assigned is 'Those who are asked were named by whoever supervises requests (request_candidate, ASSIGNED), and no rule or right counts until none of them can decide.';
create index request_candidate_assigned on request_candidate (step_id) where source = 'ASSIGNED' and until is null;

-- An extension is of a class of its own: a taking ends it, and does not wait for it (requests 2.2).
drop index request_item_once;
create unique index request_item_once on request_item (beneficiary_id, role_id, (case when action in ('ADD', 'ALLOW') then 'giving' when action = 'EXTEND' then 'shaping' else 'taking' end), parameters) where state in ('SUBMITTED', 'IN_APPROVAL');
