drop function request_exclusion(text, text, bigint, bigint, bigint, bigint);
alter function request_exclusion_of_person(text, text, bigint, bigint, bigint, bigint) rename to request_exclusion;
create or replace function is_same_person(account text, person bigint) returns boolean language sql stable as $$
    select exists (
        select from local_user u
        left join resource mine on mine.id = u.resource_id
        join resource o on o.id = person
        where lower(u.username) = lower(account)
          and (u.resource_id = o.id
            or (u.resource_entity_type_id, u.resource_key) = (o.entity_type_id, o.key)
            or (mail_of(o.scalars) in (mailbox_of(u.email), mail_of(mine.scalars))
                or exists (select from local_user other where other.resource_id = o.id and mailbox_of(other.email) in (mailbox_of(u.email), mail_of(mine.scalars))))
              and not coalesce(mine.entity_type_id = o.entity_type_id and is_told_apart(mine.display_name, o.display_name), false)))
$$;
