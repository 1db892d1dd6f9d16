-- A session ends when the password it was opened with is replaced or its user is disabled, whoever writes the row.

create function end_sessions_of_user() returns trigger language plpgsql as $$
begin
    update session set revoked_at = clock_timestamp(), sealed_refresh = null where user_id = new.id and revoked_at is null;
    return null;
end
$$;
create trigger local_user_ends_sessions after update of password_hash, is_disabled on local_user for each row
    when (old.password_hash is distinct from new.password_hash or new.is_disabled and not old.is_disabled)
    execute function end_sessions_of_user();
