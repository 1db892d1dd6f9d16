-- Since when somebody has left: all his positions have ended, or he is gone from his source. Whoever left and still has an account is found by it.

alter table owner_state add column left_at timestamptz;
comment on column owner_state.left_at is 'When the last context ended, or when the owner was seen gone; null: he is there, or is yet to come.';
update owner_state s set left_at = coalesce((select max(c.end_date) from context c where c.owner_id = s.owner_id), r.valid_to)
    from resource r where r.id = s.owner_id and r.valid_to <> 'infinity';
update owner_state s set left_at = c.ended
    from (select owner_id, max(end_date) as ended from context group by owner_id having bool_and(end_date is not null) and max(end_date) <= now()) c
    where c.owner_id = s.owner_id and s.left_at is null;
create index owner_state_left on owner_state (owner_id) where left_at is not null;
