-- A program is who can make it act: an API client counts as whoever made a secret of it that still opens it. And no program decides about requests.

create or replace function is_same_person(account text, person bigint) returns boolean language sql stable as $$
    select exists (
        select from local_user u
        left join resource mine on mine.id = u.resource_id
        join resource o on o.id = person
        where (lower(u.username) = lower(account)
            or u.id in (select k.created_by_id from local_user c join api_key k on k.user_id = c.id and k.revoked_at is null where lower(c.username) = lower(account) and c.is_client))
          and (u.resource_id = o.id
            or (u.resource_entity_type_id, u.resource_key) = (o.entity_type_id, o.key)
            or (mail_of(o.scalars) in (mailbox_of(u.email), mail_of(mine.scalars))
                or exists (select from local_user other where other.resource_id = o.id and mailbox_of(other.email) in (mailbox_of(u.email), mail_of(mine.scalars))))
              and not coalesce(mine.entity_type_id = o.entity_type_id and is_told_apart(mine.display_name, o.display_name), false)))
$$;
comment on function is_same_person is 'An account is somebody''s when it is linked to his record, or shares an address with it or with another account linked to it. An address is not enough where the account is linked to a record of the same entity type and of another name: those are two people with one functional mailbox. An API client is also whoever made a living secret of it.';

alter function request_exclusion(text, text, bigint, bigint, bigint, bigint) rename to request_exclusion_of_person;
comment on function request_exclusion_of_person is 'What request_exclusion says of an account that is no program''s.';
create function request_exclusion(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint) returns text language sql stable as $$
    select case
        when exists (select from local_user u where lower(u.username) = lower(account) and u.is_client) then 'api_client'
        else request_exclusion_of_person(account, requester, requester_user, requester_record, beneficiary, item)
    end
$$;
comment on function request_exclusion is 'Why an account may not decide about a request, in the words of requests 5.3; null: nothing stands in its way. item null: of a basket.';
