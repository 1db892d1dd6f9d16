drop trigger local_user_ends_sessions on local_user;
drop function end_sessions_of_user();
