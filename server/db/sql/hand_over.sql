do $$
declare
    server constant name := %s;
    server_id constant oid := (select oid from pg_roles where rolname = server);
    admin_id constant oid := (select oid from pg_roles where rolname = current_user);
    o record;
begin
    perform pg_advisory_xact_lock(1869442674); -- "ownr": processes that start together come one after the other
    -- The schema belongs to the administrator: its owner could drop what lies in it.
    if (select nspowner <> admin_id from pg_namespace where nspname = 'public') then
        execute format('alter schema public owner to %%I', current_user);
    end if;
    if not has_schema_privilege(server, 'public', 'create') or not has_schema_privilege(server, 'public', 'usage') then
        execute format('grant usage, create on schema public to %%I', server);
    end if;

    for o in
        select case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind, c.oid::regclass::text as name
          from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'S', 'v', 'm') and c.relowner <> server_id
           and c.relname not in ('event', 'event_chain', 'event_checkpoint')
           and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('e', 'a', 'i'))
        union all
        select case p.prokind when 'p' then 'procedure' else 'function' end, p.oid::regprocedure::text
          from pg_proc p
         where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p') and p.proowner <> server_id
           and p.proname not in ('event_append_only', 'event_statistics')
           and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        union all
        select 'type', t.oid::regtype::text
          from pg_type t
         where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd') and t.typowner <> server_id
           and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
    loop
        execute format('alter %%s %%s owner to %%I', o.kind, o.name, server);
    end loop;

    for o in
        select c.oid::regclass::text as name from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname in ('event', 'event_chain', 'event_checkpoint')
           and (c.relowner <> admin_id or has_table_privilege(server, c.oid, 'update, delete, truncate, references, trigger')
                or not has_table_privilege(server, c.oid, 'select') or not has_table_privilege(server, c.oid, 'insert'))
    loop
        execute format('alter table %%s owner to %%I', o.name, current_user);
        execute format('revoke all on %%s from %%I', o.name, server);
        execute format('grant select, insert on %%s to %%I', o.name, server);
    end loop;
    for o in
        select p.oid::regprocedure as name from pg_proc p
         where p.pronamespace = 'public'::regnamespace and p.proname in ('event_append_only', 'event_statistics')
           and p.proowner <> admin_id
    loop
        execute format('alter function %%s owner to %%I', o.name, current_user);
    end loop;
end $$;
