create or replace function is_same_person(account text, person bigint) returns boolean language sql stable as $$
    select exists (
        select from local_user u
        left join resource mine on mine.id = u.resource_id
        join resource o on o.id = person
        where lower(u.username) = lower(account)
          and (u.resource_id = o.id
            or (u.resource_entity_type_id, u.resource_key) = (o.entity_type_id, o.key)
            or mail_of(o.scalars) in (mailbox_of(u.email), mail_of(mine.scalars))
            or exists (select from local_user other where other.resource_id = o.id and mailbox_of(other.email) in (mailbox_of(u.email), mail_of(mine.scalars)))))
$$;
comment on function is_same_person is null;
drop function is_told_apart(text, text);
drop function name_words(text);
