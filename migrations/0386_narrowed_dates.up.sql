-- An approver may narrow the dates of what is asked for (requests 9.6): a later start, an earlier end. What he changed stands with his decision. Nobody
-- widens them, whatever he goes by.

alter table request_decision add column changed_dates jsonb;
alter table request_decision add constraint request_decision_changed_dates check (changed_dates is null or decision = 'APPROVE');
comment on column request_decision.changed_dates is 'What was narrowed with it: startBefore, endBefore, start, end, as instants or null (start: the moment of the approval; end: none); null: nothing was.';

create function request_decision_narrows() returns trigger language plpgsql as $$
declare
    i request_item;
    c jsonb := new.changed_dates;
begin
    if tg_op = 'UPDATE' then
        if new.changed_dates is distinct from old.changed_dates then
            raise exception 'what was narrowed at step % stays', old.step_id using errcode = '23514', constraint = 'request_decision_stays';
        end if;
        return new;
    end if;
    select * into i from request_item where id = new.item_id;
    if i.action <> 'ADD'
        or (c ->> 'endBefore')::timestamptz is distinct from i.end_date
        or coalesce((c ->> 'end')::timestamptz, 'infinity') > coalesce(i.end_date, 'infinity')
        or coalesce((c ->> 'start')::timestamptz, '-infinity') < coalesce(i.start_date, '-infinity') and coalesce(i.start_date, '-infinity') > new.at
        or coalesce((c ->> 'end')::timestamptz, 'infinity') <= greatest(coalesce((c ->> 'start')::timestamptz, new.at), new.at) then
        raise exception 'step % only narrows what is asked for', new.step_id using errcode = '23514', constraint = 'request_decision_only_narrows';
    end if;
    return new;
end $$;
create trigger request_decision_narrows before insert on request_decision for each row when (new.changed_dates is not null) execute function request_decision_narrows();
create trigger request_decision_narrows_stays before update on request_decision for each row execute function request_decision_narrows();

create function request_item_never_widens() returns trigger language plpgsql as $$
begin
    raise exception 'the dates of item % are only narrowed while it waits', old.id using errcode = '23514', constraint = 'request_item_never_widens';
end $$;
create trigger request_item_never_widens before update on request_item for each row
    when (old.action = 'ADD' and old.state in ('SUBMITTED', 'IN_APPROVAL') and (coalesce(new.end_date, 'infinity') > coalesce(old.end_date, 'infinity') or new.start_date < old.start_date))
    execute function request_item_never_widens();
