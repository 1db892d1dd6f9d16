drop function records_like(text);
drop function accounts_like(text);
drop function mailboxes_of(text);
