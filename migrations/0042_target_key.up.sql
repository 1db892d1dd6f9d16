-- One rule for the hash in order_key.
create function target_key(connector bigint, source text, entity_type bigint, col text, value text) returns uuid language sql immutable parallel safe as $$
    select md5(concat_ws(chr(1), coalesce(connector || chr(1) || source, 't' || entity_type), col, lower(value)))::uuid
$$;
comment on function target_key is 'One value of a key column of a managed system, without regard to case: of one length, however long the value.';
