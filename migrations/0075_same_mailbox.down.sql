create or replace function mail_of(scalars jsonb) returns text language sql immutable as $$
    select lower(v.value) from jsonb_each_text(scalars) v where lower(v.key) in ('mail', 'email') and v.value <> '' order by v.key limit 1
$$;

create or replace function is_same_person(account text, person bigint) returns boolean language sql stable as $$
    select exists (
        select from local_user u
        left join resource mine on mine.id = u.resource_id
        join resource o on o.id = person
        where lower(u.username) = lower(account)
          and (u.resource_id = o.id
            or (u.resource_entity_type_id, u.resource_key) = (o.entity_type_id, o.key)
            or mail_of(o.scalars) in (lower(u.email), mail_of(mine.scalars))
            or exists (select from local_user other where other.resource_id = o.id and other.email <> '' and lower(other.email) in (lower(u.email), mail_of(mine.scalars)))))
$$;

drop function mailbox_of(text);
