drop function followed_refs;
drop table delivery_rename;
drop table written_key;
