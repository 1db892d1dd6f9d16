-- Programs: accounts of their own (API clients), and secrets by which a program acts for an account (provisioning 10.1, 13.2).

alter table local_user
    add column is_client boolean not null default false,
    add column scopes text[],
    add column client_until timestamptz,
    add constraint local_user_client_scopes check (is_client = (scopes is not null)),
    add constraint local_user_scopes_not_empty check (cardinality(scopes) > 0),
    add constraint local_user_client_is_nobody check (not is_client or (password_hash = '' and resource_entity_type_id is null and resource_key is null)),
    add constraint local_user_client_end check (is_client or client_until is null);
comment on column local_user.is_client is 'An API client: a program with rights of its own. It has no password and is nobody of the directory.';
comment on column local_user.scopes is 'Permission paths that the rights of a client are cut to; null: a person''s account.';
comment on column local_user.client_until is 'From when on a client may not come in any more; null: no end.';

create table api_key (
    id            bigint generated always as identity primary key,
    uid           uuid not null unique,
    user_id       bigint not null references local_user (id) on delete cascade,
    name          text not null,
    secret_hash   bytea not null,
    scopes        text[],
    created_at    timestamptz not null,
    created_by    text not null,
    created_by_id bigint references local_user (id) on delete set null,
    expires_at    timestamptz not null,
    last_used_at  timestamptz,
    revoked_at    timestamptz,
    revoked_by    text,
    constraint api_key_name_length check (length(name) between 1 and 100),
    constraint api_key_scopes check (scopes is null or cardinality(scopes) > 0),
    constraint api_key_dates_in_order check (created_at < expires_at),
    constraint api_key_revoked_by_somebody check ((revoked_at is null) = (revoked_by is null))
);
comment on table api_key is 'A secret of a program: of a client, for /oauth/token, or a personal token, which is sent as it is. Only its hash is kept.';
comment on column api_key.uid is 'What the secret begins with, and the session of the access tokens that it gave.';
comment on column api_key.scopes is 'Permission paths that the rights of a personal token are cut to; null: a secret of a client, whose account has them.';
create index local_user_clients on local_user (username, id) where is_client;
create index api_key_of_user on api_key (user_id, id);
create unique index api_key_name_unique on api_key (user_id, lower(name)) where revoked_at is null;

create function api_key_stays() returns trigger language plpgsql as $$
begin
    if (new.uid, new.user_id, new.secret_hash, new.scopes, new.created_at, new.created_by) is distinct from (old.uid, old.user_id, old.secret_hash, old.scopes, old.created_at, old.created_by)
            or new.expires_at > old.expires_at or old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
        raise exception 'an API key only ends' using errcode = '23514', constraint = 'api_key_stays';
    end if;
    return new;
end $$;
create trigger api_key_stays before update on api_key for each row execute function api_key_stays();
comment on function api_key_stays is 'A key cannot be made wider, given to somebody else, prolonged, or brought back.';
