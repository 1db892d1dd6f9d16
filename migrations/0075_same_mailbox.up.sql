-- One mailbox is one, however its address is written: with blanks around it, in other letters, with a name before it.

create function mailbox_of(address text) returns text language sql immutable as $$
    select nullif(lower(btrim(regexp_replace(address, '^.*<([^<>]*)>\s*$', '\1'), E' \t\r\n\u00a0')), '')
$$;
comment on function mailbox_of is 'The address alone, in small letters; null: there is none.';

create or replace function mail_of(scalars jsonb) returns text language sql immutable as $$
    select mailbox_of(v.value) from jsonb_each_text(scalars) v
    where lower(v.key) ~ '^(e[-_]?)?mail([-_]?address)?$' and mailbox_of(v.value) is not null order by v.key limit 1
$$;

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
