-- Who launched a run of a job that wants a second person cannot let it go on over a limit: not by another account of his, not after he changed the job.

alter table job_instance
    add column needs_second_person boolean not null default false,
    add column resumed_by text;
comment on column job_instance.needs_second_person is 'What its job wanted when it was launched: changing the job afterwards changes nothing about it.';
comment on column job_instance.resumed_by is 'Username of who resumed it last over a limit; null: nobody did.';
update job_instance i set needs_second_person = true from job j where j.id = i.job_id and j.needs_second_person and i.ended_at is null;

create function are_one_person(one text, other text) returns boolean language sql stable as $$
    select lower(one) = lower(other) or exists (
        select from local_user a left join resource ra on ra.id = a.resource_id,
            local_user b left join resource rb on rb.id = b.resource_id
        where lower(a.username) = lower(one) and lower(b.username) = lower(other)
          and (a.resource_id = b.resource_id
            or (a.resource_entity_type_id, a.resource_key) = (b.resource_entity_type_id, b.resource_key)
            or mailbox_of(a.email) in (mailbox_of(b.email), mail_of(rb.scalars))
            or mail_of(ra.scalars) in (mailbox_of(b.email), mail_of(rb.scalars))))
$$;
comment on function are_one_person is 'Whether two accounts belong to one person: the same account, person of the directory or mailbox.';

create function job_instance_second_person() returns trigger language plpgsql as $$
begin
    if (new.needs_second_person or exists (select from job j where j.id = new.job_id and j.needs_second_person))
            and (new.resumed_by is null or are_one_person(new.resumed_by, new.launched_by)) then
        raise exception 'run % wants a second person', new.id using errcode = '23514', constraint = 'job_instance_second_person';
    end if;
    return new;
end $$;
create trigger second_person before update of state on job_instance
    for each row when (old.state = 'BLOCKED' and new.state = 'IN_PROGRESS') execute function job_instance_second_person();
