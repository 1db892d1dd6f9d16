-- The sequence of an identity column of an unlogged table is unlogged, too, and a replica that becomes the primary may not be able to read it:
-- nothing was synchronized after a failover (bad magic number in sequence). The order of rows comes from a sequence that is logged.
do $$
declare
    server text := (select quote_ident(pg_get_userbyid(relowner)) from pg_class where oid = 'delivery_row'::regclass);
begin
    alter table delivery_row alter n drop identity;
    create sequence delivery_row_number;
    execute 'alter sequence delivery_row_number owner to ' || server; -- who owns the table, which may be another role than the one that migrates
    alter sequence delivery_row_number owned by delivery_row.n;
    alter table delivery_row alter n set default nextval('delivery_row_number');
end $$;
