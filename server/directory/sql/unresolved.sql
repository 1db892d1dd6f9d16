-- What points to nothing waits; what waited and was found, or is not wanted any more, waits no longer.
delete from unresolved_ref u
using directory_source s
where u.source_id = s.id and not exists (
    select 1 from directory_wanted w
    where w.source_id = u.source_id and w.property_id = u.property_id and w.value = u.value and w.target_id is null);
insert into unresolved_ref (source_id, property_id, value)
select source_id, property_id, value from directory_wanted where target_id is null
on conflict do nothing;
