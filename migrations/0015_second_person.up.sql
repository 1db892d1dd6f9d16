-- Whoever launched a run may not resume it over a limit.
alter table job add column needs_second_person boolean not null default false;
