alter table row_digest_table drop column cookie;
