drop table signing_key, session, access_entry, access_filter, access_rule, assigned_profile, local_user, profile;
