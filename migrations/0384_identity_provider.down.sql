drop trigger identity_provider_ends_sessions on identity_provider;
drop function end_sessions_of_provider();
alter table session drop constraint session_of_provider, drop column provider_sid, drop column provider_subject, drop column provider_id;
delete from assigned_profile where provider_id is not null;
alter table assigned_profile
    drop constraint assigned_profile_unique,
    drop constraint assigned_profile_of_provider,
    drop constraint assigned_profile_origin_check,
    drop column provider_id,
    add constraint assigned_profile_origin_check check (origin in ('MANUAL', 'RULE')),
    add constraint assigned_profile_user_id_profile_id_context_origin_is_denie_key unique (user_id, profile_id, context, origin, is_denied);
drop table federated_identity;
drop table identity_provider_profile;
drop table identity_provider;
