-- An address that several people have is a functional mailbox: it tells who is who only where nothing else does.

-- The words of a name as search compares them, without what holds a digit (numbers of people stand in some names).
create function name_words(name text) returns text[] language sql immutable as $$
    select coalesce(array_agg(distinct w), '{}') from regexp_split_to_table(search_text(coalesce(name, ''), '', '{}'), '[\s[:punct:]]+') w where w <> '' and w !~ '[0-9]'
$$;

create function is_told_apart(a text, b text) returns boolean language sql immutable as $$
    select cardinality(x.words) > 0 and cardinality(y.words) > 0
        and exists (select from unnest(x.words) v where not exists (select from unnest(y.words) w where starts_with(w, v) or starts_with(v, w)))
        and exists (select from unnest(y.words) w where not exists (select from unnest(x.words) v where starts_with(w, v) or starts_with(v, w)))
    from (select name_words(a) as words) x, (select name_words(b) as words) y
$$;
comment on function is_told_apart is 'Two names that cannot be one person''s: each has a word that is none of the other''s, nor its beginning. False when one has no words.';

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
comment on function is_same_person is 'An account is somebody''s when it is linked to his record, or shares an address with it or with another account linked to it. An address is not enough where the account is linked to a record of the same entity type and of another name: those are two people with one functional mailbox.';
