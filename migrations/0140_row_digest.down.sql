drop table row_digest;
drop table row_digest_table;
