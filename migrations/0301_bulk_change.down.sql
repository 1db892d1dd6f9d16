drop table bulk_item;
drop table bulk_change;
create table reconciliation_run (
    id bigint generated always as identity,
    decision text not null,
    filter jsonb not null,
    comment text default ''::text not null,
    state text default 'IN_PROGRESS'::text not null,
    user_id bigint,
    actor text not null,
    as_of timestamp with time zone not null,
    up_to bigint not null,
    total integer not null,
    done integer default 0 not null,
    failed integer default 0 not null,
    after_id bigint default 0 not null,
    failures jsonb default '[]'::jsonb not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    subject text default 'RESOURCE'::text not null,
    constraint reconciliation_run_pkey PRIMARY KEY (id),
    constraint reconciliation_run_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint reconciliation_run_decision_known CHECK ((decision = ANY (ARRAY['USE_PROPOSED'::text, 'KEEP_CURRENT'::text, 'POSTPONE'::text, 'TAKE_UP_AGAIN'::text, 'AUTHORIZE'::text, 'AUTHORIZE_WITHOUT_OWNER'::text, 'DELETE_ACCOUNT'::text, 'KEEP_ROLE'::text, 'REMOVE_ROLE'::text]))),
    constraint reconciliation_run_ended CHECK (((ended_at IS NULL) = (state = 'IN_PROGRESS'::text))),
    constraint reconciliation_run_state_check CHECK ((state = ANY (ARRAY['IN_PROGRESS'::text, 'COMPLETED'::text, 'CANCELLED'::text]))),
    constraint reconciliation_run_subject_check CHECK ((subject = ANY (ARRAY['RESOURCE'::text, 'ROLE'::text])))
);
comment on table reconciliation_run is 'A decision about all differences that a filter found at an instant, in portions; after_id is how far it came.';
comment on column reconciliation_run.up_to is 'The newest difference there was: what is found later is not decided by it.';
comment on column reconciliation_run.failures is 'Of the first hundred differences that were not decided: id and why.';
create index reconciliation_run_by_user on reconciliation_run (user_id, id);
create index reconciliation_run_open on reconciliation_run (id) WHERE (ended_at IS NULL);
