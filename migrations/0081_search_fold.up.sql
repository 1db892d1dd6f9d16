-- Search folds the Greek sigma at the end of words and passes over marks that nobody sees.
create or replace function search_text(name text, key text, scalars jsonb) returns text language plpgsql immutable parallel safe as $$
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
            regexp_replace(normalize(said, nfkd), '[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]', '', 'g')), 'ıłøđðħŧς', 'iloddhtσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
    end loop;
    return folded;
end $$;

create or replace function search_pattern(word text) returns text language sql immutable strict parallel safe as $$
    select '%' || replace(replace(replace(replace(replace(replace(replace(translate(lower(
            regexp_replace(normalize(word, nfkd), '[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]', '', 'g')), 'ıłøđðħŧς', 'iloddhtσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
            '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;

alter table resource drop column search;
alter table resource add column search text not null generated always as (search_text(display_name, key, scalars)) stored;
comment on column resource.search is 'Name, key and mail addresses as search compares them.';
create index resource_search on resource using gin (search gin_trgm_ops);
