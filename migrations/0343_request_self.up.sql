-- Who an account may be, asked once for a whole list: supersets of what is_same_person and is_same_account find, so that these are asked only where they
-- can be true (requests 5.3).

create function mailboxes_of(account text) returns text[] language sql stable as $$
    select coalesce(array_agg(distinct m) filter (where m is not null), '{}')
    from local_user u left join resource mine on mine.id = u.resource_id,
        lateral (select mailbox_of(u.email) union all select mail_of(mine.scalars)
            union all select mailbox_of(o.email) from local_user o where o.resource_id = u.resource_id) x (m)
    where lower(u.username) = lower(account)
$$;
comment on function mailboxes_of is 'The addresses of an account, of its record, and of the other accounts of that record.';

create function accounts_like(account text) returns bigint[] language sql stable as $$
    with me as (select u.* from local_user u where lower(u.username) = lower(account)), boxes as (select mailboxes_of(account) as list),
        near as (select v.id, v.resource_id from local_user v left join resource r on r.id = v.resource_id, me, boxes
            where v.id = me.id or v.resource_id = me.resource_id or (v.resource_entity_type_id, v.resource_key) = (me.resource_entity_type_id, me.resource_key)
                or cardinality(boxes.list) > 0 and (mailbox_of(v.email) = any (boxes.list) or mail_of(r.scalars) = any (boxes.list)))
    select coalesce(array_agg(distinct v.id), '{}') from local_user v
    where v.id in (select id from near) or v.resource_id in (select resource_id from near where resource_id is not null)
$$;
comment on function accounts_like is 'The accounts that may be of the same person as an account: all of which is_same_account says so, and perhaps some more.';

create function records_like(account text) returns bigint[] language sql stable as $$
    select coalesce(array_agg(distinct id), '{}') from (
        select v.resource_id from local_user v where v.id = any (accounts_like(account)) and v.resource_id is not null
        union all select r.id from local_user u join resource r on r.entity_type_id = u.resource_entity_type_id and r.key = u.resource_key where lower(u.username) = lower(account)) x (id)
$$;
comment on function records_like is 'The records of those accounts. Of others is_same_person says so only by their address (mailboxes_of).';
