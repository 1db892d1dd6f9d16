-- One meaning of search: what is looked for is compared without accents, case and Unicode forms, word by word. A generated column keeps it up to date.
-- The two functions fold alike; each stands alone, so that a restore with an empty search path can compute the column.
create function search_text(name text, key text, scalars jsonb) returns text language plpgsql immutable parallel safe as $$
declare
    plain text := concat_ws(' ', name, key, left(translate(nullif(jsonb_path_query_array(scalars, '$.* ? (@ like_regex "[^@]@[^@]")')::text, '[]'), '[]",', ''), 2000));
    said text;
    folded text := '';
begin
    if octet_length(plain) = length(plain) then
        return lower(plain);
    end if;
    foreach said in array array[plain, replace(replace(replace(replace(replace(replace(normalize(plain, nfc),
            'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'Ä', 'Ae'), 'Ö', 'Oe'), 'Ü', 'Ue')] loop
        folded := folded || ' ' || replace(replace(replace(replace(translate(lower(
            regexp_replace(normalize(said, nfkd), '[\u0300-\u036f]', '', 'g')), 'ıłøđðħŧ', 'iloddht'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
    end loop;
    return folded;
end $$;
comment on function search_text is 'What search looks at: name, key and mail addresses, folded; German umlauts as one and as two letters.';

create function search_pattern(word text) returns text language sql immutable strict parallel safe as $$
    select '%' || replace(replace(replace(replace(replace(replace(replace(translate(lower(
            regexp_replace(normalize(word, nfkd), '[\u0300-\u036f]', '', 'g')), 'ıłøđðħŧ', 'iloddht'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
            '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;
comment on function search_pattern is 'A word that somebody looks for, folded like search_text, as a pattern for LIKE.';

alter table resource add column search text not null generated always as (search_text(display_name, key, scalars)) stored;
comment on column resource.search is 'Name, key and mail addresses as search compares them.';
drop index resource_name_trgm;
drop index resource_key_trgm;
create index resource_search on resource using gin (search gin_trgm_ops);
create index provisioning_order_by_target on provisioning_order (target_id) where target_id is not null;
