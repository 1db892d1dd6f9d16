-- The whole schema, for readers. Written by `npm run gen` from what the migrations make; do not edit.

create extension pg_trgm;

create table access_entry (
    id bigint generated always as identity,
    rule_id bigint not null,
    permission text not null,
    can_execute boolean default false not null,
    full_access_properties boolean default false not null,
    priority integer default 0 not null,
    notify boolean default true not null,
    constraint access_entry_pkey PRIMARY KEY (id),
    constraint access_entry_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES access_rule(id) ON DELETE CASCADE,
    constraint access_entry_root_not_executable CHECK ((NOT ((permission = '/'::text) AND can_execute)))
);
CREATE INDEX access_entry_by_permission ON public.access_entry USING btree (permission);
CREATE INDEX access_entry_by_rule ON public.access_entry USING btree (rule_id);
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.access_entry FOR EACH ROW EXECUTE FUNCTION request_rights_changed();

create table access_filter (
    id bigint generated always as identity,
    rule_id bigint not null,
    binding text not null,
    value text,
    is_current_user boolean default false not null,
    dimension text,
    constraint access_filter_pkey PRIMARY KEY (id),
    constraint access_filter_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES access_rule(id) ON DELETE CASCADE,
    constraint access_filter_one_operand CHECK (((num_nonnulls(value, dimension) + (is_current_user)::integer) = 1))
);
CREATE INDEX access_filter_by_rule ON public.access_filter USING btree (rule_id);
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.access_filter FOR EACH ROW EXECUTE FUNCTION request_rights_changed();

create table access_rule (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    profile_id bigint not null,
    entity_type text not null,
    version integer default 1 not null,
    constraint access_rule_pkey PRIMARY KEY (id),
    constraint access_rule_identifier_key UNIQUE (identifier),
    constraint access_rule_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profile(id)
);
CREATE INDEX access_rule_by_profile ON public.access_rule USING btree (profile_id);
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.access_rule FOR EACH ROW EXECUTE FUNCTION request_rights_changed();

create table api_key (
    id bigint generated always as identity,
    uid uuid not null,
    user_id bigint not null,
    name text not null,
    secret_hash bytea not null,
    scopes text[],
    created_at timestamp with time zone not null,
    created_by text not null,
    created_by_id bigint,
    expires_at timestamp with time zone not null,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    revoked_by text,
    constraint api_key_pkey PRIMARY KEY (id),
    constraint api_key_uid_key UNIQUE (uid),
    constraint api_key_created_by_id_fkey FOREIGN KEY (created_by_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint api_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE CASCADE,
    constraint api_key_dates_in_order CHECK ((created_at < expires_at)),
    constraint api_key_name_length CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    constraint api_key_revoked_by_somebody CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
    constraint api_key_scopes CHECK (((scopes IS NULL) OR (cardinality(scopes) > 0)))
);
comment on table api_key is 'A secret of a program: of a client, for /oauth/token, or a personal token, which is sent as it is. Only its hash is kept.';
comment on column api_key.uid is 'What the secret begins with, and the session of the access tokens that it gave.';
comment on column api_key.scopes is 'Permission paths that the rights of a personal token are cut to; null: a secret of a client, whose account has them.';
CREATE UNIQUE INDEX api_key_name_unique ON public.api_key USING btree (user_id, lower(name)) WHERE (revoked_at IS NULL);
CREATE INDEX api_key_of_user ON public.api_key USING btree (user_id, id);
CREATE TRIGGER api_key_stays BEFORE UPDATE ON public.api_key FOR EACH ROW EXECUTE FUNCTION api_key_stays();

create table approver_rule (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    target_composite_role_id bigint,
    target_single_role_id bigint,
    target_category_id bigint,
    target_include_subcategories boolean default true not null,
    target_policy_id bigint,
    target_risk_id bigint,
    target_entity_type_id bigint,
    levels integer[] not null,
    actions text[] not null,
    dimensions jsonb default '{}'::jsonb not null,
    parameters jsonb default '{}'::jsonb not null,
    find jsonb not null,
    combine smallint default 0 not null,
    priority integer default 0 not null,
    version integer default 1 not null,
    escalate_to jsonb default '[]'::jsonb not null,
    may_delegate boolean default true not null,
    deputies boolean default true not null,
    due_after_days integer,
    remind_after_days integer,
    escalate_after_days integer,
    constraint approver_rule_pkey PRIMARY KEY (id),
    constraint approver_rule_identifier_key UNIQUE (identifier),
    constraint approver_rule_target_category_id_fkey FOREIGN KEY (target_category_id) REFERENCES category(id),
    constraint approver_rule_target_composite_role_id_fkey FOREIGN KEY (target_composite_role_id) REFERENCES role(id),
    constraint approver_rule_target_entity_type_id_fkey FOREIGN KEY (target_entity_type_id) REFERENCES entity_type(id),
    constraint approver_rule_target_policy_id_fkey FOREIGN KEY (target_policy_id) REFERENCES policy(id),
    constraint approver_rule_target_risk_id_fkey FOREIGN KEY (target_risk_id) REFERENCES risk(id),
    constraint approver_rule_target_single_role_id_fkey FOREIGN KEY (target_single_role_id) REFERENCES role(id),
    constraint approver_rule_actions_check CHECK (((cardinality(actions) > 0) AND (actions <@ ARRAY['ADD'::text, 'EXTEND'::text, 'REMOVE'::text, 'DENY'::text, 'ALLOW'::text]))),
    constraint approver_rule_combine_check CHECK ((combine = ANY (ARRAY[0, 1]))),
    constraint approver_rule_days_check CHECK ((((due_after_days >= 0) AND (due_after_days <= 3650)) AND ((remind_after_days >= 0) AND (remind_after_days <= 3650)) AND ((escalate_after_days >= 0) AND (escalate_after_days <= 3650)))),
    constraint approver_rule_find_check CHECK ((jsonb_array_length(find) > 0)),
    constraint approver_rule_levels_check CHECK (((cardinality(levels) > 0) AND (levels <@ ARRAY[0, 1, 2, 3]))),
    constraint approver_rule_one_target CHECK ((num_nonnulls(target_composite_role_id, target_single_role_id, target_category_id, target_policy_id, target_risk_id, target_entity_type_id) = 1))
);
comment on table approver_rule is 'Who is asked for which approvals (requests 5.1).';
comment on column approver_rule.levels is 'Which levels of approval it is about; 0: that of a risk.';
comment on column approver_rule.find is 'How people are found, one way after the other (requests 5.2).';
comment on column approver_rule.combine is '0: the first way that finds somebody, 1: all of them.';
comment on column approver_rule.escalate_to is 'How people are found who are asked besides when nobody decided in time; none: the managers of those who are asked.';
comment on column approver_rule.due_after_days is 'Days until an approval is late; 0: never; null: as the policy of the role says.';
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.approver_rule FOR EACH STATEMENT EXECUTE FUNCTION request_rights_changed();

create table assigned_profile (
    id bigint generated always as identity,
    user_id bigint not null,
    profile_id bigint not null,
    context jsonb default '{}'::jsonb not null,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    is_denied boolean default false not null,
    email text,
    origin text default 'MANUAL'::text not null,
    provider_id bigint,
    constraint assigned_profile_pkey PRIMARY KEY (id),
    constraint assigned_profile_unique UNIQUE NULLS NOT DISTINCT (user_id, profile_id, context, origin, is_denied, provider_id),
    constraint assigned_profile_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profile(id),
    constraint assigned_profile_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES identity_provider(id) ON DELETE CASCADE,
    constraint assigned_profile_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE CASCADE,
    constraint assigned_profile_dates_in_order CHECK ((start_date < end_date)),
    constraint assigned_profile_of_provider CHECK ((((origin = 'PROVIDER'::text) = (provider_id IS NOT NULL)) AND ((provider_id IS NULL) OR ((end_date IS NOT NULL) AND (NOT is_denied))))),
    constraint assigned_profile_origin_check CHECK ((origin = ANY (ARRAY['MANUAL'::text, 'RULE'::text, 'PROVIDER'::text])))
);
comment on column assigned_profile.context is 'Dimension identifier -> key of a value: narrows the scope (spec 10.1).';
comment on column assigned_profile.provider_id is 'Whose groups give it; null: it does not come from a provider.';
CREATE INDEX assigned_profile_by_profile ON public.assigned_profile USING btree (profile_id);
CREATE INDEX assigned_profile_by_provider ON public.assigned_profile USING btree (provider_id) WHERE (provider_id IS NOT NULL);
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.assigned_profile FOR EACH ROW EXECUTE FUNCTION request_rights_changed();

create table assigned_resource_type (
    id bigint generated always as identity,
    owner_id bigint,
    resource_type_id bigint not null,
    resource_id bigint,
    workflow_state smallint not null,
    workflow_state_changed_at timestamp with time zone not null,
    is_expected boolean not null,
    is_denied boolean default false not null,
    is_frozen boolean default false not null,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    confidence integer,
    expected jsonb default '{}'::jsonb not null,
    created_key text,
    verified_at timestamp with time zone,
    error text,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone default 'infinity'::timestamp with time zone not null,
    unseen_at timestamp with time zone,
    constraint assigned_resource_type_pkey PRIMARY KEY (id),
    constraint assigned_resource_type_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint assigned_resource_type_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id),
    constraint assigned_resource_type_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id),
    constraint assigned_resource_type_workflow_known CHECK ((workflow_state = ANY (ARRAY[0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 24, 25, 26, 27, 116, 118]))) NOT VALID
);
comment on column assigned_resource_type.owner_id is 'Null: an orphan target.';
comment on column assigned_resource_type.resource_id is 'The target; null until found or created. Verified at rest = expected, linked, no open line and no gap.';
comment on column assigned_resource_type.expected is 'Computed value timelines by property with the ids of the rules behind them (evaluation.Expected).';
comment on column assigned_resource_type.valid_from is 'Since when this is known.';
comment on column assigned_resource_type.unseen_at is 'Since when, at the latest, own work remembered in expected waits for a reading of the target that began later; null: nothing waits.';
CREATE INDEX assigned_resource_type_approved ON public.assigned_resource_type USING btree (owner_id) WHERE ((valid_to = 'infinity'::timestamp with time zone) AND (workflow_state = 16) AND (NOT is_denied));
CREATE INDEX assigned_resource_type_by_owner ON public.assigned_resource_type USING btree (owner_id) WHERE (valid_to = 'infinity'::timestamp with time zone);
CREATE INDEX assigned_resource_type_by_type ON public.assigned_resource_type USING btree (resource_type_id, id) WHERE (valid_to = 'infinity'::timestamp with time zone);
CREATE INDEX assigned_resource_type_coverage ON public.assigned_resource_type USING btree (resource_type_id, workflow_state) WHERE ((valid_to = 'infinity'::timestamp with time zone) AND (resource_id IS NOT NULL) AND (NOT is_denied));
CREATE INDEX assigned_resource_type_created ON public.assigned_resource_type USING btree (created_key) WHERE ((created_key IS NOT NULL) AND (resource_id IS NULL) AND (valid_to = 'infinity'::timestamp with time zone));
CREATE INDEX assigned_resource_type_past ON public.assigned_resource_type USING btree (owner_id, valid_from) WHERE (valid_to <> 'infinity'::timestamp with time zone);
CREATE UNIQUE INDEX assigned_resource_type_target_unique ON public.assigned_resource_type USING btree (resource_id) WHERE ((valid_to = 'infinity'::timestamp with time zone) AND (resource_id IS NOT NULL));
CREATE INDEX assigned_resource_type_unseen ON public.assigned_resource_type USING btree (unseen_at) WHERE ((unseen_at IS NOT NULL) AND (valid_to = 'infinity'::timestamp with time zone));
CREATE TRIGGER workflow_legal_move BEFORE UPDATE OF workflow_state ON public.assigned_resource_type FOR EACH ROW WHEN ((old.workflow_state IS DISTINCT FROM new.workflow_state)) EXECUTE FUNCTION workflow_legal_move();

create table assigned_resource_type_version (
    assigned_resource_type_id bigint not null,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone not null,
    resource_id bigint,
    workflow_state smallint not null,
    is_expected boolean not null,
    is_denied boolean not null,
    is_frozen boolean not null,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    confidence integer,
    expected jsonb not null,
    error text,
    constraint assigned_resource_type_version_pkey PRIMARY KEY (assigned_resource_type_id, valid_from),
    constraint assigned_resource_type_version_assigned_resource_type_id_fkey FOREIGN KEY (assigned_resource_type_id) REFERENCES assigned_resource_type(id),
    constraint assigned_resource_type_version_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id),
    constraint assigned_resource_type_version_known CHECK ((valid_from < valid_to))
);
comment on table assigned_resource_type_version is 'What was known of an assigned resource type during [valid_from, valid_to). When it holds is [start_date, end_date), and by value in expected.';
CREATE INDEX assigned_resource_type_version_by_end ON public.assigned_resource_type_version USING btree (valid_to);

create table assigned_role (
    id bigint generated always as identity,
    owner_id bigint not null,
    role_id bigint not null,
    workflow_state smallint not null,
    workflow_state_changed_at timestamp with time zone not null,
    origin text not null,
    is_denied boolean default false not null,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    inferred_by_id bigint,
    rule_ids bigint[] default '{}'::bigint[] not null,
    comment text default ''::text not null,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone default 'infinity'::timestamp with time zone not null,
    parameters jsonb default '{}'::jsonb not null,
    version integer default 1 not null,
    found_by bigint[] default '{}'::bigint[] not null,
    lacking bigint[] default '{}'::bigint[] not null,
    reviewed_by text,
    reviewed_at timestamp with time zone,
    postponed_at timestamp with time zone,
    postponed_by text,
    ground jsonb,
    pending_action text,
    pending_state smallint,
    constraint assigned_role_pkey PRIMARY KEY (id),
    constraint assigned_role_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint assigned_role_role_id_fkey FOREIGN KEY (role_id) REFERENCES role(id),
    constraint assigned_role_origin_check CHECK ((origin = ANY (ARRAY['RULE'::text, 'INFERRED'::text, 'MANUAL'::text, 'FOUND'::text, 'GRACE'::text]))),
    constraint assigned_role_pending CHECK ((((pending_action IS NULL) = (pending_state IS NULL)) AND (pending_action = ANY (ARRAY['ADD'::text, 'EXTEND'::text, 'REMOVE'::text, 'DENY'::text, 'ALLOW'::text])) AND (pending_state = ANY (ARRAY[2, 4, 8, 9, 10, 11, 12, 13, 25])))),
    constraint assigned_role_postponed_by_somebody CHECK (((postponed_at IS NULL) = (postponed_by IS NULL))),
    constraint assigned_role_reviewed_by_somebody CHECK (((reviewed_at IS NULL) = (reviewed_by IS NULL))),
    constraint assigned_role_workflow_known CHECK ((workflow_state = ANY (ARRAY[0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 24, 25, 26, 27, 116, 118]))) NOT VALID
);
comment on column assigned_role.valid_from is 'Since when this is known. A row that has ended (valid_to) has said since then what it was: [start_date, end_date).';
comment on column assigned_role.parameters is 'The id of the resource by dimension. One role may be held several times at once with different ones.';
comment on column assigned_role.version is 'Counts changes of what a person decides about: a decision on older content is refused.';
comment on column assigned_role.found_by is 'Of a found role: the rules of resource types whose values the accounts of its owner hold, by id.';
comment on column assigned_role.lacking is 'Of a found role: the rules of resource types that it would make true besides, by id.';
comment on column assigned_role.ground is 'What a role stands on that rules give, while it has a grace period, and what a prolonged role (27) stood on; null: nothing is kept.';
comment on column assigned_role.pending_action is 'What somebody asked to have done with it and is not decided; null: nothing.';
comment on column assigned_role.pending_state is 'How far that is, by the number of a workflow state; workflow_state says whether it is held meanwhile.';
CREATE INDEX assigned_role_approved ON public.assigned_role USING btree (owner_id) WHERE ((valid_to = 'infinity'::timestamp with time zone) AND (workflow_state = 16) AND (NOT is_denied));
CREATE INDEX assigned_role_by_owner ON public.assigned_role USING btree (owner_id) WHERE (valid_to = 'infinity'::timestamp with time zone);
CREATE INDEX assigned_role_by_role ON public.assigned_role USING btree (role_id, owner_id) WHERE (valid_to = 'infinity'::timestamp with time zone);
CREATE INDEX assigned_role_ending ON public.assigned_role USING btree (end_date) WHERE ((valid_to = 'infinity'::timestamp with time zone) AND (end_date IS NOT NULL) AND (NOT is_denied) AND (workflow_state = ANY (ARRAY[16, 116, 27])));
CREATE INDEX assigned_role_found ON public.assigned_role USING btree (id) WHERE ((valid_to = 'infinity'::timestamp with time zone) AND (origin = 'FOUND'::text));
CREATE INDEX assigned_role_found_by_role ON public.assigned_role USING btree (role_id, id) WHERE ((valid_to = 'infinity'::timestamp with time zone) AND (origin = 'FOUND'::text));
CREATE INDEX assigned_role_past ON public.assigned_role USING btree (owner_id, valid_from) WHERE (valid_to <> 'infinity'::timestamp with time zone);
CREATE INDEX assigned_role_past_by_role ON public.assigned_role USING btree (role_id, owner_id) WHERE (valid_to <> 'infinity'::timestamp with time zone);
CREATE INDEX assigned_role_prolonged ON public.assigned_role USING btree (id) WHERE ((valid_to = 'infinity'::timestamp with time zone) AND (workflow_state = 27));
CREATE CONSTRAINT TRIGGER assigned_role_decided AFTER UPDATE OF pending_action ON public.assigned_role DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.pending_action IS NOT NULL) AND (new.pending_action IS NULL))) EXECUTE FUNCTION assigned_role_decided();
CREATE TRIGGER assigned_role_not_own AFTER UPDATE OF reviewed_by, postponed_by ON public.assigned_role FOR EACH ROW WHEN (((new.reviewed_by IS DISTINCT FROM old.reviewed_by) OR (new.postponed_by IS DISTINCT FROM old.postponed_by))) EXECUTE FUNCTION assigned_role_not_own();
CREATE TRIGGER workflow_legal_move BEFORE UPDATE OF workflow_state ON public.assigned_role FOR EACH ROW WHEN ((old.workflow_state IS DISTINCT FROM new.workflow_state)) EXECUTE FUNCTION workflow_legal_move();

create table assigned_role_version (
    assigned_role_id bigint not null,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone not null,
    workflow_state smallint not null,
    origin text not null,
    is_denied boolean not null,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    inferred_by_id bigint,
    rule_ids bigint[] not null,
    parameters jsonb default '{}'::jsonb not null,
    constraint assigned_role_version_pkey PRIMARY KEY (assigned_role_id, valid_from),
    constraint assigned_role_version_assigned_role_id_fkey FOREIGN KEY (assigned_role_id) REFERENCES assigned_role(id),
    constraint assigned_role_version_known CHECK ((valid_from < valid_to)),
    constraint assigned_role_version_origin_check CHECK ((origin = ANY (ARRAY['RULE'::text, 'INFERRED'::text, 'MANUAL'::text, 'FOUND'::text, 'GRACE'::text])))
);
comment on table assigned_role_version is 'What was known of an assigned role during [valid_from, valid_to). When it holds is [start_date, end_date).';
CREATE INDEX assigned_role_version_by_end ON public.assigned_role_version USING btree (valid_to);

create table assignment_history (
    id bigint generated always as identity,
    assigned_role_id bigint,
    assigned_resource_type_id bigint,
    at timestamp with time zone not null,
    actor text not null,
    action text not null,
    from_state smallint not null,
    to_state smallint not null,
    comment text default ''::text not null,
    constraint assignment_history_pkey PRIMARY KEY (id),
    constraint assignment_history_assigned_resource_type_id_fkey FOREIGN KEY (assigned_resource_type_id) REFERENCES assigned_resource_type(id),
    constraint assignment_history_assigned_role_id_fkey FOREIGN KEY (assigned_role_id) REFERENCES assigned_role(id),
    constraint assignment_history_legal FOREIGN KEY (from_state, to_state) REFERENCES workflow_transition(from_state, to_state),
    constraint assignment_history_of_one CHECK ((num_nonnulls(assigned_role_id, assigned_resource_type_id) = 1))
);
comment on table assignment_history is 'One change of workflow state of one assignment: who, when, by what. How it began stands on the assignment itself.';
CREATE INDEX assignment_history_by_role ON public.assignment_history USING btree (assigned_role_id, id) WHERE (assigned_role_id IS NOT NULL);
CREATE INDEX assignment_history_by_type ON public.assignment_history USING btree (assigned_resource_type_id, id) WHERE (assigned_resource_type_id IS NOT NULL);
CREATE TRIGGER assignment_history_not_own AFTER INSERT ON public.assignment_history REFERENCING NEW TABLE AS decided FOR EACH STATEMENT EXECUTE FUNCTION assignment_history_not_own();

create table automation_rule (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    type smallint not null,
    composite_role_id bigint,
    single_role_id bigint,
    resource_type_id bigint,
    category_id bigint,
    policy_id bigint,
    entity_type_id bigint,
    include_subcategories boolean default true not null,
    workflow_state smallint not null,
    hours_to_wait integer default '-1'::integer not null,
    decision smallint not null,
    dimensions jsonb default '{}'::jsonb not null,
    version integer default 1 not null,
    constraint automation_rule_pkey PRIMARY KEY (id),
    constraint automation_rule_identifier_key UNIQUE (identifier),
    constraint automation_rule_category_id_fkey FOREIGN KEY (category_id) REFERENCES category(id),
    constraint automation_rule_composite_role_id_fkey FOREIGN KEY (composite_role_id) REFERENCES role(id),
    constraint automation_rule_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint automation_rule_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint automation_rule_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id),
    constraint automation_rule_single_role_id_fkey FOREIGN KEY (single_role_id) REFERENCES role(id),
    constraint automation_rule_decision_check CHECK ((decision = ANY (ARRAY[0, 1]))),
    constraint automation_rule_entity_type_check CHECK (((entity_type_id IS NOT NULL) = (type = ANY (ARRAY[4, 5])))),
    constraint automation_rule_hours_to_wait_check CHECK ((hours_to_wait >= '-1'::integer)),
    constraint automation_rule_one_target CHECK ((((composite_role_id IS NOT NULL) = (type = 0)) AND ((single_role_id IS NOT NULL) = (type = 1)) AND ((resource_type_id IS NOT NULL) = (type = 2)) AND ((category_id IS NOT NULL) = (type = 4)) AND ((policy_id IS NOT NULL) = (type = 5)))),
    constraint automation_rule_state_check CHECK ((workflow_state = ANY (ARRAY[1, 3, 5, 8, 9, 10, 11, 12, 13, 25, 27]))),
    constraint automation_rule_type_check CHECK ((type = ANY (ARRAY[0, 1, 2, 4, 5])))
);
comment on table automation_rule is 'Decisions that are taken in the place of reviewers (role-model 7).';
comment on column automation_rule.type is 'What it is about: 0 a composite role, 1 a single role, 2 a resource type, 4 a category, 5 a policy.';
comment on column automation_rule.hours_to_wait is 'Hours since the assignment came into the state; -1: never.';
comment on column automation_rule.decision is '0 approve, 1 decline.';

create table bulk_change (
    id bigint generated always as identity,
    kind text not null,
    decision text not null,
    comment text default ''::text not null,
    state text default 'QUEUED'::text not null,
    user_id bigint,
    actor text not null,
    again_id bigint,
    total integer not null,
    done integer default 0 not null,
    skipped integer default 0 not null,
    failed integer default 0 not null,
    failure text default ''::text not null,
    created_at timestamp with time zone not null,
    started_at timestamp with time zone,
    updated_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    about text default ''::text not null,
    payload jsonb default '{}'::jsonb not null,
    constraint bulk_change_pkey PRIMARY KEY (id),
    constraint bulk_change_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint bulk_change_counted CHECK ((((done + skipped) + failed) <= total)),
    constraint bulk_change_decision_check CHECK ((decision = ANY (ARRAY['USE_PROPOSED'::text, 'KEEP_CURRENT'::text, 'POSTPONE'::text, 'TAKE_UP_AGAIN'::text, 'AUTHORIZE'::text, 'AUTHORIZE_WITHOUT_OWNER'::text, 'DELETE_ACCOUNT'::text, 'KEEP_ROLE'::text, 'REMOVE_ROLE'::text, 'APPROVE'::text, 'DECLINE'::text, 'LEAVE_TO_RULES'::text, 'UNBLOCK'::text, 'CONFIRM'::text, 'REPORT_ERROR'::text, 'REQUEST'::text, 'SET_VALUE'::text, 'RESET'::text]))),
    constraint bulk_change_ended CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text])))),
    constraint bulk_change_kind_check CHECK ((kind = ANY (ARRAY['RECONCILE_RESOURCES'::text, 'RECONCILE_ROLES'::text, 'REVIEW_ROLES'::text, 'REDUNDANT_ASSIGNMENTS'::text, 'REVIEW_ORDERS'::text, 'UNBLOCK_ORDERS'::text, 'MANUAL_PROVISIONING'::text, 'ASSIGN_ENTITLEMENTS'::text, 'REMOVE_ENTITLEMENTS'::text, 'UPDATE_PROPERTY'::text, 'RESET_RECOGNITION'::text]))),
    constraint bulk_change_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'DONE'::text, 'DONE_WITH_ERRORS'::text, 'CANCELLED'::text])))
);
comment on table bulk_change is 'One decision about many, carried out by the server: one item after the other, each in a transaction of its own.';
comment on column bulk_change.user_id is 'Whose rights count: those of the account when it began, and again for each item.';
comment on column bulk_change.again_id is 'The bulk change whose failed items this one tries again.';
comment on column bulk_change.failure is 'Why it stopped before the end, when nobody stopped it.';
comment on column bulk_change.about is 'Name of the property that is set, or of the role that is asked for; empty: the kind has none.';
comment on column bulk_change.payload is 'What is set or asked for, of the kinds that are about people.';
CREATE INDEX bulk_change_by_state ON public.bulk_change USING btree (state, id);
CREATE INDEX bulk_change_by_user ON public.bulk_change USING btree (user_id, id);
CREATE INDEX bulk_change_open ON public.bulk_change USING btree (id) WHERE (ended_at IS NULL);

create table bulk_item (
    bulk_change_id bigint not null,
    subject_id bigint not null,
    name text default ''::text not null,
    about text default ''::text not null,
    seal text default ''::text not null,
    state text default 'TODO'::text not null,
    code text default ''::text not null,
    message text default ''::text not null,
    before_text text default ''::text not null,
    after_text text default ''::text not null,
    ended_at timestamp with time zone,
    constraint bulk_item_pkey PRIMARY KEY (bulk_change_id, subject_id),
    constraint bulk_item_bulk_change_id_fkey FOREIGN KEY (bulk_change_id) REFERENCES bulk_change(id) ON DELETE CASCADE,
    constraint bulk_item_ended CHECK (((ended_at IS NULL) = (state = 'TODO'::text))),
    constraint bulk_item_state_check CHECK ((state = ANY (ARRAY['TODO'::text, 'DONE'::text, 'SKIPPED'::text, 'FAILED'::text])))
);
comment on table bulk_item is 'One of those that a bulk change is about, frozen when it began. No foreign key: what is forgotten elsewhere takes nothing from it.';
comment on column bulk_item.subject_id is 'The difference, found role or order, by the kind of the bulk change.';
comment on column bulk_item.seal is 'What must still be so when its turn comes: else it is skipped.';
CREATE INDEX bulk_item_by_state ON public.bulk_item USING btree (bulk_change_id, state, subject_id);

create table category (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    description text default ''::text not null,
    policy_id bigint not null,
    parent_id bigint,
    version integer default 1 not null,
    is_collapsed boolean default false not null,
    constraint category_pkey PRIMARY KEY (id),
    constraint category_identifier_key UNIQUE (identifier),
    constraint category_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES category(id),
    constraint category_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id)
);
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.category FOR EACH STATEMENT EXECUTE FUNCTION request_rights_changed();

create table changed_resource (
    resource_id bigint not null,
    entity_type_id bigint not null,
    seq bigint default 1 not null,
    at timestamp with time zone not null,
    reverse_properties bigint[],
    computed bigint,
    constraint changed_resource_pkey PRIMARY KEY (resource_id)
);
comment on table changed_resource is 'Resources written since somebody looked: server/assignment turns them into dirty owners and fresh correlation keys, then removes them if seq is unchanged.';
comment on column changed_resource.reverse_properties is 'Null: the resource itself changed. Else only others began or ceased to point to it, through these properties.';
comment on column changed_resource.computed is 'Up to which seq the stored property expressions that read the resource were computed; null: not yet.';

create table computed_property (
    resource_type_id bigint not null,
    property_id bigint not null,
    constraint computed_property_pkey PRIMARY KEY (resource_type_id, property_id),
    constraint computed_property_property_id_fkey FOREIGN KEY (property_id) REFERENCES property(id) ON DELETE CASCADE,
    constraint computed_property_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id) ON DELETE CASCADE
);
comment on table computed_property is 'Properties of a resource type that rules compute, or computed once: what a rule brought is taken away after it is gone.';

create table connection (
    id bigint generated always as identity,
    connector_id bigint not null,
    identifier text not null,
    display_name text not null,
    package text not null,
    settings jsonb default '{}'::jsonb not null,
    secrets bytea,
    deactivated text default 'NONE'::text not null,
    poll_seconds integer default 1 not null,
    schema_snapshot jsonb,
    last_check_at timestamp with time zone,
    last_check_error text,
    last_token text,
    polled_at timestamp with time zone,
    pending_token text,
    retry_at timestamp with time zone,
    failures integer default 0 not null,
    version integer default 1 not null,
    constraint connection_pkey PRIMARY KEY (id),
    constraint connection_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES connector(id),
    constraint connection_deactivated_check CHECK ((deactivated = ANY (ARRAY['NONE'::text, 'EXPORT'::text, 'FULFIL'::text])))
);
comment on column connection.last_token is 'Token (fulfil.Watcher) of the data that was last synchronized or blocked; another one = read again.';
comment on column connection.pending_token is 'Token a read was already asked for; retry_at says when to ask again, failures counts reads that broke since the last good one.';
CREATE INDEX connection_by_connector ON public.connection USING btree (connector_id);
CREATE UNIQUE INDEX connection_identifier_unique ON public.connection USING btree (lower(identifier));

create table connector (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    mode text default 'continuous'::text not null,
    is_deactivated boolean default false not null,
    complete_job smallint default 0 not null,
    incremental_job smallint default 0 not null,
    maximum_inserted_lines integer default 100 not null,
    maximum_updated_lines integer default 100 not null,
    maximum_deleted_lines integer default 100 not null,
    max_percentage_inserted_lines integer default 5 not null,
    max_percentage_updated_lines integer default 5 not null,
    max_percentage_deleted_lines integer default 5 not null,
    maximum_link_inserted_lines integer default 1000 not null,
    maximum_link_deleted_lines integer default 1000 not null,
    max_link_percentage_inserted_lines integer default 5 not null,
    max_link_percentage_deleted_lines integer default 5 not null,
    last_synchronized_at timestamp with time zone,
    version integer default 1 not null,
    constraint connector_pkey PRIMARY KEY (id),
    constraint connector_identifier_key UNIQUE (identifier),
    constraint connector_complete_job_check CHECK (((complete_job >= 0) AND (complete_job <= 3))),
    constraint connector_incremental_job_check CHECK (((incremental_job >= 0) AND (incremental_job <= 3))),
    constraint connector_mode_check CHECK ((mode = ANY (ARRAY['continuous'::text, 'scheduled'::text])))
);

create table context (
    id bigint generated always as identity,
    owner_id bigint not null,
    context_rule_id bigint,
    record_id bigint,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    dimensions jsonb default '{}'::jsonb not null,
    rank integer default 0 not null,
    sections jsonb default '[]'::jsonb not null,
    constraint context_pkey PRIMARY KEY (id),
    constraint context_context_rule_id_fkey FOREIGN KEY (context_rule_id) REFERENCES context_rule(id),
    constraint context_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint context_record_id_fkey FOREIGN KEY (record_id) REFERENCES resource(id)
);
comment on column context.dimensions is 'Dimension identifier -> resource id.';
comment on column context.rank is 'Which of the contexts that count at the same time decides about a single value: the lowest.';
comment on column context.sections is 'What stands behind each record section: [{section, key, record, gap}].';
CREATE INDEX context_by_owner ON public.context USING btree (owner_id);

create table context_rule (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    policy_id bigint not null,
    entity_type_id bigint not null,
    resources_binding text,
    resources_start_binding text,
    resources_end_binding text,
    exclude_expression text,
    dimensions jsonb default '{}'::jsonb not null,
    version integer default 1 not null,
    min_identities_count integer default 0 not null,
    reduction_outlier_percentage double precision default 0 not null,
    risk_factor_type smallint default 0 not null,
    constraint context_rule_pkey PRIMARY KEY (id),
    constraint context_rule_entity_type_id_policy_id_key UNIQUE (entity_type_id, policy_id),
    constraint context_rule_identifier_key UNIQUE (identifier),
    constraint context_rule_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint context_rule_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint context_rule_least_check CHECK ((min_identities_count >= 0)),
    constraint context_rule_outlier_check CHECK (((reduction_outlier_percentage >= (0)::double precision) AND (reduction_outlier_percentage <= (100)::double precision))),
    constraint context_rule_risk_factor_type_check CHECK (((risk_factor_type >= 0) AND (risk_factor_type <= 2)))
);
comment on column context_rule.dimensions is 'Dimension identifier -> binding on the record entity type, e.g. {"Department": "Department"}.';
comment on column context_rule.min_identities_count is 'Mining: people whom a proposed rule must match.';
comment on column context_rule.reduction_outlier_percentage is 'Mining: share of the people whose rare values are no criterion.';
comment on column context_rule.risk_factor_type is 'How the levels of somebody''s risks make his score: 0 there is none, 1 the highest, 2 their mean (role-model 9.6).';

create table correlation_key (
    rule_id bigint not null,
    side character(1) not null,
    value text not null,
    resource_id bigint not null,
    digest bigint generated always as (hashtextextended(value, (0)::bigint)) stored not null,
    constraint correlation_key_pkey PRIMARY KEY (rule_id, side, digest, resource_id),
    constraint correlation_key_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id),
    constraint correlation_key_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES resource_type_rule(id) ON DELETE CASCADE,
    constraint correlation_key_side_check CHECK ((side = ANY (ARRAY['S'::bpchar, 'T'::bpchar])))
);
CREATE INDEX correlation_key_by_resource ON public.correlation_key USING btree (resource_id);

create table delegation (
    id bigint generated always as identity,
    delegator_id bigint,
    delegator text not null,
    deputy_id bigint,
    deputy text not null,
    kinds text[] not null,
    scope jsonb default '{}'::jsonb not null,
    start_date timestamp with time zone not null,
    end_date timestamp with time zone,
    reason text default ''::text not null,
    state text not null,
    created_by text not null,
    created_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    closed_by text,
    version integer default 1 not null,
    constraint delegation_pkey PRIMARY KEY (id),
    constraint delegation_delegator_id_fkey FOREIGN KEY (delegator_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint delegation_deputy_id_fkey FOREIGN KEY (deputy_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint delegation_bounded CHECK ((length(reason) <= 2000)),
    constraint delegation_closed CHECK ((((closed_at IS NULL) = (state = ANY (ARRAY['PLANNED'::text, 'ACTIVE'::text]))) AND ((closed_at IS NULL) = (closed_by IS NULL)))),
    constraint delegation_dates CHECK (((end_date IS NULL) OR (end_date > start_date))),
    constraint delegation_kinds CHECK (((cardinality(kinds) > 0) AND (kinds <@ ARRAY['APPROVALS'::text]))),
    constraint delegation_of_two CHECK (((lower(delegator) <> lower(deputy)) AND ((delegator_id IS NULL) OR (delegator_id IS DISTINCT FROM deputy_id)))),
    constraint delegation_state_check CHECK ((state = ANY (ARRAY['PLANNED'::text, 'ACTIVE'::text, 'ENDED'::text, 'REVOKED'::text, 'REFUSED'::text])))
);
comment on column delegation.delegator is 'User name of the one for whom is acted; stays when the account goes.';
comment on column delegation.deputy is 'User name of the one who acts; stays when the account goes.';
comment on column delegation.kinds is 'Which of the delegator''s work it covers.';
comment on column delegation.scope is 'Narrows that: entityTypes, roles, categories, policies, as lists of identifiers; a list that is not there does not narrow.';
comment on column delegation.end_date is 'First instant without it; null: none is known.';
comment on column delegation.state is 'What was told of it. Whether it is in force at an instant is said by the dates, as long as it is not closed.';
CREATE INDEX delegation_by_delegator ON public.delegation USING btree (delegator_id, id);
CREATE INDEX delegation_by_deputy ON public.delegation USING btree (deputy_id, id);
CREATE INDEX delegation_open ON public.delegation USING btree (id) WHERE (closed_at IS NULL);
CREATE TRIGGER delegation_stays BEFORE DELETE OR UPDATE ON public.delegation FOR EACH ROW EXECUTE FUNCTION delegation_stays();
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.delegation FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('delegation');

create table delegation_act (
    id bigint generated always as identity,
    delegation_id bigint not null,
    at timestamp with time zone not null,
    deputy text not null,
    kind text not null,
    action text not null,
    subject_type text not null,
    subject_id bigint not null,
    number text default ''::text not null,
    about text default ''::text not null,
    constraint delegation_act_pkey PRIMARY KEY (id),
    constraint delegation_act_delegation_id_fkey FOREIGN KEY (delegation_id) REFERENCES delegation(id)
);
comment on column delegation_act.deputy is 'User name of who acted.';
comment on column delegation_act.action is 'What was done, in the words of the machine of what it was done to.';
comment on column delegation_act.number is 'What people call it, such as RQ-17; empty: it has none.';
CREATE INDEX delegation_act_by_delegation ON public.delegation_act USING btree (delegation_id, id);
CREATE TRIGGER delegation_act_of_one_in_force BEFORE INSERT OR DELETE OR UPDATE ON public.delegation_act FOR EACH ROW EXECUTE FUNCTION delegation_act_of_one_in_force();

create table delegation_history (
    id bigint generated always as identity,
    delegation_id bigint not null,
    machine text default 'delegation'::text not null,
    at timestamp with time zone not null,
    actor text not null,
    action text not null,
    from_state text,
    to_state text,
    end_date timestamp with time zone,
    comment text default ''::text not null,
    constraint delegation_history_pkey PRIMARY KEY (id),
    constraint delegation_history_delegation_id_fkey FOREIGN KEY (delegation_id) REFERENCES delegation(id),
    constraint delegation_history_legal FOREIGN KEY (machine, from_state, to_state) REFERENCES legal_move(machine, from_state, to_state)
);
comment on column delegation_history.from_state is 'Null, like to_state, where the state stayed as it was, or the delegation is new.';
comment on column delegation_history.end_date is 'When it was to end after that.';
CREATE INDEX delegation_history_by_delegation ON public.delegation_history USING btree (delegation_id, id);

create table delivery (
    id bigint generated always as identity,
    guid uuid not null,
    connector_id bigint not null,
    mode text not null,
    state text not null,
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    task_instance_id bigint,
    counters jsonb default '{}'::jsonb not null,
    blocked jsonb,
    error text,
    constraint delivery_pkey PRIMARY KEY (id),
    constraint delivery_guid_key UNIQUE (guid),
    constraint delivery_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES connector(id),
    constraint delivery_mode_check CHECK ((mode = ANY (ARRAY['INITIAL'::text, 'COMPLETE'::text, 'INCREMENTAL'::text]))),
    constraint delivery_state_check CHECK ((state = ANY (ARRAY['EXPORTING'::text, 'PREPARED'::text, 'BLOCKED'::text, 'APPLIED'::text, 'DROPPED'::text, 'FAILED'::text])))
);
comment on column delivery.started_at is 'When the export began: Executed orders older than this may be verified by it (X1).';
CREATE INDEX delivery_by_connector ON public.delivery USING btree (connector_id, id);
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.delivery FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('delivery');

create table delivery_change (
    id bigint generated always as identity,
    delivery_id bigint not null,
    entity_type_id bigint not null,
    key text not null,
    command text not null,
    scalars jsonb,
    refs jsonb,
    old_scalars jsonb,
    old_refs jsonb,
    constraint delivery_change_pkey PRIMARY KEY (id),
    constraint delivery_change_delivery_id_entity_type_id_key_key UNIQUE (delivery_id, entity_type_id, key),
    constraint delivery_change_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id) ON DELETE CASCADE,
    constraint delivery_change_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint delivery_change_command_check CHECK ((command = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text])))
);
CREATE INDEX delivery_change_in_turn ON public.delivery_change USING btree (delivery_id, id);

create table delivery_rename (
    delivery_id bigint not null,
    resource_id bigint not null,
    entity_type_id bigint not null,
    old_key text not null,
    new_key text,
    constraint delivery_rename_pkey PRIMARY KEY (delivery_id, resource_id),
    constraint delivery_rename_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id) ON DELETE CASCADE,
    constraint delivery_rename_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint delivery_rename_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id)
);
comment on table delivery_rename is 'Targets that a delivery shows under a key that we gave them.';
comment on column delivery_rename.new_key is 'Null: we deleted it, and its key is another target''s now.';

create table delivery_row (
    n bigint default nextval('delivery_row_number'::regclass) not null,
    delivery_id bigint not null,
    entity_type_id bigint not null,
    key text not null,
    command text default 'MERGE'::text not null,
    scalars jsonb not null,
    refs jsonb not null,
    line bigint default 0 not null,
    constraint delivery_row_command_check CHECK ((command = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text, 'MERGE'::text])))
);
comment on table delivery_row is 'What a running synchronization has read, cleaned; emptied when the comparison is done. Unlogged: after a crash it is read again.';
CREATE INDEX delivery_row_by_key ON public.delivery_row USING btree (delivery_id, entity_type_id, key, n);

create table denied_association (
    owner_id bigint not null,
    target_id bigint not null,
    at timestamp with time zone not null,
    actor text not null,
    constraint denied_association_pkey PRIMARY KEY (owner_id, target_id),
    constraint denied_association_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint denied_association_target_id_fkey FOREIGN KEY (target_id) REFERENCES resource(id)
);

create table departure (
    id bigint generated always as identity,
    person_id bigint not null,
    state text not null,
    at timestamp with time zone not null,
    actor text not null,
    actor_id bigint,
    asked_by text,
    reason text not null,
    accounts integer not null,
    users bigint[] default '{}'::bigint[] not null,
    first_event bigint not null,
    returned_at timestamp with time zone,
    returned_by text,
    return_reason text,
    constraint departure_pkey PRIMARY KEY (id),
    constraint departure_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint departure_person_id_fkey FOREIGN KEY (person_id) REFERENCES resource(id),
    constraint departure_bounded CHECK ((((length(reason) >= 1) AND (length(reason) <= 4000)) AND (length(return_reason) <= 4000))),
    constraint departure_returned CHECK ((((state = 'RETURNED'::text) = (returned_at IS NOT NULL)) AND ((returned_at IS NULL) = (returned_by IS NULL)))),
    constraint departure_state_check CHECK ((state = ANY (ARRAY['WAITING'::text, 'DEPARTED'::text, 'RETURNED'::text, 'LAPSED'::text])))
);
comment on table departure is 'People who were made to leave at once (requests 12.8). While it is DEPARTED, every computation ends there what the person has.';
comment on column departure.state is 'WAITING: it wants a second person; DEPARTED: in force; RETURNED: taken back; LAPSED: no second person came.';
comment on column departure.at is 'Since when all that the person had is over; while it waits, when it was asked for.';
comment on column departure.actor is 'User name of whoever made him leave; of two people, the second.';
comment on column departure.asked_by is 'User name of the first of two people; null: one was enough.';
comment on column departure.accounts is 'How many accounts were shown to whoever confirmed it.';
comment on column departure.users is 'Accounts of Writ itself that it switched off: a return switches them on again.';
comment on column departure.first_event is 'Events about the person after this one belong to the departure.';
CREATE INDEX departure_by_person ON public.departure USING btree (person_id, id);
CREATE INDEX departure_by_time ON public.departure USING btree (at);
CREATE UNIQUE INDEX departure_once ON public.departure USING btree (person_id) WHERE (state = ANY (ARRAY['WAITING'::text, 'DEPARTED'::text]));
CREATE INDEX departure_waiting ON public.departure USING btree (at) WHERE (state = 'WAITING'::text);
CREATE TRIGGER departure_by_another BEFORE INSERT OR UPDATE OF state ON public.departure FOR EACH ROW WHEN ((new.state = ANY (ARRAY['WAITING'::text, 'DEPARTED'::text]))) EXECUTE FUNCTION departure_by_another();
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.departure FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('departure');

create table departure_item (
    id bigint generated always as identity,
    departure_id bigint not null,
    kind text not null,
    subject_id bigint,
    label text not null,
    constraint departure_item_pkey PRIMARY KEY (id),
    constraint departure_item_departure_id_fkey FOREIGN KEY (departure_id) REFERENCES departure(id) ON DELETE CASCADE,
    constraint departure_item_kind_check CHECK ((kind = ANY (ARRAY['ACCOUNT'::text, 'SIGN_IN'::text, 'SESSION'::text, 'KEY'::text, 'DELEGATION'::text, 'REQUEST'::text, 'APPROVAL'::text])))
);
comment on table departure_item is 'What beside accounts in systems a person had when he was made to leave: what became of it is read from where it is.';
CREATE INDEX departure_item_of ON public.departure_item USING btree (departure_id, id);

create table dimension (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    entity_type_id bigint not null,
    column_mapping integer not null,
    is_hierarchical boolean default false not null,
    parent_property text,
    is_excluded_from_role_mining boolean default false not null,
    constraint dimension_pkey PRIMARY KEY (id),
    constraint dimension_column_mapping_key UNIQUE (column_mapping),
    constraint dimension_identifier_key UNIQUE (identifier),
    constraint dimension_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint dimension_column_mapping_check CHECK (((column_mapping >= 0) AND (column_mapping <= 127)))
);
CREATE TRIGGER shape_changed AFTER INSERT OR DELETE OR UPDATE ON public.dimension FOR EACH STATEMENT EXECUTE FUNCTION shape_changed();

create table dimension_closure (
    dimension_id bigint not null,
    ancestor_id bigint not null,
    descendant_id bigint not null,
    depth integer not null,
    constraint dimension_closure_pkey PRIMARY KEY (dimension_id, ancestor_id, descendant_id),
    constraint dimension_closure_dimension_id_fkey FOREIGN KEY (dimension_id) REFERENCES dimension(id)
);
CREATE INDEX dimension_closure_by_descendant ON public.dimension_closure USING btree (dimension_id, descendant_id);

create table dirty_owner (
    owner_id bigint not null,
    entity_type_id bigint not null,
    seq bigint default 1 not null,
    since timestamp with time zone default now() not null,
    reason text default ''::text not null,
    failures integer default 0 not null,
    error text,
    not_before timestamp with time zone,
    is_gone boolean default false not null,
    constraint dirty_owner_pkey PRIMARY KEY (owner_id),
    constraint dirty_owner_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint dirty_owner_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id)
);
comment on table dirty_owner is 'Owners waiting for evaluation. Cleared only if seq is unchanged since loading (role-model 12.3).';
comment on column dirty_owner.failures is 'How often in a row its evaluation failed; error says why.';
comment on column dirty_owner.not_before is 'After a failure it waits this long, so that it holds nobody back; null or past: due. Any change of what it depends on makes it due at once.';
comment on column dirty_owner.is_gone is 'The owner is gone: computed after those who live and waited no longer, who may take its targets over.';
CREATE INDEX dirty_owner_by_type ON public.dirty_owner USING btree (entity_type_id, is_gone, since);
CREATE INDEX dirty_owner_failing ON public.dirty_owner USING btree (since, owner_id) WHERE (failures > 0);

create table entity_mapping (
    entity_type_id bigint not null,
    connection_id bigint not null,
    source_table text not null,
    maximum_inserted_lines integer default 0 not null,
    maximum_updated_lines integer default 0 not null,
    maximum_deleted_lines integer default 0 not null,
    max_percentage_inserted_lines integer default 0 not null,
    max_percentage_updated_lines integer default 0 not null,
    max_percentage_deleted_lines integer default 0 not null,
    maximum_rejected integer,
    constraint entity_mapping_pkey PRIMARY KEY (entity_type_id),
    constraint entity_mapping_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id),
    constraint entity_mapping_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint entity_mapping_maximum_rejected_check CHECK ((maximum_rejected >= 0))
);
comment on column entity_mapping.maximum_rejected is 'How many rows of one reading may be set aside; more refuse it. Null: ten, or one of a hundred when that is more.';
CREATE TRIGGER shape_changed AFTER INSERT OR DELETE OR UPDATE ON public.entity_mapping FOR EACH STATEMENT EXECUTE FUNCTION shape_changed();

create table entity_type (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    connector_id bigint,
    display_expression text,
    initialized_at timestamp with time zone,
    version integer default 1 not null,
    manager_binding text,
    constraint entity_type_pkey PRIMARY KEY (id),
    constraint entity_type_identifier_key UNIQUE (identifier),
    constraint entity_type_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES connector(id)
);
comment on column entity_type.display_expression is 'CEL over source.*; absent: first property whose identifier contains name (role-model 1.8).';
comment on column entity_type.initialized_at is 'When the first complete computation of its owners ended; continuous evaluation starts then.';
comment on column entity_type.manager_binding is 'Path of navigations from one of its resources to its manager; null: it has none.';
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.entity_type FOR EACH STATEMENT EXECUTE FUNCTION request_rights_changed();
CREATE TRIGGER shape_changed AFTER INSERT OR DELETE OR UPDATE ON public.entity_type FOR EACH STATEMENT EXECUTE FUNCTION shape_changed();

create table evaluation_fact (
    owner_id bigint not null,
    resource_id bigint not null,
    constraint evaluation_fact_pkey PRIMARY KEY (owner_id, resource_id),
    constraint evaluation_fact_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint evaluation_fact_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id)
);
comment on table evaluation_fact is 'Resources the last evaluation of an owner read, however many steps away: when one changes, its owners become dirty.';
CREATE INDEX evaluation_fact_by_resource ON public.evaluation_fact USING btree (resource_id);

create table event (
    id bigint generated always as identity,
    at timestamp with time zone not null,
    kind text not null,
    actor text not null,
    subject_type text not null,
    subject_id bigint,
    source_entity_type text,
    owner_id bigint,
    data jsonb default '{}'::jsonb not null,
    constraint event_pkey PRIMARY KEY (id)
);
comment on table event is 'Something that happened. Append only. Read by subscriptions, webhooks and audit in the order of event_chain.position.';
CREATE INDEX event_by_actor ON public.event USING btree (actor, id);
CREATE INDEX event_by_kind ON public.event USING btree (kind, id);
CREATE INDEX event_by_subject ON public.event USING btree (subject_type, subject_id, id);
CREATE TRIGGER event_append_only BEFORE DELETE OR UPDATE ON public.event FOR EACH ROW EXECUTE FUNCTION event_append_only();
CREATE TRIGGER event_not_emptied BEFORE TRUNCATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION event_append_only();

create table event_appender (
    is_only boolean default true not null,
    holder text default ''::text not null,
    lease_until timestamp with time zone default '-infinity'::timestamp with time zone not null,
    settled bigint default 0 not null,
    constraint event_appender_pkey PRIMARY KEY (is_only),
    constraint event_appender_is_one CHECK (is_only)
);
comment on table event_appender is 'One row: the process that gives events their position, and until when.';
comment on column event_appender.settled is 'Every event up to this id has its position; those that have none were rolled back.';

create table event_chain (
    "position" bigint not null,
    event_id bigint not null,
    hash bytea not null,
    constraint event_chain_pkey PRIMARY KEY ("position"),
    constraint event_chain_event_id_key UNIQUE (event_id),
    constraint event_chain_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(id)
);
comment on table event_chain is 'The position of each event and a hash over it and the one before it, written by one appender; `writ verify` recomputes it.';
CREATE TRIGGER event_append_only BEFORE DELETE OR UPDATE ON public.event_chain FOR EACH ROW EXECUTE FUNCTION event_append_only();
CREATE TRIGGER event_not_emptied BEFORE TRUNCATE ON public.event_chain FOR EACH STATEMENT EXECUTE FUNCTION event_append_only();

create table event_checkpoint (
    "position" bigint not null,
    hash bytea not null,
    at timestamp with time zone not null,
    public_key bytea not null,
    signature bytea not null,
    constraint event_checkpoint_pkey PRIMARY KEY ("position")
);
comment on table event_checkpoint is 'Signed now and then: at that position the chain had that hash. A chain that was cut off or written anew does not fit.';
CREATE TRIGGER event_append_only BEFORE DELETE OR UPDATE ON public.event_checkpoint FOR EACH ROW EXECUTE FUNCTION event_append_only();
CREATE TRIGGER event_not_emptied BEFORE TRUNCATE ON public.event_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION event_append_only();

create table federated_identity (
    id bigint generated always as identity,
    provider_id bigint not null,
    issuer text not null,
    subject text not null,
    user_id bigint not null,
    linked_at timestamp with time zone not null,
    last_used_at timestamp with time zone not null,
    constraint federated_identity_pkey PRIMARY KEY (id),
    constraint federated_identity_one_account UNIQUE (provider_id, issuer, user_id),
    constraint federated_identity_unique UNIQUE (provider_id, issuer, subject),
    constraint federated_identity_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES identity_provider(id) ON DELETE CASCADE,
    constraint federated_identity_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE CASCADE
);
comment on table federated_identity is 'Who is who: an account here, and a subject there. A provider that changes its issuer is another one: its subjects are other people.';
CREATE INDEX federated_identity_of_user ON public.federated_identity USING btree (user_id);

create table fence (
    is_only boolean default true not null,
    since timestamp with time zone not null,
    reason text not null,
    constraint fence_pkey PRIMARY KEY (is_only),
    constraint fence_is_one CHECK (is_only)
);
comment on table fence is 'While there is a row, nothing leaves for target systems, webhooks or mail.';

create table gap (
    id bigint generated always as identity,
    assigned_resource_type_id bigint not null,
    property text,
    value_id bigint,
    workflow_state smallint not null,
    current_value text,
    proposed_value text,
    found_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    resource_type_id bigint not null,
    version integer default 1 not null,
    postponed_at timestamp with time zone,
    postponed_by text,
    decision text,
    decided_by text,
    decided_at timestamp with time zone,
    comment text default ''::text not null,
    shape text generated always as (
CASE
    WHEN (value_id IS NULL) THEN ((value_shape(current_value) || ' > '::text) || value_shape(proposed_value))
    ELSE ('#'::text || (value_id)::text)
END) stored not null,
    found_roles bigint[] default '{}'::bigint[] not null,
    constraint gap_pkey PRIMARY KEY (id),
    constraint gap_assigned_resource_type_id_fkey FOREIGN KEY (assigned_resource_type_id) REFERENCES assigned_resource_type(id),
    constraint gap_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id),
    constraint gap_value_id_fkey FOREIGN KEY (value_id) REFERENCES resource(id),
    constraint gap_decided_is_closed CHECK (((decided_at IS NULL) OR ((closed_at IS NOT NULL) AND (decision IS NOT NULL) AND (decided_by IS NOT NULL)))),
    constraint gap_decision_known CHECK ((decision = ANY (ARRAY['USE_PROPOSED'::text, 'KEEP_CURRENT'::text, 'POSTPONE'::text, 'TAKE_UP_AGAIN'::text, 'AUTHORIZE'::text, 'AUTHORIZE_WITHOUT_OWNER'::text, 'DELETE_ACCOUNT'::text, 'KEEP_ROLE'::text, 'REMOVE_ROLE'::text]))),
    constraint gap_workflow_state_check CHECK ((workflow_state = ANY (ARRAY[1, 3, 24])))
);
comment on table gap is 'A difference nobody asked for, waiting on reconciliation (spec 1.6).';
comment on column gap.resource_type_id is 'That of its assigned resource type, which never changes: lists are found by it.';
comment on column gap.version is 'Counts what changed in it: a decision that was made on older content is refused.';
comment on column gap.postponed_at is 'Somebody put it off: it is not listed, and nothing happens to it by itself, until he takes it up again.';
comment on column gap.shape is 'What both values look like, or which resource it is about: differences of one shape have one cause.';
comment on column gap.found_roles is 'The roles of the same owner that were read from this value, by id: deciding about it decides about them.';
CREATE UNIQUE INDEX gap_one_open ON public.gap USING btree (assigned_resource_type_id, COALESCE(property, ''::text), COALESCE(value_id, (0)::bigint)) WHERE (closed_at IS NULL);
CREATE INDEX gap_open ON public.gap USING btree (id) WHERE (closed_at IS NULL);
CREATE INDEX gap_open_by_type ON public.gap USING btree (resource_type_id, property, id) WHERE (closed_at IS NULL);
CREATE TRIGGER gap_has_type BEFORE INSERT ON public.gap FOR EACH ROW EXECUTE FUNCTION gap_has_type();
CREATE TRIGGER gap_not_own AFTER UPDATE ON public.gap REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION gap_not_own();

create table generation (
    id bigint generated always as identity,
    at timestamp with time zone not null,
    job_instance_id bigint,
    resource_type_ids bigint[] not null,
    is_forced boolean default false not null,
    blocked jsonb,
    counts jsonb default '{}'::jsonb not null,
    constraint generation_pkey PRIMARY KEY (id)
);
comment on table generation is 'One order generation; blocked tells which threshold stopped it (then nothing was published).';
CREATE INDEX generation_recent ON public.generation USING btree (at);

create table identified_risk (
    id bigint generated always as identity,
    owner_id bigint not null,
    risk_id bigint not null,
    rule text not null,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    contributors jsonb default '[]'::jsonb not null,
    detected_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    attached_at timestamp with time zone,
    attached_by text,
    attached_reason text,
    constraint identified_risk_pkey PRIMARY KEY (id),
    constraint identified_risk_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint identified_risk_attached CHECK ((((attached_at IS NULL) = (attached_by IS NULL)) AND ((attached_at IS NULL) = (attached_reason IS NULL)))),
    constraint identified_risk_found CHECK (((rule <> ''::text) OR (attached_at IS NOT NULL)))
);
comment on table identified_risk is 'Risks that people have, or had (role-model 9.3).';
comment on column identified_risk.risk_id is 'Of risk; no reference: what was found of a risk that is deleted goes when its owner is computed, or scores are.';
comment on column identified_risk.rule is 'Identifier of the rule that holds; empty: none does, a person attached the risk.';
comment on column identified_risk.start_date is 'When it holds; null: since ever.';
comment on column identified_risk.contributors is 'What makes each item of the rule hold: evaluation.Contributor.';
comment on column identified_risk.attached_at is 'Since when it is attached by hand; null: it is not.';
comment on column identified_risk.attached_by is 'By whom: the name of an actor.';
comment on column identified_risk.attached_reason is 'Why.';
CREATE INDEX identified_risk_closed_idx ON public.identified_risk USING btree (closed_at) WHERE (closed_at IS NOT NULL);
CREATE UNIQUE INDEX identified_risk_once ON public.identified_risk USING btree (owner_id, risk_id) WHERE (closed_at IS NULL);
CREATE INDEX identified_risk_open_idx ON public.identified_risk USING btree (id) WHERE (closed_at IS NULL);
CREATE INDEX identified_risk_risk_idx ON public.identified_risk USING btree (risk_id, id) WHERE (closed_at IS NULL);

create table identity_provider (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    issuer text not null,
    client_id text not null,
    client_secret bytea,
    scopes text[] not null,
    username_claim text not null,
    person_claim text default ''::text not null,
    person_entity_type_id bigint,
    person_property_id bigint,
    groups_claim text default ''::text not null,
    profile_days integer not null,
    creates_accounts boolean not null,
    is_disabled boolean not null,
    version integer default 1 not null,
    constraint identity_provider_pkey PRIMARY KEY (id),
    constraint identity_provider_identifier_key UNIQUE (identifier),
    constraint identity_provider_person_entity_type_id_fkey FOREIGN KEY (person_entity_type_id) REFERENCES entity_type(id),
    constraint identity_provider_person_property_id_fkey FOREIGN KEY (person_property_id) REFERENCES property(id),
    constraint identity_provider_person CHECK ((((person_claim <> ''::text) = (person_property_id IS NOT NULL)) AND ((person_property_id IS NULL) = (person_entity_type_id IS NULL)))),
    constraint identity_provider_profile_days CHECK (((profile_days >= 1) AND (profile_days <= 366)))
);
comment on table identity_provider is 'An OpenID provider through which people sign in.';
comment on column identity_provider.client_secret is 'Sealed; null: a public client.';
comment on column identity_provider.profile_days is 'How long profiles that its groups give last after a sign-in.';
CREATE TRIGGER identity_provider_ends_sessions AFTER UPDATE OF issuer, client_id, is_disabled ON public.identity_provider FOR EACH ROW WHEN (((old.issuer IS DISTINCT FROM new.issuer) OR (old.client_id IS DISTINCT FROM new.client_id) OR (new.is_disabled AND (NOT old.is_disabled)))) EXECUTE FUNCTION end_sessions_of_provider();

create table identity_provider_profile (
    provider_id bigint not null,
    ordinal integer not null,
    group_name text not null,
    profile_id bigint not null,
    constraint identity_provider_profile_pkey PRIMARY KEY (provider_id, ordinal),
    constraint identity_provider_profile_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profile(id),
    constraint identity_provider_profile_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES identity_provider(id) ON DELETE CASCADE
);
comment on table identity_provider_profile is 'Which profile a group of the provider gives; * is everybody who comes in through it.';
CREATE INDEX identity_provider_profile_by_profile ON public.identity_provider_profile USING btree (profile_id);

create table indirect_resource_rule (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    resource_type_id bigint not null,
    property text not null,
    correspondence text default ''::text not null,
    correspondence_membership_property text default ''::text not null,
    entitlement text default ''::text not null,
    version integer default 1 not null,
    constraint indirect_resource_rule_pkey PRIMARY KEY (id),
    constraint indirect_resource_rule_identifier_key UNIQUE (identifier),
    constraint indirect_resource_rule_resource_type_and_property_key UNIQUE (resource_type_id, property),
    constraint indirect_resource_rule_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id),
    constraint indirect_resource_rule_entitlement_needs_other_system CHECK (((entitlement = ''::text) OR (correspondence <> ''::text))),
    constraint indirect_resource_rule_other_system CHECK (((correspondence = ''::text) = (correspondence_membership_property = ''::text)))
);
comment on table indirect_resource_rule is 'What accounts have through what they are members of (role-model 6).';
comment on column indirect_resource_rule.property is 'Membership navigation, of the account and of what it points to.';
comment on column indirect_resource_rule.correspondence is 'Navigation from a permission to its twin in another system; empty: none.';
comment on column indirect_resource_rule.correspondence_membership_property is 'Membership navigation of the twins.';
comment on column indirect_resource_rule.entitlement is 'Navigation from a twin to what it grants; empty: being its member is what counts.';

create table indirect_right (
    id bigint generated always as identity,
    owner_id bigint not null,
    rule text not null,
    resource_type_id bigint,
    property text,
    value_id bigint,
    role_id bigint,
    account_id bigint,
    path bigint[] default '{}'::bigint[] not null,
    steps integer default 0 not null,
    singles bigint[] default '{}'::bigint[] not null,
    found_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    constraint indirect_right_pkey PRIMARY KEY (id),
    constraint indirect_right_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint indirect_right_value_or_role CHECK ((((role_id IS NULL) = (property IS NOT NULL)) AND ((property IS NULL) = (resource_type_id IS NULL)) AND ((property IS NULL) OR (value_id IS NOT NULL))))
);
comment on table indirect_right is 'What people have, or had, through the things they are members of (role-model 6).';
comment on column indirect_right.rule is 'Identifier of the indirect resource rule; of a composite role empty. No reference: what a deleted rule found goes with the next complete computation.';
comment on column indirect_right.value_id is 'What is had; of a single role what it was read from.';
comment on column indirect_right.account_id is 'Where the way begins; null: of a composite role.';
comment on column indirect_right.path is 'The way from what the account has itself to the value; of a long one the first and the last 25.';
comment on column indirect_right.steps is 'How many the way has.';
comment on column indirect_right.singles is 'Of a composite role the single roles that it was read from.';
CREATE INDEX indirect_right_closed_idx ON public.indirect_right USING btree (closed_at) WHERE (closed_at IS NOT NULL);
CREATE INDEX indirect_right_owner_idx ON public.indirect_right USING btree (owner_id);
CREATE UNIQUE INDEX indirect_right_role_once ON public.indirect_right USING btree (owner_id, role_id) WHERE ((closed_at IS NULL) AND (role_id IS NOT NULL));
CREATE UNIQUE INDEX indirect_right_value_once ON public.indirect_right USING btree (owner_id, resource_type_id, property, value_id) WHERE ((closed_at IS NULL) AND (role_id IS NULL));

create table job (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    cron text,
    cron_time_zone text default 'UTC'::text not null,
    is_incremental boolean default false not null,
    user_start_denied boolean default false not null,
    schedule_enabled boolean default true not null,
    next_run_at timestamp with time zone,
    version integer default 1 not null,
    needs_second_person boolean default false not null,
    constraint job_pkey PRIMARY KEY (id),
    constraint job_identifier_key UNIQUE (identifier)
);
CREATE INDEX job_due ON public.job USING btree (next_run_at) WHERE (schedule_enabled AND (cron IS NOT NULL));
CREATE TRIGGER job_schedule_changed BEFORE UPDATE ON public.job FOR EACH ROW EXECUTE FUNCTION job_schedule_changed();

create table job_instance (
    id bigint generated always as identity,
    job_id bigint not null,
    state text not null,
    launched_by text not null,
    parent_id bigint,
    cancel_requested boolean default false not null,
    is_repair boolean default false not null,
    progress double precision default 0 not null,
    created_at timestamp with time zone not null,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    needs_second_person boolean default false not null,
    resumed_by text,
    constraint job_instance_pkey PRIMARY KEY (id),
    constraint job_instance_job_id_fkey FOREIGN KEY (job_id) REFERENCES job(id),
    constraint job_instance_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES job_instance(id),
    constraint job_instance_ended_iff_final CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['COMPLETED'::text, 'WARNING'::text, 'ERRORED'::text, 'CANCELLED'::text, 'ABORTED'::text])))),
    constraint job_instance_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'IN_PROGRESS'::text, 'COMPLETED'::text, 'WARNING'::text, 'ERRORED'::text, 'BLOCKED'::text, 'CANCELLED'::text, 'ABORTED'::text])))
);
comment on column job_instance.is_repair is 'It was resumed after a block: its mails go to the holders of Repair instead of Launch.';
comment on column job_instance.needs_second_person is 'What its job wanted when it was launched: changing the job afterwards changes nothing about it.';
comment on column job_instance.resumed_by is 'Username of who resumed it last over a limit; null: nobody did.';
CREATE INDEX job_instance_blocked ON public.job_instance USING btree (job_id) WHERE (state = 'BLOCKED'::text);
CREATE INDEX job_instance_by_launcher ON public.job_instance USING btree (launched_by, id);
CREATE INDEX job_instance_by_state ON public.job_instance USING btree (state, id);
CREATE UNIQUE INDEX job_instance_one_running ON public.job_instance USING btree (job_id) WHERE (state = ANY (ARRAY['QUEUED'::text, 'IN_PROGRESS'::text]));
CREATE INDEX job_instance_recent ON public.job_instance USING btree (job_id, id);
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.job_instance FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('job_instance');
CREATE TRIGGER second_person BEFORE UPDATE OF state ON public.job_instance FOR EACH ROW WHEN (((old.state = 'BLOCKED'::text) AND (new.state = 'IN_PROGRESS'::text))) EXECUTE FUNCTION job_instance_second_person();

create table job_step (
    id bigint generated always as identity,
    job_id bigint not null,
    identifier text not null,
    display_name text not null,
    task_type text not null,
    level integer default '-1'::integer not null,
    "position" integer not null,
    options jsonb default '{}'::jsonb not null,
    depends_on text[] default '{}'::text[] not null,
    constraint job_step_pkey PRIMARY KEY (id),
    constraint job_step_job_id_identifier_key UNIQUE (job_id, identifier),
    constraint job_step_job_id_fkey FOREIGN KEY (job_id) REFERENCES job(id) ON DELETE CASCADE
);

create table kept_value (
    id bigint generated always as identity,
    assigned_resource_type_id bigint not null,
    property text not null,
    value_id bigint,
    workflow_state smallint not null,
    kept_value text,
    kept_against text,
    actor text not null,
    comment text default ''::text not null,
    at timestamp with time zone not null,
    closed_at timestamp with time zone,
    constraint kept_value_pkey PRIMARY KEY (id),
    constraint kept_value_assigned_resource_type_id_fkey FOREIGN KEY (assigned_resource_type_id) REFERENCES assigned_resource_type(id),
    constraint kept_value_value_id_fkey FOREIGN KEY (value_id) REFERENCES resource(id),
    constraint kept_value_workflow_state_check CHECK ((workflow_state = ANY (ARRAY[16, 17, 18, 24])))
);
comment on table kept_value is 'A value a person decided to keep (16, 24), declined (17), or gave up for what was computed then (18).';
CREATE UNIQUE INDEX kept_value_one_open ON public.kept_value USING btree (assigned_resource_type_id, property, COALESCE(value_id, (0)::bigint)) WHERE (closed_at IS NULL);

create table key_fault (
    id bigint generated always as identity,
    resource_id bigint not null,
    side character(1) not null,
    rule_id bigint,
    message text not null,
    found_at timestamp with time zone not null,
    constraint key_fault_pkey PRIMARY KEY (id),
    constraint key_fault_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id) ON DELETE CASCADE,
    constraint key_fault_rule_id_fkey FOREIGN KEY (rule_id) REFERENCES resource_type_rule(id) ON DELETE CASCADE,
    constraint key_fault_side_check CHECK ((side = ANY (ARRAY['S'::bpchar, 'T'::bpchar])))
);
comment on table key_fault is 'Resources of which no correlation key can be made, and why: they are not matched, and hold up nobody else. rule_id null: the keys of all rules were refused.';
CREATE INDEX key_fault_by_age ON public.key_fault USING btree (found_at, id);
CREATE INDEX key_fault_by_rule ON public.key_fault USING btree (rule_id);
CREATE UNIQUE INDEX key_fault_once ON public.key_fault USING btree (resource_id, side, COALESCE(rule_id, (0)::bigint));

create table legal_move (
    machine text not null,
    from_state text not null,
    to_state text not null,
    constraint legal_move_pkey PRIMARY KEY (machine, from_state, to_state)
);
comment on table legal_move is 'Legal moves by machine, kept equal to the tables in the state.go files by tests. A move that leaves the state as it is needs no row.';

create table local_user (
    id bigint generated always as identity,
    username text not null,
    display_name text not null,
    password_hash text not null,
    email text default ''::text not null,
    resource_id bigint,
    resource_entity_type_id bigint,
    resource_key text,
    is_demo boolean default false not null,
    is_disabled boolean default false not null,
    is_client boolean default false not null,
    scopes text[],
    client_until timestamp with time zone,
    constraint local_user_pkey PRIMARY KEY (id),
    constraint local_user_resource_entity_type_id_fkey FOREIGN KEY (resource_entity_type_id) REFERENCES entity_type(id),
    constraint local_user_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id),
    constraint local_user_client_end CHECK ((is_client OR (client_until IS NULL))),
    constraint local_user_client_is_nobody CHECK (((NOT is_client) OR ((password_hash = ''::text) AND (resource_entity_type_id IS NULL) AND (resource_key IS NULL)))),
    constraint local_user_client_scopes CHECK ((is_client = (scopes IS NOT NULL))),
    constraint local_user_scopes_not_empty CHECK ((cardinality(scopes) > 0))
);
comment on column local_user.is_client is 'An API client: a program with rights of its own. It has no password and is nobody of the directory.';
comment on column local_user.scopes is 'Permission paths that the rights of a client are cut to; null: a person''s account.';
comment on column local_user.client_until is 'From when on a client may not come in any more; null: no end.';
CREATE INDEX local_user_by_resource ON public.local_user USING btree (resource_id);
CREATE INDEX local_user_clients ON public.local_user USING btree (username, id) WHERE is_client;
CREATE INDEX local_user_in_turn ON public.local_user USING btree (username);
CREATE UNIQUE INDEX local_user_name_unique ON public.local_user USING btree (lower(username));
CREATE TRIGGER departed_cannot_sign_in BEFORE INSERT OR UPDATE OF is_disabled, resource_id ON public.local_user FOR EACH ROW EXECUTE FUNCTION departed_cannot_sign_in();
CREATE TRIGGER local_user_ends_sessions AFTER UPDATE OF password_hash, is_disabled ON public.local_user FOR EACH ROW WHEN (((old.password_hash IS DISTINCT FROM new.password_hash) OR (new.is_disabled AND (NOT old.is_disabled)))) EXECUTE FUNCTION end_sessions_of_user();
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.local_user FOR EACH ROW EXECUTE FUNCTION request_rights_changed();

create table mail (
    id bigint generated always as identity,
    template text not null,
    recipient text not null,
    dedupe_key text not null,
    subject text not null,
    text_body text not null,
    html_body text not null,
    state text not null,
    attempts integer default 0 not null,
    error text,
    created_at timestamp with time zone not null,
    sent_at timestamp with time zone,
    constraint mail_pkey PRIMARY KEY (id),
    constraint mail_dedupe_key_key UNIQUE (dedupe_key),
    constraint mail_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'SENT'::text, 'FAILED'::text, 'DROPPED'::text])))
);
CREATE INDEX mail_by_recipient ON public.mail USING btree (lower(recipient), id);
CREATE INDEX mail_by_state ON public.mail USING btree (state, id);
CREATE INDEX mail_by_template ON public.mail USING btree (template, id);
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.mail FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('mail');

create table mining_person (
    id bigint generated always as identity,
    mining_result_id bigint not null,
    owner_id bigint not null,
    would_be_given boolean not null,
    constraint mining_person_pkey PRIMARY KEY (id),
    constraint mining_person_owner_key UNIQUE (mining_result_id, owner_id),
    constraint mining_person_mining_result_id_fkey FOREIGN KEY (mining_result_id) REFERENCES mining_result(id) ON DELETE CASCADE,
    constraint mining_person_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id)
);
comment on table mining_person is 'Who would be given a role that he does not hold, or holds one that stays unexplained.';

create table mining_result (
    id bigint generated always as identity,
    mining_run_id bigint not null,
    role_id bigint not null,
    mining_rule_id bigint,
    rule_policy_id bigint not null,
    rule_type smallint not null,
    people integer not null,
    holders integer not null,
    rightly integer not null,
    wrongly integer not null,
    unexplained integer not null,
    refused text,
    is_cut boolean default false not null,
    proposals jsonb default '[]'::jsonb not null,
    held bytea,
    constraint mining_result_pkey PRIMARY KEY (id),
    constraint mining_result_role_key UNIQUE (mining_run_id, role_id),
    constraint mining_result_mining_rule_id_fkey FOREIGN KEY (mining_rule_id) REFERENCES mining_rule(id) ON DELETE SET NULL,
    constraint mining_result_mining_run_id_fkey FOREIGN KEY (mining_run_id) REFERENCES mining_run(id) ON DELETE CASCADE,
    constraint mining_result_role_id_fkey FOREIGN KEY (role_id) REFERENCES role(id) ON DELETE CASCADE,
    constraint mining_result_rule_policy_id_fkey FOREIGN KEY (rule_policy_id) REFERENCES policy(id) ON DELETE CASCADE,
    constraint mining_result_refused_check CHECK ((refused = ANY (ARRAY['NO_HOLDERS'::text, 'FALSE_POSITIVE'::text, 'PRECISION'::text])))
);
comment on table mining_result is 'What became of one role: people, holders, and what its proposed rules do together.';
comment on column mining_result.proposals is '[{criteria: {dimension: {id, key, label, inherit}}, matched, rightly, fresh}]; none: refused says why.';
comment on column mining_result.held is 'Ids of the people with a context who held the role, ascending, as varints of the differences; null: the run is older than the column.';
CREATE INDEX mining_result_by_explained ON public.mining_result USING btree (mining_run_id, rightly DESC, id DESC);
CREATE INDEX mining_result_by_role ON public.mining_result USING btree (role_id);

create table mining_rule (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    policy_id bigint not null,
    rule_policy_id bigint not null,
    entity_type_id bigint not null,
    category_id bigint,
    include_no_validation boolean default true not null,
    include_simple_validation boolean default true not null,
    include_double_validation boolean default true not null,
    include_triple_validation boolean default true not null,
    exclude_role boolean default false not null,
    rule_type smallint default 0 not null,
    precision_min_percentage double precision default 100 not null,
    false_positive_max_percentage double precision default 0 not null,
    priority integer default 0 not null,
    version integer default 1 not null,
    constraint mining_rule_pkey PRIMARY KEY (id),
    constraint mining_rule_identifier_key UNIQUE (identifier),
    constraint mining_rule_category_id_fkey FOREIGN KEY (category_id) REFERENCES category(id),
    constraint mining_rule_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint mining_rule_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint mining_rule_rule_policy_id_fkey FOREIGN KEY (rule_policy_id) REFERENCES policy(id),
    constraint mining_rule_false_positive_check CHECK (((false_positive_max_percentage >= (0)::double precision) AND (false_positive_max_percentage <= (100)::double precision))),
    constraint mining_rule_precision_check CHECK (((precision_min_percentage >= (0)::double precision) AND (precision_min_percentage <= (100)::double precision))),
    constraint mining_rule_type_check CHECK (((rule_type >= 0) AND (rule_type <= 2)))
);
comment on table mining_rule is 'Which roles mining explains by rules, and how well (role-model 8.2). The highest priority comes first.';
comment on column mining_rule.rule_policy_id is 'The policy of the rules that are proposed.';

create table mining_run (
    id bigint generated always as identity,
    state text default 'QUEUED'::text not null,
    actor text not null,
    rules text[] default '{}'::text[] not null,
    error text default ''::text not null,
    people integer default 0 not null,
    assignments integer default 0 not null,
    roles_total integer default 0 not null,
    roles_done integer default 0 not null,
    taken_by uuid,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    constraint mining_run_pkey PRIMARY KEY (id),
    constraint mining_run_ended CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['QUEUED'::text, 'IN_PROGRESS'::text])))),
    constraint mining_run_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'IN_PROGRESS'::text, 'COMPLETED'::text, 'FAILED'::text, 'CANCELLED'::text])))
);
comment on table mining_run is 'One look for rules. taken_by is the worker that has it in hand, updated_at its last sign of life.';
comment on column mining_run.rules is 'Identifiers of the mining rules that were asked for; none: all.';
comment on column mining_run.people is 'People with a context; assignments: the roles they hold that were looked at.';
CREATE UNIQUE INDEX mining_run_one_at_a_time ON public.mining_run USING btree ((true)) WHERE (ended_at IS NULL);

create table model_object (
    kind text not null,
    object text not null,
    from_version bigint not null,
    to_version bigint,
    body jsonb not null,
    constraint model_object_pkey PRIMARY KEY (kind, object, from_version),
    constraint model_object_from_version_fkey FOREIGN KEY (from_version) REFERENCES model_version(version),
    constraint model_object_to_version_fkey FOREIGN KEY (to_version) REFERENCES model_version(version),
    constraint model_object_versions CHECK ((to_version > from_version))
);
comment on table model_object is 'The objects of the role model by version: kind is their table, object their key in it.';
comment on column model_object.to_version is 'The version in which it was changed or taken out; null: it still is so.';
CREATE INDEX model_object_ended ON public.model_object USING btree (to_version) WHERE (to_version IS NOT NULL);
CREATE UNIQUE INDEX model_object_one_open ON public.model_object USING btree (kind, object) WHERE (to_version IS NULL);

create table model_version (
    version bigint generated always as identity,
    at timestamp with time zone not null,
    actor text not null,
    fingerprint bytea not null,
    constraint model_version_pkey PRIMARY KEY (version)
);
comment on table model_version is 'One row per saved change of the configuration; evaluation compiles the newest once.';

create table order_attempt (
    id bigint generated always as identity,
    order_id bigint not null,
    attempt integer not null,
    idempotency_key uuid not null,
    worker text not null,
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    outcome text,
    message text,
    payload jsonb,
    constraint order_attempt_pkey PRIMARY KEY (id),
    constraint order_attempt_order_id_attempt_key UNIQUE (order_id, attempt),
    constraint order_attempt_order_id_fkey FOREIGN KEY (order_id) REFERENCES provisioning_order(id),
    constraint order_attempt_outcome_check CHECK ((outcome = ANY (ARRAY['DONE'::text, 'ALREADY_SO'::text, 'OPENED'::text, 'NOT_FOUND'::text, 'CONFLICT'::text, 'REFUSED'::text, 'UNREACHABLE'::text, 'THROTTLED'::text, 'UNKNOWN'::text, 'CONFIRMED'::text, 'OPERATOR'::text, 'EXPIRED'::text, 'NOT_SENT'::text, 'WITHDRAWN'::text, 'VERIFIED_WITHOUT_FEEDBACK'::text])))
);
CREATE INDEX order_attempt_by_key ON public.order_attempt USING btree (idempotency_key);

create table order_key (
    order_id bigint not null,
    line_id bigint not null,
    key uuid not null,
    is_freed boolean not null,
    constraint order_key_pkey PRIMARY KEY (order_id, line_id, key, is_freed),
    constraint order_key_line_id_fkey FOREIGN KEY (line_id) REFERENCES order_line(id),
    constraint order_key_order_id_fkey FOREIGN KEY (order_id) REFERENCES provisioning_order(id)
);
comment on table order_key is 'Keys of managed systems that a line of an order takes, or gives up (is_freed). Of orders that create, rename or delete only.';
comment on column order_key.key is 'Hash of system, table, column and value without regard to case: of one length, however long the value.';
CREATE INDEX order_key_by_key ON public.order_key USING btree (key);

create table order_line (
    id bigint generated always as identity,
    order_id bigint not null,
    property text,
    action text not null,
    value_id bigint,
    current_value text,
    proposed_value text,
    approved_value text,
    state smallint not null,
    workflow_state smallint not null,
    previous_state smallint,
    review_required boolean default false not null,
    is_mapped boolean default true not null,
    rule_ids bigint[] default '{}'::bigint[] not null,
    confidence integer,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    wait_reason text default 'none'::text not null,
    is_changed boolean default false not null,
    postponed_at timestamp with time zone,
    error text,
    error_class text,
    unverified_count integer default 0 not null,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    constraint order_line_pkey PRIMARY KEY (id),
    constraint order_line_order_id_fkey FOREIGN KEY (order_id) REFERENCES provisioning_order(id),
    constraint order_line_value_id_fkey FOREIGN KEY (value_id) REFERENCES resource(id),
    constraint order_line_action_check CHECK ((action = ANY (ARRAY['CREATE'::text, 'ASSOCIATE'::text, 'DELETE'::text, 'SET'::text, 'ADD'::text, 'REMOVE'::text]))),
    constraint order_line_error_class_check CHECK ((error_class = ANY (ARRAY['REFUSED'::text, 'CONFLICT'::text, 'NOT_FOUND'::text, 'UNREACHABLE'::text, 'THROTTLED'::text, 'UNKNOWN'::text, 'OPERATOR'::text, 'TIMEOUT'::text, 'EVALUATION'::text]))),
    constraint order_line_state_check CHECK (((state >= 0) AND (state <= 8))),
    constraint order_line_wait_reason_check CHECK ((wait_reason = ANY (ARRAY['none'::text, 'not_due'::text, 'dependency'::text, 'target_key'::text, 'heir'::text, 'outage'::text, 'owner_property'::text, 'connector_inactive'::text, 'no_connection'::text, 'creation_not_allowed'::text, 'missing_in_target'::text, 'ambiguous_owner'::text, 'item_error'::text, 'threshold'::text, 'reading'::text, 'agent_offline'::text, 'key'::text, 'found_role'::text])))
);
comment on table order_line is 'One property value (or the existence of the target: property null) of an order; carries the provisioning state.';
comment on column order_line.approved_value is 'The proposed value as a reviewer approved it; null: not approved. Void when the computed value changes (A4).';
comment on column order_line.is_changed is 'Computed value changed since somebody last looked (A4).';
CREATE INDEX order_line_by_order ON public.order_line USING btree (order_id);
CREATE UNIQUE INDEX order_line_one_open ON public.order_line USING btree (order_id, COALESCE(property, ''::text), action, COALESCE(value_id, (0)::bigint)) WHERE (closed_at IS NULL);
CREATE TRIGGER order_line_legal_move AFTER UPDATE ON public.order_line REFERENCING OLD TABLE AS moved_from NEW TABLE AS moved_to FOR EACH STATEMENT EXECUTE FUNCTION order_line_legal_move();

create table order_line_history (
    id bigint generated always as identity,
    order_id bigint not null,
    line_ids bigint[] default '{}'::bigint[] not null,
    at timestamp with time zone not null,
    actor text not null,
    action text not null,
    from_state smallint,
    to_state smallint,
    comment text default ''::text not null,
    constraint order_line_history_pkey PRIMARY KEY (id),
    constraint order_line_history_legal FOREIGN KEY (from_state, to_state) REFERENCES provisioning_transition(from_state, to_state),
    constraint order_line_history_order_id_fkey FOREIGN KEY (order_id) REFERENCES provisioning_order(id)
);
comment on table order_line_history is 'One move that lines of an order made together, or (without lines) a remark about the order as a whole.';
CREATE INDEX order_line_history_by_order ON public.order_line_history USING btree (order_id, id);
CREATE INDEX order_line_history_flow ON public.order_line_history USING btree (at) INCLUDE (from_state, to_state, order_id);
CREATE TRIGGER order_line_history_not_own AFTER INSERT ON public.order_line_history REFERENCING NEW TABLE AS decided FOR EACH STATEMENT EXECUTE FUNCTION order_line_history_not_own();

create table outage (
    connection_id bigint not null,
    since timestamp with time zone not null,
    failures integer not null,
    next_at timestamp with time zone not null,
    outcome text not null,
    message text not null,
    hint text not null,
    answered_at timestamp with time zone not null,
    constraint outage_pkey PRIMARY KEY (connection_id),
    constraint outage_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id) ON DELETE CASCADE,
    constraint outage_failures_check CHECK ((failures > 0)),
    constraint outage_outcome_check CHECK ((outcome = ANY (ARRAY['DONE'::text, 'ALREADY_SO'::text, 'OPENED'::text, 'NOT_FOUND'::text, 'CONFLICT'::text, 'REFUSED'::text, 'UNREACHABLE'::text, 'THROTTLED'::text, 'UNKNOWN'::text, 'CONFIRMED'::text, 'OPERATOR'::text, 'EXPIRED'::text, 'NOT_SENT'::text, 'WITHDRAWN'::text, 'VERIFIED_WITHOUT_FEEDBACK'::text])))
);
comment on table outage is 'Connections whose last answers were none: no connection, come back later, answer lost. The first other answer removes the row.';
comment on column outage.failures is 'In a row. From three on the system counts as away: nothing is sent but one order when next_at has come and a check passed.';
comment on column outage.next_at is 'When the system is asked again, by whichever process comes first.';

create table owner_state (
    owner_id bigint not null,
    entity_type_id bigint not null,
    fingerprint bytea not null,
    model_version bigint not null,
    evaluated_at timestamp with time zone not null,
    next_evaluation_at timestamp with time zone,
    left_at timestamp with time zone,
    automation_due_at timestamp with time zone,
    constraint owner_state_pkey PRIMARY KEY (owner_id),
    constraint owner_state_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint owner_state_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id)
);
comment on column owner_state.left_at is 'When the last context ended, or when the owner was seen gone; null: he is there, or is yet to come.';
comment on column owner_state.automation_due_at is 'When an automation rule decides next about something of the owner; null: none waits.';
CREATE INDEX owner_state_automation_due ON public.owner_state USING btree (automation_due_at) WHERE (automation_due_at IS NOT NULL);
CREATE INDEX owner_state_due ON public.owner_state USING btree (next_evaluation_at) WHERE (next_evaluation_at IS NOT NULL);
CREATE INDEX owner_state_left ON public.owner_state USING btree (owner_id) WHERE (left_at IS NOT NULL);

create table passed_reference (
    id bigint generated always as identity,
    assigned_resource_type_id bigint not null,
    property text,
    name text not null,
    was_id bigint,
    is_id bigint,
    at timestamp with time zone not null,
    constraint passed_reference_pkey PRIMARY KEY (id),
    constraint passed_reference_assigned_resource_type_id_fkey FOREIGN KEY (assigned_resource_type_id) REFERENCES assigned_resource_type(id)
);
comment on table passed_reference is 'What is written in the target of an assignment means another resource, since a name passed on. Waits for the next computation of its owner, which takes it into what is our own work.';
comment on column passed_reference.property is 'Null: wherever it stands.';
comment on column passed_reference.name is 'The text.';
comment on column passed_reference.was_id is 'What the text meant; null: nothing.';
comment on column passed_reference.is_id is 'What it means now; null: nothing.';
CREATE INDEX passed_reference_by_type ON public.passed_reference USING btree (assigned_resource_type_id);

create table plan (
    id bigint generated always as identity,
    title text default ''::text not null,
    state text default 'QUEUED'::text not null,
    user_id bigint,
    actor text not null,
    configuration bytea not null,
    changes jsonb default '[]'::jsonb not null,
    problems jsonb default '[]'::jsonb not null,
    fingerprint text default ''::text not null,
    as_of timestamp with time zone,
    total integer default 0 not null,
    done integer default 0 not null,
    summary jsonb default '{}'::jsonb not null,
    digest text default ''::text not null,
    moved jsonb default '[]'::jsonb not null,
    failure text default ''::text not null,
    fence integer default 0 not null,
    lease_until timestamp with time zone,
    created_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    applier_id bigint,
    applier text,
    applied_at timestamp with time zone,
    applied_by text,
    edits jsonb default '[]'::jsonb not null,
    objects text[] default '{}'::text[] not null,
    constraint plan_pkey PRIMARY KEY (id),
    constraint plan_applier_id_fkey FOREIGN KEY (applier_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint plan_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint plan_applied CHECK (((applied_at IS NULL) = (applied_by IS NULL))),
    constraint plan_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'FINISHED'::text, 'APPLYING'::text, 'APPLIED'::text, 'OUT_OF_DATE'::text, 'CANCELLED'::text, 'FAILED'::text])))
);
comment on table plan is 'A change that somebody thinks of, and what it would do. Nothing in it is so until it is applied.';
comment on column plan.configuration is 'What is proposed, sealed: configuration as YAML, which may hold secrets, and edits of resources.';
comment on column plan.changes is 'What differs from the configuration in force, field by field, without secrets.';
comment on column plan.fingerprint is 'Names the configuration on top of the one in force when it was computed.';
comment on column plan.as_of is 'The instant that counted as now.';
comment on column plan.summary is 'What it would do, in numbers; of everybody.';
comment on column plan.digest is 'Hash over what it would do to everybody.';
comment on column plan.moved is 'Why it was not applied: for whom the outcome is another one by now.';
comment on column plan.fence is 'Counts the attempts to compute or apply it: whoever was overtaken writes nothing.';
comment on column plan.applier is 'Who wants it applied; applied_by once it is.';
comment on column plan.edits is 'Resources that it would make, change or end, value by value.';
comment on column plan.objects is 'What it changes, by kind and identifier: by them plans that change the same find each other.';
CREATE INDEX plan_by_object ON public.plan USING gin (objects) WHERE (state = ANY (ARRAY['FINISHED'::text, 'APPLYING'::text]));
CREATE INDEX plan_by_state ON public.plan USING btree (state, id);
CREATE INDEX plan_by_user ON public.plan USING btree (user_id, id);
CREATE INDEX plan_open ON public.plan USING btree (lease_until) WHERE (state = ANY (ARRAY['QUEUED'::text, 'RUNNING'::text, 'APPLYING'::text]));

create table plan_item (
    id bigint generated always as identity,
    plan_id bigint not null,
    owner_id bigint not null,
    type_id bigint not null,
    kind text not null,
    effect smallint not null,
    object text default ''::text not null,
    object_name text default ''::text not null,
    system text default ''::text not null,
    system_name text default ''::text not null,
    property text default ''::text not null,
    property_name text default ''::text not null,
    action text default ''::text not null,
    before_value text,
    after_value text,
    workflow smallint,
    state smallint,
    order_kind text default ''::text not null,
    is_review boolean default false not null,
    is_manual boolean default false not null,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    wait_reason text default ''::text not null,
    error text default ''::text not null,
    constraint plan_item_pkey PRIMARY KEY (plan_id, effect, id),
    constraint plan_item_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plan(id) ON DELETE CASCADE,
    constraint plan_item_effect_check CHECK (((effect >= 0) AND (effect <= 2))),
    constraint plan_item_kind_check CHECK ((kind = ANY (ARRAY['ROLE'::text, 'ACCOUNT'::text, 'LINE'::text, 'DIFFERENCE'::text, 'BLOCKED'::text, 'FAILURE'::text])))
);
comment on table plan_item is 'One difference that a plan would make, in words: the objects may not be there yet, or not any more.';
comment on column plan_item.effect is '0 removed, 1 added, 2 changed: in the order in which they are read.';
comment on column plan_item.object is 'Identifier of the role or resource type.';
CREATE INDEX plan_item_by_object ON public.plan_item USING btree (plan_id, kind, object, effect, id);
CREATE INDEX plan_item_by_owner ON public.plan_item USING btree (plan_id, owner_id, id);
CREATE INDEX plan_item_by_system ON public.plan_item USING btree (plan_id, system, effect, id);

create table plan_owner (
    plan_id bigint not null,
    owner_id bigint not null,
    type_id bigint not null,
    dimensions jsonb default '{}'::jsonb not null,
    digest bytea not null,
    constraint plan_owner_pkey PRIMARY KEY (plan_id, owner_id),
    constraint plan_owner_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plan(id) ON DELETE CASCADE
);
comment on table plan_owner is 'Somebody for whom a plan would change something. No foreign key: what is forgotten elsewhere takes nothing from a plan.';
comment on column plan_owner.dimensions is 'Values of the main context then: identifier of the dimension -> resource.';
comment on column plan_owner.digest is 'Hash over what would change for this owner.';

create table policy (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    is_provisioning_enabled boolean default false not null,
    is_simulation_enabled boolean default false not null,
    dimensions jsonb default '{}'::jsonb not null,
    version integer default 1 not null,
    is_external boolean default false not null,
    has_implicit_approval boolean default false not null,
    prolongation_without_approval boolean default false not null,
    max_duration integer default 0 not null,
    grace_period integer default 0 not null,
    manual_assignment_end_date_locked_to_context_mode smallint default 0 not null,
    comment_activation_on_approve_in_review smallint default 1 not null,
    comment_activation_on_decline_in_review smallint default 2 not null,
    comment_activation_on_delete_gap_in_reconciliation smallint default 1 not null,
    comment_activation_on_keep_gap_in_reconciliation smallint default 2 not null,
    due_after_days integer default 5 not null,
    remind_after_days integer default 2 not null,
    escalate_after_days integer default 5 not null,
    expire_after_days integer default 60 not null,
    give_back_without_approval boolean default true not null,
    implicit_approval_for_self boolean default false not null,
    fallback_approvers jsonb default '[]'::jsonb not null,
    constraint policy_pkey PRIMARY KEY (id),
    constraint policy_identifier_key UNIQUE (identifier),
    constraint policy_comment_on_approve CHECK (((comment_activation_on_approve_in_review >= 0) AND (comment_activation_on_approve_in_review <= 2))),
    constraint policy_comment_on_decline CHECK (((comment_activation_on_decline_in_review >= 0) AND (comment_activation_on_decline_in_review <= 2))),
    constraint policy_comment_on_delete_gap CHECK (((comment_activation_on_delete_gap_in_reconciliation >= 0) AND (comment_activation_on_delete_gap_in_reconciliation <= 2))),
    constraint policy_comment_on_keep_gap CHECK (((comment_activation_on_keep_gap_in_reconciliation >= 0) AND (comment_activation_on_keep_gap_in_reconciliation <= 2))),
    constraint policy_days_check CHECK ((((due_after_days >= 0) AND (due_after_days <= 3650)) AND ((remind_after_days >= 0) AND (remind_after_days <= 3650)) AND ((escalate_after_days >= 0) AND (escalate_after_days <= 3650)) AND ((expire_after_days >= 0) AND (expire_after_days <= 3650)))),
    constraint policy_end_date_lock CHECK (((manual_assignment_end_date_locked_to_context_mode >= 0) AND (manual_assignment_end_date_locked_to_context_mode <= 3))),
    constraint policy_grace_period CHECK ((grace_period >= 0)),
    constraint policy_max_duration CHECK ((max_duration >= 0))
);
comment on column policy.max_duration is 'Minutes that assignments given by hand last at most; 0: no limit.';
comment on column policy.grace_period is 'Minutes for which roles stay that a change of the rules takes away; 0: none.';
comment on column policy.due_after_days is 'Days until an approval is late; 0: never. Of approvals that begin from now on.';
comment on column policy.fallback_approvers is 'How people are found when nobody else is found, one way after the other.';
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.policy FOR EACH STATEMENT EXECUTE FUNCTION request_rights_changed();

create table profile (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    version integer default 1 not null,
    constraint profile_pkey PRIMARY KEY (id),
    constraint profile_identifier_key UNIQUE (identifier)
);

create table property (
    id bigint generated always as identity,
    entity_type_id bigint not null,
    identifier text not null,
    display_name text not null,
    type text not null,
    is_key boolean default false not null,
    is_collection boolean default false not null,
    target_entity_type_id bigint,
    reverse_identifier text,
    "position" integer default 0 not null,
    group_by text default ''::text not null,
    constraint property_pkey PRIMARY KEY (id),
    constraint property_entity_type_id_identifier_key UNIQUE (entity_type_id, identifier),
    constraint property_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint property_target_entity_type_id_fkey FOREIGN KEY (target_entity_type_id) REFERENCES entity_type(id),
    constraint property_group_of_navigation CHECK (((group_by = ''::text) OR ((type = 'FOREIGN_KEY'::text) AND is_collection))),
    constraint property_navigation_has_target CHECK (((type = 'FOREIGN_KEY'::text) = (target_entity_type_id IS NOT NULL))),
    constraint property_type_check CHECK ((type = ANY (ARRAY['STRING'::text, 'BYTES'::text, 'INT16'::text, 'INT32'::text, 'INT64'::text, 'BYTE'::text, 'DATE_TIME'::text, 'BOOL'::text, 'GUID'::text, 'DOUBLE'::text, 'BINARY'::text, 'FOREIGN_KEY'::text])))
);
comment on column property.reverse_identifier is 'Name of the reverse navigation on the pointed entity type, e.g. Positions; absent: none.';
comment on column property.group_by is 'Property of the pointed entity type: of those with the same value of it an owner holds one at a time. Empty: any number.';
CREATE TRIGGER shape_changed AFTER INSERT OR DELETE OR UPDATE ON public.property FOR EACH STATEMENT EXECUTE FUNCTION shape_changed();

create table property_expression (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    entity_type_id bigint not null,
    property text not null,
    binding text default ''::text not null,
    expression text default ''::text not null,
    priority integer default 0 not null,
    version integer default 1 not null,
    constraint property_expression_pkey PRIMARY KEY (id),
    constraint property_expression_identifier_key UNIQUE (identifier),
    constraint property_expression_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint property_expression_says_something CHECK (((binding <> ''::text) OR (expression <> ''::text)))
);
comment on table property_expression is 'How the value of a property is computed from others of its resource, and of what that points to; values are kept in resource (role-model 1.7).';
comment on column property_expression.priority is 'Of several for one property the one with the smallest number is asked first, the next when it gives nothing.';

create table property_expression_fault (
    id bigint generated always as identity,
    resource_id bigint not null,
    expression_id bigint not null,
    message text not null,
    found_at timestamp with time zone not null,
    constraint property_expression_fault_pkey PRIMARY KEY (id),
    constraint property_expression_fault_once UNIQUE (resource_id, expression_id),
    constraint property_expression_fault_expression_id_fkey FOREIGN KEY (expression_id) REFERENCES property_expression(id) ON DELETE CASCADE,
    constraint property_expression_fault_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id)
);
comment on table property_expression_fault is 'Values that an expression could not compute: the property keeps what it was.';
CREATE INDEX property_expression_fault_by_age ON public.property_expression_fault USING btree (found_at DESC, id DESC);
CREATE INDEX property_expression_fault_by_expression ON public.property_expression_fault USING btree (expression_id);

create table property_mapping (
    property_id bigint not null,
    entity_type_id bigint not null,
    column_name text not null,
    format text default ''::text not null,
    is_primary_key boolean default false not null,
    is_unique_key boolean default false not null,
    constraint property_mapping_pkey PRIMARY KEY (property_id),
    constraint property_mapping_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint property_mapping_property_id_fkey FOREIGN KEY (property_id) REFERENCES property(id)
);
CREATE UNIQUE INDEX property_mapping_one_primary_key ON public.property_mapping USING btree (entity_type_id) WHERE is_primary_key;
CREATE TRIGGER shape_changed AFTER INSERT OR DELETE OR UPDATE ON public.property_mapping FOR EACH STATEMENT EXECUTE FUNCTION shape_changed();

create table provisioning_order (
    id bigint generated always as identity,
    assigned_resource_type_id bigint not null,
    kind text not null,
    state smallint not null,
    states smallint[] default '{}'::smallint[] not null,
    resource_type_id bigint not null,
    owner_id bigint,
    source_entity_type_id bigint not null,
    target_id bigint,
    connector_id bigint,
    connection_id bigint,
    is_manual boolean default false not null,
    wait_reason text default 'none'::text not null,
    due_at timestamp with time zone,
    look_at timestamp with time zone,
    generated_at timestamp with time zone,
    generation_id bigint,
    job_instance_id bigint,
    attempt integer default 0 not null,
    tries integer default 0 not null,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint default 0 not null,
    idempotency_key uuid,
    called_at timestamp with time zone,
    not_before timestamp with time zone,
    sent_lines bigint[] default '{}'::bigint[] not null,
    transmitted_at timestamp with time zone,
    executed_at timestamp with time zone,
    verified_at timestamp with time zone,
    errored_at timestamp with time zone,
    error_class text,
    error_message text,
    error_hint text,
    error_count integer default 0 not null,
    unverified_count integer default 0 not null,
    is_superseded boolean default false not null,
    created_key text,
    assignee text,
    reviewed_by text,
    reviewed_at timestamp with time zone,
    review_comment text,
    postponed_at timestamp with time zone,
    version integer default 1 not null,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    is_withdrawn boolean default false not null,
    has_pending boolean generated always as (((closed_at IS NULL) AND (1 = ANY (states)))) stored not null,
    has_silent boolean generated always as (((closed_at IS NULL) AND (NOT is_manual) AND (2 = ANY (states)))) stored not null,
    has_ticket boolean generated always as (((closed_at IS NULL) AND is_manual AND (2 = ANY (states)))) stored not null,
    needs_review boolean generated always as (((closed_at IS NULL) AND ((5 = ANY (states)) OR (3 = ANY (states))))) stored not null,
    swap_id bigint,
    answer_outcome text,
    answer_message text,
    answer_hint text,
    answered_at timestamp with time zone,
    constraint provisioning_order_pkey PRIMARY KEY (id),
    constraint provisioning_order_assigned_resource_type_id_fkey FOREIGN KEY (assigned_resource_type_id) REFERENCES assigned_resource_type(id),
    constraint provisioning_order_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id),
    constraint provisioning_order_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES connector(id),
    constraint provisioning_order_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint provisioning_order_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id),
    constraint provisioning_order_source_entity_type_id_fkey FOREIGN KEY (source_entity_type_id) REFERENCES entity_type(id),
    constraint provisioning_order_target_id_fkey FOREIGN KEY (target_id) REFERENCES resource(id),
    constraint provisioning_order_answer_outcome_check CHECK ((answer_outcome = ANY (ARRAY['DONE'::text, 'ALREADY_SO'::text, 'OPENED'::text, 'NOT_FOUND'::text, 'CONFLICT'::text, 'REFUSED'::text, 'UNREACHABLE'::text, 'THROTTLED'::text, 'UNKNOWN'::text, 'CONFIRMED'::text, 'OPERATOR'::text, 'EXPIRED'::text, 'NOT_SENT'::text, 'WITHDRAWN'::text, 'VERIFIED_WITHOUT_FEEDBACK'::text]))),
    constraint provisioning_order_closed_is_final CHECK (((closed_at IS NULL) OR (state = ANY (ARRAY[0, 1, 3, 4, 5, 6, 7, 8])))),
    constraint provisioning_order_error_class_check CHECK ((error_class = ANY (ARRAY['REFUSED'::text, 'CONFLICT'::text, 'NOT_FOUND'::text, 'UNREACHABLE'::text, 'THROTTLED'::text, 'UNKNOWN'::text, 'OPERATOR'::text, 'TIMEOUT'::text, 'EVALUATION'::text]))),
    constraint provisioning_order_kind_check CHECK ((kind = ANY (ARRAY['CREATE'::text, 'ASSOCIATE'::text, 'UPDATE'::text, 'DELETE'::text]))),
    constraint provisioning_order_state_check CHECK (((state >= 0) AND (state <= 8))),
    constraint provisioning_order_wait_reason_check CHECK ((wait_reason = ANY (ARRAY['none'::text, 'not_due'::text, 'dependency'::text, 'target_key'::text, 'heir'::text, 'outage'::text, 'owner_property'::text, 'connector_inactive'::text, 'no_connection'::text, 'creation_not_allowed'::text, 'missing_in_target'::text, 'ambiguous_owner'::text, 'item_error'::text, 'threshold'::text, 'reading'::text, 'agent_offline'::text, 'key'::text, 'found_role'::text])))
);
comment on table provisioning_order is 'The change wanted for one assigned resource type, until it is Verified, Inactive or withdrawn. state is the roll-up of its lines (spec 1.2).';
comment on column provisioning_order.states is 'All states present among the lines that count (spec 1.2), for filters.';
comment on column provisioning_order.due_at is 'When lines held as not due become due, as evaluation computed it.';
comment on column provisioning_order.look_at is 'Earliest instant at which CLOCK may have to move something; written with the roll-up.';
comment on column provisioning_order.generated_at is 'Passed order generation (thresholds, dependencies): may be dispatched. Null: waits for generation.';
comment on column provisioning_order.tries is 'Answers in a row that were none (unreachable, throttled, lost): the pause grows with them. Back to 0 with any other answer.';
comment on column provisioning_order.lease_until is 'By the clock of the database, not the domain clock: a lease is between processes. Not indexed, like all columns a drain writes: those updates stay in their page.';
comment on column provisioning_order.called_at is 'When the current attempt began to call the target; set and no result = read back before a repeat.';
comment on column provisioning_order.sent_lines is 'Lines that the attempt under way, or the last one, carries.';
comment on column provisioning_order.has_silent is 'Software collected it and no answer came (P4): read back before a repeat.';
comment on column provisioning_order.swap_id is 'Orders that take each other''s keys and are sent together carry the id of the first of them.';
comment on column provisioning_order.answer_outcome is 'Outcome of the last attempt; null: it was done, or there is none yet.';
CREATE INDEX provisioning_order_awaiting_sync ON public.provisioning_order USING btree (connector_id, id) WHERE ((states && '{2,8}'::smallint[]) AND (closed_at IS NULL));
CREATE INDEX provisioning_order_by_assigned ON public.provisioning_order USING btree (assigned_resource_type_id, id);
CREATE INDEX provisioning_order_by_created ON public.provisioning_order USING btree (created_at, id);
CREATE INDEX provisioning_order_by_owner ON public.provisioning_order USING btree (owner_id, id);
CREATE INDEX provisioning_order_by_state ON public.provisioning_order USING btree (state, id);
CREATE INDEX provisioning_order_by_target ON public.provisioning_order USING btree (target_id) WHERE (target_id IS NOT NULL);
CREATE INDEX provisioning_order_by_type_state ON public.provisioning_order USING btree (resource_type_id, state, id);
CREATE INDEX provisioning_order_by_updated ON public.provisioning_order USING btree (updated_at, id);
CREATE INDEX provisioning_order_errors ON public.provisioning_order USING btree (error_class, id) WHERE (error_class IS NOT NULL);
CREATE INDEX provisioning_order_generated ON public.provisioning_order USING btree (generated_at) WHERE (generated_at IS NOT NULL);
CREATE INDEX provisioning_order_look ON public.provisioning_order USING btree (look_at) WHERE ((look_at IS NOT NULL) AND (closed_at IS NULL));
CREATE UNIQUE INDEX provisioning_order_one_open ON public.provisioning_order USING btree (assigned_resource_type_id) WHERE (closed_at IS NULL);
CREATE INDEX provisioning_order_tickets ON public.provisioning_order USING btree (source_entity_type_id, id) WHERE has_ticket;
CREATE INDEX provisioning_order_to_dispatch ON public.provisioning_order USING btree (connection_id, kind, resource_type_id, id) WHERE (has_silent OR (has_pending AND (generated_at IS NOT NULL)));
CREATE INDEX provisioning_order_to_review ON public.provisioning_order USING btree (source_entity_type_id, id) WHERE needs_review;
CREATE INDEX provisioning_order_ungenerated ON public.provisioning_order USING btree (resource_type_id, id) WHERE ((generated_at IS NULL) AND has_pending);

create table provisioning_transition (
    from_state smallint not null,
    to_state smallint not null,
    constraint provisioning_transition_pkey PRIMARY KEY (from_state, to_state),
    constraint provisioning_transition_from_state_check CHECK (((from_state >= 0) AND (from_state <= 8))),
    constraint provisioning_transition_to_state_check CHECK (((to_state >= 0) AND (to_state <= 8)))
);
comment on table provisioning_transition is 'Legal moves of an order line; kept equal to the table in server/order/state.go by a test.';

create table read_back_request (
    id bigint generated always as identity,
    connector_id bigint not null,
    at timestamp with time zone not null,
    entity_type_id bigint,
    keys text[],
    effect text,
    constraint read_back_request_pkey PRIMARY KEY (id),
    constraint read_back_request_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES connector(id),
    constraint read_back_request_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id) ON DELETE CASCADE
);
comment on table read_back_request is 'Something was written to the system of a connector (or its time has come): read it. Rows, not a flag, so that nobody waits for a lock.';
comment on column read_back_request.keys is 'Keys of the targets that were written, as the system has them. Null: not known.';
comment on column read_back_request.effect is 'What that did to the stamps of the connection, in the words of its connector. Null: not known.';
CREATE INDEX read_back_request_by_connector ON public.read_back_request USING btree (connector_id);

create table record_section (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    source_entity_type_id bigint not null,
    resource_entity_type_id bigint not null,
    "position" integer default 0 not null,
    start_property_id bigint,
    end_property_id bigint,
    instance_key_expression text,
    is_default_boundaries_section boolean default false not null,
    boundary_kind smallint default 0 not null,
    extension_kind smallint default 0 not null,
    sort_key_expression text,
    extended_sort_key text,
    properties jsonb default '[]'::jsonb not null,
    version integer default 1 not null,
    constraint record_section_pkey PRIMARY KEY (id),
    constraint record_section_identifier_key UNIQUE (identifier),
    constraint record_section_end_property_id_fkey FOREIGN KEY (end_property_id) REFERENCES property(id),
    constraint record_section_resource_entity_type_id_fkey FOREIGN KEY (resource_entity_type_id) REFERENCES entity_type(id),
    constraint record_section_source_entity_type_id_fkey FOREIGN KEY (source_entity_type_id) REFERENCES entity_type(id),
    constraint record_section_start_property_id_fkey FOREIGN KEY (start_property_id) REFERENCES property(id),
    constraint record_section_boundary_kind_check CHECK (((boundary_kind >= 0) AND (boundary_kind <= 1))),
    constraint record_section_extension_kind_check CHECK (((extension_kind >= 0) AND (extension_kind <= 1)))
);
comment on table record_section is 'Properties of records that change together, such as those of a position (role-model 4.5).';
comment on column record_section."position" is 'Order among the sections of the same records: whose sort key counts first.';
comment on column record_section.boundary_kind is 'What a missing date means: 0 the first and the last date of the section without properties, 1 none.';
comment on column record_section.extension_kind is 'Whether values fill times for which the section says nothing: 0 they may, 1 never.';
comment on column record_section.properties is 'Property, extension kind, whether it is left out: [{property, extensionKind, isExcluded}].';

create table redundancy_run (
    id bigint generated always as identity,
    state text default 'QUEUED'::text not null,
    actor text not null,
    policies text[] default '{}'::text[] not null,
    error text default ''::text not null,
    total integer default 0 not null,
    done integer default 0 not null,
    found integer default 0 not null,
    after_owner bigint default 0 not null,
    taken_by uuid,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    constraint redundancy_run_pkey PRIMARY KEY (id),
    constraint redundancy_run_ended CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['QUEUED'::text, 'IN_PROGRESS'::text])))),
    constraint redundancy_run_state_check CHECK ((state = ANY (ARRAY['QUEUED'::text, 'IN_PROGRESS'::text, 'COMPLETED'::text, 'FAILED'::text, 'CANCELLED'::text])))
);
comment on table redundancy_run is 'One analysis. taken_by is the worker that has it in hand, updated_at its last sign of life.';
comment on column redundancy_run.policies is 'Identifiers of the policies whose roles and resource types are looked at; none: all.';
comment on column redundancy_run.after_owner is 'Up to whom it came: another worker goes on there.';
CREATE UNIQUE INDEX redundancy_run_one_at_a_time ON public.redundancy_run USING btree ((true)) WHERE (ended_at IS NULL);

create table redundant_assignment (
    id bigint generated always as identity,
    redundancy_run_id bigint not null,
    owner_id bigint not null,
    assigned_role_id bigint,
    assigned_resource_type_id bigint,
    role_id bigint,
    resource_type_id bigint,
    policy_id bigint not null,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    given jsonb not null,
    remaining jsonb default '[]'::jsonb not null,
    constraint redundant_assignment_pkey PRIMARY KEY (id),
    constraint redundant_assignment_role_key UNIQUE (assigned_role_id),
    constraint redundant_assignment_type_key UNIQUE (assigned_resource_type_id),
    constraint redundant_assignment_assigned_resource_type_id_fkey FOREIGN KEY (assigned_resource_type_id) REFERENCES assigned_resource_type(id) ON DELETE CASCADE,
    constraint redundant_assignment_assigned_role_id_fkey FOREIGN KEY (assigned_role_id) REFERENCES assigned_role(id) ON DELETE CASCADE,
    constraint redundant_assignment_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint redundant_assignment_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id) ON DELETE CASCADE,
    constraint redundant_assignment_redundancy_run_id_fkey FOREIGN KEY (redundancy_run_id) REFERENCES redundancy_run(id) ON DELETE CASCADE,
    constraint redundant_assignment_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id) ON DELETE CASCADE,
    constraint redundant_assignment_role_id_fkey FOREIGN KEY (role_id) REFERENCES role(id) ON DELETE CASCADE,
    constraint redundant_assignment_of_one CHECK (((num_nonnulls(assigned_role_id, assigned_resource_type_id) = 1) AND ((assigned_role_id IS NULL) = (role_id IS NULL)) AND ((assigned_resource_type_id IS NULL) = (resource_type_id IS NULL))))
);
comment on table redundant_assignment is 'What the last analysis found: an assignment that somebody approved, [start_date, end_date), although rules give it.';
comment on column redundant_assignment.given is '[{start, end, reasons}]: when rules give it, and which, in words.';
comment on column redundant_assignment.remaining is '[{start, end}]: when nothing but the approval gives it; none: it is redundant as a whole.';
CREATE INDEX redundant_assignment_by_owner ON public.redundant_assignment USING btree (owner_id, id);
CREATE INDEX redundant_assignment_by_policy ON public.redundant_assignment USING btree (policy_id, id);
CREATE INDEX redundant_assignment_by_role ON public.redundant_assignment USING btree (role_id, id) WHERE (role_id IS NOT NULL);
CREATE INDEX redundant_assignment_by_run ON public.redundant_assignment USING btree (redundancy_run_id);
CREATE INDEX redundant_assignment_by_type ON public.redundant_assignment USING btree (resource_type_id, id) WHERE (resource_type_id IS NOT NULL);

create table request (
    id bigint generated always as identity,
    number text generated always as (('RQ-'::text || id)) stored not null,
    state text not null,
    requester_id bigint,
    requester_user_id bigint,
    requester text not null,
    justification text default ''::text not null,
    client_key text,
    submitted_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    version integer default 1 not null,
    client_digest text,
    constraint request_pkey PRIMARY KEY (id),
    constraint request_number_key UNIQUE (number),
    constraint request_requester_id_fkey FOREIGN KEY (requester_id) REFERENCES resource(id),
    constraint request_requester_user_id_fkey FOREIGN KEY (requester_user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint request_closed CHECK (((closed_at IS NULL) = (state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text, 'APPROVED'::text])))),
    constraint request_justification_bounded CHECK ((length(justification) <= 4000)),
    constraint request_state_check CHECK ((state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text, 'APPROVED'::text, 'DECLINED'::text, 'WITHDRAWN'::text, 'EXPIRED'::text, 'CANCELLED'::text, 'FULFILLED'::text])))
);
comment on column request.state is 'The roll-up of its items; written with them.';
comment on column request.requester is 'User name of who asked; stays when the account goes.';
comment on column request.client_key is 'What the asking program called it: the same key of the same user is the same request.';
comment on column request.client_digest is 'Of the basket that client_key stands for: another one with that key is refused.';
CREATE INDEX request_by_requester ON public.request USING btree (requester_id, id) WHERE (requester_id IS NOT NULL);
CREATE INDEX request_by_user ON public.request USING btree (requester_user_id, id);
CREATE UNIQUE INDEX request_once ON public.request USING btree (requester, client_key) WHERE (client_key IS NOT NULL);
CREATE TRIGGER request_stays BEFORE UPDATE OF requester, requester_id, requester_user_id ON public.request FOR EACH ROW EXECUTE FUNCTION request_stays();

create table request_candidate (
    id bigint generated always as identity,
    step_id bigint not null,
    user_id bigint,
    account text,
    person_id bigint,
    name text not null,
    found_by text not null,
    source text default 'FOUND'::text not null,
    excluded_because text,
    since timestamp with time zone not null,
    until timestamp with time zone,
    constraint request_candidate_pkey PRIMARY KEY (id),
    constraint request_candidate_person_id_fkey FOREIGN KEY (person_id) REFERENCES resource(id),
    constraint request_candidate_step_id_fkey FOREIGN KEY (step_id) REFERENCES request_step(id),
    constraint request_candidate_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint request_candidate_can_sign_in CHECK (((account IS NOT NULL) OR (excluded_because IS NOT NULL))),
    constraint request_candidate_source_check CHECK ((source = ANY (ARRAY['FOUND'::text, 'FALLBACK'::text, 'ESCALATION'::text, 'DELEGATED'::text, 'ASSIGNED'::text, 'DEPUTY'::text])))
);
comment on table request_candidate is 'Who is asked by name, or would be but for what excludes him.';
comment on column request_candidate.account is 'User name, as it was; null: the person has no account.';
comment on column request_candidate.found_by is 'How he was found, as a word of the rule.';
comment on column request_candidate.excluded_because is 'Why he is not asked, by the codes of request_exclusion and more; null: he is.';
comment on column request_candidate.until is 'When he stopped to be asked, or what excluded him; null: it is so now.';
CREATE INDEX request_candidate_assigned ON public.request_candidate USING btree (step_id) WHERE ((source = 'ASSIGNED'::text) AND (until IS NULL));
CREATE INDEX request_candidate_of_step ON public.request_candidate USING btree (step_id, id);
CREATE INDEX request_candidate_of_user ON public.request_candidate USING btree (user_id) WHERE (excluded_because IS NULL);

create table request_comment (
    id bigint generated always as identity,
    item_id bigint not null,
    step_id bigint,
    kind text not null,
    author text not null,
    author_user_id bigint,
    addressee text,
    addressee_id bigint,
    addressee_user_id bigint,
    text text not null,
    at timestamp with time zone not null,
    ended_at timestamp with time zone,
    constraint request_comment_pkey PRIMARY KEY (id),
    constraint request_comment_addressee_id_fkey FOREIGN KEY (addressee_id) REFERENCES resource(id),
    constraint request_comment_addressee_user_id_fkey FOREIGN KEY (addressee_user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint request_comment_author_user_id_fkey FOREIGN KEY (author_user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint request_comment_item_id_fkey FOREIGN KEY (item_id) REFERENCES request_item(id),
    constraint request_comment_step_id_fkey FOREIGN KEY (step_id) REFERENCES request_step(id),
    constraint request_comment_asked CHECK (((addressee IS NOT NULL) = (kind = 'QUESTION'::text))),
    constraint request_comment_bounded CHECK (((length(text) >= 1) AND (length(text) <= 4000))),
    constraint request_comment_kind_check CHECK ((kind = ANY (ARRAY['QUESTION'::text, 'ANSWER'::text, 'SYSTEM'::text])))
);
comment on table request_comment is 'What is asked about a request and answered, for everybody who sees the item.';
comment on column request_comment.addressee is 'Who is asked, by name; addressee_id the person, addressee_user_id the account of one who asked without being a person.';
comment on column request_comment.ended_at is 'Of a question: when it was answered or given up; null: it waits.';
CREATE INDEX request_comment_asked_person ON public.request_comment USING btree (addressee_id) WHERE ((kind = 'QUESTION'::text) AND (ended_at IS NULL));
CREATE INDEX request_comment_asked_user ON public.request_comment USING btree (addressee_user_id) WHERE ((kind = 'QUESTION'::text) AND (ended_at IS NULL));
CREATE INDEX request_comment_by_item ON public.request_comment USING btree (item_id, id);

create table request_decision (
    step_id bigint not null,
    item_id bigint not null,
    decision text not null,
    decider text not null,
    decider_user_id bigint,
    decider_id bigint,
    requester text not null,
    requester_user_id bigint,
    requester_id bigint,
    beneficiary_id bigint not null,
    comment text default ''::text not null,
    at timestamp with time zone not null,
    delegation_id bigint,
    for_account text,
    for_user_id bigint,
    for_id bigint,
    changed_dates jsonb,
    constraint request_decision_pkey PRIMARY KEY (step_id),
    constraint request_decision_once UNIQUE (item_id, decider),
    constraint request_decision_decider_id_fkey FOREIGN KEY (decider_id) REFERENCES resource(id),
    constraint request_decision_decider_user_id_fkey FOREIGN KEY (decider_user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint request_decision_delegation_id_fkey FOREIGN KEY (delegation_id) REFERENCES delegation(id),
    constraint request_decision_for_id_fkey FOREIGN KEY (for_id) REFERENCES resource(id),
    constraint request_decision_for_user_id_fkey FOREIGN KEY (for_user_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint request_decision_item_id_fkey FOREIGN KEY (item_id) REFERENCES request_item(id),
    constraint request_decision_step_id_fkey FOREIGN KEY (step_id) REFERENCES request_step(id),
    constraint request_decision_changed_dates CHECK (((changed_dates IS NULL) OR (decision = 'APPROVE'::text))),
    constraint request_decision_decision_check CHECK ((decision = ANY (ARRAY['APPROVE'::text, 'DECLINE'::text]))),
    constraint request_decision_for CHECK (((delegation_id IS NULL) = (for_account IS NULL))),
    constraint request_decision_not_for_parties CHECK (((for_account IS NULL) OR ((lower(for_account) <> lower(requester)) AND ((for_user_id IS NULL) OR (requester_user_id IS NULL) OR (for_user_id <> requester_user_id)) AND ((for_id IS NULL) OR (for_id <> beneficiary_id)) AND ((for_id IS NULL) OR (requester_id IS NULL) OR (for_id <> requester_id))))),
    constraint request_decision_not_of_beneficiary CHECK (((decider_id IS NULL) OR (decider_id <> beneficiary_id))),
    constraint request_decision_not_of_requester CHECK (((lower(decider) <> lower(requester)) AND ((decider_user_id IS NULL) OR (decider_user_id IS DISTINCT FROM requester_user_id)) AND ((decider_id IS NULL) OR (decider_id IS DISTINCT FROM requester_id))))
);
comment on column request_decision.for_account is 'User name of the one for whom the decider acted as deputy; null: for himself.';
comment on column request_decision.changed_dates is 'What was narrowed with it: startBefore, endBefore, start, end, as instants or null (start: the moment of the approval; end: none); null: nothing was.';
CREATE TRIGGER request_decision_asked BEFORE INSERT ON public.request_decision FOR EACH ROW EXECUTE FUNCTION request_decision_asked();
CREATE TRIGGER request_decision_for BEFORE INSERT ON public.request_decision FOR EACH ROW WHEN ((new.delegation_id IS NOT NULL)) EXECUTE FUNCTION request_decision_for();
CREATE TRIGGER request_decision_for_stays BEFORE UPDATE ON public.request_decision FOR EACH ROW EXECUTE FUNCTION request_decision_for();
CREATE TRIGGER request_decision_narrows BEFORE INSERT ON public.request_decision FOR EACH ROW WHEN ((new.changed_dates IS NOT NULL)) EXECUTE FUNCTION request_decision_narrows();
CREATE TRIGGER request_decision_narrows_stays BEFORE UPDATE ON public.request_decision FOR EACH ROW EXECUTE FUNCTION request_decision_narrows();
CREATE TRIGGER request_decision_not_own BEFORE INSERT ON public.request_decision FOR EACH ROW EXECUTE FUNCTION request_decision_not_own();
CREATE TRIGGER request_decision_stays BEFORE DELETE OR UPDATE ON public.request_decision FOR EACH ROW EXECUTE FUNCTION request_decision_stays();

create table request_handed (
    id bigint generated always as identity,
    step_id bigint not null,
    user_id bigint not null,
    source text not null,
    since timestamp with time zone not null,
    by_user_id bigint,
    reason text default ''::text not null,
    chain smallint default 0 not null,
    constraint request_handed_pkey PRIMARY KEY (id),
    constraint request_handed_once UNIQUE (step_id, user_id, source),
    constraint request_handed_by_user_id_fkey FOREIGN KEY (by_user_id) REFERENCES local_user(id) ON DELETE CASCADE,
    constraint request_handed_step_id_fkey FOREIGN KEY (step_id) REFERENCES request_step(id),
    constraint request_handed_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE CASCADE,
    constraint request_handed_by_somebody CHECK ((((by_user_id IS NOT NULL) = (source = 'DELEGATED'::text)) AND ((source = 'DELEGATED'::text) = ((chain >= 1) AND (chain <= 3))))),
    constraint request_handed_reason CHECK (((length(reason) <= 4000) AND ((source = 'DELEGATED'::text) = (reason <> ''::text)))),
    constraint request_handed_source_check CHECK ((source = ANY (ARRAY['ESCALATION'::text, 'DELEGATED'::text]))),
    constraint request_handed_to_another CHECK ((by_user_id IS DISTINCT FROM user_id))
);
comment on table request_handed is 'Accounts that a step was given to beside those whom the rules find. Who may not decide (request_exclusion) may not by this either.';
comment on column request_handed.by_user_id is 'Who handed his place over; null: nobody, it was escalated.';
comment on column request_handed.reason is 'Why he did; empty: it was escalated.';
comment on column request_handed.chain is 'How often the place was handed on, 3 times at most; 0: it was escalated.';
CREATE INDEX request_handed_by_giver ON public.request_handed USING btree (by_user_id) WHERE (by_user_id IS NOT NULL);
CREATE INDEX request_handed_by_user ON public.request_handed USING btree (user_id);
CREATE UNIQUE INDEX request_handed_place ON public.request_handed USING btree (step_id, by_user_id) WHERE (by_user_id IS NOT NULL);
CREATE TRIGGER request_handed_stays BEFORE UPDATE ON public.request_handed FOR EACH ROW EXECUTE FUNCTION request_handed_to_one_who_may();
CREATE TRIGGER request_handed_to_one_who_may BEFORE INSERT ON public.request_handed FOR EACH ROW WHEN ((new.by_user_id IS NOT NULL)) EXECUTE FUNCTION request_handed_to_one_who_may();

create table request_history (
    id bigint generated always as identity,
    request_id bigint not null,
    item_id bigint,
    step_id bigint,
    machine text not null,
    at timestamp with time zone not null,
    actor text not null,
    action text not null,
    from_state text,
    to_state text,
    comment text default ''::text not null,
    for_account text,
    constraint request_history_pkey PRIMARY KEY (id),
    constraint request_history_item_id_fkey FOREIGN KEY (item_id) REFERENCES request_item(id),
    constraint request_history_legal FOREIGN KEY (machine, from_state, to_state) REFERENCES legal_move(machine, from_state, to_state),
    constraint request_history_request_id_fkey FOREIGN KEY (request_id) REFERENCES request(id),
    constraint request_history_step_id_fkey FOREIGN KEY (step_id) REFERENCES request_step(id)
);
comment on column request_history.from_state is 'Null, like to_state, where the state stayed as it was, or the thing is new.';
comment on column request_history.for_account is 'User name of the one for whom the actor acted as deputy; null: for himself.';
CREATE INDEX request_history_by_request ON public.request_history USING btree (request_id, id);

create table request_item (
    id bigint generated always as identity,
    request_id bigint not null,
    "position" integer not null,
    action text not null,
    role_id bigint not null,
    role_kind text not null,
    role text not null,
    object_name text not null,
    beneficiary_id bigint not null,
    parameters jsonb default '{}'::jsonb not null,
    requested_start timestamp with time zone,
    requested_end timestamp with time zone,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    clamps jsonb default '[]'::jsonb not null,
    state text not null,
    level smallint default 0 not null,
    levels smallint default 0 not null,
    assigned_role_id bigint,
    risk_ids bigint[] default '{}'::bigint[] not null,
    is_at_risk boolean default false not null,
    problem text,
    outcome text,
    closed_reason text,
    expire_at timestamp with time zone,
    submitted_at timestamp with time zone not null,
    approved_at timestamp with time zone,
    closed_at timestamp with time zone,
    version integer default 1 not null,
    warn_at timestamp with time zone,
    constraint request_item_pkey PRIMARY KEY (id),
    constraint request_item_place UNIQUE (request_id, "position"),
    constraint request_item_assigned_role_id_fkey FOREIGN KEY (assigned_role_id) REFERENCES assigned_role(id),
    constraint request_item_beneficiary_id_fkey FOREIGN KEY (beneficiary_id) REFERENCES resource(id),
    constraint request_item_request_id_fkey FOREIGN KEY (request_id) REFERENCES request(id),
    constraint request_item_action_check CHECK ((action = ANY (ARRAY['ADD'::text, 'EXTEND'::text, 'REMOVE'::text, 'DENY'::text, 'ALLOW'::text]))),
    constraint request_item_approved CHECK (((approved_at IS NOT NULL) OR (state <> ALL (ARRAY['APPROVED'::text, 'FULFILLED'::text])))),
    constraint request_item_closed CHECK (((closed_at IS NULL) = (state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text, 'APPROVED'::text])))),
    constraint request_item_levels CHECK ((((level >= 0) AND (level <= levels)) AND (levels <= 3))),
    constraint request_item_outcome_check CHECK ((outcome = ANY (ARRAY['COMPLETE'::text, 'PARTIAL'::text, 'ALREADY_SO'::text, 'REFUSED_AT_REVIEW'::text, 'ENDED_BEFORE_START'::text]))),
    constraint request_item_state_check CHECK ((state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text, 'APPROVED'::text, 'DECLINED'::text, 'WITHDRAWN'::text, 'EXPIRED'::text, 'CANCELLED'::text, 'FULFILLED'::text])))
);
comment on column request_item.role_id is 'No reference: what was asked for is told when the role is gone, by role and object_name.';
comment on column request_item.start_date is 'As it holds after all limits; null: from the approval on.';
comment on column request_item.clamps is 'What limits made of the dates: field, requested, effective, because.';
comment on column request_item.level is 'The level that waits; 0: none, or not yet.';
comment on column request_item.assigned_role_id is 'The row it makes, or takes away.';
comment on column request_item.risk_ids is 'The risks that it raised when it was asked for.';
comment on column request_item.is_at_risk is 'One of them asks for an approval of its own: a step of level 0.';
comment on column request_item.problem is 'What stands in the way now, as a sentence.';
comment on column request_item.warn_at is 'When it is said next that it expires; null: not any more.';
CREATE INDEX request_item_by_beneficiary ON public.request_item USING btree (beneficiary_id, id);
CREATE INDEX request_item_by_role ON public.request_item USING btree (role_id) WHERE (closed_at IS NULL);
CREATE INDEX request_item_by_row ON public.request_item USING btree (assigned_role_id) WHERE (state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text]));
CREATE INDEX request_item_expiring ON public.request_item USING btree (expire_at) WHERE ((expire_at IS NOT NULL) AND (closed_at IS NULL));
CREATE UNIQUE INDEX request_item_once ON public.request_item USING btree (beneficiary_id, role_id, (
CASE
    WHEN (action = ANY (ARRAY['ADD'::text, 'ALLOW'::text])) THEN 'giving'::text
    WHEN (action = 'EXTEND'::text) THEN 'shaping'::text
    ELSE 'taking'::text
END), parameters) WHERE (state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text]));
CREATE INDEX request_item_open ON public.request_item USING btree (beneficiary_id) WHERE (closed_at IS NULL);
CREATE INDEX request_item_refused ON public.request_item USING btree (beneficiary_id) WHERE (outcome = 'REFUSED_AT_REVIEW'::text);
CREATE INDEX request_item_waiting ON public.request_item USING btree (id) WHERE (state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text]));
CREATE INDEX request_item_warning ON public.request_item USING btree (warn_at) WHERE ((warn_at IS NOT NULL) AND (closed_at IS NULL));
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.request_item FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('request_item');
CREATE CONSTRAINT TRIGGER request_item_approved_by_all AFTER UPDATE OF state ON public.request_item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.state = 'APPROVED'::text) AND (old.state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text])))) EXECUTE FUNCTION request_item_approved();
CREATE TRIGGER request_item_never_widens BEFORE UPDATE ON public.request_item FOR EACH ROW WHEN (((old.action = ANY (ARRAY['ADD'::text, 'EXTEND'::text])) AND (old.state = ANY (ARRAY['SUBMITTED'::text, 'IN_APPROVAL'::text])) AND ((COALESCE(new.end_date, 'infinity'::timestamp with time zone) > COALESCE(old.end_date, 'infinity'::timestamp with time zone)) OR (new.start_date < old.start_date)))) EXECUTE FUNCTION request_item_never_widens();
CREATE TRIGGER request_item_stays BEFORE UPDATE OF request_id, action, role_id, beneficiary_id, parameters, levels ON public.request_item FOR EACH ROW EXECUTE FUNCTION request_item_stays();

create table request_item_order (
    item_id bigint not null,
    order_id bigint not null,
    constraint request_item_order_pkey PRIMARY KEY (item_id, order_id),
    constraint request_item_order_item_id_fkey FOREIGN KEY (item_id) REFERENCES request_item(id),
    constraint request_item_order_order_id_fkey FOREIGN KEY (order_id) REFERENCES provisioning_order(id)
);
CREATE INDEX request_item_order_by_order ON public.request_item_order USING btree (order_id);

create table request_notice (
    id bigint generated always as identity,
    template text not null,
    user_id bigint not null,
    email text not null,
    item_id bigint not null,
    step_id bigint,
    text text default ''::text not null,
    send_after timestamp with time zone not null,
    constraint request_notice_pkey PRIMARY KEY (id),
    constraint request_notice_item_id_fkey FOREIGN KEY (item_id) REFERENCES request_item(id),
    constraint request_notice_step_id_fkey FOREIGN KEY (step_id) REFERENCES request_step(id),
    constraint request_notice_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE CASCADE
);
comment on table request_notice is 'Lines of mails that are not made yet; they go when the mail is.';
CREATE INDEX request_notice_due ON public.request_notice USING btree (send_after);

create table request_rights_changed (
    tx xid8 default pg_current_xact_id() not null,
    constraint request_rights_changed_pkey PRIMARY KEY (tx)
);
comment on table request_rights_changed is 'Rows say that somebody changed who may do what: who may decide steps is looked at anew, and the rows go.';

create table request_step (
    id bigint generated always as identity,
    item_id bigint not null,
    level smallint not null,
    state text not null,
    skip_reason text,
    opened_at timestamp with time zone,
    due_at timestamp with time zone,
    closed_at timestamp with time zone,
    version integer default 1 not null,
    round smallint default 1 not null,
    looked_at timestamp with time zone,
    due_days smallint default 5 not null,
    remind_days smallint default 2 not null,
    escalate_days smallint default 5 not null,
    remind_at timestamp with time zone,
    escalate_at timestamp with time zone,
    reminded_at timestamp with time zone,
    reminders smallint default 0 not null,
    escalation smallint default 0 not null,
    asked_at timestamp with time zone,
    answer_by timestamp with time zone,
    still_until timestamp with time zone,
    stood bigint default 0 not null,
    rule_id bigint,
    rule text,
    asks_reviewers boolean default true not null,
    pool_profile_id bigint,
    pool_match jsonb default '{}'::jsonb not null,
    watched bigint[] default '{}'::bigint[] not null,
    watched_version bigint default 0 not null,
    falls_back boolean default false not null,
    is_assigned boolean default false not null,
    constraint request_step_pkey PRIMARY KEY (id),
    constraint request_step_level UNIQUE (item_id, level, round),
    constraint request_step_item_id_fkey FOREIGN KEY (item_id) REFERENCES request_item(id),
    constraint request_step_pool_profile_id_fkey FOREIGN KEY (pool_profile_id) REFERENCES profile(id) ON DELETE SET NULL,
    constraint request_step_asked CHECK ((((asked_at IS NOT NULL) AND (answer_by IS NOT NULL) AND (still_until IS NOT NULL)) = (state = 'INFO_REQUESTED'::text))),
    constraint request_step_closed CHECK (((closed_at IS NULL) = (state = ANY (ARRAY['WAITING'::text, 'OPEN'::text, 'INFO_REQUESTED'::text, 'STUCK'::text])))),
    constraint request_step_days CHECK (((due_days >= 0) AND (remind_days >= 0) AND (escalate_days >= 0))),
    constraint request_step_escalation CHECK (((escalation >= 0) AND (escalation <= 3))),
    constraint request_step_skipped CHECK (((skip_reason IS NOT NULL) = (state = 'SKIPPED'::text))),
    constraint request_step_state_check CHECK ((state = ANY (ARRAY['WAITING'::text, 'OPEN'::text, 'INFO_REQUESTED'::text, 'STUCK'::text, 'APPROVED'::text, 'DECLINED'::text, 'SKIPPED'::text, 'EXPIRED'::text, 'CLOSED'::text]))),
    constraint request_step_stood CHECK ((stood >= 0))
);
comment on column request_step.round is 'How often this level was asked for.';
comment on column request_step.looked_at is 'When it was looked last who may decide it, while it waits for somebody; null: at the next turn.';
comment on column request_step.due_days is 'After how many days it counts as late; 0: never. Fixed when it was asked for.';
comment on column request_step.remind_days is 'After how many days those who are asked are reminded; 0: never.';
comment on column request_step.escalate_days is 'After how many days others are asked besides; 0: never.';
comment on column request_step.remind_at is 'When those who are asked are reminded next; null: not any more.';
comment on column request_step.escalate_at is 'When others are asked besides; null: not any more.';
comment on column request_step.reminded_at is 'When they were reminded last, by the clock or by a person.';
comment on column request_step.escalation is 'How often others were asked besides, 3 times at most.';
comment on column request_step.answer_by is 'When the step goes on though nobody answered; null: nothing is asked.';
comment on column request_step.still_until is 'Until when the clocks stand still at most: so far they were moved ahead when it was asked.';
comment on column request_step.stood is 'How long the clocks stood still altogether, in milliseconds.';
comment on column request_step.rule_id is 'The approver rule by which people were found last; no reference, the rule may go. Null: whoever reviews the roles of the person is asked.';
comment on column request_step.rule is 'Its name.';
comment on column request_step.asks_reviewers is 'Whoever reviews the roles of the person is asked, by his right and not by name.';
comment on column request_step.pool_profile_id is 'Whoever holds this profile is asked: too many to be named one by one.';
comment on column request_step.pool_match is 'What the context of the held profile has to say: dimension, key.';
comment on column request_step.watched is 'The resources by which people were found: when one changes, it is looked anew.';
comment on column request_step.watched_version is 'The sum of their versions when it was looked last.';
comment on column request_step.falls_back is 'Nobody else was found when it was looked last, and those are asked whom the policy names for that.';
comment on column request_step.is_assigned is 'Those who are asked were named by whoever supervises requests (request_candidate, ASSIGNED), and no rule or right counts until none of them can decide.';
CREATE INDEX request_step_answer ON public.request_step USING btree (answer_by) WHERE (answer_by IS NOT NULL);
CREATE INDEX request_step_escalate ON public.request_step USING btree (escalate_at) WHERE ((escalate_at IS NOT NULL) AND (closed_at IS NULL));
CREATE INDEX request_step_look ON public.request_step USING btree (looked_at NULLS FIRST) WHERE (state = ANY (ARRAY['OPEN'::text, 'INFO_REQUESTED'::text, 'STUCK'::text]));
CREATE INDEX request_step_open ON public.request_step USING btree (item_id) WHERE (state = ANY (ARRAY['OPEN'::text, 'INFO_REQUESTED'::text, 'STUCK'::text]));
CREATE INDEX request_step_pool ON public.request_step USING btree (pool_profile_id) WHERE ((state = ANY (ARRAY['OPEN'::text, 'STUCK'::text])) AND (pool_profile_id IS NOT NULL));
CREATE INDEX request_step_remind ON public.request_step USING btree (remind_at) WHERE ((remind_at IS NOT NULL) AND (closed_at IS NULL));
CREATE INDEX request_step_stuck ON public.request_step USING btree (id) WHERE (state = 'STUCK'::text);
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.request_step FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('request_step');
CREATE CONSTRAINT TRIGGER request_step_decided AFTER UPDATE OF state ON public.request_step DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.state = ANY (ARRAY['APPROVED'::text, 'DECLINED'::text]))) EXECUTE FUNCTION request_step_decided();

create table resource (
    id bigint generated always as identity,
    entity_type_id bigint not null,
    key text not null,
    display_name text default ''::text not null,
    scalars jsonb default '{}'::jsonb not null,
    refs jsonb default '{}'::jsonb not null,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone default 'infinity'::timestamp with time zone not null,
    version integer default 1 not null,
    origin text default 'SYNC'::text not null,
    actor text default ''::text not null,
    deleted_by text default ''::text not null,
    search text generated always as (search_text(display_name, key, scalars)) stored not null,
    constraint resource_pkey PRIMARY KEY (id),
    constraint resource_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint resource_origin_check CHECK ((origin = ANY (ARRAY['SYNC'::text, 'MANUAL'::text])))
);
comment on table resource is 'One instance of an entity type. valid_to <> infinity: it is gone, kept for history. A key that comes back revives the row that had it last.';
comment on column resource.scalars is 'Scalar values by property identifier, as text in normalised form; absent = null.';
comment on column resource.refs is 'Navigation values as read: property identifier -> key, or sorted array of keys for a collection. resource_link is derived from it.';
comment on column resource.origin is 'MANUAL: added by a person; a complete synchronization does not delete it, and takes it over when its key is read.';
comment on column resource.actor is 'Who wrote the current version.';
comment on column resource.search is 'Name, key and mail addresses as search compares them.';
CREATE INDEX resource_by_name ON public.resource USING btree (entity_type_id, display_name, id) WHERE (valid_to = 'infinity'::timestamp with time zone);
CREATE UNIQUE INDEX resource_key_unique ON public.resource USING btree (entity_type_id, key) WHERE (valid_to = 'infinity'::timestamp with time zone);
CREATE INDEX resource_past_key ON public.resource USING btree (entity_type_id, key, valid_to) WHERE (valid_to <> 'infinity'::timestamp with time zone);
CREATE INDEX resource_search ON public.resource USING gin (search gin_trgm_ops);

create table resource_file (
    sha256 text not null,
    content bytea not null,
    kept_at timestamp with time zone not null,
    constraint resource_file_pkey PRIMARY KEY (sha256),
    constraint resource_file_is_its_digest CHECK ((sha256 = encode(sha256(content), 'hex'::text))),
    constraint resource_file_size CHECK (((length(content) >= 1) AND (length(content) <= 4194304)))
);
comment on table resource_file is 'Contents of BINARY properties, each once, whoever has it. Resources hold what stands for it: "<bytes> bytes sha256:<digest>".';
comment on column resource_file.kept_at is 'When it last came, to the week. One that nobody has for a month after that is dropped.';

create table resource_link (
    id bigint generated always as identity,
    property_id bigint not null,
    source_id bigint not null,
    target_id bigint not null,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone default 'infinity'::timestamp with time zone not null,
    constraint resource_link_pkey PRIMARY KEY (id),
    constraint resource_link_property_id_fkey FOREIGN KEY (property_id) REFERENCES property(id)
);
comment on table resource_link is 'Derived from resource.refs by the one writer (server/directory). No foreign keys to resource: checking them row by row took three quarters of a first load, and resources are never removed.';
CREATE INDEX resource_link_by_target ON public.resource_link USING btree (target_id, property_id) WHERE (valid_to = 'infinity'::timestamp with time zone);
CREATE INDEX resource_link_past ON public.resource_link USING btree (source_id, valid_from) WHERE (valid_to <> 'infinity'::timestamp with time zone);
CREATE INDEX resource_link_past_target ON public.resource_link USING btree (target_id, valid_from) WHERE (valid_to <> 'infinity'::timestamp with time zone);
CREATE UNIQUE INDEX resource_link_unique ON public.resource_link USING btree (source_id, property_id, target_id) WHERE (valid_to = 'infinity'::timestamp with time zone);

create table resource_type (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    description text default ''::text not null,
    policy_id bigint not null,
    source_entity_type_id bigint not null,
    target_entity_type_id bigint not null,
    category_id bigint,
    connection_id bigint,
    approval_workflow_type smallint default 4 not null,
    hide_on_simplified_view boolean default false not null,
    allow_add boolean default true not null,
    allow_remove boolean default true not null,
    remove_orphans boolean default false not null,
    block_provisioning boolean default true not null,
    discard_manual_assignments boolean default false not null,
    correlate_multiple_resources boolean default false not null,
    suggest_all_correlations boolean default false not null,
    depends_on_id bigint,
    depends_on_owner_property text,
    arguments_expression text,
    fulfill_hours_ahead_of_time integer default 0 not null,
    transmitted_state_validity_period integer default 0 not null,
    auto_retry_count integer default 0 not null,
    auto_retry_delay_minutes integer default 5 not null,
    maximum_insert integer default 0 not null,
    maximum_update integer default 0 not null,
    maximum_delete integer default 0 not null,
    maximum_insert_percent integer default 30 not null,
    maximum_update_percent integer default 30 not null,
    maximum_delete_percent integer default 30 not null,
    ticket_synchro_is_not_available boolean default false not null,
    version integer default 1 not null,
    allow_own_decisions boolean default false not null,
    implicit_approval smallint default 0 not null,
    prolongation_without_approval smallint default 0 not null,
    manual_assignment_end_date_locked_to_context_mode smallint default 4 not null,
    tags text[] default '{}'::text[] not null,
    owner_entity_type_id bigint,
    owner_key text,
    required_parameters text[] default '{}'::text[] not null,
    constraint resource_type_pkey PRIMARY KEY (id),
    constraint resource_type_identifier_key UNIQUE (identifier),
    constraint resource_type_category_id_fkey FOREIGN KEY (category_id) REFERENCES category(id),
    constraint resource_type_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id),
    constraint resource_type_depends_on_id_fkey FOREIGN KEY (depends_on_id) REFERENCES resource_type(id),
    constraint resource_type_owner_entity_type_fkey FOREIGN KEY (owner_entity_type_id) REFERENCES entity_type(id),
    constraint resource_type_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint resource_type_source_entity_type_id_fkey FOREIGN KEY (source_entity_type_id) REFERENCES entity_type(id),
    constraint resource_type_target_entity_type_id_fkey FOREIGN KEY (target_entity_type_id) REFERENCES entity_type(id),
    constraint resource_type_approval_workflow_type_check CHECK (((approval_workflow_type >= 0) AND (approval_workflow_type <= 4))),
    constraint resource_type_auto_retry_count_check CHECK ((auto_retry_count >= 0)),
    constraint resource_type_auto_retry_delay_minutes_check CHECK ((auto_retry_delay_minutes >= 0)),
    constraint resource_type_end_date_lock CHECK (((manual_assignment_end_date_locked_to_context_mode >= 0) AND (manual_assignment_end_date_locked_to_context_mode <= 4))),
    constraint resource_type_fulfill_hours_ahead_of_time_check CHECK ((fulfill_hours_ahead_of_time >= 0)),
    constraint resource_type_implicit_approval CHECK (((implicit_approval >= 0) AND (implicit_approval <= 2))),
    constraint resource_type_maximum_delete_check CHECK ((maximum_delete >= 0)),
    constraint resource_type_maximum_delete_percent_check CHECK (((maximum_delete_percent >= 0) AND (maximum_delete_percent <= 100))),
    constraint resource_type_maximum_insert_check CHECK ((maximum_insert >= 0)),
    constraint resource_type_maximum_insert_percent_check CHECK (((maximum_insert_percent >= 0) AND (maximum_insert_percent <= 100))),
    constraint resource_type_maximum_update_check CHECK ((maximum_update >= 0)),
    constraint resource_type_maximum_update_percent_check CHECK (((maximum_update_percent >= 0) AND (maximum_update_percent <= 100))),
    constraint resource_type_orphans_need_removal CHECK (((NOT remove_orphans) OR allow_remove)),
    constraint resource_type_owner_is_whole CHECK (((owner_entity_type_id IS NULL) = (owner_key IS NULL))),
    constraint resource_type_prolongation CHECK (((prolongation_without_approval >= 0) AND (prolongation_without_approval <= 2))),
    constraint resource_type_transmitted_state_validity_period_check CHECK ((transmitted_state_validity_period >= 0))
);
comment on column resource_type.allow_own_decisions is 'People may approve, decline, unblock, confirm and report on orders about themselves.';
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.resource_type FOR EACH STATEMENT EXECUTE FUNCTION request_rights_changed();

create table resource_type_rule (
    id bigint generated always as identity,
    identifier text not null,
    kind text not null,
    policy_id bigint not null,
    resource_type_id bigint not null,
    property_id bigint,
    single_role_id bigint,
    dimensions jsonb default '{}'::jsonb not null,
    is_denied boolean default false not null,
    type smallint default 0 not null,
    value_key text,
    source_binding text,
    source_expression text,
    target_binding text,
    target_expression text,
    comparison_type smallint default 0 not null,
    is_mapped boolean default true not null,
    confidence integer default 100 not null,
    offset_reference smallint default 0 not null,
    offset_before integer default 0 not null,
    offset_after integer default 0 not null,
    version integer default 1 not null,
    constraint resource_type_rule_pkey PRIMARY KEY (id),
    constraint resource_type_rule_identifier_key UNIQUE (identifier),
    constraint resource_type_rule_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint resource_type_rule_property_id_fkey FOREIGN KEY (property_id) REFERENCES property(id),
    constraint resource_type_rule_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id),
    constraint resource_type_rule_single_role_id_fkey FOREIGN KEY (single_role_id) REFERENCES role(id),
    constraint resource_type_rule_comparison_type_check CHECK (((comparison_type >= 0) AND (comparison_type <= 4))),
    constraint resource_type_rule_confidence_check CHECK (((confidence >= 0) AND (confidence <= 150))),
    constraint resource_type_rule_has_property CHECK (((kind = ANY (ARRAY['SCALAR'::text, 'NAVIGATION'::text, 'QUERY'::text, 'BINARY'::text])) = (property_id IS NOT NULL))),
    constraint resource_type_rule_kind_check CHECK ((kind = ANY (ARRAY['TYPE'::text, 'SCALAR'::text, 'NAVIGATION'::text, 'QUERY'::text, 'BINARY'::text, 'CORRELATION'::text, 'CLASSIFICATION'::text]))),
    constraint resource_type_rule_offset_reference_check CHECK (((offset_reference >= 0) AND (offset_reference <= 3))),
    constraint resource_type_rule_type_check CHECK (((type >= 0) AND (type <= 2)))
);
comment on column resource_type_rule.value_key is 'NAVIGATION: key of the resource to put in the property.';
comment on column resource_type_rule.source_binding is 'Path from the owner, e.g. Department.Name; record.* for the record of the context.';
comment on column resource_type_rule.offset_before is 'Minutes (role-model 2.9).';
CREATE INDEX resource_type_rule_by_type ON public.resource_type_rule USING btree (resource_type_id, kind);
CREATE TRIGGER resource_type_rule_inserted AFTER INSERT ON public.resource_type_rule REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_computed_property();
CREATE TRIGGER resource_type_rule_updated AFTER UPDATE ON public.resource_type_rule REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_computed_property();

create table resource_unique_key (
    property_id bigint not null,
    value text not null,
    resource_id bigint not null,
    entity_type_id bigint not null,
    constraint resource_unique_key_pkey PRIMARY KEY (property_id, value, resource_id),
    constraint resource_unique_key_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint resource_unique_key_property_id_fkey FOREIGN KEY (property_id) REFERENCES property(id) ON DELETE CASCADE,
    constraint resource_unique_key_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id)
);
comment on table resource_unique_key is 'Values of the further unique keys (property_mapping.is_unique_key) of living resources: links may name them instead of the key.';
CREATE INDEX resource_unique_key_by_resource ON public.resource_unique_key USING btree (resource_id);
CREATE INDEX resource_unique_key_by_value ON public.resource_unique_key USING btree (entity_type_id, value);

create table resource_version (
    resource_id bigint not null,
    valid_from timestamp with time zone not null,
    valid_to timestamp with time zone not null,
    display_name text not null,
    scalars jsonb not null,
    refs jsonb not null,
    actor text default ''::text not null,
    constraint resource_version_pkey PRIMARY KEY (resource_id, valid_from),
    constraint resource_version_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id)
);
comment on table resource_version is 'Past versions of a resource, [valid_from, valid_to).';
CREATE INDEX resource_version_by_end ON public.resource_version USING btree (valid_to);

create table risk (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    description text default ''::text not null,
    remediation text default ''::text not null,
    policy_id bigint not null,
    entity_type_id bigint not null,
    owner_entity_type_id bigint,
    owner_key text,
    risk_type smallint default 0 not null,
    level integer default 0 not null,
    exemption_policy smallint default 0 not null,
    rules jsonb default '[]'::jsonb not null,
    version integer default 1 not null,
    constraint risk_pkey PRIMARY KEY (id),
    constraint risk_identifier_key UNIQUE (identifier),
    constraint risk_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint risk_owner_entity_type_id_fkey FOREIGN KEY (owner_entity_type_id) REFERENCES entity_type(id),
    constraint risk_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint risk_exemption_policy_check CHECK (((exemption_policy >= 0) AND (exemption_policy <= 4))),
    constraint risk_level_check CHECK (((level >= 0) AND (level <= 100))),
    constraint risk_owner_check CHECK (((owner_entity_type_id IS NULL) = (owner_key IS NULL))),
    constraint risk_type_check CHECK (((risk_type >= 0) AND (risk_type <= 1)))
);
comment on table risk is 'Dangerous combinations of entitlements (role-model 9.2).';
comment on column risk.rules is 'One of them is enough: {identifier, items: [{resourceType, property, resource}]}, identifiers and keys; every item must hold at one time.';
CREATE INDEX risk_display_name_idx ON public.risk USING btree (display_name, id);
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.risk FOR EACH STATEMENT EXECUTE FUNCTION request_rights_changed();

create table risk_block (
    id bigint generated always as identity,
    owner_id bigint not null,
    risk_id bigint not null,
    rule text not null,
    role_id bigint,
    parameters jsonb default '{}'::jsonb not null,
    resource_type_id bigint,
    property text,
    value_id bigint,
    start_date timestamp with time zone,
    end_date timestamp with time zone,
    contributors jsonb default '[]'::jsonb not null,
    blocked_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    constraint risk_block_pkey PRIMARY KEY (id),
    constraint risk_block_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint risk_block_of CHECK ((((role_id IS NULL) = (resource_type_id IS NOT NULL)) AND ((resource_type_id IS NULL) = (property IS NULL))))
);
comment on table risk_block is 'What risks keep back from people: roles and values that rules would newly give (role-model 9.5).';
comment on column risk_block.risk_id is 'Of risk; no reference: what is kept back for a risk that is deleted is given when its owner is computed.';
comment on column risk_block.role_id is 'The role that is kept back, with its parameters; null: one value of a resource type.';
comment on column risk_block.value_id is 'What a navigation would point to; null: a scalar, or a role.';
comment on column risk_block.start_date is 'When the risk would hold; null: since ever.';
comment on column risk_block.contributors is 'What would make each item of the rule hold, with what is kept back: evaluation.Contributor.';
CREATE INDEX risk_block_closed_idx ON public.risk_block USING btree (closed_at) WHERE (closed_at IS NOT NULL);
CREATE INDEX risk_block_open_idx ON public.risk_block USING btree (id) WHERE (closed_at IS NULL);
CREATE INDEX risk_block_owner_idx ON public.risk_block USING btree (owner_id, id) WHERE (closed_at IS NULL);
CREATE INDEX risk_block_risk_idx ON public.risk_block USING btree (risk_id, id) WHERE (closed_at IS NULL);

create table risk_score (
    id bigint generated always as identity,
    owner_id bigint not null,
    entity_type_id bigint not null,
    score smallint not null,
    rank text generated always as (lpad((score)::text, 3, '0'::text)) stored not null,
    factor smallint not null,
    risk_ids bigint[] not null,
    names text[] not null,
    levels smallint[] not null,
    computed_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    constraint risk_score_pkey PRIMARY KEY (id),
    constraint risk_score_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint risk_score_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES resource(id),
    constraint risk_score_factor_check CHECK (((factor >= 1) AND (factor <= 2))),
    constraint risk_score_parts CHECK (((cardinality(risk_ids) > 0) AND (cardinality(risk_ids) = cardinality(names)) AND (cardinality(risk_ids) = cardinality(levels)))),
    constraint risk_score_range CHECK (((score >= 0) AND (score <= 100)))
);
comment on table risk_score is 'How dangerous people are, or were, by the risks they have (role-model 9.6).';
comment on column risk_score.rank is 'The score as a text that sorts as it.';
comment on column risk_score.factor is 'How the levels make the score: 1 the highest, 2 their mean, rounded half up.';
comment on column risk_score.risk_ids is 'The risks that it is made of, of risk, by id; no reference: a risk may be deleted since. names and levels are theirs, as they were then.';
CREATE INDEX risk_score_closed_idx ON public.risk_score USING btree (closed_at) WHERE (closed_at IS NOT NULL);
CREATE UNIQUE INDEX risk_score_once ON public.risk_score USING btree (owner_id) WHERE (closed_at IS NULL);
CREATE INDEX risk_score_open_idx ON public.risk_score USING btree (id) WHERE (closed_at IS NULL);
CREATE INDEX risk_score_owner_idx ON public.risk_score USING btree (owner_id, id);
CREATE INDEX risk_score_rank_idx ON public.risk_score USING btree (rank, id) WHERE (closed_at IS NULL);

create table role (
    id bigint generated always as identity,
    kind text not null,
    identifier text not null,
    display_name text not null,
    description text default ''::text not null,
    policy_id bigint not null,
    entity_type_id bigint not null,
    category_id bigint,
    approval_workflow_type smallint default 0 not null,
    hide_on_simplified_view boolean default false not null,
    version integer default 1 not null,
    implicit_approval smallint default 0 not null,
    prolongation_without_approval smallint default 0 not null,
    max_duration integer,
    grace_period integer,
    manual_assignment_end_date_locked_to_context_mode smallint default 4 not null,
    comment_activation_on_approve_in_review smallint default 3 not null,
    comment_activation_on_decline_in_review smallint default 3 not null,
    comment_activation_on_delete_gap_in_reconciliation smallint default 3 not null,
    comment_activation_on_keep_gap_in_reconciliation smallint default 3 not null,
    secondary_category_ids bigint[] default '{}'::bigint[] not null,
    tags text[] default '{}'::text[] not null,
    owner_entity_type_id bigint,
    owner_key text,
    state smallint default 0 not null,
    required_parameters text[] default '{}'::text[] not null,
    imposed_dimensions jsonb default '{}'::jsonb not null,
    constraint role_pkey PRIMARY KEY (id),
    constraint role_kind_identifier_key UNIQUE (kind, identifier),
    constraint role_category_id_fkey FOREIGN KEY (category_id) REFERENCES category(id),
    constraint role_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id),
    constraint role_owner_entity_type_fkey FOREIGN KEY (owner_entity_type_id) REFERENCES entity_type(id),
    constraint role_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint role_approval_workflow_type_check CHECK (((approval_workflow_type >= 0) AND (approval_workflow_type <= 4))),
    constraint role_comment_on_approve CHECK (((comment_activation_on_approve_in_review >= 0) AND (comment_activation_on_approve_in_review <= 3))),
    constraint role_comment_on_decline CHECK (((comment_activation_on_decline_in_review >= 0) AND (comment_activation_on_decline_in_review <= 3))),
    constraint role_comment_on_delete_gap CHECK (((comment_activation_on_delete_gap_in_reconciliation >= 0) AND (comment_activation_on_delete_gap_in_reconciliation <= 3))),
    constraint role_comment_on_keep_gap CHECK (((comment_activation_on_keep_gap_in_reconciliation >= 0) AND (comment_activation_on_keep_gap_in_reconciliation <= 3))),
    constraint role_end_date_lock CHECK (((manual_assignment_end_date_locked_to_context_mode >= 0) AND (manual_assignment_end_date_locked_to_context_mode <= 4))),
    constraint role_grace_period CHECK ((grace_period >= 0)),
    constraint role_implicit_approval CHECK (((implicit_approval >= 0) AND (implicit_approval <= 2))),
    constraint role_kind_check CHECK ((kind = ANY (ARRAY['SINGLE'::text, 'COMPOSITE'::text]))),
    constraint role_max_duration CHECK ((max_duration >= 0)),
    constraint role_owner_is_whole CHECK (((owner_entity_type_id IS NULL) = (owner_key IS NULL))),
    constraint role_prolongation CHECK (((prolongation_without_approval >= 0) AND (prolongation_without_approval <= 2))),
    constraint role_state CHECK (((state >= 0) AND (state <= 1)))
);
comment on column role.max_duration is 'Null: as the policy says.';
comment on column role.grace_period is 'Null: as the policy says.';
comment on column role.secondary_category_ids is 'Categories that show the role beside its own; approvals go by its own only.';
comment on column role.state is '0: made by hand, 1: by a role mapping.';
comment on column role.imposed_dimensions is 'The key of the value by dimension.';
CREATE TRIGGER request_rights_changed AFTER INSERT OR DELETE OR UPDATE ON public.role FOR EACH STATEMENT EXECUTE FUNCTION request_rights_changed();

create table role_mapping (
    id bigint generated always as identity,
    identifier text not null,
    display_name text not null,
    policy_id bigint not null,
    resource_type_id bigint not null,
    property_id bigint not null,
    rules jsonb default '[]'::jsonb not null,
    where_expression text,
    identifier_binding text,
    identifier_expression text,
    display_name_binding text,
    display_name_expression text,
    category_identifier_binding text,
    category_identifier_expression text,
    category_display_name_binding text,
    category_display_name_expression text,
    parent_category_binding text,
    parent_category_expression text,
    category_id bigint,
    role_policy_id bigint not null,
    approval_workflow_type smallint default 0 not null,
    hide_on_simplified_view boolean default false not null,
    version integer default 1 not null,
    constraint role_mapping_pkey PRIMARY KEY (id),
    constraint role_mapping_identifier_key UNIQUE (identifier),
    constraint role_mapping_category_id_fkey FOREIGN KEY (category_id) REFERENCES category(id),
    constraint role_mapping_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint role_mapping_property_id_fkey FOREIGN KEY (property_id) REFERENCES property(id),
    constraint role_mapping_resource_type_id_fkey FOREIGN KEY (resource_type_id) REFERENCES resource_type(id),
    constraint role_mapping_role_policy_id_fkey FOREIGN KEY (role_policy_id) REFERENCES policy(id),
    constraint role_mapping_approval_workflow_type_check CHECK (((approval_workflow_type >= 0) AND (approval_workflow_type <= 4)))
);
comment on table role_mapping is 'Naming conventions that make single roles of entitlements (role-model 3.3).';
comment on column role_mapping.rules is 'Which resources: one of these rules, of which every item {property, value} holds. Empty: all.';

create table role_rule (
    id bigint generated always as identity,
    identifier text not null,
    policy_id bigint not null,
    role_id bigint not null,
    composite_role_id bigint,
    dimensions jsonb default '{}'::jsonb not null,
    is_denied boolean default false not null,
    priority integer default 0 not null,
    type smallint default 0 not null,
    version integer default 1 not null,
    constraint role_rule_pkey PRIMARY KEY (id),
    constraint role_rule_identifier_key UNIQUE (identifier),
    constraint role_rule_composite_role_id_fkey FOREIGN KEY (composite_role_id) REFERENCES role(id),
    constraint role_rule_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES policy(id),
    constraint role_rule_role_id_fkey FOREIGN KEY (role_id) REFERENCES role(id),
    constraint role_rule_type_check CHECK (((type >= 0) AND (type <= 2)))
);
comment on table role_rule is 'Composite role rule when the role is composite (composite_role_id = parentRole), else single role rule (role-model 3.1).';
CREATE INDEX role_rule_by_role ON public.role_rule USING btree (role_id);

create table row_digest (
    entity_type_id bigint not null,
    delivery_id bigint not null,
    bucket integer not null,
    entries bytea not null,
    constraint row_digest_pkey PRIMARY KEY (entity_type_id, delivery_id, bucket),
    constraint row_digest_entity_type_id_delivery_id_fkey FOREIGN KEY (entity_type_id, delivery_id) REFERENCES row_digest_table(entity_type_id, delivery_id) ON DELETE CASCADE
);
comment on column row_digest.entries is 'Keys and the digests of their rows, one after the other: server/synchronization/digest.go.';

create table row_digest_table (
    entity_type_id bigint not null,
    delivery_id bigint not null,
    version bigint not null,
    signature bytea not null,
    stamp text not null,
    buckets integer not null,
    rows bigint not null,
    loose bigint not null,
    stored bigint not null,
    stored_links bigint not null,
    completed_at timestamp with time zone not null,
    cookie text default ''::text not null,
    constraint row_digest_table_pkey PRIMARY KEY (entity_type_id, delivery_id),
    constraint row_digest_table_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id) ON DELETE CASCADE,
    constraint row_digest_table_buckets_check CHECK ((buckets > 0))
);
comment on table row_digest_table is 'Of which reading the digests of a table are.';
comment on column row_digest_table.version is 'The delivery that brought them; of a delivery: those that it was compared with, 0 when with none.';
comment on column row_digest_table.signature is 'Everything beside the data that decides what a row becomes: mapping, settings, time zone, program.';
comment on column row_digest_table.stamp is 'What the connector called the content of the table; empty: it cannot tell.';
comment on column row_digest_table.loose is 'Keys that are looked at in every reading, because the directory may not be as their row is.';
comment on column row_digest_table.stored is 'Resources that are stored, for percentages.';
comment on column row_digest_table.completed_at is 'When everything was compared last.';
comment on column row_digest_table.cookie is 'The moment in the history of the table up to which it is known, as its connector tells it (fulfil.Tracker); empty: it cannot be told.';

create table row_to_mend (
    id bigint generated always as identity,
    connector_id bigint not null,
    entity_type_id bigint not null,
    delivery_id bigint not null,
    is_listed boolean default false not null,
    kind text not null,
    place text not null,
    line bigint not null,
    key text,
    is_sure boolean default false not null,
    column_name text,
    value text,
    why text not null,
    texts text[] default '{}'::text[] not null,
    since timestamp with time zone not null,
    constraint row_to_mend_pkey PRIMARY KEY (id),
    constraint row_to_mend_connector_id_fkey FOREIGN KEY (connector_id) REFERENCES connector(id) ON DELETE CASCADE,
    constraint row_to_mend_entity_type_id_fkey FOREIGN KEY (entity_type_id) REFERENCES entity_type(id) ON DELETE CASCADE,
    constraint row_to_mend_kind_check CHECK ((kind = ANY (ARRAY['UNREADABLE'::text, 'DUPLICATE'::text, 'NO_KEY'::text])))
);
comment on table row_to_mend is 'Rows of a system that were set aside because they cannot be read: what is stored of them stays. Of the newest reading of each table.';
comment on column row_to_mend.is_listed is 'The comparison of its reading is done: it has taken the place of the rows of the reading before.';
comment on column row_to_mend.is_sure is 'The key stands where it should; else it is only what stands at its place in a row that is damaged.';
comment on column row_to_mend.texts is 'What could be read of the row, to recognise what it stands for; emptied when the comparison is done.';
CREATE INDEX row_to_mend_by_connector ON public.row_to_mend USING btree (connector_id, id) WHERE is_listed;
CREATE INDEX row_to_mend_by_delivery ON public.row_to_mend USING btree (delivery_id) WHERE (NOT is_listed);
CREATE INDEX row_to_mend_by_type ON public.row_to_mend USING btree (entity_type_id, is_listed);
CREATE INDEX row_to_mend_listed ON public.row_to_mend USING btree (id) WHERE is_listed;

create table session (
    id uuid not null,
    user_id bigint not null,
    refresh_hash bytea not null,
    previous_hash bytea,
    sealed_refresh bytea,
    created_at timestamp with time zone not null,
    used_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    revoked_at timestamp with time zone,
    user_agent text default ''::text not null,
    provider_id bigint,
    provider_subject text,
    provider_sid text,
    constraint session_pkey PRIMARY KEY (id),
    constraint session_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES identity_provider(id) ON DELETE CASCADE,
    constraint session_user_id_fkey FOREIGN KEY (user_id) REFERENCES local_user(id) ON DELETE CASCADE,
    constraint session_of_provider CHECK ((((provider_id IS NULL) = (provider_subject IS NULL)) AND ((provider_sid IS NULL) OR (provider_id IS NOT NULL))))
);
comment on table session is 'One sign-in. Its times are the machine''s, not the test clock''s. refresh_hash: the only valid refresh token; previous_hash: the one before, accepted once more for ten seconds after used_at and answered with the same new one, which sealed_refresh keeps until it is used.';
comment on column session.provider_id is 'Through which provider somebody signed in; null: by password.';
comment on column session.provider_sid is 'His session there; null: it names none.';
CREATE INDEX session_by_expiry ON public.session USING btree (expires_at);
CREATE INDEX session_by_user ON public.session USING btree (user_id);
CREATE INDEX session_of_provider ON public.session USING btree (provider_id, provider_subject) WHERE (provider_id IS NOT NULL);
CREATE INDEX session_of_provider_sid ON public.session USING btree (provider_id, provider_sid) WHERE (provider_sid IS NOT NULL);

create table setting (
    key text not null,
    value jsonb not null,
    updated_at timestamp with time zone default now() not null,
    constraint setting_pkey PRIMARY KEY (key)
);
comment on table setting is 'Values all processes share: test clock offset, model version.';

create table sign_in_count (
    key text not null,
    used double precision not null,
    at timestamp with time zone not null,
    until timestamp with time zone not null,
    constraint sign_in_count_pkey PRIMARY KEY (key)
);
comment on table sign_in_count is 'Wrong passwords by address, account and device, and the addresses an account is known from.';
comment on column sign_in_count.used is 'Tries at that time; ten run down in a minute.';
comment on column sign_in_count.until is 'The row means nothing after this.';
CREATE INDEX sign_in_count_by_end ON public.sign_in_count USING btree (until);

create table signing_key (
    kid text not null,
    private_key bytea not null,
    public_key bytea not null,
    created_at timestamp with time zone not null,
    retired_at timestamp with time zone,
    constraint signing_key_pkey PRIMARY KEY (kid)
);
comment on column signing_key.private_key is 'Ed25519, sealed with the process keyring.';

create table task_instance (
    id bigint generated always as identity,
    job_instance_id bigint not null,
    step_id bigint,
    identifier text not null,
    display_name text not null,
    task_type text not null,
    level integer not null,
    "position" integer not null,
    options jsonb default '{}'::jsonb not null,
    depends_on text[] default '{}'::text[] not null,
    scope text not null,
    state text not null,
    is_forced boolean default false not null,
    progress double precision default 0 not null,
    counters jsonb default '{}'::jsonb not null,
    blocked jsonb,
    error text,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint default 0 not null,
    attempt integer default 0 not null,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    constraint task_instance_pkey PRIMARY KEY (id),
    constraint task_instance_job_instance_id_fkey FOREIGN KEY (job_instance_id) REFERENCES job_instance(id),
    constraint task_instance_state_check CHECK ((state = ANY (ARRAY['WAITING'::text, 'IN_PROGRESS'::text, 'COMPLETED'::text, 'COMPLETED_NO_OUTPUT'::text, 'WARNING'::text, 'ERRORED'::text, 'BLOCKED'::text, 'SKIPPED'::text, 'CANCELLED'::text, 'ABORTED'::text])))
);
comment on column task_instance.scope is 'Task type and what it works on: of one scope only one task is in progress at a time, whatever its job.';
comment on column task_instance.fence is 'Grows whenever the task is handed to a process; what an earlier one still writes is ignored.';
CREATE INDEX task_instance_by_instance ON public.task_instance USING btree (job_instance_id, level, "position");
CREATE INDEX task_instance_leased ON public.task_instance USING btree (lease_until) WHERE (state = 'IN_PROGRESS'::text);
CREATE UNIQUE INDEX task_instance_one_per_scope ON public.task_instance USING btree (scope) WHERE (state = 'IN_PROGRESS'::text);
CREATE INDEX task_instance_waiting ON public.task_instance USING btree (scope) WHERE (state = 'WAITING'::text);
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.task_instance FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('task_instance');

create table task_log (
    id bigint generated always as identity,
    task_instance_id bigint not null,
    at timestamp with time zone not null,
    level text not null,
    message text not null,
    constraint task_log_pkey PRIMARY KEY (id),
    constraint task_log_task_instance_id_fkey FOREIGN KEY (task_instance_id) REFERENCES task_instance(id),
    constraint task_log_level_check CHECK ((level = ANY (ARRAY['DEBUG'::text, 'INFO'::text, 'WARN'::text, 'ERROR'::text])))
);
CREATE INDEX task_log_by_task ON public.task_log USING btree (task_instance_id, id);
CREATE INDEX task_log_grave ON public.task_log USING btree (task_instance_id, id) WHERE (level = ANY (ARRAY['WARN'::text, 'ERROR'::text]));

create table unresolved_ref (
    source_id bigint not null,
    property_id bigint not null,
    value text not null,
    constraint unresolved_ref_pkey PRIMARY KEY (source_id, property_id, value),
    constraint unresolved_ref_property_id_fkey FOREIGN KEY (property_id) REFERENCES property(id) ON DELETE CASCADE,
    constraint unresolved_ref_source_id_fkey FOREIGN KEY (source_id) REFERENCES resource(id)
);
comment on table unresolved_ref is 'Navigation values that point to nothing yet: linked as soon as a resource with that key appears.';
CREATE INDEX unresolved_ref_by_value ON public.unresolved_ref USING btree (property_id, value);

create table webhook (
    id bigint generated always as identity,
    url text not null,
    description text default ''::text not null,
    filter jsonb default '{}'::jsonb not null,
    secret bytea not null,
    previous_secret bytea,
    previous_secret_until timestamp with time zone,
    is_disabled boolean default false not null,
    disabled_reason text,
    failures integer default 0 not null,
    failing_since timestamp with time zone,
    paused_until timestamp with time zone,
    owner text not null,
    created_at timestamp with time zone not null,
    version integer default 1 not null,
    "position" bigint not null,
    owner_id bigint,
    events text[] default '{ORDER_CHANGED}'::text[] not null,
    constraint webhook_pkey PRIMARY KEY (id),
    constraint webhook_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES local_user(id) ON DELETE SET NULL,
    constraint webhook_events_known CHECK (((events <@ '{ORDER_CHANGED,GAP_CHANGED,GAP_DECIDED,FOUND_ROLE_CHANGED,FOUND_ROLE_DECIDED,PROLONGED_ROLE_CHANGED,PROLONGED_ROLE_DECIDED}'::text[]) AND (events <> '{}'::text[])))
);
comment on column webhook.failures is 'Attempts in a row that failed; 0: the last one went well.';
comment on column webhook.paused_until is 'The endpoint rests after failures in a row, or asked us to wait.';
comment on column webhook."position" is 'Position of the last event that deliveries were made of.';
comment on column webhook.owner_id is 'Account of the creator; null: it is gone, and nothing is delivered any more. owner keeps its name.';
CREATE INDEX webhook_by_owner ON public.webhook USING btree (owner_id);

create table webhook_attempt (
    id bigint generated always as identity,
    delivery_id bigint not null,
    at timestamp with time zone not null,
    status integer,
    duration_ms integer default 0 not null,
    error text,
    response text,
    constraint webhook_attempt_pkey PRIMARY KEY (id),
    constraint webhook_attempt_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES webhook_delivery(id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempt_by_delivery ON public.webhook_attempt USING btree (delivery_id, id);

create table webhook_delivery (
    id bigint generated always as identity,
    webhook_id bigint not null,
    message_id text not null,
    event_id bigint not null,
    state text not null,
    body json not null,
    tries integer default 0 not null,
    since timestamp with time zone not null,
    next_at timestamp with time zone,
    fence integer default 0 not null,
    lease_until timestamp with time zone,
    created_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    constraint webhook_delivery_pkey PRIMARY KEY (id),
    constraint webhook_delivery_webhook_id_message_id_key UNIQUE (webhook_id, message_id),
    constraint webhook_delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhook(id) ON DELETE CASCADE,
    constraint webhook_delivery_ended_iff_final CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['DELIVERED'::text, 'GIVEN_UP'::text])))),
    constraint webhook_delivery_state_check CHECK ((state = ANY (ARRAY['PENDING'::text, 'DELIVERED'::text, 'FAILED'::text, 'GIVEN_UP'::text])))
);
comment on column webhook_delivery.body is 'As sent, to the byte: json, not jsonb, since the signature covers it.';
comment on column webhook_delivery.since is 'When this round of tries began: a replay begins a new one.';
comment on column webhook_delivery.fence is 'Counts the claims; what an earlier claim still reports is dropped.';
CREATE INDEX webhook_delivery_by_state ON public.webhook_delivery USING btree (webhook_id, state);
CREATE INDEX webhook_delivery_by_webhook ON public.webhook_delivery USING btree (webhook_id, id);
CREATE INDEX webhook_delivery_due ON public.webhook_delivery USING btree (webhook_id, next_at, id) WHERE (state = ANY (ARRAY['PENDING'::text, 'FAILED'::text]));
CREATE INDEX webhook_delivery_ended ON public.webhook_delivery USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX webhook_delivery_leased ON public.webhook_delivery USING btree (webhook_id) WHERE (lease_until IS NOT NULL);
CREATE TRIGGER legal_move BEFORE UPDATE OF state ON public.webhook_delivery FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION legal_move_guard('webhook_delivery');

create table workflow_transition (
    from_state smallint not null,
    to_state smallint not null,
    constraint workflow_transition_pkey PRIMARY KEY (from_state, to_state)
);
comment on table workflow_transition is 'Legal moves of an assignment (role-model 12.6); kept equal to the table in server/assignment/state.go by a test.';

create table written_key (
    resource_id bigint not null,
    key text not null,
    n bigint generated always as identity,
    order_id bigint not null,
    at timestamp with time zone not null,
    ended_at timestamp with time zone,
    is_done boolean default false not null,
    constraint written_key_pkey PRIMARY KEY (resource_id, key),
    constraint written_key_order_id_fkey FOREIGN KEY (order_id) REFERENCES provisioning_order(id),
    constraint written_key_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resource(id)
);
comment on table written_key is 'Keys that attempts of ours gave, or may have given, to targets, until synchronized data shows them or their order has ended.';
comment on column written_key.n is 'Grows with each attempt: the order in which a target got its keys.';
comment on column written_key.at is 'When the attempt began.';
comment on column written_key.ended_at is 'When it was answered, given up or withdrawn; null: it is out.';
comment on column written_key.is_done is 'The system, or the operator, said that the target has this key.';
CREATE INDEX written_key_by_order ON public.written_key USING btree (order_id);

create view order_obstacle as
 SELECT w.order_id,
    h.order_id AS blocker_id,
    'target_key'::text AS reason
   FROM (((((order_key w
     JOIN order_line wl ON (((wl.id = w.line_id) AND (wl.state = 1) AND (wl.closed_at IS NULL))))
     JOIN provisioning_order y ON ((y.id = w.order_id)))
     JOIN order_key h ON (((h.key = w.key) AND h.is_freed AND (h.order_id <> w.order_id))))
     JOIN order_line hl ON (((hl.id = h.line_id) AND (hl.state <> ALL (ARRAY[4, 6, 8])) AND (hl.closed_at IS NULL))))
     JOIN provisioning_order x ON (((x.id = h.order_id) AND (x.closed_at IS NULL))))
  WHERE ((NOT w.is_freed) AND (NOT ((y.swap_id IS NOT NULL) AND (NOT (x.swap_id IS DISTINCT FROM y.swap_id)) AND (x.generated_at IS NOT NULL) AND (hl.state = ANY (ARRAY[1, 2])))))
UNION ALL
 SELECT w.order_id,
    v.order_id AS blocker_id,
    'target_key'::text AS reason
   FROM ((((order_key w
     JOIN order_line wl ON (((wl.id = w.line_id) AND (wl.state = 1) AND (wl.closed_at IS NULL))))
     JOIN order_key v ON (((v.key = w.key) AND (NOT v.is_freed) AND (v.order_id <> w.order_id))))
     JOIN order_line vl ON (((vl.id = v.line_id) AND (vl.state = ANY (ARRAY[1, 2])) AND (vl.closed_at IS NULL))))
     JOIN provisioning_order x ON (((x.id = v.order_id) AND (x.closed_at IS NULL) AND (((x.generated_at IS NOT NULL) AND (x.id < w.order_id)) OR (vl.state = 2) OR (x.called_at IS NOT NULL) OR (x.lease_until > clock_timestamp())))))
  WHERE ((NOT w.is_freed) AND (NOT (EXISTS ( SELECT
           FROM (order_key a
             JOIN order_key b ON (((b.key = a.key) AND b.is_freed AND (b.order_id = w.order_id))))
          WHERE ((a.order_id = v.order_id) AND (NOT a.is_freed))))))
UNION ALL
 SELECT o.id AS order_id,
    b.id AS blocker_id,
    'dependency'::text AS reason
   FROM ((((provisioning_order o
     JOIN order_line l ON (((l.order_id = o.id) AND (l.action = 'DELETE'::text) AND (l.state = 1) AND (l.closed_at IS NULL))))
     JOIN resource_type t ON ((t.depends_on_id = o.resource_type_id)))
     JOIN assigned_resource_type a ON (((a.owner_id = o.owner_id) AND (a.resource_type_id = t.id) AND (a.valid_to = 'infinity'::timestamp with time zone))))
     JOIN provisioning_order b ON (((b.assigned_resource_type_id = a.id) AND (b.closed_at IS NULL))))
  WHERE (EXISTS ( SELECT
           FROM order_line d
          WHERE ((d.order_id = b.id) AND (d.action = 'DELETE'::text) AND (d.state <> ALL (ARRAY[4, 8])) AND (d.closed_at IS NULL))));

CREATE OR REPLACE FUNCTION public.account_now(account text, user_id bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
    select coalesce((select u.username from local_user u where u.id = user_id), account)
$function$;

CREATE OR REPLACE FUNCTION public.accounts_like(account text)
 RETURNS bigint[]
 LANGUAGE sql
 STABLE
AS $function$
    with me as (select u.* from local_user u where lower(u.username) = lower(account)), boxes as (select mailboxes_of(account) as list),
        near as (select v.id, v.resource_id from local_user v left join resource r on r.id = v.resource_id, me, boxes
            where v.id = me.id or v.resource_id = me.resource_id or (v.resource_entity_type_id, v.resource_key) = (me.resource_entity_type_id, me.resource_key)
                or cardinality(boxes.list) > 0 and (mailbox_of(v.email) = any (boxes.list) or mail_of(r.scalars) = any (boxes.list)))
    select coalesce(array_agg(distinct v.id), '{}') from local_user v
    where v.id in (select id from near) or v.resource_id in (select resource_id from near where resource_id is not null)
$function$;

CREATE OR REPLACE FUNCTION public.api_key_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if (new.uid, new.user_id, new.secret_hash, new.scopes, new.created_at, new.created_by) is distinct from (old.uid, old.user_id, old.secret_hash, old.scopes, old.created_at, old.created_by)
            or new.expires_at > old.expires_at or old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
        raise exception 'an API key only ends' using errcode = '23514', constraint = 'api_key_stays';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.are_one_person(one text, other text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select lower(one) = lower(other) or exists (
        select from local_user a left join resource ra on ra.id = a.resource_id,
            local_user b left join resource rb on rb.id = b.resource_id
        where lower(a.username) = lower(one) and lower(b.username) = lower(other)
          and (a.resource_id = b.resource_id
            or (a.resource_entity_type_id, a.resource_key) = (b.resource_entity_type_id, b.resource_key)
            or mailbox_of(a.email) in (mailbox_of(b.email), mail_of(rb.scalars))
            or mail_of(ra.scalars) in (mailbox_of(b.email), mail_of(rb.scalars))))
$function$;

CREATE OR REPLACE FUNCTION public.assigned_role_decided()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if exists (select from request_item i where i.assigned_role_id = new.id and i.state in ('SUBMITTED', 'IN_APPROVAL'))
        and exists (select from assigned_role a where a.id = new.id and a.valid_to = 'infinity' and a.pending_action is null) then
        raise exception 'role % is asked for, and not decided', new.id using errcode = '23514', constraint = 'assigned_role_decided';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.assigned_role_not_own()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if new.reviewed_by is distinct from old.reviewed_by and is_same_person(new.reviewed_by, new.owner_id)
        or new.postponed_by is distinct from old.postponed_by and is_same_person(new.postponed_by, new.owner_id) then
        raise exception 'role % is the own one of who decides on it', new.id using errcode = '23514', constraint = 'assigned_role_not_own';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.assignment_history_not_own()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
    own bigint;
begin
    select a.id into own
    from (select distinct actor, assigned_resource_type_id from decided
          where assigned_resource_type_id is not null and action in ('keep', 'refuse', 'approve', 'approve_at_risk', 'decline',
            'pass_first_of_two', 'pass_first_of_three', 'pass_second_of_three')) d
    join assigned_resource_type a on a.id = d.assigned_resource_type_id
    join resource_type t on t.id = a.resource_type_id and not t.allow_own_decisions
    where is_same_person(d.actor, a.owner_id)
    limit 1;
    if found then
        raise exception 'assignment % is the own one of who decides on it', own using errcode = '23514', constraint = 'assignment_history_not_own';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.delegation_act_of_one_in_force()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if tg_op <> 'INSERT' then
        raise exception 'what was done under delegation % stays', old.delegation_id using errcode = '23514', constraint = 'delegation_act_stays';
    end if;
    perform from delegation d where d.id = new.delegation_id for share;
    if not delegation_in_force(new.delegation_id, new.at)
        or not exists (select from delegation d join local_user b on b.id = d.deputy_id where d.id = new.delegation_id and lower(b.username) = lower(new.deputy) and new.kind = any (d.kinds)) then
        raise exception '% may not act under delegation %', new.deputy, new.delegation_id using errcode = '23514', constraint = 'delegation_act_in_force';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.delegation_in_force(of bigint, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select exists (select from delegation d join local_user a on a.id = d.delegator_id and not a.is_disabled join local_user b on b.id = d.deputy_id and not b.is_disabled
        where d.id = of and d.closed_at is null and d.start_date <= at and (d.end_date is null or d.end_date > at) and not has_left(a.id, at) and not has_left(b.id, at))
$function$;

CREATE OR REPLACE FUNCTION public.delegation_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if tg_op = 'DELETE'
        or (new.delegator, new.deputy, new.kinds, new.scope, new.start_date, new.created_by, new.created_at) is distinct from (old.delegator, old.deputy, old.kinds, old.scope, old.start_date, old.created_by, old.created_at)
        or new.delegator_id is not null and new.delegator_id is distinct from old.delegator_id or new.deputy_id is not null and new.deputy_id is distinct from old.deputy_id
        or old.closed_at is not null and (new.end_date, new.closed_at, new.closed_by) is distinct from (old.end_date, old.closed_at, old.closed_by)
        or coalesce(new.end_date, 'infinity') > coalesce(old.end_date, 'infinity') then
        raise exception 'what delegation % covers stays; it may only end earlier', old.id using errcode = '23514', constraint = 'delegation_stays';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.departed_cannot_sign_in()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if new.resource_id is not null and not new.is_disabled then
        perform pg_advisory_xact_lock_shared(hashtext('writ.departure'), hashtext(new.resource_id::text));
        if exists (select from departure d where d.person_id = new.resource_id and d.state = 'DEPARTED') then
            new.is_disabled := true;
        end if;
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.departure_by_another()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if is_same_person(new.actor, new.person_id) then
        raise exception 'nobody makes himself leave' using errcode = '23514', constraint = 'departure_by_another';
    end if;
    if new.state = 'DEPARTED' and new.asked_by is not null and are_one_person(new.asked_by, new.actor) then
        raise exception 'a second person confirms' using errcode = '23514', constraint = 'departure_second_person';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.end_sessions_of_provider()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    update session set revoked_at = clock_timestamp(), sealed_refresh = null where provider_id = new.id and revoked_at is null;
    delete from assigned_profile where provider_id = new.id;
    return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.end_sessions_of_user()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    update session set revoked_at = clock_timestamp(), sealed_refresh = null where user_id = new.id and revoked_at is null;
    return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.event_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    raise exception '% is append only', tg_table_name using errcode = '23514', constraint = 'event_append_only';
end $function$;

CREATE OR REPLACE FUNCTION public.event_statistics()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    analyze (skip_locked) event, event_chain;
end $function$;

CREATE OR REPLACE FUNCTION public.followed_refs(of_delivery bigint, of_entity_type bigint, refs jsonb)
 RETURNS TABLE(property text, value text)
 LANGUAGE sql
 STABLE
AS $function$
    select v.property, coalesce(n.new_key, v.value)
    from ref_values(refs) v
    left join property p on p.entity_type_id = of_entity_type and p.identifier = v.property
    left join delivery_rename n on n.delivery_id = of_delivery and n.entity_type_id = p.target_entity_type_id and n.old_key = v.value
$function$;

CREATE OR REPLACE FUNCTION public.gap_has_type()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    select a.resource_type_id into new.resource_type_id from assigned_resource_type a where a.id = new.assigned_resource_type_id;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.gap_not_own()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
    own bigint;
begin
    select d.id into own
    from (select now.id, now.assigned_resource_type_id, who.name from changed now join before was on was.id = now.id,
            lateral (values (now.decided_by, was.decided_by), (now.postponed_by, was.postponed_by)) who (name, before)
          where who.name is not null and who.name is distinct from who.before) d
    join assigned_resource_type a on a.id = d.assigned_resource_type_id
    join resource_type t on t.id = a.resource_type_id and not t.allow_own_decisions
    where is_same_person(d.name, a.owner_id)
    limit 1;
    if found then
        raise exception 'difference % is about who decides on it', own using errcode = '23514', constraint = 'gap_not_own';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.has_left(user_id bigint, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select exists (select from local_user u join resource r on r.id = u.resource_id
        where u.id = user_id and (r.valid_to <= at or exists (select from owner_state o where o.owner_id = r.id and o.left_at <= at)))
$function$;

CREATE OR REPLACE FUNCTION public.is_key_held(of_order bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select exists (
        select from provisioning_order o
        join resource_type t on t.id = o.resource_type_id
        cross join lateral (select key_property(t.target_entity_type_id) as name offset 0) k
        join order_line l on l.order_id = o.id and l.closed_at is null and l.action = 'SET' and l.state in (0, 3, 5, 6)
        left join property p on p.entity_type_id = t.target_entity_type_id and p.identifier = l.property and p.type <> 'FOREIGN_KEY'
        left join property_mapping m on m.property_id = p.id
        where o.id = of_order and (l.property = k.name or m.is_unique_key and not exists (
            select from order_line x where x.order_id = o.id and x.closed_at is null and x.action = 'SET' and x.property = k.name)))
$function$;

CREATE OR REPLACE FUNCTION public.is_same_account(one text, other text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select lower(one) = lower(other) or exists (
        select from local_user u, local_user v
        where lower(u.username) = lower(one) and lower(v.username) = lower(other)
          and (u.resource_id = v.resource_id
            or (u.resource_entity_type_id, u.resource_key) = (v.resource_entity_type_id, v.resource_key)
            or is_same_person(u.username, v.resource_id) or is_same_person(v.username, u.resource_id)
            or (u.resource_id is null or v.resource_id is null) and mailbox_of(u.email) = mailbox_of(v.email)))
$function$;

CREATE OR REPLACE FUNCTION public.is_same_person(account text, person bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select exists (
        select from local_user u
        left join resource mine on mine.id = u.resource_id
        join resource o on o.id = person
        where (lower(u.username) = lower(account)
            or u.id in (select k.created_by_id from local_user c join api_key k on k.user_id = c.id and k.revoked_at is null where lower(c.username) = lower(account) and c.is_client))
          and (u.resource_id = o.id
            or (u.resource_entity_type_id, u.resource_key) = (o.entity_type_id, o.key)
            or (mail_of(o.scalars) in (mailbox_of(u.email), mail_of(mine.scalars))
                or exists (select from local_user other where other.resource_id = o.id and mailbox_of(other.email) in (mailbox_of(u.email), mail_of(mine.scalars))))
              and not coalesce(mine.entity_type_id = o.entity_type_id and is_told_apart(mine.display_name, o.display_name), false)))
$function$;

CREATE OR REPLACE FUNCTION public.is_told_apart(a text, b text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
    select cardinality(x.words) > 0 and cardinality(y.words) > 0
        and exists (select from unnest(x.words) v where not exists (select from unnest(y.words) w where starts_with(w, v) or starts_with(v, w)))
        and exists (select from unnest(y.words) w where not exists (select from unnest(x.words) v where starts_with(w, v) or starts_with(v, w)))
    from (select name_words(a) as words) x, (select name_words(b) as words) y
$function$;

CREATE OR REPLACE FUNCTION public.is_user_gone(user_id bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select not exists (select from local_user u where u.id = user_id and not u.is_disabled
        and not exists (select from resource r where r.id = u.resource_id and (r.valid_to <> 'infinity' or exists (select from owner_state o where o.owner_id = r.id and o.left_at is not null))))
$function$;

CREATE OR REPLACE FUNCTION public.is_without_party(delegator bigint, deputy bigint, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select delegator is null or deputy is null or exists (select from local_user u where u.id in (delegator, deputy) and (u.is_disabled or has_left(u.id, at)))
$function$;

CREATE OR REPLACE FUNCTION public.job_instance_second_person()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if (new.needs_second_person or exists (select from job j where j.id = new.job_id and j.needs_second_person))
            and (new.resumed_by is null or are_one_person(new.resumed_by, new.launched_by)) then
        raise exception 'run % wants a second person', new.id using errcode = '23514', constraint = 'job_instance_second_person';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.job_schedule_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if (new.cron, new.cron_time_zone) is distinct from (old.cron, old.cron_time_zone) and new.next_run_at is not distinct from old.next_run_at then
        new.next_run_at := null;
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.key_property(of_entity_type bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
    select p.identifier from property p left join property_mapping m on m.property_id = p.id
    where p.entity_type_id = of_entity_type and p.type <> 'FOREIGN_KEY' and (coalesce(m.is_primary_key, false) or p.is_key)
    order by coalesce(m.is_primary_key, false) desc, p.position, p.id limit 1
$function$;

CREATE OR REPLACE FUNCTION public.legal_move_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if not exists (select 1 from legal_move m where m.machine = tg_argv[0] and m.from_state = old.state and m.to_state = new.state) then
        raise exception 'illegal move of % % from % to %', tg_argv[0], old.id, old.state, new.state
            using errcode = '23514', constraint = tg_argv[0] || '_legal_move';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.mail_of(scalars jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
    select mailbox_of(v.value) from jsonb_each_text(scalars) v
    where lower(v.key) ~ '^(e[-_]?)?mail([-_]?address)?$' and mailbox_of(v.value) is not null order by v.key limit 1
$function$;

CREATE OR REPLACE FUNCTION public.mailbox_of(address text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
    select nullif(lower(btrim(regexp_replace(address, '^.*<([^<>]*)>\s*$', '\1'), E' \t\r\n\u00a0')), '')
$function$;

CREATE OR REPLACE FUNCTION public.mailboxes_of(account text)
 RETURNS text[]
 LANGUAGE sql
 STABLE
AS $function$
    select coalesce(array_agg(distinct m) filter (where m is not null), '{}')
    from local_user u left join resource mine on mine.id = u.resource_id,
        lateral (select mailbox_of(u.email) union all select mail_of(mine.scalars)
            union all select mailbox_of(o.email) from local_user o where o.resource_id = u.resource_id) x (m)
    where lower(u.username) = lower(account)
$function$;

CREATE OR REPLACE FUNCTION public.may_be_asked(account bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select exists (select from request_candidate c join request_step s on s.id = c.step_id where c.user_id = may_be_asked.account and c.excluded_because is null and c.until is null and s.closed_at is null)
        or exists (select from request_handed h join request_step s on s.id = h.step_id where h.user_id = may_be_asked.account and s.closed_at is null)
        or exists (select from (select a.find || a.escalate_to from approver_rule a union all select p.fallback_approvers from policy p where p.fallback_approvers <> '[]') ways (list)
                cross join lateral jsonb_array_elements(ways.list) f join local_user u on u.id = may_be_asked.account
                left join resource r on r.id = u.resource_id and r.valid_to = 'infinity'
            where case f ->> 'finder'
                when 'profile' then exists (select from assigned_profile p join profile o on o.id = p.profile_id where p.user_id = u.id and o.identifier = f ->> 'profile')
                when 'person' then jsonb_exists(f -> 'keys', r.key)
                when 'roleOwner' then exists (select from role o where o.owner_entity_type_id = r.entity_type_id and o.owner_key = r.key)
                when 'resourceTypeOwner' then exists (select from resource_type o where o.owner_entity_type_id = r.entity_type_id and o.owner_key = r.key)
                when 'riskOwner' then exists (select from risk o where o.owner_entity_type_id = r.entity_type_id and o.owner_key = r.key)
                when 'reviewers' then false
                else exists (select from entity_type t join property q on q.identifier = substring(t.manager_binding from '[^.]+$') and q.target_entity_type_id = r.entity_type_id
                    join resource_link l on l.property_id = q.id and l.target_id = r.id and l.valid_to = 'infinity')
            end)
$function$;

CREATE OR REPLACE FUNCTION public.name_words(name text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
AS $function$
    select coalesce(array_agg(distinct w), '{}') from regexp_split_to_table(search_text(coalesce(name, ''), '', '{}'), '[\s[:punct:]]+') w where w <> '' and w !~ '[0-9]'
$function$;

CREATE OR REPLACE FUNCTION public.note_computed_property()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    insert into computed_property (resource_type_id, property_id)
    select distinct resource_type_id, property_id from written where property_id is not null
    on conflict do nothing;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.order_line_history_not_own()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
    own bigint;
begin
    select o.id into own
    from (select distinct order_id, actor from decided
        where action in ('approve', 'approve_early', 'decline', 'postpone', 'unblock', 'reconsider', 'reconsider_for_review', 'keep',
            'confirm', 'confirm_unsynchronized', 'report', 'take')) d
    join provisioning_order o on o.id = d.order_id
    join resource_type t on t.id = o.resource_type_id and not t.allow_own_decisions
    where is_same_person(d.actor, o.owner_id)
    limit 1;
    if found then
        raise exception 'order % is the own one of who decides on it', own using errcode = '23514', constraint = 'order_line_history_not_own';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.order_line_legal_move()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_nestloop TO 'off'
AS $function$
declare
    bad record;
begin
    select was.id, was.state as from_state, will.state as to_state into bad
    from moved_from was join moved_to will on will.id = was.id
    where will.state <> was.state
      and not exists (select 1 from provisioning_transition t where t.from_state = was.state and t.to_state = will.state)
    limit 1;
    if found then
        raise exception 'illegal move of order line % from % to %', bad.id, bad.from_state, bad.to_state
            using errcode = '23514', constraint = 'order_line_legal_move';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.order_roll_up(states smallint[])
 RETURNS smallint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    -- a plain expression, so that PostgreSQL writes it into the statement instead of calling it
    select case when 7 = any(states) then 7 when 3 = any(states) then 3 when 5 = any(states) then 5 when 2 = any(states) then 2
        when 1 = any(states) then 1 when 8 = any(states) then 8 when 4 = any(states) then 4
        when 0 = any(states) and not 6 = any(states) then 0 else 6 end::smallint
$function$;

CREATE OR REPLACE FUNCTION public.records_like(account text)
 RETURNS bigint[]
 LANGUAGE sql
 STABLE
AS $function$
    select coalesce(array_agg(distinct id), '{}') from (
        select v.resource_id from local_user v where v.id = any (accounts_like(account)) and v.resource_id is not null
        union all select r.id from local_user u join resource r on r.entity_type_id = u.resource_entity_type_id and r.key = u.resource_key where lower(u.username) = lower(account)) x (id)
$function$;

CREATE OR REPLACE FUNCTION public.ref_values(refs jsonb)
 RETURNS TABLE(property text, value text)
 LANGUAGE sql
 IMMUTABLE
AS $function$
    select f.property, v.value
    from jsonb_each(refs) f (property, content)
    cross join lateral (
        select f.content #>> '{}' as value where jsonb_typeof(f.content) = 'string'
        union all
        select jsonb_array_elements_text(f.content) where jsonb_typeof(f.content) = 'array') v
$function$;

CREATE OR REPLACE FUNCTION public.request_asks(step bigint, account text, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    select exists (select from request_candidate c join local_user u on u.id = c.user_id
            where c.step_id = request_asks.step and c.until is null and c.excluded_because is null and lower(u.username) = lower(request_asks.account) and not u.is_disabled and not has_left(u.id, request_asks.at))
        or exists (select from request_step s join assigned_profile p on p.profile_id = s.pool_profile_id join local_user u on u.id = p.user_id
            where s.id = request_asks.step and lower(u.username) = lower(request_asks.account) and not u.is_disabled and not has_left(u.id, request_asks.at) and not p.is_denied and p.context @> s.pool_match
                and coalesce(p.start_date, '-infinity') <= request_asks.at and coalesce(p.end_date, 'infinity') > request_asks.at
                and not exists (select from assigned_profile n where n.user_id = p.user_id and n.profile_id = p.profile_id and n.is_denied
                    and coalesce(n.start_date, '-infinity') <= request_asks.at and coalesce(n.end_date, 'infinity') > request_asks.at))
        or exists (select from request_handed h join local_user u on u.id = h.user_id where h.step_id = request_asks.step and lower(u.username) = lower(request_asks.account) and not u.is_disabled and not has_left(u.id, request_asks.at))
$function$;

CREATE OR REPLACE FUNCTION public.request_decision_asked()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if exists (select from request_step s where s.id = new.step_id and not s.asks_reviewers) and not request_asks(new.step_id, coalesce(new.for_account, new.decider), new.at) then
        raise exception 'step % does not ask %', new.step_id, coalesce(new.for_account, new.decider) using errcode = '23514', constraint = 'request_decision_of_candidate';
    end if;
    if new.delegation_id is not null and exists (select from request_step s join approver_rule a on a.id = s.rule_id where s.id = new.step_id and not a.deputies) then
        raise exception 'step % takes no deputies', new.step_id using errcode = '23514', constraint = 'request_decision_takes_no_deputy';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.request_decision_for()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
    q request;
    why text;
begin
    if tg_op = 'UPDATE' then
        if (new.delegation_id, new.for_account) is distinct from (old.delegation_id, old.for_account) or new.for_id is distinct from old.for_id
            or new.for_user_id is not null and new.for_user_id is distinct from old.for_user_id then
            raise exception 'for whom step % was decided stays', old.step_id using errcode = '23514', constraint = 'request_decision_stays';
        end if;
        return new;
    end if;
    perform from delegation d where d.id = new.delegation_id for share;
    if not delegation_in_force(new.delegation_id, new.at) or not exists (select from delegation d join local_user a on a.id = d.delegator_id join local_user b on b.id = d.deputy_id
        where d.id = new.delegation_id and lower(b.username) = lower(new.decider) and lower(a.username) = lower(new.for_account) and a.id = new.for_user_id and a.resource_id is not distinct from new.for_id and 'APPROVALS' = any (d.kinds)) then
        raise exception '% does not act for %', new.decider, new.for_account using errcode = '23514', constraint = 'request_decision_for_delegator';
    end if;
    select r.* into q from request r join request_item i on i.request_id = r.id where i.id = new.item_id;
    why := request_exclusion(new.for_account, q.requester, q.requester_user_id, q.requester_id, new.beneficiary_id, new.item_id);
    if why is not null then
        raise exception 'step % is not for whoever acts for %: %', new.step_id, new.for_account, why using errcode = '23514', constraint = 'request_decision_acts_for_excluded';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.request_decision_narrows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
    i request_item;
    c jsonb := new.changed_dates;
begin
    if tg_op = 'UPDATE' then
        if new.changed_dates is distinct from old.changed_dates then
            raise exception 'what was narrowed at step % stays', old.step_id using errcode = '23514', constraint = 'request_decision_stays';
        end if;
        return new;
    end if;
    select * into i from request_item where id = new.item_id;
    if i.action not in ('ADD', 'EXTEND')
        or (c ->> 'endBefore')::timestamptz is distinct from i.end_date
        or coalesce((c ->> 'end')::timestamptz, 'infinity') > coalesce(i.end_date, 'infinity')
        or coalesce((c ->> 'start')::timestamptz, '-infinity') < coalesce(i.start_date, '-infinity') and coalesce(i.start_date, '-infinity') > new.at
        or coalesce((c ->> 'end')::timestamptz, 'infinity') <= greatest(coalesce((c ->> 'start')::timestamptz, new.at), new.at) then
        raise exception 'step % only narrows what is asked for', new.step_id using errcode = '23514', constraint = 'request_decision_only_narrows';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.request_decision_not_own()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
    q request;
    i request_item;
    s request_step;
    why text;
begin
    select * into s from request_step where id = new.step_id;
    select * into i from request_item where id = s.item_id;
    select * into q from request where id = i.request_id;
    if s.item_id is distinct from new.item_id or i.beneficiary_id is distinct from new.beneficiary_id or q.requester is distinct from new.requester then
        raise exception 'the decision of step % does not say what it is about', new.step_id using errcode = '23514', constraint = 'request_decision_of_its_step';
    end if;
    if s.state not in ('OPEN', 'INFO_REQUESTED') then
        raise exception 'step % does not wait for a decision', new.step_id using errcode = '23514', constraint = 'request_decision_of_open_step';
    end if;
    why := request_exclusion(new.decider, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, i.id);
    if why is not null then
        raise exception 'step % is not for %: %', new.step_id, new.decider, why using errcode = '23514',
            constraint = case why when 'decided_before' then 'request_decision_once' else 'request_decision_not_own' end;
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.request_decision_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if tg_op = 'DELETE' or (new.step_id, new.item_id, new.decision, new.decider, new.beneficiary_id, new.requester, new.at)
        is distinct from (old.step_id, old.item_id, old.decision, old.decider, old.beneficiary_id, old.requester, old.at)
        or new.decider_id is distinct from old.decider_id or new.decider_user_id is not null and new.decider_user_id is distinct from old.decider_user_id then
        raise exception 'what was decided about step % stays', old.step_id using errcode = '23514', constraint = 'request_decision_stays';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.request_exclusion(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
    select case
        when exists (select from local_user u where lower(u.username) = lower(account) and u.is_client) then 'api_client'
        else coalesce(request_exclusion_of_person(account, requester, requester_user, requester_record, beneficiary, item),
            case when exists (select from request_step s join request_handed h on h.step_id = s.id where s.item_id = item and s.closed_at is null and h.by_user_id is not null)
                then request_exclusion_of_place(account, requester, requester_user, requester_record, beneficiary, item) end)
    end
$function$;

CREATE OR REPLACE FUNCTION public.request_exclusion_of_person(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
    select case
        when lower(account) in (lower(requester), lower(account_now(requester, requester_user))) then 'is_requester'
        when exists (select from local_user u where lower(u.username) = lower(account) and u.resource_id = beneficiary) then 'is_beneficiary'
        when is_same_person(account, beneficiary) or is_same_person(account, requester_record) or is_same_account(account, account_now(requester, requester_user)) then 'same_person'
        when exists (select from request_decision d where d.item_id = item
            and (is_same_account(account, account_now(d.decider, d.decider_user_id)) or lower(d.decider) = lower(account) or is_same_person(account, d.decider_id)
                or d.for_account is not null and (is_same_account(account, account_now(d.for_account, d.for_user_id)) or lower(d.for_account) = lower(account) or is_same_person(account, d.for_id)))) then 'decided_before'
    end
$function$;

CREATE OR REPLACE FUNCTION public.request_exclusion_of_place(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
    with recursive
    mine as (select u.id from local_user me join local_user u on u.id = me.id or u.resource_id = me.resource_id where lower(me.username) = lower(account)),
    up as (
        select h.step_id, h.by_user_id from request_step s join request_handed h on h.step_id = s.id
        where s.item_id = item and s.closed_at is null and h.by_user_id is not null and h.user_id in (select id from mine)
        union
        select h.step_id, h.by_user_id from up join request_handed h on h.step_id = up.step_id and h.user_id = up.by_user_id where h.by_user_id is not null),
    down as (
        select h.step_id, h.user_id from request_step s join request_handed h on h.step_id = s.id
        where s.item_id = item and s.closed_at is null and h.by_user_id in (select id from mine)
        union
        select h.step_id, h.user_id from down join request_handed h on h.step_id = down.step_id and h.by_user_id = down.user_id)
    select case
        when exists (select from down join local_user taker on taker.id = down.user_id where not is_user_gone(taker.id)
            and request_exclusion_of_person(taker.username, requester, requester_user, requester_record, beneficiary, item) is null) then 'handed_over'
        when exists (select from up join local_user giver on giver.id = up.by_user_id
            where request_exclusion_of_person(giver.username, requester, requester_user, requester_record, beneficiary, null) is not null) then 'delegated_by_excluded'
    end
$function$;

CREATE OR REPLACE FUNCTION public.request_handed_to_one_who_may()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
    s request_step;
    i request_item;
    q request;
    giver text := account_now('', new.by_user_id);
    taker text := account_now('', new.user_id);
    why text;
begin
    if tg_op = 'UPDATE' then
        raise exception 'to whom step % was given stays', old.step_id using errcode = '23514', constraint = 'request_handed_stays';
    end if;
    select * into s from request_step where id = new.step_id for no key update;
    select * into i from request_item where id = s.item_id;
    select * into q from request where id = i.request_id;
    if s.state not in ('OPEN', 'INFO_REQUESTED') then
        raise exception 'step % waits for no decision', new.step_id using errcode = '23514', constraint = 'request_handed_of_open_step';
    end if;
    why := coalesce(request_exclusion(giver, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, i.id), request_exclusion(taker, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, i.id));
    if why is not null or is_user_gone(new.user_id) then
        raise exception 'step % is not handed by % to %: %', new.step_id, giver, taker, coalesce(why, 'gone') using errcode = '23514', constraint = 'request_handed_to_excluded';
    end if;
    if new.chain is distinct from (select coalesce(max(h.chain), 0) + 1 from request_handed h where h.step_id = new.step_id and h.user_id = new.by_user_id) then
        raise exception 'the place of % at step % was handed on another number of times', giver, new.step_id using errcode = '23514', constraint = 'request_handed_chain';
    end if;
    if exists (with recursive up as (select new.by_user_id as id union select h.by_user_id from up join request_handed h on h.step_id = new.step_id and h.user_id = up.id where h.by_user_id is not null)
        select from up join local_user a on a.id = up.id join local_user b on b.id = new.user_id where a.id = b.id or a.resource_id = b.resource_id) then
        raise exception 'step % does not return to %', new.step_id, taker using errcode = '23514', constraint = 'request_handed_never_returns';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.request_item_approved()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if exists (select from request_step s where s.item_id = new.id and s.state not in ('APPROVED', 'SKIPPED'))
        or (select count(distinct s.level) from request_step s where s.item_id = new.id and s.level > 0) <> new.levels then
        raise exception 'item % was not approved by all its levels', new.id using errcode = '23514', constraint = 'request_item_approved_by_all';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.request_item_never_widens()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    raise exception 'the dates of item % are only narrowed while it waits', old.id using errcode = '23514', constraint = 'request_item_never_widens';
end $function$;

CREATE OR REPLACE FUNCTION public.request_item_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if (new.request_id, new.action, new.role_id, new.beneficiary_id, new.parameters, new.levels) is distinct from (old.request_id, old.action, old.role_id, old.beneficiary_id, old.parameters, old.levels) then
        raise exception 'what item % asks for stays', old.id using errcode = '23514', constraint = 'request_item_stays';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.request_rights_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if exists (select from request_step where state in ('OPEN', 'INFO_REQUESTED', 'STUCK')) then
        insert into request_rights_changed default values on conflict do nothing;
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.request_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if new.requester is distinct from old.requester or new.requester_id is distinct from old.requester_id
        or new.requester_user_id is not null and new.requester_user_id is distinct from old.requester_user_id then
        raise exception 'who asked for % stays', old.number using errcode = '23514', constraint = 'request_stays';
    end if;
    return new;
end $function$;

CREATE OR REPLACE FUNCTION public.request_step_decided()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if not exists (select from request_decision d where d.step_id = new.id and d.decision = case new.state when 'APPROVED' then 'APPROVE' else 'DECLINE' end) then
        raise exception 'nobody decided step %', new.id using errcode = '23514', constraint = 'request_step_decided';
    end if;
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.search_pattern(word text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
    select '%' || replace(replace(replace(replace(replace(replace(replace(translate(lower(
            regexp_replace(normalize(word, nfkd), '[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]', '', 'g')), 'ıłøđðħŧς', 'iloddhtσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
            '\', '\\'), '%', '\%'), '_', '\_') || '%'
$function$;

CREATE OR REPLACE FUNCTION public.search_text(name text, key text, scalars jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
    plain text := concat_ws(' ', name, key, left(translate(nullif(jsonb_path_query_array(scalars, '$.* ? (@ like_regex "[^@]@[^@]")')::text, '[]'), '[]",', ''), 2000));
    said text;
    folded text := '';
begin
    if octet_length(plain) = length(plain) then
        return lower(plain);
    end if;
    foreach said in array array[plain, replace(replace(replace(replace(replace(replace(normalize(plain, nfc),
            'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'Ä', 'Ae'), 'Ö', 'Oe'), 'Ü', 'Ue')] loop
        folded := folded || ' ' || replace(replace(replace(replace(translate(lower(
            regexp_replace(normalize(said, nfkd), '[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]', '', 'g')), 'ıłøđðħŧς', 'iloddhtσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
    end loop;
    return folded;
end $function$;

CREATE OR REPLACE FUNCTION public.shape_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    insert into setting (key, value) values ('shape_version', '1')
    on conflict (key) do update set value = to_jsonb((setting.value)::bigint + 1), updated_at = now();
    return null;
end $function$;

CREATE OR REPLACE FUNCTION public.target_key(connector bigint, source text, entity_type bigint, col text, value text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    select md5(concat_ws(chr(1), coalesce(connector || chr(1) || source, 't' || entity_type), col, lower(value)))::uuid
$function$;

CREATE OR REPLACE FUNCTION public.value_shape(value text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    select left(regexp_replace(regexp_replace(coalesce(value, ''), '[[:alpha:]]+', 'a', 'g'), '[[:digit:]]+', '9', 'g'), 60)
$function$;

CREATE OR REPLACE FUNCTION public.workflow_legal_move()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
    if not exists (select 1 from workflow_transition t where t.from_state = old.workflow_state and t.to_state = new.workflow_state) then
        raise exception 'illegal move of % % from workflow state % to %', tg_table_name, old.id, old.workflow_state, new.workflow_state
            using errcode = '23514', constraint = tg_table_name || '_legal_move';
    end if;
    return new;
end $function$;
